import hashlib
from datetime import UTC, datetime
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wire.errors import WireError
from wire.media import Chunk, Reassembly, Span, chunk_limit_bytes, cut, cut_span, read_offset
from wire.messages import CHUNK_LIMIT_BYTES, ClipHead, ClipTail

HEAD = ClipHead(
    codec="avc1.64001f", width_px=1280, height_px=720, start_utc=datetime(2026, 11, 24, 21, tzinfo=UTC), trigger_s=10
)


def tail_of(data: bytes) -> ClipTail:
    return ClipTail(size_bytes=len(data), sha256=hashlib.sha256(data).hexdigest())


@given(st.data())
def test_a_clip_comes_together_in_any_order_and_with_repeats(draw: st.DataObject) -> None:
    data = draw.draw(st.binary(min_size=1, max_size=400))
    parts: list[object] = [HEAD, tail_of(data)]
    for size in draw.draw(st.lists(st.integers(1, 90), min_size=1, max_size=3)):
        parts += cut(data, size)
    store = BytesIO()
    clip = Reassembly(store)
    have: set[int] = set()
    for part in draw.draw(st.permutations(parts)):
        if isinstance(part, ClipHead):
            clip.take_head(part)
        elif isinstance(part, ClipTail):
            clip.take_tail(part)
        else:
            assert isinstance(part, Chunk)
            new = set(range(part.offset, part.offset + len(part.data))) - have
            assert clip.take_chunk(part) == len(new)
            have |= new
        check_spans(clip, have, len(data))
        assert store.getvalue()[: clip.prefix_bytes] == data[: clip.prefix_bytes]
    assert clip.complete
    clip.verify()
    assert store.getvalue() == data


def check_spans(clip: Reassembly, have: set[int], size: int) -> None:
    assert clip.received_bytes == len(have)
    assert clip.reach_bytes == max(have, default=-1) + 1
    assert clip.prefix_bytes == next(n for n in range(size + 1) if n not in have)
    missing = {n for span in clip.missing() for n in range(span.start, span.end)}
    assert missing == set(range(size if clip.tail else clip.reach_bytes)) - have


def test_the_first_chunk_can_be_played_before_the_rest_has_come() -> None:
    store = BytesIO()
    clip = Reassembly(store)
    clip.take_chunk(Chunk(0, b"ftyp"))
    clip.take_chunk(Chunk(8, b"late"))
    assert clip.prefix_bytes == 4
    assert clip.missing() == (Span(4, 8),)
    assert store.getvalue()[:4] == b"ftyp"


def test_one_wrong_byte_is_found_and_the_clip_can_start_again() -> None:
    data = bytes(range(200))
    clip = Reassembly()
    clip.take_head(HEAD)
    clip.take_tail(tail_of(data))
    clip.take_chunk(Chunk(0, data[:100] + b"!" + data[101:]))
    assert clip.complete
    with pytest.raises(WireError, match="SHA-256"):
        clip.verify()
    clip.start_again()
    assert (clip.prefix_bytes, clip.head, clip.tail) == (0, None, None)
    clip.take_head(HEAD)
    clip.take_tail(tail_of(data))
    clip.take_chunk(Chunk(0, data))
    clip.verify()


def test_an_unfinished_clip_is_not_verified() -> None:
    with pytest.raises(WireError, match="not complete"):
        Reassembly().verify()


@pytest.mark.parametrize(
    ("chunk", "says"),
    [
        (Chunk(0, b""), "0 bytes"),
        (Chunk(0, bytes(CHUNK_LIMIT_BYTES + 1)), "65537 bytes"),
        (Chunk(-1, b"x"), "covers bytes -1"),
        (Chunk(1000, b"x"), "ends at 1000"),
        (Chunk(999, b"xy"), "ends at 1000"),
    ],
)
def test_a_chunk_that_cannot_be_is_refused_and_takes_nothing(chunk: Chunk, says: str) -> None:
    store = BytesIO()
    clip = Reassembly(store, limit_bytes=1000)
    with pytest.raises(WireError, match=says):
        clip.take_chunk(chunk)
    assert (clip.received_bytes, store.getvalue()) == (0, b"")


def test_a_chunk_behind_the_tail_and_a_tail_before_the_chunks_end_are_refused() -> None:
    clip = Reassembly(limit_bytes=1000)
    clip.take_chunk(Chunk(10, b"0123456789"))
    with pytest.raises(WireError, match="up to 20 have come"):
        clip.take_tail(tail_of(bytes(19)))
    with pytest.raises(WireError, match="at most 1000"):
        clip.take_tail(tail_of(bytes(1001)))
    clip.take_tail(tail_of(bytes(20)))
    with pytest.raises(WireError, match="ends at 20"):
        clip.take_chunk(Chunk(20, b"x"))


def test_pieces_are_bounded() -> None:
    clip = Reassembly()
    for number in range(1024):
        clip.take_chunk(Chunk(2 * number, b"x"))
    with pytest.raises(WireError, match="more than 1024 pieces"):
        clip.take_chunk(Chunk(2 * 1024, b"x"))
    clip.take_chunk(Chunk(1, b"y"))
    clip.take_chunk(Chunk(2 * 1024, b"x"))


@given(st.binary(max_size=300), st.integers(1, 100), st.integers(0, 1000))
def test_chunks_hold_every_byte_once(data: bytes, chunk_bytes: int, offset: int) -> None:
    chunks = list(cut(data, chunk_bytes, offset))
    assert b"".join(chunk.data for chunk in chunks) == data
    assert all(1 <= len(chunk.data) <= chunk_bytes for chunk in chunks)
    spans = list(cut_span(Span(offset, offset + len(data)), chunk_bytes))
    assert [(span.start, span.end) for span in spans] == [(c.offset, c.offset + len(c.data)) for c in chunks]


def test_chunks_follow_the_brokers_packet_size() -> None:
    topic = "nattvakt/v1/lot/n01/clip/20261124T190003Z-7f3a-2"
    assert chunk_limit_bytes(None, topic) == 32 * 1024
    assert chunk_limit_bytes(10**9, topic, wanted_bytes=10**6) == 64 * 1024
    assert 1024 - 64 - len(topic) == chunk_limit_bytes(1024, topic)
    with pytest.raises(WireError, match="Maximum Packet Size of 100 bytes"):
        chunk_limit_bytes(100, topic)


@pytest.mark.parametrize("text", [None, "", "-1", "1.0", "1e3", " 1", "0x1", "\u0661", "9" * 16])
def test_an_offset_that_is_no_offset_is_refused(text: str | None) -> None:
    with pytest.raises(WireError, match="offset"):
        read_offset(text)


def test_an_offset_is_read() -> None:
    assert read_offset("32768") == 32768
