"""The site configuration that a fitter would write for a scene: one zone over the lot, and calibration points.

Both are in the bent picture, as a fitter would click them.
"""

import numpy as np

from firmware.config import GroundPoint, SiteConfig, ZoneConfig
from simulator.lots.lot import Lot
from simulator.optics import F64, View

_MARGIN_M = 0.6
_NEAR_M = 0.5
_STEPS = 12


def site_of(lot: Lot, view: View) -> SiteConfig:
    """Zone and calibration in ratios of the picture; ground points are the lot's own metres."""
    polygon = _zone(lot, view)
    zones = (ZoneConfig(name="lot", polygon=tuple(_ratios(polygon, view))),) if len(polygon) >= 3 else ()
    return SiteConfig(site="simulated", zones=zones, calibration=calibration(lot, view))


def calibration(lot: Lot, view: View) -> tuple[GroundPoint, ...]:
    """A spread of marks on the ground that the picture shows: up to twelve, near and far, left and right."""
    left, near, right, far = lot.ground_m
    marks = np.array([(x, y) for y in np.linspace(near, far, 6) for x in np.linspace(left, right, 9)])
    points_px, depth = view.project(np.concatenate([marks, np.zeros((len(marks), 1))], axis=1))
    limit = np.array([view.size.width_px, view.size.height_px])
    inside = ((points_px > 0.02 * limit) & (points_px < 0.98 * limit)).all(axis=1) & (depth > _NEAR_M)
    there = np.flatnonzero(inside)
    chosen = there[np.unique(np.linspace(0, len(there) - 1, 12).round().astype(int))] if len(there) else there
    points = _ratios(points_px[chosen], view)
    return tuple(
        GroundPoint(image=image, ground_m=(float(mark[0]), float(mark[1])))
        for image, mark in zip(points, marks[chosen], strict=True)
    )


def as_toml(site: SiteConfig) -> bytes:
    """`site.toml`: the site's name, zones and calibration (rules stay at their defaults)."""
    lines = [f'site = "{site.site}"']
    for zone in site.zones:
        points = ", ".join(f"[{x:.6f}, {y:.6f}]" for x, y in zone.polygon)
        rules = ", ".join(f'"{rule}"' for rule in zone.rules)
        lines += ["", "[[zones]]", f'name = "{zone.name}"', f"polygon = [{points}]", f"rules = [{rules}]"]
    for point in site.calibration:
        image, ground = point.image, point.ground_m
        lines += ["", "[[calibration]]", f"image = [{image[0]:.6f}, {image[1]:.6f}]"]
        lines += [f"ground-m = [{ground[0]:.4f}, {ground[1]:.4f}]"]
    return ("\n".join(lines) + "\n").encode("ascii")


def _zone(lot: Lot, view: View) -> F64:
    """The lot's rectangle, a little widened, as the polygon of the bent picture that it fills [n, 2] in pixels.

    Straight edges bend, so each is walked in steps; a corner behind the lens is cut off before.
    """
    left, near, right, far = lot.ground_m
    edge = np.array([
        (left - _MARGIN_M, near - _MARGIN_M), (right + _MARGIN_M, near - _MARGIN_M),
        (right + _MARGIN_M, far + _MARGIN_M), (left - _MARGIN_M, far + _MARGIN_M),
    ])  # fmt: skip
    corners = np.concatenate([edge, np.zeros((4, 1))], axis=1)
    seen = _cut((corners - view.origin_m) @ view.axes.T, np.array([0.0, 0.0, 1.0]), _NEAR_M)
    if len(seen) < 3:
        return np.zeros((0, 2))
    ahead = np.roll(seen, -1, axis=0)
    share = (np.arange(_STEPS) / _STEPS)[None, :, None]
    walked = (seen[:, None] + share * (ahead - seen)[:, None]).reshape(-1, 3)
    points, _ = view.project(walked @ view.axes + view.origin_m)
    for normal, least in (((1, 0), 0), ((-1, 0), -view.size.width_px), ((0, 1), 0), ((0, -1), -view.size.height_px)):
        points = _cut(points, np.array(normal, dtype=np.float64), least)
    return points


def _cut(polygon: F64, normal: F64, least: float) -> F64:
    """The part of a convex polygon [n, d] where `point @ normal >= least` (Sutherland and Hodgman 1974)."""
    kept = []
    for a, b in zip(polygon, np.roll(polygon, -1, axis=0), strict=True):
        over_a, over_b = float(a @ normal) - least, float(b @ normal) - least
        if over_a >= 0:
            kept.append(a)
        if over_a * over_b < 0:
            kept.append(a + (b - a) * over_a / (over_a - over_b))
    return np.array(kept).reshape(-1, polygon.shape[1])


def _ratios(points_px: F64, view: View) -> list[tuple[float, float]]:
    ratios = np.clip(points_px / np.array([view.size.width_px, view.size.height_px]), 0, 1)
    return [(round(float(x), 6), round(float(y), 6)) for x, y in ratios]
