"""People and animals at any time: their meshes, their skeletons (for the truth), where they are, and their lights."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulator.moment import Light
from simulator.optics import F64
from simulator.people.body import skinned
from simulator.people.garments import Dressed, dressed
from simulator.people.motion import movement, places_of
from simulator.people.rig import Posed, Rig, pose
from simulator.people.spheres import spheres_of
from simulator.play import Role
from simulator.solid import Solid

_CHUNK = 4096


@dataclass(frozen=True, slots=True)
class Skeleton:
    """Spheres that fill the outline: middles [n, k, 3] in world metres, radii [k]; `present` [n]: whether they are
    there at all (else the points are zero)."""

    points_m: F64
    radius_m: F64
    present: NDArray[np.bool_]


def place(role: Role, t_s: F64) -> F64:
    """Where somebody stands or walks on the ground at times [n]: [n, 2]; NaN while they are not there."""
    return places_of(role, np.asarray(t_s, dtype=np.float64))


def skeleton(role: Role, t_s: F64) -> Skeleton:
    """The spheres at times [n]."""
    times = np.asarray(t_s, dtype=np.float64)
    spheres = spheres_of(dressed(role))
    points = np.zeros((len(times), len(spheres.radius_m), 3))
    present = np.zeros(len(times), dtype=bool)
    for start in range(0, len(times), _CHUNK):
        part = slice(start, start + _CHUNK)
        there, posed = _posed(role, times[part])
        points[part][there] = spheres.placed(posed)
        present[part] = there
    return Skeleton(points, spheres.radius_m, present)


def figure(role: Role, t_s: float) -> Solid | None:
    """The mesh at a time, with clothes and what they carry, in world metres; None while they are not there."""
    there, posed = _posed(role, np.array([t_s], dtype=np.float64))
    if not there[0]:
        return None
    return _mesh(dressed(role), posed)


def lights(role: Role, t_s: float) -> tuple[Light, ...]:
    """The lamps somebody carries (a torch, a telephone, a cigarette) at a time."""
    return ()


def _posed(role: Role, t_s: F64) -> tuple[NDArray[np.bool_], Posed]:
    moves = movement(role, t_s)
    body = dressed(role)
    rig = Rig(body.joints_m.astype(np.float64), body.height_m, body.sole_m)
    return moves.present, pose(rig, moves.rows, moves.stance)


def _mesh(body: Dressed, posed: Posed) -> Solid:
    vertices, normals = skinned(
        (body.rest_m, body.normals), body.joints_m, body.weights, posed.turns[0], posed.places_m[0]
    )
    return Solid(vertices, normals, body.shade, body.triangles, body.finish, body.finishes)
