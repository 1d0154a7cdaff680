"""How bright things are: the infrared lamp beside the lens, lamps on posts, and the glow of the sky.

Linear units: a white wall square to the beam's centre 12 m away has luminance 1 under an infrared lamp of strength 1.
The lamp sits beside the lens, so its shadows are hidden by what casts them; only the inverse square, the beam's profile
and the surface's tilt remain.
"""

import numpy as np

from simulator.lot import Lamp, Lot
from simulator.materials import Material
from simulator.optics import F32, View

_REFERENCE_M = 12.0
_LAMP_REFERENCE_M = 4.5
_LAMP_PEAK = 0.35
_AIM_RAD = 0.10  # the lamp looks above the picture's middle, or it would light the pole's own foot


def beam(view: View, lot: Lot, spots_m: F32) -> F32:
    """Irradiance from the infrared lamp at spots [n, 3]: hot centre, dark edge (two-part profile), inverse square."""
    away = spots_m - view.origin_m.astype(np.float32)
    distance_sq = np.maximum(_dot(away, away), 0.25)
    aim = view.axes[2] - _AIM_RAD * view.axes[1]
    cosine = np.clip(away @ aim.astype(np.float32) / np.sqrt(distance_sq) / np.linalg.norm(aim), -1, 1)
    angle_sq = 2 * (1 - cosine)
    hot = angle_sq / np.float32(lot.lighting.beam_rad**2)
    wide = angle_sq / np.float32((1.75 * lot.lighting.beam_rad) ** 2)
    profile = 0.65 * np.exp(-hot) + 0.35 * np.exp(-wide * wide)
    return np.asarray(lot.lighting.infrared * profile * _REFERENCE_M**2 / distance_sq, dtype=np.float32)


def shade(view: View, lot: Lot, spots_m: F32, normal: F32, material: Material) -> F32:
    """Luminance of spots [n, 3] as seen from the lens.

    Rough surfaces under a lamp beside the lens look flatter than Lambert's law says (Oren and Nayar 1994): the cosine
    is raised to 0.6.
    """
    to_lens = view.origin_m.astype(np.float32) - spots_m
    to_lens /= np.sqrt(_dot(to_lens, to_lens))[:, None]
    facing = np.maximum(_dot(to_lens, normal), 0.0)
    gloss = material.gloss * facing ** (material.sharpness * 2)
    seen = material.albedo * facing**0.6 + gloss + material.retro * (facing > 0.05)
    luminance = beam(view, lot, spots_m) * seen + lot.lighting.ambient * material.albedo * (0.55 + 0.45 * normal[:, 2])
    for lamp in lot.lighting.lamps:
        luminance += lamp_light(lamp, spots_m, normal, to_lens, material)
    return np.asarray(luminance, dtype=np.float32)


def lamp_light(lamp: Lamp, spots_m: F32, normal: F32, to_lens: F32, material: Material) -> F32:
    """What one lamp on a post adds: a pool of light below it, and its glint on glossy paint."""
    towards = np.array([*lamp.place_m, lamp.height_m], dtype=np.float32) - spots_m
    distance_sq = np.maximum(_dot(towards, towards), 0.5)
    towards = towards / np.sqrt(distance_sq)[:, None]
    cosine = np.maximum(_dot(towards, normal), 0.0)
    cutoff = np.clip(towards[:, 2] * 1.6, 0, 1)
    between = towards + to_lens
    between /= np.maximum(np.sqrt(_dot(between, between)), 1e-6)[:, None]
    glint = material.gloss * np.maximum(_dot(between, normal), 0.0) ** (material.sharpness * 5) * 2
    strength = lamp.strength * _LAMP_PEAK * _LAMP_REFERENCE_M**2
    return np.asarray(strength / distance_sq * cutoff * (material.albedo * cosine + glint), dtype=np.float32)


def _dot(a: F32, b: F32) -> F32:
    return np.asarray(np.einsum("nc,nc->n", a, b), dtype=np.float32)
