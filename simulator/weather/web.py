"""A spider and its web on the housing, a hand's breadth before the lens: far out of focus and blazing."""

from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np

from simulator.moment import Moment
from simulator.optics import F32, F64
from simulator.weather import pixels
from simulator.weather.pixels import U8
from simulator.weather.sight import APERTURE_M, Sight
from simulator.weather.wind import Wind

_COARSE = 4
_AWAY_M = 0.09  # threads between the edges of the hood
_THREAD = 0.11  # luminance of a dry thread's blurred image at its best, beside the lamp's full light
_VISIT_S = 90.0
_WALK_S = 14.0
_SPIDER = 0.55
_LEGS = 8
_POINTS = 24
_NEARER = (0.3, 0.6, 1.1)  # blur of threads against that at `_AWAY_M`


@dataclass(frozen=True)
class Web:
    """Threads that sway, brighter with drops on them, and a spider that walks over the lens now and then."""

    sight: Sight
    wind: Wind
    wet: float
    seed: int

    @property
    def _shape(self) -> tuple[int, int]:
        height, width = self.sight.shape
        return -(-height // _COARSE), -(-width // _COARSE)

    @property
    def _blur_px(self) -> float:
        """Standard deviation of a blurred thread, in coarse pixels: a third of its blur disc's diameter."""
        return float(APERTURE_M / _AWAY_M * self.sight.view.focal_px / _COARSE * 0.33)

    @cached_property
    def _threads(self) -> tuple[F64, ...]:
        """Each a row of points [24, 2], in shares of the picture's width: spokes from a hub near an edge, and arcs."""
        rng = np.random.default_rng([self.seed, 7600])
        hub = np.array([rng.choice([rng.uniform(-0.05, 0.3), rng.uniform(0.7, 1.05)]), rng.uniform(-0.05, 0.3)])
        angles = np.sort(rng.uniform(0, 2 * np.pi, 14))
        along = np.linspace(0, 1, _POINTS)[:, None]
        threads = [hub + along * 1.5 * np.array([np.cos(angle), np.sin(angle)]) for angle in angles]
        for radius in rng.uniform(0.08, 0.7, 9):
            first = int(rng.integers(0, len(angles) - 3))
            span = np.linspace(angles[first], angles[first + 3], _POINTS)
            sag = 1 - 0.10 * np.abs(np.sin(np.linspace(0, 3 * np.pi, _POINTS)))
            threads.append(hub + radius * sag[:, None] * np.stack([np.cos(span), np.sin(span)], axis=1))
        kept = rng.permutation(len(threads))[: int(rng.integers(9, 14))]
        return tuple(threads[number] for number in kept)

    def add(self, luminance: F32, moment: Moment) -> None:
        """Lay web and spider over luminance [h, w], in place."""
        light = moment.infrared + 0.3 * moment.ambient
        threads = self._drawn(moment.t_s) * np.float32(_THREAD * light * (1 + 1.2 * self.wet))
        luminance += pixels.resized(threads, self.sight.shape)
        spider = self.spider(moment.t_s)
        if spider is not None:
            cover = pixels.resized(spider, self.sight.shape)
            luminance += cover * (np.float32(_SPIDER * light) - luminance)

    def _drawn(self, t_s: float) -> F32:
        """Threads, brightest 1, coarse: thin ones far off and soft ones near the lens."""
        rng = np.random.default_rng([self.seed, 7601])
        layers = [np.zeros(self._shape, dtype=np.uint8) for _ in _NEARER]
        columns = self._shape[1]
        for number, thread in enumerate(self._threads):
            hertz, phase, bright = rng.uniform(0.5, 2.0), rng.uniform(0, 6.28), rng.uniform(0.25, 1.0)
            reach = 0.003 + 0.003 * self.wind.speed_m_s
            slack = np.sin(np.linspace(0, np.pi, _POINTS))[:, None]
            swing = reach * slack * np.sin(2 * np.pi * hertz * t_s + phase) * np.array([0.6, 1.0])
            points = (thread + swing) * columns
            glint = np.clip(0.55 + 0.6 * np.sin(np.linspace(0, rng.uniform(4, 14), _POINTS) + phase), 0.06, 1)
            for part in range(_POINTS - 1):
                value = 255 * bright * float(glint[part])
                pixels.strokes(layers[number % len(layers)], pixels.fixed(points[part : part + 2])[None], value, 1)
            self._drops(layers[number % len(layers)], points, rng)
        total = np.zeros(self._shape, dtype=np.float32)
        for layer, nearer in zip(layers, _NEARER, strict=True):
            sharp = np.asarray(layer * np.float32(2.5 / 255), dtype=np.float32)
            total += pixels.blurred(sharp, nearer * self._blur_px)
        return total * np.float32(self._blur_px)

    def _drops(self, layer: U8, points: F64, rng: np.random.Generator) -> None:
        beads = int(6 * self.wet)
        spots = rng.uniform(0, len(points) - 1.001, beads)
        for spot in spots:
            first = int(spot)
            place = points[first] + (points[first + 1] - points[first]) * (spot - first)
            spot_px = pixels.fixed(np.stack([place, place]))
            pixels.strokes(layer, spot_px[None], 255.0, 3)

    def spider(self, t_s: float) -> F32 | None:
        """How much of each coarse pixel the spider covers at a time [rows, columns]; None: it sits elsewhere."""
        visit = int(np.floor(t_s / _VISIT_S))
        rng = np.random.default_rng([self.seed, 7602, visit])
        since = t_s - visit * _VISIT_S - rng.uniform(2.0, _VISIT_S - _WALK_S - 2.0)
        if not 0.0 <= since <= _WALK_S:
            return None
        rows, columns = self._shape
        heading, size = rng.uniform(0, 2 * np.pi), rng.uniform(0.13, 0.22) * columns
        way = since / _WALK_S + 0.03 * np.sin(2.2 * since)  # it stops and goes on
        ahead = np.array([np.cos(heading), np.sin(heading)])
        side = np.array([-ahead[1], ahead[0]])
        middle = np.array([columns, rows]) * rng.uniform(0.35, 0.65, 2) + ahead * (way - 0.5) * 1.9 * columns
        layer = np.zeros((rows, columns), dtype=np.uint8)
        for leg in range(_LEGS):
            points = _leg(leg, 2 * np.pi * 16 * way) * size
            placed = middle + points[:, :1] * ahead + points[:, 1:] * side
            pixels.strokes(layer, pixels.fixed(placed)[None], 190.0, 2)
        turn = float(np.degrees(heading))
        for shift, long, wide in ((-0.26, 0.26, 0.18), (0.10, 0.15, 0.11)):
            spot = middle + ahead * shift * size
            axes = (int(long * size), int(wide * size))
            cv2.ellipse(layer, (int(spot[0]), int(spot[1])), axes, turn, 0, 360, (255.0,), -1, cv2.LINE_AA)
        sharp = np.asarray(layer * np.float32(1 / 255), dtype=np.float32)
        return pixels.blurred(sharp, 0.42 * self._blur_px)


def _leg(number: int, stride_rad: float) -> F64:
    """Hip, femur's end, knee and foot [4, 2] (ahead, to the side; body sizes): four legs a side, bowed, that step in
    two alternating fours."""
    side, pair = (1 if number % 2 else -1), number // 2
    angle = np.array([0.45, 1.05, 1.95, 2.65])[pair] + 0.18 * np.sin(stride_rad + np.pi * ((number + pair) % 2))
    bow = np.array([0.35, 0.18, -0.15, -0.35])[pair]
    long = np.array([1.15, 0.85, 0.8, 1.1])[pair]
    turns = np.array([angle, angle + bow, angle + 0.6 * bow, angle - 0.5 * bow])
    reach = np.array([0.08, 0.4, 0.72, 1.0]) * long
    return np.stack([reach * np.cos(turns), side * reach * np.sin(turns)], axis=1)
