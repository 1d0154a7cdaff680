"""Depth and shares of simple boxes before a simple lens, against geometry done by hand."""

import numpy as np
import pytest

from firmware.messages import Size
from simulator.groundtruth.depth import Layers, sight, standing_map
from simulator.groundtruth.raster import NEAR_M, ahead
from simulator.moment import Body, Kind
from simulator.optics import PolePose, View
from simulator.solid import Finish, Solid

CORNERS = np.array([(x, y, z) for z in (0, 1) for y in (0, 1) for x in (0, 1)], dtype=np.float32)
FACES = [(0, 2, 1), (1, 2, 3), (4, 5, 6), (5, 7, 6), (0, 1, 4), (1, 5, 4), (2, 6, 3), (3, 6, 7), (0, 4, 2), (2, 4, 6),
         (1, 3, 5), (3, 7, 5)]  # fmt: skip
LEVEL = PolePose(height_m=1.0, tilt_rad=0.0, horizontal_view_rad=1.2)


def box(low: tuple[float, float, float], high: tuple[float, float, float]) -> Solid:
    corner = np.array(low, dtype=np.float32)
    vertices = corner + CORNERS * (np.array(high, dtype=np.float32) - corner)
    return Solid.of(vertices, np.array(FACES, dtype=np.int32), Finish(0.3))


def world(*bodies: Body) -> tuple[Body, ...]:
    return bodies


def car(number: int, low: tuple[float, float, float], high: tuple[float, float, float]) -> Body:
    return Body(number, Kind.VEHICLE, box(low, high))


def ratios(view: View, *bodies: Body) -> dict[int, float]:
    seen = standing_map(world(*bodies), view)
    found = {n: sight(seen.grid, patch, n, seen.layers) for n, patch in seen.outlines.items()}
    return {n: one.visible_ratio for n, one in found.items() if one is not None}


def test_a_box_is_as_far_and_as_large_as_geometry_says() -> None:
    view = View(LEVEL, Size(960, 540))
    seen = standing_map(world(car(1, (-1.0, 10.0, 0.0), (1.0, 12.0, 2.0))), view)
    assert seen.layers.depth_m[270, 480] == pytest.approx(10.0)
    assert np.isinf(seen.layers.depth_m[270, 200])
    shown = sight(seen.grid, seen.outlines[1], 1, seen.layers)
    assert shown is not None
    half_px = view.focal_px / 10.0
    assert shown.box.x_px == pytest.approx(480 - half_px)
    assert shown.box.h_px == pytest.approx(2 * half_px)
    assert shown.shown == shown.box
    assert shown.visible_ratio == 1.0
    assert shown.hidden_by is None


def test_half_behind_another_is_half_to_be_seen() -> None:
    """The nearer box covers all left of the optical axis's plane."""
    view = View(LEVEL, Size(960, 540))
    seen = standing_map(
        world(car(1, (-4.0, 6.0, 0.0), (0.0, 7.0, 4.0)), car(2, (-1.0, 10.0, 0.0), (1.0, 10.1, 2.0))), view
    )
    hidden = sight(seen.grid, seen.outlines[2], 2, seen.layers)
    assert hidden is not None
    assert hidden.visible_ratio == pytest.approx(0.5, abs=0.01)
    assert hidden.hidden_by == 1
    assert hidden.shown.x_px == pytest.approx(480, abs=1)
    assert hidden.shown.x_px + hidden.shown.w_px == pytest.approx(hidden.box.x_px + hidden.box.w_px)


def test_what_leaves_the_picture_counts_as_hidden() -> None:
    view = View(LEVEL, Size(960, 540))
    edge_m = 10.0 * np.tan(0.6)
    found = ratios(view, car(3, (edge_m - 1.0, 10.0, 0.5), (edge_m + 1.0, 10.001, 1.5)))
    assert found[3] == pytest.approx(0.5, abs=0.01)


def test_scenery_hides_and_is_nobody() -> None:
    view = View(LEVEL, Size(960, 540))
    wall = Body(0, Kind.OTHER, box((-9.0, 5.0, 0.0), (9.0, 5.2, 9.0)))
    seen = standing_map(world(wall, car(4, (-1.0, 8.0, 0.0), (1.0, 9.0, 1.5))), view)
    hidden = sight(seen.grid, seen.outlines[4], 4, seen.layers)
    assert hidden is not None
    assert (hidden.visible_ratio, hidden.hidden_by) == (0.0, 0)
    assert list(seen.outlines) == [4]


