"""A ground texture at work: a raster over what the camera sees, and how to draw on it."""

from dataclasses import dataclass

import cv2
import numpy as np

from simulator.lots.lot import Lot, Point
from simulator.lots.noise import picture
from simulator.optics import F32, F64

_CELL_M = 0.04
_MOST_CELLS = 2000
_REACH_M = 45.0


@dataclass(slots=True)
class Canvas:
    """A ground texture at work: cells of `cell_m` from `origin_m`; `albedo`, `gloss` [rows, columns]."""

    origin_m: tuple[float, float]
    cell_m: float
    albedo: F32
    gloss: F32
    rng: np.random.Generator

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.albedo.shape[0], self.albedo.shape[1]

    def noise(self, cell_m: float) -> F32:
        """Lumps of that width."""
        return picture(self.rng, self.shape, cell_m / self.cell_m)

    def window(self, low: Point, high: Point) -> tuple[slice, slice]:
        """Rows and columns of a rectangle, cut to the texture."""
        rows, columns = self.shape
        first = [
            int(np.clip(round((low[1 - i] - self.origin_m[1 - i]) / self.cell_m), 0, (rows, columns)[i]))
            for i in (0, 1)
        ]
        last = [
            int(np.clip(round((high[1 - i] - self.origin_m[1 - i]) / self.cell_m), 0, (rows, columns)[i]))
            for i in (0, 1)
        ]
        return slice(first[0], last[0]), slice(first[1], last[1])

    def cells(self, points_m: F64) -> F64:
        """World points [n, 2] in cells (column, row)."""
        return np.asarray((np.asarray(points_m) - np.array(self.origin_m)) / self.cell_m)

    def stroke(self, mask: F32, points_m: F64, wide_m: float, value: float = 1.0) -> None:
        """Draws a line of a width into a mask."""
        line = np.round(self.cells(points_m) * 16).astype(np.int32)
        thick = max(1, round(wide_m / self.cell_m))
        cv2.polylines(mask, [line], False, (value,), thick, cv2.LINE_AA if mask.dtype == np.uint8 else cv2.LINE_8, 4)

    def blank(self) -> F32:
        """A mask of zeros."""
        return np.zeros(self.shape, dtype=np.float32)


def blank(lot: Lot) -> Canvas:
    """An empty one over the ground that the lot's camera sees up to 45 m; cells of 4 cm, wider for wide lenses."""
    pose = lot.pose
    angles = pose.azimuth_rad + np.linspace(-0.5, 0.5, 7) * (pose.horizontal_view_rad + 0.1)
    seen = np.array(pose.foot_m) + _REACH_M * np.stack([np.sin(angles), np.cos(angles)], axis=-1)
    points = np.concatenate([seen, np.array([pose.foot_m]) - 1.0, np.array([pose.foot_m]) + 1.0])
    low, high = points.min(axis=0), points.max(axis=0)
    cell = max(_CELL_M, float((high - low).max()) / _MOST_CELLS)
    columns, rows = (int(np.ceil(side / cell)) for side in high - low)
    rng = np.random.default_rng([lot.seed, 167])
    origin = (float(low[0]), float(low[1]))
    return Canvas(origin, cell, np.zeros((rows, columns), np.float32), np.zeros((rows, columns), np.float32), rng)
