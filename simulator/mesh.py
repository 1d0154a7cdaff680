"""Triangle meshes and the few ways in which the scene builds them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulator.optics import F64

Indices = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Mesh:
    """Vertices [n, 3] in metres, their normals [n, 3] (unit length), triangles [m, 3] of vertex numbers."""

    vertices_m: F64
    normals: F64
    triangles: Indices

    def moved(self, heading_rad: float, place_m: F64) -> "Mesh":
        """Turned about z by `heading_rad` (counter-clockwise from x), then shifted to `place_m`."""
        turn = rotation(heading_rad)
        return Mesh(self.vertices_m @ turn.T + place_m, self.normals @ turn.T, self.triangles)


def rotation(heading_rad: float) -> F64:
    """Rotation about z."""
    cos, sin = np.cos(heading_rad), np.sin(heading_rad)
    return np.array([[cos, -sin, 0.0], [sin, cos, 0.0], [0.0, 0.0, 1.0]])


def joined(meshes: list[Mesh]) -> Mesh:
    """Several meshes as one."""
    starts = np.cumsum([0] + [len(mesh.vertices_m) for mesh in meshes[:-1]])
    return Mesh(
        np.concatenate([mesh.vertices_m for mesh in meshes]),
        np.concatenate([mesh.normals for mesh in meshes]),
        np.concatenate([mesh.triangles + start for mesh, start in zip(meshes, starts, strict=True)]),
    )


def grid(points_m: F64) -> Mesh:
    """A smooth sheet through points [rows, columns, 3]; its outside is where rows x columns (right hand) points to."""
    rows, columns, _ = points_m.shape
    number = np.arange(rows * columns).reshape(rows, columns)
    a, b, c, d = number[:-1, :-1], number[:-1, 1:], number[1:, 1:], number[1:, :-1]
    triangles = np.concatenate([np.stack([a, d, c], -1).reshape(-1, 3), np.stack([a, c, b], -1).reshape(-1, 3)])
    vertices = points_m.reshape(-1, 3)
    return Mesh(vertices, _vertex_normals(vertices, triangles), triangles)


def _vertex_normals(vertices_m: F64, triangles: Indices) -> F64:
    corners = vertices_m[triangles]
    faces = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normals = np.zeros_like(vertices_m)
    for corner in range(3):
        np.add.at(normals, triangles[:, corner], faces)
    length = np.linalg.norm(normals, axis=1, keepdims=True)
    return np.asarray(normals / np.maximum(length, 1e-12))


def flat(points_m: F64) -> Mesh:
    """A flat convex polygon [n, 3], counter-clockwise seen from its outside."""
    across = np.cross(points_m[1] - points_m[0], points_m[2] - points_m[0])
    normal = across / max(float(np.linalg.norm(across)), 1e-12)
    fan = np.array([[0, i, i + 1] for i in range(1, len(points_m) - 1)])
    return Mesh(points_m, np.repeat(normal[None], len(points_m), axis=0), fan)


def box(low_m: F64, high_m: F64) -> Mesh:
    """An axis-aligned block, without its bottom."""
    (x0, y0, z0), (x1, y1, z1) = low_m, high_m
    faces = [
        [(x0, y0, z1), (x1, y0, z1), (x1, y1, z1), (x0, y1, z1)],
        [(x0, y0, z0), (x1, y0, z0), (x1, y0, z1), (x0, y0, z1)],
        [(x1, y1, z0), (x0, y1, z0), (x0, y1, z1), (x1, y1, z1)],
        [(x0, y1, z0), (x0, y0, z0), (x0, y0, z1), (x0, y1, z1)],
        [(x1, y0, z0), (x1, y1, z0), (x1, y1, z1), (x1, y0, z1)],
    ]
    return joined([flat(np.array(face)) for face in faces])


def disc(centre_m: F64, radius_m: float, width_m: float, sides: int = 18) -> Mesh:
    """A wheel: a cylinder about the y axis, `width_m` wide, both faces closed."""
    angles = np.linspace(0.0, 2 * np.pi, sides, endpoint=False)
    rim = np.stack([np.cos(angles), np.zeros(sides), np.sin(angles)], -1) * radius_m
    half = np.array([0.0, width_m / 2, 0.0])
    left = flat(centre_m + half + rim[::-1])
    right = flat(centre_m - half + rim)
    ring = np.concatenate([rim, rim[:1]])
    return joined([left, right, grid(centre_m + np.stack([ring - half, ring + half]))])


def post(foot_m: F64, height_m: float, radius_m: float, sides: int = 8) -> Mesh:
    """An upright pole."""
    angles = np.linspace(0.0, 2 * np.pi, sides + 1)
    ring = np.stack([np.cos(angles), np.sin(angles), np.zeros(sides + 1)], -1) * radius_m
    return grid(foot_m + np.stack([ring + np.array([0.0, 0.0, height_m]), ring]))
