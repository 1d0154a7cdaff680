"""Animals' bodies as rigid parts: lofted trunks, heads with eyes that shine, legs of two bones, tails. Made once.

Own axes: x ahead, y to the left, z up, the feet at z = 0 below the middle of the trunk. A part's pivot is its origin.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from simulator.people.pieces import blob, rod, tube, vector
from simulator.play import Species
from simulator.solid import F32, I32, Finish, Solid, joined

_EYE_RETRO = 7.0  # a tapetum throws back about as much as a number plate


@dataclass(frozen=True, slots=True)
class Build:
    """Lengths in metres: of the trunk, its half width and half height, how high shoulders and hips are, head, neck,
    muzzle, ears, tail and its thickness; how thick the legs are; the fur's albedo and that of the belly and tail's tip.
    """

    trunk_m: float
    half_wide_m: float
    half_high_m: float
    shoulder_m: float
    hip_m: float
    head_m: float
    neck_m: float
    muzzle_m: float
    ear_m: float
    tail_m: float
    tail_thick_m: float
    leg_thick_m: float


BUILDS = {
    Species.CAT: Build(0.30, 0.065, 0.075, 0.20, 0.21, 0.050, 0.09, 0.02, 0.04, 0.28, 0.016, 0.020),
    Species.DOG: Build(0.52, 0.105, 0.135, 0.45, 0.46, 0.085, 0.17, 0.09, 0.06, 0.30, 0.026, 0.034),
    Species.FOX: Build(0.42, 0.080, 0.090, 0.33, 0.34, 0.060, 0.12, 0.07, 0.07, 0.38, 0.050, 0.022),
    Species.HARE: Build(0.32, 0.080, 0.095, 0.19, 0.24, 0.050, 0.08, 0.025, 0.12, 0.06, 0.030, 0.024),
    Species.BIRD: Build(0.15, 0.050, 0.055, 0.12, 0.12, 0.032, 0.05, 0.035, 0.0, 0.15, 0.022, 0.008),
}


@dataclass(frozen=True, slots=True)
class Beast:
    """The parts of one animal. Legs: left fore, right fore, left hind, right hind; each has an upper and a lower bone
    (lengths [4, 2]) and hangs at `hips_m` [4, 3]. `wings` (two) are a bird's."""

    build: Build
    trunk: Solid
    head: Solid
    tail: Solid
    upper: tuple[Solid, ...]
    lower: tuple[Solid, ...]
    wings: tuple[Solid, ...]
    hips_m: F32
    bones_m: F32
    neck_at_m: F32
    tail_at_m: F32


@lru_cache(maxsize=256)
def beast(species: Species, seed: int) -> Beast:
    """One animal; size and fur from the seed; cached."""
    rng = np.random.default_rng([seed, 74])
    spread = 0.75 if species is Species.DOG else 0.12
    scale = float(1.0 + rng.uniform(-spread * 0.6, spread * 0.4))
    build = Build(*(getattr(BUILDS[species], name) * scale for name in Build.__slots__))
    fur = float(rng.uniform(0.08, 0.3) if species is Species.BIRD else rng.uniform(0.22, 0.65))
    coat = Finish(fur, roughness=0.5)
    pale = Finish(min(0.8, fur * 1.4))
    hips = _hips(build, species)
    count = 2 if species is Species.BIRD else 4
    bones = np.array([[0.54, 0.56] if leg < 2 else [0.56, 0.60] for leg in range(4)]) * hips[:, 2:]
    thick = build.leg_thick_m
    legs = [_leg(bones[leg], thick * (1.0 if leg < 2 else 1.25), coat) for leg in range(4)][4 - count :]
    return Beast(
        build, _trunk(build, coat, pale), _head(build, species, coat, pale), _tail(build, species, coat, pale),
        tuple(leg[0] for leg in legs), tuple(leg[1] for leg in legs),
        tuple(_wing(build, side, coat) for side in (1.0, -1.0)) if species is Species.BIRD else (),
        hips[4 - count :], bones[4 - count :].astype(np.float32),
        vector(0.46 * build.trunk_m, 0.0, build.shoulder_m + 0.25 * build.half_high_m),
        vector(-0.5 * build.trunk_m, 0.0, build.hip_m + 0.35 * build.half_high_m),
    )  # fmt: skip


def _hips(build: Build, species: Species) -> F32:
    fore, hind = 0.36 * build.trunk_m, -0.38 * build.trunk_m
    if species is Species.BIRD:
        hind = 0.0
    wide = 0.55 * build.half_wide_m
    return np.stack(
        [
            vector(fore, wide, build.shoulder_m), vector(fore, -wide, build.shoulder_m),
            vector(hind, wide, build.hip_m), vector(hind, -wide, build.hip_m),
        ]
    )  # fmt: skip


def _loft(stations: list[tuple[float, float, float, float]]) -> tuple[F32, I32]:
    """A body along x: (x, middle's z, half width, half height) of each section."""
    turn = np.arange(12) * (2 * np.pi / 12)
    rings = np.stack(
        [
            np.stack([np.full(12, x), wide * np.cos(turn), z + high * np.sin(turn)], axis=1)
            for x, z, wide, high in stations
        ]
    ).astype(np.float32)
    return rings.reshape(-1, 3), tube(rings)


