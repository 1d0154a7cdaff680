"""Takes the grain out of what few rays found: light that must find its way through leaves or off another surface.

Only that light, as irradiance (without the surface's own albedo) and over one pixel's neighbours at about the same
depth: textures, edges and whatever the infrared lamp lights stay as sharp as they are.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from simulator.optics import F32

_STEEPEST = 0.04  # change of depth from pixel to pixel, beyond which surfaces are two; a lot at 40 m rises by 0.03
_LEAST = np.float32(0.02)  # reflectance below which irradiance is not told apart from noise


@dataclass(frozen=True, slots=True)
class Shine:
    """Luminance [h, w] in two parts, and what share of light the surface gives back (albedo and mirror)."""

    clear: F32
    grainy: F32
    answer: F32


def mean(parts: Sequence[Shine]) -> Shine:
    """Of the moments of an exposure."""
    share = np.float32(1 / len(parts))
    return Shine(
        np.asarray(sum(part.clear for part in parts) * share),
        np.asarray(sum(part.grainy for part in parts) * share),
        np.asarray(sum(part.answer for part in parts) * share),
    )


def smooth(shine: Shine, depth_m: F32) -> F32:
    """Luminance [h, w] with less grain: weights 1-2-1 both ways over neighbours of about the same depth [h, w]."""
    received = shine.grainy / (shine.answer + _LEAST)
    near = 1 / depth_m  # 0: sky
    total, weights = np.zeros_like(received), np.zeros_like(received)
    light, nearness = (np.pad(part, 1, mode="edge") for part in (received, near))
    height, width = received.shape
    for down in range(3):
        for right in range(3):
            there = slice(down, down + height), slice(right, right + width)
            weight = np.float32((2 - abs(down - 1)) * (2 - abs(right - 1)))
            same = weight * (np.abs(nearness[there] - near) <= _STEEPEST * near)
            total += same * light[there]
            weights += same
    return np.asarray(shine.clear + total / weights * (shine.answer + _LEAST), dtype=np.float32)
