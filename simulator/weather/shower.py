"""What falls through the picture, near enough to be told apart: its places, its streaks, and how they are drawn.

Particles live in a box in the camera's axes (right, down, ahead) round a slab of the picture's pyramid, move with the
world's speeds, and come in again on the far side: each has a trajectory, and any time can be asked for by itself.
Drawn into one byte a pixel (`pixels.tone`), from dim to bright.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from simulator.moment import INFRARED_STRENGTH, Moment
from simulator.optics import F32, F64
from simulator.weather import pixels
from simulator.weather.pixels import I32, U8
from simulator.weather.sight import SHUTTER_S, Sight
from simulator.weather.wind import Wind

_TONES = 14
_SOFT_PEAK = 1.6  # burnt out already; brighter ones would only have hard edges


@dataclass(frozen=True, slots=True)
class Slab:
    """From `near_m` to `far_m` along the axis; beyond it by a quarter, particles fade into the neighbour's."""

    near_m: float
    far_m: float


@dataclass(frozen=True, slots=True)
class Fallers:
    """Particles of one slab: places [3, n] at time 0 and the box's lower corner and sides [3], all in the camera's
    axes; falling speed [n], diameter [n]; `sway_m` [n], `sway_rad_s` [n] and `phase` [n]: how they swirl."""

    slab: Slab
    places_m: F32
    low_m: F32
    sides_m: F32
    speed_m_s: F32
    size_m: F32
    sway_m: F32
    sway_rad_s: F32
    phase: F32


@dataclass(frozen=True, slots=True)
class Streaks:
    """Images of particles over one exposure: ends [n, 2, 2] in pixels, depth [n], diameter [n], width [n] pixels,
    luminance [n]."""

    ends_px: F32
    depth_m: F32
    size_m: F32
    width_px: F32
    luminance: F32

    def only(self, kept: NDArray[np.bool_]) -> "Streaks":
        """Those of `kept` [n]."""
        parts = (self.ends_px, self.depth_m, self.size_m, self.width_px, self.luminance)
        return Streaks(*(part[kept] for part in parts))


def box(sight: Sight, slab: Slab, fastest_m_s: float) -> tuple[F32, F32]:
    """Lower corner and sides [3] of the box round a slab, with room for the fastest streak beyond its edges."""
    height, width = sight.shape
    half = np.array([width, height]) / 2 / sight.view.focal_px * slab.far_m * 1.25 + fastest_m_s * SHUTTER_S
    low = np.array([-half[0], -half[1], slab.near_m * 0.75])
    return low.astype(np.float32), np.array([*(2 * half), slab.far_m * 1.25 - low[2]], dtype=np.float32)


def places_m(fallers: Fallers, sight: Sight, wind: Wind, t_s: float) -> F64:
    """Where the particles are at a time, [3, n] in the camera's axes, in their box."""
    down, across = _axes(sight, wind)
    turn = fallers.sway_rad_s * np.float32(t_s) + fallers.phase
    fallen = fallers.speed_m_s.astype(np.float64) * t_s
    places = np.empty((3, len(fallen)))
    for axis, blown in enumerate(across * wind.blown_s(t_s)):
        places[axis] = fallers.places_m[axis] + (fallen * down[axis] + (blown - fallers.low_m[axis]))
    places[0] += fallers.sway_m * np.sin(turn)
    places[2] += fallers.sway_m * np.cos(1.31 * turn)
    for axis, side in enumerate(fallers.sides_m.astype(np.float64)):
        places[axis] -= np.floor(places[axis] * (1 / side)) * side
    places += fallers.low_m[:, None]
    return places


def streaks(fallers: Fallers, sight: Sight, wind: Wind, t_s: float) -> Streaks:
    """Where the particles' images lie in the exposure that begins at `t_s`. Luminance is only their fade (0..1) at
    the slab's ends; `lit` lights them."""
    first = places_m(fallers, sight, wind, t_s)
    kept = _in_sight(first, fallers.slab, sight)
    first = first[:, kept]
    down, across = _axes(sight, wind)
    turn = fallers.sway_rad_s[kept] * np.float32(t_s) + fallers.phase[kept]
    move = np.outer(down, fallers.speed_m_s[kept]) + (across * wind.gust(t_s))[:, None]
    move[0] += fallers.sway_m[kept] * fallers.sway_rad_s[kept] * np.cos(turn)
    return _pictured(first, first + move * SHUTTER_S, fallers.size_m[kept], fallers.slab, sight)


def _axes(sight: Sight, wind: Wind) -> tuple[F64, F64]:
    """Straight down, and the wind's mean velocity at the lens, in the camera's axes [3]."""
    down = sight.view.axes @ np.array([0.0, 0.0, -1.0])
    return down, sight.view.axes @ (wind.along * wind.speed_at(sight.view.pose.height_m))


def _in_sight(places: F64, slab: Slab, sight: Sight) -> NDArray[np.bool_]:
    """Which places [3, n] are in the picture's pyramid, a little widened, and not faded out at the slab's ends."""
    height, width = sight.shape
    edge = 0.5 / sight.view.focal_px * 1.25
    depth = places[2]
    inside = (np.abs(places[0]) < width * edge * depth) & (np.abs(places[1]) < height * edge * depth)
    return np.asarray(inside & (depth > 0.76 * slab.near_m) & (depth < 1.24 * slab.far_m))


