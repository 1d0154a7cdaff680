"""Rigged bodies from `baked/bodies.npz` and linear blend skinning, in numpy.

Own axes of a body: x ahead, y to its left, z up, the soles at z = 0, below the pelvis. All joints have the world's axes
in the rest pose (arms held out and down), so a joint's turn is the rotation of everything that hangs on it.
"""

from dataclasses import dataclass
from enum import IntEnum
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from simulator.optics import F64
from simulator.solid import F32, I32

BAKED = Path(__file__).parent / "baked" / "bodies.npz"

U8 = NDArray[np.uint8]


class Joint(IntEnum):
    """The joints, parents before children."""

    PELVIS = 0
    SPINE = 1
    CHEST = 2
    NECK = 3
    HEAD = 4
    CLAVICLE_L = 5
    ARM_L = 6
    FOREARM_L = 7
    HAND_L = 8
    CLAVICLE_R = 9
    ARM_R = 10
    FOREARM_R = 11
    HAND_R = 12
    THIGH_L = 13
    SHIN_L = 14
    FOOT_L = 15
    TOES_L = 16
    THIGH_R = 17
    SHIN_R = 18
    FOOT_R = 19
    TOES_R = 20


JOINTS = tuple(Joint)
PARENTS = (-1, 0, 1, 2, 3, 2, 5, 6, 7, 2, 9, 10, 11, 0, 13, 14, 15, 0, 17, 18, 19)


@dataclass(frozen=True, slots=True)
class Skin:
    """Which joints move each vertex: numbers [n, 4] and weights [n, 4] that add up to 1."""

    joints: U8
    weights: F32


@dataclass(frozen=True, slots=True)
class Bodies:
    """All baked shapes: vertices [k, n, 3] and joints [k, 21, 3] in metres; triangles [m, 3] and skin are shared."""

    names: tuple[str, ...]
    vertices_m: F32
    joints_m: F32
    triangles: I32
    skin: Skin

    def number(self, name: str) -> int:
        """A shape's place. ValueError: no such shape."""
        return self.names.index(name)


@cache
def bodies() -> Bodies:
    """The baked shapes, read once."""
    with np.load(BAKED) as file:
        low, high = (float(edge) for edge in file["scale"])
        return Bodies(
            tuple(str(name) for name in file["names"]),
            (file["vertices"] * np.float32((high - low) / 65535) + np.float32(low)).astype(np.float32),
            file["joints"],
            file["triangles"].astype(np.int32),
            Skin(file["bones"], (file["weights"] / np.float32(255)).astype(np.float32)),
        )


def skinned(rows: F32, joints_m: F32, weights: F32, turns: F64, places_m: F64) -> tuple[F32, F32]:
    """Linear blend skinning: vertices and unit normals [n, 3] of a rest mesh, given as rows [6, n] (x, y, z and the
    normals' x, y, z), with skin weights [21, n], whose joints [21, 3] were turned by `turns` [21, 3, 3] and brought
    to `places_m` [21, 3]."""
    shifts = places_m - (turns @ joints_m[:, :, None])[:, :, 0]
    bones = np.concatenate([turns.reshape(len(turns), 9), shifts], axis=1).astype(np.float32)
    # Rows side by side: element-wise work on them is many times faster than thousands of small matrices.
    blended = bones.T @ weights
    x, y, z, u, v, w = rows
    moved, turned = np.empty((3, len(x)), dtype=np.float32), np.empty((3, len(x)), dtype=np.float32)
    for axis in range(3):
        a, b, c = blended[3 * axis : 3 * axis + 3]
        moved[axis] = a * x + b * y + c * z + blended[9 + axis]
        turned[axis] = a * u + b * v + c * w
    turned /= np.sqrt(np.maximum(turned[0] ** 2 + turned[1] ** 2 + turned[2] ** 2, np.float32(1e-12)))
    return np.ascontiguousarray(moved.T), np.ascontiguousarray(turned.T)
