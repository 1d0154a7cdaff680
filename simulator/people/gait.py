"""Walking and running: a path, and where the feet come down on it. A foot that carries does not move.

A way of length S is m equal steps, taken at a steady beat; the first and the last beat are half steps, so that both
feet stand side by side at either end. Phase `beat` counts beats; footfall j carries from its landing (about beat j - 1)
to its leaving (about beat j): a walker's feet overlap by a tenth of a beat at either end, a runner's leave a gap, in
which nobody touches the ground.
"""

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from simulator.optics import F64

RUN_M_S = 2.2  # people change to running at about 2.0-2.2 m/s (Hreljac 1993)
_HALF_TRACK = 0.047  # half the distance between the feet's lines, a share of the body's height
_WALK_OVERLAP = 0.1
_RUN_OVERLAP = -0.17  # a runner's foot carries for about a third of its cycle
_LEAST_M = 0.02
_HEIGHT_M = 1.75

Bools = NDArray[np.bool_]


def step_m(speed_m_s: float) -> float:
    """Length of one step of a grown-up: walkers lengthen it with speed, runners keep 2.5-2.9 beats a second."""
    if speed_m_s < RUN_M_S:
        return 0.34 + 0.29 * speed_m_s
    return speed_m_s / (2.35 + 0.13 * speed_m_s)


def walk_duration_s(path_m: F64, speed_m_s: float) -> float:
    """Seconds from standing at the path's first corner to standing at its last [n, 2], whoever walks.

    0 for a path of no length. ValueError: no speed.
    """
    if not speed_m_s > 0.0:
        raise ValueError(f"nobody walks at {speed_m_s} m/s")
    length_m = float(_line(*_key(path_m)).along_m[-1])
    return (length_m + 2 * step_m(speed_m_s)) / speed_m_s if length_m > _LEAST_M else 0.0


@dataclass(frozen=True, slots=True)
class Feet:
    """Left and right foot at n times: the ball's place on (or over) the ground [n, 2, 3], the toes' heading [n, 2],
    how far the heel is raised [n, 2] (rad; negative: the toes are), and whether the foot carries [n, 2]."""

    ball_m: F64
    heading_rad: F64
    heel_rad: F64
    carries: Bools


@dataclass(frozen=True, slots=True)
class Steps:
    """A walker at n times: the body's place [n, 2], its heading [n], the beat [n], how much they go (0 at either end,
    1 at full speed) [n], and the feet."""

    place_m: F64
    heading_rad: F64
    beat: F64
    going: F64
    feet: Feet


@dataclass(frozen=True, slots=True)
class Line:
    """A path with rounded corners: points [n, 2] and how far along each is [n]."""

    points_m: F64
    along_m: F64

    def place(self, along_m: F64) -> F64:
        """Points of the path, [n, 2]."""
        x = np.interp(along_m, self.along_m, self.points_m[:, 0])
        return np.stack([x, np.interp(along_m, self.along_m, self.points_m[:, 1])], axis=-1)

    def heading(self, along_m: F64) -> F64:
        """Which way the path goes, smoothed over half a metre, [n]."""
        low, high = np.maximum(along_m - 0.25, 0.0), np.minimum(along_m + 0.25, self.along_m[-1])
        across = self.place(high) - self.place(low)
        return np.arctan2(across[..., 1], across[..., 0])


