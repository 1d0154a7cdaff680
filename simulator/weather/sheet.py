"""Upright sheets in the world that face the lens, on which flames and smoke are drawn, and their way to the canvas."""

from dataclasses import dataclass

import cv2
import numpy as np

from simulator.optics import F32, F64, View, Window
from simulator.weather import pixels


@dataclass(frozen=True, slots=True)
class Sheet:
    """A rectangle through `foot_m` [3]: from `left_m` to `right_m` along the picture's horizontal, from `low_m` to
    `high_m` upwards, both off the foot. It leans away from the lens by `away_m_m` metres per metre up."""

    foot_m: F64
    away_m_m: float
    left_m: float
    right_m: float
    low_m: float
    high_m: float

    def grid(self, view: View, most: int) -> tuple[F32, F32]:
        """Places across and up [h, w] (metres off the foot), about one a pixel, at most `most` a side."""
        scale = view.focal_px / max(float(view.project(self.foot_m[None])[1][0]), 0.3)
        columns = int(np.clip((self.right_m - self.left_m) * scale, 8, most))
        rows = int(np.clip((self.high_m - self.low_m) * scale, 8, most))
        across = self.left_m + (np.arange(columns) + 0.5) * (self.right_m - self.left_m) / columns
        up = self.high_m - (np.arange(rows) + 0.5) * (self.high_m - self.low_m) / rows
        x, z = np.meshgrid(across.astype(np.float32), up.astype(np.float32))
        return x, z


def leaning(lean: F64, view: View) -> tuple[float, float]:
    """A lean along x and y [2] as one to the right in the picture and one away from the lens."""
    right = view.axes[0, :2]
    return float(lean @ right), float(lean @ np.array([-right[1], right[0]]))


@dataclass(frozen=True, slots=True)
class Hung:
    """A sheet's pictures in a window of the canvas: `layers` as the sheet's, warped, and the sheet's depth, [h, w]."""

    window: Window
    layers: tuple[F32, ...]
    depth_m: F32


def hung(sheet: Sheet, view: View, layers: tuple[F32, ...]) -> Hung | None:
    """Layers [rows, columns] of a sheet as the canvas shows them. None: out of sight or behind the lens."""
    right = np.array([view.axes[0, 0], view.axes[0, 1], 0.0])
    up = np.array([-right[1] * sheet.away_m_m, right[0] * sheet.away_m_m, 1.0])
    corners = np.array([
        sheet.foot_m + right * x + up * z
        for x, z in (
            (sheet.left_m, sheet.high_m), (sheet.right_m, sheet.high_m),
            (sheet.right_m, sheet.low_m), (sheet.left_m, sheet.low_m),
        )
    ])  # fmt: skip
    points, depth = view.project(corners)
    if depth.min() < 0.3:
        return None
    window = view.clip(points.min(axis=0), points.max(axis=0), margin_px=1)
    if window.empty:
        return None
    rows, columns = layers[0].shape
    source = np.array([[0, 0], [columns, 0], [columns, rows], [0, rows]], dtype=np.float32) - 0.5
    target = (points - [window.left_px, window.top_px] - 0.5).astype(np.float32)
    turn = np.asarray(cv2.getPerspectiveTransform(source, target), dtype=np.float64)
    size = (window.right_px - window.left_px, window.bottom_px - window.top_px)
    warped = pixels.warped(layers, turn, size)
    row = np.arange(window.top_px, window.bottom_px) + 0.5
    top, bottom = float(points[:2, 1].mean()), float(points[2:, 1].mean())
    share = np.clip((row - top) / max(bottom - top, 1e-3), 0, 1)
    fading = (1 / depth[0] * (1 - share) + share / depth[3]) ** -1
    return Hung(window, warped, np.broadcast_to(fading.astype(np.float32)[:, None], (size[1], size[0])))


def before(hanging: Hung, depth_m: F32, thick_m: float) -> F32:
    """How much of the sheet is nearer than the picture's depths [h, w] (whole canvas), 0..1 in the window: a sheet
    stands for something `thick_m` deep on either side."""
    ahead = depth_m[hanging.window.slices] - hanging.depth_m
    return np.asarray(np.clip(ahead / np.float32(2 * thick_m) + 0.5, 0, 1), dtype=np.float32)
