"""The scenarios: small programs with random variation that write people's evenings, and what of them is an incident."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from firmware.config import Rules
from firmware.messages import AlarmKind
from simulator.actors import Actor, Itinerary
from simulator.body import CROUCHING, PEERING, PRYING, SEATED, TELEPHONING, TRYING, UPRIGHT, random_person
from simulator.cars import Car
from simulator.lot import Lot, beside
from simulator.optics import F64


@dataclass(frozen=True, slots=True)
class Incident:
    """What ought to be told, and when. `began_s`: the behaviour begins; `start_s`: by the rules' default seconds
    it has lasted long enough to be known (an alarm counts from 2 s before to 10 s after it); `end_s`: it is over.
    """

    kind: AlarmKind
    began_s: float
    start_s: float
    end_s: float
    reason: str
    objects: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Blaze:
    """A fire on the ground: where, from when, and how high it grows in how long."""

    place_m: tuple[float, float]
    start_s: float
    height_m: float
    growth_s: float


@dataclass(frozen=True, slots=True)
class HeadLamps:
    """A car's lamps come on."""

    car: int
    start_s: float


@dataclass(frozen=True, slots=True)
class Story:
    """Everything that moves in a scene."""

    duration_s: float
    actors: tuple[Actor, ...] = ()
    incidents: tuple[Incident, ...] = ()
    blaze: Blaze | None = None
    head_lamps: HeadLamps | None = None


Teller = Callable[[Lot, np.random.Generator], Story]
_STANDS_OFF_M = 0.40
_LEAST_GAP_M = 0.55
_FIRST_ACTOR = 101
FIRE_TRACK = 200
_RULES = Rules()


def _quiet(lot: Lot, rng: np.random.Generator) -> Story:
    return Story(30.0)


def _walk_through(lot: Lot, rng: np.random.Generator) -> Story:
    actors = []
    for number in range(int(rng.integers(1, 3))):
        trip = _arrive(lot, rng, float(rng.uniform(1.0, 3.0) + 3.5 * number), float(rng.uniform(1.15, 1.6)))
        _leave(lot, rng, trip, back=False)
        actors.append(trip.actor(random_person(rng, _FIRST_ACTOR + number)))
    return Story(max(actor.end_s for actor in actors) + 2.0, tuple(actors))


def _get_in(lot: Lot, rng: np.random.Generator) -> Story:
    car = _choose(lot, rng, 1)[0]
    trip = _arrive(lot, rng, float(rng.uniform(1.0, 3.0)), float(rng.uniform(1.2, 1.5)))
    _approach(lot, trip, car, 1, 0.52)
    trip.stay(float(rng.uniform(1.0, 2.0)), "unlock", TRYING, _side_of(car, 1, 0.52))
    trip.slip(1.6, "get-in", SEATED, beside(car, 1, 0.50, -0.45))
    lit = trip.now_s + float(rng.uniform(2.0, 4.0))
    return Story(lit + 8.0, (trip.actor(random_person(rng, _FIRST_ACTOR)),), head_lamps=HeadLamps(car.number, lit))


def _prowling(lot: Lot, rng: np.random.Generator) -> Story:
    return _prowl(lot, rng, float(rng.uniform(1.0, 3.0)), int(rng.integers(3, 6)))


def _demo(lot: Lot, rng: np.random.Generator) -> Story:
    return _prowl(lot, rng, 11.0, 3, brisk=True)


def _prowl(lot: Lot, rng: np.random.Generator, start_s: float, count: int, brisk: bool = False) -> Story:
    """`brisk`: without loitering, in a coat that infrared shows well, and at the cars in the picture's middle."""
    trip = _arrive(lot, rng, start_s, float(rng.uniform(1.45, 1.55) if brisk else rng.uniform(1.1, 1.45)))
    visits = []
    cars = _row_of(lot, rng, count, trip.place_m, central=brisk)
    rightward = sum(car.place_m[0] for car in cars) < 0
    for car in cars:
        # The same side of each: two cars tried from the one gap between them look like one car from the pole.
        side = _side_towards(lot, car, rightward)
        _approach(lot, trip, car, side, 0.46)
        visits.append(trip.now_s)
        trip.stay(float(rng.uniform(3.0, 3.5 if brisk else 4.5)), "look-in", PEERING, _side_of(car, side, 0.46))
        trip.stay(float(rng.uniform(1.2, 1.5 if brisk else 2.2)), "try-handle", TRYING)
        if len(visits) == count:
            trip.stay(float(rng.uniform(4.0, 6.0)), "pry", PRYING)
        ended = trip.now_s
        _back_out(lot, trip, car)
    _leave(lot, rng, trip)
    rule = _RULES.prowling
    incident = Incident(
        AlarmKind.PROWLING, visits[0], visits[rule.vehicles - 1] + rule.visit_s, ended,
        f"looked into and tried {count} vehicles", (_FIRST_ACTOR,),
    )  # fmt: skip
    person = random_person(rng, _FIRST_ACTOR)
    person = replace(person, coat=max(person.coat, 0.6)) if brisk else person
    return Story(trip.now_s + 2.0, (trip.actor(person),), (incident,))


