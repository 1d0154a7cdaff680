"""The pinhole as the shaders take it, and rectangles of the picture that bodies and their shadows cover."""

from collections.abc import Iterable, Sequence

import numpy as np

from simulator.optics import F32, View, Window
from simulator.render.gl_context import Uniform

_NEAREST_M = 0.3  # a corner nearer than this to the lens' plane has no place in the picture


def lens_uniforms(view: View, scale: int = 1, shift_px: Sequence[float] = (0.0, 0.0)) -> dict[str, Uniform]:
    """Of `camera.glsl`: the view `scale` times as large, its pixels sampled `shift_px` off their middles."""
    width, height = view.size.width_px * scale, view.size.height_px * scale
    right, down, ahead = view.axes
    return {
        "lens": view.origin_m,
        "right": right,
        "down": down,
        "ahead": ahead,
        "pinhole": (width / 2 - shift_px[0], height / 2 - shift_px[1], view.focal_px * scale),
        "size": (float(width), float(height)),
    }


def around(view: View, points_m: F32, margin_px: int) -> Window:
    """The window about points [n, 3]; all of the picture where one is too near to have a place in it."""
    places, depth = view.project(points_m.astype(np.float64))
    if (depth <= 0).all():
        return Window(0, 0, 0, 0)
    if (depth < _NEAREST_M).any():
        return view.whole
    return view.clip(places.min(axis=0), places.max(axis=0), margin_px)


def disjoint(windows: Iterable[Window]) -> list[Window]:
    """Windows that cover the same pixels (and some more) without overlapping."""
    apart: list[Window] = []
    for window in windows:
        if window.empty:
            continue
        merged = window
        while touching := [other for other in apart if _overlap(merged, other)]:
            for other in touching:
                apart.remove(other)
                merged = _union(merged, other)
        apart.append(merged)
    return apart


def _overlap(one: Window, other: Window) -> bool:
    return (
        one.left_px < other.right_px
        and other.left_px < one.right_px
        and one.top_px < other.bottom_px
        and other.top_px < one.bottom_px
    )


def _union(one: Window, other: Window) -> Window:
    return Window(
        min(one.left_px, other.left_px),
        min(one.top_px, other.top_px),
        max(one.right_px, other.right_px),
        max(one.bottom_px, other.bottom_px),
    )


def quads(windows: Sequence[Window], scale: int = 1) -> F32:
    """Two triangles for each window [6 n, 2], in pixels of a picture `scale` times as large."""
    corners = [
        (x, y)
        for w in windows
        for x, y in (
            (w.left_px, w.top_px),
            (w.right_px, w.top_px),
            (w.right_px, w.bottom_px),
            (w.left_px, w.top_px),
            (w.right_px, w.bottom_px),
            (w.left_px, w.bottom_px),
        )
    ]
    return np.array(corners, dtype=np.float32).reshape(-1, 2) * scale
