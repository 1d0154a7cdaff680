import math
import random

import pytest

from firmware.core.ground import Ground
from firmware.core.second_look import Overlooked, Window
from firmware.core.tracker import Tracker
from firmware.messages import Box, Detection, ObjectKind, Track
from tests.nights.stories import row
from tests.nights.world import (
    PERFECT,
    SIZE,
    Body,
    Noise,
    Story,
    calibration,
    cuboid,
    record,
    stand,
    walk,
)

CALIBRATED = pytest.mark.parametrize("calibrated", [True, False], ids=["metres", "pixels"])
RATES = pytest.mark.parametrize("hz", [3, 5, 10])


def new_tracker(calibrated: bool) -> Tracker:
    return Tracker(Ground(calibration() if calibrated else (), SIZE))


def follow(story: Story, calibrated: bool, hz: float, seed: int = 1) -> list[tuple[float, tuple[Track, ...]]]:
    tracker = new_tracker(calibrated)
    return [(look.t_s, tracker.update(look.detections, look.t_s)) for look in record(story, hz, seed)]


def ids(history: list[tuple[float, tuple[Track, ...]]], kind: ObjectKind) -> set[int]:
    return {track.id for _, tracks in history for track in tracks if track.kind is kind}


@CALIBRATED
@RATES
@pytest.mark.parametrize("seed", range(3))
def test_a_walker_keeps_one_id_through_misses_and_jitter(calibrated: bool, hz: float, seed: int) -> None:
    story = Story(16, (Body(walk(1, 1.3, (-7, 12, 0), (7, 14, 0))),))
    history = follow(story, calibrated, hz, seed)
    assert len(ids(history, ObjectKind.PERSON)) == 1
    # From a second after the first look to the end of the walk, wherever the detector sees them.
    assert all(tracks for t_s, tracks in history if 4 < t_s < 11)


def test_place_and_speed_are_metres_where_the_ground_is_known() -> None:
    story = Story(8, (Body(walk(0, 1.3, (-6, 14, 0), (6, 14, 0))),), noise=PERFECT)
    t_s, (track,) = follow(story, True, 5)[-1]
    # The box's lower edge is that of the nearer foot.
    assert (track.x, track.y) == pytest.approx((-6 + 1.3 * t_s, 13.8), abs=0.15)
    assert (track.vx, track.vy) == pytest.approx((1.3, 0.0), abs=0.1)
    assert track.seen_s == t_s
    assert track.score == pytest.approx(0.65)


@CALIBRATED
@RATES
def test_two_seconds_behind_a_van_change_no_id(calibrated: bool, hz: float) -> None:
    tracker = new_tracker(calibrated)
    way = walk(0, 1.2, (-6, 14, 0), (6, 14, 0))
    seen: set[int] = set()
    for look in record(Story(9, (Body(way),), noise=Noise(missed=0.0, false_hz=0)), hz, 2):
        hidden = 4.0 <= look.t_s <= 6.0
        seen |= {track.id for track in tracker.update(() if hidden else look.detections, look.t_s)}
    assert seen == {1}


@CALIBRATED
@RATES
def test_behind_parked_cars_legs_are_hidden_and_the_id_is_kept(calibrated: bool, hz: float) -> None:
    story = Story(28, (*row(5), Body(walk(7, 1.0, (-9, 18.2, 0), (9, 18.2, 0)))), noise=Noise(missed=0.15, false_hz=0))
    assert len(ids(follow(story, calibrated, hz), ObjectKind.PERSON)) == 1


@pytest.mark.parametrize("seed", range(3))
def test_who_goes_behind_a_car_does_not_leap_in_metres(seed: int) -> None:
    way = walk(7, 1.0, (-9, 18.2, 0), (9, 18.2, 0))
    story = Story(24, (*row(5), Body(way)), noise=Noise(missed=0.15, false_hz=0))
    for t_s, tracks in follow(story, True, 5, seed):
        for track in tracks:
            if track.kind is ObjectKind.PERSON and track.seen_s == t_s:
                place = way(t_s)
                assert place is not None
                assert (track.x, track.y) == pytest.approx(place, abs=1.2)


