"""Triangles to pixels with a depth each, in plain numpy: the same bytes on every run, and no graphics card.

The picture is a pinhole's, so straight edges stay straight; `depth` looks it up through the lens's bend.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from firmware.messages import Size
from simulator.optics import F64

NEAR_M = 0.3
_BATCH_PX = 2_000_000
Indices = NDArray[np.int64]


def ahead(corners_m: F64) -> F64:
    """Triangles [m, 3, 3] in the camera's axes (right, down, ahead), cut at `NEAR_M` before the lens; fewer or more."""
    before = corners_m[..., 2] > NEAR_M
    count = before.sum(axis=1)
    if bool((count == 3).all()):
        return corners_m
    parts = [corners_m[count == 3]]
    one = _turned(corners_m[count == 1], np.argmax(before[count == 1], axis=1))
    if len(one):
        parts.append(np.stack([one[:, 0], _met(one[:, 0], one[:, 1]), _met(one[:, 0], one[:, 2])], axis=1))
    two = _turned(corners_m[count == 2], np.argmin(before[count == 2], axis=1))
    if len(two):
        first, last = _met(two[:, 0], two[:, 1]), _met(two[:, 0], two[:, 2])
        parts += [np.stack([first, two[:, 1], two[:, 2]], axis=1), np.stack([first, two[:, 2], last], axis=1)]
    return np.concatenate(parts)


def _turned(corners: F64, first: Indices) -> F64:
    """The same triangles, each beginning with another of its corners."""
    order = (first[:, None] + np.arange(3)) % 3
    return np.asarray(np.take_along_axis(corners, order[:, :, None], axis=1))


def _met(a: F64, b: F64) -> F64:
    """Where edges from a to b [n, 3] meet the near plane."""
    share = (NEAR_M - a[:, 2]) / (b[:, 2] - a[:, 2])
    return np.asarray(a + share[:, None] * (b - a))


def fragments(corners_px: F64, depth_m: F64, size: Size) -> Iterator[tuple[Indices, F64]]:
    """Pixels whose middles lie in triangles, either side seen, in batches: flat pixel numbers [n] and depths [n].

    `corners_px` [m, 3, 2], `depth_m` [m, 3]; 1 / depth is linear over a pinhole's picture.
    """
    limit = np.array([size.width_px, size.height_px], dtype=np.float64)
    low = np.clip(np.ceil(corners_px.min(axis=1) - 0.5), 0, limit).astype(np.int64)
    high = np.clip(np.floor(corners_px.max(axis=1) - 0.5) + 1, 0, limit).astype(np.int64)
    span = np.maximum(high - low, 0)
    count = span[:, 0] * span[:, 1]
    across, down = corners_px[:, 1] - corners_px[:, 0], corners_px[:, 2] - corners_px[:, 0]
    area = across[:, 0] * down[:, 1] - across[:, 1] * down[:, 0]
    chosen = np.flatnonzero((count > 0) & (np.abs(area) > 1e-12))
    if not len(chosen):
        return
    planes = _planes(corners_px[chosen], 1.0 / depth_m[chosen])
    low, span, count = low[chosen], span[chosen], count[chosen]
    part = np.cumsum(count) // _BATCH_PX
    for batch in np.split(np.arange(len(chosen)), np.flatnonzero(np.diff(part)) + 1):
        x, y, triangle = _candidates(batch, low, span, count)
        second, third = (_over(plane[triangle], x, y) for plane in planes[:2])
        inside = np.flatnonzero((second >= 0) & (third >= 0) & (second + third <= 1))
        x, y, triangle = x[inside], y[inside], triangle[inside]
        yield y * size.width_px + x, np.asarray(1.0 / _over(planes[2][triangle], x, y))


def _over(plane: F64, x: Indices, y: Indices) -> F64:
    """Linear functions [n, 3] at the middles of pixels."""
    return np.asarray(plane[:, 0] * (x + 0.5) + plane[:, 1] * (y + 0.5) + plane[:, 2])


def _planes(corners_px: F64, nearness: F64) -> F64:
    """Coefficients (of x, of y, constant) over the picture of the second and third corners' weights and of 1 / depth,
    [3, m, 3]."""
    first = corners_px[:, 0]
    across, down = corners_px[:, 1] - first, corners_px[:, 2] - first
    area = across[:, 0] * down[:, 1] - across[:, 1] * down[:, 0]
    second = np.stack([down[:, 1], -down[:, 0]], axis=1) / area[:, None]
    third = np.stack([-across[:, 1], across[:, 0]], axis=1) / area[:, None]
    rise = nearness[:, 1:] - nearness[:, :1]
    slopes = np.stack([second, third, rise[:, :1] * second + rise[:, 1:] * third])
    start = np.stack([np.zeros(len(first)), np.zeros(len(first)), nearness[:, 0]])
    constant = start - (slopes * first).sum(axis=2)
    return np.concatenate([slopes, constant[..., None]], axis=2)


def _candidates(batch: Indices, low: Indices, span: Indices, count: Indices) -> tuple[Indices, Indices, Indices]:
    """Every pixel of the rectangles around the triangles of a batch: columns, rows, triangles, each [n]."""
    many = count[batch]
    triangle = np.repeat(batch, many)
    within = np.arange(int(many.sum())) - np.repeat(np.cumsum(many) - many, many)
    wide = np.repeat(span[batch, 0], many)
    row = within // wide
    return np.repeat(low[batch, 0], many) + within - row * wide, np.repeat(low[batch, 1], many) + row, triangle
