"""The encoder gives each picture at once, at its own time, and keyframes often enough for the pre-roll."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware.core.h264 import codec_name, parameter_sets
from firmware.drivers.encoder_av import EncoderSettings, H264Encoder
from firmware.messages import Packet, Size
from tests.pictures import count_picture, decode_h264, lot, number_of

SIZE = Size(96, 64)


def encoded(times_s: list[float], settings: EncoderSettings | None = None) -> list[Packet]:
    encoder = H264Encoder(SIZE, settings or EncoderSettings())
    return [packet for n, t_s in enumerate(times_s) for packet in encoder.encode(lot(n, SIZE), t_s)]


@settings(max_examples=25, deadline=None)
@given(st.floats(0, 1e6), st.lists(st.floats(0.001, 0.9), min_size=1, max_size=40))
def test_every_picture_comes_out_at_once_with_its_own_time_at_any_rate(start_s: float, gaps_s: list[float]) -> None:
    encoder = H264Encoder(SIZE, EncoderSettings())
    t_s = start_s
    for n, gap_s in enumerate(gaps_s):
        t_s += gap_s
        assert [packet.t_s for packet in encoder.encode(lot(n, SIZE), t_s)] == [t_s]
    assert encoder.finish() == ()


@pytest.mark.parametrize("rate_hz", [3.0, 5.0, 7.3, 10.0, 25.0])
@pytest.mark.parametrize("interval_s", [0.5, 1.0, 2.0])
def test_keyframes_are_at_most_the_interval_apart(rate_hz: float, interval_s: float) -> None:
    times_s = [n / rate_hz for n in range(int(rate_hz * 8))]
    packets = encoded(times_s, EncoderSettings(rate_hz=rate_hz, keyframe_interval_s=interval_s))
    keyframes_s = [packet.t_s for packet in packets if packet.keyframe]
    assert keyframes_s[0] == 0.0
    assert max(after - before for before, after in pairwise(keyframes_s)) <= interval_s + 0.01
    assert times_s[-1] - keyframes_s[-1] <= interval_s
    # and not more often than that asks for: each costs as much as ten other pictures
    assert min(after - before for before, after in pairwise(keyframes_s)) >= interval_s - 1 / rate_hz - 0.01


def test_keyframes_keep_their_distance_when_the_rate_changes() -> None:
    times_s = [n * 0.1 for n in range(50)] + [5 + n * 0.4 for n in range(20)]
    keyframes_s = [packet.t_s for packet in encoded(times_s) if packet.keyframe]
    assert max(after - before for before, after in pairwise(keyframes_s)) <= 1.01 + 0.4


def test_a_forced_keyframe_is_the_next_picture() -> None:
    encoder = H264Encoder(SIZE, EncoderSettings())
    encoder.encode(lot(0, SIZE), 0.0)
    assert not encoder.encode(lot(1, SIZE), 0.1)[0].keyframe
    encoder.force_keyframe()
    assert encoder.encode(lot(2, SIZE), 0.2)[0].keyframe
    assert not encoder.encode(lot(3, SIZE), 0.3)[0].keyframe


def test_every_keyframe_can_be_the_first_that_a_player_gets() -> None:
    encoder = H264Encoder(SIZE, EncoderSettings())
    packets = [packet for n in range(40) for packet in encoder.encode(count_picture(n, SIZE), n / 10)]
    starts = [n for n, packet in enumerate(packets) if packet.keyframe]
    assert len(starts) >= 4
    for start in starts:
        assert parameter_sets(packets[start].data)
        numbers = [number_of(picture) for picture in decode_h264(packet.data for packet in packets[start:])]
        assert numbers == list(range(start, 40))


def test_grey_comes_back_as_the_grey_that_went_in() -> None:
    shades = np.tile(np.linspace(0, 255, 96).astype(np.uint8), (64, 1))
    packets = H264Encoder(SIZE, EncoderSettings()).encode(shades, 0.0)
    (picture,) = decode_h264([packets[0].data])
    assert np.abs(picture.astype(int) - shades.astype(int)).max() <= 12
    assert picture.min() <= 4
    assert picture.max() >= 251


def test_noise_stays_under_the_ceiling() -> None:
    rng = np.random.default_rng(3)
    size = Size(320, 192)
    encoder = H264Encoder(size, EncoderSettings(bitrate_bit_s=500_000))
    picture = [rng.integers(0, 256, (192, 320), dtype=np.uint8) for _ in range(60)]
    packets = [packet for n in range(60) for packet in encoder.encode(picture[n], n / 10)]
    assert sum(len(packet.data) for packet in packets) * 8 / 6.0 < 500_000 * 1.3


def test_the_stream_says_its_name() -> None:
    name = codec_name(encoded([0.0])[0].data)
    assert name.startswith("avc1.64")  # High profile
    assert len(name) == len("avc1.64001f")


@pytest.mark.parametrize("size", [Size(97, 64), Size(96, 63)])
def test_an_odd_size_is_refused(size: Size) -> None:
    with pytest.raises(ValueError, match="even width and height"):
        H264Encoder(size, EncoderSettings())


def test_a_picture_of_another_size_is_refused() -> None:
    with pytest.raises(ValueError, match="opened for"):
        H264Encoder(SIZE, EncoderSettings()).encode(lot(0, Size(100, 64)), 0.0)


def test_time_that_stands_still_is_refused() -> None:
    encoder = H264Encoder(SIZE, EncoderSettings())
    encoder.encode(lot(0, SIZE), 5.0)
    with pytest.raises(ValueError, match="not later"):
        encoder.encode(lot(1, SIZE), 5.0)
