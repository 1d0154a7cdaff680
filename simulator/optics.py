"""The pole's camera as geometry: a lens over a flat lot.

World: metres, right-handed, x along the rows of bays, y across them (away from the usual pole, whose foot is the
origin), z up. Picture: pixels from the upper left corner, the first pixel's centre at (0.5, 0.5). Depth is the distance
along the optical axis in metres (not along the ray), so that a pixel's point is `origin + depth * ray`.

A lens bends by the division model of one parameter k (Fitzgibbon, CVPR 2001): a point at radius r in the picture (1 is
half its width) comes from radius r / (1 + k r^2) of a pinhole's picture; k < 0 is a barrel, as wide lenses have.
"""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from firmware.messages import Size

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class PolePose:
    """Where the camera hangs and looks: height, azimuth (0 along y, positive to the right), tilt below the horizon."""

    height_m: float = 5.0
    azimuth_rad: float = 0.0
    tilt_rad: float = 0.35
    horizontal_view_rad: float = 1.25
    foot_m: tuple[float, float] = (0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Window:
    """A rectangle of whole pixels of a picture, `right_px` and `bottom_px` excluded."""

    left_px: int
    top_px: int
    right_px: int
    bottom_px: int

    @property
    def empty(self) -> bool:
        """Whether no pixel is in it."""
        return self.right_px <= self.left_px or self.bottom_px <= self.top_px

    @property
    def slices(self) -> tuple[slice, slice]:
        """Rows and columns, to index a picture with."""
        return slice(self.top_px, self.bottom_px), slice(self.left_px, self.right_px)


@dataclass(frozen=True)
class View:
    """A pose seen in a picture of a certain size, through a lens that bends by `bend` (k above; 0: a pinhole).

    `horizontal_view_rad` of the pose is what the bent picture shows from its left to its right edge.
    """

    pose: PolePose
    size: Size
    bend: float = 0.0

    @cached_property
    def origin_m(self) -> F64:
        """The lens, [3]."""
        return np.array([*self.pose.foot_m, self.pose.height_m])

    @cached_property
    def axes(self) -> F64:
        """Rows: to the right, down and ahead in the picture, as world vectors [3, 3]."""
        sin_a, cos_a = np.sin(self.pose.azimuth_rad), np.cos(self.pose.azimuth_rad)
        sin_t, cos_t = np.sin(self.pose.tilt_rad), np.cos(self.pose.tilt_rad)
        ahead = np.array([sin_a * cos_t, cos_a * cos_t, -sin_t])
        right = np.array([cos_a, -sin_a, 0.0])
        return np.stack([right, np.cross(ahead, right), ahead])

    @cached_property
    def focal_px(self) -> float:
        """Focal length in pixels, in the picture's middle."""
        return self.size.width_px / 2 / float(np.tan(self.pose.horizontal_view_rad / 2)) / (1 + self.bend)

    @cached_property
    def canvas(self) -> "View":
        """The pinhole's view that holds all that this one shows, as sharp in the middle."""
        if self.bend == 0.0:
            return self
        half = np.array([self.size.width_px / 2, self.size.height_px / 2])
        corner = np.abs(self._straight(np.array([half, [half[0], 0.0], [0.0, half[1]]]))).max(axis=0)
        width_px, height_px = (2 * int(np.ceil(side)) + 2 for side in corner)
        view_rad = 2 * float(np.arctan(width_px / 2 / self.focal_px))
        return View(replace(self.pose, horizontal_view_rad=view_rad), Size(width_px, height_px))

    def turned(self, angle_rad: float) -> "View":
        """The same lens after it was turned to the right about the pole."""
        return replace(self, pose=replace(self.pose, azimuth_rad=self.pose.azimuth_rad + angle_rad))

    def on_canvas(self, points_px: F64) -> F64:
        """Points [n, 2] of this picture, in pixels of the canvas."""
        half = np.array([self.size.width_px / 2, self.size.height_px / 2])
        middle = np.array([self.canvas.size.width_px / 2, self.canvas.size.height_px / 2])
        return np.asarray(self._straight(np.asarray(points_px, dtype=np.float64) - half) + middle)

    def _straight(self, off_px: F64) -> F64:
        """Off the bent picture's middle to off the pinhole's, [n, 2] pixels."""
        radius_sq = (off_px**2).sum(axis=-1, keepdims=True) / (self.size.width_px / 2) ** 2
        return np.asarray(off_px / (1 + self.bend * radius_sq))

    def _bent(self, off_px: F64) -> F64:
        """Off the pinhole's middle to off the bent picture's: r = 2 q / (1 + sqrt(1 - 4 k q^2)), the inverse."""
        radius_sq = (off_px**2).sum(axis=-1, keepdims=True) / (self.size.width_px / 2) ** 2
        return np.asarray(2 * off_px / (1 + np.sqrt(np.maximum(1 - 4 * self.bend * radius_sq, 0.0))))

    def project(self, points_m: F64) -> tuple[F64, F64]:
        """World points [n, 3] to picture points [n, 2] in pixels and depths [n]; depth <= 0 is behind the lens."""
        seen = (np.asarray(points_m, dtype=np.float64) - self.origin_m) @ self.axes.T
        depth = seen[:, 2]
        safe = np.where(np.abs(depth) < 1e-6, 1e-6, depth)
        middle = np.array([self.size.width_px / 2, self.size.height_px / 2])
        return self._bent(seen[:, :2] / safe[:, None] * self.focal_px) + middle, depth

    def rays(self, window: Window, samples: int = 1) -> F32:
        """World directions with depth 1 through the window's pixels, [rows * samples, columns * samples, 3]."""
        step = 1.0 / samples
        across = window.left_px + (np.arange((window.right_px - window.left_px) * samples) + 0.5) * step
        down = window.top_px + (np.arange((window.bottom_px - window.top_px) * samples) + 0.5) * step
        across, down = across - self.size.width_px / 2, down - self.size.height_px / 2
        right, below, ahead = self.axes
        if self.bend == 0.0:
            across, down = across / self.focal_px, down / self.focal_px
            return np.asarray(across[None, :, None] * right + down[:, None, None] * below + ahead, dtype=np.float32)
        flat = self._straight(np.stack(np.meshgrid(across, down), axis=-1)) / self.focal_px
        return np.asarray(flat[..., :1] * right + flat[..., 1:] * below + ahead, dtype=np.float32)

    def ground(self, points_px: F64) -> F64:
        """Where rays through picture points [n, 2] meet the ground: [n, 2] metres, NaN at or above the horizon."""
        middle = np.array([self.size.width_px / 2, self.size.height_px / 2])
        flat = self._straight(np.asarray(points_px, dtype=np.float64) - middle) / self.focal_px
        rays = flat[:, :1] * self.axes[0] + flat[:, 1:] * self.axes[1] + self.axes[2]
        down = np.where(rays[:, 2] < -1e-6, rays[:, 2], np.nan)
        return np.asarray(rays[:, :2] * (-self.pose.height_m / down)[:, None] + self.origin_m[:2])

    @property
    def whole(self) -> Window:
        """All of the picture."""
        return Window(0, 0, self.size.width_px, self.size.height_px)

    def clip(self, low_px: F64, high_px: F64, margin_px: int = 0) -> Window:
        """The window of whole pixels around a rectangle, cut to the picture."""
        return Window(
            int(max(0, np.floor(low_px[0]) - margin_px)),
            int(max(0, np.floor(low_px[1]) - margin_px)),
            int(min(self.size.width_px, np.ceil(high_px[0]) + margin_px)),
            int(min(self.size.height_px, np.ceil(high_px[1]) + margin_px)),
        )
