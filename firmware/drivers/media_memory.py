"""Stills and clips in this process's memory: the fake of tests and of commands that send nothing."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field

from firmware.errors import StoreError
from wire.messages import STILL_LIMIT_BYTES, ClipHead, ClipTail


@dataclass(slots=True)
class MemoryClip:
    """A clip as far as it has come; `tail` is there once it has ended. `at_s` is when each byte run arrived."""

    head: ClipHead
    data: bytearray = field(default_factory=bytearray)
    arrivals: list[tuple[float, int]] = field(default_factory=list)
    tail: ClipTail | None = None


class MemoryMediaStore:
    """ports.MediaStore. Holds at most `most_bytes`: the oldest ended clip goes first, then the oldest still.

    What goes is counted in `dropped`. A clip that alone is more than fits is refused with StoreError. `now_s` stamps
    arrivals, for who measures delays.
    """

    def __init__(self, most_bytes: int = 64 * 1024 * 1024, now_s: Callable[[], float] = lambda: 0.0) -> None:
        self.stills: dict[str, bytes] = {}
        self.clips: dict[str, MemoryClip] = {}
        self.dropped = 0
        self._most_bytes = most_bytes
        self._now_s = now_s

    def put_still(self, alarm: str, jpeg: bytes) -> None:
        """One JPEG, at most 32 KiB."""
        if len(jpeg) > STILL_LIMIT_BYTES:
            raise StoreError(f"the still of alarm {alarm} has {len(jpeg)} bytes; at most {STILL_LIMIT_BYTES} are sent")
        self._make_room(len(jpeg), alarm)
        self.stills[alarm] = jpeg

    def begin_clip(self, alarm: str, head: ClipHead) -> None:
        """Open a clip."""
        if alarm in self.clips:
            raise StoreError(f"alarm {alarm} has a clip already")
        self.clips[alarm] = MemoryClip(head)

    def append_clip(self, alarm: str, data: bytes) -> None:
        """The next bytes."""
        clip = self._open_clip(alarm)
        self._make_room(len(data), alarm)
        clip.data += data
        clip.arrivals.append((self._now_s(), len(clip.data)))

    def end_clip(self, alarm: str) -> None:
        """Size and SHA-256 are fixed now."""
        clip = self._open_clip(alarm)
        clip.tail = ClipTail(size_bytes=len(clip.data), sha256=hashlib.sha256(clip.data).hexdigest())

    def _open_clip(self, alarm: str) -> MemoryClip:
        clip = self.clips.get(alarm)
        if clip is None or clip.tail is not None:
            raise StoreError(f"alarm {alarm} has no open clip: begin one first")
        return clip

    def _make_room(self, more_bytes: int, alarm: str) -> None:
        while self._held_bytes() + more_bytes > self._most_bytes:
            oldest = next((name for name in self.clips if name != alarm), None)
            if oldest is not None:
                del self.clips[oldest]
            elif self.stills:
                del self.stills[next(iter(self.stills))]
            else:
                raise StoreError(f"the media store holds at most {self._most_bytes} bytes; alarm {alarm} needs more")
            self.dropped += 1

    def _held_bytes(self) -> int:
        return sum(map(len, self.stills.values())) + sum(len(clip.data) for clip in self.clips.values())
