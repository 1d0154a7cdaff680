import numpy as np
import pytest

from simulator.lots.build import random_lot
from simulator.optics import F64
from simulator.play import Drive
from simulator.vehicles import driving, shapes
from simulator.vehicles.driving import drive_duration_s, pose_at, way_in, way_out
from simulator.vehicles.vehicle import Model, Vehicle

STEP_S = 0.05


def parked(place: tuple[float, float] = (0.0, 10.0), heading: float = np.pi / 2) -> Vehicle:
    return shapes.vehicle_of(np.random.default_rng(1), Model.HATCH, 7, place, heading, 0, 0.0)


def drive(*corners: tuple[float, float], start: float = 0.0, speed: float = 3.0, backwards: bool = False) -> Drive:
    return Drive(7, start, np.array(corners, dtype=np.float64), speed, backwards)


def smooth(vehicle: Vehicle, drives: tuple[Drive, ...], end_s: float) -> tuple[F64, F64, F64]:
    t = np.arange(0.0, end_s, STEP_S)
    track = pose_at(vehicle, drives, t)
    return t, track.place_m, track.heading_rad


def assert_gentle(place: F64, heading: F64) -> None:
    speed = np.diff(place, axis=0) / STEP_S
    gain = np.linalg.norm(np.diff(speed, axis=0), axis=1) / STEP_S
    assert np.linalg.norm(speed, axis=1).max() < 12.0
    assert gain.max() < 3.0
    assert np.abs(np.diff(heading)).max() < 1.2 * STEP_S


def test_it_stands_then_drives_then_stands() -> None:
    car, way = parked(), drive((0.0, 10.0), (0.0, 30.0), start=2.0)
    end = 2.0 + drive_duration_s(way)
    track = pose_at(car, (way,), np.array([0.0, 2.0, end, end + 100.0]))
    assert track.place_m == pytest.approx(np.array([[0, 10], [0, 10], [0, 30], [0, 30]]), abs=1e-6)
    assert drive_duration_s(way) == pytest.approx(20 / 3.0 + 0.5 * 3.0 / 1.1 + 0.5 * 3.0 / 1.4, rel=0.02)


def test_speed_up_and_braking_are_bounded_and_the_speed_is_held() -> None:
    t, place, heading = smooth(parked(), (drive((0.0, 10.0), (0.0, 40.0), speed=4.0),), 16.0)
    speed = np.linalg.norm(np.diff(place, axis=0), axis=1) / STEP_S
    assert speed.max() == pytest.approx(4.0, rel=0.01)
    assert np.abs(np.diff(speed)).max() / STEP_S < 1.5
    assert np.ptp(heading) < 1e-6


def test_corners_are_rounded_and_taken_slowly() -> None:
    way = drive((0.0, 10.0), (0.0, 20.0), (15.0, 20.0), speed=6.0)
    _, place, heading = smooth(parked(), (way,), drive_duration_s(way))
    assert_gentle(place, heading)
    assert np.linalg.norm(place - [0.0, 20.0], axis=1).min() > 1.0
    turning = np.abs(np.diff(heading)) > 0.3 * STEP_S
    speed = np.linalg.norm(np.diff(place, axis=0), axis=1) / STEP_S
    assert turning.any()
    assert speed[turning].max() < 3.0
    assert heading[-1] == pytest.approx(0.0, abs=0.01)


def test_backwards_goes_tail_first() -> None:
    way = drive((0.0, 10.0), (0.0, 4.0), backwards=True)
    _, place, heading = smooth(parked(), (way,), 8.0)
    assert heading == pytest.approx(np.pi / 2, abs=1e-6)
    assert place[-1] == pytest.approx(np.array([0.0, 4.0]), abs=1e-6)


def test_no_jump_between_drives_even_where_they_do_not_meet() -> None:
    first = drive((0.0, 10.0), (0.0, 15.0), (-6.0, 15.0), start=1.0)
    second = drive((-5.5, 15.3), (14.0, 15.3), start=10.0, backwards=True)
    _, place, heading = smooth(parked(heading=np.pi / 2 + 0.03), (second, first), 30.0)
    assert_gentle(place, heading)
    assert np.linalg.norm(np.diff(place, axis=0), axis=1).max() < 0.2


