"""Solids as the graphics driver takes them: a material at every corner, and coarser copies that only cast shadows."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulator.optics import F32
from simulator.solid import I32, U8, Solid

_FEW = 200  # triangles; a solid of fewer is its own coarse copy (posts, walls, boxes)


@dataclass(frozen=True, slots=True)
class Cut:
    """A solid's topology with corners split where finishes meet: `source` [k] vertex of each corner, `triangles` [m, 3]
    of corners, `albedo` [k], `made` [k, 4] (gloss, roughness, retro, glow). Good for every pose of one solid."""

    source: I32
    triangles: I32
    albedo: F32
    made: F32
    whole: Solid

    @classmethod
    def of(cls, solid: Solid) -> "Cut":
        """Splits a solid."""
        kinds = len(solid.finishes)
        keys = solid.triangles.astype(np.int64) * kinds + solid.finish[:, None]
        corners, numbers = np.unique(keys, return_inverse=True)
        table = np.array([[f.albedo, f.gloss, f.roughness, f.retro, f.glow] for f in solid.finishes], dtype=np.float32)
        made = table[corners % kinds]
        source = (corners // kinds).astype(np.int32)
        return cls(source, numbers.reshape(-1, 3).astype(np.int32), made[:, 0].copy(), made[:, 1:].copy(), solid)

    def outline(self, cell_m: float) -> I32:
        """Fewer triangles [m, 3] of the same corners: those in one cell of a grid that face the same way become one.
        It holds for every pose, as corners that move together stay together."""
        if len(self.triangles) <= _FEW:
            return self.triangles
        cells = np.floor(self.whole.vertices_m[self.source] / cell_m).astype(np.int64)
        cells -= cells.min(axis=0)
        keys = ((cells[:, 0] << 18) + cells[:, 1] << 18) + cells[:, 2]
        _, first, numbers = np.unique(keys, return_index=True, return_inverse=True)
        normals = self.whole.normals[self.source]
        # an arm that happens to touch the body faces the other way: it stays apart
        away = (normals * normals[first[numbers.reshape(-1)]]).sum(axis=1) < 0
        _, first, numbers = np.unique(keys * 2 + away, return_index=True, return_inverse=True)
        return _proper(first[numbers.reshape(-1)][self.triangles])

    def fits(self, solid: Solid) -> bool:
        """Whether another solid has the same topology and finishes."""
        mine = self.whole
        return (
            len(mine.vertices_m) == len(solid.vertices_m)
            and mine.finishes == solid.finishes
            and _equal(mine.triangles, solid.triangles)
            and _equal(mine.finish, solid.finish)
        )

    def corners(self, solid: Solid) -> F32:
        """What the driver gets at each corner [k, 7]: place, normal, albedo."""
        table = np.empty((len(self.source), 7), dtype=np.float32)
        table[:, :3] = solid.vertices_m[self.source]
        table[:, 3:6] = solid.normals[self.source]
        table[:, 6] = self.albedo * solid.shade[self.source]
        return table


def _equal(one: I32 | U8, other: I32 | U8) -> bool:
    return one is other or np.array_equal(one, other)


@dataclass(frozen=True, slots=True)
class Box:
    """An axis-aligned box in metres, [3] each."""

    low_m: F32
    high_m: F32

    @classmethod
    def of(cls, solid: Solid) -> "Box":
        """Around a solid."""
        return cls(solid.vertices_m.min(axis=0), solid.vertices_m.max(axis=0))

    @property
    def corners_m(self) -> F32:
        """All eight [8, 3]."""
        which = np.array([[i & 1, i >> 1 & 1, i >> 2] for i in range(8)], dtype=bool)
        return np.where(which, self.high_m, self.low_m).astype(np.float32)

    @property
    def middle_m(self) -> F32:
        """Its middle [3]."""
        return np.asarray((self.low_m + self.high_m) / 2)

    @property
    def radius_m(self) -> float:
        """Of the ball around it."""
        return float(np.linalg.norm(self.high_m - self.low_m)) / 2

    def holds(self, point_m: tuple[float, float, float], margin_m: float) -> bool:
        """Whether a point is in it, or not further out than a margin."""
        point = np.array(point_m)
        return bool((point > self.low_m - margin_m).all() and (point < self.high_m + margin_m).all())


def coarse(solid: Solid, cell_m: float) -> tuple[F32, I32]:
    """Vertices [n, 3] and triangles [m, 3] of about the same shape, by joining the vertices of each cell of a grid
    (Rossignac and Borrel 1993); good enough to cast a shadow."""
    if len(solid.triangles) <= _FEW:
        return solid.vertices_m, solid.triangles
    cells = np.floor(solid.vertices_m / cell_m).astype(np.int64)
    cells -= cells.min(axis=0)
    keys = (cells[:, 0] << 40) + (cells[:, 1] << 20) + cells[:, 2]
    _, numbers = np.unique(keys, return_inverse=True)
    numbers = numbers.reshape(-1)
    count = np.bincount(numbers)
    places = np.stack([np.bincount(numbers, solid.vertices_m[:, axis]) / count for axis in range(3)], axis=1)
    triangles = numbers[solid.triangles]
    return places.astype(np.float32), _proper(triangles)


def _proper(triangles: NDArray[np.int64]) -> I32:
    """Those with three different corners, once each."""
    one, two, three = triangles.T
    kept = np.sort(triangles[(one != two) & (two != three) & (three != one)], axis=1)
    packed = ((kept[:, 0] << 21) + kept[:, 1] << 21) + kept[:, 2]
    return kept[np.unique(packed, return_index=True)[1]].astype(np.int32)
