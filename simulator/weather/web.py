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
_THREAD = 0.9  # luminance of a dry thread's blurred image at its best, beside the lamp's full light
_VISIT_S = 90.0
_WALK_S = 14.0
_SPIDER = 2.5
_LEGS = 8


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
        """Of a thread, in coarse pixels: half of the blur disc's diameter as a Gaussian's standard deviation."""
        return float(APERTURE_M / _AWAY_M * self.sight.view.focal_px / _COARSE * 0.35)

    @cached_property
    def _threads(self) -> tuple[F64, ...]:
        """Each a row of points [12, 2], in shares of the picture: spokes from a hub in a corner, and arcs."""
        rng = np.random.default_rng([self.seed, 7600])
        hub = np.array([rng.choice([rng.uniform(-0.05, 0.3), rng.uniform(0.7, 1.05)]), rng.uniform(-0.05, 0.45)])
        angles = np.sort(rng.uniform(0, 2 * np.pi, 9))
        along = np.linspace(0, 1, 12)[:, None]
        spokes = [hub + along * 1.5 * np.array([np.cos(angle), np.sin(angle)]) for angle in angles]
        arcs = []
        for radius in rng.uniform(0.12, 0.75, 5):
            first = int(rng.integers(0, len(angles) - 2))
            span = np.linspace(angles[first], angles[first + 2], 12)
            sag = 1 - 0.12 * np.abs(np.sin(np.linspace(0, 2 * np.pi, 12)))
            arcs.append(hub + radius * sag[:, None] * np.stack([np.cos(span), np.sin(span)], axis=1))
        kept = rng.permutation(len(spokes) + len(arcs))[: int(rng.integers(5, 9))]
        return tuple((spokes + arcs)[number] for number in kept)

    def over(self, luminance: F32, moment: Moment) -> F32:
        """Luminance [h, w] with web and spider before it."""
        light = moment.infrared + 0.3 * moment.ambient
        threads = self._drawn(moment.t_s) * np.float32(_THREAD * light * (1 + 1.2 * self.wet))
        out = luminance + pixels.resized(threads, self.sight.shape)
        spider = self.spider(moment.t_s)
        if spider is None:
            return out
        cover = pixels.resized(spider, self.sight.shape)
        return np.asarray(out + cover * (np.float32(_SPIDER * light) - out), dtype=np.float32)

    def _drawn(self, t_s: float) -> F32:
        rows, columns = self._shape
        layer = np.zeros((rows, columns), dtype=np.uint8)
        rng = np.random.default_rng([self.seed, 7601])
        for thread in self._threads:
            hertz, phase, bright = rng.uniform(0.5, 2.0), rng.uniform(0, 6.28), rng.uniform(0.35, 1.0)
            reach = 0.004 + 0.0035 * self.wind.speed_m_s
            slack = np.sin(np.linspace(0, np.pi, len(thread)))[:, None]
            swing = reach * slack * np.sin(2 * np.pi * hertz * t_s + phase) * np.array([0.6, 1.0])
            points = (thread + swing) * columns
            pixels.strokes(layer, pixels.fixed(points)[None], 255 * bright, 1)
            self._drops(layer, points, rng)
        sharp = np.asarray(layer * np.float32(2.5 * self._blur_px / 255), dtype=np.float32)
        return pixels.blurred(sharp, self._blur_px)

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
        heading, size = rng.uniform(0, 2 * np.pi), rng.uniform(0.10, 0.18) * columns
        way = since / _WALK_S + 0.03 * np.sin(2.2 * since)  # it stops and goes on
        ahead = np.array([np.cos(heading), np.sin(heading)])
        side = np.array([-ahead[1], ahead[0]])
        middle = np.array([columns, rows]) * rng.uniform(0.35, 0.65, 2) + ahead * (way - 0.5) * 1.9 * columns
        layer = np.zeros((rows, columns), dtype=np.uint8)
        for leg in range(_LEGS):
            points = _leg(leg, 2 * np.pi * 16 * way) * size
            placed = middle + points[:, :1] * ahead + points[:, 1:] * side
            pixels.strokes(layer, pixels.fixed(placed)[None], 150.0, 2)
        turn = float(np.degrees(heading))
        for shift, long, wide in ((-0.28, 0.30, 0.22), (0.12, 0.18, 0.14)):
            spot = middle + ahead * shift * size
            axes = (int(long * size), int(wide * size))
            cv2.ellipse(layer, (int(spot[0]), int(spot[1])), axes, turn, 0, 360, (255.0,), -1, cv2.LINE_AA)
        sharp = np.asarray(layer * np.float32(1 / 255), dtype=np.float32)
        return pixels.blurred(sharp, 0.8 * self._blur_px)


def _leg(number: int, stride_rad: float) -> F64:
    """Hip, knee and foot [3, 2] (ahead, to the side; body sizes): legs of one side step in turn (alternating fours)."""
    side, pair = (1 if number % 2 else -1), number // 2
    step = 0.16 * np.sin(stride_rad + np.pi * ((number + pair) % 2))
    spread = np.array([0.75, 0.25, -0.25, -0.8])[pair] + step
    hip = [0.05 * (1.5 - pair), 0.08 * side]
    return np.array([hip, [0.6 * spread, 0.55 * side], [1.15 * spread, 0.95 * side]])
