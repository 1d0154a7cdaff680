"""Cars that come, go and call: their drives, their lamps, and who gets in and out."""

from dataclasses import replace
from functools import lru_cache

import numpy as np

from simulator.lots.lot import Lot
from simulator.optics import F64
from simulator.play import Activity, Drive, Puff
from simulator.scripts.bodies import driven_into
from simulator.scripts.draft import Draft, NoPlaceError
from simulator.scripts.itinerary import Itinerary
from simulator.scripts.sites import DOOR, Spot
from simulator.scripts.ways import Ways
from simulator.vehicles.driving import Way, drive_duration_s, out_of_sight_x_m, way_in, way_out
from simulator.vehicles.vehicle import Model, Vehicle

SEAT = 0.50
_TOUCH_M = 0.03
_SEAT_IN_M = -0.45


def comer(draft: Draft, models: tuple[Model, ...] = (), bay: bool = True, leaves: bool = False) -> Vehicle:
    """A vehicle that is out and may come. NoPlaceError: there is none.

    `models`: rather these; `bay`: it will park, and somebody must get out of it; `leaves`: it will go again.
    """
    out = [car for car in draft.sites.cars if car.number not in draft.used and not car.trailer]
    if draft.away is not None:
        out = [car for car in out if car.number in draft.away]
    out = draft.shuffled(out)
    if bay:
        out.sort(key=lambda car: (draft.sites.gap_m(car, 1) < 0.5, not draft.sites.plain(np.array(car.place_m), 0.05)))
    out.sort(key=lambda car: car.model not in models)
    for car in out:
        drives = not bay or (has_way(draft.lot, car, False) and (not leaves or has_way(draft.lot, car, True)))
        if drives:
            draft.used.add(car.number)
            return car
    raise NoPlaceError("no car is out that could come")


def drivers_spot(draft: Draft) -> Spot:
    """At the driver's door (Sweden: on the left) of some parked car that can drive off; it is then in use.

    One that the camera sees, where there is one. NoPlaceError: none can drive off.
    """
    cars = [car for car in draft.shuffled(draft.parked) if draft.sites.gap_m(car, 1) >= 0.5 and not car.trailer]
    spots = [draft.sites.beside(car, 1, DOOR) for car in cars]
    spots.sort(key=lambda spot: not draft.sites.plain(spot.place_m, 0.02))
    for spot in spots:
        if has_way(draft.lot, spot.vehicle, True):
            draft.used.add(spot.vehicle.number)
            return spot
    raise NoPlaceError("no car can drive off")


def seat_m(car: Vehicle, side: int = 1) -> F64:
    """A front seat's place on the ground."""
    return car.beside(side, SEAT, _SEAT_IN_M)


def get_in(draft: Draft, trip: Itinerary, spot: Spot, sits_s: float) -> None:
    """Unlock, get in and sit for a while; that is the last one sees of them."""
    trip.stay(draft.between(1.0, 2.2), Activity.UNLOCK, spot.face_m)
    trip.slip(draft.between(1.5, 2.2), Activity.GET_IN, seat_m(spot.vehicle, spot.side))
    trip.heading_rad = spot.vehicle.heading_rad
    trip.stay(sits_s, Activity.SIT)


def get_out(draft: Draft, spot: Spot, at_s: float, speed_m_s: float, guise: str = "any") -> Itinerary:
    """Somebody who sat in a car stands beside it."""
    trip = draft.somebody(seat_m(spot.vehicle, spot.side), at_s, speed_m_s, guise=guise)
    trip.heading_rad = spot.vehicle.heading_rad
    trip.stay(draft.between(0.8, 3.0), Activity.SIT)
    trip.slip(draft.between(1.5, 2.2), Activity.GET_IN, spot.place_m)
    return trip


def depart(draft: Draft, car: Vehicle, start_s: float, warm_s: float = 2.0) -> float:
    """It starts (lamps), waits `warm_s`, drives out of its bay and away; when it is gone."""
    draft.lamp(car, "brake", start_s, start_s + min(1.5, warm_s))
    gone = _drive(draft, car, way_out(draft.lot, car), start_s + warm_s)
    draft.lamp(car, "head", start_s, gone)
    return gone


def arrive(draft: Draft, car: Vehicle, start_s: float) -> float:
    """It comes from outside into its bay; when it stands. Before, it is outside the picture."""
    stands = _drive(draft, car, _ways_home(draft.lot, car), start_s)
    off = stands + draft.between(1.0, 3.0)
    draft.lamp(car, "head", start_s, off)
    draft.lamp(car, "brake", stands - 2.0, off - 0.5)
    return stands


