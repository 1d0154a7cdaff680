"""A film that plays from its first bytes, at the times at which it was filmed."""

import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware.drivers.encoder_av import EncoderSettings, H264Encoder
from firmware.drivers.muxer_av import FRAGMENT_S, FragmentedMp4
from firmware.errors import StoreError
from firmware.messages import Packet, Size
from tests.pictures import count_picture, decode, number_of

SIZE = Size(96, 64)


def filmed(times_s: list[float]) -> list[Packet]:
    encoder = H264Encoder(SIZE, EncoderSettings())
    return [packet for n, t_s in enumerate(times_s) for packet in encoder.encode(count_picture(n, SIZE), t_s)]


def boxes(film: bytes) -> list[tuple[str, int]]:
    """The film's top-level boxes: name and where it ends (ISO/IEC 14496-12)."""
    found, at = [], 0
    while at + 8 <= len(film):
        size, name = struct.unpack(">I4s", film[at : at + 8])
        at += size
        found.append((name.decode(), at))
    return found


def muxed(packets: list[Packet], *, at_a_time: int = 1) -> bytes:
    muxer = FragmentedMp4()
    film = b"".join(muxer.add(tuple(packets[n : n + at_a_time])) for n in range(0, len(packets), at_a_time))
    return film + muxer.finish()


def test_the_film_has_every_picture_at_its_time_and_no_sound() -> None:
    times_s = [1000.25 + n * 0.1 for n in range(35)]
    film = decode(muxed(filmed(times_s)))
    assert film.size == SIZE
    assert film.streams == ("video",)
    assert film.times_s[0] == 0.0
    assert film.times_s == pytest.approx([t_s - times_s[0] for t_s in times_s], abs=2 / 90_000)
    assert [number_of(picture) for picture in film.pictures] == list(range(35))


@settings(max_examples=20, deadline=None)
@given(st.lists(st.floats(0.005, 3.0), min_size=1, max_size=25))
def test_any_varying_rate_survives(gaps_s: list[float]) -> None:
    times_s = [50.0, *(50.0 + np.cumsum(gaps_s)).tolist()]
    film = decode(muxed(filmed(times_s)))
    assert film.times_s == pytest.approx([t_s - 50.0 for t_s in times_s], abs=2 / 90_000)


def test_a_film_that_breaks_off_plays_up_to_its_last_whole_fragment() -> None:
    film = muxed(filmed([n / 10 for n in range(40)]))
    fragments = [end for name, end in boxes(film) if name == "mdat"]
    assert len(fragments) > 10
    seen = 0
    for end in fragments:
        numbers = [number_of(picture) for picture in decode(film[:end]).pictures]
        assert numbers == list(range(len(numbers)))
        assert len(numbers) > seen
        seen = len(numbers)
    assert seen == 40


def test_it_begins_with_what_a_player_needs_and_nothing_is_ever_rewritten() -> None:
    packets = filmed([n / 10 for n in range(30)])
    names = [name for name, _ in boxes(muxed(packets))]
    assert names[:4] == ["ftyp", "moov", "moof", "mdat"]
    # All at once or packet by packet: bytes that were given are final.
    assert muxed(packets, at_a_time=30) == muxed(packets, at_a_time=1)


def test_bytes_come_soon_after_their_pictures() -> None:
    muxer, given_bytes, oldest_waiting_s = FragmentedMp4(), 0, 0.0
    assert len(muxer.add((filmed([0.0])[0],))) > 0  # the head comes with the first packet
    muxer = FragmentedMp4()
    for packet in filmed([n / 10 for n in range(50)]):
        out = muxer.add((packet,))
        if b"moof" in out:
            oldest_waiting_s = packet.t_s
        given_bytes += len(out)
        assert packet.t_s - oldest_waiting_s <= FRAGMENT_S + 0.1
    assert given_bytes > 0


def test_the_same_packets_give_the_same_bytes() -> None:
    packets = filmed([n / 10 for n in range(12)])
    assert muxed(packets) == muxed(packets)


def test_a_film_must_begin_with_a_keyframe() -> None:
    packets = filmed([0.0, 0.1])
    with pytest.raises(ValueError, match="keyframe"):
        FragmentedMp4().add((packets[1],))


def test_a_packet_that_is_no_h264_is_a_fault_and_not_a_crash() -> None:
    with pytest.raises(StoreError, match="clip"):
        FragmentedMp4().add((Packet(0.0, True, b"nothing of the sort" * 20),))


def test_an_empty_film_has_no_bytes() -> None:
    assert FragmentedMp4().finish() == b""
