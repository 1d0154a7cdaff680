"""What the picture is when somebody harms the camera: covers, sprays or blinds it (see `harm`)."""

import numpy as np

from firmware.messages import Size
from simulator.lens.dome import smooth_noise
from simulator.lens.glass import QUARTER, grown
from simulator.lens.harm import Harm
from simulator.optics import F32

_DEFOCUS_RATIO = 0.014
_TORCH = 220.0  # a torch's filament or die into the lens is hundreds of times a lit wall


class Tamper:
    """Draws harms into the light that comes through the dome; how they look is chosen by the seed."""

    def __init__(self, size: Size, seed: int) -> None:
        rng = np.random.default_rng([seed, 606])
        small = Size(-(-size.width_px // QUARTER), -(-size.height_px // QUARTER))
        self._size = small
        self._from_rad = float(rng.uniform(0, 2 * np.pi))
        self._cloth = 0.5 + 0.5 * smooth_noise(small, 0.35, rng)
        # Cloth or tape over the dome: the lamp inside lights it up, or, where the lamp sits outside, it is black.
        self._leak = float(np.exp(rng.uniform(np.log(5e-4), np.log(0.2))))
        self._paint = _paint(small, rng)
        self._paint_glow = float(rng.uniform(0.02, 0.15))
        self._torch = (float(rng.uniform(0.25, 0.75)), float(rng.uniform(0.2, 0.6)))
        self._sway_rad = float(rng.uniform(0, 6))

    def seen(self, light: F32, harm: Harm, t_s: float, infrared: float) -> F32:
        """The light [h, w] after it; `infrared` is the lamp's strength."""
        if harm.sprayed > 0.0:
            light = self._sprayed(light, harm.sprayed, infrared)
        if harm.covered > 0.0:
            light = self._covered(light, harm.covered, infrared)
        if harm.blinded > 0.0:
            light = light + grown(self._glare(harm.blinded, t_s), light)
        return light

    def _sprayed(self, light: F32, share: float, infrared: float) -> F32:
        """Paint, most of it in the middle, spreading as `share` rises: opaque, and lit by the lamp from within."""
        cover = np.clip((self._paint - (1 - share)) * 8, 0.0, 1.0)
        return self._over(light, np.asarray(0.99 * cover, dtype=np.float32), self._paint_glow * infrared)

    def _covered(self, light: F32, share: float, infrared: float) -> F32:
        """A cloth that comes over the picture from one side; its edge is far out of focus."""
        rows, columns = self._size.height_px, self._size.width_px
        x, y = (np.arange(columns)[None] + 0.5) / columns - 0.5, (np.arange(rows)[:, None] + 0.5) / rows - 0.5
        along = x * np.cos(self._from_rad) + y * np.sin(self._from_rad)
        cover = 1 / (1 + np.exp(-np.clip((share * 2.6 - 1.3 - along * 1.4) * 14, -30, 30)))
        return self._over(light, np.asarray(cover, dtype=np.float32), self._leak * infrared)

    def _over(self, light: F32, cover: F32, glow: float) -> F32:
        lit = cover * self._cloth * np.float32(glow)
        return light * grown(1 - cover, light) + grown(lit, light)

    def _glare(self, share: float, t_s: float) -> F32:
        """A torch or laser held to the lens by an unsteady hand: a burnt-out disc, a halo that falls off slowly, the
        aperture's streaks, and a veil over everything."""
        rows, columns = self._size.height_px, self._size.width_px
        sway = 0.012 * np.sin(np.array([2.1, 2.9]) * t_s + self._sway_rad)
        x = (np.arange(columns)[None] + 0.5) / columns - self._torch[0] - sway[0]
        y = ((np.arange(rows)[:, None] + 0.5) / rows - self._torch[1] - sway[1]) * rows / columns
        radius_sq = x**2 + y**2
        streaks = 1 + 0.5 * np.cos(6 * np.arctan2(y, x)) ** 8
        core = np.exp(-radius_sq / 0.03**2)
        halo = 0.02 * streaks / (1 + (radius_sq / 0.06**2) ** 1.1)
        return np.asarray(_TORCH * share * (core + halo + 0.003), dtype=np.float32)


def defocus_px(harm: Harm, width_px: int) -> float:
    """Standard deviation of the blur of a lens that was turned out of focus."""
    return harm.defocused * _DEFOCUS_RATIO * width_px


def _paint(size: Size, rng: np.random.Generator) -> F32:
    """The order in which paint covers the dome, 1 first: thick in the middle, ragged, with runs downwards."""
    x = (np.arange(size.width_px)[None] + 0.5) / size.width_px - rng.uniform(0.35, 0.65)
    y = ((np.arange(size.height_px)[:, None] + 0.5) / size.height_px - rng.uniform(0.35, 0.6)) * 0.6
    ragged = 0.6 * smooth_noise(size, 0.08, rng) + 0.4 * smooth_noise(size, 0.03, rng)
    runs = smooth_noise(size, 0.02, rng).mean(axis=0, keepdims=True) * np.clip(y * 3, 0, 1)
    paint = 1.05 - 1.3 * np.hypot(x, y) ** 1.2 + 0.35 * (ragged - 0.5) + runs
    return np.asarray(np.clip(paint, 0.0, 1.0), dtype=np.float32)
