import numpy as np
import pytest

from simulator.people.gait import RUN_M_S, step_m, walk_along, walk_duration_s

PATH = np.array([[0.0, 0.0], [6.0, 0.5], [6.0, 5.0]])


@pytest.mark.parametrize("speed_m_s", [0.7, 1.3, 1.9, 2.6, 4.0])
def test_a_foot_that_carries_does_not_slide(speed_m_s: float) -> None:
    walk = walk_along(PATH, speed_m_s)
    feet = walk.at(np.arange(0.0, walk.duration_s, 0.02)).feet
    stays = feet.carries[1:] & feet.carries[:-1]
    slid_m = np.linalg.norm(np.diff(feet.ball_m[..., :2], axis=0), axis=2)[stays]
    assert len(slid_m) > 40
    assert slid_m.max() < 1e-9
    assert feet.ball_m[..., 2].min() >= 0.0


def test_walkers_always_have_a_foot_on_the_ground_and_runners_fly() -> None:
    walk, run = walk_along(PATH, 1.4), walk_along(PATH, 3.2)
    for way, least, most in ((walk, 0.0, 0.0), (run, 0.12, 0.45)):
        carries = way.at(np.arange(0.0, way.duration_s, 0.01)).feet.carries
        assert least <= float((~carries.any(axis=1)).mean()) <= most


def test_steps_grow_with_speed_in_either_gait_and_runners_beat_faster() -> None:
    walking, running = np.arange(0.6, RUN_M_S, 0.2), np.arange(RUN_M_S, 6.0, 0.2)
    for speeds in (walking, running):
        lengths = np.array([step_m(float(speed)) for speed in speeds])
        assert (np.diff(lengths) > 0).all()
    assert 1.7 < 1.4 / step_m(1.4) < 2.1  # beats a second of a relaxed walk
    assert 2.4 < 3.0 / step_m(3.0) < 3.0  # of a jog


def test_the_duration_is_of_the_path_and_the_speed_alone() -> None:
    assert walk_duration_s(PATH, 1.4) == pytest.approx(walk_along(PATH, 1.4, 1.1).duration_s)
    assert walk_duration_s(PATH, 1.4) == pytest.approx((walk_along(PATH, 1.4).length_m + 2 * step_m(1.4)) / 1.4)
    assert walk_along(PATH, 1.4, 1.1).steps > walk_along(PATH, 1.4, 1.75).steps


def test_a_walk_begins_and_ends_with_the_feet_side_by_side() -> None:
    walk = walk_along(PATH, 1.2)
    steps = walk.at(np.array([0.0, walk.duration_s]))
    assert steps.feet.carries.all()
    assert steps.feet.ball_m[..., :2].mean(axis=1) == pytest.approx(PATH[[0, -1]], abs=0.03)
    assert steps.place_m == pytest.approx(PATH[[0, -1]], abs=1e-6)


def test_the_middle_of_a_walk_has_the_asked_speed() -> None:
    walk = walk_along(np.array([[0.0, 0.0], [20.0, 0.0]]), 1.4)
    middle = walk.duration_s / 2
    places = walk.place(np.array([middle - 1.0, middle + 1.0]))
    assert np.linalg.norm(places[1] - places[0]) / 2.0 == pytest.approx(1.4, rel=0.05)


def test_nobody_walks_without_speed_and_no_way_takes_no_time() -> None:
    with pytest.raises(ValueError, match="0.0 m/s"):
        walk_duration_s(PATH, 0.0)
    assert walk_duration_s(np.zeros((2, 2)), 1.0) == 0.0
