"""How far, how clear and turned which way a thing is, as seen from the lens."""

import numpy as np

from simulator.conditions import Condition
from simulator.optics import F32, F64, View

EYE_M = 0.8
"""Height of the point that distances are taken to: the middle of a person or a car."""


def clarity(condition: Condition, distance_m: F64 | F32) -> F64:
    """Contrast that is left under a lamp beside the lens, 0..1, of things this far away.

    Koschmieder: contrast falls by exp(-3.912 d / V), V being where 2 % is left (the meteorological range); light of the
    pole's own lamp is weakened on its way out as well.
    """
    return np.asarray(np.exp(-2 * 3.912 * np.asarray(distance_m, dtype=np.float64) / condition.visibility_m))


def facing(heading_rad: float, place_m: tuple[float, float], view: View) -> float:
    """A heading as seen from the lens: 0 towards it, in -pi..pi."""
    away = view.origin_m[:2] - np.array(place_m)
    off = heading_rad - float(np.arctan2(away[1], away[0]))
    return float((off + np.pi) % (2 * np.pi) - np.pi)


def distance_m(view: View, place_m: tuple[float, float], height_m: float = EYE_M) -> float:
    """From the lens to a point above a place on the ground."""
    return float(np.linalg.norm(np.array([*place_m, height_m]) - view.origin_m))
