"""From a camera's own threads to the loop: bounded, and neither side ever waits for the other without an end."""

import threading
from collections import deque
from typing import Generic, TypeVar

from firmware.messages import Packet

T = TypeVar("T")


class Newest(Generic[T]):
    """The newest things, at most `most`: a loop that is late gets the newest, and the oldest is dropped and counted."""

    def __init__(self, most: int) -> None:
        self._things: deque[T] = deque()
        self._most = most
        self._changed = threading.Condition()
        self._closed = False
        self.dropped = 0

    def put(self, thing: T) -> None:
        """From the camera's thread; never waits."""
        with self._changed:
            if len(self._things) >= self._most:
                self._things.popleft()
                self.dropped += 1
            self._things.append(thing)
            self._changed.notify()

    def get(self, timeout_s: float) -> T | None:
        """The oldest that is held; None after `timeout_s` without any, or once closed."""
        with self._changed:
            self._changed.wait_for(lambda: self._things or self._closed, timeout_s)
            return self._things.popleft() if self._things and not self._closed else None

    def close(self) -> None:
        """Whoever waits, waits no longer; what is held is forgotten."""
        with self._changed:
            self._closed = True
            self._things.clear()
            self._changed.notify_all()


class PacketQueue:
    """Encoded packets on their way to the loop, at most `most` of them.

    When full, all are dropped and counted, and so is what follows up to the next keyframe: a stream with a hole in it
    shows smears, one that begins anew with a keyframe does not.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._packets: list[Packet] = []
        self._lock = threading.Lock()
        self._broken = False
        self.dropped = 0

    def put(self, packet: Packet) -> None:
        """From the encoder's thread; never waits."""
        with self._lock:
            if len(self._packets) >= self._most:
                self.dropped += len(self._packets)
                self._packets.clear()
                self._broken = True
            if self._broken and not packet.keyframe:
                self.dropped += 1
                return
            self._broken = False
            self._packets.append(packet)

    def take(self) -> tuple[Packet, ...]:
        """All that are there."""
        with self._lock:
            taken = tuple(self._packets)
            self._packets.clear()
        return taken
