"""The pinhole as the shaders take it, and rectangles of the picture that bodies and their shadows cover."""

from collections.abc import Sequence

import cv2
import numpy as np

from simulator.optics import F32, F64, View
from simulator.render.gl_context import Uniform
from simulator.solid import U8

TILE_PX = 8

_NEAREST_M = 0.3  # a corner nearer than this to the lens' plane has no place in the picture


def lens_uniforms(view: View, scale: float = 1.0, shift_px: Sequence[float] = (0.0, 0.0)) -> dict[str, Uniform]:
    """Of `camera.glsl`: the view `scale` times as large, its pixels sampled `shift_px` off their middles."""
    width, height = view.size.width_px * scale, view.size.height_px * scale
    right, down, ahead = view.axes
    return {
        "lens": view.origin_m,
        "right": right,
        "down": down,
        "ahead": ahead,
        "pinhole": (width / 2 - shift_px[0], height / 2 - shift_px[1], view.focal_px * scale),
        "size": tuple(side * scale for side in padded(view)),
    }


def padded(view: View) -> tuple[int, int]:
    """Width and height of the view's picture on the driver: whole tiles, also at half the size."""
    step = 4 * TILE_PX
    return -(-view.size.width_px // step) * step, -(-view.size.height_px // step) * step


class Tiles:
    """Which squares of the picture something covers."""

    def __init__(self, view: View) -> None:
        self._view = view
        self._middle = np.array([view.size.width_px / 2, view.size.height_px / 2])
        width, height = padded(view)
        self.covered: U8 = np.zeros((height // TILE_PX, width // TILE_PX), np.uint8)

    def cover(self, points_m: F32 | F64) -> None:
        """Marks the convex outline of world points [n, 3]."""
        view = self._view
        seen = (points_m - view.origin_m) @ view.axes.T
        nearest, farthest = seen[:, 2].min(), seen[:, 2].max()
        if farthest <= 0:
            return
        if nearest < _NEAREST_M:
            self.covered[:] = 1
            return
        places = seen[:, :2] / seen[:, 2:] * view.focal_px + self._middle
        low, high = places.min(axis=0), places.max(axis=0)
        if (high < 0).any() or (low > (self._view.size.width_px, self._view.size.height_px)).any():
            return
        spots = np.clip(places / TILE_PX, -1e4, 1e4).astype(np.float32)
        cv2.fillConvexPoly(self.covered, np.floor(cv2.convexHull(spots)).astype(np.int32), (1,))

    def grown(self) -> U8:
        """What is covered and its neighbours: outlines are rounded to whole tiles."""
        return np.asarray(cv2.dilate(self.covered, np.ones((3, 3), np.uint8)), dtype=np.uint8)


def middles(covered: U8, tile_px: int = TILE_PX) -> F32:
    """The covered tiles' middles [n, 2] in pixels. They are drawn as points: llvmpipe is slow at thin triangles."""
    rows, columns = np.nonzero(covered)
    return np.stack([columns, rows], axis=1).astype(np.float32) * tile_px + np.float32(tile_px / 2)
