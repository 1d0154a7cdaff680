"""People and animals at any time: their meshes, their skeletons (for the truth), where they are, and their lights."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulator.moment import Light
from simulator.optics import F64
from simulator.people.gait import walk_along
from simulator.play import Role
from simulator.solid import Finish, Solid


@dataclass(frozen=True, slots=True)
class Skeleton:
    """Spheres that fill the outline: middles [n, k, 3] in world metres, radii [k]; `present` [n]: whether they are
    there at all (else the points are zero)."""

    points_m: F64
    radius_m: F64
    present: NDArray[np.bool_]


def place(role: Role, t_s: F64) -> F64:
    """Where somebody stands or walks on the ground at times [n]: [n, 2]; NaN while they are not there."""
    times = np.asarray(t_s, dtype=np.float64)
    places = np.full((len(times), 2), np.nan)
    for act in role.acts:
        now = (times >= act.start_s) & (times < act.end_s)
        if not now.any():
            continue
        since = times[now] - act.start_s
        if act.path_m is not None:
            places[now] = walk_along(act.path_m, act.speed_m_s).place(since)
        else:
            share = since / max(act.end_s - act.start_s, 1e-6)
            places[now] = act.place_m + share[:, None] * np.array(act.shift_m)
    return places


def skeleton(role: Role, t_s: F64) -> Skeleton:
    """The spheres at times [n]."""
    places = place(role, t_s)
    present = np.isfinite(places[:, 0])
    heights = np.array([0.15, 0.4, 0.7, 0.95, 1.2, 1.4, 1.6])
    points = np.zeros((len(places), len(heights), 3))
    points[..., :2] = places[:, None]
    points[..., 2] = heights
    points[~present] = 0.0
    return Skeleton(points, np.array([0.15, 0.15, 0.2, 0.2, 0.2, 0.22, 0.12]), present)


def figure(role: Role, t_s: float) -> Solid | None:
    """The mesh at a time, with clothes and what they carry, in world metres; None while they are not there."""
    spheres = skeleton(role, np.array([t_s]))
    if not spheres.present[0]:
        return None
    around = np.arange(12) * (2 * np.pi / 12)
    ring = np.stack([np.cos(around), np.sin(around), np.zeros(12)], axis=1)
    rings = spheres.points_m[0][:, None] + spheres.radius_m[:, None, None] * ring
    count = len(rings)
    number = np.arange(count * 12).reshape(count, 12)
    a, b = number[:-1], np.roll(number, -1, axis=1)[:-1]
    c, d = number[1:], np.roll(number, -1, axis=1)[1:]
    triangles = np.concatenate([np.stack([a, b, c], -1).reshape(-1, 3), np.stack([b, d, c], -1).reshape(-1, 3)])
    return Solid.of(rings.reshape(-1, 3).astype(np.float32), triangles.astype(np.int32), Finish(0.5))


def lights(role: Role, t_s: float) -> tuple[Light, ...]:
    """The lamps somebody carries (a torch, a telephone, a cigarette) at a time."""
    return ()
