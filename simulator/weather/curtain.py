"""What falls too far off to be followed one by one: curtains of streaks, each one picture that slides past itself."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from simulator.moment import INFRARED_STRENGTH, Moment
from simulator.optics import F32
from simulator.weather import pixels, shower
from simulator.weather.pixels import U8
from simulator.weather.sight import SHUTTER_S, Sight
from simulator.weather.wind import Wind

_TILE = 512
_DARK = 0.04  # irradiance from the sky that does not show beside the lamp's


@dataclass(frozen=True, slots=True)
class Air:
    """Where and when curtains hang."""

    sight: Sight
    wind: Wind
    moment: Moment


@dataclass(frozen=True, slots=True)
class Curtain:
    """A seamless picture of streaks (bytes as in `shower.draw`), large enough to be cut from at any offset, hanging
    at `depth_m`; it slides by `pace_px_s` (right, down) and swings by `sway_px`."""

    picture: U8
    depth_m: float
    pace_px_s: tuple[float, float]
    sway_px: float
    phase: float

    def cut(self, shape: tuple[int, int], wind: Wind, t_s: float) -> U8:
        """The part [h, w] that hangs before the lens."""
        swing = self.sway_px * np.sin(0.9 * t_s + self.phase)
        left = int(-(self.pace_px_s[0] * wind.blown_s(t_s) + swing)) % _TILE
        top = int(-self.pace_px_s[1] * t_s) % _TILE
        return self.picture[top : top + shape[0], left : left + shape[1]]


@dataclass(frozen=True, slots=True)
class Sort:
    """What a curtain is made of: `count` streaks a tile, of particles of `size_m` [count] that fall at `speed_m_s`
    [count], scatter sideways by `stray_m_s` and swing together by `sway_m`; `back` as in `shower.lit`."""

    depth_m: float
    size_m: F32
    speed_m_s: F32
    stray_m_s: float
    sway_m: float
    back: float


def tile_m2(depth_m: float, sight: Sight) -> float:
    """How many square metres a tile covers at a depth."""
    return float((_TILE / sight.view.focal_px * depth_m) ** 2)


def hang(sort: Sort, sight: Sight, wind: Wind, rng: np.random.Generator) -> Curtain:
    """Make a curtain: streaks at random places, as long as their speed makes them in one exposure, as bright as the
    infrared lamp's axis makes them."""
    count = len(sort.size_m)
    scale = sight.view.focal_px / sort.depth_m
    blow = sight.view.axes @ (wind.along * wind.speed_at(sight.view.pose.height_m))
    down = sight.view.axes @ np.array([0.0, 0.0, -1.0])
    move = np.outer(sort.speed_m_s, down[:2]) + blow[:2] + sort.stray_m_s * rng.standard_normal((count, 2))
    start = rng.uniform(0, _TILE, (count, 2)) + _TILE
    ends = np.stack([start, start + move * SHUTTER_S * scale], axis=1).astype(np.float32)
    even = np.ones(count, dtype=np.float32)
    bare = shower.Streaks(ends, even * np.float32(sort.depth_m), sort.size_m, even, even)
    light = np.asarray(shower.coverage(bare, sight) * sort.back * INFRARED_STRENGTH / sort.depth_m**2)
    tile = np.zeros((3 * _TILE, 3 * _TILE), dtype=np.uint8)
    shower.draw(tile, replace(bare, luminance=light.astype(np.float32)))
    folded = tile.reshape(3, _TILE, 3, _TILE).max(axis=(0, 2))
    height, width = sight.shape
    repeats = (-(-(height + _TILE) // _TILE), -(-(width + _TILE) // _TILE))
    speed = float(np.mean(sort.speed_m_s))
    pace = (float(blow[0] * scale), float((speed * down[1] + blow[1]) * scale))
    picture = np.ascontiguousarray(np.tile(folded, repeats))
    return Curtain(picture, sort.depth_m, pace, sort.sway_m * scale, float(rng.uniform(0, 6.28)))


def hang_before(luminance: F32, depth_m: F32, curtains: Sequence[Curtain], air: Air) -> None:
    """Hang curtains into luminance [h, w], in place, each hidden by what is nearer than it."""
    sight, moment = air.sight, air.moment
    layer = np.zeros(sight.shape, dtype=np.uint8)
    nearest = float(depth_m.min())
    for hanging in curtains:
        cut = hanging.cut(sight.shape, air.wind, moment.t_s)
        if nearest <= hanging.depth_m:
            cut = cut * (depth_m > hanging.depth_m)
        np.maximum(layer, cut, out=layer)
    middle_m = float(np.mean([hanging.depth_m for hanging in curtains]))
    lit = sight.beam
    if moment.infrared != 1.0:
        lit = lit * np.float32(moment.infrared)
    if moment.ambient > _DARK:
        lit = lit + np.float32(moment.ambient * middle_m**2 / INFRARED_STRENGTH)
    pixels.add_product(luminance, pixels.luminance(layer), lit)
