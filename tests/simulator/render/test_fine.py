"""The fine renderer against formulas: how bright, how far, where shadows lie, what leaves no trace."""

import sys

import numpy as np
import pytest

from firmware.errors import CameraError
from firmware.messages import Size
from simulator.moment import Body, Ground, Kind, Light, Moment, Renderer, Standing
from simulator.optics import F32, F64, PolePose, View
from simulator.render import beam, fine_grain, fine_kit
from simulator.render.fine import FineRenderer
from simulator.solid import Finish, Solid

try:
    fine_kit.make_ready()
    _WHY_NOT = ""
except CameraError as error:
    _WHY_NOT = str(error)
needs_mitsuba = pytest.mark.skipif(bool(_WHY_NOT), reason=_WHY_NOT)

BEAM_RAD = 0.45
LEVEL = View(PolePose(height_m=2.0, tilt_rad=0.0, horizontal_view_rad=1.0), Size(96, 54))
DOWN = View(PolePose(height_m=5.0, tilt_rad=0.4, horizontal_view_rad=1.0), Size(96, 54))
WHITE = Finish(1.0)
QUAD = np.array([[0, 1, 2], [0, 2, 3]], dtype=np.int32)


def quad(corners_m: list[tuple[float, float, float]], finish: Finish) -> Solid:
    return Solid.of(np.array(corners_m, dtype=np.float32), QUAD, finish)


def wall(y_m: float, finish: Finish, half_m: float = 30.0, middle_m: tuple[float, float] = (0.0, 2.0)) -> Solid:
    """Across the view at `y_m`, facing the pole."""
    (x, z), h = middle_m, half_m
    return quad([(x - h, y_m, z - h), (x + h, y_m, z - h), (x + h, y_m, z + h), (x - h, y_m, z + h)], finish)


def roof(x_m: float, y_m: float, z_m: float, half_m: float, finish: Finish) -> Solid:
    h = half_m
    corners = [(x_m - h, y_m - h, z_m), (x_m + h, y_m - h, z_m), (x_m + h, y_m + h, z_m), (x_m - h, y_m + h, z_m)]
    return quad(corners, finish)


def ground(albedo: float = 0.2, gloss: float = 0.0) -> Ground:
    even = np.ones((8, 8), dtype=np.float32)
    return Ground(even * albedo, even * gloss, (-10.0, 0.0), 2.0)


def standing(*solids: Solid, floor: Ground | None = None, lamps: tuple[Light, ...] = ()) -> Standing:
    bodies = tuple(Body(0, Kind.OTHER, solid) for solid in solids)
    return Standing(bodies, floor or ground(), lamps, BEAM_RAD, 7)


def moment(*solids: Solid, infrared: float = 0.0, ambient: float = 0.0, lights: tuple[Light, ...] = ()) -> Moment:
    moving = tuple(Body(101, Kind.PERSON, solid) for solid in solids)
    return Moment(1.0, moving, lights, infrared, ambient, ambient / 8)


def drawn(world: Standing, *moments: Moment, view: View = LEVEL, samples: int = 16) -> F32:
    return FineRenderer(world, view, samples).picture(moments).luminance


def points_m(view: View, depth_m: F32) -> F64:
    return np.asarray(view.origin_m + view.rays(view.whole) * depth_m[..., None])


@needs_mitsuba
@pytest.mark.parametrize("far_m", [3.0, 12.0, 24.0])
def test_a_wall_under_the_infrared_lamp_is_as_bright_as_the_formula_says(far_m: float) -> None:
    world = standing(wall(far_m, Finish(0.6)), floor=ground(0.0))  # a black floor throws no light at it
    picture = FineRenderer(world, LEVEL).picture([moment(infrared=1.0)])
    at = points_m(LEVEL, picture.depth_m)[:30]  # above the ground
    towards = LEVEL.origin_m - at
    facing = -towards[..., 1] / np.linalg.norm(towards, axis=-1)
    bright = 0.6 * beam.irradiance(LEVEL, BEAM_RAD, at) * np.abs(facing) ** 0.6
    assert np.abs(picture.luminance[:30] / bright - 1).max() < 0.03


