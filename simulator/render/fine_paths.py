"""A standing world as Mitsuba holds it, and pictures of moments in it."""

import zlib
from dataclasses import replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from simulator.moment import Ground, Moment, Standing
from simulator.optics import F32, View
from simulator.render import beam
from simulator.render.fine_grain import Shine
from simulator.render.fine_jit import Count, Ray, Real, Shapes, Vector, dr, mi
from simulator.render.fine_light import Infrared
from simulator.render.fine_trace import Columns, Light, Texture, World, luminance, meet
from simulator.render.fine_world import Table, lamp_table, table

Number = TypeVar("Number", np.float32, np.int32)

_PROFILE_STEPS = 4096
_DICE = 8  # random numbers of one sample


class Paths:
    """One standing world seen from one pinhole."""

    def __init__(self, standing: Standing, view: View) -> None:
        self._standing, self._view = standing, view
        self._still = table(standing.bodies, standing.lamps)
        self._bare = _world(self._still, standing.ground)
        self._drawn: tuple[Moment, World] | None = None
        angles = np.arange(_PROFILE_STEPS + 2) * (np.pi / _PROFILE_STEPS)
        self._profile = mi.Float(beam.profile(angles, standing.beam_rad).astype(np.float32))
        # a Kronecker lattice in as many dimensions as a sample throws dice (Roberts 2018)
        root = 1.5
        for _ in range(60):
            root = (1 + root) ** (1 / (_DICE + 1))
        self._steps = [float(root ** -(number + 1)) for number in range(_DICE)]

    def shine(self, moment: Moment, samples: int, first: int) -> Shine:
        """The mean of `samples` rays to each pixel; `first` counts the picture's samples before them.

        All even samples of all pixels come first: they alone have a second leg, and so whole groups of rays that the
        processor works on at a time go without.
        """
        size, world = self._view.size, self._with(moment)
        pixels, even, odd = size.width_px * size.height_px, (samples + 1) // 2, samples // 2
        number = dr.arange(mi.UInt32, pixels * samples)
        early = number < dr.opaque(mi.UInt32, pixels * even)
        number -= dr.select(early, 0, dr.opaque(mi.UInt32, pixels * even))
        each = dr.select(early, dr.opaque(mi.UInt32, even), dr.opaque(mi.UInt32, max(odd, 1)))
        pixel = number // each
        sample = 2 * (number - pixel * each) + dr.select(early, 0, 1) + dr.opaque(mi.UInt32, first)
        leg = dr.select(early, dr.opaque(mi.Float, samples / even), 0.0)
        seed = zlib.crc32(np.array([self._standing.seed, moment.t_s], np.float64).tobytes())
        dice = self._dice(pixel, sample, dr.opaque(mi.UInt32, seed))
        # the same places in every pixel (the R2 sequence of Roberts 2018), or straight edges would be ragged
        right, down = (_fraction(mi.Float(sample) * step + 0.5) for step in (0.7548776662, 0.5698402910))
        ray = self._rays(pixel, right, down)
        lamp_dice, leg_dice = mi.Vector3f(*dice[:3]), mi.Vector4f(*dice[3:7])
        parts = luminance(world, self._light(moment), ray, lamp_dice, leg_dice, leg)
        dr.eval(*parts)  # all in one go
        return Shine(*(_mean(part.numpy(), pixels, samples).reshape(size.height_px, size.width_px) for part in parts))

    def depth_m(self, moment: Moment) -> F32:
        """Along the axis through each pixel's middle [h, w]; inf: sky."""
        size, world = self._view.size, self._with(moment)
        pixel = dr.arange(mi.UInt32, size.width_px * size.height_px)
        middle = dr.opaque(mi.Float, 0.5) + dr.zeros(mi.Float, dr.width(pixel))
        spot = meet(world, self._rays(pixel, middle, middle), dr.opaque(mi.Float, 1.0), True, mi.Bool(True))
        reach = dr.select(spot.hit, spot.reach, dr.inf)
        return np.asarray(reach.numpy().reshape(size.height_px, size.width_px))

    def _rays(self, pixel: Count, right: Real, down: Real) -> Ray:
        """Through places in pixels (0..1); their directions have depth 1, so that a ray's length is the depth."""
        view = self._view
        wide = dr.opaque(mi.UInt32, view.size.width_px)
        row = pixel // wide
        x = mi.Float(pixel - row * wide) + right - dr.opaque(mi.Float, view.size.width_px / 2)
        y = mi.Float(row) + down - dr.opaque(mi.Float, view.size.height_px / 2)
        focal = dr.opaque(mi.Float, view.focal_px)
        axes = [_vector(axis) for axis in view.axes]
        return mi.Ray3f(mi.Point3f(_vector(view.origin_m)), axes[0] * (x / focal) + axes[1] * (y / focal) + axes[2])

    def _dice(self, pixel: Count, sample: Count, seed: Count) -> list[Real]:
        """Random numbers of each sample, even over the samples of a pixel and independent between pixels."""
        dice: list[Real] = []
        for number in range(_DICE // 2):
            for part in mi.sample_tea_32(pixel, seed + number):
                dice.append(_fraction(mi.Float(part >> 8) * 2.0**-24 + mi.Float(sample) * self._steps[len(dice)]))
        return dice

    def _light(self, moment: Moment) -> Light:
        lamps = lamp_table(self._standing.lamps, moment)
        infrared = Infrared(
            mi.Point3f(_vector(beam.place_m(self._view))),
            _vector(beam.aim(self._view)),
            dr.opaque(mi.Float, moment.infrared),
            self._profile,
            dr.opaque(mi.Float, _PROFILE_STEPS),
        )
        count = dr.opaque(mi.UInt32, len(lamps))
        sky = dr.opaque(mi.Float, moment.ambient), dr.opaque(mi.Float, moment.sky)
        return Light(infrared, mi.Float(lamps.ravel()), count, *sky, dr.opaque(mi.Float, moment.lamps_on))

    def _with(self, moment: Moment) -> World:
        """The world with what moves at a moment."""
        drawn = self._drawn  # read once: several threads may draw
        if drawn is None or drawn[0] is not moment:
            moving = table(moment.moving)
            if not len(moving.triangles):
                return self._bare
            whole = self._still.followed_by(moving)
            drawn = (moment, replace(self._bare, moving=_scene("moving", moving), columns=_columns(whole)))
            self._drawn = drawn
        return drawn[1]


def _mean(light: F32, pixels: int, samples: int) -> F32:
    """Of each pixel [pixels], from the even samples of all and then the odd ones."""
    even = (samples + 1) // 2
    total = light[: pixels * even].reshape(pixels, even).sum(axis=1)
    if samples > even:
        total += light[pixels * even :].reshape(pixels, samples - even).sum(axis=1)
    return np.asarray(total / np.float32(samples), dtype=np.float32)


def _fraction(value: Real) -> Real:
    return value - dr.floor(value)


def _vector(part: object) -> Vector:
    x, y, z = (dr.opaque(mi.Float, float(value)) for value in np.asarray(part))
    return mi.Vector3f(x, y, z)


def _columns(whole: Table) -> Columns:
    return Columns(
        corners=mi.Float(_flat(whole.corners)),
        triangles=mi.UInt32(_flat(whole.triangles).astype(np.uint32)),
        faces=mi.Float(_flat(whole.faces)),
        finishes=mi.Float(_flat(whole.finishes)),
    )


def _flat(column: NDArray[Number]) -> NDArray[Number]:
    """One dimension; a row of zeros where there is none, as nothing can be looked up in an empty table."""
    return column.ravel() if len(column) else np.zeros(column.shape[1], dtype=column.dtype)


def _scene(name: str, part: Table) -> Shapes | None:
    """Something to shoot rays at; None: there is nothing in it."""
    if not len(part.triangles):
        return None
    mesh = mi.Mesh(name, len(part.vertices_m), len(part.triangles))
    values = mi.traverse(mesh)
    values["vertex_positions"] = np.ascontiguousarray(part.vertices_m, dtype=np.float32).ravel()
    values["faces"] = np.ascontiguousarray(part.triangles[:, :3]).astype(np.uint32).ravel()
    values.update()
    return mi.load_dict({"type": "scene", name: mesh})


def _world(still: Table, ground: Ground) -> World:
    rows, columns = ground.albedo.shape
    texture = np.stack([ground.albedo, ground.gloss], axis=-1).astype(np.float32)
    first = (ground.origin_m[0] + ground.cell_m / 2, ground.origin_m[1] + ground.cell_m / 2, 1 / ground.cell_m)
    size = mi.Vector2u(dr.opaque(mi.UInt32, columns), dr.opaque(mi.UInt32, rows))
    return World(
        still=_scene("still", still),
        moving=None,
        first_moving=dr.opaque(mi.UInt32, len(still.triangles)),
        columns=_columns(still),
        ground=Texture(mi.Float(texture.ravel()), size, _vector(first)),
    )