def _tampering(lot: Lot, rng: np.random.Generator) -> Story:
    car = _choose(lot, rng, 1)[0]
    trip = _arrive(lot, rng, float(rng.uniform(1.0, 3.0)), float(rng.uniform(1.0, 1.4)))
    side = _better_side(lot, car)
    at_wheel = rng.random() < 0.35
    station = (0.19 if rng.random() < 0.5 else 0.80) if at_wheel else 0.50
    _approach(lot, trip, car, side, station)
    began, lasts = trip.now_s, float(rng.uniform(25.0, 40.0))
    first = lasts * float(rng.uniform(0.15, 0.3))
    trip.stay(first, "look-in", PEERING, _side_of(car, side, station))
    trip.stay(lasts - first, "crouch" if at_wheel else "pry", CROUCHING if at_wheel else PRYING)
    ended = trip.now_s
    _back_out(lot, trip, car)
    _leave(lot, rng, trip)
    incident = Incident(
        AlarmKind.TAMPERING, began, began + _RULES.tampering.dwell_s, ended,
        f"worked at the {'wheel' if at_wheel else 'door'} of a vehicle for {lasts:.0f} s", (_FIRST_ACTOR, car.number),
    )  # fmt: skip
    return Story(trip.now_s + 2.0, (trip.actor(random_person(rng, _FIRST_ACTOR)),), (incident,))


def _loitering(lot: Lot, rng: np.random.Generator) -> Story:
    trip = _arrive(lot, rng, float(rng.uniform(1.0, 3.0)), float(rng.uniform(0.9, 1.3)))
    until = trip.now_s + 90.0
    began = trip.now_s
    while trip.now_s < until:
        left, _, right, _ = lot.ground_m
        spot = np.array(
            [rng.uniform(max(left, -7), min(right, 7)), rng.uniform(lot.lane_y_m[0] + 0.8, lot.lane_y_m[1] - 0.8)]
        )
        if np.linalg.norm(spot - trip.place_m) > 1.0:
            trip.walk(spot, speed_m_s=0.9)
        look = np.array([rng.uniform(-8, 8), rng.uniform(4, 24)])
        telephones = rng.random() < 0.4
        stays = min(float(rng.uniform(8, 22)), max(until - trip.now_s, 2.0))
        trip.stay(stays, "telephone" if telephones else "stand", TELEPHONING if telephones else UPRIGHT, look)
    ended = trip.now_s
    _leave(lot, rng, trip)
    incident = Incident(
        AlarmKind.LOITERING,
        began,
        began + _RULES.loitering.dwell_s,
        ended,
        "stood about in the lot for 90 s",
        (_FIRST_ACTOR,),
    )
    return Story(trip.now_s + 2.0, (trip.actor(random_person(rng, _FIRST_ACTOR)),), (incident,))


def _fire(lot: Lot, rng: np.random.Generator) -> Story:
    car = _choose(lot, rng, 1)[0]
    side = _better_side(lot, car)
    trip = _arrive(lot, rng, float(rng.uniform(1.0, 2.0)), float(rng.uniform(1.2, 1.5)))
    _approach(lot, trip, car, side, 0.3)
    trip.stay(float(rng.uniform(4.0, 7.0)), "pour", CROUCHING, _side_of(car, side, 0.3))
    lit = trip.now_s
    _back_out(lot, trip, car)
    _leave(lot, rng, trip)
    place = beside(car, side, 0.3, 0.12)
    blaze = Blaze((float(place[0]), float(place[1])), lit, float(rng.uniform(0.9, 1.6)), float(rng.uniform(15.0, 25.0)))
    end = lit + 35.0
    incident = Incident(
        AlarmKind.FIRE, lit, lit + _RULES.fire.confirm_s, end, "flames beside a vehicle", (FIRE_TRACK, car.number)
    )
    return Story(end, (trip.actor(random_person(rng, _FIRST_ACTOR)),), (incident,), blaze)


SCENARIOS: dict[str, tuple[Teller, str]] = {
    "quiet": (_quiet, "nobody comes; no alarm"),
    "walk-through": (_walk_through, "one or two people walk along the lane; no alarm"),
    "get-in": (_get_in, "an owner walks to their car and gets in; no alarm"),
    "prowling": (_prowling, "somebody looks into three to five cars and tries their handles"),
    "tampering": (_tampering, "somebody works at one car's door or wheel for 25 to 40 s"),
    "loitering": (_loitering, "somebody stands about in the lot for 90 s"),
    "fire": (_fire, "somebody lights a fire beside a car; it starts small and grows"),
    "demo": (_demo, "12 s of quiet, then somebody prowls along three cars and leaves"),
}


