"""Where everybody and every car of a play is, and who is in whose way."""

from dataclasses import dataclass

import numpy as np

from simulator.lots.lot import Lot
from simulator.optics import F64
from simulator.people import cast
from simulator.play import Activity, Drive, Play, Role, Species
from simulator.scripts.sites import sites_of
from simulator.scripts.ways import Bools, ways_of
from simulator.vehicles.driving import drive_duration_s, pose_at
from simulator.vehicles.vehicle import Vehicle

_EVERY_S = 0.4
_TOUCH_M = 0.04
_ROAD_M = 10.0
_CARS_TOUCH_M = 0.12  # bodies are rounder than their rectangles
_SEATED = (Activity.GET_IN, Activity.SIT)


@dataclass(frozen=True, slots=True)
class Clash:
    """Somebody (or a car) is in a car or a wall."""

    who: int
    what: str
    t_s: float


def walked_into(lot: Lot, role: Role, drives: dict[int, tuple[Drive, ...]]) -> list[Clash]:
    """The first time that somebody is inside each standing or driving thing, seats apart."""
    if role.species is Species.BIRD:
        return []
    times = _on_foot(role)
    place = cast.place(role, times)
    there = np.isfinite(place[:, 0])
    times, place = times[there], place[there]
    if not len(times):
        return []
    found = []
    outside = ways_of(lot).things.outside_m(place)
    for index, vehicle in enumerate(lot.vehicles):
        if vehicle.number in drives:
            outside[:, index] = _outside_m(vehicle, drives[vehicle.number], place, times)
    names = [f"vehicle {vehicle.number}" for vehicle in lot.vehicles] + [block.name for block in lot.blocks]
    doors = np.array([*lot.entries, *(door.place_m for door in lot.doors)]).reshape(-1, 2)
    at_door = (np.linalg.norm(place[:, None] - doors, axis=-1) < 1.5).any(axis=1)
    outside[at_door, len(lot.vehicles) :] = np.inf
    for index, name in enumerate(names):
        inside = np.flatnonzero(outside[:, index] < -_TOUCH_M)
        if len(inside):
            found.append(Clash(role.number, name, float(times[inside[0]])))
    return found


def driven_into(
    lot: Lot,
    drive: Drive,
    drives: dict[int, tuple[Drive, ...]],
    touch_m: float = _CARS_TOUCH_M,
    every_s: float = _EVERY_S,
) -> list[Clash]:
    """The first time that a drive's car is more than `touch_m` inside each other car or solid thing, on the lot."""
    car = lot.vehicle(drive.vehicle)
    times = np.arange(drive.start_s, drive.start_s + drive_duration_s(drive), every_s)
    track = pose_at(car, drives[drive.vehicle], times)
    # On the road outside all wait at one place: hardly a camera sees it.
    left, _, right, _ = lot.ground_m
    near = (track.place_m[:, 0] > left - _ROAD_M) & (track.place_m[:, 0] < right + _ROAD_M)
    seen = near & sites_of(lot).touches_picture(track.place_m)
    outline = _outline(car, track.place_m, track.heading_rad)
    found = []
    for other in lot.vehicles:
        if other.number == car.number:
            continue
        where = pose_at(other, drives.get(other.number, ()), times)
        inside = _inside(other, where.place_m, where.heading_rad, outline, touch_m)
        inside |= _inside(
            car, track.place_m, track.heading_rad, _outline(other, where.place_m, where.heading_rad), touch_m
        )
        inside &= seen
        if inside.any():
            found.append(Clash(car.number, f"vehicle {other.number}", float(times[inside.argmax()])))
    solid = ways_of(lot).things
    flat = outline.reshape(-1, 2)
    outside = solid.outside_m(flat)[:, len(lot.vehicles) : len(lot.vehicles) + len(lot.blocks)]
    for index, block in enumerate(lot.blocks):
        inside = (outside[:, index].reshape(len(times), -1) < -touch_m).any(axis=1) & seen
        if inside.any():
            found.append(Clash(car.number, block.name, float(times[inside.argmax()])))
    return found


def drives_by_vehicle(play: Play) -> dict[int, tuple[Drive, ...]]:
    """Each vehicle's drives in order."""
    found: dict[int, tuple[Drive, ...]] = {}
    for drive in sorted(play.drives, key=lambda drive: drive.start_s):
        found[drive.vehicle] = (*found.get(drive.vehicle, ()), drive)
    return found


def drives_around(drives: dict[int, tuple[Drive, ...]], start_s: float, end_s: float) -> dict[int, tuple[Drive, ...]]:
    """What says where each vehicle is between two times: its last drive before, and all that begin between; the next
    one where there is none."""
    found = {}
    for number, own in drives.items():
        first = max(sum(drive.start_s <= start_s for drive in own) - 1, 0)
        after = sum(drive.start_s < end_s for drive in own)
        found[number] = own[first : max(after, first + 1)]
    return found


def _on_foot(role: Role) -> F64:
    parts = [
        np.arange(act.start_s, act.end_s, _EVERY_S if act.path_m is not None else max(act.end_s - act.start_s, 1.0) / 3)
        for act in role.acts
        if act.activity not in _SEATED
    ]
    return np.concatenate(parts) if parts else np.zeros(0)


def _outside_m(vehicle: Vehicle, drives: tuple[Drive, ...], place_m: F64, times: F64) -> F64:
    track = pose_at(vehicle, drives, times)
    half = np.array([vehicle.size.length_m / 2, vehicle.size.width_m / 2])
    over = np.abs(_own(track.place_m, track.heading_rad, place_m[:, None])[:, 0]) - half
    outside = np.hypot(np.maximum(over[:, 0], 0), np.maximum(over[:, 1], 0))
    return np.asarray(outside + np.minimum(over.max(axis=1), 0))


def _own(place_m: F64, heading_rad: F64, points_m: F64) -> F64:
    """Points [n, k, 2] in the axes of a car at places [n, 2] and headings [n]."""
    off = points_m - place_m[:, None]
    cos, sin = np.cos(heading_rad)[:, None], np.sin(heading_rad)[:, None]
    return np.stack([off[..., 0] * cos + off[..., 1] * sin, off[..., 1] * cos - off[..., 0] * sin], axis=-1)


def _outline(vehicle: Vehicle, place_m: F64, heading_rad: F64) -> F64:
    """Corners and middles of the sides [n, 8, 2] at places [n, 2]."""
    x, y = vehicle.size.length_m / 2, vehicle.size.width_m / 2
    local = np.array([(x, y), (0, y), (-x, y), (-x, 0), (-x, -y), (0, -y), (x, -y), (x, 0)])
    cos, sin = np.cos(heading_rad)[:, None], np.sin(heading_rad)[:, None]
    across = np.stack([local[:, 0] * cos - local[:, 1] * sin, local[:, 0] * sin + local[:, 1] * cos], axis=-1)
    return np.asarray(place_m[:, None] + across)


def _inside(vehicle: Vehicle, place_m: F64, heading_rad: F64, points_m: F64, touch_m: float) -> Bools:
    half = np.array([vehicle.size.length_m / 2, vehicle.size.width_m / 2]) - touch_m
    return np.asarray((np.abs(_own(place_m, heading_rad, points_m)) < half).all(axis=-1).any(axis=1))
