"""People put anywhere in a lot, doing anything: for training pictures, not for stories."""

import numpy as np

from simulator.actors import Actor, Itinerary
from simulator.body import CROUCHING, PEERING, PRYING, TELEPHONING, TRYING, UPRIGHT, Posture, random_person
from simulator.lot import Lot, beside
from simulator.stories import Story

LENGTH_S = 20.0
_AT_A_CAR: tuple[tuple[str, Posture], ...] = (
    ("look-in", PEERING), ("try-handle", TRYING), ("pry", PRYING), ("crouch", CROUCHING), ("stand", UPRIGHT),
)  # fmt: skip


def crowd(lot: Lot, seed: int) -> Story:
    """Nobody, or up to six people, each walking, standing about or busy at a car for `LENGTH_S`."""
    rng = np.random.default_rng([lot.seed, 107, seed])
    count = int(rng.choice([0, 1, 2, 3, 4, 6], p=[0.12, 0.28, 0.24, 0.18, 0.12, 0.06]))
    return Story(LENGTH_S, tuple(_somebody(lot, rng, 101 + number) for number in range(count)))


def _somebody(lot: Lot, rng: np.random.Generator, number: int) -> Actor:
    kind = rng.random()
    spot = _anywhere(lot, rng)
    trip = Itinerary(spot, 0.0, float(rng.uniform(0.8, 1.9)))
    if kind < 0.45:
        trip.walk(*(_anywhere(lot, rng) for _ in range(3)))
        trip.stay(LENGTH_S)
    elif kind < 0.65:
        posture = TELEPHONING if rng.random() < 0.4 else UPRIGHT
        trip.stay(LENGTH_S, "stand", posture, _anywhere(lot, rng))
    else:
        car = lot.cars[int(rng.integers(len(lot.cars)))]
        side, station = (1 if rng.random() < 0.5 else -1), float(rng.uniform(0.05, 0.95))
        trip.place_m = beside(car, side, station, float(rng.uniform(0.32, 0.6)))
        activity, posture = _AT_A_CAR[int(rng.integers(len(_AT_A_CAR)))]
        trip.stay(LENGTH_S, activity, posture, beside(car, side, station, -0.3))
    return trip.actor(random_person(rng, number))


def _anywhere(lot: Lot, rng: np.random.Generator) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """A spot in the lane, before or behind it, that no car stands on; a metre from the picture's lower edge at least."""
    pose = lot.pose
    nearest = pose.height_m / np.tan(min(pose.tilt_rad + 0.30, 1.3))
    while True:
        y = float(rng.uniform(max(nearest, 2.5), lot.backdrop.hedge_y_m))
        reach = y * np.tan(pose.horizontal_view_rad / 2) * 1.05
        spot = np.array([y * np.tan(pose.azimuth_rad) + rng.uniform(-reach, reach), y])
        if all(float(car.outside_m(spot[None].astype(np.float32))[0]) > 0.35 for car in lot.cars):
            return spot
