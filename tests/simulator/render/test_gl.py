"""The fast renderer against geometry and the formulas it claims to draw. Skipped where there is no EGL."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from firmware.errors import CameraError
from firmware.messages import Size
from simulator.moment import Body, Ground, Kind, Light, Moment, Radiance, Standing
from simulator.optics import F32, F64, PolePose, View
from simulator.render import beam, gl_context
from simulator.render.gl import GlRenderer
from simulator.solid import Finish, Solid

VIEW = View(PolePose(height_m=5.0, tilt_rad=0.40), Size(192, 108))
LEVEL = View(PolePose(height_m=5.0, tilt_rad=0.0), Size(192, 108))
BEAM_RAD = 0.30
GREY = Finish(0.5)


@pytest.fixture(scope="module", autouse=True)
def needs_egl() -> None:
    try:
        gl_context.graphics()
    except CameraError as fault:
        pytest.skip(str(fault))


def box(low_m: tuple[float, float, float], high_m: tuple[float, float, float], finish: Finish = GREY) -> Solid:
    """A box whose six sides have corners of their own."""
    corners: list[list[int]] = []
    triangles: list[list[int]] = []
    for axis in range(3):
        for side in (0, 1):
            start = len(corners)
            for one, two in ((0, 0), (1, 0), (1, 1), (0, 1)) if side else ((0, 0), (0, 1), (1, 1), (1, 0)):
                corner = [0, 0, 0]
                corner[axis], corner[(axis + 1) % 3], corner[(axis + 2) % 3] = side, one, two
                corners.append(corner)
            triangles += [[start, start + 1, start + 2], [start, start + 2, start + 3]]
    places = np.array(low_m) + np.array(corners) * (np.array(high_m) - np.array(low_m))
    return Solid.of(places.astype(np.float32), np.array(triangles, np.int32), finish)


def world(*solids: Solid, albedo: float = 0.2, gloss: float = 0.0, lamps: tuple[Light, ...] = ()) -> Standing:
    bodies = tuple(Body(0, Kind.OTHER, solid) for solid in solids)
    ground = Ground(np.full((8, 8), albedo, np.float32), np.full((8, 8), gloss, np.float32), (-4.0, 0.0), 1.0)
    return Standing(bodies, ground, lamps, BEAM_RAD, 1)


def moment(
    *moving: Body, infrared: float = 0.0, ambient: float = 0.0, lights: tuple[Light, ...] = (), lamps_on: float = 0.0
) -> Moment:
    return Moment(0.0, moving, lights, infrared, ambient, 0.25 * ambient, lamps_on)


def drawn(standing: Standing, view: View, *moments: Moment) -> Radiance:
    renderer = GlRenderer(standing, view, samples=2)
    try:
        return renderer.picture(moments)
    finally:
        renderer.close()


def places(view: View, depth_m: F32) -> F64:
    """World points [h, w, 3] that the pixels see."""
    rays = view.rays(view.whole).astype(np.float64)
    return np.asarray(view.origin_m + depth_m[..., None] * rays)


def mean_along(picture: F32, view: View, point_m: tuple[float, float, float], around_px: int = 1) -> float:
    """Mean luminance about the pixel that sees a point."""
    (spot,), _ = view.project(np.array([point_m]))
    x, y = int(spot[0]), int(spot[1])
    return float(picture[y - around_px : y + around_px + 1, x - around_px : x + around_px + 1].mean())


def person(x: float, y: float, number: int = 101, albedo: float = 0.9) -> Body:
    return Body(number, Kind.PERSON, box((x - 0.3, y - 0.2, 0.0), (x + 0.3, y + 0.2, 1.8), Finish(albedo)))


def test_flat_wall_has_the_lamp_s_inverse_square_and_beam() -> None:
    wall = box((-30.0, 12.0, -10.0), (30.0, 12.5, 25.0))
    seen = drawn(world(wall), LEVEL, moment(infrared=1.0))
    spots = places(LEVEL, seen.depth_m)
    to_lens = LEVEL.origin_m - spots
    facing = -to_lens[..., 1] / np.linalg.norm(to_lens, axis=-1)
    expected = beam.irradiance(LEVEL, BEAM_RAD, spots) * 0.5 * facing**0.6
    on_wall = np.abs(spots[..., 1] - 12.0) < 0.01
    assert on_wall.mean() > 0.9
    bright = on_wall & (expected > 0.02)
    assert bright.mean() > 0.2
    np.testing.assert_allclose(seen.luminance[bright], expected[bright], rtol=0.02)


def test_farther_wall_is_darker_by_the_square() -> None:
    near, far = (
        drawn(world(box((-60.0, y, -30.0), (60.0, y + 0.5, 60.0))), LEVEL, moment(infrared=1.0)) for y in (8.0, 16.0)
    )
    row, column = 40, 96
    assert near.luminance[row, column] / far.luminance[row, column] == pytest.approx(4.0, rel=0.03)


def test_depth_of_ground_and_boxes_is_that_of_the_rays() -> None:
    view = View(VIEW.pose, VIEW.size, bend=-0.1).canvas
    seen = drawn(world(box((-2.0, 10.0, 0.0), (2.0, 14.0, 1.5))), view, moment(infrared=1.0))
    rays = view.rays(view.whole).astype(np.float64)
    with np.errstate(divide="ignore"):
        ground = np.where(rays[..., 2] < 0, -view.pose.height_m / rays[..., 2], np.inf)
    spots = places(view, seen.depth_m)
    front = np.abs(spots[..., 1] - 10.0) < 1e-3
    assert front.sum() > 200
    assert (np.abs(spots[front][:, 0]) < 2.01).all() and (spots[front][:, 2] < 1.51).all()
    on_ground = np.isfinite(seen.depth_m) & (np.abs(spots[..., 2]) < 1e-2)
    np.testing.assert_allclose(seen.depth_m[on_ground], ground[on_ground], rtol=1e-4)
    assert on_ground.mean() > 0.5


def test_sky_has_no_depth_and_the_sky_s_luminance() -> None:
    seen = drawn(world(), LEVEL, moment(ambient=0.4))
    assert np.isinf(seen.depth_m[:50]).all()
    np.testing.assert_allclose(seen.luminance[:50], 0.1, rtol=1e-3)
    assert np.isfinite(seen.depth_m[60:]).all()


def test_shadow_of_a_head_lamp_falls_where_geometry_says() -> None:
    lamp = Light((-6.0, 12.0, 1.0), 50.0, (1.0, 0.0, -0.05), 0.6, shadows=True)
    pillar = box((-2.2, 11.4, 0.0), (-1.8, 12.6, 3.0), Finish(0.0))
    with_pillar = drawn(world(pillar), VIEW, moment(lights=(lamp,))).luminance
    without = drawn(world(), VIEW, moment(lights=(lamp,))).luminance
    behind, beside = (0.0, 12.0, 0.0), (0.0, 13.6, 0.0)
    assert mean_along(without, VIEW, behind) > 0.01
    assert mean_along(with_pillar, VIEW, behind) < 0.1 * mean_along(without, VIEW, behind)
    assert mean_along(with_pillar, VIEW, beside) > 0.9 * mean_along(without, VIEW, beside)


def test_what_moves_throws_a_shadow_in_a_head_lamp_too() -> None:
    lamp = Light((-6.0, 12.0, 1.0), 50.0, (1.0, 0.0, -0.05), 0.6, shadows=True)
    renderer = GlRenderer(world(), VIEW, samples=2)
    alone = renderer.picture([moment(lights=(lamp,))]).luminance
    wide = Body(101, Kind.PERSON, box((-2.2, 11.4, 0.0), (-1.8, 12.6, 1.8), Finish(0.0)))
    shaded = renderer.picture([moment(wide, lights=(lamp,))]).luminance
    renderer.close()
    assert mean_along(shaded, VIEW, (0.0, 12.0, 0.0)) < 0.1 * mean_along(alone, VIEW, (0.0, 12.0, 0.0))


def test_fire_shines_all_round_and_things_cast_shadows_in_it() -> None:
    fire = Light((0.0, 12.0, 0.6), 8.0, shadows=True)
    wall = box((1.0, 11.0, 0.0), (1.2, 13.0, 2.0))
    seen = drawn(world(wall), VIEW, moment(lights=(fire,))).luminance
    assert mean_along(seen, VIEW, (2.5, 12.0, 0.0)) < 0.1 * mean_along(seen, VIEW, (-2.5, 12.0, 0.0))
    at = np.array([-2.0, 11.0, 0.0])
    off = np.array(fire.place_m) - at
    expected = 8.0 / (off @ off) * 0.2 * off[2] / np.linalg.norm(off)
    assert mean_along(seen, VIEW, (-2.0, 11.0, 0.0), 0) == pytest.approx(expected, rel=0.05)


def test_cone_ends_where_it_should() -> None:
    lamp = Light((0.0, 12.0, 4.0), 20.0, (0.0, 0.0, -1.0), 0.4)
    seen = drawn(world(), VIEW, moment(lights=(lamp,))).luminance
    assert mean_along(seen, VIEW, (4.0 * np.tan(0.35), 12.0, 0.0)) > 0.1
    assert mean_along(seen, VIEW, (4.0 * np.tan(0.58), 12.0, 0.0)) == 0.0


def test_post_lamp_lights_the_ground_below_and_a_roof_keeps_it_off() -> None:
    lamp = Light((0.0, 12.0, 5.0), 25.0, shadows=True)
    roof = box((1.0, 11.0, 2.0), (2.0, 13.0, 2.1))
    seen = drawn(world(roof, lamps=(lamp,)), VIEW, moment(lamps_on=1.0)).luminance
    assert mean_along(seen, VIEW, (0.0, 12.0, 0.0), 0) == pytest.approx(0.2, rel=0.03)
    shaded = 2.5
    assert mean_along(seen, VIEW, (shaded, 12.0, 0.0)) < 0.15 * mean_along(seen, VIEW, (-shaded, 12.0, 0.0))


def test_who_stands_nearer_hides_the_other() -> None:
    far, near = person(0.0, 14.0, 101, albedo=0.9), person(0.1, 11.0, 102, albedo=0.1)
    renderer = GlRenderer(world(), VIEW, samples=2)
    one = renderer.picture([moment(far, near, infrared=1.0)])
    other = renderer.picture([moment(near, far, infrared=1.0)])
    renderer.close()
    np.testing.assert_array_equal(one.luminance, other.luminance)
    (spot,), _ = VIEW.project(np.array([[0.1, 10.8, 1.0]]))
    assert one.depth_m[int(spot[1]), int(spot[0])] == pytest.approx(
        float(VIEW.project(np.array([[0.1, 10.8, 1.0]]))[1][0]), rel=0.02
    )


def test_who_stands_behind_a_parked_box_is_hidden_by_it() -> None:
    parked = box((-3.0, 10.0, 0.0), (3.0, 11.0, 2.6))
    renderer = GlRenderer(world(parked), VIEW, samples=2)
    empty = renderer.picture([moment(infrared=1.0)])
    hidden = renderer.picture([moment(person(0.0, 11.6), infrared=1.0)])
    renderer.close()
    front = np.abs(places(VIEW, empty.depth_m)[..., 1] - 10.0) < 1e-2
    np.testing.assert_allclose(hidden.luminance[front], empty.luminance[front], rtol=1e-5)
    np.testing.assert_array_equal(hidden.depth_m[front], empty.depth_m[front])


def test_what_moved_leaves_no_trace() -> None:
    renderer = GlRenderer(world(), VIEW, samples=2)
    before = renderer.picture([moment(infrared=1.0, ambient=0.1)])
    with_person = renderer.picture([moment(person(0.0, 12.0), infrared=1.0, ambient=0.1)])
    after = renderer.picture([moment(infrared=1.0, ambient=0.1)])
    moved = renderer.picture([moment(person(4.0, 14.0), infrared=1.0, ambient=0.1)])
    renderer.close()
    np.testing.assert_array_equal(before.luminance, after.luminance)
    np.testing.assert_array_equal(before.depth_m, after.depth_m)
    left = with_person.luminance != before.luminance
    assert left.sum() > 100
    (spot,), _ = VIEW.project(np.array([[0.0, 12.0, 1.0]]))
    window = (slice(int(spot[1]) - 8, int(spot[1]) + 8), slice(int(spot[0]) - 5, int(spot[0]) + 5))
    np.testing.assert_allclose(moved.luminance[window], before.luminance[window], rtol=1e-6)


@pytest.mark.parametrize("count", [2, 3, 4])
def test_several_moments_are_averaged(count: int) -> None:
    steps = [moment(person(0.1 * number, 12.0, albedo=0.9), infrared=1.0) for number in range(count)]
    renderer = GlRenderer(world(albedo=0.0), VIEW, samples=2)
    single = [renderer.picture([step]) for step in steps]
    smeared = renderer.picture(steps)
    renderer.close()
    mean = np.mean([picture.luminance for picture in single], axis=0)
    assert smeared.luminance.sum() == pytest.approx(mean.sum(), rel=0.08)  # some 6 pixels wide, so half a pixel off
    in_all = np.min([picture.luminance for picture in single], axis=0) > 0.5 * mean.max()
    assert in_all.sum() > 20
    assert np.isclose(smeared.luminance[in_all], mean[in_all], rtol=0.01).mean() > 0.9  # but for pixels at its edge
    across = mean[mean.sum(axis=1).argmax()]
    partly = (across > 0.1 * across.max()) & (across < 0.95 * across.max())
    assert partly.sum() >= count
    seen = smeared.luminance[mean.sum(axis=1).argmax()]
    np.testing.assert_allclose(seen[partly], across[partly], atol=0.6 / count * across.max())


def test_depth_of_a_smeared_picture_is_that_of_the_last_moment() -> None:
    steps = [moment(person(x, 12.0), infrared=1.0) for x in (-2.0, 2.0)]
    renderer = GlRenderer(world(), VIEW, samples=2)
    last, smeared = renderer.picture(steps[1:]), renderer.picture(steps)
    renderer.close()
    differs = np.abs(smeared.depth_m - last.depth_m) > 0.01 * last.depth_m
    assert differs.mean() < 0.002
    assert (last.depth_m < 0.95 * empty_depth_m()).sum() > 50


def empty_depth_m() -> F32:
    """Of the empty world."""
    return drawn(world(), VIEW, moment(infrared=1.0)).depth_m


def test_body_darkens_the_ground_at_its_feet() -> None:
    view = View(VIEW.pose, Size(480, 270))
    renderer = GlRenderer(world(), view, samples=2)
    empty = renderer.picture([moment(ambient=0.5)]).luminance
    stood = renderer.picture([moment(person(0.0, 12.0), ambient=0.5)]).luminance
    renderer.close()
    assert mean_along(stood, view, (0.0, 11.7, 0.0), 0) < 0.96 * mean_along(empty, view, (0.0, 11.7, 0.0), 0)
    assert mean_along(stood, view, (0.0, 10.5, 0.0), 0) == pytest.approx(mean_along(empty, view, (0.0, 10.5, 0.0), 0))


def test_edges_are_smooth() -> None:
    seen = drawn(world(albedo=0.0), VIEW, moment(person(0.0, 12.0), infrared=1.0)).luminance
    (low, high), _ = VIEW.project(np.array([[0.0, 11.8, 0.5], [0.0, 11.8, 1.5]]))
    rows = seen[int(high[1]) : int(low[1]), int(low[0]) - 10 : int(low[0]) + 10]
    partly = (rows > 0.1 * rows.max()) & (rows < 0.9 * rows.max())
    assert rows.max() > 0.1
    assert partly.any(axis=1).mean() > 0.1
    assert rows[:, 0].max() == rows[:, -1].max() == 0.0


def test_retro_reflecting_plate_blazes() -> None:
    plate = box((-0.3, 12.0, 0.5), (0.3, 12.02, 0.7), Finish(0.3, retro=6.0))
    bright = drawn(world(plate), VIEW, moment(infrared=1.0)).luminance
    plain = drawn(world(box((-0.3, 12.0, 0.5), (0.3, 12.02, 0.7), Finish(0.3))), VIEW, moment(infrared=1.0)).luminance
    assert mean_along(bright, VIEW, (0.0, 12.0, 0.6), 0) > 10 * mean_along(plain, VIEW, (0.0, 12.0, 0.6), 0)


@pytest.fixture
def two() -> Iterator[tuple[GlRenderer, GlRenderer]]:
    one, other = (GlRenderer(world(albedo=albedo), VIEW, samples=2) for albedo in (0.1, 0.4))
    yield one, other
    one.close()
    other.close()


def test_two_renderers_at_once_in_two_threads(two: tuple[GlRenderer, GlRenderer]) -> None:
    scene = moment(person(0.0, 12.0), infrared=1.0)
    alone = [renderer.picture([scene]).luminance for renderer in two]
    with ThreadPoolExecutor(2) as pool:
        together = list(pool.map(lambda renderer: [renderer.picture([scene]).luminance for _ in range(5)], two))
    for pictures, expected in zip(together, alone, strict=True):
        for picture in pictures:
            np.testing.assert_array_equal(picture, expected)
    assert alone[1][100, 96] > 2 * alone[0][100, 96]


def test_same_world_same_picture() -> None:
    scene = moment(person(0.5, 12.0), infrared=1.0, ambient=0.02, lights=(Light((-4.0, 11.0, 0.8), 6.0, shadows=True),))
    standing = world(box((-2.0, 13.0, 0.0), (2.0, 15.0, 1.5)), lamps=(Light((3.0, 12.0, 4.5), 10.0, shadows=True),))
    one, other = (drawn(standing, VIEW, scene) for _ in range(2))
    np.testing.assert_array_equal(one.luminance, other.luminance)
    np.testing.assert_array_equal(one.depth_m, other.depth_m)


def test_closed_renderer_says_so() -> None:
    renderer = GlRenderer(world(), VIEW, samples=1)
    with pytest.raises(ValueError, match="one moment"):
        renderer.picture([])
    renderer.close()
    renderer.close()
    with pytest.raises(ValueError, match="closed"):
        renderer.picture([moment(infrared=1.0)])


def test_odd_sizes_are_drawn_whole() -> None:
    view = View(VIEW.pose, Size(101, 57))
    seen = drawn(world(), view, moment(person(0.0, 12.0), infrared=1.0))
    assert seen.luminance.shape == seen.depth_m.shape == (57, 101)
    assert (seen.luminance[-5:] > 0).all()


def test_no_driver_is_told_with_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object, **__: object) -> None:
        raise Exception("libEGL.so: cannot open shared object file")

    monkeypatch.setattr("moderngl.create_context", fails)
    monkeypatch.setattr(gl_context, "_shared", {})
    with pytest.raises(CameraError, match="apt install libegl1 libgl1-mesa-dri") as told:
        GlRenderer(world(), VIEW)
    assert "\n" not in str(told.value)


def test_beam_is_one_on_its_axis_and_falls_to_nothing() -> None:
    angles = np.array([0.0, BEAM_RAD, 3 * BEAM_RAD])
    whole, edge, outside = beam.profile(angles, BEAM_RAD)
    assert whole == pytest.approx(1.0)
    assert edge == pytest.approx(0.65 * np.exp(-1) + 0.35 * np.exp(-(1 / 1.75**4)))
    assert outside < 0.01
