"""What an activity is aimed at: rows of cars, places to stand off from one, closed parts, bins."""

import numpy as np

from simulator.optics import F64
from simulator.people import cast
from simulator.scripts.draft import Draft, NoPlaceError
from simulator.scripts.itinerary import Itinerary
from simulator.scripts.sites import DOOR, REAR_DOOR, Spot
from simulator.vehicles.vehicle import Vehicle

_APART_M = 1.7
"""Two cars tried from the one gap between them look like one car from the pole."""


def row(draft: Draft, count: int, central: bool = False) -> list[Spot]:
    """Spots at neighbouring cars, in the order of the way. `central`: those nearest to the picture's middle at 10-16 m.

    NoPlaceError: there are not so many cars.
    """
    rightward = draft.chance(0.5)
    best: list[Spot] = []
    for margin in (0.08, 0.0, -9.0):
        spots = [spot for car in draft.parked for spot in _same_side(draft, car, rightward, margin)]
        best = _neighbours(draft, spots, count, central)
        if len(best) == count:
            break
    if len(best) < min(count, 3):
        raise NoPlaceError(f"no {count} cars to look into")
    draft.used |= {spot.vehicle.number for spot in best}
    return best if draft.chance(0.5) else best[::-1]


def _same_side(draft: Draft, car: Vehicle, rightward: bool, margin: float) -> list[Spot]:
    """The spot at a car's side that is to the right (left) in the lot, or the other one."""
    lane_ahead = np.sin(car.heading_rad) * (sum(draft.sites.lane_of(car).y_m) / 2 - car.place_m[1]) > 0
    station = DOOR if lane_ahead else REAR_DOOR  # the door that is nearer to the lane
    spots = [draft.sites.beside(car, side, station) for side in draft.sites.sides(car)]
    spots = [spot for spot in spots if margin < -1.0 or draft.sites.plain(spot.place_m, margin)]
    return sorted(spots, key=lambda spot: (spot.place_m[0] > car.place_m[0]) != rightward)[:1]


def _neighbours(draft: Draft, spots: list[Spot], count: int, central: bool) -> list[Spot]:
    """So many of one row that stand apart, else of all rows."""
    rows: dict[int, list[Spot]] = {}
    for spot in sorted(spots, key=lambda spot: float(spot.place_m[0])):
        bay = draft.lot.bays[spot.vehicle.bay or 0]
        row = rows.setdefault(round(2 * bay.opening_y_m - bay.inner_y_m), [])
        if not row or np.linalg.norm(row[-1].place_m - spot.place_m) > _APART_M:
            row.append(spot)
    runs = [row[i : i + count] for row in rows.values() for i in range(len(row) - count + 1)]
    if not runs:
        mixed = [spot for row in rows.values() for spot in row]
        return mixed[:count]
    if central:
        return min(runs, key=lambda run: sum(_off_centre(draft, spot) for spot in run))
    return draft.pick(runs)


def _off_centre(draft: Draft, spot: Spot) -> float:
    pose = draft.lot.pose
    off = spot.place_m - np.array(pose.foot_m)
    aside = abs(float(np.arctan2(off[0], off[1])) - pose.azimuth_rad)
    away = float(np.linalg.norm(off))
    return 10.0 * aside + max(0.0, 10.0 - away) + max(0.0, away - 16.0)


def stand_off(draft: Draft, spot: Spot, off_m: float) -> F64:
    """A place some metres from a car with nothing in between, that the camera sees if it may be."""
    sites, car = draft.sites, spot.vehicle
    found, hidden = [], []
    for angle in draft.rng.permutation(np.linspace(0.0, 6.28, 24, endpoint=False)):
        place = np.array(car.place_m) + (car.size.length_m / 2 + off_m) * np.array([np.cos(angle), np.sin(angle)])
        free = sites.ways.clearance_m(place) > 0.4
        if free and not sites.ways.hides(np.array([*place, 1.4]), _near(spot, place)):
            found.append(place)
        elif free:
            hidden.append(place)
    seen = [place for place in found if sites.plain(place, 0.02)]
    return draft.pick(seen or found or hidden)


def _near(spot: Spot, from_m: F64) -> F64:
    """A point before the car's side that somebody looks at, [3]."""
    middle = np.array(spot.vehicle.place_m)
    away = from_m - middle
    return np.array([*(middle + (spot.vehicle.size.length_m / 2 + 0.1) * away / np.linalg.norm(away)), 1.2])


def roomy(draft: Draft) -> F64:
    """A place in the lane with room for two."""
    for _ in range(30):
        point = draft.in_lane()
        if draft.sites.ways.clearance_m(point) > 0.9:
            return point
    return draft.in_lane()


def closed_points(draft: Draft, count: int) -> list[F64]:
    """Places inside the part of the lot that is closed at night; the whole lot where no part is."""
    low, high = _closed(draft)
    inner = np.minimum(0.3, (high - low) / 4)
    points = draft.rng.uniform(low + inner, high - inner, (120, 2))
    clear = [point for point in points if draft.sites.ways.clearance_m(point) > 0.4]
    seen = [point for point in clear if draft.sites.plain(point, 0.02)]
    places = seen if len(seen) >= count else clear
    if len(places) < count:
        raise NoPlaceError("the closed part is full")
    return places[:count]


def time_within(draft: Draft, trip: Itinerary) -> tuple[float, float]:
    """First and last time that somebody is in the closed part."""
    low, high = _closed(draft)
    times = np.arange(trip.acts[0].start_s, trip.now_s, 0.1)
    place = cast.place(trip.role(), times)
    inside = np.flatnonzero(((place >= low) & (place <= high)).all(axis=1))
    return float(times[inside[0]]), float(times[inside[-1]])


def _closed(draft: Draft) -> tuple[F64, F64]:
    if draft.lot.closed is not None:
        return np.array(draft.lot.closed[0]), np.array(draft.lot.closed[1])
    left, near, right, far = draft.lot.ground_m
    return np.array([left, near]), np.array([right, far])


def bin_place(draft: Draft) -> tuple[F64, F64]:
    """Where one stands at a bin, and the fire's foot [3]. Without a bin on the lot: rubbish at a car's tail."""
    bins = [block for block in draft.lot.blocks if "bin" in block.name]
    for block in draft.shuffled(bins):
        low, high = np.array(block.low_m), np.array(block.high_m)
        middle, half = (low + high) / 2, (high - low) / 2
        for way in draft.shuffled(((0, -1), (1, 0), (-1, 0), (0, 1))):
            step = np.array(way, dtype=np.float64)
            place = middle + step * (half + 0.45)
            if draft.sites.ways.clearance_m(place) > 0.35 and draft.sites.in_picture(place[None])[0]:
                foot = middle + step * np.maximum(half - 0.25, 0.0)
                return place, np.array([*foot, 0.8 * block.height_m])
    place = draft.in_lane()
    return place, np.array([*(place + np.array([0.5, 0.0])), 0.0])


def shady(draft: Draft) -> str:
    """How somebody is dressed who would rather not be known."""
    return "hood" if draft.chance(0.4) else "any"
