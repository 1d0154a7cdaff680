"""OpenCV's fast picture operations, typed for this package."""

import cv2
import numpy as np
from numpy.typing import NDArray

from simulator.optics import F32, F64

U8 = NDArray[np.uint8]
I32 = NDArray[np.int32]
SHIFT = 4  # fractional bits of drawn coordinates

_PEAK = 4.0
_LUMINANCE: F32 = np.asarray(_PEAK * (np.arange(256) / 255.0) ** 2, dtype=np.float32)


def tone(luminance: F32) -> F32:
    """Luminance as a byte's value (0..255, not rounded): the square root, full at luminance 4."""
    return np.asarray(np.sqrt(np.clip(luminance / np.float32(_PEAK), 0, 1)) * 255, dtype=np.float32)


def luminance(layer: U8) -> F32:
    """Of bytes, the inverse of `tone`."""
    return np.asarray(cv2.LUT(layer, _LUMINANCE), dtype=np.float32)


def fixed(points_px: F32 | F64) -> I32:
    """Points in pixels (first pixel's centre 0.5) as the drawing functions take them."""
    return np.asarray(np.rint((points_px - 0.5) * (1 << SHIFT)), dtype=np.int32)


def strokes(layer: U8, paths: I32, value: float, thick_px: int) -> None:
    """Smooth-edged open lines [k, points, 2] (`fixed`) into a layer, in place."""
    cv2.polylines(layer, list(paths), False, (value,), thick_px, cv2.LINE_AA, SHIFT)


def resized(picture: F32, shape: tuple[int, int]) -> F32:
    """Enlarged or reduced to [h, w], linearly."""
    return np.asarray(cv2.resize(picture, shape[::-1], interpolation=cv2.INTER_LINEAR), dtype=np.float32)


def reduced(picture: F32, shape: tuple[int, int]) -> F32:
    """Reduced to [h, w] by the mean of areas."""
    return np.asarray(cv2.resize(picture, shape[::-1], interpolation=cv2.INTER_AREA), dtype=np.float32)


def picked(picture: F32, shape: tuple[int, int]) -> F32:
    """Reduced to [h, w] by taking the nearest pixel (depths must not be mixed)."""
    return np.asarray(cv2.resize(picture, shape[::-1], interpolation=cv2.INTER_NEAREST), dtype=np.float32)


def blurred(picture: F32, sigma_px: float) -> F32:
    """Gaussian blur."""
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), sigma_px), dtype=np.float32)


def exponential(picture: F32, out: F32 | None = None) -> F32:
    """exp of each pixel, into `out` if it is there."""
    return np.asarray(cv2.exp(picture, out), dtype=np.float32)


def add_product(out: F32, one: F32, two: F32) -> None:
    """Add one x two to `out`, in place, all [h, w]."""
    cv2.accumulateProduct(one, two, out)


def warped(layers: tuple[F32, ...], turn: F64, size: tuple[int, int]) -> tuple[F32, ...]:
    """Layers of one shape through a plane's perspective [3, 3], into `size` (width, height); 0 beyond their edges."""
    together = cv2.warpPerspective(np.dstack(layers), turn, size, flags=cv2.INTER_LINEAR)
    return tuple(np.asarray(layer, dtype=np.float32) for layer in cv2.split(together))


def smeared(picture: F32, rows: int) -> F32:
    """The mean over `rows` rows (motion up or down during the exposure)."""
    return picture if rows < 2 else np.asarray(cv2.blur(picture, (1, rows)), dtype=np.float32)
