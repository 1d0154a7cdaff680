"""A z-buffer in numpy: triangles to depth, normal and tag per pixel. For what stands still; it is drawn once.

All triangles of a mesh are spread over their pixels at once, sorted far to near and written, so that the nearest stays.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulator.mesh import Mesh
from simulator.optics import F32, F64, View

SKY = 255
GROUND = 0
_NEAR_M = 0.3
_BATCH_PX = 4_000_000


@dataclass(frozen=True, slots=True)
class Surfaces:
    """What each pixel sees: depth [h, w] (inf: sky), unit normal [h, w, 3], tag [h, w] (whose surface)."""

    depth_m: F32
    normal: F32
    tag: NDArray[np.uint8]


def bare_ground(view: View) -> Surfaces:
    """An empty flat world below an empty sky."""
    rays = view.rays(view.whole)
    falling = rays[..., 2] < -1e-3
    depth = np.where(falling, view.pose.height_m / np.maximum(-rays[..., 2], 1e-3), np.inf).astype(np.float32)
    normal = np.zeros_like(rays)
    normal[..., 2] = 1.0
    return Surfaces(depth, normal, np.where(falling, GROUND, SKY).astype(np.uint8))


def draw(surfaces: Surfaces, view: View, mesh: Mesh, tag: int) -> int:
    """Draw a mesh where it is nearest; returns how many pixels it would fill with nothing before it.

    Triangles that reach behind the lens are left out: nothing in the scene comes that near.
    """
    points_px, depth = view.project(mesh.vertices_m)
    corners, corner_depth = points_px[mesh.triangles], depth[mesh.triangles]
    area = _edge(corners[:, 0], corners[:, 1], corners[:, 2])
    low = np.maximum(np.ceil(corners.min(axis=1) - 0.5), 0).astype(np.int64)
    limit = np.array([view.size.width_px, view.size.height_px])
    high = np.minimum(np.floor(corners.max(axis=1) - 0.5) + 1, limit).astype(np.int64)
    faces_lens = (area < 0) & (corner_depth.min(axis=1) > _NEAR_M) & (high > low).all(axis=1)
    chosen = np.flatnonzero(faces_lens)
    touched = np.zeros(surfaces.depth_m.size, dtype=bool)
    sizes = (high - low).prod(axis=1)
    for batch in _batches(chosen, sizes):
        index, weights, triangle = _cover(corners, area, low, high, batch, limit[0])
        z = 1.0 / (weights / corner_depth[triangle]).sum(axis=1)
        touched[index] = True
        near = z < surfaces.depth_m.reshape(-1)[index]
        index, weights, triangle, z = index[near], weights[near], triangle[near], z[near]
        order = np.argsort(-z, kind="stable")
        index, weights, triangle, z = index[order], weights[order], triangle[order], z[order]
        shares = weights / corner_depth[triangle] * z[:, None]
        normal = np.einsum("nk,nkc->nc", shares, mesh.normals[mesh.triangles[triangle]])
        surfaces.depth_m.reshape(-1)[index] = z
        surfaces.normal.reshape(-1, 3)[index] = normal / np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-9)
        surfaces.tag.reshape(-1)[index] = tag
    return int(touched.sum())


def _edge(a: F64, b: F64, c: F64) -> F64:
    return (b[..., 0] - a[..., 0]) * (c[..., 1] - a[..., 1]) - (b[..., 1] - a[..., 1]) * (c[..., 0] - a[..., 0])


def _batches(chosen: NDArray[np.int64], sizes: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """Triangles in parts that cover at most about `_BATCH_PX` candidate pixels each, to bound the memory."""
    if not len(chosen):
        return []
    part = np.cumsum(sizes[chosen]) // _BATCH_PX
    return np.split(chosen, np.flatnonzero(np.diff(part)) + 1)


def _cover(
    corners: F64, area: F64, low: NDArray[np.int64], high: NDArray[np.int64], batch: NDArray[np.int64], width_px: int
) -> tuple[NDArray[np.int64], F64, NDArray[np.int64]]:
    """Pixels inside the batch's triangles: flat pixel numbers [n], weights of the corners [n, 3], triangle numbers [n]."""
    span = (high - low)[batch]
    count = span.prod(axis=1)
    triangle = np.repeat(batch, count)
    within = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    wide = np.repeat(span[:, 0], count)
    x = np.repeat(low[batch, 0], count) + within % wide
    y = np.repeat(low[batch, 1], count) + within // wide
    centre = np.stack([x + 0.5, y + 0.5], -1)
    a, b, c = corners[triangle, 0], corners[triangle, 1], corners[triangle, 2]
    weights = np.stack([_edge(b, c, centre), _edge(c, a, centre), _edge(a, b, centre)], -1) / area[triangle, None]
    inside = (weights >= 0).all(axis=1)
    return (y * width_px + x)[inside], weights[inside], triangle[inside]
