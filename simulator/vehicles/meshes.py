"""Pieces that bodies and scenery are put together from: sheets, panels, boxes, tubes, lathed and rounded pieces."""

from collections.abc import Sequence

import numpy as np

from simulator.optics import F32, F64
from simulator.solid import U8, Finish, Solid

Triple = tuple[float, float, float]


def sheet(points_m: F64, finish: Finish, shade: F64 | None = None) -> Solid:
    """A smooth sheet through points [rows, columns, 3] of one finish; its outside is where rows x columns (right hand)
    points to. `shade` [rows, columns]: albedo factors."""
    kinds = np.zeros((points_m.shape[0] - 1, points_m.shape[1] - 1), dtype=np.uint8)
    return patched(points_m, kinds, (finish,), shade)


def patched(points_m: F64, kinds: U8, finishes: Sequence[Finish], shade: F64 | None = None) -> Solid:
    """As `sheet`, with a finish for each cell: `kinds` [rows - 1, columns - 1] are places in `finishes`. Cells without
    area are left out."""
    rows, columns, _ = points_m.shape
    number = np.arange(rows * columns, dtype=np.int32).reshape(rows, columns)
    a, b, c, d = number[:-1, :-1], number[:-1, 1:], number[1:, 1:], number[1:, :-1]
    triangles = np.stack([np.stack([a, d, c], -1), np.stack([a, c, b], -1)], axis=2).reshape(-1, 3)
    vertices = points_m.reshape(-1, 3).astype(np.float32)
    corners = vertices[triangles]
    area = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1)
    good = area > 1e-9
    even = np.ones(rows * columns, dtype=np.float32) if shade is None else shade.reshape(-1).astype(np.float32)
    used = np.zeros(rows * columns, dtype=bool)
    used[triangles[good]] = True
    numbers = (np.cumsum(used) - 1).astype(np.int32)
    solid = Solid.of(vertices[used], numbers[triangles[good]], finishes[0], even[used])
    return Solid(
        solid.vertices_m, solid.normals, solid.shade, solid.triangles, np.repeat(kinds.reshape(-1), 2)[good],
        tuple(finishes),
    )  # fmt: skip


def panel(points_m: Sequence[Triple] | F64, finish: Finish, shade: float = 1.0) -> Solid:
    """A flat convex polygon [n, 3], counter-clockwise seen from its outside."""
    points = np.asarray(points_m, dtype=np.float32)
    return _flat(points[None], finish, shade)


def box(low_m: Triple | F64, high_m: Triple | F64, finish: Finish, shade: float = 1.0) -> Solid:
    """An axis-aligned block with sharp edges, closed."""
    low, high = np.asarray(low_m, dtype=np.float32), np.asarray(high_m, dtype=np.float32)
    return _flat(low + _CUBE * (high - low), finish, shade)


_CUBE = np.array(
    [
        [(0, 0, 1), (1, 0, 1), (1, 1, 1), (0, 1, 1)],
        [(0, 0, 0), (1, 0, 0), (1, 0, 1), (0, 0, 1)],
        [(1, 1, 0), (0, 1, 0), (0, 1, 1), (1, 1, 1)],
        [(0, 1, 0), (0, 0, 0), (0, 0, 1), (0, 1, 1)],
        [(1, 0, 0), (1, 1, 0), (1, 1, 1), (1, 0, 1)],
        [(0, 1, 0), (1, 1, 0), (1, 0, 0), (0, 0, 0)],
    ],
    dtype=np.float32,
)


def _flat(faces_m: F32, finish: Finish, shade: float) -> Solid:
    """Flat polygons [faces, corners, 3], each with a normal of its own (that of its first corner)."""
    faces, corners, _ = faces_m.shape
    (ax, ay, az), (bx, by, bz) = (faces_m[:, 1] - faces_m[:, 0]).T, (faces_m[:, 2] - faces_m[:, 0]).T
    normal = np.stack([ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx], axis=-1)
    normal /= np.maximum(np.sqrt((normal**2).sum(axis=-1, keepdims=True)), 1e-12)
    first = (np.arange(faces, dtype=np.int32) * corners)[:, None, None]
    step = np.arange(1, corners - 1, dtype=np.int32)
    fan = np.stack([0 * step, step, step + 1], axis=-1)[None]
    triangles = (first + fan).reshape(-1, 3).astype(np.int32)
    return Solid(
        faces_m.reshape(-1, 3), np.repeat(normal, corners, axis=0), np.full(faces * corners, shade, dtype=np.float32),
        triangles, np.zeros(len(triangles), dtype=np.uint8), (finish,),
    )  # fmt: skip