def test_before_its_first_drive_it_stands_at_that_drives_start() -> None:
    track = pose_at(parked(), (drive((50.0, 3.0), (40.0, 3.0), start=5.0),), np.array([0.0, 4.9]))
    assert track.place_m == pytest.approx(np.array([[50.0, 3.0]] * 2))
    assert np.cos(track.heading_rad) == pytest.approx(-1.0)


def test_standing_still_is_exact_and_other_vehicles_do_not_matter() -> None:
    car = parked()
    way = drive((0.0, 10.0), (0.0, 14.0), start=1.0)
    other = Drive(8, 0.0, np.array([[0.0, 0.0], [9.0, 9.0]]), 3.0)
    end = 1.0 + drive_duration_s(way)
    track = pose_at(car, (other, way), np.linspace(end, end + 50, 7))
    assert (track.place_m == track.place_m[0]).all()
    assert (track.heading_rad == track.heading_rad[0]).all()
    alone = pose_at(car, (other,), np.array([3.0]))
    assert tuple(alone.place_m[0]) == car.place_m


def test_times_one_by_one_are_times_together() -> None:
    car, way = parked(), drive((0.0, 10.0), (0.0, 20.0), (15.0, 20.0))
    t = np.linspace(-1.0, 20.0, 40)
    together = pose_at(car, (way,), t)
    single = np.concatenate([pose_at(car, (way,), np.array([at])).place_m for at in t])
    assert np.array_equal(together.place_m, single)


def test_a_way_of_no_length_and_a_way_without_speed() -> None:
    assert drive_duration_s(drive((1.0, 1.0), (1.0, 1.0))) == 0.0
    with pytest.raises(ValueError, match="nothing drives"):
        drive_duration_s(drive((0.0, 0.0), (1.0, 0.0), speed=0.0))


@pytest.mark.parametrize("seed", range(6))
def test_ways_out_lead_out_of_sight_without_a_jump(seed: int) -> None:
    lot = random_lot(seed)
    for vehicle in lot.vehicles:
        if vehicle.bay is None:
            continue
        drives, at = [], 1.0
        for way in way_out(lot, vehicle):
            drives.append(Drive(vehicle.number, at, way.path_m, 3.0, way.backwards))
            at += drive_duration_s(drives[-1]) + 0.5
        t = np.arange(0.0, at + 1.0, STEP_S)
        track = pose_at(vehicle, tuple(drives), t)
        assert_gentle(track.place_m, track.heading_rad)
        assert track.place_m[0] == pytest.approx(np.array(vehicle.place_m))
        lane = lot.lanes[lot.bays[vehicle.bay].lane]
        assert abs(track.place_m[-1, 0]) >= abs(lane.mouth_x_m)
        assert track.place_m[-1, 0] == driving.out_of_sight_x_m(lot, lot.bays[vehicle.bay].lane)
        within = np.abs(track.place_m[:, 0] - vehicle.place_m[0]) > 6.0
        assert (np.abs(track.place_m[within, 1] - sum(lane.y_m) / 2) < 1.2).all()


@pytest.mark.parametrize("nose_in", [True, False])
def test_ways_in_end_in_the_bay(nose_in: bool) -> None:
    lot = random_lot(2)
    for bay in lot.bays:
        drives, at = [], 0.0
        for way in way_in(lot, bay, nose_in):
            drives.append(Drive(7, at, way.path_m, 3.0, way.backwards))
            at += drive_duration_s(drives[-1]) + 0.5
        _, place, heading = smooth(parked((500.0, 0.0)), tuple(drives), at)
        assert_gentle(place, heading)
        assert place[-1] == pytest.approx(np.array([bay.middle_x_m, (bay.opening_y_m + bay.inner_y_m) / 2]), abs=1e-6)
        inward = np.sign(bay.inner_y_m - bay.opening_y_m)
        assert np.sin(heading[-1]) * inward == pytest.approx(1.0 if nose_in else -1.0, abs=0.02)


def test_two_wheelers_at_the_rack_have_no_way_out() -> None:
    lot = random_lot(2)
    cycle = next(vehicle for vehicle in lot.vehicles if vehicle.bay is None)
    with pytest.raises(ValueError, match="no bay"):
        way_out(lot, cycle)
