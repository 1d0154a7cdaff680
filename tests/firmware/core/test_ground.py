import math
import re

import numpy as np
import pytest

from firmware.config import GroundPoint
from firmware.core.ground import Ground, homography
from firmware.messages import Box
from tests.nights.world import SIZE, calibration, cuboid, project

PLACES = [(-6.0, 9.0), (0.0, 12.0), (3.5, 17.2), (-9.0, 25.0), (10.0, 34.0)]


@pytest.mark.parametrize("place", PLACES)
def test_a_calibrated_picture_gives_metres_and_back(place: tuple[float, float]) -> None:
    ground = Ground(calibration(), SIZE)
    pixel = project(*place)
    assert ground.to_ground(*pixel) == pytest.approx(place, abs=0.001)
    assert ground.to_image(*place) == pytest.approx(pixel, abs=0.01)


def test_without_calibration_pixels_are_the_ground() -> None:
    ground = Ground((), SIZE)
    assert not ground.calibrated
    assert ground.to_ground(123.0, 456.0) == (123.0, 456.0)
    assert ground.to_image(123.0, 456.0) == (123.0, 456.0)


def test_a_tape_measure_that_is_off_by_a_hand_moves_places_by_little() -> None:
    dice = np.random.default_rng(4)
    rough = tuple(
        GroundPoint(image=p.image, ground_m=(p.ground_m[0] + dx, p.ground_m[1] + dy))
        for p, (dx, dy) in zip(calibration(), dice.normal(0, 0.1, (5, 2)).tolist(), strict=True)
    )
    found = Ground(rough, SIZE).to_ground(*project(2, 16))
    assert found == pytest.approx((2, 16), abs=0.4)


def test_there_is_no_ground_at_the_horizon_or_above_it() -> None:
    ground = Ground(calibration(), SIZE)
    # The camera looks down at 18 degrees: the horizon is f tan(18 degrees) above the middle of the picture.
    horizon_px = project(0, 1e7)[1]
    assert ground.to_ground(640, horizon_px - 1) is None
    assert ground.to_ground(640, horizon_px) is None
    assert ground.to_ground(640, -5000) is None
    assert ground.to_ground(640, project(0, 100)[1]) is not None
    # In an array the edge of the horizon stands in, finite and far ahead.
    places, ok = ground.points(np.array([[640.0, horizon_px - 50]]))
    assert not ok[0]
    assert np.isfinite(places).all() and places[0, 1] > 100


def test_scales_are_those_of_the_camera() -> None:
    ground = Ground(calibration(), SIZE)
    x_px, y_px = project(1, 20)
    across, along = ground.px_per_m(x_px, y_px)
    assert across == pytest.approx(math.dist(project(0.5, 20), project(1.5, 20)), rel=0.02)
    assert along == pytest.approx(math.dist(project(1, 19.5), project(1, 20.5)), rel=0.02)
    assert ground.upright_px(x_px, y_px, 1.0) == pytest.approx(y_px - project(1, 20, 1.0)[1], rel=0.02)
    assert ground.upright_px(x_px, y_px, 2.0) == pytest.approx(y_px - project(1, 20, 2.0)[1], rel=0.02)


@pytest.mark.parametrize("place", PLACES)
def test_feet_behind_a_car_are_found_from_the_head(place: tuple[float, float]) -> None:
    ground = Ground(calibration(), SIZE)
    whole = cuboid(place, (0.5, 0.1, 1.7))
    half = Box(whole.x_px, whole.y_px, whole.w_px, whole.h_px / 2)
    found = ground.to_ground(half.foot[0], ground.foot_from_head(half))
    assert found == pytest.approx(place, abs=0.5)


def points(*pairs: tuple[tuple[float, float], tuple[float, float]]) -> tuple[GroundPoint, ...]:
    return tuple(GroundPoint(image=image, ground_m=ground) for image, ground in pairs)


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        (calibration()[:3], "has 3 points: give none, or at least 4"),
        (points(*[((0.1 * n, 0.5), (n, 0.0)) for n in range(5)]), "no 3 are in line"),
        (points(*[((0.5, 0.5), (1.0, 1.0))] * 4), "all the same point"),
        (
            points(((0.2, 0.8), (0, 0)), ((0.5, 0.7), (3, 3)), ((0.8, 0.6), (6, 6)), ((0.3, 0.3), (9, 9))),
            "no 3 are in line",
        ),
    ],
    ids=["three", "on a line", "one place", "a line on the ground"],
)
def test_points_that_fix_no_plane_are_refused(bad: tuple[GroundPoint, ...], why: str) -> None:
    with pytest.raises(ValueError, match=re.escape(why)):
        Ground(bad, SIZE)


def test_a_slip_of_the_pen_is_named() -> None:
    good = calibration((-6, 10), (6, 10), (10, 30), (-10, 30), (0, 18), (4, 22), (-4, 14), (5, 16))
    bad = (*good[:-1], GroundPoint(image=good[-1].image, ground_m=(16.0, 5.0)))
    with pytest.raises(ValueError, match=r"calibration point 8 \(ground-m 16, 5\) is .* m from where the other 7"):
        Ground(bad, SIZE)


def test_swapped_corners_are_refused() -> None:
    a, b, c, d, _ = calibration()
    crossed = tuple(
        GroundPoint(image=p.image, ground_m=q.ground_m) for p, q in ((a, a), (b, c), (c, b), (d, d))
    )
    with pytest.raises(ValueError, match="horizon"):
        Ground(crossed, SIZE)


def test_homography_is_exact_for_four_points() -> None:
    image = np.array([[0.0, 0.0], [1, 0], [1, 1], [0, 1]])
    ground = np.array([[0.0, 0.0], [2, 0], [3, 3], [0, 2]])
    matrix = homography(image, ground)
    seen = np.hstack([image, np.ones((4, 1))]) @ matrix.T
    assert seen[:, :2] / seen[:, 2:] == pytest.approx(ground)
