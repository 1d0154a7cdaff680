"""Smooth random patterns: as pictures, and looked up by place."""

from dataclasses import dataclass

import cv2
import numpy as np

from simulator.optics import F32, F64

_COARSE_PX = 8.0


def picture(rng: np.random.Generator, shape: tuple[int, int], cell_px: float) -> F32:
    """Noise [rows, columns] of mean 0 and deviation about 1, whose lumps are `cell_px` wide."""
    if cell_px <= 1.0:
        return rng.standard_normal(shape, dtype=np.float32)
    if cell_px >= _COARSE_PX:  # broad lumps are drawn in a quarter of the size
        small = picture(rng, (-(-shape[0] // 4), -(-shape[1] // 4)), cell_px / 4)
        wide = cv2.resize(small, (4 * small.shape[1], 4 * small.shape[0]), interpolation=cv2.INTER_LINEAR)
        return np.asarray(wide[: shape[0], : shape[1]], dtype=np.float32)
    seeds_shape = (int(np.ceil(shape[0] / cell_px)) + 3, int(np.ceil(shape[1] / cell_px)) + 3)
    seeds = rng.standard_normal(seeds_shape, dtype=np.float32) * np.float32(1.35)
    matrix = np.array([[1 / cell_px, 0, 1.0], [0, 1 / cell_px, 1.0]], dtype=np.float32)
    return np.asarray(
        cv2.warpAffine(seeds, matrix, (shape[1], shape[0]), flags=cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP),
        dtype=np.float32,
    )


@dataclass(frozen=True, slots=True)
class Grain:
    """A tile of noise that repeats every 256 cells."""

    tile: F32

    @classmethod
    def of(cls, rng: np.random.Generator) -> "Grain":
        """Mean 0, deviation 1."""
        return cls(rng.standard_normal((256, 256), dtype=np.float32))

    def at(self, x_m: F32 | F64, y_m: F32 | F64, cell_m: float) -> F64:
        """Noise with cells of `cell_m` at places [...], blended between cells."""
        u, v = np.asarray(x_m, dtype=np.float64) / cell_m, np.asarray(y_m, dtype=np.float64) / cell_m
        left, low = np.floor(u), np.floor(v)
        du, dv = u - left, v - low
        i, j = left.astype(np.int64) & 255, low.astype(np.int64) & 255
        i1, j1 = (i + 1) & 255, (j + 1) & 255
        below = self.tile[i, j] * (1 - du) + self.tile[i1, j] * du
        above = self.tile[i, j1] * (1 - du) + self.tile[i1, j1] * du
        return np.asarray(below * (1 - dv) + above * dv, dtype=np.float64)
