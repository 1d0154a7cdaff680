"""When the vehicles of a play stand and when they drive: the stretches of time in which no vehicle starts or stops."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from simulator.groundtruth import bodies
from simulator.groundtruth.bodies import Being
from simulator.groundtruth.depth import Grid, Patch
from simulator.groundtruth.records import I32, PARKED, Bools
from simulator.lots.lot import Lot
from simulator.optics import F64
from simulator.play import Play
from simulator.vehicles import driving, shapes

_STILL_M = 1e-4
_STILL_RAD = 1e-4


@dataclass(frozen=True, slots=True)
class Stand:
    """A vehicle that stands, and its outline in the grid."""

    being: Being
    patch: Patch


@dataclass(frozen=True, slots=True)
class Ride:
    """A vehicle on its way in consecutive frames: places [n, 2] and headings [n]."""

    being: Being
    frame: I32
    place_m: F64
    heading_rad: F64


@dataclass(frozen=True, slots=True)
class Stretch:
    """Consecutive frames in which the same vehicles stand at the same places, and others drive."""

    frames: I32
    standing: tuple[Stand, ...]
    driving: tuple[Ride, ...]


@dataclass(frozen=True, slots=True)
class _Course:
    """A driven vehicle's whole night: poses at every frame, whether it drives, and the starts of its runs."""

    being: Being
    place_m: F64
    heading_rad: F64
    drives: Bools
    starts: I32


def stretches(lot: Lot, play: Play, grid: Grid, t_s: F64) -> Iterator[Stretch]:
    """All frames, one stretch after another."""
    if not len(t_s):
        return
    courses = [_course(lot, play, number, t_s) for number in sorted(bodies.driven(play))]
    edges = np.unique(np.concatenate([[0, len(t_s)], *(course.starts for course in courses)])).astype(np.int32)
    kept: dict[tuple[int, int], Stand | None] = {}
    for first, end in zip(edges[:-1], edges[1:], strict=True):
        frames = np.arange(first, end, dtype=np.int32)
        stands, rides = [], []
        for course in courses:
            number = course.being.number
            if course.drives[first]:
                there = slice(int(first), int(end))
                rides.append(Ride(course.being, frames, course.place_m[there], course.heading_rad[there]))
                continue
            run = int(course.starts[np.searchsorted(course.starts, first, side="right") - 1])
            if (number, run) not in kept:
                kept[number, run] = _stand(lot, grid, course, run)
            stand = kept[number, run]
            if stand is not None:
                stands.append(stand)
        yield Stretch(frames, tuple(stands), tuple(rides))


def _course(lot: Lot, play: Play, number: int, t_s: F64) -> _Course:
    vehicle = lot.vehicle(number)
    track = driving.pose_at(vehicle, play.drives, t_s)
    step = np.linalg.norm(np.diff(track.place_m, axis=0), axis=1) > _STILL_M
    step |= np.abs(np.diff(track.heading_rad)) > _STILL_RAD
    # A frame belongs to a drive if the vehicle has moved since the frame before or moves until the next.
    drives = np.concatenate([[False], step]) | np.concatenate([step, [False]])
    starts = np.concatenate([[0], np.flatnonzero(np.diff(drives.astype(np.int8))) + 1]).astype(np.int32)
    being = Being(number, vehicle.kind, vehicle.place_m, PARKED, vehicle.heading_rad)
    return _Course(being, track.place_m, track.heading_rad, drives, starts)


def _stand(lot: Lot, grid: Grid, course: _Course, frame: int) -> Stand | None:
    """None: it stands outside the picture."""
    place, heading = course.place_m[frame], float(course.heading_rad[frame])
    patch = grid.patch(shapes.solid(lot.vehicle(course.being.number)).on_ground(place, heading))
    if patch is None:
        return None
    being = replace(course.being, place_m=(float(place[0]), float(place[1])), heading_rad=heading)
    return Stand(being, patch)
