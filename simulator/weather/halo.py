"""Halos: the light of lamps that fog scatters towards the lens."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from simulator.moment import Light, Moment
from simulator.optics import F32
from simulator.weather import pixels
from simulator.weather.sight import Sight

_FORWARD = 0.82  # asymmetry of Henyey and Greenstein (1941) for droplets of fog
_STEPS = 8
_MOVING = 4  # at most so many lights of a moment have halos, the strongest ones
_WEAK = 0.002  # irradiance at the lens below which a lamp has none
_NODES_M = np.array([1.5, 4.0, 7.0, 10.0, 13.0, 16.0, 20.0, 25.0, 32.0, 50.0, 200.0], dtype=np.float32)


@dataclass(frozen=True)
class Halos:
    """Of lamps that stay (`lamps`, on posts) and of a moment's lights, in fog of extinction `sigma` (per metre), on a
    grid of `shape` over the picture."""

    sight: Sight
    sigma: float
    shape: tuple[int, int]
    lamps: tuple[Light, ...] = ()

    def luminance(self, depth_m: F32, moment: Moment) -> F32:
        """On the way to depths of the grid, same shape."""
        total = np.zeros(self.shape, dtype=np.float32)
        if self._strong and moment.lamps_on > 0.0:
            total += self._standing(depth_m) * np.float32(moment.lamps_on)
        lights = sorted(moment.lights, key=self._worth, reverse=True)[:_MOVING]
        lights = [light for light in lights if self._worth(light) > _WEAK]
        if lights:
            total += self._moving(depth_m, lights)
        return total

    def _worth(self, light: Light) -> float:
        away = np.asarray(light.place_m) - self.sight.view.origin_m
        return light.strength / max(1.0, float(away @ away))

    @cached_property
    def _strong(self) -> tuple[Light, ...]:
        return tuple(lamp for lamp in self.lamps if self._worth(lamp) > _WEAK)

    @cached_property
    def _until(self) -> F32:
        """Halos of the lamps that stay, up to each of `_NODES_M`, [nodes, rows, columns]."""
        flat = pixels.reduced(self.sight.flat, self.shape).reshape(-1, 2)
        parts = [
            sum(
                (halo(self.sight, lamp, flat, np.full(len(flat), node), self.sigma) for lamp in self._strong), start=0.0
            )
            for node in _NODES_M
        ]
        return np.asarray(parts, dtype=np.float32).reshape(len(_NODES_M), *self.shape)

    def _standing(self, depth_m: F32) -> F32:
        place = np.interp(depth_m, _NODES_M, np.arange(len(_NODES_M)))
        low = np.minimum(place.astype(np.intp), len(_NODES_M) - 2)
        share = (place - low).astype(np.float32)
        below = np.take_along_axis(self._until, low[None], axis=0)[0]
        above = np.take_along_axis(self._until, low[None] + 1, axis=0)[0]
        return np.asarray(below + share * (above - below))

    def _moving(self, depth_m: F32, lights: Sequence[Light]) -> F32:
        """Half as fine, as it has to be worked out for each picture."""
        coarser = (-(-self.shape[0] // 2), -(-self.shape[1] // 2))
        flat = pixels.reduced(self.sight.flat, coarser).reshape(-1, 2)
        near = pixels.picked(depth_m, coarser).reshape(-1)
        total = np.zeros(len(flat), dtype=np.float32)
        for light in lights:
            total += halo(self.sight, light, flat, near, self.sigma)
        return pixels.resized(total.reshape(coarser), self.shape)


def halo(sight: Sight, lamp: Light, flat: F32, depth_m: F32, sigma: float) -> F32:
    """Luminance [n] that fog throws to the lens from a lamp on the way to `depth_m` [n], along rays `flat` [n, 2].

    Samples are even in the angle at the lamp (equi-angular, Kulla and Fajardo 2012), so that its near peak needs few.
    """
    stretch = np.sqrt(1 + (flat**2).sum(axis=1))
    unit = np.column_stack([flat, np.ones(len(flat), dtype=np.float32)]) / stretch[:, None]
    place = sight.seen(np.array([lamp.place_m]))[0].astype(np.float32)
    nearest = unit @ place
    off = np.sqrt(np.maximum(np.float32(place @ place) - nearest**2, np.float32(0.05**2)))
    low = np.arctan2(-nearest, off)
    span = np.arctan2(np.minimum(depth_m, np.float32(200.0)) * stretch - nearest, off) - low
    aim = None if lamp.aim is None else (sight.view.axes @ np.asarray(lamp.aim)).astype(np.float32)
    total = np.zeros(len(flat), dtype=np.float32)
    for step in range(_STEPS):
        angle = low + span * np.float32((step + 0.5) / _STEPS)
        s_m, away = nearest + off * np.tan(angle), off / np.cos(angle)
        value = _forward_phase(np.sin(angle)) * np.exp(np.float32(-sigma) * (s_m + away))
        if aim is not None:
            cosine = (s_m * (unit @ aim) - place @ aim) / away
            value *= _cone(np.arccos(np.clip(cosine, -1, 1)), lamp.cone_rad)
        total += value
    return np.asarray(total * span / off * np.float32(lamp.strength * np.pi * sigma / _STEPS), dtype=np.float32)


def _forward_phase(toward: F32) -> F32:
    """Henyey and Greenstein (1941), per steradian. `toward` is minus the cosine of the scattering angle: a point
    before the lamp (seen from the lens) sends on what comes towards the lens."""
    spread = np.float32(1 + _FORWARD**2) + np.float32(2 * _FORWARD) * toward
    return np.asarray(np.float32((1 - _FORWARD**2) / (4 * np.pi)) / (spread * np.sqrt(spread)))


def _cone(angle_rad: F32, half_rad: float) -> F32:
    """1 inside the cone, smoothly 0 at 1.3 times its half angle (as `moment.Light` says)."""
    share = np.clip((1.3 * half_rad - angle_rad) / max(0.3 * half_rad, 1e-3), 0, 1)
    return np.asarray(share * share * (3 - 2 * share))