@dataclass(frozen=True)
class Walk:
    """Going along `line` at a speed, for a body `height_m` high."""

    line: Line
    speed_m_s: float
    height_m: float

    @property
    def runs(self) -> bool:
        """Whether there is a flight between two steps."""
        return self.speed_m_s >= RUN_M_S

    @property
    def length_m(self) -> float:
        """Length of the way."""
        return float(self.line.along_m[-1])

    @cached_property
    def duration_s(self) -> float:
        """From standing to standing, as `walk_duration_s`."""
        if self.length_m <= _LEAST_M:
            return 0.0
        return (self.length_m + 2 * step_m(self.speed_m_s)) / self.speed_m_s

    @cached_property
    def steps(self) -> int:
        """How many whole steps: small people take more."""
        wanted = float(step_m(self.speed_m_s) * (self.height_m / _HEIGHT_M) ** 0.8)
        return max(1, round(self.length_m / wanted))

    @property
    def stride_m(self) -> float:
        """Length of each step."""
        return self.length_m / self.steps

    @property
    def beat_s(self) -> float:
        """Seconds a step."""
        return self.duration_s / (self.steps + 2)

    @property
    def first_heading_rad(self) -> float:
        """Which way it sets out."""
        return float(self.line.heading(np.zeros(1))[0])

    @property
    def last_heading_rad(self) -> float:
        """Which way it ends."""
        return float(self.line.heading(np.array([self.length_m]))[0])

    def beats(self, since_s: F64) -> F64:
        """Beats [n] since setting out."""
        if self.duration_s <= 0.0:
            return np.zeros(len(since_s))
        return np.clip(since_s / self.beat_s, 0.0, self.steps + 2.0)

    def along(self, since_s: F64) -> F64:
        """How far they have come [n], metres."""
        return self._along(self.beats(since_s))

    def place(self, since_s: F64) -> F64:
        """The body's places [n, 2], seconds [n] after setting out."""
        return self.line.place(self._along(self.beats(since_s)))

    def at(self, since_s: F64) -> Steps:
        """The walker, seconds [n] after setting out."""
        beat = self.beats(since_s)
        along = self._along(beat)
        return Steps(self.line.place(along), self.line.heading(along), beat, self.going(beat), self._feet(beat))

    def going(self, beat: F64) -> F64:
        """How much they go at beats [n]: 0 standing, 1 at full speed."""
        return np.clip(np.minimum(beat, self.steps + 2.0 - beat) / 1.5, 0.0, 1.0)

    def _along(self, beat: F64) -> F64:
        """How far the body has come: cubic over the first and last beat and a half, even between."""
        step, last = self.stride_m, self.steps + 2.0
        start = 0.5 * step * (np.minimum(beat, 1.5) / 1.5) ** 3
        end = self.length_m - 0.5 * step * (np.minimum(last - beat, 1.5) / 1.5) ** 3
        return np.where(beat < 1.5, start, np.where(beat > last - 1.5, end, (beat - 1) * step))

    @cached_property
    def _falls(self) -> tuple[F64, F64]:
        """Footfalls 0 .. m + 3: balls [k, 2] and headings [k]; 0 and 1 stand at the start, even numbers are left."""
        number = np.arange(self.steps + 4)
        along = np.where(number > 1, np.clip((number - 1.5) * self.stride_m, 0.0, self.length_m), 0.0)
        heading = self.line.heading(along)
        side = np.where(number % 2 == 0, 1.0, -1.0) * _HALF_TRACK * self.height_m * (0.55 if self.runs else 0.8)
        side = np.where((along <= 0.0) | (along >= self.length_m), half_track_m(self.height_m) * np.sign(side), side)
        across = np.stack([-np.sin(heading), np.cos(heading)], axis=-1)
        return self.line.place(along) + side[:, None] * across, heading

    @cached_property
    def _times(self) -> tuple[F64, F64]:
        """When each footfall lands and leaves, in beats [k]; the first and last ones overlap as in walking."""
        number = np.arange(self.steps + 4, dtype=np.float64)
        overlap = np.full(len(number), _RUN_OVERLAP if self.runs else _WALK_OVERLAP)
        lands = number - 1 - np.where(number >= self.steps + 1, _WALK_OVERLAP, overlap)
        leaves = number + np.where(number <= 1, _WALK_OVERLAP, overlap)
        return lands, leaves

    def _feet(self, beat: F64) -> Feet:
        feet = [self._foot(beat, side) for side in (0, 1)]
        return Feet(
            np.stack([foot.ball_m for foot in feet], axis=1),
            np.stack([foot.heading_rad for foot in feet], axis=1),
            np.stack([foot.heel_rad for foot in feet], axis=1),
            np.stack([foot.carries for foot in feet], axis=1),
        )

    def _foot(self, beat: F64, side: int) -> Feet:
        """One foot (0: left, the even footfalls): ball [n, 3], heading, heel and whether it carries [n]."""
        balls, headings = self._falls
        lands, leaves = self._times
        own = np.arange(side, self.steps + 4, 2)
        now = np.clip(np.searchsorted(leaves[own], beat, side="right"), 0, len(own) - 1)
        after, before = own[now], own[np.maximum(now - 1, 0)]
        # Between leaving `before` and landing on `after` the foot swings.
        span = np.maximum(lands[after] - leaves[before], 1e-6)
        share = np.where(now > 0, np.clip((beat - leaves[before]) / span, 0.0, 1.0), 1.0)
        eased = share * share * (3 - 2 * share)
        moved = np.linalg.norm(balls[after] - balls[before], axis=-1)
        flat = balls[before] + eased[:, None] * (balls[after] - balls[before])
        swings = (share > 0.0) & (share < 1.0)
        lift = (0.16 if self.runs else 0.055) * np.minimum(1.0, moved / 0.8) * np.sin(np.pi * share) ** 1.5
        turn = np.angle(np.exp(1j * (headings[after] - headings[before])))
        heel = self._heel(beat, share, (lands[after], leaves[after]), moved)
        raised = np.where(heel < 0.0, -0.14 * np.sin(heel), 0.0) * self.height_m / _HEIGHT_M
        ball = np.concatenate([flat, (np.where(swings, lift, 0.0) + raised)[:, None]], axis=-1)
        return Feet(ball, headings[before] + eased * turn, heel, ~swings)

    def _heel(self, beat: F64, share: F64, stands: tuple[F64, F64], moved_m: F64) -> F64:
        """Heel strike, roll over, push off, and the swing's hanging toes."""
        strong = np.minimum(1.0, self.speed_m_s / 1.4) * np.minimum(1.0, moved_m / 0.5)
        lands, leaves = stands
        since, until = beat - lands, leaves - beat
        strike = 0.0 if self.runs else 0.28
        push = (0.9 if self.runs else 0.75) * np.clip(1.0 - until / 0.45, 0.0, 1.0) ** 1.6
        ended = leaves >= self.steps + 2.0
        standing = np.where(ended, 0.0, push) - strike * np.clip(1.0 - since / 0.18, 0.0, 1.0)
        early = (1.35 if self.runs else 0.75) * np.clip(1.0 - share / 0.55, 0.0, 1.0)
        swinging = early - strike * np.clip((share - 0.6) / 0.4, 0.0, 1.0)
        return np.asarray(strong * np.where((share > 0.0) & (share < 1.0), swinging, standing))


