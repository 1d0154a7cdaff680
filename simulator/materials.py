"""What surfaces are made of, as a near-infrared lamp beside the lens sees them, and how they shine."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulator.optics import F32

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Material:
    """Per spot [n]: diffuse albedo, strength and sharpness of the gloss, retro-reflection (thrown back to the lamp)."""

    albedo: F32
    gloss: F32
    sharpness: F32
    retro: F32

    @classmethod
    def even(cls, spots: int, albedo: float, gloss: float = 0.0, sharpness: float = 20.0) -> "Material":
        """The same everywhere."""
        return cls(
            np.full(spots, albedo, dtype=np.float32),
            np.full(spots, gloss, dtype=np.float32),
            np.full(spots, sharpness, dtype=np.float32),
            np.zeros(spots, dtype=np.float32),
        )

    def fill(self, where: Mask, albedo: float, gloss: float = 0.0, retro: float = 0.0, sharpness: float = 20.0) -> None:
        """Another material at some spots."""
        self.albedo[where] = albedo
        self.gloss[where] = gloss
        self.retro[where] = retro
        self.sharpness[where] = sharpness


@dataclass(frozen=True, slots=True)
class Grain:
    """Smooth random patterns over the ground: tiles of noise looked up by place, so that they cost next to nothing."""

    tile: F32

    @classmethod
    def of(cls, rng: np.random.Generator) -> "Grain":
        """Noise of mean 0 and deviation 1 on a tile of 256 x 256 cells."""
        return cls(rng.standard_normal((256, 256), dtype=np.float32))

    def at(self, x_m: F32, y_m: F32, cell_m: float) -> F32:
        """Noise with cells of `cell_m`, blended between them; about -2..2, smaller between cells."""
        u, v = x_m / cell_m, y_m / cell_m
        left, low = np.floor(u), np.floor(v)
        du, dv = u - left, v - low
        i, j = left.astype(np.int64) & 255, low.astype(np.int64) & 255
        i1, j1 = (i + 1) & 255, (j + 1) & 255
        below = self.tile[i, j] * (1 - du) + self.tile[i1, j] * du
        above = self.tile[i, j1] * (1 - du) + self.tile[i1, j1] * du
        return np.asarray(below * (1 - dv) + above * dv, dtype=np.float32)