@needs_mitsuba
def test_a_white_wall_12_m_away_has_luminance_1_where_the_beam_hits_it_square() -> None:
    """The unit of light that `moment` promises; twice as far away it is a quarter of that."""
    view = View(PolePose(height_m=20.0, tilt_rad=beam.AIM_UP_RAD, horizontal_view_rad=1.0), LEVEL.size)  # aimed level
    row, column = np.argwhere(np.abs(view.rays(view.whole)[..., 2]) < 0.011)[48]
    for far_m, bright in ((12.0, 1.0), (24.0, 0.25)):
        white = wall(far_m, WHITE, middle_m=(0.0, 20.0))
        assert drawn(standing(white), moment(infrared=1.0), view=view)[row, column] == pytest.approx(bright, rel=0.03)


@needs_mitsuba
def test_depth_is_along_the_axis_through_the_middle_of_each_pixel() -> None:
    depth_m = FineRenderer(standing(wall(14.0, WHITE, 1.0, (0.0, 1.5))), DOWN).picture([moment()]).depth_m
    rays = DOWN.rays(DOWN.whole)
    to_wall, to_ground = 14.0 / rays[..., 1], np.where(rays[..., 2] < 0, -5.0 / np.minimum(rays[..., 2], -1e-9), np.inf)
    hit = DOWN.origin_m + rays * to_wall[..., None]
    on_wall = (np.abs(hit[..., 0]) < 1.0) & (hit[..., 2] > 0.5) & (hit[..., 2] < 2.5)
    assert 20 < on_wall.sum() < 2000
    exact = np.where(on_wall, to_wall, to_ground)
    np.testing.assert_allclose(depth_m, exact, rtol=1e-4)


@needs_mitsuba
def test_sky_is_infinitely_far_and_has_its_own_luminance() -> None:
    picture = FineRenderer(standing(), LEVEL).picture([moment(ambient=0.4)])
    assert np.isinf(picture.depth_m[:20]).all()
    np.testing.assert_allclose(picture.luminance[:20], 0.4 / 8, rtol=1e-4)
    np.testing.assert_allclose(picture.luminance[-10:], 0.2 * 0.4, rtol=1e-3)  # open ground: albedo x irradiance


@needs_mitsuba
@pytest.mark.parametrize("from_post", [True, False])
def test_a_lamp_s_shadow_lies_where_geometry_says(from_post: bool) -> None:
    """A roof of 1 m half way up to a lamp at 6 m throws a shadow of 2 m on the ground below it."""
    lamp = Light((0.0, 12.0, 6.0), 5.0, shadows=True)
    world = standing(roof(0.0, 12.0, 3.0, 0.5, Finish(0.0)), lamps=(lamp,) if from_post else ())
    now = moment() if from_post else moment(lights=(lamp,))
    renderer = FineRenderer(world, DOWN, 32)
    picture = renderer.picture([now])
    at = points_m(DOWN, picture.depth_m)
    off = np.abs(at - [0.0, 12.0, 0.0])
    on_ground = np.abs(at[..., 2]) < 1e-3
    dark = on_ground & (np.maximum(off[..., 0], off[..., 1]) < 0.5)
    open_ = on_ground & (np.maximum(off[..., 0], off[..., 1]) > 1.75) & (off[..., :2].max(axis=-1) < 2.5)
    assert dark.sum() > 12 and open_.sum() > 40
    away = np.linalg.norm(at - lamp.place_m, axis=-1)
    bright = 0.2 * 5.0 / away**2 * (6.0 / away)
    assert picture.luminance[dark].max() < 0.1 * bright[dark].min()
    assert np.abs(picture.luminance[open_] / bright[open_] - 1).max() < 0.04


