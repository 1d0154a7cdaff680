"""Solids: triangle meshes whose surfaces are made of something, as every renderer takes them.

Axes as in `optics`: metres, right-handed, z up. Triangles are counter-clockwise seen from outside.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
I32 = NDArray[np.int32]
U8 = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Finish:
    """What a surface is made of, at 850 nm.

    `albedo`: diffuse reflectance. `gloss`: strength of the mirror-like lobe, `roughness` its width (0.05 glass .. 0.5
    dull paint). `retro`: luminance thrown straight back at a lamp beside the lens, a multiple of that lamp's irradiance
    (number plates, reflective tape, eyes of animals). `glow`: luminance of its own (lamps, lit windows).
    """

    albedo: float
    gloss: float = 0.0
    roughness: float = 0.4
    retro: float = 0.0
    glow: float = 0.0


@dataclass(frozen=True, slots=True)
class Solid:
    """Vertices [n, 3] in metres, unit normals [n, 3], albedo factors `shade` [n], triangles [m, 3] of vertex numbers,
    `finish` [m]: each triangle's place in `finishes` (at most 256)."""

    vertices_m: F32
    normals: F32
    shade: F32
    triangles: I32
    finish: U8
    finishes: tuple[Finish, ...]

    @classmethod
    def of(cls, vertices_m: F32, triangles: I32, finish: Finish, shade: F32 | None = None) -> "Solid":
        """One finish all over; normals are smooth ones, from the triangles' areas."""
        vertices = np.asarray(vertices_m, dtype=np.float32)
        numbers = np.asarray(triangles, dtype=np.int32)
        even = np.ones(len(vertices), dtype=np.float32) if shade is None else np.asarray(shade, dtype=np.float32)
        kinds = np.zeros(len(numbers), dtype=np.uint8)
        return cls(vertices, smooth_normals(vertices, numbers), even, numbers, kinds, (finish,))

    def placed(self, turn: F32, shift_m: Sequence[float] | F32) -> "Solid":
        """Turned by a rotation matrix [3, 3], then shifted."""
        rotation = np.asarray(turn, dtype=np.float32)
        moved = self.vertices_m @ rotation.T + np.asarray(shift_m, dtype=np.float32)
        return replace(self, vertices_m=moved, normals=self.normals @ rotation.T)

    def on_ground(self, place_m: Sequence[float] | F64, heading_rad: float) -> "Solid":
        """Turned about z to a heading, and put on a ground point [2]."""
        return self.placed(about_z(heading_rad), (float(place_m[0]), float(place_m[1]), 0.0))


def smooth_normals(vertices_m: F32, triangles: I32) -> F32:
    """Area-weighted vertex normals [n, 3]."""
    corners = vertices_m[triangles]
    faces = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normals = np.zeros((len(vertices_m), 3), dtype=np.float64)
    for axis in range(3):
        for corner in range(3):
            normals[:, axis] += np.bincount(triangles[:, corner], faces[:, axis], minlength=len(vertices_m))
    length = np.linalg.norm(normals, axis=1, keepdims=True)
    return np.asarray(normals / np.maximum(length, 1e-12), dtype=np.float32)


def joined(solids: Sequence[Solid]) -> Solid:
    """Several solids as one; equal finishes are kept once. ValueError: none, or more than 256 finishes."""
    finishes = tuple(dict.fromkeys(finish for solid in solids for finish in solid.finishes))
    if len(finishes) > 256:
        raise ValueError(f"{len(finishes)} finishes in one solid; at most 256")
    starts = np.cumsum([0] + [len(solid.vertices_m) for solid in solids[:-1]])
    kinds = [np.array([finishes.index(finish) for finish in solid.finishes], dtype=np.uint8) for solid in solids]
    return Solid(
        np.concatenate([solid.vertices_m for solid in solids]),
        np.concatenate([solid.normals for solid in solids]),
        np.concatenate([solid.shade for solid in solids]),
        np.concatenate([solid.triangles + np.int32(start) for solid, start in zip(solids, starts, strict=True)]),
        np.concatenate([kind[solid.finish] for solid, kind in zip(solids, kinds, strict=True)]),
        finishes,
    )


def about_z(angle_rad: float) -> F32:
    """Rotation matrix about z, counter-clockwise from x."""
    cos, sin = np.cos(angle_rad), np.sin(angle_rad)
    return np.array([[cos, -sin, 0.0], [sin, cos, 0.0], [0.0, 0.0, 1.0]], dtype=np.float32)
