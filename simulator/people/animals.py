"""How animals go: feet that stay where they stand while the body passes over them, heads that look about, wings.

A leg's cycle follows the way gone, not the clock, so that feet do not slide. Walk, trot and bound differ in which legs
go together (Hildebrand 1965) and in how long a foot carries.
"""

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from simulator.optics import F64
from simulator.people.beasts import Beast, beast
from simulator.people.gait import walk_along
from simulator.people.motion import acts_at
from simulator.people.rig import about_x, about_y, about_z
from simulator.people.spheres import grouped
from simulator.play import Act, Activity, Role, Species
from simulator.solid import Solid, joined

_SIZE_M = 0.7  # how long an animal's steps at either end of a way are taken to be, as a person's height
_WALK = ((0.25, 0.75, 0.0, 0.5), 0.66)
_TROT = ((0.0, 0.5, 0.5, 0.0), 0.46)
_BOUND = ((0.0, 0.12, 0.5, 0.55), 0.36)
_HOP = ((0.0, 0.1, 0.55, 0.55), 0.40)
_FLIES_M_S = 2.0
_FLIGHT_M = 2.2


@dataclass(frozen=True, slots=True)
class _Going:
    """At n times: place [n, 2], heading [n], the way gone [n], speed, how fast against full speed [n], seconds since
    the act began and until it ends [n]."""

    place_m: F64
    heading_rad: F64
    along_m: F64
    speed_m_s: float
    going: F64
    since_s: F64
    left_s: F64


@dataclass(frozen=True, slots=True)
class _Parts:
    """Rotations [n, p, 3, 3] and places [n, p, 3] of an animal's parts: trunk, head, tail, upper
    and lower legs, wings."""

    turns: F64
    places_m: F64


def figure(role: Role, t_s: float) -> Solid | None:
    """The mesh at a time; None while it is not there."""
    present, parts = _parts(role, np.array([t_s], dtype=np.float64))
    if not present[0]:
        return None
    turns, places = parts.turns[0].astype(np.float32), parts.places_m[0].astype(np.float32)
    whole, owner = _whole(role.species or Species.DOG, role.seed)
    own = turns[owner]
    vertices = np.einsum("nab,nb->na", own, whole.vertices_m) + places[owner]
    return replace(whole, vertices_m=vertices, normals=np.einsum("nab,nb->na", own, whole.normals))


@lru_cache(maxsize=256)
def _whole(species: Species, seed: int) -> tuple[Solid, NDArray[np.int64]]:
    """All parts in their own axes as one solid, and each vertex's part [n]."""
    solids = _solids(beast(species, seed))
    owner = np.repeat(np.arange(len(solids)), [len(solid.vertices_m) for solid in solids])
    return joined(solids), owner


def spheres(role: Role, t_s: F64) -> tuple[F64, F64, NDArray[np.bool_]]:
    """Middles [n, k, 3], radii [k] and presence [n]."""
    present, parts = _parts(role, t_s)
    offs, radii, owners = _stand_ins(role.species or Species.DOG, role.seed)
    placed = np.einsum("nkab,kb->nka", parts.turns[:, owners], offs) + parts.places_m[:, owners]
    points = np.zeros((len(t_s), len(radii), 3))
    points[present] = placed
    return points, radii, present


@lru_cache(maxsize=256)
def _stand_ins(species: Species, seed: int) -> tuple[F64, F64, NDArray[np.int64]]:
    """Spheres of all parts: middles in their part's axes [k, 3], radii [k], parts [k]."""
    found = [
        (number, *sphere)
        for number, solid in enumerate(_solids(beast(species, seed)))
        for sphere in grouped(solid.vertices_m.astype(np.float64), 6 if number in (0, 1) else 4)
    ]
    return np.stack([one[1] for one in found]), np.array([one[2] for one in found]), np.array([one[0] for one in found])


def _beast(role: Role) -> Beast:
    return beast(role.species or Species.DOG, role.seed)


def _solids(made: Beast) -> tuple[Solid, ...]:
    return (made.trunk, made.head, made.tail, *made.upper, *made.lower, *made.wings)


