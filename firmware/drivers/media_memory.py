"""Stills and clips in this process's memory: the fake of tests and of commands that send nothing."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field

from firmware.errors import StoreError
from wire.messages import STILL_LIMIT_BYTES, ClipHead, ClipTail


@dataclass(frozen=True, slots=True)
class Arrival:
    """When the clip came to have so many bytes."""

    at_s: float
    size_bytes: int


@dataclass(slots=True)
class MemoryClip:
    """A clip as far as it has come; `tail` is there once it has ended."""

    head: ClipHead
    data: bytearray = field(default_factory=bytearray)
    arrivals: list[Arrival] = field(default_factory=list)
    tail: ClipTail | None = None


class MemoryMediaStore:
    """ports.MediaStore, as firmware.drivers.media_sqlite keeps it: at most `most_bytes`.

    When full, the oldest ended clip goes first, then the oldest still, then the oldest clip of all; a clip that alone
    is larger is cut off there. What went is counted in `dropped`. `now_s` stamps arrivals, for who measures delays.
    """

    def __init__(self, most_bytes: int = 64 * 1024 * 1024, now_s: Callable[[], float] = lambda: 0.0) -> None:
        self.stills: dict[str, bytes] = {}
        self.clips: dict[str, MemoryClip] = {}
        self.dropped = 0
        self._most_bytes = most_bytes
        self._now_s = now_s

    def put_still(self, alarm: str, jpeg: bytes) -> None:
        """One JPEG, at most 32 KiB (else StoreError); an older one of the same alarm is replaced."""
        if len(jpeg) > STILL_LIMIT_BYTES:
            raise StoreError(f"the still of alarm {alarm} has {len(jpeg)} bytes; at most {STILL_LIMIT_BYTES} are sent")
        self._make_room(len(jpeg), "")
        self.stills[alarm] = jpeg

    def begin_clip(self, alarm: str, head: ClipHead) -> None:
        """Open a clip; an older one of the same alarm is replaced."""
        self.clips[alarm] = MemoryClip(head)

    def append_clip(self, alarm: str, data: bytes) -> None:
        """The next bytes; ignored for a clip that was dropped, cut off or ended."""
        clip = self.clips.get(alarm)
        if clip is None or clip.tail is not None or not data:
            return
        if not self._make_room(len(data), alarm):
            self.dropped += 1
            self.end_clip(alarm)
            return
        clip.data += data
        clip.arrivals.append(Arrival(self._now_s(), len(clip.data)))

    def end_clip(self, alarm: str) -> None:
        """Size and SHA-256 are fixed now; ignored for a clip that is not open."""
        clip = self.clips.get(alarm)
        if clip is not None and clip.tail is None:
            clip.tail = ClipTail(size_bytes=len(clip.data), sha256=hashlib.sha256(clip.data).hexdigest())

    def _make_room(self, more_bytes: int, alarm: str) -> bool:
        """Drop what the class says; whether that made room for `more_bytes` of this alarm's clip."""
        while self._held_bytes() + more_bytes > self._most_bytes:
            others = [name for name in self.clips if name != alarm]
            ended = [name for name in others if self.clips[name].tail is not None]
            stills = [name for name in self.stills if name != alarm]
            if ended:
                del self.clips[ended[0]]
            elif stills:
                del self.stills[stills[0]]
            elif others:
                del self.clips[others[0]]
            else:
                return False
            self.dropped += 1
        return True

    def _held_bytes(self) -> int:
        return sum(map(len, self.stills.values())) + sum(len(clip.data) for clip in self.clips.values())
