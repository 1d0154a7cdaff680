"""What is an alarm and what is not, rule by rule, in metres and in pixels."""

import pytest

from firmware.config import FireRule, LoiteringRule, ProwlingRule, Rules, SiteConfig, TamperingRule, ZoneConfig
from firmware.messages import AlarmEvent, AlarmKind, Box, ObjectKind, Phase, Severity
from tests.nights.night import watch
from tests.nights.stories import NEAR_M, car, person, row
from tests.nights.world import Body, Glow, Noise, Story, calibration, cuboid, flame, go, lamp, record, stand, walk

CALIBRATED = pytest.mark.parametrize("calibrated", [True, False], ids=["metres", "pixels"])
CALM = Noise(missed=0.15, false_hz=0.05)


def alarms(story: Story, calibrated: bool = True, hz: float = 4, **site: object) -> list[AlarmEvent]:
    config = SiteConfig(calibration=calibration() if calibrated else (), **site)  # type: ignore[arg-type]
    return watch(record(story, hz, 1), config)


def kinds(told: list[AlarmEvent]) -> list[AlarmKind]:
    return [event.kind for event in told if event.phase is Phase.NEW]


def visits(*stops: tuple[float, float, float], pace_m_s: float = 1.2) -> Story:
    return Story(60, (*row(5), person(walk(7, pace_m_s, (-9, 11.5, 0), *stops, (9, 11.5, 0)))), noise=CALM)


# --- prowling


@CALIBRATED
@pytest.mark.parametrize("pace_m_s", [0.9, 1.3])
def test_walking_past_a_row_of_cars_is_no_visit(calibrated: bool, pace_m_s: float) -> None:
    close = person(walk(7, pace_m_s, (-9, 12.2, 0), (9, 12.2, 0)))
    assert alarms(Story(30, (*row(5), close), noise=CALM), calibrated) == []


@CALIBRATED
def test_two_cars_are_not_yet_prowling_and_three_are(calibrated: bool) -> None:
    stops = [(x + 1.2, NEAR_M + 0.5, 3.5) for x in (-5.2, -2.6, 0.0)]
    assert alarms(visits(*stops[:2]), calibrated) == []
    told = alarms(visits(*stops), calibrated)
    assert kinds(told) == [AlarmKind.PROWLING]
    assert told[0].reason.startswith("went to 3 parked vehicles in ")
    assert [thing.kind for thing in told[0].objects] == ["person", "vehicle", "vehicle", "vehicle"]


def test_standing_between_two_cars_is_one_visit() -> None:
    # Three times at the same place between two cars, with walks in between.
    stop = (1.3, NEAR_M + 0.5, 4.0)
    away = (1.3, 8.5, 1.0)
    assert alarms(visits(stop, away, stop, away, stop)) == []


def test_the_window_forgets() -> None:
    stops = [(x + 1.2, NEAR_M + 0.5, 3.5) for x in (-5.2, -2.6, 0.0)]
    quick = Rules(prowling=ProwlingRule(window_s=8))
    assert alarms(visits(*stops), rules=quick) == []


def test_a_zone_without_the_rule_is_left_in_peace() -> None:
    stops = [(x + 1.2, NEAR_M + 0.5, 3.5) for x in (-5.2, -2.6, 0.0)]
    whole = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))
    assert alarms(visits(*stops), zones=(ZoneConfig(name="guests", polygon=whole, rules=("fire",)),)) == []
    told = alarms(visits(*stops), zones=(ZoneConfig(name="row", polygon=whole),))
    assert [event.zone for event in told if event.phase is Phase.NEW] == ["row"]


# --- tampering


@CALIBRATED
def test_dwelling_at_a_car_counts_and_passing_does_not(calibrated: bool) -> None:
    brief = alarms(visits((1.3, NEAR_M + 0.8, 8.0)), calibrated)
    long = alarms(visits((1.3, NEAR_M + 0.8, 20.0)), calibrated)
    assert brief == []
    assert kinds(long) == [AlarmKind.TAMPERING]
    # They arrive after about 16 s and a dwell of 12 s later it is told.
    assert 26 < long[0].t_s < 34
    assert long[0].severity is Severity.MEDIUM
    assert long[0].t_s - long[0].began_s == pytest.approx(12, abs=2)


def test_standing_in_the_lane_is_not_tampering() -> None:
    assert alarms(visits((0.0, NEAR_M - 2.2, 25.0))) == []


def test_a_minute_at_one_car_is_high() -> None:
    told = alarms(visits((1.3, NEAR_M + 0.8, 45.0)))
    assert told[-1].kind is AlarmKind.TAMPERING
    assert max(told, key=lambda e: e.seq).severity is Severity.HIGH


def test_crouching_at_a_wheel_is_seen_too() -> None:
    way = walk(7, 1.3, (-9, 11.5, 0), (-1.5, NEAR_M - 0.3, 22), (-9, 11.5, 0))
    bent = Body(way, crouches=lambda t_s: 15 < t_s < 33)
    assert kinds(alarms(Story(50, (*row(5), bent), noise=CALM))) == [AlarmKind.TAMPERING]


def test_the_people_of_a_car_that_has_just_come_have_a_minute() -> None:
    comes = Body(go((2, 12, 9), (8, 0, 9.5), (12, 0, 15), (120, 0, 15)), ObjectKind.VEHICLE)
    out = person(walk(20, 1.2, (1.3, 14.0, 35), (-9, 12, 0)))
    assert alarms(Story(75, (car(-2.6), car(2.6), comes, out), noise=CALM)) == []


