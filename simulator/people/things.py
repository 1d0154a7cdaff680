"""What people carry, as small solids of their own axes: the grip (or the middle) at the origin, the long side along x,
z up. Made once."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

import numpy as np

from simulator.optics import F64
from simulator.people.pieces import blob, rod, tube, vector
from simulator.solid import F32, I32, Finish, Solid, joined


class Thing(StrEnum):
    """The things."""

    BAR = "bar"
    WRENCH = "wrench"
    TORCH = "torch"
    CAN = "can"
    LIGHTER = "lighter"
    TELEPHONE = "telephone"
    CIGARETTE = "cigarette"
    BAG = "bag"
    BOX = "box"
    WHEEL = "wheel"
    SACK = "sack"
    SCRAPER = "scraper"
    PRAM = "pram"
    STONE = "stone"
    SPRAY = "spray"
    PAPER = "paper"
    LEADS = "leads"


@dataclass(frozen=True, slots=True)
class Made:
    """A thing's solid, and spheres that stand for it: middles [k, 3] and radii [k]."""

    solid: Solid
    middles_m: F64
    radius_m: F64


_DULL = Finish(0.16, gloss=0.05)
_STEEL = Finish(0.35, gloss=0.5, roughness=0.3)


def _of(finish: Finish, *parts: tuple[F32, I32]) -> Solid:
    return joined([Solid.of(vertices, triangles, finish) for vertices, triangles in parts])


def _box(middle: F32, half: F32, finish: Finish, square: float = 0.3) -> Solid:
    return _of(finish, blob(middle, half, square, 12, 8))


def _ring(middle: F32, radius_m: float, half_wide_m: float, thick_m: float) -> tuple[F32, I32]:
    """A tyre about the y axis."""
    around = np.arange(18) * (2 * np.pi / 18)
    section = np.arange(8) * (2 * np.pi / 8)
    reach = radius_m - thick_m + thick_m * np.cos(section)
    rings = np.stack(
        [
            np.cos(around)[:, None] * reach,
            np.repeat((half_wide_m * np.sin(section))[None], 18, axis=0),
            np.sin(around)[:, None] * reach,
        ],
        axis=-1,
    )
    rings = np.concatenate([rings, rings[:1]]).astype(np.float32) + middle
    return rings.reshape(-1, 3), tube(rings, closed=False)


def _pram() -> Solid:
    body = blob(vector(0.42, 0.0, 0.62), vector(0.40, 0.20, 0.15), 0.6, 14, 8)
    hood = blob(vector(0.62, 0.0, 0.78), vector(0.20, 0.205, 0.20), 0.8, 14, 8)
    bars = [rod(vector(-0.02, side * 0.18, 0.98), vector(0.55, side * 0.18, 0.30), 0.014) for side in (1.0, -1.0)] + [
        rod(vector(-0.02, -0.19, 0.98), vector(-0.02, 0.19, 0.98), 0.016)
    ]
    bars += [rod(vector(0.70, side * 0.18, 0.55), vector(0.18, side * 0.18, 0.26), 0.014) for side in (1.0, -1.0)]
    wheels = [_ring(vector(x, side * 0.22, 0.13), 0.13, 0.02, 0.025) for x in (0.18, 0.68) for side in (1.0, -1.0)]
    return joined([_of(Finish(0.5), body, hood), _of(_STEEL, *bars), _of(_DULL, *wheels)])


def _torch() -> Solid:
    body = _of(
        _DULL, rod(vector(-0.07, 0, 0), vector(0.10, 0, 0), 0.017), rod(vector(0.10, 0, 0), vector(0.14, 0, 0), 0.024)
    )
    glass = rod(vector(0.14, 0, 0), vector(0.145, 0, 0), 0.022)
    return joined([body, _of(Finish(0.3, glow=9.0), glass)])


def _leads() -> Solid:
    line = np.array([[0.0, 0, 0], [0.12, 0.02, -0.14], [0.30, 0.05, -0.20], [0.5, 0.05, -0.12]], dtype=np.float32)
    pieces = [rod(a, b, 0.010, around=6) for a, b in zip(line[:-1], line[1:], strict=True)]
    return joined([_of(_DULL, *pieces), _of(_STEEL, rod(vector(-0.06, 0, 0), vector(0.05, 0, 0), 0.015))])