def _pictured(first: F64, last: F64, size_m: F32, slab: Slab, sight: Sight) -> Streaks:
    height, width = sight.shape
    middle = (first[2] + last[2]) / 2
    away = np.maximum(np.stack([first[2], last[2]]), 0.05)
    ends = np.stack([first[:2] / away[0], last[:2] / away[1]]).transpose(2, 0, 1) * sight.view.focal_px
    ends += np.array([width, height]) / 2
    size = size_m / middle * sight.view.focal_px
    soft = sight.defocus_px(middle.astype(np.float32))
    return Streaks(
        ends.astype(np.float32),
        middle.astype(np.float32),
        size_m,
        np.sqrt(size**2 + soft**2 + 0.8).astype(np.float32),
        _ramp(middle, slab).astype(np.float32),
    )


def _ramp(depth_m: F64, slab: Slab) -> F64:
    """1 within, falling to 0 a quarter beyond either end, so that two slabs that meet make one even crowd."""
    rise = (depth_m - 0.75 * slab.near_m) / (0.5 * slab.near_m)
    fall = (1.25 * slab.far_m - depth_m) / (0.5 * slab.far_m)
    return np.asarray(np.clip(np.minimum(rise, fall), 0, 1))


def lit(streak: Streaks, back: float, sight: Sight, moment: Moment) -> Streaks:
    """Streaks with their luminance, from their fade: particles that throw back `back` (a white disc: 1) of the light
    of the infrared lamp and of the sky."""
    row, column = _middles(streak, sight.shape)
    lamp = INFRARED_STRENGTH * moment.infrared * sight.beam[row, column] / streak.depth_m**2
    light = back * (lamp + moment.ambient) * coverage(streak, sight)
    return replace(streak, luminance=np.asarray(streak.luminance * light, dtype=np.float32))


def coverage(streak: Streaks, sight: Sight) -> F32:
    """Which share of the exposure a particle covers a pixel of its streak, [n]: its image's area over its streak's
    (Garg and Nayar 2007: a fast drop is as bright as its time over a pixel)."""
    area = np.pi / 4 * (streak.size_m / streak.depth_m * sight.view.focal_px) ** 2
    length = np.linalg.norm(streak.ends_px[:, 1] - streak.ends_px[:, 0], axis=1)
    return np.asarray(np.minimum(area / ((length + streak.width_px) * streak.width_px), 1.0), dtype=np.float32)


def unhidden(streak: Streaks, depth_m: F32) -> Streaks:
    """Those whose middles are nearer than what the picture [h, w] shows there."""
    row, column = _middles(streak, depth_m.shape)
    return streak.only(depth_m[row, column] > streak.depth_m)


def _middles(streak: Streaks, shape: tuple[int, ...]) -> tuple[I32, I32]:
    middle = streak.ends_px.mean(axis=1)
    column = np.clip(middle[:, 0], 0, shape[1] - 1).astype(np.int32)
    return np.clip(middle[:, 1], 0, shape[0] - 1).astype(np.int32), column


@dataclass(frozen=True, slots=True)
class Fall:
    """What falls: its slabs of particles, and how much light they throw back (`lit`)."""

    slabs: tuple[Fallers, ...]
    back: float

    def before(self, depth_m: F32, sight: Sight, wind: Wind, moment: Moment) -> tuple[Streaks, ...]:
        """What of it is in sight before a picture of depths [h, w], lit, slab by slab."""
        seen = (unhidden(streaks(fallers, sight, wind, moment.t_s), depth_m) for fallers in self.slabs)
        return tuple(lit(one, self.back, sight, moment) for one in seen)


def draw(layer: U8, streak: Streaks, scale: float = 1.0) -> None:
    """Streaks into bytes, in place, brighter ones over dimmer ones; `scale`: of the layer's pixel grid."""
    levels = np.rint(pixels.tone(streak.luminance) * (_TONES / 255)).astype(np.int32)
    streak, tones = streak.only(levels > 0), levels[levels > 0]
    if len(tones) == 0:
        return
    wide = np.clip(np.rint(0.75 * streak.width_px * scale), 1, 9).astype(np.int32)
    ends = pixels.fixed(streak.ends_px * np.float32(scale))
    key = tones * 16 + wide
    order = np.argsort(key, kind="stable")
    starts = np.flatnonzero(np.diff(key[order], prepend=-1))
    for start, stop in zip(starts, [*starts[1:], len(order)], strict=True):
        level, thick = divmod(int(key[order[start]]), 16)
        pixels.strokes(layer, ends[order[start:stop]], level * 255 // _TONES, thick)


def add_sharp(luminance: F32, streak: Streaks) -> None:
    """Add streaks in focus to luminance [h, w], in place."""
    layer = np.zeros(luminance.shape, dtype=np.uint8)
    draw(layer, streak)
    luminance += pixels.luminance(layer)


def add_soft(luminance: F32, streaks_of: Sequence[Streaks]) -> None:
    """Add streaks before the focus to luminance [h, w], in place: drawn on a grid of half as many pixels a side,
    thinner than they are, and blurred there to their width."""
    height, width = luminance.shape
    layer = np.zeros((-(-height // 2), -(-width // 2)), dtype=np.uint8)
    for streak in streaks_of:
        capped = np.minimum(streak.luminance, np.float32(_SOFT_PEAK))
        draw(layer, replace(streak, luminance=capped), 0.5)
    luminance += pixels.resized(pixels.blurred(pixels.luminance(layer), 1.3), (height, width))
