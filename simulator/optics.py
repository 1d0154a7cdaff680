"""The pole's camera as geometry: a pinhole over a flat lot.

World: metres, right-handed, x along the rows of bays, y across them (away from the usual pole, whose foot is the
origin), z up. Picture: pixels from the upper left corner, the first pixel's centre at (0.5, 0.5). Depth is the distance
along the optical axis in metres (not along the ray), so that a pixel's point is `origin + depth * ray`.
"""

from dataclasses import dataclass
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
    """A pose seen in a picture of a certain size."""

    pose: PolePose
    size: Size

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
        """Focal length in pixels."""
        return self.size.width_px / 2 / float(np.tan(self.pose.horizontal_view_rad / 2))

    def project(self, points_m: F64) -> tuple[F64, F64]:
        """World points [n, 3] to picture points [n, 2] in pixels and depths [n]; depth <= 0 is behind the lens."""
        seen = (np.asarray(points_m, dtype=np.float64) - self.origin_m) @ self.axes.T
        depth = seen[:, 2]
        safe = np.where(np.abs(depth) < 1e-6, 1e-6, depth)
        middle = np.array([self.size.width_px / 2, self.size.height_px / 2])
        return seen[:, :2] / safe[:, None] * self.focal_px + middle, depth

    def rays(self, window: Window, samples: int = 1) -> F32:
        """World directions with depth 1 through the window's pixels, [rows * samples, columns * samples, 3]."""
        step = 1.0 / samples
        across = window.left_px + (np.arange((window.right_px - window.left_px) * samples) + 0.5) * step
        down = window.top_px + (np.arange((window.bottom_px - window.top_px) * samples) + 0.5) * step
        across = (across - self.size.width_px / 2) / self.focal_px
        down = (down - self.size.height_px / 2) / self.focal_px
        right, below, ahead = self.axes
        rays = across[None, :, None] * right + down[:, None, None] * below + ahead
        return np.asarray(rays, dtype=np.float32)

    def ground(self, points_px: F64) -> F64:
        """Where rays through picture points [n, 2] meet the ground: [n, 2] metres, NaN at or above the horizon."""
        middle = np.array([self.size.width_px / 2, self.size.height_px / 2])
        flat = (np.asarray(points_px, dtype=np.float64) - middle) / self.focal_px
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
