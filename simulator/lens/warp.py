"""Where each pixel looks on the pinhole's canvas: the lens's bend, and the pole's sway in the wind."""

from dataclasses import dataclass

import cv2
import numpy as np

from simulator.optics import F32, F64, View

_UNFELT_PX = 0.02
_REFERENCE_WIND_M_S = 12.0


@dataclass(frozen=True, slots=True)
class Shake:
    """How far the picture is shifted (pixels) and rolled about its middle."""

    right_px: float = 0.0
    down_px: float = 0.0
    roll_rad: float = 0.0


class Sway:
    """A pole of some 5 m in the wind, as a sum of sines: the first mode at about 1 Hz, a second, weaker one at 3-6 Hz
    (hapco.com, "Wind induced vibration"), swelling and ebbing with gusts of some ten seconds. The force of wind, and so
    the sway, grows with its square. Never more than 4.5 times the standard deviation."""

    def __init__(self, focal_px: float, shake_rad: float, seed: int) -> None:
        rng = np.random.default_rng([seed, 601])
        self._scale_px = shake_rad * focal_px
        self._scale_rad = shake_rad * 0.25
        first, second = rng.uniform(0.9, 1.5), rng.uniform(3.0, 5.5)
        spread = np.array([0.94, 1.0, 1.07])
        self._rates_hz: F64 = np.concatenate([first * spread, second * spread[:2]])
        weight = np.array([0.7, 1.0, 0.6, 0.25, 0.2])
        self._weights: F64 = weight / np.sqrt((weight**2).sum() / 2)
        self._phases: F64 = rng.uniform(0, 2 * np.pi, (3, len(weight)))
        self._gusts: F64 = rng.uniform(0, 2 * np.pi, 2)

    def at(self, t_s: float, wind_m_s: float) -> Shake:
        """Where the camera points at a time, relative to still air."""
        strength = (wind_m_s / _REFERENCE_WIND_M_S) ** 2 * self._gust(t_s)
        swing = (self._weights * np.sin(2 * np.pi * self._rates_hz * t_s + self._phases)).sum(axis=1) * strength
        # A pole leans to and fro; the picture rises and falls with it, and less so goes to the side.
        return Shake(0.7 * float(swing[0]) * self._scale_px, float(swing[1]) * self._scale_px,
                     float(swing[2]) * self._scale_rad)  # fmt: skip

    def _gust(self, t_s: float) -> float:
        slow, slower = np.sin(2 * np.pi * np.array([0.11, 0.043]) * t_s + self._gusts)
        return float(1 + 0.35 * slow + 0.25 * slower)


class Warp:
    """Brings a canvas into the shape of the bent picture (`View.on_canvas`), shaken. The maps are made once."""

    def __init__(self, view: View) -> None:
        size = view.size
        across, down = np.meshgrid(np.arange(size.width_px) + 0.5, np.arange(size.height_px) + 0.5)
        spots = view.on_canvas(np.stack([across.ravel(), down.ravel()], axis=1)) - 0.5  # cv2 counts from pixel centres
        self._x = spots[:, 0].reshape(across.shape).astype(np.float32)
        self._y = spots[:, 1].reshape(across.shape).astype(np.float32)
        self._fixed = cv2.convertMaps(self._x, self._y, cv2.CV_16SC2)
        canvas = view.canvas.size
        self._middle_px = ((canvas.width_px - 1) / 2, (canvas.height_px - 1) / 2)
        self._straight = view.bend == 0.0
        self._reach_px = size.width_px / 2

    def taken(self, light: F32, shake: Shake) -> F32:
        """Canvas [h, w] to picture [h, w]; beyond the canvas its edge goes on."""
        felt_px = max(abs(shake.right_px), abs(shake.down_px), abs(shake.roll_rad) * self._reach_px)
        if felt_px < _UNFELT_PX:
            return light.copy() if self._straight else self._remap(light, *self._fixed)
        middle_x, middle_y = self._middle_px
        roll = shake.roll_rad
        x = self._x - np.float32(roll) * self._y
        x += np.float32(roll * middle_y - shake.right_px)
        y = self._y + np.float32(roll) * self._x
        y -= np.float32(roll * middle_x + shake.down_px)
        return self._remap(light, x, y)

    @staticmethod
    def _remap(light: F32, first: np.ndarray, second: np.ndarray) -> F32:  # type: ignore[type-arg]
        taken = cv2.remap(light, first, second, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        return np.asarray(taken, dtype=np.float32)
