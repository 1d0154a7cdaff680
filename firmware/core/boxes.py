"""Arithmetic of boxes in the picture."""

import numpy as np
from numpy.typing import NDArray

from firmware.messages import Box

Array = NDArray[np.float64]


def as_array(boxes: list[Box]) -> Array:
    """[n, 4]: left, top, right, bottom."""
    return np.array([(b.x_px, b.y_px, b.x_px + b.w_px, b.y_px + b.h_px) for b in boxes]).reshape(-1, 4)


def overlaps(first: Array, second: Array) -> Array:
    """Intersection over union [n, m] of boxes [n, 4] with boxes [m, 4]."""
    low = np.maximum(first[:, None, :2], second[None, :, :2])
    high = np.minimum(first[:, None, 2:], second[None, :, 2:])
    shared = np.maximum(high - low, 0).prod(axis=2)
    whole = (first[:, 2:] - first[:, :2]).prod(axis=1)[:, None] + (second[:, 2:] - second[:, :2]).prod(axis=1) - shared
    result: Array = shared / np.maximum(whole, 1e-9)
    return result


def shared_px2(a: Box, b: Box) -> float:
    """The area that two boxes have in common."""
    width_px = min(a.x_px + a.w_px, b.x_px + b.w_px) - max(a.x_px, b.x_px)
    if width_px <= 0:
        return 0.0
    height_px = min(a.y_px + a.h_px, b.y_px + b.h_px) - max(a.y_px, b.y_px)
    return width_px * height_px if height_px > 0 else 0.0


def overlap(a: Box, b: Box) -> float:
    """Intersection over union of two boxes."""
    shared = shared_px2(a, b)
    return shared / max(a.w_px * a.h_px + b.w_px * b.h_px - shared, 1e-9)


def inside(a: Box, b: Box) -> float:
    """Which share of `a` lies in `b`."""
    return shared_px2(a, b) / max(a.w_px * a.h_px, 1e-9)


def around(a: Box, b: Box) -> Box:
    """The smallest box that holds both."""
    x_px, y_px = min(a.x_px, b.x_px), min(a.y_px, b.y_px)
    right_px, bottom_px = max(a.x_px + a.w_px, b.x_px + b.w_px), max(a.y_px + a.h_px, b.y_px + b.h_px)
    return Box(x_px, y_px, right_px - x_px, bottom_px - y_px)


def between(a: Box, b: Box, share: float) -> Box:
    """A box on the way from `a` (share 0) to `b` (share 1)."""
    return Box(
        a.x_px + share * (b.x_px - a.x_px),
        a.y_px + share * (b.y_px - a.y_px),
        a.w_px + share * (b.w_px - a.w_px),
        a.h_px + share * (b.h_px - a.h_px),
    )


def feet_in(box: Box, cover: Box) -> bool:
    """Whether the foot point lies within another box and above its lower edge, where feet may be hidden by it."""
    x_px, y_px = box.foot
    within = cover.x_px < x_px < cover.x_px + cover.w_px
    return within and cover.y_px < y_px < cover.y_px + 0.9 * cover.h_px
