"""The lot without its cars: ground and its markings, kerb, hedge, wall and lamp posts; their shapes and looks."""

import numpy as np

from simulator.lot import Backdrop, Lot
from simulator.materials import Grain, Material
from simulator.mesh import Mesh, box, grid, joined, post
from simulator.optics import F32

HEDGE, WALL, KERB, POST, LUMINAIRE = 200, 201, 202, 203, 204
_KERB_OFF_M = 0.25
_SIDE_M = 45.0


def solids(lot: Lot, grain: Grain) -> list[tuple[int, Mesh]]:
    """Everything upright but cars, each with its tag."""
    far = lot.ground_m[3] + _KERB_OFF_M
    kerb = joined([
        box(np.array([x, far, 0.0]), np.array([x + 3.0, far + 0.18, 0.12])) for x in np.arange(-_SIDE_M, _SIDE_M, 3.0)
    ])  # fmt: skip
    posts = [post(np.array([*lamp.place_m, 0.0]), lamp.height_m, 0.06) for lamp in lot.lighting.lamps]
    heads = [
        box(np.array([x - 0.22, y - 0.45, lamp.height_m - 0.06]), np.array([x + 0.22, y + 0.1, lamp.height_m + 0.04]))
        for lamp in lot.lighting.lamps
        for x, y in [lamp.place_m]
    ]
    parts = [(KERB, kerb), (HEDGE, _hedge(lot.backdrop, grain)), (WALL, _wall(lot.backdrop))]
    if posts:
        parts += [(POST, joined(posts)), (LUMINAIRE, joined(heads))]
    return parts


def _wall(backdrop: Backdrop) -> Mesh:
    """In panels: one that reaches behind the lens is left out, and the others stay."""
    points = np.zeros((31, 2, 3))
    points[..., 0] = np.linspace(-_SIDE_M, _SIDE_M, 31)[:, None]
    points[..., 1] = backdrop.wall_y_m
    points[:, 1, 2] = backdrop.wall_height_m
    return grid(points)


def _hedge(backdrop: Backdrop, grain: Grain) -> Mesh:
    """A bumpy bank of leaves: front, top and back as one sheet, pushed in and out by noise."""
    along = np.arange(backdrop.hedge_from_x_m, backdrop.hedge_to_x_m, 0.18)
    high = backdrop.hedge_height_m
    profile = np.array([
        (0.9, 0.0), (0.95, high * 0.6), (0.8, high), (0.4, high * 1.05), (0.1, high), (-0.05, high * 0.85),
        (-0.08, high * 0.6), (-0.05, high * 0.35), (0.0, high * 0.15), (0.0, 0.0),
    ])  # fmt: skip
    points = np.zeros((len(along), len(profile), 3))
    points[..., 0] = along[:, None]
    points[..., 1] = backdrop.hedge_y_m + profile[None, :, 0]
    points[..., 2] = profile[None, :, 1]
    lumps = grain.at(points[..., 0].astype(np.float32), (points[..., 1] + 2 * points[..., 2]).astype(np.float32), 0.45)
    points[..., 1] += 0.09 * lumps * (points[..., 2] > 0.05)
    points[..., 2] *= 1 + 0.07 * lumps
    return grid(points)


def ground(lot: Lot, grain: Grain, x: F32, y: F32, blur_m: F32) -> Material:
    """Asphalt with wear, patches, oil and painted bays; paving and grass beyond the kerb.

    `blur_m` is how far apart neighbouring pixels are on the ground: finer grain than that averages out.
    """
    coarse = grain.at(x, y, 1.7)
    fine = grain.at(x, y, 0.05) * np.clip(0.06 / blur_m, 0, 1) + 0.6 * grain.at(y, x, 0.16) * np.clip(
        0.2 / blur_m, 0, 1
    )
    material = Material.even(len(x), albedo=0.11)
    material.albedo[:] *= np.clip(1 + 0.10 * coarse + 0.13 * fine + 0.08 * grain.at(x, y, 6.0), 0.4, 2)
    _wear(lot, grain, x, y, material)
    _markings(lot, grain, x, y, material)
    verge = y > lot.ground_m[3] + _KERB_OFF_M + 0.1
    leaf = np.clip(0.34 + 0.14 * grain.at(x, y, 0.13) * np.clip(0.3 / blur_m, 0.2, 1) + 0.06 * coarse, 0.05, 0.8)
    material.albedo[verge] = leaf[verge]
    path = verge & (y > lot.backdrop.hedge_y_m + 1.4) & (y < lot.backdrop.hedge_y_m + 3.2)
    material.albedo[path] = (0.30 + 0.03 * coarse)[path]
    return material


