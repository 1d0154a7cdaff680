import numpy as np
import pytest

from firmware.messages import Size
from simulator.optics import PolePose, View, Window

POSE = PolePose(height_m=5.0, azimuth_rad=0.2, tilt_rad=0.4, horizontal_view_rad=1.2, foot_m=(2.0, -1.0))
VIEW = View(POSE, Size(640, 360))


def test_a_point_on_the_axis_is_in_the_middle() -> None:
    point = VIEW.origin_m + 7.0 * VIEW.axes[2]
    pixel, depth = VIEW.project(point[None])
    assert pixel[0] == pytest.approx((320, 180))
    assert depth[0] == pytest.approx(7.0)


def test_rays_and_projection_agree() -> None:
    window = Window(100, 50, 108, 53)
    rays = VIEW.rays(window, samples=2)
    assert rays.shape == (6, 16, 3)
    pixels, depth = VIEW.project(VIEW.origin_m + 9.0 * rays.reshape(-1, 3))
    assert depth == pytest.approx(np.full(96, 9.0), abs=1e-4)
    assert pixels[0] == pytest.approx((100.25, 50.25), abs=1e-3)
    assert pixels[-1] == pytest.approx((107.75, 52.75), abs=1e-3)


def test_ground_is_the_inverse_of_projection() -> None:
    spots = np.array([[3.0, 9.0, 0.0], [0.0, 20.0, 0.0]])
    assert VIEW.ground(VIEW.project(spots)[0]) == pytest.approx(spots[:, :2], abs=1e-6)


def test_the_sky_meets_no_ground() -> None:
    assert np.isnan(VIEW.ground(np.array([[320.0, -2000.0]]))).all()


def test_right_in_the_world_is_right_in_the_picture_and_up_is_up() -> None:
    ahead = VIEW.origin_m + 10 * VIEW.axes[2]
    pixels, _ = VIEW.project(np.stack([ahead, ahead + VIEW.axes[0], ahead + np.array([0.0, 0.0, 1.0])]))
    assert pixels[1, 0] > pixels[0, 0]
    assert pixels[2, 1] < pixels[0, 1]
