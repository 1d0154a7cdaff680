"""A night's timetable is consistent and quickly made."""

import time
from functools import cache
from itertools import pairwise

import numpy as np
import pytest

from simulator.lots.build import random_lot
from simulator.play import IncidentKind, Play
from simulator.scripts import evaluation, library
from simulator.scripts.check import faults
from simulator.scripts.night import timetable
from simulator.scripts.scenario import Scenario

_LIBRARIES = {"development": library.SCENARIOS, "evaluation": evaluation.SCENARIOS}


def _night(seed: int, scenarios: dict[str, Scenario], hours: float = 10.0, incidents: float = 0.3) -> Play:
    return timetable(random_lot(seed), seed, hours, scenarios, incidents)


@cache
def _whole_night(seed: int, which: str) -> Play:
    return _night(seed, _LIBRARIES[which], incidents=0.8)


@pytest.mark.parametrize("which", _LIBRARIES)
def test_a_night_is_sound(which: str) -> None:
    play = _whole_night(1, which)
    assert play.duration_s == 36_000.0
    assert len(play.roles) > 20
    assert faults(play, random_lot(1)) == []
    assert all(incident.kind is not IncidentKind.CAMERA_TAMPER for incident in play.incidents)


def test_a_night_is_made_in_two_seconds_of_work() -> None:
    lot = random_lot(1)
    started = time.process_time()
    timetable(lot, 3, 10.0, library.SCENARIOS)
    assert time.process_time() - started < 2.0


def test_traffic_thins_out_after_midnight_and_comes_back_at_five() -> None:
    walkers = {"walk-through": library.SCENARIOS["walk-through"]}
    nights = [_night(seed, walkers, incidents=0.0) for seed in (1, 2, 3)]
    starts = [role.start_s / 3600 for play in nights for role in play.roles]
    hourly, _ = np.histogram(starts, bins=np.arange(11))
    assert hourly[:3].mean() > 3 * hourly[4:8].mean()
    assert hourly[9] > 2 * hourly[4:8].mean()


def test_incidents_come_in_order_and_none_where_none_is_wanted() -> None:
    incidents = _whole_night(1, "development").incidents
    assert len(incidents) >= 3
    assert all(one.began_s <= after.began_s for one, after in pairwise(incidents))
    assert _night(4, library.SCENARIOS, 2.0, 0.0).incidents == ()


def test_the_same_seed_makes_the_same_night() -> None:
    one, same, other = (_night(seed, library.SCENARIOS, 1.0) for seed in (1, 1, 2))
    assert repr(one) == repr(same)
    assert repr(one) != repr(other)


def test_fires_are_put_out() -> None:
    play = _night(1, {"fire": library.SCENARIOS["fire"]}, 2.0, 3.0)
    assert play.blazes
    assert all(np.isfinite(blaze.end_s) for blaze in play.blazes)


def test_no_hours_are_refused() -> None:
    with pytest.raises(ValueError, match="night of 0"):
        _night(1, library.SCENARIOS, 0.0)