def _wear(lot: Lot, grain: Grain, x: F32, y: F32, material: Material) -> None:
    rng = np.random.default_rng([lot.seed, 102])
    for _ in range(int(rng.integers(2, 6))):
        left, near = rng.uniform(-14, 10), rng.uniform(lot.ground_m[1], lot.ground_m[3])
        wide, deep, tone = rng.uniform(0.8, 5), rng.uniform(0.6, 3), rng.uniform(0.7, 1.25)
        material.albedo[(x > left) & (x < left + wide) & (y > near) & (y < near + deep)] *= tone
    for bay in lot.bays:
        middle = (bay.opening_y_m + bay.inner_y_m) / 2 + rng.uniform(-1.5, 1.5)
        depth = rng.uniform(0.1, 0.45)
        close = np.flatnonzero((np.abs(x - bay.middle_x_m) < 1.0) & (np.abs(y - middle) < 1.7))
        spot = ((x[close] - bay.middle_x_m) / 0.35) ** 2 + ((y[close] - middle) / 0.6) ** 2
        spot += 0.5 * grain.at(x[close], y[close], 0.2)
        material.albedo[close] *= (1 - depth * np.exp(-np.maximum(spot, 0))).astype(np.float32)
    crack = np.abs(x * 0.3 + y - 14 + 0.7 * grain.at(x, y, 1.1)) < 0.02
    material.albedo[crack] *= 0.6


def _markings(lot: Lot, grain: Grain, x: F32, y: F32, material: Material) -> None:
    painted = np.zeros(len(x), dtype=bool)
    for bay in lot.bays:
        low, high = sorted((bay.opening_y_m, bay.inner_y_m))
        across = np.abs(np.abs(x - bay.middle_x_m) - bay.width_m / 2)
        painted |= (across < 0.055) & (y > low) & (y < high)
    worn = np.clip(0.75 + 0.22 * grain.at(x, y, 0.3), 0, 1)
    material.albedo[painted] = (0.12 + 0.34 * worn)[painted]
    material.retro[painted] = 0.03


def upright(lot: Lot, grain: Grain, tag: int, spots_m: F32) -> Material:
    """What a piece of scenery is made of at spots [n, 3]."""
    x, y, z = spots_m.T
    if tag == HEDGE:
        material = Material.even(len(x), albedo=0.5)
        leaf = grain.at(x, z, 0.06) * 0.35 + grain.at(z * 2, x, 0.17) * 0.35 + 0.15 * grain.at(x, y, 0.6)
        material.albedo[:] = np.clip(0.42 * (1 + leaf) * (0.55 + 0.45 * np.clip(z / 0.8, 0, 1)), 0.04, 0.95)
    elif tag == WALL:
        material = _facade(lot, grain, x, z)
    elif tag == KERB:
        material = Material.even(len(x), albedo=0.34)
        material.albedo[np.abs(np.mod(x, 1.0) - 0.5) > 0.49] = 0.1
    else:
        material = Material.even(len(x), albedo=0.35, gloss=0.2)
    return material


def _facade(lot: Lot, grain: Grain, x: F32, z: F32) -> Material:
    material = Material.even(len(x), albedo=0.20)
    material.albedo[:] *= np.clip(1 + 0.05 * grain.at(x, z, 0.9) + 0.05 * grain.at(x, z, 0.25), 0.5, 1.5)
    material.albedo[np.mod(z, 0.25) < 0.03] *= 0.85
    material.fill(window_number(lot, x, z) >= 0, albedo=0.04, gloss=0.3, sharpness=90.0)
    return material


def window_number(lot: Lot, x: F32, z: F32) -> F32:
    """Which window of the wall a spot is in, -1 for bare wall."""
    column, row = np.floor((x + 30) / 3.2), np.floor((z - 1.0) / 2.8)
    within = (np.mod(x + 30, 3.2) > 1.0) & (np.mod(x + 30, 3.2) < 2.3) & (np.mod(z - 1.0, 2.8) < 1.3) & (row >= 0)
    return np.asarray(np.where(within, np.mod(column * 2 + row, 24), -1), dtype=np.float32)
