"""A residential parking lot in metres: two rows of bays along a lane, parked cars, lamps, a hedge and a wall behind."""

from dataclasses import dataclass, replace

import numpy as np

from simulator.cars import SHAPES, Body, Car
from simulator.optics import F64, PolePose


@dataclass(frozen=True, slots=True)
class Bay:
    """One place to park, square to the lane. `opening_y_m` is the edge towards the lane, `inner_y_m` the far edge."""

    middle_x_m: float
    opening_y_m: float
    inner_y_m: float
    width_m: float


@dataclass(frozen=True, slots=True)
class Lamp:
    """A lamp on a post: where it stands, how high it hangs, and how bright it is (see `light`)."""

    place_m: tuple[float, float]
    height_m: float
    strength: float


@dataclass(frozen=True, slots=True)
class Lighting:
    """`infrared` is the lamp beside the lens, `beam_rad` the half width of its hot centre, `ambient` the sky's glow."""

    infrared: float
    beam_rad: float
    ambient: float
    lamps: tuple[Lamp, ...]


@dataclass(frozen=True, slots=True)
class Backdrop:
    """What closes the lot behind the far row."""

    hedge_y_m: float
    hedge_height_m: float
    hedge_from_x_m: float
    hedge_to_x_m: float
    wall_y_m: float
    wall_height_m: float
    windows_lit: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Lot:
    """The whole standing world. `lane_y_m` are the edges of the lane; `seed` feeds the textures."""

    seed: int
    pose: PolePose
    bays: tuple[Bay, ...]
    cars: tuple[Car, ...]
    lane_y_m: tuple[float, float]
    lighting: Lighting
    backdrop: Backdrop

    @property
    def lane_middle_m(self) -> float:
        """The lane's middle."""
        return sum(self.lane_y_m) / 2

    @property
    def ground_m(self) -> tuple[float, float, float, float]:
        """The lot's rectangle: left, near, right, far edge."""
        left = min(bay.middle_x_m - bay.width_m / 2 for bay in self.bays)
        right = max(bay.middle_x_m + bay.width_m / 2 for bay in self.bays)
        near = min(min(bay.opening_y_m, bay.inner_y_m) for bay in self.bays)
        far = max(max(bay.opening_y_m, bay.inner_y_m) for bay in self.bays)
        return left, near, right, far


def random_lot(seed: int, wild: bool = False) -> Lot:
    """A lot by seed. `wild` spreads pole, lens and light far beyond the usual, for training pictures."""
    rng = np.random.default_rng([seed, 101])
    near_y = float(rng.uniform(5.8, 6.8))
    lane = (near_y + 5.0, near_y + 5.0 + float(rng.uniform(4.8, 5.6)))
    side = 1.0 if rng.random() < 0.5 else -1.0
    width = float(rng.uniform(2.5, 2.7))
    far_count = int(rng.integers(7, 10))
    shift = float(rng.uniform(-1.5, 1.5))
    far = [Bay(shift + (i - (far_count - 1) / 2) * width, lane[1], lane[1] + 5.0, width) for i in range(far_count)]
    near_count = int(rng.integers(3, 5))
    start = float(rng.uniform(1.2, 2.6))
    near = [Bay(side * (start + (i + 0.5) * width), lane[0], near_y, width) for i in range(near_count)]
    bays = tuple(far + near)
    pose = _wild_pose(rng, sum(lane) / 2) if wild else _pose(rng)
    lighting, backdrop = _lighting(rng, lane[1] + 5.6, wild), _backdrop(rng, lane[1] + 5.0)
    return Lot(seed, pose, bays, _parked(rng, bays), lane, lighting, backdrop)


def _pose(rng: np.random.Generator) -> PolePose:
    height, view = rng.uniform(4.7, 5.4), rng.uniform(1.08, 1.24)
    azimuth, tilt = rng.uniform(-0.10, 0.10), rng.uniform(0.36, 0.42)
    return PolePose(float(height), float(azimuth), float(tilt), float(view))