def test_a_car_that_waits_is_not_parked() -> None:
    # Stands for four seconds at a time while somebody walks beside it.
    stations = ((0, 0), (4, 0), (5, 2), (9, 2), (10, 4), (14, 4), (15, 6))
    creeps = Body(go(*((t_s, x_m, 10.0) for t_s, x_m in stations)), ObjectKind.VEHICLE, wide=True)
    follows = person(go(*((t_s, x_m, 8.5) for t_s, x_m in stations)))
    assert alarms(Story(15, (creeps, follows), noise=CALM), rules=Rules(tampering=TamperingRule(dwell_s=3))) == []


# --- loitering


@CALIBRATED
def test_a_minute_of_standing_about_is_loitering_and_half_is_not(calibrated: bool) -> None:
    def idles(seconds: float) -> Story:
        return Story(seconds + 12, (person(walk(2, 1.2, (-6, 11, 0), (0, 12, seconds), (6, 11, 0))),), noise=CALM)

    assert alarms(idles(35), calibrated) == []
    told = alarms(idles(65), calibrated)
    assert kinds(told) == [AlarmKind.LOITERING]
    assert told[0].severity is Severity.LOW
    assert told[0].t_s - told[0].began_s == pytest.approx(60, abs=1)


@CALIBRATED
def test_walking_a_dog_up_and_down_for_two_minutes_is_not(calibrated: bool) -> None:
    to_and_fro = [(x, 12.0, 0.0) for _ in range(5) for x in (-7, 7)]
    story = Story(110, (person(walk(2, 1.25, (-8, 11, 0), *to_and_fro)),), noise=CALM)
    assert alarms(story, calibrated, hz=3) == []


def test_somebody_who_sits_in_a_car_does_not_loiter() -> None:
    seat = Glow(lambda t_s, dice: cuboid((0.3, 14.0), (0.5, 0.4, 0.6), z_m=0.8) if t_s > 8 else None, ObjectKind.PERSON)
    assert alarms(Story(90, row(3), (seat,), noise=CALM), hz=3) == []


# --- fire


@CALIBRATED
@pytest.mark.parametrize("hz", [3, 5, 10])
def test_a17_a_flame_that_grows_is_told_within_fifteen_seconds(calibrated: bool, hz: float) -> None:
    told = alarms(Story(30, row(4), (flame(-1.3, NEAR_M + 0.8, 12),)), calibrated, hz)
    assert kinds(told) == [AlarmKind.FIRE]
    assert 15 <= told[0].t_s <= 27
    assert told[0].severity is Severity.HIGH
    assert "at a vehicle" in told[0].reason


def test_a_fire_that_burns_already_is_told_too() -> None:
    told = alarms(Story(20, row(4), (flame(-1.3, NEAR_M + 0.8, -60, full_m=2.0),)))
    assert kinds(told) == [AlarmKind.FIRE]


@pytest.mark.parametrize("hz", [3, 10])
@pytest.mark.parametrize("size_m", [0.2, 0.5, 1.0])
def test_a17_steady_and_blinking_lamps_are_no_fire(hz: float, size_m: float) -> None:
    lamps = (
        lamp(stand(0.7, NEAR_M), lambda t_s: True, size_m),
        lamp(stand(-2.0, NEAR_M), lambda t_s: (1.5 * t_s) % 1 < 0.5, size_m),
        lamp(stand(4.0, NEAR_M), lambda t_s: 6 < t_s < 9 or 12 < t_s < 19, size_m),
    )
    assert alarms(Story(40, row(4), lamps, noise=Noise(missed=0.15)), hz=hz) == []


def test_a17_a_tail_lamp_that_brakes_grows_once_and_is_no_fire() -> None:
    def bloom(t_s: float, dice: object) -> Box:
        return cuboid((0.7, NEAR_M), (0.6, 0.1, 0.6) if 10 < t_s < 25 else (0.3, 0.1, 0.3), z_m=0.7)

    assert alarms(Story(40, row(3), (Glow(bloom),), noise=Noise(missed=0.15)), hz=5) == []


def test_what_rides_on_a_moving_car_is_no_fire() -> None:
    way = go((0, -8, 10), (16, 8, 10))
    moving = Body(way, ObjectKind.VEHICLE, wide=True)

    def flicker(t_s: float, dice: object) -> Box | None:
        place = way(t_s)
        size_m = 0.8 + 0.3 * ((7 * t_s) % 1)
        return cuboid((place[0] + 2, place[1] - 0.9), (size_m, 0.1, size_m), z_m=0.5) if place else None

    assert alarms(Story(16, (moving,), (Glow(flicker),), noise=CALM)) == []


def test_a_flame_must_last() -> None:
    slow = Rules(fire=FireRule(confirm_s=20))
    assert alarms(Story(28, row(4), (flame(-1.3, NEAR_M + 0.8, 12),)), rules=slow) == []


# --- together


def test_prowling_that_becomes_tampering_is_one_incident() -> None:
    stops = [(x + 1.2, NEAR_M + 0.5, 3.5) for x in (-5.2, -2.6, 0.0)]
    told = alarms(visits(*stops, (3.9, NEAR_M + 0.8, 20.0)))
    assert {event.id for event in told} == {"night-1"}
    assert list(dict.fromkeys(event.kind for event in told)) == [AlarmKind.PROWLING, AlarmKind.TAMPERING]


def test_the_rules_seconds_are_the_sites() -> None:
    rules = Rules(tampering=TamperingRule(dwell_s=6), loitering=LoiteringRule(dwell_s=300))
    told = alarms(visits((1.3, NEAR_M + 0.8, 10.0)), rules=rules)
    assert kinds(told) == [AlarmKind.TAMPERING]