def _trunk(build: Build, coat: Finish, pale: Finish) -> Solid:
    half, wide, high = build.trunk_m / 2, build.half_wide_m, build.half_high_m
    fore, hind = build.shoulder_m, build.hip_m
    skin = _loft(
        [
            (-1.12 * half, hind + 0.02, 0.25 * wide, 0.30 * high), (-1.0 * half, hind, 0.70 * wide, 0.75 * high),
            (-0.7 * half, hind - 0.1 * high, 0.95 * wide, 0.95 * high), (-0.2 * half, hind, 0.85 * wide, 0.85 * high),
            (0.3 * half, fore - 0.1 * high, 0.95 * wide, 0.98 * high), (0.75 * half, fore, 0.9 * wide, 0.95 * high),
            (1.0 * half, fore + 0.1 * high, 0.6 * wide, 0.7 * high),
            (1.12 * half, fore + 0.2 * high, 0.25 * wide, 0.35 * high),
        ]
    )  # fmt: skip
    belly = blob(vector(0.1 * half, 0.0, fore - 0.45 * high), vector(0.6 * half, 0.7 * wide, 0.58 * high))
    return joined([Solid.of(*skin, coat), Solid.of(*belly, pale)])


def _head(build: Build, species: Species, coat: Finish, pale: Finish) -> Solid:
    """With the neck; the pivot is where the neck leaves the trunk. Eyes look ahead and to the sides."""
    size, neck = build.head_m, build.neck_m
    top = vector(0.72 * neck, 0.0, 0.72 * neck)
    skull = blob(top, vector(1.05 * size, 0.85 * size, 0.9 * size))
    throat = rod(vector(-0.35 * neck, 0.0, -0.15 * neck), top, 0.9 * size, 0.7 * size, 10)
    snout = rod(
        top + vector(0.4 * size, 0, -0.2 * size), top + vector(size + build.muzzle_m, 0, -0.35 * size),
        0.55 * size, 0.28 * size, 10,
    )  # fmt: skip
    parts = [Solid.of(*skull, coat), Solid.of(*throat, coat), Solid.of(*snout, pale)]
    aside = 0.75 if species in (Species.HARE, Species.BIRD) else 0.42
    for side in (1.0, -1.0):
        spot = top + vector((0.92 if aside < 0.5 else 0.6) * size, side * aside * size, 0.22 * size)
        eye = blob(spot, np.full(3, 0.17 * size, dtype=np.float32), 1.0, 8, 6)
        parts.append(Solid.of(*eye, Finish(0.05, gloss=0.3, retro=_EYE_RETRO)))
        if build.ear_m:
            foot = top + vector(-0.15 * size, side * 0.45 * size, 0.65 * size)
            tip = foot + vector(-0.35 * build.ear_m, side * 0.25 * build.ear_m, build.ear_m)
            parts.append(Solid.of(*rod(foot, tip, 0.34 * size, 0.06 * size, 7), coat))
    return joined(parts)


def _tail(build: Build, species: Species, coat: Finish, pale: Finish) -> Solid:
    """From its pivot backward."""
    long, thick = build.tail_m, build.tail_thick_m
    if species is Species.BIRD:
        return Solid.of(*blob(vector(-0.5 * long, 0, 0), vector(0.55 * long, 0.035, 0.008)), coat)
    if species is Species.FOX:
        brush = _loft(
            [
                (-long, 0, 0.3 * thick, 0.3 * thick), (-0.75 * long, 0, thick, thick),
                (-0.4 * long, 0, 0.9 * thick, 0.9 * thick), (0.0, 0, 0.35 * thick, 0.35 * thick),
            ]
        )  # fmt: skip
        tip = blob(vector(-0.93 * long, 0, 0), vector(0.1 * long, 0.7 * thick, 0.7 * thick))
        return joined([Solid.of(*brush, coat), Solid.of(*tip, pale)])
    return Solid.of(*rod(vector(-long, 0, 0), vector(0.02, 0, 0), 0.6 * thick, thick, 8), coat)


def _leg(bones_m: F32, thick_m: float, coat: Finish) -> tuple[Solid, Solid]:
    """Upper and lower bone, each along -z from its pivot; the lower one ends in a paw."""
    upper, lower = (float(bone) for bone in bones_m)
    thigh = blob(vector(0.0, 0.0, -0.45 * upper), vector(1.9 * thick_m, 1.3 * thick_m, 0.62 * upper), 1.0, 10, 7)
    shank = rod(vector(0, 0, 0.1 * lower), vector(0, 0, -lower + thick_m), 0.95 * thick_m, 0.6 * thick_m, 8)
    paw = blob(vector(0.4 * thick_m, 0.0, -lower + 0.6 * thick_m), vector(1.15 * thick_m, 0.8 * thick_m, 0.6 * thick_m))
    return Solid.of(*thigh, coat), joined([Solid.of(*shank, coat), Solid.of(*paw, coat)])


def _wing(build: Build, side: float, coat: Finish) -> Solid:
    """From the shoulder outward along y."""
    long = 2.2 * build.trunk_m
    return Solid.of(*blob(vector(-0.02, side * 0.5 * long, 0.0), vector(0.07, 0.52 * long, 0.006)), coat)
