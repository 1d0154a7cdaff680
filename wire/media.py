"""Clips on the wire: cut into chunks by the sender, put together again by the receiver.

A chunk is raw bytes and its offset in the file. Chunks may come in any order and more than once; head and tail as well.
"""

import hashlib
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import BinaryIO

from wire.errors import WireError
from wire.messages import CHUNK_LIMIT_BYTES, ClipHead, ClipTail

CHUNK_BYTES = 32 * 1024
CLIP_LIMIT_BYTES = 64 * 1024 * 1024
OFFSET = "offset"
"""The MQTT 5 user property that holds a chunk's place in the file, in decimal."""

JSON_TYPE = "application/json"
CHUNK_TYPE = "video/mp4"
STILL_TYPE = "image/jpeg"

# A receiver that is missing more pieces than this asks for the whole clip.
_SPANS_LIMIT = 1024
_HASH_BLOCK_BYTES = 1024 * 1024

# MQTT 5 PUBLISH around a chunk: fixed header 5, topic length 2, packet id 2, properties: length 4, content type
# 3 + 9, message expiry 5, user property 5 + 6 + 16 digits. Rounded up.
_PACKET_OVERHEAD_BYTES = 64


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some bytes of a clip and where they stand in its file."""

    offset: int
    data: bytes


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """The bytes from `start` up to, not including, `end`."""

    start: int
    end: int


def chunk_limit_bytes(max_packet_bytes: int | None, topic: str, wanted_bytes: int = CHUNK_BYTES) -> int:
    """How large a chunk may be where the broker takes packets of `max_packet_bytes` (None: any), at most 64 KiB.

    Raises WireError where not even one byte fits.
    """
    limit_bytes = min(wanted_bytes, CHUNK_LIMIT_BYTES)
    if max_packet_bytes is not None:
        limit_bytes = min(limit_bytes, max_packet_bytes - _PACKET_OVERHEAD_BYTES - len(topic.encode()))
    if limit_bytes < 1:
        raise WireError(f"no chunk of a clip fits the broker's Maximum Packet Size of {max_packet_bytes} bytes")
    return limit_bytes


def cut(data: bytes, chunk_bytes: int, offset: int = 0) -> Iterator[Chunk]:
    """Cut bytes that begin at `offset` of the file into chunks of at most `chunk_bytes`."""
    if chunk_bytes < 1:
        raise ValueError(f"chunk_bytes is {chunk_bytes}; it must be 1 or more")
    for start in range(0, len(data), chunk_bytes):
        yield Chunk(offset + start, data[start : start + chunk_bytes])


def cut_span(span: Span, chunk_bytes: int) -> Iterator[Span]:
    """The places of the chunks that fill a span, for a sender that reads them from a store one by one."""
    for start in range(span.start, span.end, chunk_bytes):
        yield Span(start, min(start + chunk_bytes, span.end))


def read_offset(text: str | None) -> int:
    """The `offset` property of a chunk. Raises WireError."""
    if text is None or not text.isascii() or not text.isdigit() or len(text) > 15:
        raise WireError(f"a chunk's user property {OFFSET!r} is {text!r}; it must be the byte offset in decimal")
    return int(text)


class Reassembly:
    """One clip as it comes in, written straight to its place in `store`; what is kept in memory is which bytes it has.

    Bounded: at most `limit_bytes` in the store and 1024 separate pieces; beyond that a WireError, and nothing is taken.
    """

    def __init__(self, store: BinaryIO | None = None, limit_bytes: int = CLIP_LIMIT_BYTES) -> None:
        self._store = store or BytesIO()
        self._limit_bytes = limit_bytes
        self._spans: list[Span] = []
        self.head: ClipHead | None = None
        self.tail: ClipTail | None = None

    @property
    def prefix_bytes(self) -> int:
        """How much of the file, from its first byte, has come without a hole: so much of it can be played."""
        return self._spans[0].end if self._spans and self._spans[0].start == 0 else 0

    @property
    def received_bytes(self) -> int:
        """How many different bytes have come."""
        return sum(span.end - span.start for span in self._spans)

    @property
    def reach_bytes(self) -> int:
        """The end of the farthest byte that has come."""
        return self._spans[-1].end if self._spans else 0

    @property
    def complete(self) -> bool:
        """Whether head, tail and every byte have come; `verify` then says whether they are right."""
        return self.head is not None and self.tail is not None and self.prefix_bytes == self.tail.size_bytes

    def take_head(self, head: ClipHead) -> None:
        """Any number of times."""
        self.head = head

    def take_tail(self, tail: ClipTail) -> None:
        """Any number of times. Raises WireError where the tail cannot belong to what has come."""
        if tail.size_bytes > self._limit_bytes:
            raise WireError(f"the clip is {tail.size_bytes} bytes; at most {self._limit_bytes} are taken")
        if self.reach_bytes > tail.size_bytes:
            raise WireError(f"the tail says {tail.size_bytes} bytes, but bytes up to {self.reach_bytes} have come")
        self.tail = tail

    def take_chunk(self, chunk: Chunk) -> int:
        """Store a chunk; returns how many of its bytes are new. Raises WireError for one that cannot be."""
        span = Span(chunk.offset, chunk.offset + len(chunk.data))
        end_bytes = self.tail.size_bytes if self.tail else self._limit_bytes
        if not chunk.data or len(chunk.data) > CHUNK_LIMIT_BYTES:
            raise WireError(f"a chunk has {len(chunk.data)} bytes; right is 1 to {CHUNK_LIMIT_BYTES}")
        if span.start < 0 or span.end > end_bytes:
            raise WireError(f"a chunk covers bytes {span.start} to {span.end}; the clip ends at {end_bytes} at most")
        before_bytes = self.received_bytes
        spans = _with(self._spans, span)
        if len(spans) > _SPANS_LIMIT:
            raise WireError(f"the clip is in more than {_SPANS_LIMIT} pieces")
        self._store.seek(span.start)
        self._store.write(chunk.data)
        # Bytes count as received only when the store has taken them: a full disk is met here.
        self._store.flush()
        self._spans = spans
        return self.received_bytes - before_bytes

    def missing(self) -> tuple[Span, ...]:
        """The holes; without a tail, those before the farthest byte that has come."""
        ends = [0, *(span.end for span in self._spans)]
        starts = [*(span.start for span in self._spans), self.tail.size_bytes if self.tail else self.reach_bytes]
        return tuple(Span(end, start) for end, start in zip(ends, starts, strict=True) if end < start)

    def verify(self) -> None:
        """Compare size and SHA-256 with the tail's. Raises WireError; the clip must then be sent again as a whole."""
        if not self.complete or self.tail is None:
            raise WireError("the clip is not complete")
        digest = hashlib.sha256()
        self._store.seek(0)
        left_bytes = self.tail.size_bytes
        while left_bytes and (block := self._store.read(min(left_bytes, _HASH_BLOCK_BYTES))):
            digest.update(block)
            left_bytes -= len(block)
        if digest.hexdigest() != self.tail.sha256:
            raise WireError(f"the clip's SHA-256 is {digest.hexdigest()}; its tail says {self.tail.sha256}")

    def start_again(self) -> None:
        """Forget everything that has come."""
        self.head, self.tail, self._spans = None, None, []
        self._store.seek(0)
        self._store.truncate()


def _with(spans: list[Span], new: Span) -> list[Span]:
    """Sorted, disjoint, non-touching spans with one more merged in."""
    first = bisect_left(spans, new.start, key=lambda span: span.end)
    last = bisect_right(spans, new.end, key=lambda span: span.start)
    touched = spans[first:last]
    merged = Span(min([new.start, *(s.start for s in touched)]), max([new.end, *(s.end for s in touched)]))
    return [*spans[:first], merged, *spans[last:]]
