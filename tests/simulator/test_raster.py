import numpy as np
import pytest

from firmware.messages import Size
from simulator.mesh import box, disc, grid
from simulator.optics import F64, PolePose, View
from simulator.raster import GROUND, SKY, bare_ground, draw

VIEW = View(PolePose(), Size(320, 180))
LOW, HIGH = np.array([-1.0, 10.0, 0.0]), np.array([1.0, 11.0, 2.0])


def test_ground_below_and_sky_above_the_horizon() -> None:
    seen = bare_ground(View(PolePose(tilt_rad=0.1), VIEW.size))
    assert seen.tag[-1, 160] == GROUND
    assert seen.tag[0, 160] == SKY
    assert np.isinf(seen.depth_m[0, 160])


def test_a_block_hides_the_ground_and_its_depth_is_right() -> None:
    seen = bare_ground(VIEW)
    pixels = draw(seen, VIEW, box(LOW, HIGH), 7)
    assert pixels == (seen.tag == 7).sum() > 500
    front = np.array([[0.0, 10.0, 1.0]])
    (x, y), depth = VIEW.project(front)[0][0], VIEW.project(front)[1][0]
    assert seen.tag[int(y), int(x)] == 7
    assert seen.depth_m[int(y), int(x)] == pytest.approx(depth, abs=0.03)
    assert seen.normal[int(y), int(x)] == pytest.approx((0, -1, 0), abs=1e-6)


def test_the_nearer_block_wins_in_either_order() -> None:
    near, far = box(LOW, HIGH), box(LOW + [0, 2, 0], HIGH + [0, 2, 1.0])
    pictures = []
    for order in ([(near, 1), (far, 2)], [(far, 2), (near, 1)]):
        seen = bare_ground(VIEW)
        for mesh, tag in order:
            draw(seen, VIEW, mesh, tag)
        pictures.append(seen.tag)
    assert (pictures[0] == pictures[1]).all()
    assert {1, 2} <= set(np.unique(pictures[0]).tolist())


def test_what_is_hidden_still_counts_as_drawn() -> None:
    seen = bare_ground(VIEW)
    draw(seen, VIEW, box(LOW, HIGH), 1)
    hidden = draw(seen, VIEW, box(LOW + [0.2, 2.0, 0.0], HIGH + [-0.2, 2.0, -1.5]), 2)
    assert hidden > 50
    assert (seen.tag == 2).sum() == 0


def test_behind_the_lens_nothing_is_drawn() -> None:
    seen = bare_ground(VIEW)
    assert draw(seen, VIEW, box(LOW - [0, 30, 0], HIGH - [0, 30, 0]), 1) == 0


@pytest.mark.parametrize("mesh", [box(LOW, HIGH), disc(np.array([0.0, 10.0, 0.5]), 0.5, 0.2)])
def test_outsides_point_outwards(mesh: object) -> None:
    vertices: F64 = mesh.vertices_m  # type: ignore[attr-defined]
    normals: F64 = mesh.normals  # type: ignore[attr-defined]
    outward = vertices - vertices.mean(axis=0)
    assert (np.einsum("nc,nc->n", outward, normals) > 0).all()


def test_a_grid_looks_where_rows_cross_columns_points() -> None:
    points = np.zeros((2, 3, 3))
    points[..., 0], points[..., 1] = np.arange(2)[:, None], np.arange(3)[None, :]
    assert grid(points).normals == pytest.approx(np.tile([0.0, 0.0, 1.0], (6, 1)))
