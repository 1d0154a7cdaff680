"""Walking: a path, and where the feet come down on it. A foot that carries does not move.

A walk of length S is m equal steps of length l = S / m, taken at a steady beat; the first and last steps are half as
long, so that both feet are side by side at either end. Phase `u` counts beats: step number floor(u) swings one foot.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from simulator.optics import F64

_HALF_TRACK_M = 0.085
_LIFT_M = 0.07
_DOUBLE_SUPPORT = 0.1


@dataclass(frozen=True, slots=True)
class Foot:
    """The ball of a foot and the heading of its toes. `carries` while it stands on the ground."""

    ball_m: F64
    heading_rad: float
    carries: bool


@dataclass(frozen=True, slots=True)
class Step:
    """A walker at one moment: the body's place [2] on the ground, its heading, the beat, and the feet."""

    place_m: F64
    heading_rad: float
    beat: float
    stride_m: float
    left: Foot
    right: Foot


@dataclass(frozen=True)
class Walk:
    """Walking along `corners_m` [n, 2] (corners are rounded) at a speed, with steps of about `step_m`."""

    corners_m: F64
    speed_m_s: float
    step_m: float

    @cached_property
    def _line(self) -> tuple[F64, F64]:
        points = _rounded(self.corners_m)
        lengths = np.linalg.norm(np.diff(points, axis=0), axis=1)
        keep = np.concatenate([[True], lengths > 1e-9])
        return points[keep], np.concatenate([[0.0], np.cumsum(lengths[lengths > 1e-9])])

    @property
    def length_m(self) -> float:
        """Length of the path."""
        return float(self._line[1][-1])

    @property
    def steps(self) -> int:
        """How many whole steps."""
        return max(1, round(self.length_m / self.step_m))

    @property
    def beat_s(self) -> float:
        """Seconds a step."""
        return self.length_m / self.steps / self.speed_m_s

    @property
    def duration_s(self) -> float:
        """From standing to standing."""
        return (self.steps + 2) * self.beat_s

    def place(self, along_m: float) -> F64:
        """A point of the path, [2]."""
        points, lengths = self._line
        return np.array([np.interp(along_m, lengths, points[:, 0]), np.interp(along_m, lengths, points[:, 1])])

    def heading(self, along_m: float) -> float:
        """Which way the path goes there, smoothed over half a metre."""
        low, high = max(0.0, along_m - 0.25), min(self.length_m, along_m + 0.25)
        across = self.place(high) - self.place(low)
        return float(np.arctan2(across[1], across[0]))

    def at(self, since_s: float) -> Step:
        """The walker `since_s` after setting out."""
        beat = float(np.clip(since_s / self.beat_s, 0.0, self.steps + 2))
        along = self._along(beat)
        swinging = min(int(beat), self.steps + 1)
        share = float(np.clip((beat - swinging - _DOUBLE_SUPPORT) / (1 - 2 * _DOUBLE_SUPPORT), 0.0, 1.0))
        feet = [self._stands(swinging + 1), self._swings(swinging + 2, share)]
        left, right = feet if swinging % 2 else (feet[1], feet[0])
        return Step(self.place(along), self.heading(along), beat, self.length_m / self.steps, left, right)

    def _along(self, beat: float) -> float:
        """How far the body has come: cubic over the first and last beat and a half, even between."""
        step, last = self.length_m / self.steps, self.steps + 2
        if beat < 1.5:
            return 0.5 * step * (beat / 1.5) ** 3
        if beat > last - 1.5:
            return self.length_m - 0.5 * step * ((last - beat) / 1.5) ** 3
        return (beat - 1) * step

    def _fall(self, number: int) -> F64:
        """Where footfall `number` comes down: 0 and 1 are the feet at the start; even numbers are left."""
        step = self.length_m / self.steps
        along = float(np.clip((number - 1.5) * step, 0.0, self.length_m)) if number > 1 else 0.0
        heading = self.heading(along)
        side = _HALF_TRACK_M if number % 2 == 0 else -_HALF_TRACK_M
        return np.array([*(self.place(along) + side * np.array([-np.sin(heading), np.cos(heading)])), 0.0, heading])

    def _stands(self, number: int) -> Foot:
        fall = self._fall(number)
        return Foot(fall[:3], float(fall[3]), True)

    def _swings(self, number: int, share: float) -> Foot:
        before, after = self._fall(number - 2), self._fall(number)
        eased = share * share * (3 - 2 * share)
        ball = before[:3] + eased * (after[:3] - before[:3])
        ball[2] = _LIFT_M * np.sin(np.pi * share)
        turn = float(np.angle(np.exp(1j * (after[3] - before[3]))))
        return Foot(ball, float(before[3] + eased * turn), share in (0.0, 1.0))


def standing(place_m: F64, heading_rad: float, turning: bool = False) -> Step:
    """Both feet side by side; while somebody turns on the spot, neither carries for sure."""
    across = _HALF_TRACK_M * np.array([-np.sin(heading_rad), np.cos(heading_rad)])
    left = Foot(np.array([*(place_m + across), 0.0]), heading_rad, not turning)
    right = Foot(np.array([*(place_m - across), 0.0]), heading_rad, not turning)
    return Step(np.asarray(place_m, dtype=np.float64), heading_rad, 0.0, 0.0, left, right)


def _rounded(corners_m: F64) -> F64:
    """Chaikin's corner cutting, three times, over corners at most a metre wide."""
    points = np.asarray(corners_m, dtype=np.float64)
    for _ in range(3):
        if len(points) < 3:
            break
        parts = [points[:1]]
        for a, b in zip(points[:-1], points[1:], strict=True):
            length = float(np.linalg.norm(b - a))
            cut = min(0.25, 0.5 / max(length, 1e-6))
            parts.append(np.stack([a + cut * (b - a), b - cut * (b - a)]))
        points = np.concatenate([*parts, points[-1:]])
    return points
