import numpy as np
import pytest

from simulator.gait import Foot, Walk

STEP_S = 0.02


def walk(speed_m_s: float) -> Walk:
    return Walk(np.array([[0.0, 0.0], [6.0, 0.5], [6.0, 5.0]]), speed_m_s, 0.34 + 0.29 * speed_m_s)


@pytest.mark.parametrize("speed_m_s", [0.8, 1.3, 1.8])
def test_a_foot_that_carries_does_not_slide(speed_m_s: float) -> None:
    trip = walk(speed_m_s)
    moments = np.arange(0.0, trip.duration_s, STEP_S)
    for side in ("left", "right"):
        feet: list[Foot] = [getattr(trip.at(float(t_s)), side) for t_s in moments]
        pairs = zip(feet[:-1], feet[1:], strict=True)
        slides = [np.linalg.norm(b.ball_m - a.ball_m) for a, b in pairs if a.carries and b.carries]
        assert len(slides) > 20
        assert max(slides) < 1e-9


def test_one_foot_carries_at_every_moment() -> None:
    trip = walk(1.4)
    for t_s in np.arange(0.0, trip.duration_s, STEP_S):
        step = trip.at(float(t_s))
        assert step.left.carries or step.right.carries
        assert min(step.left.ball_m[2], step.right.ball_m[2]) == 0.0


def test_the_stride_carries_the_body_at_the_asked_speed() -> None:
    trip = walk(1.4)
    middle = trip.duration_s / 2
    places = np.array([trip.at(middle - 0.5).place_m, trip.at(middle + 0.5).place_m])
    assert np.linalg.norm(places[1] - places[0]) == pytest.approx(1.4, rel=0.08)


def test_a_walk_begins_and_ends_with_the_feet_side_by_side() -> None:
    trip = walk(1.2)
    for t_s, corner in ((0.0, (0.0, 0.0)), (trip.duration_s, (6.0, 5.0))):
        step = trip.at(t_s)
        middle = (step.left.ball_m + step.right.ball_m)[:2] / 2
        assert middle == pytest.approx(corner, abs=0.02)
        assert step.place_m == pytest.approx(corner, abs=1e-6)


def test_feet_stay_within_a_leg_of_the_body() -> None:
    trip = walk(1.5)
    for t_s in np.arange(0.0, trip.duration_s, STEP_S):
        step = trip.at(float(t_s))
        for foot in (step.left, step.right):
            assert np.linalg.norm(foot.ball_m[:2] - step.place_m) < 0.75