@CALIBRATED
@RATES
@pytest.mark.parametrize("seed", range(1))
def test_a4_headlights_sweep_ten_parked_cars_that_keep_their_ids(calibrated: bool, hz: float, seed: int) -> None:
    cars = [*row(5), *(Body(stand(x, 24.0), ObjectKind.VEHICLE) for x in (-5.2, -2.6, 0.0, 2.6, 5.2))]
    story = Story(40, tuple(cars), sweeps=((12, 14), (24, 26.2)))
    history = follow(story, calibrated, hz, seed)
    before = {track.id for t_s, tracks in history for track in tracks if 8 < t_s < 11}
    after = {track.id: track for _, tracks in history[-3:] for track in tracks}
    whole = [car.box(0.0) for car in cars]
    assert len(before) == 10
    # Each car is still followed under its number from before the sweeps, at its own place.
    for car in whole:
        assert car is not None
        near = [track.id in before for track in after.values() if math.dist(track.box.foot, car.foot) < 30]
        assert near == [True]


def test_a_parked_car_keeps_its_id_for_an_hour_with_a_person_next_to_it_now_and_then() -> None:
    tracker = new_tracker(True)
    dice = random.Random(3)
    car, person = cuboid((0, 15), (1.8, 4.5, 1.5)), cuboid((1.3, 13.5), (0.5, 0.4, 1.7))
    numbers = set()
    for n in range(0, 3600, 2):
        found = [Detection(ObjectKind.VEHICLE, 0.6, shaken(car, dice))] if dice.random() > 0.3 else []
        if n % 900 > 800:
            found.append(Detection(ObjectKind.PERSON, 0.6, shaken(person, dice)))
        tracks = tracker.update(tuple(found), float(n))
        numbers |= {track.id for track in tracks if track.kind is ObjectKind.VEHICLE}
    assert numbers == {1}


def shaken(box: Box, dice: random.Random) -> Box:
    dx, dy, dw, dh = (dice.gauss(0, 2) for _ in range(4))
    return Box(box.x_px + dx, box.y_px + dy, box.w_px + dw, box.h_px + dh)


def test_a_car_that_drives_off_after_minutes_keeps_its_id_and_leaves_none_behind() -> None:
    tracker = new_tracker(True)
    place = [0.0, 15.0]
    numbers = set()
    for n in range(5 * 220):
        t_s = n / 5
        if t_s > 120:
            place[0] += min((t_s - 120) * 1.5, 4.0) / 5
        found = (Detection(ObjectKind.VEHICLE, 0.8, cuboid((place[0], place[1]), (4.5, 1.8, 1.5))),)
        tracks = tracker.update(found if place[0] < 10 else (), t_s)
        numbers |= {track.id for track in tracks}
    assert numbers == {1}
    assert tracks == ()


@RATES
def test_false_people_that_last_one_or_two_looks_are_nobody(hz: float) -> None:
    history = follow(Story(120, noise=Noise(false_hz=0.1)), True, hz)
    assert ids(history, ObjectKind.PERSON) == set()


@RATES
def test_somebody_is_believed_after_the_same_time_at_any_rate(hz: float) -> None:
    story = Story(5, (Body(stand(0, 14)),), noise=PERFECT)
    first_s = next(t_s for t_s, tracks in follow(story, True, hz) if tracks)
    assert 0.6 <= first_s < 1.0


def test_while_the_detector_rests_nothing_is_missed() -> None:
    tracker = new_tracker(True)
    person = (Detection(ObjectKind.PERSON, 0.7, cuboid((0, 14), (0.5, 0.4, 1.7))),)
    for n in range(10):
        tracker.update(person, n / 5)
    for n in range(10, 310):
        (track,) = tracker.update(None, n / 5)
        assert track.seen_s == 9 / 5
    assert (track.x, track.y) == pytest.approx((0, 13.8), abs=0.3)
    # One real look without them is a miss of one look, not of a minute; four seconds of misses are too many.
    assert len(tracker.update((), 62.2)) == 1
    for n in range(20):
        tracks = tracker.update((), 62.4 + n / 5)
    assert tracks == ()