@needs_mitsuba
def test_a_lamp_without_shadows_shines_through() -> None:
    lamp = Light((0.0, 12.0, 6.0), 5.0)
    world = standing(roof(0.0, 12.0, 3.0, 0.5, Finish(0.0)))
    picture = FineRenderer(world, DOWN).picture([moment(lights=(lamp,))])
    at = points_m(DOWN, picture.depth_m)
    below = (np.abs(at[..., 2]) < 1e-3) & (np.abs(at - [0.0, 12.0, 0.0]).max(axis=-1) < 0.7)
    assert picture.luminance[below] == pytest.approx(0.2 * 5.0 / 36, rel=0.06)


@needs_mitsuba
def test_a_cone_lights_what_it_is_aimed_at() -> None:
    lamp = Light((0.0, 2.0, 2.0), 9.0, aim=(0.0, 1.0, 0.0), cone_rad=0.15)
    picture = drawn(standing(wall(8.0, Finish(0.5))), moment(lights=(lamp,)))
    middle, beside = picture[25:29, 46:50], picture[25:29, 80:90]
    assert middle.mean() == pytest.approx(0.5 * 9.0 / 36, rel=0.03)
    assert beside.max() < 0.01 * middle.mean()


@needs_mitsuba
def test_a_reflector_outshines_a_white_wall_under_the_infrared_lamp_only() -> None:
    plate = wall(9.9, Finish(0.4, retro=6.0), 0.4, (-1.0, 2.0))
    world = standing(wall(10.0, WHITE), plate)
    lit, unlit = drawn(world, moment(infrared=1.0)), drawn(world, moment(ambient=0.3))
    there = slice(25, 28), slice(38, 40)
    beside = slice(25, 28), slice(46, 50)
    assert lit[there].mean() > 4 * lit[beside].mean()
    assert unlit[there].mean() < 0.6 * unlit[beside].mean()


@needs_mitsuba
def test_the_infrared_lamp_beside_the_lens_throws_a_thin_shadow_to_the_left() -> None:
    """It sits 8 cm to the right: 4 m behind something that is 2 m away, the shadow's edge shows 16 cm to its left."""
    near = wall(2.0, Finish(0.0), 0.1)
    picture = drawn(standing(near, wall(6.0, WHITE)), moment(infrared=1.0))
    row = picture[26]
    edge = 48 - 0.1 / 2.0 * LEVEL.focal_px  # the left edge of what is near
    shadow = int(edge - 0.16 / 6.0 * LEVEL.focal_px / 2)
    assert row[shadow] < 0.1 * row[20]
    assert row[int(2 * 48 - edge) + 2] > 0.8 * row[20]  # none to its right


@needs_mitsuba
def test_what_moved_away_leaves_no_trace() -> None:
    world = standing(wall(20.0, Finish(0.3)))
    there = moment(wall(8.0, WHITE, 0.6), wall(9.0, WHITE, 0.4, (2.0, 1.0)), infrared=1.0, ambient=0.02)
    gone = moment(infrared=1.0, ambient=0.02)
    renderer = FineRenderer(world, LEVEL)
    first, busy, after = renderer.picture([gone]), renderer.picture([there]), renderer.picture([gone])
    assert np.abs(busy.luminance - after.luminance).max() > 0.5
    assert (busy.depth_m != after.depth_m).any()
    np.testing.assert_array_equal(after.luminance, first.luminance)
    np.testing.assert_array_equal(after.depth_m, first.depth_m)


@needs_mitsuba
def test_what_moves_is_made_of_its_own_finish() -> None:
    world = standing(wall(20.0, Finish(0.9, glow=0.3)), wall(19.0, Finish(0.0), 0.2), floor=ground(0.0))
    now = moment(
        wall(8.0, Finish(0.1), 0.8, (-2.0, 2.0)), wall(8.0, Finish(0.0, glow=0.7), 0.8, (2.0, 2.0)), ambient=0.4
    )
    picture = drawn(world, now, samples=32)
    column = 48 + round(2.0 / 8.0 * LEVEL.focal_px)
    assert picture[24:30, column - 3 : column + 3] == pytest.approx(0.7)
    # half of the sky on albedo 0.1, and nothing from the black ground
    assert picture[24:30, 92 - column : 98 - column].mean() == pytest.approx(0.5 * 0.1 * 0.4, rel=0.1)


