"""Moths and gnats about the lamp beside the lens: blurred, burnt-out loops whose wing beats show as beads."""

from dataclasses import dataclass

import numpy as np

from simulator.moment import INFRARED_STRENGTH, Moment
from simulator.optics import F32, F64
from simulator.weather import pixels, shower
from simulator.weather.sight import SHUTTER_S, Sight

_BACK = 0.35  # scales and wings at 850 nm
_STEPS = 14
_VISIT_S = 7.0
_PRESENT = 0.6  # of its time an insect is about the lamp
_TERMS = 4


@dataclass(frozen=True)
class Insects:
    """`count` insects that come and go."""

    sight: Sight
    count: int
    seed: int

    def places(self, number: int, t_s: F64) -> F64:
        """Where an insect is at times [n]: right, down and ahead of the lens, metres, [n, 3].

        Each visit has a middle 0.25-2.5 m ahead that drifts by, and loops about it of 0.1-0.4 m and 0.5-3 Hz (moths
        circle a lamp so: Sondhi et al. 2024); speeds stay below 4 m/s.
        """
        visit = int(np.floor(t_s[0] / _VISIT_S + number * 0.37))
        rng = np.random.default_rng([self.seed, 7500, number, visit])
        away = float(np.exp(rng.uniform(np.log(0.25), np.log(2.5))))
        since = t_s - (visit - number * 0.37) * _VISIT_S
        half = np.array([self.sight.shape[1], self.sight.shape[0]]) / 2 / self.sight.view.focal_px
        middle = np.array([*(rng.uniform(-0.75, 0.75, 2) * half * away), away])
        pass_m_s = np.array([rng.uniform(-0.5, 0.5), rng.uniform(-0.25, 0.25), rng.uniform(-0.1, 0.1)]) * np.sqrt(away)
        place: F64 = middle + (since[:, None] - _VISIT_S / 2) * pass_m_s
        for term in range(_TERMS):
            hertz = rng.uniform(0.6, 1.3) * (term + 1)
            reach = np.array([0.24, 0.20, 0.14]) * min(1.0, away) / (term + 1) * rng.uniform(0.4, 1.2, 3)
            place = place + reach * np.sin(2 * np.pi * hertz * since[:, None] + rng.uniform(0, 6.28, 3))
        return place

    def present(self, number: int, t_s: float) -> bool:
        """Whether the insect is near the lamp at a time."""
        visit = int(np.floor(t_s / _VISIT_S + number * 0.37))
        return bool(np.random.default_rng([self.seed, 7501, number, visit]).random() < _PRESENT)

    def add(self, luminance: F32, depth_m: F32, moment: Moment) -> None:
        """Add the insects before a picture of depths [h, w] to its luminance [h, w], in place."""
        for number in range(self.count):
            if self.present(number, moment.t_s):
                self._draw(luminance, depth_m, number, moment)

    def _draw(self, out: F32, depth_m: F32, number: int, moment: Moment) -> None:
        times = np.asarray(moment.t_s + np.linspace(0, SHUTTER_S, _STEPS + 1))
        place = self.places(number, times)
        if place[:, 2].min() < 0.15:
            return
        height, width = self.sight.shape
        points = place[:, :2] / place[:, 2:] * self.sight.view.focal_px + np.array([width, height]) / 2
        if (np.abs(points - np.array([width, height]) / 2) > np.array([width, height])).any():
            return
        rng = np.random.default_rng([self.seed, 7502, number])
        size_m, beat = rng.uniform(0.004, 0.016), 2 * np.pi * rng.uniform(18.0, 45.0)
        wing = 0.55 + 0.45 * np.sin(beat * times + number)
        away = place[:, 2].astype(np.float32)
        wide = np.sqrt((size_m / away * self.sight.view.focal_px * wing) ** 2 + self.sight.defocus_px(away) ** 2 + 1)
        beam = self.sight.beam_at(place.astype(np.float32))
        lamp = INFRARED_STRENGTH * moment.infrared * beam / away**2
        window = self.sight.view.clip(points.min(axis=0), points.max(axis=0), margin_px=int(2 * wide.max()) + 2)
        if window.empty:
            return
        covered = np.pi / 4 * (size_m / away * self.sight.view.focal_px) ** 2 * (0.4 + 0.6 * wing)
        length = np.linalg.norm(np.diff(points, axis=0), axis=1).sum() + wide.mean()
        light = _BACK * (lamp + moment.ambient) * np.minimum(covered / (wide * length), 1.0)
        patch = _beads(
            points - np.array([window.left_px, window.top_px], dtype=np.float64), wide, light, window.slices, out.shape
        )
        near = depth_m[window.slices] > away.mean()
        out[window.slices] += patch * near


def _beads(points: F64, wide: F64, light: F64, slices: tuple[slice, slice], shape: tuple[int, ...]) -> F32:
    """The path as short strokes, each as wide and as bright as the insect was then, softened."""
    rows = len(range(*slices[0].indices(shape[0])))
    columns = len(range(*slices[1].indices(shape[1])))
    layer = np.zeros((rows, columns), dtype=np.uint8)
    ends = np.stack([points[:-1], points[1:]], axis=1).astype(np.float32)
    mean = np.asarray((wide[:-1] + wide[1:]) / 2, dtype=np.float32)
    bright = np.asarray((light[:-1] + light[1:]) / 2, dtype=np.float32)
    shower.draw(layer, shower.Streaks(ends, mean, mean, mean, bright))
    soft = float(np.clip(0.3 * mean.mean(), 0.6, 6.0))
    return pixels.blurred(pixels.luminance(layer), soft)
