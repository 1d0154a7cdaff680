"""The two renderers draw the same world in the same light: medians of their ratio, on what is seen."""

import numpy as np
import pytest
from numpy.typing import NDArray

from firmware.errors import CameraError
from firmware.messages import Size
from simulator.conditions import CONDITIONS
from simulator.lots.build import random_lot, standing
from simulator.moment import Body, Ground, Kind, Light, Moment, Radiance, Standing
from simulator.optics import F32, PolePose, View
from simulator.render.fine import FineRenderer
from simulator.render.gl import GlRenderer
from simulator.solid import Finish, Solid, joined

Mask = NDArray[np.bool_]

BEAM_RAD = 0.45
VIEW = View(PolePose(), Size(224, 126))
WITHIN = 0.15
# Under the sky or lamps overhead the fast renderer leaves out what the ground throws up at upright things: here a third
# to two thirds of their light (measured 1.19 and 1.65 times as bright). From ahead that hardly counts.
LIT_FROM_AHEAD = ("infrared", "head-lamps")

PAINT = Finish(0.3, gloss=0.3, roughness=0.2)
CLOTH = Finish(0.5)


def box(size_m: tuple[float, float, float], at_m: tuple[float, float, float], finish: Finish) -> Solid:
    """An upright box; every side has corners of its own, so that edges are sharp."""
    x, y, z = (np.array([-0.5, 0.5]) * side for side in size_m)
    z = z + size_m[2] / 2
    sides = [
        [(x[0], y[0], z[0]), (x[1], y[0], z[0]), (x[1], y[0], z[1]), (x[0], y[0], z[1])],
        [(x[1], y[1], z[0]), (x[0], y[1], z[0]), (x[0], y[1], z[1]), (x[1], y[1], z[1])],
        [(x[1], y[0], z[0]), (x[1], y[1], z[0]), (x[1], y[1], z[1]), (x[1], y[0], z[1])],
        [(x[0], y[1], z[0]), (x[0], y[0], z[0]), (x[0], y[0], z[1]), (x[0], y[1], z[1])],
        [(x[0], y[0], z[1]), (x[1], y[0], z[1]), (x[1], y[1], z[1]), (x[0], y[1], z[1])],
    ]
    corners = (np.array(sides).reshape(-1, 3) + at_m).astype(np.float32)
    triangles = np.array([[4 * s, 4 * s + a, 4 * s + a + 1] for s in range(5) for a in (1, 2)], dtype=np.int32)
    return Solid.of(corners, triangles, finish)


def small_lot() -> Standing:
    rng = np.random.default_rng(4)
    cars = [
        joined([box((1.8, 4.4, 0.9), (x, y, 0.2), PAINT), box((1.6, 2.2, 0.5), (x, y, 1.1), Finish(0.05, 0.6, 0.1))])
        for y in (11.0, 22.0)
        for x in (-6.0, -3.0, 0.0, 3.0, 6.0)
    ]
    bodies = [Body(number, Kind.VEHICLE, car) for number, car in enumerate(cars, 1)]
    house = Body(0, Kind.OTHER, box((40.0, 5.0, 6.0), (0.0, 34.0, 0.0), Finish(0.4)))
    albedo = (0.15 + 0.02 * rng.normal(size=(200, 200))).astype(np.float32)
    floor = Ground(albedo, np.full_like(albedo, 0.1), (-20.0, -2.0), 0.2)
    posts = tuple(Light((x, 16.5, 5.0), 1.5, shadows=True) for x in (-8.0, 8.0))
    return Standing((*bodies, house), floor, posts, BEAM_RAD, 7)


def people() -> tuple[Body, ...]:
    places = [(-1.5, 7.5), (1.6, 15.0), (-4.6, 16.0), (5.0, 18.0)]
    solids = [joined([box((0.4, 0.25, 1.45), (x, y, 0.0), CLOTH), box((0.2, 0.2, 0.25), (x, y, 1.45), CLOTH)])
              for x, y in places]  # fmt: skip
    return tuple(Body(101 + number, Kind.PERSON, solid) for number, solid in enumerate(solids))


