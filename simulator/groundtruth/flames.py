"""Fire and smoke as ground truth: the rectangle and share of the ellipsoids that `weather.fire` keeps them in."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from simulator.groundtruth import seeing
from simulator.groundtruth.bodies import Being
from simulator.groundtruth.cover import moved_in
from simulator.groundtruth.depth import Grid, Layers, Patch
from simulator.groundtruth.records import (
    ACTIVITY_CODES,
    BURNING,
    I32,
    SMOKING,
    Bools,
    Columns,
    TruthTable,
    limits,
)
from simulator.moment import Kind
from simulator.optics import F64
from simulator.play import Blaze, Play
from simulator.weather import fire
from simulator.weather.wind import Wind

THICK_M = 0.3
"""What stands for something so deep on either side (`weather.sheet.before`) is hidden by what is nearer than that."""

SMOKE_AFTER = 10
"""A blaze's smoke has its number and this."""

_SMOKE_SHOWS = np.array([0.78, 0.88])
"""Of smoke's width and height, the part that changes a picture by more than 6 grey levels (three fires drawn with and
without smoke, in the clear and at dusk)."""

_NEAR_M = 0.3
_LEAST_VISIBLE = 0.02
_LINGERS_S = 30.0
_RINGS = np.sqrt((np.arange(60) + 0.5) / 60)
_TURNS = np.pi * (1 + 5**0.5) * (np.arange(60) + 0.5)
_DISC = np.stack([np.cos(_TURNS) * _RINGS, np.sin(_TURNS) * _RINGS], axis=1)


@dataclass(frozen=True, slots=True)
class Flame:
    """Flames or smoke at one time: an ellipse in the rectangle [2], [2] of the grid (not cut), at one depth."""

    being: Being
    low_px: F64
    high_px: F64
    depth_m: float

    def patch(self, grid: Grid) -> Patch | None:
        """As a body without thickness. None: out of the picture."""
        window = grid.view.clip(self.low_px, self.high_px)
        if window.empty:
            return None
        half = np.maximum((self.high_px - self.low_px) / 2, 0.5)
        middle = (self.low_px + self.high_px) / 2
        x = (np.arange(window.left_px, window.right_px) + 0.5 - middle[0]) / half[0]
        y = (np.arange(window.top_px, window.bottom_px) + 0.5 - middle[1]) / half[1]
        inside = x[None, :] ** 2 + y[:, None] ** 2 <= 1.0
        depth = np.where(inside, np.float32(self.depth_m), np.float32(np.inf)).astype(np.float32)
        return Patch(window, depth, self.low_px, self.high_px) if bool(inside.any()) else None


@dataclass(frozen=True, slots=True)
class Burning:
    """The fires of a play, the wind that bends them, and the grid they are seen in."""

    play: Play
    wind: Wind
    grid: Grid


def flames(burning: Burning, t_s: float) -> Iterator[Flame]:
    """What burns and smokes at a time."""
    for blaze in burning.play.blazes:
        yield from _of(blaze, burning, t_s)


def _of(blaze: Blaze, burning: Burning, t_s: float) -> Iterator[Flame]:
    grid = burning.grid
    if not blaze.start_s <= t_s <= blaze.end_s + _LINGERS_S:
        return
    extents = fire.extent_m(blaze, t_s, burning.wind)
    for kind, number, extent in (
        (Kind.FIRE, blaze.number, extents.flames),
        (Kind.SMOKE, blaze.number + SMOKE_AFTER, extents.smoke),
    ):
        if extent is None:
            continue
        points_px, depth = grid.view.project(extent.points_m)
        if depth.min() < _NEAR_M:
            continue
        activity = BURNING if kind is Kind.FIRE else SMOKING
        being = Being(number, kind, (blaze.place_m[0], blaze.place_m[1]), activity, 0.0)
        middle = float(grid.view.project(extent.middle_m[None])[1][0])
        low, high = points_px.min(axis=0), points_px.max(axis=0)
        centre, half = (low + high) / 2, (high - low) / 2
        half *= _SMOKE_SHOWS if kind is Kind.SMOKE else 1.0
        yield Flame(being, centre - half, centre + half, middle)


def flame_table(burning: Burning, layers: Layers, frames: I32, t_s: F64) -> list[TruthTable]:
    """Rows of fire and smoke in consecutive frames, hidden by what stands only."""
    found: list[TruthTable] = []
    for blaze in burning.play.blazes:
        first, last = np.searchsorted(t_s, [blaze.start_s, blaze.end_s + _LINGERS_S])
        seen: dict[int, list[_Lit]] = {}
        for frame in range(max(int(first), int(frames[0])), min(int(last), int(frames[-1]) + 1)):
            for flame in _of(blaze, burning, float(t_s[frame])):
                seen.setdefault(flame.being.number, []).append(_Lit(frame, flame))
        tables = (_table(burning.grid, layers, lit, t_s) for lit in seen.values())
        found += [table for table in tables if len(table)]
    return found


@dataclass(frozen=True, slots=True)
class _Lit:
    frame: int
    flame: Flame


def _table(grid: Grid, layers: Layers, lit: list[_Lit], t_s: F64) -> TruthTable:
    size, being = grid.picture.size, lit[0].flame.being
    low, high = np.array([one.flame.low_px for one in lit]), np.array([one.flame.high_px for one in lit])
    points = (low + high)[:, None] / 2 + _DISC * (high - low)[:, None] / 2
    shows = _before(layers, points, np.array([one.flame.depth_m for one in lit]))
    corners = np.concatenate([grid.to_picture(low), grid.to_picture(high)], axis=1)
    cut = np.clip(corners, 0, limits(size))
    shown = np.clip(corners + moved_in(points, shows) * grid.scale, cut[:, [0, 1, 0, 1]], cut[:, [2, 3, 2, 3]])
    ratio = shows.mean(axis=1)
    side = np.minimum(shown[:, 2] - shown[:, 0], shown[:, 3] - shown[:, 1])
    away_m = np.array(seeing.distance_m(grid.picture, being.place_m))
    frames = np.array([one.frame for one in lit], dtype=np.int32)
    activity = np.array(ACTIVITY_CODES[being.activity], dtype=np.int32)
    columns = Columns(frames, cut, shown, ratio, away_m, activity)
    table = TruthTable.of(size, t_s, being.number, being.kind, columns)
    return table.rows((ratio >= _LEAST_VISIBLE) & (side >= 1.0))


def _before(layers: Layers, points_px: F64, depth_m: F64) -> Bools:
    """Which points [n, k, 2] are in the picture and before what stands."""
    at = np.floor(points_px).astype(np.int64)
    rows, columns = layers.depth_m.shape
    inside = ((at >= 0) & (at < np.array([columns, rows]))).all(axis=2)
    behind = layers.depth_m[np.clip(at[..., 1], 0, rows - 1), np.clip(at[..., 0], 0, columns - 1)]
    return np.asarray(inside & (behind > depth_m[:, None] - THICK_M))
