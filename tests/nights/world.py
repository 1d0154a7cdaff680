"""A lot on paper: people, cars and flames on the ground, seen by a detector that misses, jitters and imagines.

Everything is a function of time, so that one story can be looked at 3, 5 or 10 times a second. All randomness comes
from one seed.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from math import cos, hypot, pi, radians, sin, tan

from firmware.config import GroundPoint
from firmware.messages import Box, Detection, ObjectKind, Size

SIZE = Size(1280, 720)
POLE_M = 5.0
PITCH = radians(18)
FOCAL_PX = SIZE.width_px / 2 / tan(radians(35))

HIDES_M = 1.25
"""How high a car hides what is behind it: between bonnet and roof."""

Way = Callable[[float], tuple[float, float] | None]
"""Where something is at a time, in metres (x to the right of the pole, y ahead of it); None: not there."""


def project(x_m: float, y_m: float, z_m: float = 0.0) -> tuple[float, float]:
    """A point of the world in the picture."""
    depth = y_m * cos(PITCH) + (POLE_M - z_m) * sin(PITCH)
    down = (POLE_M - z_m) * cos(PITCH) - y_m * sin(PITCH)
    return SIZE.width_px / 2 + FOCAL_PX * x_m / depth, SIZE.height_px / 2 + FOCAL_PX * down / depth


def calibration(*places: tuple[float, float]) -> tuple[GroundPoint, ...]:
    """What a tape measure on this lot gives (default: five places all over it)."""
    places = places or ((-6, 10), (6, 10), (10, 30), (-10, 30), (0, 18))
    points = []
    for x_m, y_m in places:
        x_px, y_px = project(x_m, y_m)
        points.append(GroundPoint(image=(x_px / SIZE.width_px, y_px / SIZE.height_px), ground_m=(x_m, y_m)))
    return tuple(points)


def cuboid(middle: tuple[float, float], size_m: tuple[float, float, float], z_m: float = 0.0) -> Box:
    """The box around a thing `size_m` wide, deep and high."""
    (x, y), (w, d, h) = middle, size_m
    corners = [
        project(x + i * w / 2, y + j * d / 2, z_m + k * h) for i in (-1, 1) for j in (-1, 1) for k in (0, 1)
    ]
    left, right = min(c[0] for c in corners), max(c[0] for c in corners)
    top, bottom = min(c[1] for c in corners), max(c[1] for c in corners)
    return Box(left, top, right - left, bottom - top)


def stand(x_m: float, y_m: float) -> Way:
    """Always there."""
    return lambda t_s: (x_m, y_m)


def go(*stations: tuple[float, float, float]) -> Way:
    """Straight from station to station (t_s, x_m, y_m); there from the first one's time to the last one's."""

    def way(t_s: float) -> tuple[float, float] | None:
        for (a_s, ax, ay), (b_s, bx, by) in zip(stations, stations[1:], strict=False):
            if a_s <= t_s <= b_s:
                share = (t_s - a_s) / (b_s - a_s)
                return ax + share * (bx - ax), ay + share * (by - ay)
        return None

    return way


def walk(start_s: float, pace_m_s: float, *stations: tuple[float, float, float]) -> Way:
    """From (x_m, y_m, pause_s) to the next at a pace, with a pause at each; there until the last pause is over."""
    times = [(start_s, *stations[0][:2])]
    for here, (x_m, y_m, pause_s) in enumerate(stations):
        if here:
            before = stations[here - 1]
            arrive_s = times[-1][0] + max(hypot(x_m - before[0], y_m - before[1]) / pace_m_s, 0.01)
            times.append((arrive_s, x_m, y_m))
        if pause_s:
            times.append((times[-1][0] + pause_s, x_m, y_m))
    return go(*times)


@dataclass(frozen=True)
class Body:
    """A person, or a car seen end on (nose to the camera) unless `wide`."""

    way: Way
    kind: ObjectKind = ObjectKind.PERSON
    wide: bool = False
    crouches: Callable[[float], bool] = lambda t_s: False

    def box(self, t_s: float) -> Box | None:
        """Its whole box, hidden or not."""
        place = self.way(t_s)
        if place is None:
            return None
        if self.kind is ObjectKind.VEHICLE:
            return cuboid(place, (4.5, 1.8, 1.5) if self.wide else (1.8, 4.5, 1.5))
        return cuboid(place, (0.5, 0.4, self.high_m(t_s)))

    def high_m(self, t_s: float) -> float:
        """A person's height."""
        return 1.0 if self.crouches(t_s) else 1.7


