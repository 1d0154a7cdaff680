"""Houses: the wall that looks on the lot, with windows, doors, balconies and what hangs on it."""

import numpy as np

from simulator.lots.lot import Block, Door, Lot
from simulator.lots.noise import Grain
from simulator.solid import Finish, Solid, joined
from simulator.vehicles.meshes import box, panel, sheet, tube

GLASS = Finish(0.03, gloss=0.5, roughness=0.08)
CURTAIN = Finish(0.34, gloss=0.35, roughness=0.10)
FRAME = Finish(0.50)
DOOR = Finish(0.16, gloss=0.08)
METAL = Finish(0.30, gloss=0.2, roughness=0.3)
SLAB = Finish(0.36)
LAMP_HEAD = Finish(0.6, glow=22.0)
_FLOOR_M = 2.75
_CELL_M = 0.55
DOOR_M = (1.05, 2.15)


def house(lot: Lot, block: Block, rng: np.random.Generator) -> Solid:
    """The front towards -y in detail, bare ends, a flat roof."""
    (left, near), (right, far) = block.low_m, block.high_m
    wall = Finish(float(rng.choice([0.14, 0.22, 0.34, 0.46]) * rng.uniform(0.85, 1.15)))
    doors = [door for door in lot.doors if left < door.place_m[0] < right and abs(door.place_m[1] - near) < 0.5]
    high = block.height_m
    parts = [_front(block, wall, rng)]
    for x, out in ((left, -1), (right, 1)):
        end = [(x, near, 0.0), (x, far, 0.0), (x, far, high), (x, near, high)]
        parts.append(panel(end if out > 0 else end[::-1], wall))
    parts.append(box((left - 0.3, near - 0.4, high), (right + 0.3, far, high + 0.14), Finish(0.10)))
    parts += _windows(block, doors, rng)
    for door in doors:
        parts += _door(door, rng)
    for x in np.arange(left + 4.0, right - 3.0, 11.0) + rng.uniform(-1.5, 1.5):
        if all(abs(x - door.place_m[0]) > 1.2 for door in doors):
            parts.append(tube([(x, near - 0.06, 0.1), (x, near - 0.06, high)], 0.045, METAL, 5))
    return joined(parts)


def _front(block: Block, wall: Finish, rng: np.random.Generator) -> Solid:
    (left, near), (right, _) = block.low_m, block.high_m
    grain = Grain.of(rng)
    xs = np.linspace(left, right, max(2, int((right - left) / _CELL_M)))
    zs = np.unique(
        np.concatenate([[0.0, 0.449, 0.45], np.linspace(0.46, block.height_m, int(block.height_m / _CELL_M))])
    )
    x, z = np.meshgrid(xs, zs)
    points = np.stack([x, np.full_like(x, near), z], axis=-1)
    shade = 1 + 0.05 * grain.at(x, z, 2.4) + 0.05 * grain.at(x, z, 0.6)
    shade *= np.where(z < 0.4495, 0.6, 1.0) * (1 - 0.18 * np.exp(-z / 0.7))
    stains = np.clip(grain.at(x, 0.0 * z, 1.3), 0, 2) * np.clip(z / block.height_m, 0, 1)
    return sheet(points[::-1, ::-1], wall, np.clip(shade * (1 - 0.08 * stains), 0.3, 1.5)[::-1, ::-1])


def _windows(block: Block, doors: list[Door], rng: np.random.Generator) -> list[Solid]:
    (left, near), (right, _) = block.low_m, block.high_m
    wide, high = float(rng.uniform(1.0, 1.7)), float(rng.uniform(1.1, 1.45))
    step = wide + float(rng.uniform(1.1, 1.9))
    floors = max(1, int((block.height_m - 0.4) / _FLOOR_M))
    lit = float(rng.uniform(0.0, 0.09))
    balconies = floors > 1 and rng.random() < 0.5
    parts = []
    for column, x in enumerate(np.arange(left + 1.2, right - 1.2 - wide, step).tolist()):
        for floor in range(floors):
            z = 1.0 + floor * _FLOOR_M
            if z + high > block.height_m - 0.15:
                continue
            if floor == 0 and any(x - 1.0 < door.place_m[0] < x + wide + 1.0 for door in doors):
                continue
            shine = rng.random() < lit
            kind = Finish(0.3, gloss=0.3, roughness=0.1, glow=round(float(rng.uniform(0.1, 0.5)), 2)) if shine else (
                CURTAIN if rng.random() < 0.4 else GLASS)  # fmt: skip
            parts += _window((x, near, z), wide, high, kind)
            if balconies and floor > 0 and column % 3 == 0 and abs(x) < 25:
                parts += _balcony(x, near, z - 0.95, wide)
    return parts


def _window(corner: tuple[float, float, float], wide: float, high: float, kind: Finish) -> list[Solid]:
    x, y, z = corner

    def pane(left: float, low: float, right: float, top: float, off: float, finish: Finish) -> Solid:
        return panel([(left, y - off, low), (right, y - off, low), (right, y - off, top), (left, y - off, top)], finish)

    half = wide / 2
    return [
        pane(x, z, x + wide, z + high, 0.02, FRAME),
        pane(x + 0.07, z + 0.07, x + half - 0.035, z + high - 0.07, 0.03, kind),
        pane(x + half + 0.035, z + 0.07, x + wide - 0.07, z + high - 0.07, 0.03, kind),
        box((x - 0.05, y - 0.10, z - 0.04), (x + wide + 0.05, y, z), METAL),
    ]


def _balcony(x: float, y: float, z: float, wide: float) -> list[Solid]:
    low, high = x - 0.5, x + wide + 0.5
    return [
        box((low, y - 1.25, z), (high, y, z + 0.14), SLAB),
        box((low, y - 1.25, z + 0.2), (high, y - 1.22, z + 1.0), FRAME, 0.7),
        box((low, y - 1.25, z + 0.2), (low + 0.03, y, z + 1.0), FRAME, 0.7),
        box((high - 0.03, y - 1.25, z + 0.2), (high, y, z + 1.0), FRAME, 0.7),
    ]


def _door(door: Door, rng: np.random.Generator) -> list[Solid]:
    """Door, frame, step, a canopy and a lamp over it."""
    x, y = door.place_m
    y += 0.05
    half, high = DOOR_M[0] / 2, DOOR_M[1]
    leaf = DOOR if rng.random() < 0.6 else Finish(0.38, gloss=0.1)
    return [
        box((x - half - 0.1, y - 0.04, 0.0), (x + half + 0.1, y, high + 0.1), FRAME),
        box((x - half, y - 0.06, 0.1), (x + half, y - 0.03, high), leaf),
        panel([(x - 0.2, y - 0.065, 1.1), (x + 0.25, y - 0.065, 1.1), (x + 0.25, y - 0.065, 1.95),
               (x - 0.2, y - 0.065, 1.95)], GLASS),
        box((x - half - 0.3, y - 0.5, 0.0), (x + half + 0.3, y, 0.10), SLAB),
        box((x - half - 0.35, y - 0.9, high + 0.32), (x + half + 0.35, y, high + 0.42), SLAB, 0.6),
        box((x + half - 0.12, y - 0.065, 1.0), (x + half - 0.06, y - 0.09, 1.12), METAL),
    ]  # fmt: skip
