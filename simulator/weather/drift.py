"""Things the wind takes over the ground: plastic bags and heaps of leaves, tumbling and hopping."""

import numpy as np

from simulator.moment import Body, Kind
from simulator.optics import F32
from simulator.play import Drifter
from simulator.solid import I32, Finish, Solid, about_z
from simulator.weather.wind import Wind

_BAG = Finish(albedo=0.75, gloss=0.15, roughness=0.35)
_LEAVES = Finish(albedo=0.5)
_ACROSS_M = 20.0
_ROWS, _COLUMNS = 7, 12


def body(drifter: Drifter, wind: Wind, t_s: float) -> Body | None:
    """Where it is and how it lies at a time. None: not there.

    It crosses the lot's middle half way through its time, by gusts: now it lies still, now it rushes and hops, in
    eddies as wide as itself and more. It goes at most at 0.6 of the wind's speed near the ground.
    """
    if not drifter.start_s <= t_s <= drifter.end_s:
        return None
    rng = np.random.default_rng([drifter.seed, 7700])
    middle = np.array([rng.uniform(-6.0, 6.0), rng.uniform(9.5, 18.0)])
    size = float(rng.uniform(0.14, 0.26))
    lasts_s = max(drifter.end_s - drifter.start_s, 1.0)
    speed = min(0.6 * max(wind.speed_at(0.5), 0.5), _ACROSS_M / lasts_s)
    pace, first, eddy = rng.uniform(0.25, 0.7), rng.uniform(0, 6.28), rng.uniform(0.4, 1.2)
    way_m = speed * (t_s - (drifter.start_s + drifter.end_s) / 2 + 0.95 / pace * np.sin(pace * t_s + first))
    rush = 1 + 0.95 * np.cos(pace * t_s + first)
    side = np.array([-wind.along[1], wind.along[0]]) * eddy * np.sin(0.9 * way_m / eddy)
    hop = 0.12 * min(3.0, speed * rush) * np.sin(1.1 * way_m + first) ** 2
    place = np.array([*(middle + wind.along[:2] * way_m + side), 0.8 * size + hop], dtype=np.float32)
    turn = about_z(wind.heading_rad) @ _tumble(way_m / (1.3 * size)) @ about_z(float(rng.uniform(0, 6.28)))
    lump = _lump(drifter.seed, size, t_s, _LEAVES if rng.random() < 0.25 else _BAG)
    return Body(drifter.number, Kind.OTHER, lump.placed(turn, place))


def _tumble(angle_rad: float) -> F32:
    cos, sin = np.cos(angle_rad), np.sin(angle_rad)
    return np.array([[cos, 0.0, sin], [0.0, 1.0, 0.0], [-sin, 0.0, cos]], dtype=np.float32)


def _lump(seed: int, size_m: float, t_s: float, finish: Finish) -> Solid:
    """A crumpled ball that flaps: a sphere whose radius goes up and down with direction and time."""
    rng = np.random.default_rng([seed, 7701])
    lift = np.linspace(-np.pi / 2, np.pi / 2, _ROWS)[:, None]
    turn = np.linspace(0, 2 * np.pi, _COLUMNS, endpoint=False)[None, :]
    unit = np.stack([np.cos(lift) * np.cos(turn), np.cos(lift) * np.sin(turn), np.sin(lift) + 0 * turn], axis=-1)
    radius = np.ones(unit.shape[:2])
    for _ in range(5):
        wave, phase, beat = rng.normal(0, 2.2, 3), rng.uniform(0, 6.28), rng.uniform(1.0, 4.0)
        radius = radius + 0.14 * np.sin(unit @ wave + phase + beat * t_s)
    stretch = size_m * rng.uniform(0.7, 1.2, 3)
    vertices = (unit * radius[..., None] * stretch).reshape(-1, 3)
    return Solid.of(vertices.astype(np.float32), _faces(), finish, _shade(rng, len(vertices)))


def _shade(rng: np.random.Generator, count: int) -> F32:
    return np.asarray(rng.uniform(0.8, 1.1, count), dtype=np.float32)


def _faces() -> I32:
    faces = []
    for row in range(_ROWS - 1):
        for column in range(_COLUMNS):
            near, far = row * _COLUMNS + column, row * _COLUMNS + (column + 1) % _COLUMNS
            faces += [(near, far, far + _COLUMNS), (near, far + _COLUMNS, near + _COLUMNS)]
    return np.array(faces, dtype=np.int32)
