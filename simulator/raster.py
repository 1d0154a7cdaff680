"""A z-buffer in numpy: triangles to depth, normal and tag per pixel. For what stands still; it is drawn once.

All triangles of a mesh are spread over their pixels at once, sorted far to near and written, so that the nearest stays.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulator.mesh import Indices, Mesh
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
    spread = _Spread(points_px[mesh.triangles], 1.0 / np.where(np.abs(depth) < 1e-6, 1e-6, depth)[mesh.triangles])
    touched = np.zeros(surfaces.depth_m.size, dtype=bool)
    depths, normals, tags = surfaces.depth_m.reshape(-1), surfaces.normal.reshape(-1, 3), surfaces.tag.reshape(-1)
    for batch in spread.batches(view, depth[mesh.triangles].min(axis=1) > _NEAR_M):
        cover = spread.cover(batch, view.size.width_px)
        touched[cover.pixel] = True
        order = np.flatnonzero(cover.depth_m < depths[cover.pixel])
        order = order[np.argsort(-cover.depth_m[order], kind="stable")]
        pixel, triangle, z = cover.pixel[order], mesh.triangles[cover.triangle[order]], cover.depth_m[order]
        normal = sum(
            (share[order] * z)[:, None] * mesh.normals[triangle[:, corner]] for corner, share in enumerate(cover.shares)
        )
        depths[pixel] = z
        normals[pixel] = normal / np.sqrt(np.maximum(np.einsum("nc,nc->n", normal, normal), 1e-18))[:, None]
        tags[pixel] = tag
    return int(touched.sum())


@dataclass(frozen=True, slots=True)
class _Cover:
    """Pixels inside triangles: flat pixel number, triangle, depth, and the corners' shares of 1 / depth, each [n]."""

    pixel: Indices
    triangle: Indices
    depth_m: F64
    shares: tuple[F64, F64, F64]


class _Spread:
    """Triangles [m, 3 corners, 2] in the picture, and 1 / depth of their corners [m, 3]."""

    def __init__(self, corners_px: F64, nearness: F64) -> None:
        self._corners = corners_px
        self._nearness = nearness
        self._area = _edge(corners_px[:, 0], corners_px[:, 1], corners_px[:, 2, 0], corners_px[:, 2, 1])
        self._low = np.zeros((len(corners_px), 2), dtype=np.int64)
        self._span = np.zeros((len(corners_px), 2), dtype=np.int64)

    def batches(self, view: View, before_lens: NDArray[np.bool_]) -> list[Indices]:
        """Triangles that face the lens, in parts of at most about `_BATCH_PX` candidate pixels, to bound the memory."""
        limit = np.array([view.size.width_px, view.size.height_px])
        low = np.clip(np.ceil(self._corners.min(axis=1) - 0.5), 0, limit)
        high = np.clip(np.floor(self._corners.max(axis=1) - 0.5) + 1, 0, limit)
        self._low, self._span = low.astype(np.int64), np.maximum(high - low, 0).astype(np.int64)
        sizes = self._span[:, 0] * self._span[:, 1]
        chosen = np.flatnonzero((self._area < 0) & before_lens & (sizes > 0))
        if not len(chosen):
            return []
        part = np.cumsum(sizes[chosen]) // _BATCH_PX
        return np.split(chosen, np.flatnonzero(np.diff(part)) + 1)

    def cover(self, batch: Indices, width_px: int) -> _Cover:
        """Every pixel whose middle lies in a triangle of the batch."""
        wide = self._span[batch, 0]
        count = wide * self._span[batch, 1]
        triangle = np.repeat(batch, count)
        within = np.arange(int(count.sum())) - np.repeat(np.cumsum(count) - count, count)
        wide = np.repeat(wide, count)
        row = within // wide
        x = np.repeat(self._low[batch, 0], count) + within - row * wide
        y = np.repeat(self._low[batch, 1], count) + row
        weights = self._weights(triangle, x + 0.5, y + 0.5)
        inside = np.flatnonzero((weights[0] >= 0) & (weights[1] >= 0) & (weights[2] >= 0))
        triangle = triangle[inside]
        shares = tuple(weight[inside] * self._nearness[triangle, i] for i, weight in enumerate(weights))
        depth = 1.0 / (shares[0] + shares[1] + shares[2])
        return _Cover((y * width_px + x)[inside], triangle, depth, (shares[0], shares[1], shares[2]))

    def _weights(self, triangle: Indices, x: F64, y: F64) -> tuple[F64, F64, F64]:
        a, b, c = (self._corners[triangle, corner] for corner in range(3))
        area = self._area[triangle]
        first, second = _edge(b, c, x, y) / area, _edge(c, a, x, y) / area
        return first, second, 1.0 - first - second


def _edge(a: F64, b: F64, x: F64, y: F64) -> F64:
    """Twice the signed area of the triangle a, b, (x, y)."""
    return (b[..., 0] - a[..., 0]) * (y - a[..., 1]) - (b[..., 1] - a[..., 1]) * (x - a[..., 0])