def _parts(role: Role, t_s: F64) -> tuple[NDArray[np.bool_], _Parts]:
    numbers = acts_at(role, t_s)
    present = numbers >= 0
    times, numbers = t_s[present], numbers[present]
    count = len(_solids(_beast(role)))
    turns, places = np.zeros((len(times), count, 3, 3)), np.zeros((len(times), count, 3))
    for number in np.unique(numbers):
        now = numbers == number
        act = role.acts[number]
        part = _act(role, act, _going(act, times[now]))
        turns[now], places[now] = part.turns, part.places_m
    return present, _Parts(turns, places)


def _going(act: Act, t_s: F64) -> _Going:
    since, left = t_s - act.start_s, act.end_s - t_s
    still = np.zeros(len(t_s))
    if act.path_m is None:
        share = since / max(act.end_s - act.start_s, 1e-6)
        place = np.asarray(act.place_m, dtype=np.float64) + share[:, None] * np.array(act.shift_m)
        return _Going(place, still + act.heading_rad, still, 0.0, still, since, left)
    walk = walk_along(act.path_m, act.speed_m_s, _SIZE_M)
    along = walk.along(since)
    going = walk.going(walk.beats(since))
    return _Going(walk.place(since), walk.line.heading(along), along, act.speed_m_s, going, since, left)


def _act(role: Role, act: Act, going: _Going) -> _Parts:
    made, species = _beast(role), role.species or Species.DOG
    build = made.build
    count = len(going.since_s)
    (phases, carries), stride_m = _gait(species, build.shoulder_m, going.speed_m_s)
    cycle = going.along_m / stride_m
    bounds = carries < 0.42
    spring = going.going * (0.18 if bounds else 0.03) * build.shoulder_m
    rise = spring * np.abs(np.sin(np.pi * (cycle if bounds else 2 * cycle)))
    pitch = going.going * (0.16 if bounds else 0.02) * np.sin(2 * np.pi * cycle)
    low = 0.45 if act.activity in (Activity.LIE, Activity.SIT, Activity.CROUCH) else 0.0
    lift = rise - low * build.shoulder_m
    flies = species is Species.BIRD and going.speed_m_s >= _FLIES_M_S
    if flies:
        lift = lift + _FLIGHT_M * np.clip(np.minimum(going.since_s, going.left_s) / 2.0, 0.0, 1.0) ** 1.5
    frame = about_z(going.heading_rad)
    trunk = frame @ about_y(pitch)
    base = np.concatenate([going.place_m, lift[:, None]], axis=1)
    seed = np.random.default_rng([role.seed, 75]).random(4) * 2 * np.pi
    look = 0.5 * np.sin(0.7 * going.since_s + seed[0]) + 0.3 * np.sin(1.9 * going.since_s + seed[1])
    nod = 0.25 * np.sin(0.5 * going.since_s + seed[2]) + (0.9 if act.activity is Activity.CROUCH else 0.0)
    hold = 0.15 if species in (Species.FOX, Species.CAT) else -0.1
    turns = [trunk, trunk @ about_z(look * (1 - 0.7 * going.going)) @ about_y(nod * (1 - 0.6 * going.going) + hold)]
    wag = (0.5 if species is Species.DOG else 0.2) * np.sin((9.0 if species is Species.DOG else 2.0) * going.since_s)
    droop = {Species.DOG: 0.5, Species.CAT: 0.35, Species.FOX: -0.15, Species.HARE: 0.9}.get(species, 0.05)
    turns.append(trunk @ about_z(wag) @ about_y(np.full(count, droop)))
    places = [base, base + trunk @ made.neck_at_m, base + trunk @ made.tail_at_m]
    uppers, lowers, hips, knees = _legs(made, going, (phases, carries, stride_m), (trunk, base))
    if flies:
        # Drawn up under the body.
        knees = [
            hip + trunk @ np.array([-0.3 * bone[0], 0.0, -0.3 * bone[0]])
            for hip, bone in zip(hips, made.bones_m, strict=True)
        ]
        uppers = [trunk @ about_y(np.full(count, 0.9))] * len(hips)
        lowers = [trunk @ about_y(np.full(count, 1.4))] * len(hips)
    turns += uppers + lowers
    places += hips + knees
    for side, _ in zip((1.0, -1.0), made.wings, strict=False):
        flap = 0.75 * np.sin(2 * np.pi * 5.0 * going.since_s) if flies else np.full(count, 0.0)
        beat = about_x(side * flap) if flies else about_z(np.full(count, side * 1.45))
        turns.append(trunk @ beat)
        shoulder = np.array(
            [0.2 * build.trunk_m, side * 0.8 * build.half_wide_m, build.shoulder_m + 0.5 * build.half_high_m]
        )
        places.append(base + trunk @ shoulder)
    return _Parts(np.stack(turns, axis=1), np.stack(places, axis=1))


