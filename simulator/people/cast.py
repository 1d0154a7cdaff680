"""People and animals at any time: their meshes, their skeletons (for the truth), where they are, and their lights."""

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from simulator.moment import Light
from simulator.optics import F64
from simulator.people import animals
from simulator.people.body import Joint, skinned
from simulator.people.garments import dressed
from simulator.people.manner import manner_of
from simulator.people.motion import Movement, movement, places_of
from simulator.people.props import Held, Holding, held, thing_of
from simulator.people.rig import Posed, Rig, pose
from simulator.people.spheres import spheres_of
from simulator.people.things import Thing, made
from simulator.play import Activity, Role
from simulator.solid import Solid, joined

_CHUNK = 4096
_TORCH_STRENGTH = 22.0  # a hand torch beside the camera's own lamp (144): it outshines it within some metres
_LAMP_STRENGTH = 9.0
_TORCH_CONE_RAD = 0.24
_TELEPHONE_STRENGTH = 0.05
_LIGHTER_STRENGTH = 0.35
_CIGARETTE_STRENGTH = 0.004


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
    if role.species is not None:
        return Skeleton(*animals.spheres(role, times))
    parts = [_spheres(role, times[start : start + _CHUNK]) for start in range(0, max(len(times), 1), _CHUNK)]
    points, present = (np.concatenate([part[k] for part in parts]) for k in (0, 1))
    things = [made(thing).radius_m for thing in _things(role)]
    return Skeleton(points, np.concatenate([spheres_of(dressed(role)).radius_m, *things]), present.astype(bool))


def figure(role: Role, t_s: float) -> Solid | None:
    """The mesh at a time, with clothes and what they carry, in world metres; None while they are not there."""
    return figures(role, np.array([t_s], dtype=np.float64))[0]


def figures(role: Role, t_s: F64) -> list[Solid | None]:
    """The meshes at times [n] not far apart: posing several at once costs little more than posing one."""
    if role.species is not None:
        return [animals.figure(role, float(time_s)) for time_s in t_s]
    moves, posed = _posed(role, np.asarray(t_s, dtype=np.float64))
    held = {int(number): _held(role, moves, posed, int(number)) for number in np.unique(moves.act)}
    rows = np.cumsum(moves.present) - 1  # `moves` and `posed` have rows for the times of presence only
    return [
        _drawn(role, posed, held[int(moves.act[row])], int(row)) if present else None
        for row, present in zip(rows, moves.present, strict=True)
    ]


def _drawn(role: Role, posed: Posed, carried: Held | None, row: int) -> Solid:
    """The mesh in one row of `posed`."""
    body = dressed(role)
    vertices, normals = skinned(body.rows, body.joints_m, body.weights, posed.turns[row], posed.places_m[row])
    if carried is None or not carried.shown[row]:
        return Solid(vertices, normals, body.shade, body.triangles, body.finish, body.finishes)
    turn = carried.turn[row].astype(np.float32)
    thing = made(carried.thing).solid.placed(turn, carried.place_m[row].astype(np.float32))
    fixed = _carrying(_Key(role.seed, role.guise), carried.thing)
    return replace(
        fixed,
        vertices_m=np.concatenate([vertices, thing.vertices_m]),
        normals=np.concatenate([normals, thing.normals]),
    )


@dataclass(frozen=True, slots=True)
class _Key:
    seed: int
    guise: str

    @property
    def role(self) -> Role:
        """Somebody who looks the same."""
        return Role(0, self.seed, (), self.guise)


@lru_cache(maxsize=512)
def _carrying(key: _Key, thing: Thing) -> Solid:
    """Somebody in rest and a thing, as one solid."""
    body = dressed(key.role)
    rest = Solid(body.rest_m, body.normals, body.shade, body.triangles, body.finish, body.finishes)
    return joined([rest, made(thing).solid])


def lights(role: Role, t_s: float) -> tuple[Light, ...]:
    """The lamps somebody carries (a torch, a telephone, a lighter, a cigarette) at a time."""
    if role.species is not None:
        return ()
    times = np.array([t_s], dtype=np.float64)
    if not any(thing in _SHINING for thing in _things(role)):
        return ()
    moves, posed = _posed(role, times)
    if not moves.present[0]:
        return ()
    number = int(moves.act[0])
    carried = _held(role, moves, posed, number)
    if carried is None or carried.thing not in _SHINING:
        return ()
    return (_light(carried, role.acts[number].activity, float(moves.since_s[0])),)