def _ways_home(lot: Lot, car: Vehicle) -> tuple[Way, ...]:
    """Into its bay, to stand exactly where the lot has it."""
    if car.bay is None:
        raise NoPlaceError(f"vehicle {car.number} has no bay")
    bay = lot.bays[car.bay]
    inwards = 1.0 if bay.inner_y_m > bay.opening_y_m else -1.0
    *first, last = way_in(lot, bay, bool(np.sin(car.heading_rad) * inwards > 0))
    *corners, _ = last.path_m
    return (*first, Way(np.stack([*corners, np.array(car.place_m)]), last.backwards))


@lru_cache(maxsize=1024)
def has_way(lot: Lot, car: Vehicle, out: bool) -> bool:
    """Whether a car comes out of its bay (or into it) without touching what stands there."""
    if car.bay is None:
        return False
    now, drives = 0.0, []
    for way in way_out(lot, car) if out else _ways_home(lot, car):
        drives.append(Drive(car.number, now, way.path_m, 1.5, way.backwards))
        now += drive_duration_s(drives[-1]) + 1.0
    own = {car.number: tuple(drives)}
    return not any(driven_into(lot, drive, own, _TOUCH_M, 0.1) for drive in drives)


def ways_round(lot: Lot, car: Vehicle, place_m: F64, heading_rad: float) -> Ways:
    """Ways on foot while a car stands elsewhere than in its bay."""
    moved = replace(car, place_m=(float(place_m[0]), float(place_m[1])), heading_rad=heading_rad)
    return Ways(replace(lot, vehicles=tuple(moved if other.number == car.number else other for other in lot.vehicles)))


def _drive(draft: Draft, car: Vehicle, ways: tuple[Way, ...], start_s: float) -> float:
    """One way after another, with a moment to change gear; when it stands at the last one's end."""
    now = start_s
    for way in ways:
        speed = draft.between(1.2, 1.8) if way.backwards else draft.between(2.8, 4.2)
        drive = Drive(car.number, now, way.path_m, speed, way.backwards)
        draft.drives.append(drive)
        ends = now + drive_duration_s(drive)
        if way.backwards:
            draft.lamp(car, "reverse", now - 0.6, ends)
        now = ends + draft.between(0.6, 1.5)
    draft.used.add(car.number)
    return ends


def visit(draft: Draft, car: Vehicle, start_s: float, stop_m: F64) -> float:
    """It comes along the lane from outside and stops at a point of the lane [2]; when it stands."""
    lanes = draft.lot.lanes
    lane = min(range(len(lanes)), key=lambda lane: abs(sum(lanes[lane].y_m) / 2 - stop_m[1]))
    start = np.array([out_of_sight_x_m(draft.lot, lane), sum(lanes[lane].y_m) / 2])
    drive = Drive(car.number, start_s, np.stack([start, stop_m]), draft.between(3.0, 4.5))
    draft.drives.append(drive)
    stands = start_s + drive_duration_s(drive)
    draft.lamp(car, "brake", stands - 2.0, stands + 1.0)
    return stands


def back_away(draft: Draft, car: Vehicle, start_s: float) -> float:
    """A visitor goes back the way it came, tail first; when it is gone."""
    came = [drive for drive in draft.drives if drive.vehicle == car.number][-1]
    drive = Drive(car.number, start_s, came.path_m[::-1].copy(), draft.between(1.8, 2.6), backwards=True)
    draft.drives.append(drive)
    gone = start_s + drive_duration_s(drive)
    draft.lamp(car, "reverse", start_s - 0.6, gone)
    draft.lamp(car, "head", came.start_s, gone)
    return gone


def steam(draft: Draft, car: Vehicle, start_s: float, end_s: float, strength: float) -> None:
    """Exhaust at the tail of a car that stands with its engine on."""
    tail = car.to_world(np.array([[-car.size.length_m / 2 - 0.05, 0.35 * car.size.width_m, 0.3]]))[0]
    draft.puffs.append(Puff((float(tail[0]), float(tail[1]), float(tail[2])), start_s, end_s, strength))


def stop_in_lane(draft: Draft, near_m: F64 | None = None) -> F64:
    """Where a visiting car stops: in a lane's middle, seen by the camera where it may be. NoPlaceError: the lane is
    too narrow or full."""
    left, _, right, _ = draft.lot.ground_m
    lanes = draft.lot.lanes
    if near_m is not None:
        lanes = (min(lanes, key=lambda lane: abs(sum(lane.y_m) / 2 - near_m[1])),)
    points = []
    for _ in range(30):
        lane = draft.pick(lanes)
        x = draft.between(left + 1.0, right - 1.0) if near_m is None else float(near_m[0]) + draft.between(-1.0, 1.0)
        point = np.array([x, sum(lane.y_m) / 2 + draft.between(-0.3, 0.3)])
        if draft.sites.plain(point, 0.05):
            return point
        points.append(point)
    if not points:
        raise NoPlaceError("no lane to stop in")
    return points[0]