def _gait(species: Species, shoulder_m: float, speed_m_s: float) -> tuple[tuple[tuple[float, ...], float], float]:
    """Phases and duty of the legs, and the stride; by the Froude number v^2 / (g h), as legs of any size do."""
    froude = speed_m_s**2 / (9.81 * shoulder_m)
    stride_m = shoulder_m * (1.5 + 1.9 * froude**0.5)
    if species in (Species.HARE, Species.BIRD):
        return _HOP, stride_m
    if froude < 0.4:
        return _WALK, stride_m
    return (_TROT if froude < 2.5 else _BOUND), stride_m


def _legs(
    made: Beast, going: _Going, gait: tuple[tuple[float, ...], float, float], body: tuple[F64, F64]
) -> tuple[list[F64], list[F64], list[F64], list[F64]]:  # fmt: skip
    """Turns of upper and lower bones, and the places of hips and knees."""
    phases, carries, stride_m = gait
    trunk, base = body
    uppers, lowers, hips, knees = [], [], [], []
    for leg, (hip, bones) in enumerate(zip(made.hips_m, made.bones_m, strict=True)):
        phase = np.mod(going.along_m / stride_m + phases[leg if len(made.hips_m) == 4 else leg + 2], 1.0)
        carried = phase < carries
        reach = 0.5 * stride_m * carries
        back = np.where(carried, 1 - 2 * phase / carries, -np.cos(np.pi * (phase - carries) / (1 - carries)))
        lift = np.where(carried, 0.0, np.sin(np.pi * np.clip((phase - carries) / (1 - carries), 0.0, 1.0)))
        x = hip[0] + reach * back * going.going
        # The foot's height over the ground, seen from a trunk that rises and sinks.
        z = 0.25 * hip[2] * lift * going.going - base[:, 2]
        upper, lower = _bones(float(hip[2]), x - hip[0], np.minimum(z, 0.6 * hip[2]), bones)
        uppers.append(trunk @ about_y(upper))
        lowers.append(trunk @ about_y(lower))
        hips.append(base + trunk @ hip)
        knee = np.stack([-bones[0] * np.sin(upper), 0 * upper, -bones[0] * np.cos(upper)], axis=1)
        knees.append(hips[-1] + np.einsum("nab,nb->na", trunk, knee))
    return uppers, lowers, hips, knees


def _bones(hip_z: float, off_x: F64, foot_z: F64, bones_m: NDArray[np.float32]) -> tuple[F64, F64]:
    """Angles of both bones from straight down, forward negative as `about_y` turns; the middle joint bends back."""
    a, b = (float(bone) for bone in bones_m)
    down = hip_z - foot_z
    reach = np.clip(np.hypot(off_x, down), abs(a - b) + 0.2 * a, 0.995 * (a + b))
    forward = np.arctan2(off_x, down)
    at_hip = np.arccos(np.clip((a * a + reach**2 - b * b) / (2 * a * reach), -1.0, 1.0))
    at_knee = np.arccos(np.clip((a * a + b * b - reach**2) / (2 * a * b), -1.0, 1.0))
    upper = -(forward - at_hip)
    return upper, np.asarray(upper - (np.pi - at_knee))
