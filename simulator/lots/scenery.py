"""Everything that stands on a lot but vehicles, as solids, and its lamps."""

import numpy as np

from simulator.lots import foliage, things
from simulator.lots.ground import asphalt
from simulator.lots.houses import LAMP_HEAD, house
from simulator.lots.lot import Lot
from simulator.lots.surroundings import CONIFER, HEDGE, HOUSE, KERB_OFF_M, TREE
from simulator.moment import Light
from simulator.solid import Finish, Solid, joined
from simulator.vehicles.meshes import box

KERB = Finish(0.33)
_BLADES = 14_000
_MOST_LEAVES = 15_000  # of all hedges
_DENSE_M2 = 260.0
_DOOR_LAMP_M = (0.28, 2.36)  # off the wall, above the ground


def solids(lot: Lot) -> list[Solid]:
    """One for each thing."""
    found = [_kerbs(lot)]
    area = sum(_leafy_m2(block.low_m, block.high_m, block.height_m) for block in lot.blocks if block.name == HEDGE)
    dense = min(_DENSE_M2, _MOST_LEAVES / max(area, 1.0))
    for number, block in enumerate(lot.blocks):
        rng = np.random.default_rng([lot.seed, 163, number])
        if block.name == HOUSE:
            found.append(house(lot, block, rng))
        elif block.name == HEDGE:
            found.append(foliage.hedge(rng, block, lot.snow_cover, dense))
        elif block.name == TREE:
            found.append(foliage.tree(rng, block, lot.snow_cover))
        elif block.name == CONIFER:
            found.append(foliage.conifer(rng, block, lot.snow_cover))
        else:
            found.append(things.thing(block, rng, lot.snow_cover))
    found += [things.post_lamp(lamp) for lamp in lot.lamps]
    found += [things.camera_pole(pole) for pole in lot.poles[1:]]
    found += [_door_lamp(light) for light in _door_lights(lot)]
    found.append(_turf(lot))
    rack = things.rack(lot)
    return [*found, rack] if rack is not None else found


def lamps(lot: Lot) -> tuple[Light, ...]:
    """Lamps on posts, with shadows, and those over doors."""
    posts = tuple(
        Light(
            (lamp.place_m[0], lamp.place_m[1] - things.HEAD_OFF_M, lamp.height_m), lamp.strength, shadows=True
        )
        for lamp in lot.lamps
    )  # fmt: skip
    return (*posts, *_door_lights(lot))


def _door_lights(lot: Lot) -> tuple[Light, ...]:
    rng = np.random.default_rng([lot.seed, 164])
    found = []
    for door in lot.doors[:8]:
        strength, on = float(rng.uniform(1.2, 4.5)), rng.random() < 0.6
        if on:
            x, y = door.place_m
            found.append(Light((x, y + 0.05 - _DOOR_LAMP_M[0], _DOOR_LAMP_M[1]), strength))
    return tuple(found)


def _door_lamp(light: Light) -> Solid:
    x, y, z = light.place_m
    return joined([
        box((x - 0.07, y - 0.07, z - 0.03), (x + 0.07, y + 0.07, z + 0.05), LAMP_HEAD),
        box((x - 0.09, y - 0.09, z + 0.05), (x + 0.09, y + _DOOR_LAMP_M[0], z + 0.08), things.DARK),
    ])  # fmt: skip


def _kerbs(lot: Lot) -> Solid:
    """Stones along the far edge, one metre each, sunk where footpaths cross; the stones differ a little."""
    rng = np.random.default_rng([lot.seed, 166])
    left, _, right, far = lot.ground_m
    deep = [bay for bay in lot.bays if bay.inner_y_m > far - 0.1 and abs(bay.inner_y_m - bay.opening_y_m) > 8.0]
    y = min(bay.inner_y_m for bay in lot.bays if bay.inner_y_m > bay.opening_y_m and bay.lane == len(lot.lanes) - 1)
    y += KERB_OFF_M
    stones = []
    for x in np.arange(left - 2.0, right + 8.0, 1.0).tolist():
        crossed = any(low[0] - 0.9 < x < high[0] and low[1] - 0.2 < y < high[1] for low, high in lot.footpaths)
        within = any(abs(x + 0.5 - bay.middle_x_m) < bay.width_m / 2 + 0.5 for bay in deep)
        if not crossed and not within:
            top = 0.11 + float(rng.uniform(-0.006, 0.006))
            stones.append(box((x + 0.008, y, 0.0), (x + 0.992, y + 0.15, top), KERB, float(rng.uniform(0.85, 1.12))))
    return joined(stones)


def _turf(lot: Lot) -> Solid:
    """Grass where it is near enough to be seen as blades: up to 15 m from the pole, off asphalt and paths."""
    rng = np.random.default_rng([lot.seed, 168])
    pose = lot.pose
    away = 2.0 + 13.0 * rng.random(_BLADES) ** 1.3
    angle = pose.azimuth_rad + rng.uniform(-0.55, 0.55, _BLADES) * pose.horizontal_view_rad
    spots = np.array(pose.foot_m) + np.stack([away * np.sin(angle), away * np.cos(angle)], axis=-1)
    blocked = [(block.low_m, block.high_m) for block in lot.blocks]
    closed = [lot.closed] if lot.closed is not None else []
    grassy = np.ones(_BLADES, dtype=bool)
    for low, high in (*asphalt(lot), *lot.footpaths, *blocked, *closed):
        inside = (spots > np.array(low) - 0.12).all(axis=1) & (spots < np.array(high) + 0.12).all(axis=1)
        grassy &= ~inside
    return foliage.turf(rng, spots[grassy], lot.snow_cover)


def _leafy_m2(low: tuple[float, float], high: tuple[float, float], height_m: float) -> float:
    one, other = high[0] - low[0], high[1] - low[1]
    long, thick = max(one, other), min(one, other)
    return 1.2 * long * height_m + long * thick + 2 * thick * height_m