@dataclass(frozen=True)
class Glow:
    """Something that a detector may take for fire: its box as a function of time (and of the seed's dice)."""

    look: Callable[[float, random.Random], Box | None]
    kind: ObjectKind = ObjectKind.FIRE


@dataclass(frozen=True)
class Noise:
    """How bad the detector is."""

    missed: float = 0.3
    jitter_ratio: float = 0.02
    jitter_px: float = 1.2
    score: float = 0.65
    false_hz: float = 0.1
    """How often a false person of score 0.4 appears somewhere, for one or two looks."""


PERFECT = Noise(missed=0.0, jitter_ratio=0.0, jitter_px=0.0, false_hz=0.0)


@dataclass(frozen=True)
class Story:
    """What happens on the lot."""

    length_s: float
    bodies: tuple[Body, ...] = ()
    glows: tuple[Glow, ...] = ()
    sweeps: tuple[tuple[float, float], ...] = ()
    """From when to when headlights blind the detector: cars drop out, and false boxes appear among them."""
    noise: Noise = field(default_factory=Noise)


@dataclass(frozen=True)
class Look:
    """What the detector says at one time."""

    t_s: float
    detections: tuple[Detection, ...] | None


def record(story: Story, hz: float, seed: int) -> list[Look]:
    """The story as a detector sees it."""
    dice = random.Random(f"{seed}")
    eye = _Eye(story, dice)
    return [eye.look(round(n / hz, 3)) for n in range(int(story.length_s * hz) + 1)]


class _Eye:
    def __init__(self, story: Story, dice: random.Random) -> None:
        self._story = story
        self._dice = dice
        self._ghost: tuple[Box, int] | None = None
        self._last_s = 0.0

    def look(self, t_s: float) -> Look:
        passed_s, self._last_s = t_s - self._last_s, t_s
        swept = any(a <= t_s <= b for a, b in self._story.sweeps)
        found = [*self._bodies(t_s, swept), *self._glows(t_s), *self._ghosts(passed_s)]
        if swept:
            found += [self._false(ObjectKind.VEHICLE, 0.5), self._false(ObjectKind.PERSON, 0.45)]
        return Look(t_s, tuple(found))

    def _bodies(self, t_s: float, swept: bool) -> list[Detection]:
        cars = [body for body in self._story.bodies if body.kind is ObjectKind.VEHICLE]
        found = []
        for body in self._story.bodies:
            seen = body.box(t_s) if body.kind is ObjectKind.VEHICLE else uncovered(body, t_s, cars)
            missed = self._dice.random() < (0.9 if swept else self._story.noise.missed)
            if seen is not None and _in_picture(seen) and not missed:
                found.append(self._detect(body.kind, seen, 0.3 if swept else self._story.noise.score))
        return found

    def _glows(self, t_s: float) -> list[Detection]:
        boxes = [(glow.kind, glow.look(t_s, self._dice)) for glow in self._story.glows]
        return [
            self._detect(kind, box, self._story.noise.score)
            for kind, box in boxes
            if box is not None and self._dice.random() >= self._story.noise.missed
        ]

    def _ghosts(self, passed_s: float) -> list[Detection]:
        if self._ghost is None and self._dice.random() < self._story.noise.false_hz * passed_s:
            self._ghost = self._false(ObjectKind.PERSON, 0.4).box, self._dice.choice((1, 2))
        if self._ghost is None:
            return []
        box, left = self._ghost
        self._ghost = (box, left - 1) if left > 1 else None
        return [Detection(ObjectKind.PERSON, 0.4, box)]

    def _false(self, kind: ObjectKind, score: float) -> Detection:
        place = self._dice.uniform(-10, 10), self._dice.uniform(10, 28)
        size = (1.8, 4.5, 1.5) if kind is ObjectKind.VEHICLE else (0.5, 0.4, 1.7)
        return Detection(kind, score, _rounded(cuboid(place, size)))

    def _detect(self, kind: ObjectKind, box: Box, score: float) -> Detection:
        noise = self._story.noise
        sigma_x = max(noise.jitter_px, noise.jitter_ratio * box.w_px) if noise.jitter_px else 0.0
        sigma_y = max(noise.jitter_px, noise.jitter_ratio * box.h_px) if noise.jitter_px else 0.0
        left, right = (x + self._dice.gauss(0, sigma_x) for x in (box.x_px, box.x_px + box.w_px))
        top, bottom = (y + self._dice.gauss(0, sigma_y) for y in (box.y_px, box.y_px + box.h_px))
        spread = 0.1 if noise.missed else 0.0
        score = min(max(self._dice.gauss(score, spread), 0.05), 0.99)
        return Detection(kind, round(score, 2), _rounded(Box(left, top, max(right - left, 2), max(bottom - top, 2))))