@needs_mitsuba
def test_same_arguments_same_picture() -> None:
    lamp = Light((1.0, 12.0, 5.0), 5.0, shadows=True)
    world = standing(wall(16.0, Finish(0.3, gloss=0.5)), floor=ground(0.2, 0.4), lamps=(lamp,))
    now = moment(wall(8.0, WHITE, 0.6), infrared=1.0, ambient=0.02)
    one, two = drawn(world, now, view=DOWN), drawn(world, now, view=DOWN)
    np.testing.assert_array_equal(one, two)
    other = drawn(world, Moment(2.0, now.moving, now.lights, 1.0, 0.02, 0.0025), view=DOWN)
    assert (one != other).any()  # noise is not painted on the lens


@needs_mitsuba
def test_a_slow_shutter_smears() -> None:
    glowing = Finish(0.0, glow=1.0)
    left, right = wall(8.0, glowing, 0.5, (-2.0, 2.0)), wall(8.0, glowing, 0.5, (2.0, 2.0))
    renderer = FineRenderer(standing(), LEVEL)
    picture = renderer.picture([moment(left), moment(right)])
    column = LEVEL.size.width_px // 2 + round(2.0 / 8.0 * LEVEL.focal_px)
    assert picture.luminance[26, column] == pytest.approx(0.5, abs=0.01)
    assert picture.luminance[26, 95 - column] == pytest.approx(0.5, abs=0.01)
    assert picture.depth_m[26, column] == pytest.approx(8.0, rel=1e-4)
    assert np.isinf(picture.depth_m[26, 95 - column])  # depth is that of the last moment


@needs_mitsuba
def test_wet_ground_mirrors_what_stands_behind_it() -> None:
    sign = wall(14.0, Finish(0.0, glow=2.0), 1.0, (0.0, 1.5))
    dry, wet = (
        drawn(standing(sign, floor=ground(0.1, gloss)), moment(), view=DOWN, samples=64) for gloss in (0.0, 1.0)
    )
    depth_m = FineRenderer(standing(sign), DOWN).picture([moment()]).depth_m
    at = points_m(DOWN, depth_m)
    puddle = (np.abs(at[..., 2]) < 1e-3) & (np.abs(at[..., 0]) < 0.5) & (at[..., 1] > 11.0) & (at[..., 1] < 13.0)
    assert wet[puddle].mean() > 0.1 > 10 * dry[puddle].mean()


@needs_mitsuba
def test_a_lit_wall_lights_what_lies_in_its_shadow() -> None:
    """What the fast renderer leaves out: under a roof it is dark, but less dark beside a white wall."""
    lamp = Light((0.0, 6.0, 6.0), 20.0, shadows=True)
    lid = roof(0.0, 12.0, 2.5, 2.0, Finish(0.0))
    with_wall, without = (
        drawn(standing(lid, wall(13.9, finish)), moment(lights=(lamp,)), view=DOWN) for finish in (WHITE, Finish(0.0))
    )
    depth_m = FineRenderer(standing(lid, wall(13.9, WHITE)), DOWN).picture([moment()]).depth_m
    at = points_m(DOWN, depth_m)
    under = (np.abs(at[..., 2]) < 1e-3) & (np.abs(at[..., 0]) < 1.0) & (at[..., 1] > 12.5) & (at[..., 1] < 13.5)
    assert under.sum() > 10
    assert with_wall[under].mean() > without[under].mean() + 1e-3


@needs_mitsuba
def test_a_post_lamp_s_head_glows_while_the_lamp_is_on() -> None:
    lamp = Light((0.0, 8.0, 2.3), 0.0, shadows=True)
    head, window = wall(8.0, Finish(0.0, glow=3.0), 0.3), wall(8.0, Finish(0.0, glow=2.0), 0.3, (-3.0, 2.0))
    renderer: Renderer = FineRenderer(standing(head, window, lamps=(lamp,)), LEVEL)
    column = 48 - round(3.0 / 8.0 * LEVEL.focal_px)
    on = renderer.picture([moment()]).luminance
    off = renderer.picture([Moment(1.0, (), (), 0.0, 0.0, 0.0, lamps_on=0.0)]).luminance
    assert (on[27, 48], on[27, column]) == (pytest.approx(3.0), pytest.approx(2.0))
    assert (off[27, 48], off[27, column]) == (0.0, pytest.approx(2.0))


