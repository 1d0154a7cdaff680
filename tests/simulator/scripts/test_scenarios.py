"""Every scenario tells a sound play on any lot, and labels what it does."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from simulator.conditions import CONDITIONS
from simulator.lots.build import random_lot
from simulator.lots.lot import Lot
from simulator.play import CameraHarm, IncidentKind, Play
from simulator.scripts import evaluation, library, seconds
from simulator.scripts.check import faults
from simulator.scripts.scenario import Scenario

_SEEDS = (1, 2, 3, 4, 5)
_CONDITIONS = ("clear", "snow", "rain-heavy", "fog", "dusk")
_ALL = {**library.SCENARIOS, **evaluation.SCENARIOS}


@cache
def _lot(seed: int) -> Lot:
    return random_lot(seed, condition=CONDITIONS[_CONDITIONS[seed % len(_CONDITIONS)]])


@cache
def _told(name: str, seed: int) -> Play:
    condition = CONDITIONS[_CONDITIONS[seed % len(_CONDITIONS)]]
    return _ALL[name].tell(_lot(seed), condition, np.random.default_rng([seed, *name.encode()]))


@pytest.mark.parametrize("name", _ALL)
def test_every_play_is_sound(name: str) -> None:
    for seed in _SEEDS:
        assert faults(_told(name, seed), _lot(seed)) == [], f"seed {seed}"


@pytest.mark.parametrize("name", _ALL)
def test_incidents_are_told_where_the_scenario_says_so(name: str) -> None:
    scenario = _ALL[name]
    for seed in _SEEDS:
        kinds = {incident.kind for incident in _told(name, seed).incidents}
        assert kinds == ({scenario.kind} if scenario.kind else set())


@pytest.mark.parametrize("name", [name for name, scenario in _ALL.items() if scenario.kind])
def test_an_incident_lasts_until_it_can_be_known_and_the_play_goes_on(name: str) -> None:
    for seed in _SEEDS:
        play = _told(name, seed)
        for incident in play.incidents:
            assert incident.began_s < incident.start_s <= incident.end_s < play.duration_s
            assert play.duration_s < 300.0


def test_both_libraries_have_every_kind_and_no_name_in_common() -> None:
    for scenarios in (library.SCENARIOS, evaluation.SCENARIOS):
        assert {scenario.kind for scenario in scenarios.values()} == {None, *IncidentKind}
        assert all(name == scenario.name and scenario.says for name, scenario in scenarios.items())
    assert not library.SCENARIOS.keys() & evaluation.SCENARIOS.keys()
    code = [{s.write.__code__ for s in scenarios.values()} for scenarios in (library.SCENARIOS, evaluation.SCENARIOS)]
    assert len(code[0]) == len(library.SCENARIOS)
    assert len(code[1]) == len(evaluation.SCENARIOS)
    assert not code[0] & code[1]


def test_every_harm_to_the_camera_is_in_both_libraries() -> None:
    for scenarios in (library.SCENARIOS, evaluation.SCENARIOS):
        tampers = [name for name, scenario in scenarios.items() if scenario.kind is IncidentKind.CAMERA_TAMPER]
        assert {event.harm for name in tampers for event in _told(name, 1).camera} == set(CameraHarm)


@pytest.mark.parametrize("name", ["prowling", "jump-start", "gang", "two-cars"])
def test_the_same_seed_tells_the_same_and_another_seed_something_else(name: str) -> None:
    lot, clear = _lot(1), CONDITIONS["clear"]
    plays = [_ALL[name].tell(lot, clear, np.random.default_rng(seed)) for seed in (8, 8, 9)]
    assert repr(plays[0]) == repr(plays[1])
    assert repr(plays[0]) != repr(plays[2])


def test_an_unknown_scenario_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        library.SCENARIOS["no-such-scenario"]


def test_a_prowler_is_known_at_the_third_car() -> None:
    for seed in _SEEDS:
        (incident,) = _told("prowling", seed).incidents
        cars = [number for number in incident.objects if number < 100]
        assert 3 <= len(set(cars)) <= 5
        assert incident.start_s > incident.began_s + 2 * seconds.VISIT_S


def test_four_people_are_at_it_for_three_minutes() -> None:
    for name in ("four-people", "gang"):
        (incident,) = _told(name, 2).incidents
        assert len([number for number in incident.objects if 101 <= number <= 199]) == 4
        assert 170.0 < incident.end_s - incident.began_s < 215.0


def test_the_demo_is_quiet_first_and_the_alarm_is_due_within_the_minute() -> None:
    for seed in _SEEDS:
        play = _told("demo", seed)
        (incident,) = play.incidents
        assert play.roles[0].start_s > 10.0
        assert 25.0 < incident.start_s < 50.0


def test_who_drives_off_is_gone_and_lamps_shine_while_the_car_moves() -> None:
    for seed in _SEEDS:
        play = _told("get-in", seed)
        first = min(drive.start_s for drive in play.drives)
        assert all(role.end_s <= first + 1e-6 for role in play.roles)
        assert any(use.lamp == "head" and use.start_s < first < use.end_s for use in play.lamps)


class TestFaults:
    """The check finds what is wrong."""

    def test_a_gap_between_acts(self) -> None:
        play = _told("walk-through", 1)
        role = play.roles[0]
        late = replace(role.acts[-1], start_s=role.acts[-1].start_s + 1.0, end_s=role.acts[-1].end_s + 1.0)
        broken = replace(role, acts=(role.acts[0], late)) if len(role.acts) > 1 else replace(role, acts=(late, late))
        assert any("gap" in fault for fault in faults(replace(play, roles=(broken,)), _lot(1)))

    def test_a_walk_through_cars(self) -> None:
        lot, play = _lot(1), _told("walk-through", 1)
        left, near, right, far = lot.ground_m
        act = replace(play.roles[0].acts[0], path_m=np.array([[left, far - 2.5], [right, far - 2.5]]))
        walk = replace(play.roles[0], acts=(replace(act, start_s=0.0, end_s=60.0, speed_m_s=1.0),))
        assert near < far - 2.5
        assert any("walks through" in fault for fault in faults(replace(play, roles=(walk,)), lot))

    def test_an_unknown_vehicle(self) -> None:
        play = _told("get-in", 1)
        lamp = replace(play.lamps[0], vehicle=98)
        assert "there is no vehicle 98" in faults(replace(play, lamps=(lamp,)), _lot(1))

    def test_an_incident_outside_the_play(self) -> None:
        play = _told("prowling", 1)
        late = replace(play.incidents[0], end_s=play.duration_s + 5.0)
        assert any("but the play ends" in fault for fault in faults(replace(play, incidents=(late,)), _lot(1)))

    def test_two_with_one_number(self) -> None:
        play = _told("fight", 1)
        same = replace(play.roles[1], number=play.roles[0].number)
        found = faults(replace(play, roles=(play.roles[0], same)), _lot(1))
        assert any("again too soon" in fault for fault in found)

    def test_a_car_driven_into_another(self) -> None:
        lot, play = _lot(1), _told("get-in", 1)
        drive = play.drives[-1]
        other = next(car for car in lot.vehicles if car.number != drive.vehicle)
        crash = replace(drive, path_m=np.stack([drive.path_m[0], np.array(other.place_m)]))
        found = faults(replace(play, drives=(*play.drives[:-1], crash)), lot)
        assert any("drives into" in fault for fault in found)


def test_a_scenario_is_a_record() -> None:
    scenario = library.SCENARIOS["quiet"]
    assert isinstance(scenario, Scenario)
    assert _told("quiet", 1).roles == ()