def uncovered(body: Body, t_s: float, cars: list[Body]) -> Box | None:
    """What is seen of a person: cars hide their legs, up to where the line of sight clears them. Less than a quarter
    is not found."""
    place = body.way(t_s)
    if place is None:
        return None
    high_m = body.high_m(t_s)
    steps = (high_m * k / 16 for k in range(16))
    hidden_m = next((z_m for z_m in steps if not any(_hides(car, t_s, place, z_m) for car in cars)), high_m)
    return cuboid(place, (0.5, 0.4, high_m - hidden_m), z_m=hidden_m) if hidden_m < 0.75 * high_m else None


def _hides(car: Body, t_s: float, place: tuple[float, float], z_m: float) -> bool:
    """Whether a car is on the line of sight to a point: what the line shares with each slab of the car, intersected."""
    middle = car.way(t_s)
    if middle is None:
        return False
    half = (2.25, 0.9) if car.wide else (0.9, 2.25)
    enter, leave = 0.0, 1.0
    slabs = [(0.0, place[i], middle[i] - half[i], middle[i] + half[i]) for i in (0, 1)] + [(POLE_M, z_m, 0.0, HIDES_M)]
    for start, end, low, high in slabs:
        if abs(end - start) < 1e-9:
            if not low <= start <= high:
                return False
            continue
        a, b = sorted(((low - start) / (end - start), (high - start) / (end - start)))
        enter, leave = max(enter, a), min(leave, b)
    return enter < leave


def _in_picture(box: Box) -> bool:
    x_px, y_px = box.centre
    return 0 <= x_px <= SIZE.width_px and 0 <= y_px <= SIZE.height_px


def _rounded(box: Box) -> Box:
    return Box(round(box.x_px, 1), round(box.y_px, 1), round(box.w_px, 1), round(box.h_px, 1))


def flame(x_m: float, y_m: float, start_s: float, growing_s: float = 10.0, full_m: float = 1.5) -> Glow:
    """A flame on the ground or on a car: it grows from a fifth of its size, leans, and changes its outline."""

    def look(t_s: float, dice: random.Random) -> Box | None:
        if t_s < start_s:
            return None
        size_m = full_m * min(0.2 + 0.8 * (t_s - start_s) / growing_s, 1.0)
        high_m = size_m * (1 + 0.25 * sin(2 * pi * 1.7 * t_s) + dice.gauss(0, 0.1))
        wide_m = size_m * 0.6 * (1 + 0.15 * sin(2 * pi * 2.3 * t_s) + dice.gauss(0, 0.07))
        return cuboid((x_m, y_m), (max(wide_m, 0.05), 0.2, max(high_m, 0.05)), z_m=0.8)

    return Glow(look)


def smoke(x_m: float, y_m: float, start_s: float) -> Glow:
    """A plume that rises and widens for a minute."""

    def look(t_s: float, dice: random.Random) -> Box | None:
        if t_s < start_s:
            return None
        size_m = 0.8 + 0.12 * min(t_s - start_s, 60)
        return cuboid((x_m + dice.gauss(0, 0.1), y_m), (size_m, 0.5, 1.4 * size_m), z_m=1.0)

    return Glow(look, ObjectKind.SMOKE)


def lamp(way: Way, lit: Callable[[float], bool], size_m: float = 0.35) -> Glow:
    """A lamp on a car: one size whenever it is lit."""

    def look(t_s: float, dice: random.Random) -> Box | None:
        place = way(t_s)
        return cuboid(place, (size_m, 0.1, size_m), z_m=0.7) if place is not None and lit(t_s) else None

    return Glow(look)
