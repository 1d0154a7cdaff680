"""Who is there: the other rooms' figures, vehicles and fires of a play, as the witness takes them."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from simulator.groundtruth.depth import Grid, Layers, StandingMap, standing_map
from simulator.groundtruth.records import BEAST, DRIVING, PARKED
from simulator.lots.build import bodies as standing_bodies
from simulator.lots.foliage import swaying
from simulator.lots.lot import Lot
from simulator.moment import Kind
from simulator.optics import View
from simulator.people import cast
from simulator.play import Act, Drive, Play, Role
from simulator.solid import Solid
from simulator.vehicles import driving, shapes
from simulator.vehicles.vehicle import Vehicle

LAST_VEHICLE = 99

STEP_S = 0.1
"""Speeds are taken over so long about a time."""

MOVES_M_S = 0.05


@dataclass(frozen=True, slots=True)
class Being:
    """One thing at one time: where it is and what it does."""

    number: int
    kind: Kind
    place_m: tuple[float, float]
    activity: str
    heading_rad: float
    speed_m_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Mover:
    """A being that moves in this play, and its mesh in the world."""

    being: Being
    solid: Solid


def driven(play: Play) -> frozenset[int]:
    """Numbers of the vehicles that move in a play."""
    return frozenset(drive.vehicle for drive in play.drives)


@lru_cache(maxsize=8)
def map_of(lot: Lot, picture: View) -> StandingMap:
    """A lot with all its vehicles where they stand at first, from one view. Kept for the next play on it."""
    return standing_map(standing_bodies(lot, lot.vehicles), picture)


def parked(vehicle: Vehicle) -> Being:
    """A vehicle that does not move in this play."""
    return Being(vehicle.number, vehicle.kind, vehicle.place_m, PARKED, vehicle.heading_rad)


def movers(lot: Lot, play: Play, t_s: float) -> Iterator[Mover]:
    """Driven vehicles by number (where they stand, too), then people and animals."""
    for number in sorted(driven(play)):
        yield _vehicle(lot.vehicle(number), play.drives, t_s)
    for role in play.roles:
        solid = cast.figure(role, t_s)
        if solid is not None:
            yield _figure(role, solid, t_s)


def _vehicle(vehicle: Vehicle, drives: tuple[Drive, ...], t_s: float) -> Mover:
    track = driving.pose_at(vehicle, drives, np.array([t_s - STEP_S / 2, t_s, t_s + STEP_S / 2]))
    place, heading = track.place_m[1], float(track.heading_rad[1])
    speed = float(np.linalg.norm(track.place_m[2] - track.place_m[0])) / STEP_S
    activity = DRIVING if speed > MOVES_M_S else PARKED
    where = (float(place[0]), float(place[1]))
    being = Being(vehicle.number, vehicle.kind, where, activity, heading, speed)
    return Mover(being, shapes.solid(vehicle).on_ground(place, heading))


def _figure(role: Role, solid: Solid, t_s: float) -> Mover:
    # They are there up to, but not at, their end.
    steps = np.clip(np.array([t_s - STEP_S / 2, t_s, t_s + STEP_S / 2]), role.start_s, role.end_s - 1e-6)
    before, place, after = cast.place(role, steps)
    act = act_at(role, t_s)
    way = after - before
    speed = float(np.linalg.norm(way)) / max(float(steps[2] - steps[0]), 1e-3)
    walks = act.path_m is not None and speed > MOVES_M_S
    heading = float(np.arctan2(way[1], way[0])) if walks else act.heading_rad
    where = (float(place[0]), float(place[1]))
    return Mover(Being(role.number, role.kind, where, activity_of(role, act), heading, speed), solid)


def add_branches(layers: Layers, grid: Grid, lot: Lot, wind_m_s: float, t_s: float) -> None:
    """Put what hangs into the picture and sways before what is behind it, in place."""
    for branch in swaying(lot, wind_m_s, t_s):
        patch = grid.patch(branch.solid)
        if patch is not None:
            layers.add(patch, branch.number)


def act_at(role: Role, t_s: float) -> Act:
    """What somebody who is there does at a time."""
    for act in role.acts:
        if t_s < act.end_s:
            return act
    return role.acts[-1]


def activity_of(role: Role, act: Act) -> str:
    """How the ground truth calls it."""
    return act.activity.value if role.species is None else BEAST