_SHINING = frozenset({Thing.TORCH, Thing.TELEPHONE, Thing.LIGHTER, Thing.CIGARETTE})


def _light(carried: Held, activity: Activity, since_s: float) -> Light:
    x, y, z = (float(part) for part in carried.place_m[0])
    ahead = carried.turn[0][:, 0]
    if carried.thing is Thing.TORCH:
        strength = _LAMP_STRENGTH if activity is Activity.LOOK_IN_WITH_LAMP else _TORCH_STRENGTH
        lens = (x + 0.16 * float(ahead[0]), y + 0.16 * float(ahead[1]), z + 0.16 * float(ahead[2]))
        aim = (float(ahead[0]), float(ahead[1]), float(ahead[2]))
        return Light(lens, strength, aim, _TORCH_CONE_RAD, shadows=True)
    if carried.thing is Thing.TELEPHONE:
        off = 0.03
        lit = (x - off * float(ahead[0]), y - off * float(ahead[1]), z + 0.02)
        aim = (-float(ahead[0]), -float(ahead[1]), 0.3)
        length = float(np.linalg.norm(aim))
        return Light(lit, _TELEPHONE_STRENGTH, (aim[0] / length, aim[1] / length, aim[2] / length), 1.1)
    if carried.thing is Thing.LIGHTER:
        flicker = 0.8 + 0.2 * float(np.sin(31.0 * since_s) * np.sin(17.3 * since_s))
        return Light((x, y, z + 0.06), _LIGHTER_STRENGTH * flicker)
    tip = (x + 0.08 * float(ahead[0]), y + 0.08 * float(ahead[1]), z + 0.08 * float(ahead[2]))
    return Light(tip, _CIGARETTE_STRENGTH)


@lru_cache(maxsize=1024)
def _rig(key: _Key) -> Rig:
    body = dressed(key.role)
    return Rig(body.joints_m.astype(np.float64), body.height_m, body.sole_m)


def _posed(role: Role, t_s: F64) -> tuple[Movement, Posed]:
    moves = movement(role, t_s)
    return moves, pose(_rig(_Key(role.seed, role.guise)), moves.rows, moves.stance)


def _things(role: Role) -> tuple[Thing, ...]:
    """All that somebody ever has in hand."""
    manner = manner_of(role)
    things = (thing_of(role, act.activity, manner) for act in role.acts)
    return tuple(dict.fromkeys(thing for thing in things if thing is not None))


def _held(role: Role, moves: Movement, posed: Posed, number: int) -> Held | None:
    """What they hold in act `number`, at those times [m] that `moves` and `posed` are of."""
    manner, activity = manner_of(role), role.acts[number].activity
    thing = thing_of(role, activity, manner)
    if thing is None:
        return None
    stance = moves.stance
    return held(activity, thing, Holding(posed, stance.heading_rad, stance.place_m, moves.since_s, manner))


def _spheres(role: Role, t_s: F64) -> tuple[F64, F64]:
    """Middles [n, k, 3] and presence [n] (0 or 1); what is not in hand hides in the pelvis."""
    moves, posed = _posed(role, t_s)
    body = spheres_of(dressed(role)).placed(posed)
    sets = [body]
    things = _things(role)
    hidden = posed.places_m[:, None, Joint.PELVIS]
    carried = {thing: np.repeat(hidden, len(made(thing).middles_m), axis=1) for thing in things}
    for number in np.unique(moves.act):
        now = np.flatnonzero(moves.act == number)
        found = _held(role, moves.some(now), posed.some(now), int(number))
        if found is not None:
            turned = np.einsum("nab,kb->nka", found.turn, made(found.thing).middles_m) + found.place_m[:, None]
            carried[found.thing][now[found.shown]] = turned[found.shown]
    sets += [carried[thing] for thing in things]
    middles = np.concatenate(sets, axis=1)
    points = np.zeros((len(t_s), *middles.shape[1:]))
    points[moves.present] = middles
    return points, moves.present.astype(np.float64)