def _solids(thing: Thing) -> Solid:
    makers: dict[Thing, Sequence[Solid]] = {
        Thing.BAR: [_of(_STEEL, rod(vector(-0.12, 0, 0), vector(0.55, 0, 0), 0.014))],
        Thing.WRENCH: [
            _of(
                _STEEL,
                rod(vector(-0.20, 0, 0), vector(0.20, 0, 0), 0.012),
                rod(vector(0, 0, 0), vector(0, 0.14, 0), 0.012),
            )
        ],
        Thing.TORCH: [_torch()],
        Thing.CAN: [
            _box(vector(0.06, 0, -0.17), vector(0.14, 0.08, 0.15), Finish(0.55, gloss=0.1)),
            _of(_DULL, rod(vector(0.18, 0, -0.05), vector(0.30, 0, 0.03), 0.02, 0.012)),
        ],
        Thing.LIGHTER: [
            _of(_DULL, rod(vector(0, 0, -0.03), vector(0, 0, 0.04), 0.012)),
            _of(Finish(0.0, glow=14.0), blob(vector(0, 0, 0.058), vector(0.006, 0.006, 0.016), 1.0, 6, 5)),
        ],
        Thing.TELEPHONE: [
            _box(vector(0.0, 0.0, 0.02), vector(0.006, 0.037, 0.075), _DULL, 0.2),
            _box(vector(-0.006, 0.0, 0.02), vector(0.002, 0.034, 0.07), Finish(0.05, glow=0.7), 0.2),
        ],
        Thing.CIGARETTE: [
            _of(Finish(0.7), rod(vector(0, 0, 0), vector(0.07, 0, 0), 0.004, around=5)),
            _of(Finish(0.1, glow=6.0), blob(vector(0.074, 0, 0), vector(0.006, 0.006, 0.006), 1.0, 6, 5)),
        ],
        Thing.BAG: [_box(vector(0.0, 0.0, -0.27), vector(0.21, 0.09, 0.20), Finish(0.45), 0.5)],
        Thing.BOX: [_box(vector(0.05, 0.0, 0.05), vector(0.13, 0.26, 0.20), Finish(0.42), 0.15)],
        Thing.WHEEL: [
            _of(Finish(0.09), _ring(vector(0, 0, 0), 0.31, 0.10, 0.10)),
            _of(_STEEL, blob(vector(0, 0, 0), vector(0.20, 0.06, 0.20), 0.6, 14, 6)),
        ],
        Thing.SACK: [_box(vector(-0.12, 0.0, -0.10), vector(0.16, 0.20, 0.27), Finish(0.4), 0.7)],
        Thing.SCRAPER: [
            _of(_DULL, rod(vector(-0.03, 0, 0), vector(0.20, 0, 0), 0.012)),
            _box(vector(0.21, 0, 0), vector(0.02, 0.06, 0.006), Finish(0.6)),
        ],
        Thing.PRAM: [_pram()],
        Thing.STONE: [_of(Finish(0.25), blob(vector(0.03, 0, 0), vector(0.045, 0.04, 0.035), 0.9, 8, 6))],
        Thing.SPRAY: [_of(Finish(0.6, gloss=0.3), rod(vector(0, 0, -0.09), vector(0, 0, 0.10), 0.032))],
        Thing.PAPER: [_box(vector(0.10, 0, 0), vector(0.14, 0.035, 0.02), Finish(0.65), 0.4)],
        Thing.LEADS: [_leads()],
    }
    return joined(makers[thing])


@cache
def made(thing: Thing) -> Made:
    """A thing; cached. Its spheres lie in the box about it, as large as its thinnest side allows."""
    solid = _solids(thing)
    low, high = solid.vertices_m.min(axis=0).astype(np.float64), solid.vertices_m.max(axis=0).astype(np.float64)
    middle, half = (low + high) / 2, (high - low) / 2
    radius = max(float(half.min()), 0.012)
    room = np.maximum(half - radius, 0.0)
    axes = np.argsort(-room)
    spots = []
    for a in (-1.0, 1.0):
        for b in (-1.0, 1.0) if room[axes[1]] > 0.02 else (0.0,):
            spot = middle.copy()
            spot[axes[0]] += a * room[axes[0]]
            spot[axes[1]] += b * room[axes[1]]
            spots.append(spot)
    return Made(solid, np.stack(spots), np.full(len(spots), radius))