def tell(name: str, lot: Lot) -> Story:
    """The scenario's story in this lot, varied by the lot's seed. KeyError: unknown name."""
    rng = np.random.default_rng([lot.seed, *name.encode()])
    return SCENARIOS[name][0](lot, rng)


def _arrive(lot: Lot, rng: np.random.Generator, start_s: float, speed_m_s: float) -> Itinerary:
    """Somebody comes along the lane from the left or the right, from outside the picture to near its edge."""
    side = 1 if rng.random() < 0.5 else -1
    y = lot.lane_middle_m + float(rng.uniform(-1.2, 1.2))
    outside = _half_view_m(lot, y)
    trip = Itinerary(np.array([side * (outside + 1.0), y]), start_s, speed_m_s)
    trip.walk(np.array([side * (outside - 2.5), lot.lane_middle_m + float(rng.uniform(-1.5, 1.5))]))
    return trip


def _leave(lot: Lot, rng: np.random.Generator, trip: Itinerary, back: bool | None = None) -> None:
    """Go along the lane out of the picture; `back`: the way they came."""
    came = 1 if trip.acts[0].place_m[0] > 0 else -1
    side = came if (rng.random() < 0.5 if back is None else back) else -came
    y = lot.lane_middle_m + float(rng.uniform(-1.0, 1.0))
    trip.walk(np.array([side * (_half_view_m(lot, y) + 1.5), y]))


def _half_view_m(lot: Lot, y_m: float) -> float:
    """How far to the side the picture reaches on the ground at a distance (generously)."""
    pose = lot.pose
    depth = y_m * np.cos(pose.tilt_rad) + pose.height_m * np.sin(pose.tilt_rad)
    return float((depth * np.tan(pose.horizontal_view_rad / 2) + abs(np.sin(pose.azimuth_rad)) * y_m) * 1.03 + 0.5)


def _choose(lot: Lot, rng: np.random.Generator, count: int) -> list[Car]:
    """Cars well inside the picture."""
    inside = [car for car in lot.cars if abs(car.place_m[0]) < 0.72 * _half_view_m(lot, car.place_m[1])]
    order = rng.permutation(len(inside))[:count]
    return [inside[i] for i in order]


def _row_of(lot: Lot, rng: np.random.Generator, count: int, from_m: F64, central: bool) -> list[Car]:
    """Cars to visit in the order of the way: mostly neighbours, from where somebody comes."""
    inside = _choose(lot, rng, len(lot.cars))
    far = [car for car in inside if car.place_m[1] > lot.lane_middle_m]
    row = far if len(far) >= count else inside
    row = sorted(row, key=lambda car: abs(car.place_m[0] - from_m[0]))
    first = int(rng.integers(0, len(row) - count + 1))
    if central:
        first = min(range(len(row) - count + 1), key=lambda i: sum(abs(car.place_m[0]) for car in row[i : i + count]))
    return row[first : first + count]


def _better_side(lot: Lot, car: Car) -> int:
    """The car's side that the lens sees better (turned to the middle of the picture), if one can stand there."""
    return _side_towards(lot, car, car.place_m[0] < 0)


def _side_towards(lot: Lot, car: Car, rightward: bool) -> int:
    """The car's left (1) or right (-1), whichever is to the right (or left) in the lot, if one can stand there."""
    left_is_right = beside(car, 1, 0.5, 0.0)[0] > car.place_m[0]
    side = 1 if left_is_right == rightward else -1
    return side if _gap_m(lot, car, side) > _LEAST_GAP_M else -side


def _gap_m(lot: Lot, car: Car, side: int) -> float:
    """How far it is from a car's side to its neighbour."""
    spot = beside(car, side, 0.5, 0.0)[None].astype(np.float32)
    return min((float(other.outside_m(spot)[0]) for other in lot.cars if other is not car), default=np.inf)


def _mouth(lot: Lot, car: Car, x_m: float) -> F64:
    """Where one steps from the lane into the gap beside a car."""
    near_row = car.place_m[1] < lot.lane_middle_m
    return np.array([x_m, lot.lane_y_m[0] + 1.1 if near_row else lot.lane_y_m[1] - 1.1])


def _approach(lot: Lot, trip: Itinerary, car: Car, side: int, station: float) -> None:
    spot = beside(car, side, station, min(_STANDS_OFF_M, _gap_m(lot, car, side) / 2))
    trip.walk(_mouth(lot, car, float(spot[0])), spot)


def _back_out(lot: Lot, trip: Itinerary, car: Car) -> None:
    trip.walk(_mouth(lot, car, float(trip.place_m[0])))


def _side_of(car: Car, side: int, station: float) -> F64:
    return beside(car, side, station, -0.3)
