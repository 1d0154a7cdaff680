"""The infrared lamp beside the lens: where it sits, where it looks, and how its light falls off from its axis.

The profile has two parts, as LED lamps behind a plain lens have: a hot centre and a wider plateau with an edge. Both
renderers draw this formula; the shader `light.glsl` repeats it and a test holds them together.
"""

import numpy as np

from simulator.moment import INFRARED_STRENGTH
from simulator.optics import F64, View

AIM_UP_RAD = 0.10  # above the picture's middle, or the lamp would light the pole's own foot
BESIDE_M = 0.08  # to the right of the lens: the lamps of usual cameras sit 3-10 cm off it
NEAREST_M = 0.5  # closer than this the lamp is no point any more

_HOT, _WIDE, _WIDER = 0.65, 0.35, 1.75


def profile(angle_rad: F64, beam_rad: float) -> F64:
    """Strength at angles [...] off the axis, 1 along it. `beam_rad`: half width of the hot centre."""
    turned = np.asarray(angle_rad, dtype=np.float64) / beam_rad
    return np.asarray(_HOT * np.exp(-(turned**2)) + _WIDE * np.exp(-((turned / _WIDER) ** 4)))


def aim(view: View) -> F64:
    """The beam's axis, a unit vector [3]."""
    return np.asarray(np.cos(AIM_UP_RAD) * view.axes[2] - np.sin(AIM_UP_RAD) * view.axes[1])


def place_m(view: View) -> F64:
    """The lamp's place [3]."""
    return np.asarray(view.origin_m + BESIDE_M * view.axes[0])


def irradiance(view: View, beam_rad: float, points_m: F64) -> F64:
    """From a lamp of strength 1 at points [..., 3], on a surface square to its rays; no shadows."""
    away = np.asarray(points_m, dtype=np.float64) - place_m(view)
    distance = np.maximum(np.linalg.norm(away, axis=-1), 1e-6)
    angle = np.arccos(np.clip(away @ aim(view) / distance, -1, 1))
    return np.asarray(INFRARED_STRENGTH * profile(angle, beam_rad) / np.maximum(distance, NEAREST_M) ** 2)