@needs_mitsuba
def test_shade_of_the_corners_runs_across_a_triangle() -> None:
    solid = wall(8.0, Finish(0.8), 4.0)
    shaded = Solid.of(solid.vertices_m, solid.triangles, Finish(0.8), np.array([0, 1, 1, 0], dtype=np.float32))
    picture = drawn(standing(shaded), moment(ambient=1.0))
    x_m = (np.arange(96) + 0.5 - 48) / LEVEL.focal_px * 8.0
    on = np.abs(x_m) < 3.0
    # half the sky shines on a wall (the dark ground gives a little back)
    expected = 0.8 * (x_m[on] + 4.0) / 8.0
    assert picture[20, on] == pytest.approx(expected * 0.55, abs=0.12)
    assert np.corrcoef(picture[20, on], expected)[0, 1] > 0.9


@needs_mitsuba
def test_the_canvas_of_a_bent_lens_is_drawn() -> None:
    bent = View(DOWN.pose, DOWN.size, bend=-0.12)
    picture = FineRenderer(standing(), bent, 2).picture([moment(infrared=1.0)])
    assert picture.luminance.shape == (bent.canvas.size.height_px, bent.canvas.size.width_px)
    assert picture.luminance.dtype == picture.depth_m.dtype == np.float32


@needs_mitsuba
def test_a_closed_renderer_or_no_moment_is_refused() -> None:
    renderer = FineRenderer(standing(), LEVEL, 1)
    with pytest.raises(ValueError, match="moment"):
        renderer.picture([])
    renderer.close()
    renderer.close()
    with pytest.raises(ValueError, match="closed"):
        renderer.picture([moment()])


def test_without_mitsuba_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mitsuba", None)
    with pytest.raises(CameraError, match=r"pip install 'nattvakt\[simulator\]'"):
        FineRenderer(standing(), LEVEL)


@needs_mitsuba
def test_without_llvm_the_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    import mitsuba

    def refuse(name: str) -> None:
        raise ImportError(f"{name}: the LLVM backend is inactive")

    monkeypatch.setattr(mitsuba, "variant", lambda: None)
    monkeypatch.setattr(mitsuba, "set_variant", refuse)
    with pytest.raises(CameraError, match=r"nattvakt\[simulator\].*apt install libllvm15"):
        FineRenderer(standing(), LEVEL)


def test_grain_is_smoothed_within_a_surface_and_not_across_its_edge() -> None:
    rng = np.random.default_rng(3)
    depth_m = np.full((40, 60), 12.0, dtype=np.float32)
    depth_m[:, 30:] = 20.0
    depth_m[:8] = np.inf
    light = np.where(depth_m < 15, 0.2, 2.0).astype(np.float32) * np.isfinite(depth_m)
    answer = np.where(np.arange(60) % 2, 0.1, 0.5).astype(np.float32) * np.isfinite(depth_m).astype(
        np.float32
    )  # stripes
    clear = rng.uniform(0, 1, depth_m.shape).astype(np.float32)
    noise = rng.uniform(0.5, 1.5, depth_m.shape).astype(np.float32)
    even = light * (answer + np.float32(0.02))
    grain = fine_grain.smooth(fine_grain.Shine(clear, even * noise, answer), depth_m) - clear
    rest = grain[8:] / even[8:]
    assert rest.std() < 0.5 * noise.std()
    # neither stripes nor the other surface's light came in, at no column
    assert np.abs(rest.mean(axis=0) - 1).max() < 0.12
    np.testing.assert_allclose(grain[:8], 0.0, atol=1e-6)
