import numpy as np
import pytest

from simulator.people.body import BAKED, JOINTS, PARENTS, Joint, bodies, skinned
from simulator.people.garments import dressed
from simulator.people.poses import PROGRAMS
from simulator.people.posture import COLUMNS, P, mirrored, upright
from simulator.people.regions import dense
from simulator.play import Activity, Role


def test_the_baked_file_is_small_and_says_where_it_comes_from() -> None:
    assert sum(file.stat().st_size for file in BAKED.parent.iterdir()) < 1_500_000
    notice = (BAKED.parent / "NOTICE.txt").read_text()
    assert "CC0" in notice and "Apache License 2.0" in notice and "MakeHuman" in notice


def test_bodies_of_every_build() -> None:
    shapes = bodies()
    heights = dict(zip(shapes.names, shapes.vertices_m[..., 2].max(axis=1), strict=True))
    assert len(heights) >= 8
    assert heights["child-small"] < 1.2 < heights["child"] < 1.45 < heights["woman"] < heights["man-tall"] < 2.0
    assert shapes.vertices_m[..., 2].min() == pytest.approx(0.0, abs=0.01)
    assert 1500 <= shapes.vertices_m.shape[1] <= 3000
    assert dense().sum(axis=1) == pytest.approx(1.0, abs=1e-5)
    left, right = shapes.joints_m[:, Joint.HAND_L], shapes.joints_m[:, Joint.HAND_R]
    assert left == pytest.approx(right * [1.0, -1.0, 1.0], abs=0.01)


def test_parents_come_before_their_children() -> None:
    assert all(parent < joint for joint, parent in zip(JOINTS, PARENTS, strict=True))


def test_skinning_with_no_turns_gives_the_rest_back() -> None:
    body = dressed(Role(101, 4, ()))
    turns = np.tile(np.eye(3), (len(JOINTS), 1, 1))
    moved, normals = skinned(body.rows, body.joints_m, body.weights, turns, body.joints_m + [1.0, 2.0, 0.0])
    assert moved == pytest.approx(body.rest_m + np.array([1.0, 2.0, 0.0]), abs=1e-4)
    assert normals == pytest.approx(body.normals, abs=1e-4)


@pytest.mark.parametrize("seed", range(8))
def test_clothes_lie_over_the_body(seed: int) -> None:
    body = dressed(Role(101, seed, ()))
    assert body.weights.sum(axis=0) == pytest.approx(1.0, abs=1e-4)
    assert body.finish.max() < len(body.finishes)
    corners = body.rest_m[body.triangles].astype(np.float64)
    volume = np.einsum("na,na->n", corners[:, 0], np.cross(corners[:, 1], corners[:, 2])).sum() / 6
    assert volume > 0.0  # triangles are counter-clockwise from outside
    assert np.ptp(body.rest_m[:, 2]) < body.height_m + 0.12


def test_every_activity_has_a_program() -> None:
    assert set(PROGRAMS) == set(Activity)


def test_mirroring_twice_changes_nothing() -> None:
    rows = upright(3)
    rows += np.random.default_rng(1).normal(size=(3, COLUMNS))
    assert mirrored(mirrored(rows)) == pytest.approx(rows)
    assert mirrored(rows)[:, P.L_X] == pytest.approx(rows[:, P.R_X])
    assert mirrored(rows)[:, P.L_Y] == pytest.approx(-rows[:, P.R_Y])