def walk_along(path_m: F64, speed_m_s: float, height_m: float = _HEIGHT_M) -> Walk:
    """The walk along corners [n, 2]; cached."""
    return _walk(*_key(path_m), float(speed_m_s), float(height_m))


def half_track_m(height_m: float) -> float:
    """How far each ball of a foot is from the body's middle in standing."""
    return _HALF_TRACK * height_m


@lru_cache(maxsize=4096)
def _walk(corners: bytes, count: int, speed_m_s: float, height_m: float) -> Walk:
    return Walk(_line(corners, count), speed_m_s, height_m)


def _key(path_m: F64) -> tuple[bytes, int]:
    path = np.ascontiguousarray(path_m, dtype=np.float64)
    return path.tobytes(), len(path)


@lru_cache(maxsize=4096)
def _line(corners: bytes, count: int) -> Line:
    """Chaikin's corner cutting, three times, over corners at most a metre wide."""
    points = np.frombuffer(corners).reshape(count, 2)
    for _ in range(3):
        if len(points) < 3:
            break
        a, b = points[:-1], points[1:]
        length = np.maximum(np.linalg.norm(b - a, axis=1, keepdims=True), 1e-6)
        cut = np.minimum(0.25, 0.5 / length)
        inner = np.stack([a + cut * (b - a), b - cut * (b - a)], axis=1).reshape(-1, 2)
        points = np.concatenate([points[:1], inner, points[-1:]])
    lengths = np.linalg.norm(np.diff(points, axis=0), axis=1)
    keep = np.concatenate([[True], lengths > 1e-9])
    return Line(points[keep], np.concatenate([[0.0], np.cumsum(lengths[lengths > 1e-9])]))