@pytest.mark.parametrize("bend", [0.0, -0.12, -0.25])
def test_shares_and_scaled_boxes_do_not_depend_on_the_picture(bend: float) -> None:
    bodies = (car(1, (-3.0, 6.0, 0.0), (0.0, 10.0, 1.5)), car(2, (-1.0, 11.0, 0.0), (1.0, 15.0, 1.6)),
              car(3, (3.0, 8.0, 0.0), (5.0, 12.0, 1.4)))  # fmt: skip
    pose = PolePose(height_m=5.0, tilt_rad=0.35, horizontal_view_rad=1.3)
    small, large = (
        {
            n: sight(seen.grid, patch, n, seen.layers)
            for n, patch in seen.outlines.items()
        }
        for seen in (standing_map(world(*bodies), View(pose, size, bend)) for size in (Size(448, 252), Size(1280, 720)))
    )  # fmt: skip
    assert small.keys() == large.keys() == {1, 2, 3}
    for number, one in small.items():
        other = large[number]
        assert one is not None and other is not None
        assert one.visible_ratio == other.visible_ratio
        for name in ("x_px", "y_px", "w_px", "h_px"):
            assert getattr(one.shown, name) * 1280 / 448 == pytest.approx(getattr(other.shown, name), abs=1e-6)


def test_the_bent_outline_is_where_the_lens_projects_it() -> None:
    """A box near the corner: the drawn pixels reach as far as the projected vertices, to a pixel."""
    view = View(PolePose(5.0, tilt_rad=0.35, horizontal_view_rad=1.4), Size(960, 540), -0.2)
    body = car(1, (-5.0, 6.0, 0.0), (-4.0, 7.0, 0.5))
    seen = standing_map(world(body), view)
    points_px, _ = view.project(body.solid.vertices_m.astype(np.float64))
    rows, columns = np.nonzero(seen.layers.number == 1)
    assert columns.min() == pytest.approx(points_px[:, 0].min(), abs=1.5)
    assert columns.max() + 1 == pytest.approx(points_px[:, 0].max(), abs=1.5)
    assert rows.min() == pytest.approx(points_px[:, 1].min(), abs=1.5)
    assert rows.max() + 1 == pytest.approx(points_px[:, 1].max(), abs=1.5)


def test_a_wall_that_passes_the_lens_is_cut_and_still_hides() -> None:
    view = View(LEVEL, Size(960, 540))
    wall = Body(0, Kind.OTHER, box((0.5, -5.0, -5.0), (0.6, 30.0, 9.0)))
    seen = standing_map(world(wall, car(1, (-2.0, 20.0, 0.0), (2.0, 21.0, 1.5))), view)
    half_hidden = sight(seen.grid, seen.outlines[1], 1, seen.layers)
    assert half_hidden is not None
    assert 0.55 < half_hidden.visible_ratio < 0.70
    assert seen.layers.number[270, 900] == 0


def test_triangles_are_cut_at_the_near_plane() -> None:
    triangle = np.array([[[0.0, 0.0, 2.0], [1.0, 0.0, -1.0], [0.0, 1.0, -1.0]]])
    one = ahead(triangle)
    assert one.shape == (1, 3, 3)
    assert one[..., 2].min() == pytest.approx(NEAR_M)
    two = ahead(-triangle + np.array([0.0, 0.0, 1.0]))
    assert two.shape == (2, 3, 3)
    assert two[..., 2].min() == pytest.approx(NEAR_M)
    assert len(ahead(triangle - np.array([0, 0, 5.0]))) == 0


def test_the_same_world_gives_the_same_bytes() -> None:
    bodies = tuple(car(n, (2.0 * n - 8, 9.0, 0.0), (2.0 * n - 6.5, 13.0, 1.5)) for n in range(1, 8))
    view = View(PolePose(), Size(640, 360), -0.1)
    first, again = (standing_map(world(*bodies), view).layers for _ in range(2))
    assert first.depth_m.tobytes() == again.depth_m.tobytes()
    assert first.number.tobytes() == again.number.tobytes()
    assert isinstance(first.copy(), Layers)
