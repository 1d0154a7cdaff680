from math import inf

import pytest

from firmware.core.ground import Ground
from firmware.core.nearness import Nearness, seated
from firmware.messages import Box, ObjectKind, Track
from tests.nights.world import SIZE, calibration, cuboid

END_ON, SIDE_ON = (1.8, 4.5, 1.5), (4.5, 1.8, 1.5)


def track(kind: ObjectKind, box: Box, ground: Ground, number: int = 1) -> Track:
    place = ground.to_ground(*box.foot)
    assert place is not None
    return Track(number, kind, box, 0.7, *place, 0.0, 0.0, 0.0, 0.0)


Place = tuple[float, float]


def gap_m(calibrated: bool, person: Place, car: Place, size_m: tuple[float, float, float]) -> float:
    ground = Ground(calibration() if calibrated else (), SIZE)
    somebody = track(ObjectKind.PERSON, cuboid(person, (0.5, 0.1, 1.7)), ground)
    return Nearness(ground).gap_m(somebody, track(ObjectKind.VEHICLE, cuboid(car, size_m), ground, 2), 3.0)


AROUND = [
    # The car stands at (0, 15). End on it reaches from 12.75 to 17.25, side on from 14.1 to 15.9.
    ("before the bonnet", (0.0, 12.0), END_ON, 0.75),
    ("at the near corner", (1.4, 13.0), END_ON, 0.5),
    ("at the door", (1.4, 15.0), END_ON, 0.5),
    ("at the boot", (1.4, 17.0), END_ON, 0.5),
    ("a car's width away", (3.3, 15.0), END_ON, 2.4),
    ("before the door", (1.0, 13.5), SIDE_ON, 0.6),
    ("at the side's end", (2.9, 15.0), SIDE_ON, 0.65),
]


@pytest.mark.parametrize(("where", "person", "size_m", "expected_m"), AROUND, ids=[case[0] for case in AROUND])
def test_metres_from_feet_to_the_car(
    where: str, person: tuple[float, float], size_m: tuple[float, float, float], expected_m: float
) -> None:
    assert gap_m(True, person, (0, 15), size_m) == pytest.approx(expected_m, abs=0.3)
    # Without a calibration: to half as much again, and half a metre.
    assert gap_m(False, person, (0, 15), size_m) == pytest.approx(expected_m, abs=0.5 + expected_m / 2)


@pytest.mark.parametrize("calibrated", [True, False])
def test_far_away_is_far_away(calibrated: bool) -> None:
    assert gap_m(calibrated, (0, 9.5), (0, 15), END_ON) > 2.0
    assert gap_m(calibrated, (7, 15), (0, 15), END_ON) > 4.0
    assert gap_m(calibrated, (0, 22), (0, 15), END_ON) > 2.0
    assert gap_m(True, (30, 60), (0, 15), END_ON) == inf


def test_a_painted_line_is_no_car() -> None:
    ground = Ground(calibration(), SIZE)
    somebody = track(ObjectKind.PERSON, cuboid((0, 15), (0.5, 0.1, 1.7)), ground)
    line = track(ObjectKind.VEHICLE, cuboid((0, 15), (0.3, 4.0, 0.1)), ground, 2)
    assert Nearness(ground).gap_m(somebody, line, 3.0) == inf


def test_seen_through_the_window_is_seated_and_beside_the_car_is_not() -> None:
    ground = Ground((), SIZE)
    car = track(ObjectKind.VEHICLE, Box(500, 300, 200, 120), ground)
    assert seated(track(ObjectKind.PERSON, Box(560, 310, 40, 45), ground), car)
    assert not seated(track(ObjectKind.PERSON, Box(560, 310, 40, 110), ground), car)  # stands before it
    assert not seated(track(ObjectKind.PERSON, Box(560, 250, 40, 70), ground), car)  # head above the roof: behind it
    assert not seated(track(ObjectKind.PERSON, Box(560, 365, 40, 54), ground), car)  # bends down before it