def _wild_pose(rng: np.random.Generator, lane_m: float) -> PolePose:
    """Before the rows, at the lane's end, or at a corner of the lot, looking about at its middle."""
    height, view, tilt = rng.uniform(3.6, 6.4), rng.uniform(0.80, 1.70), rng.uniform(0.24, 0.50)
    side = 1 if rng.random() < 0.5 else -1
    place = rng.random()
    if place < 0.4:
        foot = (0.0, 0.0)
    elif place < 0.75:
        foot = (side * float(rng.uniform(10, 18)), lane_m + float(rng.uniform(-2.5, 2.5)))
    else:
        foot = (side * float(rng.uniform(7, 14)), float(rng.uniform(0.0, 5.0)))
    middle = np.arctan2(-foot[0], lane_m + 2.0 - foot[1])
    return PolePose(float(height), float(middle + rng.uniform(-0.4, 0.4)), float(tilt), float(view), foot)


def _parked(rng: np.random.Generator, bays: tuple[Bay, ...]) -> tuple[Car, ...]:
    order = rng.permutation(len(bays))
    count = int(rng.integers(8, min(12, len(bays)) + 1))
    taken = sorted(order[:count].tolist())
    return tuple(_car(rng, number + 1, bays[bay]) for number, bay in enumerate(taken))


def _car(rng: np.random.Generator, number: int, bay: Bay) -> Car:
    body = Body(rng.choice([*Body], p=[0.34, 0.26, 0.18, 0.08, 0.14]))
    out = bay.opening_y_m > bay.inner_y_m
    nose_out = rng.random() < 0.5
    heading = np.pi / 2 if out == nose_out else -np.pi / 2
    middle = (bay.opening_y_m + bay.inner_y_m) / 2 + rng.uniform(-0.15, 0.15)
    return Car(
        number=number,
        body=body,
        place_m=(float(bay.middle_x_m + rng.uniform(-0.12, 0.12)), float(middle)),
        heading_rad=float(heading + rng.normal(0, 0.02)),
        paint=float(rng.choice([0.05, 0.10, 0.22, 0.40, 0.62]) * rng.uniform(0.8, 1.2)),
        gloss=float(rng.uniform(0.15, 0.45)),
        plate=float(rng.uniform(3.0, 9.0)),
    )


def _lighting(rng: np.random.Generator, kerb_y_m: float, wild: bool) -> Lighting:
    places = [(float(rng.uniform(-8, -3)), kerb_y_m), (float(rng.uniform(4, 10)), kerb_y_m)]
    lamps = tuple(Lamp(place, float(rng.uniform(3.8, 5.0)), float(rng.uniform(0.6, 1.6))) for place in places)
    keep = int(rng.integers(1, 3))
    lighting = Lighting(1.0, float(rng.uniform(0.34, 0.44)), float(rng.uniform(0.01, 0.03)), lamps[:keep])
    if wild:
        strong = float(np.exp(rng.uniform(np.log(0.15), np.log(4.0))))
        lamps = tuple(replace(lamp, strength=lamp.strength * strong) for lamp in lamps[: int(rng.integers(0, 3))])
        infrared = 0.0 if lamps and rng.random() < 0.12 else 1.0
        ambient = float(np.exp(rng.uniform(np.log(0.004), np.log(0.12))))
        lighting = Lighting(infrared, float(rng.uniform(0.25, 0.7)), ambient, lamps)
    return lighting


def _backdrop(rng: np.random.Generator, far_y_m: float) -> Backdrop:
    lit = rng.choice(24, size=int(rng.integers(0, 4)), replace=False)
    return Backdrop(
        hedge_y_m=far_y_m + 1.1,
        hedge_height_m=float(rng.uniform(0.9, 1.7)),
        hedge_from_x_m=float(rng.uniform(-24, -16)),
        hedge_to_x_m=float(rng.uniform(8, 24)),
        wall_y_m=far_y_m + float(rng.uniform(7, 14)),
        wall_height_m=float(rng.uniform(4, 9)),
        windows_lit=tuple(int(window) for window in lit),
    )


def beside(car: Car, side: int, station: float, off_m: float) -> F64:
    """A ground point [2] beside a car: left (1) or right (-1), `station` from the nose (0..1), `off_m` from it."""
    shape = SHAPES[car.body]
    spot = np.array([[(0.5 - station) * shape.length_m, side * (shape.width_m / 2 + off_m), 0.0]])
    return np.asarray(car.to_world(spot)[0, :2])
