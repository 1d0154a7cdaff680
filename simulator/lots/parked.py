"""Who parks where: vehicles in bays, two-wheelers at their rack."""

from dataclasses import replace

import numpy as np

from simulator.lots.layout import Plan
from simulator.lots.surroundings import Surroundings
from simulator.vehicles.extras import TRAILER_M
from simulator.vehicles.shapes import random_vehicle, vehicle_of
from simulator.vehicles.vehicle import Model, Vehicle

_MOST, _LEAST = 16, 8


def park(rng: np.random.Generator, plan: Plan, found: Surroundings, snow: float, wild: bool) -> tuple[Vehicle, ...]:
    """8-20 vehicles, numbered from 1; where it is `wild`, up to six two-wheelers more in bays that are free: racks
    stand far from the pole, and a detector has to learn near ones too."""
    count = len(plan.bays)
    order = rng.permutation(count)
    least, most = min(_LEAST, count - 1), min(_MOST, count)
    taken = sorted(order[: int(rng.integers(least, most + 1))].tolist())
    vehicles = [_in_bay(rng, plan, bay, number + 1, snow) for number, bay in enumerate(taken)]
    vehicles += _at_rack(rng, found, len(vehicles) + 1, snow)
    if wild:
        free = [bay for bay in order[len(taken) :].tolist() if bay != plan.long_bay]
        for bay in free[: int(rng.integers(0, 3))]:
            vehicles += _cycles(rng, plan, bay, len(vehicles) + 1, snow)
    return tuple(vehicles)


def _cycles(rng: np.random.Generator, plan: Plan, number: int, first: int, snow: float) -> list[Vehicle]:
    """One to three two-wheelers side by side in a free bay."""
    bay, count = plan.bays[number], int(rng.integers(1, 4))
    middle_y_m, step_m = (bay.opening_y_m + bay.inner_y_m) / 2, 0.85
    heading = float(rng.choice([-1.0, 1.0]) * np.pi / 2)
    vehicles = []
    for place in range(count):
        x = bay.middle_x_m + (place - (count - 1) / 2) * step_m
        spot = (x, middle_y_m + float(rng.uniform(-0.8, 0.8)))
        turn = float(rng.uniform(-0.06, 0.06))
        vehicles.append(random_vehicle(rng, first + place, spot, heading + turn, None, snow))
    return vehicles


def _in_bay(rng: np.random.Generator, plan: Plan, number: int, own: int, snow: float) -> Vehicle:
    bay = plan.bays[number]
    to_lane = 1.0 if bay.opening_y_m > bay.inner_y_m else -1.0
    nose_out = rng.random() < 0.35
    heading = (to_lane if nose_out else -to_lane) * np.pi / 2
    x = bay.middle_x_m + float(np.clip(rng.normal(0.0, 0.1), -0.2, 0.2))
    turn = float(np.clip(rng.normal(0, 0.018), -0.04, 0.04))
    vehicle = random_vehicle(rng, own, (x, 0.0), float(heading + turn), number, snow)
    if number == plan.long_bay:
        return _long(rng, plan, vehicle, to_lane, snow)
    while vehicle.model is Model.LORRY:
        vehicle = random_vehicle(rng, own, (x, 0.0), float(heading + turn), number, snow)
    depth, half = abs(bay.opening_y_m - bay.inner_y_m), vehicle.size.length_m / 2
    jitter = float(np.clip(rng.normal(0.0, 0.15), -0.3, 0.3))
    # never over the inner edge, where others stand; a long car stands out into the lane instead
    off = float(np.clip(depth / 2 + jitter, half + 0.10, max(depth - half, half + 0.12)))
    return replace(vehicle, place_m=(x, bay.inner_y_m + to_lane * off))


def _long(rng: np.random.Generator, plan: Plan, vehicle: Vehicle, to_lane: float, snow: float) -> Vehicle:
    """A lorry, or a car with its trailer behind it, nose to the lane."""
    bay = plan.bays[vehicle.bay or 0]
    heading = to_lane * np.pi / 2
    if rng.random() < 0.6:
        model = Model(rng.choice([Model.ESTATE, Model.OFFROAD, Model.PICKUP]))
        car = vehicle_of(rng, model, vehicle.number, (bay.middle_x_m, 0.0), heading, vehicle.bay, snow)
        reach = car.size.length_m / 2 + 0.35
        assert car.size.length_m + TRAILER_M < abs(bay.opening_y_m - bay.inner_y_m)
        return replace(car, trailer=True, place_m=(bay.middle_x_m, bay.opening_y_m - to_lane * reach))
    lorry = vehicle_of(rng, Model.LORRY, vehicle.number, (bay.middle_x_m, 0.0), heading, vehicle.bay, snow)
    return replace(lorry, place_m=(bay.middle_x_m, (bay.opening_y_m + bay.inner_y_m) / 2))


def _at_rack(rng: np.random.Generator, found: Surroundings, first: int, snow: float) -> list[Vehicle]:
    if found.rack is None:
        return []
    (x, y), out = found.rack
    vehicles = []
    heading = np.pi / 2 if rng.random() < 0.7 else -np.pi / 2
    room = 0.0
    for number in range(int(rng.integers(2, 5))):
        place = (x + out * (room + 0.35), y + float(rng.uniform(-0.1, 0.1)))
        vehicle = random_vehicle(rng, first + number, place, float(heading + rng.normal(0, 0.05)), None, snow)
        wide = vehicle.size.width_m
        room += wide + float(rng.uniform(0.22, 0.4))
        if room > 3.6:
            break
        vehicles.append(replace(vehicle, place_m=(x + out * (room - wide / 2), place[1])))
    return vehicles
