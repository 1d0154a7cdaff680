"""What stands before what: depth and owner of each point of a fixed grid over the picture.

The grid has `GRID_PX` columns whatever the picture's size, so that shares and boxes do not depend on it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from firmware.messages import Box, Size
from simulator.groundtruth.raster import NEAR_M, ahead, fragments
from simulator.groundtruth.records import Bools
from simulator.moment import Body
from simulator.optics import F32, F64, View, Window
from simulator.solid import Solid, joined

GRID_PX = 960
NOBODY = -1
SCENERY = 0
I16 = NDArray[np.int16]


@dataclass(frozen=True, slots=True)
class Patch:
    """A solid in the grid as if nothing else were there: depth [h, w] of the window (inf: not covered), and the
    outline's corners in grid pixels, not cut to the picture."""

    window: Window
    depth_m: F32
    low_px: F64
    high_px: F64

    @property
    def covered(self) -> Bools:
        """Where it is, [h, w]."""
        return np.isfinite(self.depth_m)


@dataclass(frozen=True)
class Grid:
    """The grid of a view, and how it lies in the view's picture."""

    picture: View

    @cached_property
    def view(self) -> View:
        """The same lens over a picture of the grid's size."""
        size = self.picture.size
        rows = int(np.ceil(GRID_PX * size.height_px / size.width_px))
        return View(self.picture.pose, Size(GRID_PX, rows), self.picture.bend)

    @cached_property
    def scale(self) -> float:
        """Pixels of the picture for one of the grid."""
        return self.picture.size.width_px / GRID_PX

    @cached_property
    def _bent(self) -> NDArray[np.int64]:
        """For each grid pixel the canvas's pixel, [h, w, 2] (column, row)."""
        size = self.view.size
        middles = np.stack(np.meshgrid(np.arange(size.width_px) + 0.5, np.arange(size.height_px) + 0.5), axis=-1)
        canvas = self.view.canvas.size
        flat = np.floor(self.view.on_canvas(middles.reshape(-1, 2))).astype(np.int64)
        limit = np.array([canvas.width_px - 1, canvas.height_px - 1])
        return np.asarray(np.clip(flat, 0, limit).reshape(size.height_px, size.width_px, 2))

    def to_picture(self, points_px: F64) -> F64:
        """Grid points [n, 2] in pixels of the picture: both are centred on the axis."""
        size, own = self.picture.size, self.view.size
        middle = np.array([own.width_px / 2, own.height_px / 2])
        return np.asarray((points_px - middle) * self.scale + np.array([size.width_px / 2, size.height_px / 2]))

    def patch(self, solid: Solid) -> Patch | None:
        """A solid alone; None where no part of it is in the picture."""
        seen = (solid.vertices_m.astype(np.float64) - self.view.origin_m) @ self.view.axes.T
        if not len(seen) or seen[:, 2].max() <= NEAR_M:
            return None
        corners = ahead(seen[solid.triangles])
        points = seen if seen[:, 2].min() > NEAR_M else corners.reshape(-1, 3)
        if not len(points):
            return None
        low, high = self._bounds(points)
        window = self.view.clip(low, high, margin_px=1)
        if window.empty:
            return None
        depth = self._looked_up(self._canvas_depth(corners), window)
        return Patch(window, depth, low, high) if bool(np.isfinite(depth).any()) else None

    def _bounds(self, points_m: F64) -> tuple[F64, F64]:
        """The rectangle around points [n, 3] in the camera's axes, as the bent picture shows them."""
        world = points_m @ self.view.axes + self.view.origin_m
        points_px, _ = self.view.project(world)
        return points_px.min(axis=0), points_px.max(axis=0)

    def _canvas_depth(self, corners_m: F64) -> tuple[F32, Window]:
        """Depth of triangles on the pinhole's canvas, in the window that they fill."""
        canvas = self.view.canvas
        middle = np.array([canvas.size.width_px / 2, canvas.size.height_px / 2])
        corners_px = corners_m[..., :2] / corners_m[..., 2:] * canvas.focal_px + middle
        flat = corners_px.reshape(-1, 2)
        window = canvas.clip(flat.min(axis=0), flat.max(axis=0), margin_px=1)
        if window.empty:
            return np.zeros((0, 0), dtype=np.float32), window
        shift = np.array([window.left_px, window.top_px])
        size = Size(window.right_px - window.left_px, window.bottom_px - window.top_px)
        depth = np.full(size.width_px * size.height_px, np.inf, dtype=np.float32)
        for pixel, depth_m in fragments(corners_px - shift, corners_m[..., 2], size):
            np.minimum.at(depth, pixel, depth_m.astype(np.float32))
        return depth.reshape(size.height_px, size.width_px), window

    def _looked_up(self, drawn: tuple[F32, Window], window: Window) -> F32:
        """The part of a drawn canvas that a window of the grid shows."""
        depth, there = drawn
        at = self._bent[window.slices]
        column, row = at[..., 0] - there.left_px, at[..., 1] - there.top_px
        inside = (column >= 0) & (row >= 0) & (column < depth.shape[1]) & (row < depth.shape[0])
        result = np.full(inside.shape, np.inf, dtype=np.float32)
        result[inside] = depth[row[inside], column[inside]]
        return result