def test_kinds_do_not_mix_and_a_motorcycle_is_what_it_mostly_was() -> None:
    tracker = new_tracker(False)
    box = Box(600, 300, 80, 70)
    for n in range(40):
        kind = ObjectKind.VEHICLE if n % 4 == 0 else ObjectKind.TWO_WHEELER
        found = (Detection(kind, 0.6, box), Detection(ObjectKind.PERSON, 0.6, Box(605, 290, 60, 80)))
        tracks = tracker.update(found, n / 5)
    assert [(track.id, track.kind) for track in tracks] in (
        [(1, ObjectKind.TWO_WHEELER), (2, ObjectKind.PERSON)],
        [(1, ObjectKind.PERSON), (2, ObjectKind.TWO_WHEELER)],
    )


def test_two_people_who_cross_keep_apart() -> None:
    ways = walk(0, 1.3, (-5, 13, 0), (5, 15, 0)), walk(0, 1.3, (5, 13, 0), (-5, 15, 0))
    history = follow(Story(7.6, tuple(Body(way) for way in ways), noise=Noise(missed=0.1, false_hz=0)), True, 10)
    first = {track.id: track.vx for track in next(tracks for t_s, tracks in history if t_s > 2)}
    last = {track.id: track.vx for track in history[-1][1]}
    assert len(first) == 2 and first.keys() == last.keys()
    assert all(first[n] * last[n] > 0 for n in first)


def test_a_second_box_around_one_car_is_no_second_car() -> None:
    tracker = new_tracker(True)
    car = cuboid((0, 15), (1.8, 4.5, 1.5))
    double = Box(car.x_px - 6, car.y_px - 5, car.w_px + 10, car.h_px + 8)
    for n in range(50):
        found = (Detection(ObjectKind.VEHICLE, 0.8, car), Detection(ObjectKind.VEHICLE, 0.5, double))
        tracks = tracker.update(found, n / 5)
    assert len(tracks) == 1


def test_a_low_score_keeps_a_track_and_starts_none() -> None:
    tracker = new_tracker(True)
    box = cuboid((0, 14), (0.5, 0.4, 1.7))
    for n in range(25):
        assert tracker.update((Detection(ObjectKind.PERSON, 0.2, box),), n / 5) == ()
    for n in range(25, 35):
        tracker.update((Detection(ObjectKind.PERSON, 0.7, box),), n / 5)
    for n in range(35, 70):
        (track,) = tracker.update((Detection(ObjectKind.PERSON, 0.2, box),), n / 5)
        assert track.seen_s == n / 5
    # But not for ever: nothing but weak detections for more than 8 s, and it was a shadow.
    for n in range(70, 90):
        tracks = tracker.update((Detection(ObjectKind.PERSON, 0.2, box),), n / 5)
    assert tracks == ()


def test_people_above_the_horizon_stand_nowhere() -> None:
    tracker = new_tracker(True)
    sky = (Detection(ObjectKind.PERSON, 0.9, Box(600, 5, 20, 30)),)
    assert all(tracker.update(sky, n / 5) == () for n in range(20))


def test_time_does_not_run_backwards() -> None:
    tracker = new_tracker(True)
    tracker.update((), 5.0)
    with pytest.raises(ValueError, match="a look at 4.9 s after one at 5.0 s"):
        tracker.update((), 4.9)


FAR = Detection(ObjectKind.PERSON, 0.7, cuboid((3, 40), (0.5, 0.4, 1.7)))
ELSEWHERE = Overlooked(80, Window(0, 0, 400, 300))


@pytest.mark.parametrize(("overlooked", "believed"), [(ELSEWHERE, True), (Overlooked(), False)])
def test_who_is_seen_whenever_somebody_looks_closely_is_believed(overlooked: Overlooked, believed: bool) -> None:
    tracker = new_tracker(True)
    for look in range(20):
        tracks = tracker.update((FAR,) if look % 4 == 0 else (), look / 5, overlooked)
    assert bool(tracks) is believed


@pytest.mark.parametrize(("gone_s", "believed"), [(3.8, True), (4.2, False)])
def test_nobody_is_kept_for_want_of_a_close_look(gone_s: float, believed: bool) -> None:
    tracker = new_tracker(True)
    for look in range(round(5 * (2 + gone_s)) + 1):
        tracks = tracker.update((FAR,) if look <= 10 else (), look / 5, ELSEWHERE)
    assert bool(tracks) is believed