def compared(world: Standing, moments: list[Moment], view: View) -> dict[str, F32]:
    """Ratios of luminance, fine to fast, by what is seen."""
    try:
        fine, fast = FineRenderer(world, view, 8), GlRenderer(world, view)
    except CameraError as error:
        pytest.skip(str(error))
    ours, theirs = fine.picture(moments), fast.picture(moments)
    last = moments[-1]
    empty = Moment(last.t_s, (), last.lights, last.infrared, last.ambient, last.sky, last.lamps_on)
    bare = fine.picture([empty])
    fast.close()
    return {name: ours.luminance[where] / theirs.luminance[where] for name, where in parts(ours, theirs, bare, view)}


def parts(ours: Radiance, theirs: Radiance, bare: Radiance, view: View) -> list[tuple[str, Mask]]:
    """Where both agree what is seen: the ground, what stands on it, what moves; not within a pixel of an edge."""
    depth_m, other_m, bare_m = (np.minimum(drawn.depth_m, 1e4) for drawn in (ours, theirs, bare))
    at = view.canvas.origin_m + view.canvas.rays(view.canvas.whole) * depth_m[..., None]
    same = (np.abs(depth_m / other_m - 1) < 0.01) & (theirs.luminance > 1e-4)
    moving = bare_m > depth_m * 1.001
    ground = ~moving & (np.abs(at[..., 2]) < 0.01)
    kinds = {"ground": ground & (at[..., 1] < 30), "standing": ~moving & ~ground & (at[..., 1] < 30), "moving": moving}
    return [(name, inner(where) & same) for name, where in kinds.items()]


def inner(where: Mask) -> Mask:
    """Without its rim of one pixel."""
    shifts = [(1, 0), (-1, 0), (0, 1), (0, -1)]
    return np.asarray(np.logical_and.reduce([where, *(np.roll(where, shift, (0, 1)) for shift in shifts)]))


@pytest.mark.parametrize("light", ["infrared", "dusk", "posts", "head-lamps"])
def test_fine_and_fast_agree_on_how_bright_things_are(light: str) -> None:
    head = Light((1.0, 6.0, 0.7), 60.0, aim=(0.0, 0.995, -0.1), cone_rad=0.5, shadows=True)
    moment = {
        "infrared": Moment(1.0, people(), (), 1.0, 0.02, 0.003),
        "dusk": Moment(1.0, people(), (), 0.0, 0.4, 0.2, lamps_on=0.0),
        "posts": Moment(1.0, people(), (), 0.0, 0.001, 0.001),
        "head-lamps": Moment(1.0, people(), (head,), 0.1, 0.002, 0.001, lamps_on=0.0),
    }[light]
    for name, ratio in compared(small_lot(), [moment], VIEW).items():
        assert len(ratio) > 40, name
        low, high = (1 - WITHIN, 1 + WITHIN) if name == "ground" or light in LIT_FROM_AHEAD else (1 - WITHIN, 1.9)
        assert low < np.median(ratio) < high, (light, name, np.percentile(ratio, [10, 50, 90]))


@pytest.mark.slow
@pytest.mark.parametrize(("seed", "condition"), [(7, "clear"), (11, "rain"), (5, "snow"), (12, "dusk")])
def test_they_agree_on_whole_lots(seed: int, condition: str) -> None:
    weather = CONDITIONS[condition]
    lot = random_lot(seed, condition=weather)
    view = View(lot.pose, Size(448, 256), lot.lens_bend)
    light = weather.infrared, weather.ambient, weather.ambient * 0.12, weather.lamps
    for name, ratio in compared(standing(lot, frozenset()), [Moment(1.0, people(), (), *light)], view).items():
        assert abs(np.median(ratio) - 1) < WITHIN, (name, np.percentile(ratio, [10, 50, 90]))