@dataclass(frozen=True, slots=True)
class Layers:
    """Depth [h, w] along the axis (inf: nothing but ground and sky) and the nearest body's number [h, w]."""

    depth_m: F32
    number: I16

    @classmethod
    def bare(cls, grid: Grid) -> "Layers":
        """Nothing there."""
        shape = (grid.view.size.height_px, grid.view.size.width_px)
        return cls(np.full(shape, np.inf, dtype=np.float32), np.full(shape, NOBODY, dtype=np.int16))

    def copy(self) -> "Layers":
        """Another one to add to."""
        return Layers(self.depth_m.copy(), self.number.copy())

    def add(self, patch: Patch, number: int) -> None:
        """Put a body before what is farther away, in place."""
        there = patch.window.slices
        nearer = patch.depth_m < self.depth_m[there]
        self.depth_m[there][nearer] = patch.depth_m[nearer]
        self.number[there][nearer] = number


@dataclass(frozen=True, slots=True)
class StandingMap:
    """What never moves, and the outlines of those in it that have a number. Kept: do not write into it.

    `scenery` is what has no number; `layers` are all.
    """

    grid: Grid
    scenery: Layers
    layers: Layers
    outlines: dict[int, Patch]

    def without(self, numbers: frozenset[int]) -> "StandingMap":
        """The same world without some of those that have a number."""
        left = {number: patch for number, patch in self.outlines.items() if number not in numbers}
        return _composed(self.grid, self.scenery, left)


def _composed(grid: Grid, scenery: Layers, outlines: dict[int, Patch]) -> StandingMap:
    layers = scenery.copy()
    for number, patch in outlines.items():
        layers.add(patch, number)
    return StandingMap(grid, scenery, layers, outlines)


@lru_cache(maxsize=64)
def _grid(picture: View) -> Grid:
    return Grid(picture)


def standing_map(bodies: Iterable[Body], picture: View) -> StandingMap:
    """All bodies of a standing world in the grid of a picture."""
    grid = _grid(picture)
    scenery, outlines = Layers.bare(grid), {}
    solids: dict[int, list[Solid]] = {}
    for body in bodies:
        solids.setdefault(body.number, []).append(body.solid)
    for patch in map(grid.patch, solids.pop(SCENERY, [])):
        if patch is not None:
            scenery.add(patch, SCENERY)
    for number, parts in solids.items():
        outline = grid.patch(joined(parts) if len(parts) > 1 else parts[0])
        if outline is not None:
            outlines[number] = outline
    return _composed(grid, scenery, outlines)


@dataclass(frozen=True, slots=True)
class Sight:
    """How much of a body is to be seen, in pixels of the picture: the whole outline and what shows, cut to it."""

    box: Box
    shown: Box
    visible_ratio: float
    hidden_by: int | None


def sight(grid: Grid, patch: Patch, number: int, layers: Layers) -> Sight | None:
    """A body among all others (itself included). None: less than a pixel of the grid's breadth is in the picture."""
    return _sight(grid, patch, layers.number[patch.window.slices], number)


def overlay_sight(grid: Grid, patch: Patch, layers: Layers, allowance_m: float) -> Sight | None:
    """Something that hides nothing (a flame): what is more than `allowance_m` nearer hides it."""
    there = patch.window.slices
    before = np.where(layers.depth_m[there] < patch.depth_m - allowance_m, layers.number[there], np.int16(-2))
    return _sight(grid, patch, before, -2)


def _sight(grid: Grid, patch: Patch, owner: I16, number: int) -> Sight | None:
    whole = np.stack([patch.low_px, patch.high_px])
    cut = np.clip(whole, 0, np.array([grid.view.size.width_px, grid.view.size.height_px], dtype=np.float64))
    if (cut[1] - cut[0]).min() < 1.0:
        return None
    inside = float((cut[1] - cut[0]).prod() / (whole[1] - whole[0]).prod())
    covered = patch.covered
    seen = covered & (owner == number)
    limit = np.array([grid.picture.size.width_px, grid.picture.size.height_px], dtype=np.float64)
    in_picture = np.clip(grid.to_picture(cut), 0, limit)
    box = _box(in_picture[0], in_picture[1])
    if not seen.any():
        return Sight(box, box, 0.0, _most(owner[covered]))
    shown = _shown(grid, patch.window, covered, seen, in_picture)
    hidden_by = _most(owner[covered & ~seen]) if bool((covered & ~seen).any()) else None
    return Sight(box, _box(shown[0], shown[1]), min(1.0, float(seen.sum() / covered.sum()) * inside), hidden_by)


def _shown(grid: Grid, window: Window, covered: Bools, seen: Bools, whole_px: F64) -> F64:
    """Corners [2, 2] around what shows. An edge that shows as far as the outline goes is the outline's own."""
    part, entire = _extent(seen), _extent(covered)
    shift = np.array([window.left_px, window.top_px], dtype=np.float64)
    exact = grid.to_picture(part + shift)
    corners = np.where(part == entire, whole_px, exact)
    limit = np.array([grid.picture.size.width_px, grid.picture.size.height_px], dtype=np.float64)
    low = np.clip(np.maximum(corners[0], whole_px[0]), 0, limit - 1e-3)
    high = np.clip(np.minimum(corners[1], whole_px[1]), low + 1e-3, limit)
    return np.stack([low, high])


def _extent(mask: Bools) -> F64:
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return np.array([[columns[0], rows[0]], [columns[-1] + 1, rows[-1] + 1]], dtype=np.float64)


def _box(low_px: F64, high_px: F64) -> Box:
    return Box(float(low_px[0]), float(low_px[1]), float(high_px[0] - low_px[0]), float(high_px[1] - low_px[1]))


def _most(numbers: I16) -> int | None:
    """The number that is there most often; None where there is nobody."""
    there = numbers[numbers >= 0]
    return int(np.bincount(there).argmax()) if len(there) else None
