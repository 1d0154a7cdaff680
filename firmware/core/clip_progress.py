"""How far one clip has come: which of its pieces are due, in flight, or wanted again. Pure bookkeeping, no bytes."""

from collections.abc import Iterable
from dataclasses import dataclass, field

MOST_RANGES = 64
TAIL_AGAIN_S = (30.0, 60.0, 120.0, 300.0)

Range = tuple[int, int]
"""Bytes [from, to)."""


@dataclass(frozen=True, slots=True)
class SendHead:
    """Publish the clip's head."""

    alarm: str


@dataclass(frozen=True, slots=True)
class SendChunk:
    """Publish these bytes of the clip."""

    alarm: str
    offset: int
    length: int

    @property
    def span(self) -> Range:
        """The bytes it carries."""
        return self.offset, self.offset + self.length


@dataclass(frozen=True, slots=True)
class SendTail:
    """Publish the clip's tail: size and hash."""

    alarm: str


ClipPiece = SendHead | SendChunk | SendTail


@dataclass(slots=True)
class ClipProgress:
    """One clip. `frontier` is the end of what was ever sent; `again` are gaps before it, sorted, without overlaps."""

    alarm: str
    size: int = 0
    ended: bool = False
    head_due: bool = True
    frontier: int = 0
    again: list[Range] = field(default_factory=list)
    flying: list[ClipPiece] = field(default_factory=list)
    tails: int = 0
    tail_due_s: float = 0.0

    @property
    def arrived_bytes(self) -> int:
        """Bytes from the start that the broker has without a gap."""
        gaps = [first for first, _ in self.again]
        return min([self.frontier, *gaps, *(piece.offset for piece in self.flying if isinstance(piece, SendChunk))])

    @property
    def all_there(self) -> bool:
        """Whether the broker has everything but perhaps the tail."""
        sent = self.ended and not self.head_due and not self.again and self.frontier >= self.size
        return sent and not self.flying

    def grown(self, size: int, ended: bool) -> None:
        """More of it was filmed."""
        self.size, self.ended = max(size, self.size), self.ended or ended

    def next(self, chunk_bytes: int, t_s: float) -> ClipPiece | None:
        """The next piece that is due."""
        if self.head_due:
            return SendHead(self.alarm)
        if self.again:
            first, last = self.again[0]
            return SendChunk(self.alarm, first, min(last - first, chunk_bytes))
        left = self.size - self.frontier
        # While filmed, bytes come in driblets: with something in flight there is time to gather a whole chunk.
        if left > 0 and (left >= chunk_bytes or self.ended or not self.flying):
            return SendChunk(self.alarm, self.frontier, min(left, chunk_bytes))
        if self.all_there and t_s >= self.tail_due_s:
            return SendTail(self.alarm)
        return None

    def sent(self, piece: ClipPiece) -> None:
        """What `next` gave is on its way."""
        self.flying.append(piece)
        if isinstance(piece, SendHead):
            self.head_due = False
        elif isinstance(piece, SendChunk):
            first, last = piece.span
            if self.again and self.again[0][0] == first:
                gap_end = self.again.pop(0)[1]
                if last < gap_end:
                    self.again.insert(0, (last, gap_end))
            else:
                self.frontier = max(self.frontier, last)

    def arrived(self, piece: ClipPiece, t_s: float) -> None:
        """The broker has it. (A piece of a clip of the same name that was there before is none of this one's.)"""
        if piece not in self.flying:
            return
        self.flying.remove(piece)
        if isinstance(piece, SendTail) and self.all_there:
            self.tail_due_s = t_s + TAIL_AGAIN_S[min(self.tails, len(TAIL_AGAIN_S) - 1)]
            self.tails += 1

    def failed(self, piece: ClipPiece) -> None:
        """It is due again."""
        if piece not in self.flying:
            return
        self.flying.remove(piece)
        if isinstance(piece, SendHead):
            self.head_due = True
        elif isinstance(piece, SendChunk):
            self.again = _merged([*self.again, piece.span])

    def wanted(self, ranges: Iterable[Range]) -> None:
        """The centre lacks these bytes; none named, or too many to keep (64): the whole clip, with head and tail."""
        asked = list(ranges)
        gaps = _merged([*self.again, *((first, min(last, self.frontier)) for first, last in asked)])
        if asked and len(gaps) <= MOST_RANGES:
            self.again = gaps
        else:
            self.head_due, self.frontier, self.again = True, 0, []
        self.tails, self.tail_due_s = 0, 0.0


def _merged(ranges: Iterable[Range]) -> list[Range]:
    """Sorted, without overlaps and without empty ones."""
    merged: list[Range] = []
    for first, last in sorted(one for one in ranges if one[0] < one[1]):
        if merged and first <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(last, merged[-1][1])
        else:
            merged.append((first, last))
    return merged
