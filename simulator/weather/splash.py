"""Splashes: crowns of water that drops throw up from ground and cars, a twinkle on all that is near and wet."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from simulator.moment import INFRARED_STRENGTH, Moment
from simulator.optics import F32, F64
from simulator.weather.sight import Sight

_LASTS_S = 0.06  # a crown of a 2-4 mm drop (Edgerton and Killian 1954: some 50 ms)
_EVERY_S = 0.30
_SIZE_M = 0.012
_BACK = 0.5
_NEAR_M, _FAR_M = 3.0, 17.0
_PER_MM_H = 45.0
_MOST = 1_200


@dataclass(frozen=True)
class Splashes:
    """Places that are hit again and again, each time elsewhere, before the pole."""

    sight: Sight
    rain_mm_h: float
    seed: int

    @cached_property
    def _starts(self) -> F64:
        count = int(min(_MOST, _PER_MM_H * self.rain_mm_h))
        return np.random.default_rng([self.seed, 7110]).random((count, 4))

    def places_m(self, t_s: float) -> tuple[F64, F64]:
        """Ground points [n, 3] of crowns that stand at a time, and how old they are (0..1) [n]."""
        clock = t_s / _EVERY_S + self._starts[:, 2]
        age = (clock % 1.0) * _EVERY_S / _LASTS_S
        hit, cycle = age < 1.0, np.floor(clock)
        across = (self._starts[:, 0] + 0.7548777 * cycle) % 1.0  # low-discrepancy steps (Roberts 2018)
        away = (self._starts[:, 1] + 0.5698403 * cycle) % 1.0
        ahead_m = _NEAR_M + (_FAR_M - _NEAR_M) * np.sqrt(away[hit])
        side_m = (across[hit] * 2 - 1) * 0.9 * ahead_m
        right, ahead = self.sight.view.axes[0], self.sight.view.axes[2] * np.array([1.0, 1.0, 0.0])
        ahead = ahead / max(float(np.linalg.norm(ahead)), 1e-6)
        places = np.outer(side_m, right) + np.outer(ahead_m, ahead) + self.sight.view.origin_m
        places[:, 2] = 0.0
        return places, age[hit]

    def add(self, luminance: F32, depth_m: F32, moment: Moment) -> None:
        """Add crowns to luminance [h, w], in place; where a car stands before the ground, the drop hits the car."""
        places, age = self.places_m(moment.t_s)
        points, _ = self.sight.view.project(places)
        height, width = self.sight.shape
        inside = ((points >= 0) & (points < np.array([width, height]))).all(axis=1)
        inside[inside] = depth_m[tuple(points[inside].astype(np.int64).T[::-1])] > _NEAR_M / 2
        column, row = points[inside].astype(np.int64).T
        away = depth_m[row, column]
        size_px = _SIZE_M * (0.4 + 0.6 * age[inside]) / away * self.sight.view.focal_px
        lamp = INFRARED_STRENGTH * moment.infrared * self.sight.beam[row, column] / away**2
        glint = _BACK * (1 - age[inside]) * np.minimum(size_px**2, 1.0) * (lamp + moment.ambient)
        np.add.at(luminance, (row, column), glint.astype(np.float32))
