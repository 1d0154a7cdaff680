"""How things are pasted on a grey picture: sprites laid over it, and soft light added to it, in place."""

# OpenCV is typed as Any where it is not installed.
# mypy: warn-return-any=False
from __future__ import annotations

from functools import lru_cache

import cv2  # type: ignore[import-not-found,unused-ignore]
import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.uint8]
Levels = NDArray[np.float32]


def over(image: Grey, left: int, top: int, brightness: Levels, opacity: Levels) -> None:
    """Lay a sprite over the image, in place, cut at the image's edges."""
    height, width = image.shape
    y0, x0 = max(top, 0), max(left, 0)
    y1, x1 = min(top + opacity.shape[0], height), min(left + opacity.shape[1], width)
    if y1 <= y0 or x1 <= x0:
        return
    part = np.s_[y0 - top : y1 - top, x0 - left : x1 - left]
    under = image[y0:y1, x0:x1]
    image[y0:y1, x0:x1] = np.clip(under + (brightness[part] - under) * opacity[part], 0, 255).astype(np.uint8)


@lru_cache(maxsize=1)
def _disc() -> Levels:
    """Soft round light, 128 px wide: 1 in the middle, 0 at the rim."""
    steps = np.linspace(-1, 1, 128, dtype=np.float32) ** 2
    away = steps[None] + steps[:, None]
    return np.clip((1 - away) / (1 + 9 * away), 0, 1).astype(np.float32)


def shine(
    image: Grey, middle: tuple[float, float], reach_px: tuple[float, float], level: float, gain: float = 0.0
) -> None:
    """Add a soft oval of light, in place: `level` grey levels, and `gain` times what is there."""
    size = (max(3, 2 * round(reach_px[0])), max(3, 2 * round(reach_px[1])))
    left, top = round(middle[0] - size[0] / 2), round(middle[1] - size[1] / 2)
    height, width = image.shape
    y0, x0, y1, x1 = max(top, 0), max(left, 0), min(top + size[1], height), min(left + size[0], width)
    if y1 <= y0 or x1 <= x0:
        return
    light = cv2.resize(_disc(), size)[y0 - top : y1 - top, x0 - left : x1 - left]
    under = image[y0:y1, x0:x1].astype(np.float32)
    image[y0:y1, x0:x1] = np.clip(under + light * (np.float32(level) + np.float32(gain) * under), 0, 255)


def star(image: Grey, spot: tuple[float, float], reach_px: float, rng: np.random.Generator) -> None:
    """A glint: a burnt-out point with rays."""
    thin, level = max(0.8, 0.08 * reach_px), rng.uniform(150, 450)
    shine(image, spot, (reach_px, thin), level)
    shine(image, spot, (thin, reach_px * rng.uniform(0.4, 1.0)), level)
    shine(image, spot, (2.5 * thin, 2.5 * thin), level)
