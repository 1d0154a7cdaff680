"""Poles: where cameras hang and look, and how their lenses bend."""

import numpy as np

from simulator.lots.layout import Plan
from simulator.optics import PolePose

_WIDE_RAD, _NARROW_RAD = np.radians(100.0), np.radians(60.0)
_ASPECT = 9 / 16


def random_pose(rng: np.random.Generator, plan: Plan) -> PolePose:
    """The usual pole, before the rows: 4-6 m high, 60-100 degrees, its picture from before the first row to the
    houses."""
    height = float(rng.uniform(4.2, 5.8))
    view = float(np.clip(rng.normal(np.radians(74), np.radians(10)), _NARROW_RAD, _WIDE_RAD))
    bays = np.array([(bay.middle_x_m, (bay.opening_y_m + bay.inner_y_m) / 2) for bay in plan.bays])
    azimuth = 0.8 * float(np.arctan2(bays[:, 0], bays[:, 1]).mean()) + float(rng.uniform(-0.08, 0.08))
    half = float(np.arctan(np.tan(view / 2) * _ASPECT))
    nearest = plan.near_m - float(rng.uniform(0.3, 1.8))
    tilt = float(np.arctan(height / max(nearest, 3.0))) - half
    return PolePose(height, azimuth, float(np.clip(tilt, max(0.22, half - 0.10), half + 0.04)), view)


def wild_pose(rng: np.random.Generator, plan: Plan) -> PolePose:
    """Before the rows, at the lane's end, or at a corner of the lot, looking about at its middle."""
    height, view = float(rng.uniform(3.6, 6.8)), float(rng.uniform(0.80, 1.75))
    half = float(np.arctan(np.tan(view / 2) * _ASPECT))
    tilt = float(rng.uniform(max(0.18, half - 0.14), max(0.40, half + 0.16)))
    side = 1 if rng.random() < 0.5 else -1
    lane = sum(plan.lanes[0].y_m) / 2
    place = rng.random()
    if place < 0.4:
        foot = (float(rng.uniform(-3, 3)), 0.0)
    elif place < 0.7:
        end = plan.rows_m[1] if side > 0 else plan.rows_m[0]
        foot = (end + side * float(rng.uniform(1.0, 3.8)), lane + float(rng.uniform(-2.2, 2.2)))
    else:
        foot = (side * float(rng.uniform(7, 14)), float(rng.uniform(0.0, plan.near_m - 3.0)))
    middle = float(np.arctan2(-foot[0], lane + 2.0 - foot[1]))
    return PolePose(height, middle + float(rng.uniform(-0.35, 0.35)), tilt, view, foot)


def other_poles(rng: np.random.Generator, plan: Plan) -> list[PolePose]:
    """Up to two more at the lot's other edges, looking back over it."""
    low, high = plan.rows_m
    spots = [
        (float(rng.uniform(low, high)), plan.far_m + 0.75),
        ((high if plan.side > 0 else low) + plan.side * 1.0, plan.near_m - 0.8),
    ]
    poles = []
    for foot in spots[: int(rng.choice([0, 1, 2], p=[0.45, 0.35, 0.2]))]:
        towards = np.array([(low + high) / 2, (plan.near_m + plan.far_m) / 2]) - np.array(foot)
        azimuth = float(np.arctan2(towards[0], towards[1]))
        poles.append(PolePose(float(rng.uniform(4.3, 5.6)), azimuth, 0.36, 1.25, foot))
    return poles


def lens_bend(rng: np.random.Generator, view_rad: float) -> float:
    """Distortion grows with the angle of view: about -0.03 at 60 degrees, -0.16 at 100."""
    share = (view_rad - _NARROW_RAD) / (_WIDE_RAD - _NARROW_RAD)
    return float(np.clip(-(0.03 + 0.13 * share) + rng.normal(0, 0.012), -0.18, -0.02))
