"""The site configuration that a fitter would write for a scene: one zone over the lot, and calibration points."""

import numpy as np

from firmware.config import GroundPoint, SiteConfig, ZoneConfig
from simulator.lot import Lot
from simulator.optics import F64, View

_MARGIN_M = 0.6


def site_of(lot: Lot, view: View) -> SiteConfig:
    """Zone and calibration in ratios of the picture; ground points are the lot's own metres."""
    return SiteConfig(
        site="simulated",
        zones=(ZoneConfig(name="lot", polygon=tuple(_ratios(_zone(lot, view), view))),),
        calibration=calibration(lot, view),
    )


def calibration(lot: Lot, view: View) -> tuple[GroundPoint, ...]:
    """A spread of marks on the ground that the picture shows: up to twelve, near and far, left and right."""
    left, near, right, far = lot.ground_m
    marks = np.array([(x, y) for y in np.linspace(near, far, 6) for x in np.linspace(left, right, 9)])
    points_px, _ = view.project(np.concatenate([marks, np.zeros((len(marks), 1))], axis=1))
    limit = np.array([view.size.width_px, view.size.height_px])
    inside = np.flatnonzero(((points_px > 0.02 * limit) & (points_px < 0.98 * limit)).all(axis=1))
    chosen = inside[np.unique(np.linspace(0, len(inside) - 1, 12).round().astype(int))]
    points = _ratios(points_px[chosen], view)
    return tuple(
        GroundPoint(image=image, ground_m=(float(mark[0]), float(mark[1])))
        for image, mark in zip(points, marks[chosen], strict=True)
    )


def _zone(lot: Lot, view: View) -> F64:
    """The lot's rectangle, a little widened, as the polygon of the picture that it fills [n, 2] in pixels."""
    left, near, right, far = lot.ground_m
    edge = np.array([
        (left - _MARGIN_M, near - _MARGIN_M), (right + _MARGIN_M, near - _MARGIN_M),
        (right + _MARGIN_M, far + _MARGIN_M), (left - _MARGIN_M, far + _MARGIN_M),
    ])  # fmt: skip
    polygon = np.concatenate([edge, np.zeros((4, 1))], axis=1)
    seen = (polygon - view.origin_m) @ view.axes.T
    seen = _cut(seen, np.array([0.0, 0.0, 1.0]), 0.5)
    points = seen[:, :2] / seen[:, 2:] * view.focal_px + np.array([view.size.width_px / 2, view.size.height_px / 2])
    for normal, least in (((1, 0), 0), ((-1, 0), -view.size.width_px), ((0, 1), 0), ((0, -1), -view.size.height_px)):
        points = _cut(points, np.array(normal, dtype=np.float64), least)
    return np.asarray(points)


def _cut(polygon: F64, normal: F64, least: float) -> F64:
    """The part of a convex polygon [n, d] where `point @ normal >= least` (Sutherland and Hodgman 1974)."""
    kept = []
    for a, b in zip(polygon, np.roll(polygon, -1, axis=0), strict=True):
        over_a, over_b = float(a @ normal) - least, float(b @ normal) - least
        if over_a >= 0:
            kept.append(a)
        if over_a * over_b < 0:
            kept.append(a + (b - a) * over_a / (over_a - over_b))
    return np.array(kept)


def _ratios(points_px: F64, view: View) -> list[tuple[float, float]]:
    ratios = np.clip(points_px / np.array([view.size.width_px, view.size.height_px]), 0, 1)
    return [(round(float(x), 6), round(float(y), 6)) for x, y in ratios]
