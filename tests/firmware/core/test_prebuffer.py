"""The pre-roll is complete, begins with a keyframe, and the ring never outgrows its bounds."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.core.prebuffer import Prebuffer, PrebufferLimits
from firmware.messages import Packet

ROOMY = PrebufferLimits(keep_s=10.0, most_s=15.0, most_bytes=10_000_000)


def film(
    seconds: int, *, rate_hz: int = 10, keyframe_every: int = 10, size_bytes: int = 100, start_s: float = 0.0
) -> list[Packet]:
    return [
        Packet(start_s + n / rate_hz, n % keyframe_every == 0, bytes(size_bytes)) for n in range(int(seconds * rate_hz))
    ]


def filled(packets: list[Packet], limits: PrebufferLimits = ROOMY) -> Prebuffer:
    ring = Prebuffer(limits)
    for packet in packets:
        ring.add(packet)
    return ring


@pytest.mark.parametrize("trigger_packet", range(400, 421))
def test_a_clip_begins_at_most_one_keyframe_interval_before_its_preroll_and_never_after(trigger_packet: int) -> None:
    packets = film(60)[: trigger_packet + 1]
    trigger_s = packets[-1].t_s
    clip = filled(packets).since(trigger_s - 10.0)
    assert clip[0].keyframe
    assert trigger_s - 11.0 - 1e-9 <= clip[0].t_s <= trigger_s - 10.0
    assert clip[-1].t_s == trigger_s


@given(
    st.lists(st.tuples(st.floats(0.01, 1.5), st.booleans(), st.integers(0, 4000)), min_size=1, max_size=200),
    st.floats(0, 12),
)
def test_the_preroll_is_gapless_and_complete_whatever_the_encoder_does(
    steps: list[tuple[float, bool, int]], preroll_s: float
) -> None:
    t_s, packets = 100.0, list[Packet]()
    for gap_s, keyframe, size in steps:
        t_s += gap_s
        packets.append(Packet(t_s, keyframe, bytes(size)))
    limits = PrebufferLimits(keep_s=12.0, most_s=1000.0, most_bytes=10_000_000)
    clip = filled(packets, limits).since(t_s - preroll_s)
    usable = [packet for packet in packets if packet.keyframe and packet.t_s <= t_s - preroll_s]
    first_keyframes = [packet for packet in packets if packet.keyframe]
    expected = usable[-1:] or first_keyframes[:1]
    assert list(clip[:1]) == expected
    if clip:
        assert list(clip) == packets[packets.index(clip[0]) :]


@given(
    st.lists(st.tuples(st.floats(0.01, 3), st.booleans(), st.integers(0, 400)), max_size=200),
)
def test_the_ring_never_outgrows_its_bounds(steps: list[tuple[float, bool, int]]) -> None:
    limits = PrebufferLimits(keep_s=5.0, most_s=8.0, most_bytes=1000)
    ring, t_s = Prebuffer(limits), 0.0
    for gap_s, keyframe, size in steps:
        t_s += gap_s
        ring.add(Packet(t_s, keyframe, bytes(size)))
        held = ring.since(0.0)
        assert ring.size_bytes == sum(len(packet.data) for packet in held) <= 1000
        assert ring.held_s <= 8.0
        assert all(earlier.t_s < later.t_s for earlier, later in pairwise(held))
        assert held[0].keyframe if held else True


def test_what_is_dropped_for_room_is_counted_and_the_rest_still_plays() -> None:
    ring = filled(film(20, size_bytes=1000), PrebufferLimits(keep_s=10.0, most_s=15.0, most_bytes=50_000))
    assert ring.since(0.0)[0].keyframe
    assert ring.size_bytes <= 50_000
    assert ring.dropped > 0


def test_an_encoder_that_gives_no_second_keyframe_cannot_fill_the_ram() -> None:
    ring = filled(film(100, keyframe_every=10_000), PrebufferLimits(keep_s=10.0, most_s=15.0, most_bytes=10_000_000))
    assert ring.held_s <= 15.0
    assert ring.dropped + ring.refused + len(ring.since(0.0)) == 1000


def test_aging_out_is_not_counted_as_dropped() -> None:
    assert filled(film(100)).dropped == 0


def test_packets_before_the_first_keyframe_are_refused() -> None:
    ring = filled(film(10)[3:])
    assert ring.since(0.0)[0].t_s == 1.0
    assert ring.refused == 7


def test_another_clock_begins_anew() -> None:
    ring = filled(film(10, start_s=500.0) + film(2, start_s=3.0))
    assert [packet.t_s for packet in ring.since(0.0)][0] == 3.0


def test_cleared_is_empty() -> None:
    ring = filled(film(10))
    ring.clear()
    assert ring.since(0.0) == ()
    assert (ring.size_bytes, ring.held_s) == (0, 0.0)
