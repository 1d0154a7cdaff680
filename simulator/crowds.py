"""People put anywhere in a lot, doing anything: for training pictures, not for stories."""

import numpy as np

from simulator.actors import Actor, Itinerary
from simulator.body import CROUCHING, PEERING, PRYING, TELEPHONING, TRYING, UPRIGHT, Posture, random_person
from simulator.lot import Lot, beside
from simulator.optics import F64
from simulator.stories import Blaze, Story

LENGTH_S = 20.0
_ON_FIRE = 0.12
_AT_A_CAR: tuple[tuple[str, Posture], ...] = (
    ("look-in", PEERING), ("try-handle", TRYING), ("pry", PRYING), ("crouch", CROUCHING), ("stand", UPRIGHT),
)  # fmt: skip


def crowd(lot: Lot, seed: int) -> Story:
    """Nobody, or up to six people, each walking, standing about or busy at a car for `LENGTH_S`."""
    rng = np.random.default_rng([lot.seed, 107, seed])
    count = int(rng.choice([0, 1, 2, 3, 4, 6], p=[0.12, 0.28, 0.24, 0.18, 0.12, 0.06]))
    people = tuple(_somebody(lot, rng, 101 + number) for number in range(count))
    return Story(LENGTH_S, people, blaze=_blaze(lot, rng) if rng.random() < _ON_FIRE else None)


def _blaze(lot: Lot, rng: np.random.Generator) -> Blaze:
    """A fire beside, before or behind a car, that has burnt for a while or just begins."""
    car = lot.cars[int(rng.integers(len(lot.cars)))]
    place = beside(car, 1 if rng.random() < 0.5 else -1, float(rng.uniform(-0.05, 1.05)), float(rng.uniform(-0.1, 0.3)))
    began = float(rng.uniform(-25.0, 0.0))
    return Blaze((float(place[0]), float(place[1])), began, float(rng.uniform(0.3, 2.2)), 25.0)


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


def _anywhere(lot: Lot, rng: np.random.Generator) -> F64:
    """A spot on this side of the hedge, in or just beside the picture, that no car stands on."""
    pose = lot.pose
    nearest = max(3.0, pose.height_m / float(np.tan(min(pose.tilt_rad + 0.25, 1.2))))
    while True:
        away = float(rng.uniform(nearest, 30.0))
        angle = pose.azimuth_rad + float(rng.uniform(-0.53, 0.53)) * pose.horizontal_view_rad
        spot = np.array(pose.foot_m) + away * np.array([np.sin(angle), np.cos(angle)])
        free = all(float(car.outside_m(spot[None].astype(np.float32))[0]) > 0.35 for car in lot.cars)
        if free and spot[1] < lot.backdrop.hedge_y_m - 0.3:
            return np.asarray(spot)
