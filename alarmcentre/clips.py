"""Clips as they come in: put together on disk, asked for again where bytes are missing, verified, receipted."""

from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from alarmcentre.album import CLIP, Album
from alarmcentre.events import BadMessage, ClipComplete, ClipGivenUp, ClipProgress, Incoming, Moment, Order, Output
from alarmcentre.journal import Saved
from wire.errors import WireError
from wire.media import CHUNK_TYPE, Chunk, Reassembly, read_offset
from wire.messages import ClipHead, ClipPart, ClipReceived, ClipResend, ClipTail, decode
from wire.topics import NodeTopics

# Without a new byte for so long, the centre asks; each further time it waits twice as long. On a poor link a node
# makes its chunks so small that two of them take about 4 s: what is only slow must not be asked for twice.
STALL_S = 10.0
ASKS_LIMIT = 6
# More holes than a node keeps track of: ask for the whole clip.
RANGES_LIMIT = 64
# More clips at once than this: the one that has waited longest is given up (it can still come later, as a whole).
OPEN_LIMIT = 256

_END = 2**53 - 1


@dataclass(slots=True)
class _Open:
    topics: NodeTopics
    alarm: str
    path: Path
    file: BinaryIO
    clip: Reassembly
    touched_s: float
    asks: int = 0
    playable_bytes: int = 0


class ClipDesk:
    """All clips that are not finished yet; memory holds only which bytes have come."""

    def __init__(self, album: Album) -> None:
        self._album = album
        self._open: dict[tuple[NodeTopics, str], _Open] = {}

    def take(self, topics: NodeTopics, alarm: str, incoming: Incoming, at: Moment) -> tuple[Output, ...]:
        """A head, a chunk or a tail. Raises WireError, OSError, JournalError; then nothing was taken."""
        part = _read(incoming)
        key = (topics, alarm)
        if key not in self._open and self._album.has_clip(topics, alarm):
            # The node has not had our receipt; it says so by its tail.
            return () if isinstance(part, (Chunk, ClipHead)) else (Order(topics, ClipReceived(alarm=alarm)),)
        told = self._make_room(at) if key not in self._open else ()
        one = self._open.get(key) or self._begin(topics, alarm, at)
        if isinstance(part, Chunk):
            if one.clip.take_chunk(part):
                one.touched_s, one.asks = at.t_s, 0
            return (*told, *self._progress(one), *self._look(one, at, ask=False))
        if isinstance(part, ClipHead):
            one.clip.take_head(part)
        else:
            self._take_tail(one, part)
        one.touched_s = at.t_s
        return (*told, *self._look(one, at, ask=not isinstance(part, ClipHead)))

    def tick(self, at: Moment) -> tuple[Output, ...]:
        """Ask for what is missing where nothing has come for some seconds."""
        stalled = [one for one in self._open.values() if at.t_s - one.touched_s >= STALL_S * 2**one.asks]
        return tuple(output for one in stalled for output in self._ask(one, at))

    def connected(self, at: Moment) -> None:
        """The broker is heard again; nothing could come in between."""
        for one in self._open.values():
            one.touched_s = at.t_s

    def close(self) -> None:
        """Leave unfinished clips as `.part` files; the nodes send them again as a whole. Idempotent."""
        for one in self._open.values():
            one.file.close()
        self._open.clear()

    def _begin(self, topics: NodeTopics, alarm: str, at: Moment) -> _Open:
        path, file = self._album.begin_clip(topics, alarm, at)
        one = self._open[topics, alarm] = _Open(topics, alarm, path, file, Reassembly(file), at.t_s)
        return one

    def _make_room(self, at: Moment) -> tuple[Output, ...]:
        if len(self._open) < OPEN_LIMIT:
            return ()
        oldest = min(self._open.values(), key=lambda one: one.touched_s)
        return (self._give_up(oldest, f"more than {OPEN_LIMIT} clips at once"),)

    def _take_tail(self, one: _Open, tail: ClipTail) -> None:
        try:
            one.clip.take_tail(tail)
        except WireError:
            # What has come and this tail are of two different films: only the whole, again, can mend that.
            one.clip.start_again()
            one.playable_bytes = 0
            raise

    def _progress(self, one: _Open) -> tuple[Output, ...]:
        clip = one.clip
        if clip.prefix_bytes <= one.playable_bytes:
            return ()
        one.playable_bytes = clip.prefix_bytes
        size_bytes = clip.tail.size_bytes if clip.tail else None
        return (ClipProgress(one.topics, one.alarm, one.path, clip.prefix_bytes, clip.received_bytes, size_bytes),)

    def _look(self, one: _Open, at: Moment, *, ask: bool) -> tuple[Output, ...]:
        """Finish a clip that is complete; else, after a tail, ask for what is missing."""
        if not one.clip.complete:
            return self._ask(one, at) if ask else ()
        try:
            one.clip.verify()
        except WireError as error:
            one.clip.start_again()
            one.playable_bytes = 0
            return (BadMessage(one.topics.clip(one.alarm), str(error)), *self._ask(one, at))
        return self._finish(one, at)

    def _finish(self, one: _Open, at: Moment) -> tuple[Output, ...]:
        head, tail = one.clip.head, one.clip.tail
        assert head is not None and tail is not None, "a complete clip has both"
        saved = Saved(one.topics, one.alarm, CLIP, tail.sha256, one.path.name)
        path = self._album.finish_clip(saved, one.path, one.file, at)
        self._forget(one)
        return (
            Order(one.topics, ClipReceived(alarm=one.alarm)),
            ClipComplete(one.topics, one.alarm, path, tail.size_bytes, head),
        )

    def _ask(self, one: _Open, at: Moment) -> tuple[Output, ...]:
        if one.asks >= ASKS_LIMIT:
            return (self._give_up(one, f"asked {ASKS_LIMIT} times in vain for what is missing"),)
        one.asks += 1
        one.touched_s = at.t_s
        return (Order(one.topics, ClipResend(alarm=one.alarm, ranges=_wanted(one.clip))),)

    def _give_up(self, one: _Open, why: str) -> ClipGivenUp:
        self._forget(one)
        return ClipGivenUp(one.topics, one.alarm, one.path, one.clip.received_bytes, why)

    def _forget(self, one: _Open) -> None:
        one.file.close()
        del self._open[one.topics, one.alarm]


def _read(incoming: Incoming) -> Chunk | ClipPart:
    if incoming.content_type == CHUNK_TYPE or incoming.offset is not None:
        return Chunk(read_offset(incoming.offset), incoming.payload)
    part: ClipPart = decode(incoming.payload, ClipPart)  # type: ignore[arg-type]
    return part


def _wanted(clip: Reassembly) -> tuple[tuple[int, int], ...]:
    """The ranges to ask for; none for the whole clip."""
    ranges = [(span.start, span.end) for span in clip.missing()]
    if clip.tail is None:
        ranges.append((clip.reach_bytes, _END))
    return tuple(ranges) if clip.head is not None and len(ranges) <= RANGES_LIMIT else ()
