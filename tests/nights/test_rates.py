"""The same night looked at 3, 5 or 10 times a second gives the same alarms."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware.config import SiteConfig
from firmware.messages import AlarmEvent, Phase
from tests.nights.night import watch
from tests.nights.stories import NEAR_M, STORIES, person, row
from tests.nights.world import PERFECT, Story, calibration, record, walk

RATES_HZ = (3, 5, 10)
METRES = SiteConfig(calibration=calibration())


def told(story: Story, hz: float, seed: int = 1) -> list[AlarmEvent]:
    return watch(record(story, hz, seed), METRES)


def gist(alarms: list[AlarmEvent]) -> list[tuple[str, str]]:
    """Which incident is or becomes what; not who joins when."""
    return list(dict.fromkeys((alarm.id, alarm.kind) for alarm in alarms))


@pytest.mark.parametrize("name", ["prowling", "tampering", "fire", "drive-off"])
def test_without_noise_the_alarms_are_the_same_to_the_second(name: str) -> None:
    story = replace(STORIES[name](), noise=PERFECT)
    slow, *others = (told(story, hz) for hz in RATES_HZ)
    for fast in others:
        assert [(a.id, a.seq, a.phase, a.kind, a.severity) for a in fast] == [
            (a.id, a.seq, a.phase, a.kind, a.severity) for a in slow
        ]
        for a, b in zip(slow, fast, strict=True):
            # A third of a second to see it, and as much to believe it. A flame's dice fall anew at every look.
            assert a.t_s == pytest.approx(b.t_s, abs=4.0 if name == "fire" else 1.0)


@pytest.mark.parametrize("name", ["prowling", "arson", "walk-through"])
def test_with_a_third_missed_and_ghosts_the_kinds_and_incidents_are_the_same(name: str) -> None:
    first, *others = (gist(told(STORIES[name](), hz, seed=5)) for hz in RATES_HZ)
    assert all(other == first for other in others)


@settings(max_examples=6, deadline=None, derandomize=True)
@given(
    start_s=st.floats(6.0, 8.0),
    pause_s=st.floats(3.2, 6.0),
    count=st.integers(1, 4),
    side_m=st.floats(0.4, 0.8),
)
def test_any_prowler_is_one_at_every_rate_or_at_none(start_s: float, pause_s: float, count: int, side_m: float) -> None:
    stops = [(x + 1.2, NEAR_M + side_m, pause_s) for x in (-5.2, -2.6, 0.0, 2.6)][:count]
    way = walk(start_s, 1.2, (-9, 11.5, 0), *stops, (9, 11.5, 0))
    story = Story(34, (*row(5), person(way)), noise=PERFECT)
    found = [gist(told(story, hz)) for hz in RATES_HZ]
    assert found == [[("night-1", "prowling")] if count >= 3 else []] * 3


def test_a_look_now_and_then_is_enough_while_nothing_moves() -> None:
    """The motion gate gives the detector one look a second: the same dwell, and no alarm twice."""
    story = replace(STORIES["tampering"](), noise=PERFECT)
    looks = record(story, 5, 1)
    rested = [replace(look, detections=None) if n % 5 else look for n, look in enumerate(looks)]
    busy, calm = watch(looks, METRES), watch(rested, METRES)
    assert [(a.id, a.phase, a.kind) for a in calm] == [(a.id, a.phase, a.kind) for a in busy]
    assert calm[0].phase is Phase.NEW
    assert calm[0].t_s == pytest.approx(busy[0].t_s, abs=3.0)
