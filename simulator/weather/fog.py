"""Fog and mist: what they take away, the veil that the infrared lamp lights in them, and the halos of lamps."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from simulator.moment import INFRARED_STRENGTH, Light, Moment
from simulator.optics import F32
from simulator.render.beam import BESIDE_M, NEAREST_M
from simulator.weather import noise, pixels
from simulator.weather.halo import Halos
from simulator.weather.sight import Sight

CLEAR_M = 10_000.0  # from this visibility on nothing is drawn
_KOSCHMIEDER = 3.912  # -ln(0.02): the contrast at which a black thing is lost (Koschmieder 1924)
_BACK_SR = 0.011  # water droplets' phase function at 150-170 degrees, per steradian (cloud C1, Deirmendjian 1969)
_LAMP_OFF_M = np.array([BESIDE_M, 0.0, 0.0])  # right, down, ahead of the lens
_COARSE = 8


def extinction_per_m(visibility_m: float) -> float:
    """Koschmieder (1924): 3.912 / meteorological range."""
    return _KOSCHMIEDER / visibility_m


def transmission(distance_m: F32, visibility_m: float) -> F32:
    """What share of light gets through `distance_m` of fog, same shape; nothing from infinitely far."""
    far = np.minimum(distance_m, np.float32(1e6))
    return pixels.exponential(far * np.float32(-extinction_per_m(visibility_m)))


@dataclass(frozen=True)
class Fog:
    """Even fog but for slow patches; `drift_m_s` is how fast they go by. `veil`: what share of the infrared lamp's
    veil is drawn here (where rain or snow dim the view, most of it is the near drops and flakes themselves)."""

    sight: Sight
    visibility_m: float
    drift_m_s: float = 1.0
    veil: float = 1.0
    lamps: tuple[Light, ...] = ()

    @property
    def clear(self) -> bool:
        """Whether there is nothing to draw."""
        return self.visibility_m >= CLEAR_M

    @property
    def _coarse(self) -> tuple[int, int]:
        height, width = self.sight.shape
        return -(-height // _COARSE), -(-width // _COARSE)

    @cached_property
    def _halos(self) -> Halos:
        return Halos(self.sight, extinction_per_m(self.visibility_m), self._coarse, self.lamps)

    @cached_property
    def _coarse_beam(self) -> F32:
        return pixels.reduced(self.sight.beam, self._coarse)

    @cached_property
    def _coarse_stretch(self) -> F32:
        return pixels.reduced(self.sight.stretch, self._coarse)

    @cached_property
    def _veil(self) -> F32:
        """Coarse luminance of endless fog under the infrared lamp of strength 1 (in `moment`'s sense): the integral
        along each ray of extinction x phase function x beam / distance^2 x transmission there and back."""
        flat = pixels.reduced(self.sight.flat, self._coarse).reshape(-1, 2)
        unit = np.column_stack([flat, np.ones(len(flat), dtype=np.float32)])
        unit /= np.linalg.norm(unit, axis=1, keepdims=True)
        along = np.geomspace(0.08, 80.0, 56)
        step = np.gradient(along)
        sigma = extinction_per_m(self.visibility_m)
        total = np.zeros(len(unit))
        for s_m, ds_m in zip(along, step, strict=True):
            off = unit * s_m - _LAMP_OFF_M
            away = np.linalg.norm(off, axis=1)
            lit = self.sight.beam_at(off) * np.exp(-sigma * (s_m + away)) / np.maximum(away, NEAREST_M) ** 2
            total += lit * ds_m
        coarse = (total * np.pi * _BACK_SR * sigma * INFRARED_STRENGTH).reshape(self._coarse)
        return np.asarray(coarse, dtype=np.float32)

    def over(self, luminance: F32, depth_m: F32, moment: Moment) -> F32:
        """Luminance [h, w] seen through the fog.

        Light of the infrared lamp loses on its way there as well: a surface that only that lamp lights loses twice,
        others by their share of it. All but the loss is smooth and worked out coarsely.
        """
        if self.clear:
            return luminance
        near = np.minimum(pixels.picked(depth_m, self._coarse), np.float32(1e6))
        out = pixels.resized(1 + self._lamp_share(near, moment), self.sight.shape)
        out *= self._loss_per_depth
        out *= np.minimum(depth_m, np.float32(1e6))
        pixels.exponential(out, out)
        out *= luminance
        out += pixels.resized(self._veiled(near, moment), self.sight.shape)
        return out

    @cached_property
    def _loss_per_depth(self) -> F32:
        """Minus extinction per metre of depth, [h, w]."""
        return np.asarray(self.sight.stretch * np.float32(-extinction_per_m(self.visibility_m)), dtype=np.float32)

    def _lamp_share(self, depth_m: F32, moment: Moment) -> F32:
        """How much of a surface's light is the infrared lamp's, at coarse depths, same shape."""
        lit = np.float32(moment.infrared * INFRARED_STRENGTH) * self._coarse_beam / depth_m**2
        return np.asarray(lit / (lit + np.float32(max(moment.ambient, 1e-6))), dtype=np.float32)

    def _veiled(self, depth_m: F32, moment: Moment) -> F32:
        """What the fog itself sends to the lens, up to what stands in the way, at coarse depths, same shape: the sky's
        light, the infrared lamp's and other lamps'.

        Of the endless veil E2(2 sigma d) / d is missing beyond distance d, with E2 the exponential integral, and E2(x)
        is close to exp(-x) / (1 + x).
        """
        sigma = extinction_per_m(self.visibility_m)
        distance = depth_m * self._coarse_stretch
        through = transmission(distance, self.visibility_m)
        scale = np.float32(np.pi * _BACK_SR * sigma * INFRARED_STRENGTH)
        missing = scale * self._coarse_beam * through**2 / (distance * (1 + np.float32(2 * sigma) * distance))
        lamp = np.maximum(self._veil - missing, np.float32(0.0)) * self._patches(moment.t_s)
        veil = lamp * np.float32(moment.infrared * self.veil) + (1 - through) * np.float32(moment.sky)
        return np.asarray(veil + self._halos.luminance(depth_m, moment), dtype=np.float32)

    def _patches(self, t_s: float) -> F32:
        """Fog drifts in wisps: a slow factor around 1, coarse."""
        rows, columns = self._coarse
        across, down = np.linspace(0, 0.5, columns), np.linspace(0, 0.5 * rows / columns, rows)
        x, y = (axis.astype(np.float32) for axis in np.meshgrid(across, down))
        move = 0.02 * self.drift_m_s * t_s
        wisps = noise.at(3, x - move, y + 0.004 * t_s, 1.9) + noise.at(4, 1.7 * x - 1.6 * move, 1.7 * y, 1.9)
        return np.asarray(1 + np.float32(0.06) * wisps, dtype=np.float32)