def lathe(profile: Sequence[tuple[float, float]], sides: int, finishes: Sequence[Finish], kinds: U8) -> Solid:
    """A body of revolution about the y axis: `profile` are (y, radius) from the outside's middle on, +y first; `kinds`
    [len(profile) - 1, sides] are places in `finishes`."""
    angles = np.linspace(0.0, 2 * np.pi, sides + 1)
    around = np.stack([np.cos(angles), np.zeros(sides + 1), np.sin(angles)], axis=-1)
    points = np.array([y * np.array([0.0, 1.0, 0.0]) + radius * around for y, radius in profile])
    # rows run outwards, columns from x to z: z x x is y, so columns are turned about
    return patched(points[:, ::-1], kinds, finishes)


def tube(points_m: Sequence[Triple] | F64, radius_m: float | Sequence[float], finish: Finish, sides: int = 6) -> Solid:
    """A round tube along points [n, 3], open at its ends. `radius_m`: one, or one for each point."""
    line = np.asarray(points_m, dtype=np.float64)
    radius = np.broadcast_to(np.asarray(radius_m, dtype=np.float64), (len(line),))
    along = np.gradient(line, axis=0)
    along /= np.maximum(np.linalg.norm(along, axis=1, keepdims=True), 1e-9)
    mean = line[-1] - line[0]
    helper = np.array([0.0, 0.0, 1.0]) if abs(mean[2]) < 0.9 * np.linalg.norm(mean) else np.array([1.0, 0.0, 0.0])
    first = np.cross(along, helper)
    first /= np.maximum(np.linalg.norm(first, axis=1, keepdims=True), 1e-9)
    second = np.cross(along, first)
    angles = np.linspace(0.0, 2 * np.pi, sides + 1)
    around = np.cos(angles)[None, :, None] * first[:, None] + np.sin(angles)[None, :, None] * second[:, None]
    return sheet(line[:, None] + radius[:, None, None] * around, finish)


def ellipsoid(middle_m: Triple, radii_m: Triple, finish: Finish, rows: int = 7, columns: int = 10) -> Solid:
    """A rounded lump."""
    up = np.linspace(-np.pi / 2, np.pi / 2, rows)[:, None]
    around = np.linspace(0.0, 2 * np.pi, columns + 1)[None]
    ball = np.stack([np.cos(up) * np.cos(around), np.cos(up) * np.sin(around), np.sin(up) + 0 * around], axis=-1)
    return sheet(np.array(middle_m) + ball[:, ::-1] * np.array(radii_m), finish)


def ring(middle_m: Triple, radius_m: float, thick_m: float, finish: Finish, sides: int = 18) -> Solid:
    """A tyre upright in the x-z plane: a torus with a square section of four sides."""
    angles = np.linspace(0.0, 2 * np.pi, sides + 1)
    turns = np.linspace(0.0, 2 * np.pi, 5) + np.pi / 4
    reach = radius_m + thick_m * np.cos(turns)
    points = np.stack([
        np.cos(angles)[:, None] * reach, np.broadcast_to(thick_m * np.sin(turns), (sides + 1, 5)),
        np.sin(angles)[:, None] * reach,
    ], axis=-1)  # fmt: skip
    return sheet(np.array(middle_m) + points, finish)


def mirrored(solid: Solid) -> Solid:
    """The same on the other side of the x-z plane."""
    flip = np.array([1.0, -1.0, 1.0], dtype=np.float32)
    return Solid(
        solid.vertices_m * flip, solid.normals * flip, solid.shade, solid.triangles[:, ::-1].copy(), solid.finish,
        solid.finishes,
    )  # fmt: skip


def scaled(solid: Solid, factors: Triple) -> Solid:
    """Stretched along the axes."""
    by = np.array(factors, dtype=np.float32)
    normals = solid.normals / by
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-9)
    return Solid(
        solid.vertices_m * by, normals.astype(np.float32), solid.shade, solid.triangles, solid.finish, solid.finishes
    )
