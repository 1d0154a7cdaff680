"""How a fire grows, flickers and leans.

Growth: the heat of a growing fire goes with the square of time (NFPA 92, 2021, t-squared fires), and flames stand as
high as heat^0.4 (Heskestad 1983). A pool of diameter D puffs 1.5 / sqrt(D) times a second (Pagni 1990); tongues on it
lick 5-12 times a second.
"""

import numpy as np

from simulator.optics import F64
from simulator.play import Blaze
from simulator.weather.wind import Wind

LOW_M = 0.12  # the first flame
_DIES_S = 2.5


def chance(blaze: Blaze, own: int) -> np.random.Generator:
    """What is by chance in a fire, from its number and its place: fires of two scenes do not burn alike. `own`: the
    caller's number."""
    return np.random.default_rng([blaze.number, *(round(100 * part) % 2**32 for part in blaze.place_m), own])


def share(blaze: Blaze, t_s: float) -> float:
    """How far the flames have grown, 0..1 of the height; 0 before the first flame and after the last."""
    since_s = t_s - blaze.start_s - blaze.smoulder_s
    if since_s < 0.0 or t_s >= blaze.end_s + _DIES_S:
        return 0.0
    heat = min(1.0, max(since_s, 0.0) / max(blaze.growth_s, 1e-3)) ** 2
    first = min(1.0, LOW_M / blaze.height_m)
    grown = max(first * min(1.0, 0.4 + since_s), float(heat**0.4))
    dying = float(np.clip(1 - (t_s - blaze.end_s) / _DIES_S, 0, 1))
    return grown * dying


def mean_height_m(blaze: Blaze, t_s: float) -> float:
    """How high the flames stand without their flicker."""
    return blaze.height_m * share(blaze, t_s)


def puff_hz(height_m: float) -> float:
    """Pagni (1990): 1.5 / sqrt(D); the foot is about half as wide as the flames are high."""
    return float(1.5 / np.sqrt(max(0.5 * height_m, 0.04)))


def flicker(blaze: Blaze, t_s: float) -> float:
    """A factor around 1 that the height and the light go with: puffs, and tongues at 5-12 Hz."""
    rng = chance(blaze, 7400)
    puff = 2 * np.pi * puff_hz(blaze.height_m)
    tongues = 2 * np.pi * rng.uniform(5.0, 12.0, 5)
    phases = rng.uniform(0, 2 * np.pi, 7)
    sway = 0.10 * np.sin(puff * t_s + phases[5]) + 0.05 * np.sin(1.37 * puff * t_s + phases[6])
    return float(1 + sway + 0.055 * np.sin(tongues * t_s + phases[:5]).sum())


def height_m(blaze: Blaze, t_s: float) -> float:
    """How high the flames stand at a time."""
    return mean_height_m(blaze, t_s) * flicker(blaze, t_s)


def lean(blaze: Blaze, t_s: float, wind: Wind) -> F64:
    """How far the tips lean over, per metre of height, along x and y [2] (about the wind's speed over the flames' own
    rise, 1.9 sqrt(Q^0.4) m/s: McCaffrey 1979)."""
    tall = max(mean_height_m(blaze, t_s), 0.05)
    blow = 0.7 * wind.speed_at(blaze.place_m[2] + 0.6 * tall) * wind.gust(t_s)
    return np.asarray(wind.along[:2] * min(1.1, blow / (3.1 * np.sqrt(tall) + 1.2)))
