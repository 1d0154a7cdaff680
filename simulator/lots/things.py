"""Small things that stand about: bins, stores, fences, trolleys, signs, posts, poles, racks."""

import numpy as np

from simulator.lots.houses import LAMP_HEAD
from simulator.lots.lot import Block, Lot, PostLamp
from simulator.lots.surroundings import BIN, BIN_STORE, CABINET, FENCE, GRIT, SIGN, TROLLEY
from simulator.optics import F64, PolePose
from simulator.solid import Finish, Solid, about_z, joined
from simulator.vehicles.meshes import box, ellipsoid, panel, tube

STEEL = Finish(0.30, gloss=0.25, roughness=0.3)
ZINC = Finish(0.12, gloss=0.03, roughness=0.6)
DARK = Finish(0.07, gloss=0.08)
BOARDS = Finish(0.32)
SIGN_FACE = Finish(0.5, retro=5.0)
SIGN_PRINT = Finish(0.06)
SNOW = Finish(0.80, gloss=0.02, roughness=0.6)
_FLAT = (BIN, GRIT, CABINET, BIN_STORE)


def thing(block: Block, rng: np.random.Generator, snow: float) -> Solid:
    """A block as what its name says. KeyError: nobody knows how it looks."""
    solid = _MAKERS[block.name](block, rng)
    if snow > 0.4 and block.name in _FLAT:
        (x0, y0), (x1, y1) = block.low_m, block.high_m
        top = block.height_m + 0.03
        solid = joined(
            [solid, box((x0 + 0.02, y0 + 0.02, top - 0.05), (x1 - 0.02, y1 - 0.02, top + 0.10 * snow), SNOW)]
        )
    return solid


def _bin(block: Block, rng: np.random.Generator) -> Solid:
    (x0, y0), (x1, y1) = block.low_m, block.high_m
    high = block.height_m
    body = Finish(float(rng.choice([0.08, 0.16, 0.30])), gloss=0.12, roughness=0.35)
    return joined([
        box((x0 + 0.04, y0 + 0.04, 0.05), (x1 - 0.04, y1 - 0.04, high - 0.12), body),
        box((x0, y0, high - 0.12), (x1, y1, high - 0.03), body, 1.25),
        box((x0 + 0.1, y0 + 0.1, high - 0.03), (x1 - 0.1, y1 - 0.1, high), body, 0.8),
        box((x0 + 0.08, y0 + 0.03, high - 0.3), (x1 - 0.08, y0 + 0.04, high - 0.16), DARK),
    ])  # fmt: skip


def _grit(block: Block, rng: np.random.Generator) -> Solid:
    (x0, y0), (x1, y1) = block.low_m, block.high_m
    body = Finish(0.45, gloss=0.08)
    lid = panel([(x0 - 0.03, y0 - 0.03, 0.62), (x1 + 0.03, y0 - 0.03, 0.62), (x1 + 0.03, y1, block.height_m),
                 (x0 - 0.03, y1, block.height_m)], body, 1.15)  # fmt: skip
    return joined([box((x0, y0, 0.03), (x1, y1, 0.62), body), lid, box((x0, y1 - 0.05, 0.6), (x1, y1, 0.84), body)])


def _cabinet(block: Block, rng: np.random.Generator) -> Solid:
    (x0, y0), (x1, y1) = block.low_m, block.high_m
    body = Finish(float(rng.uniform(0.2, 0.42)), gloss=0.1)
    middle = (x0 + x1) / 2
    return joined([
        box((x0, y0, 0.06), (x1, y1, block.height_m), body),
        box((x0 - 0.03, y0 - 0.03, block.height_m), (x1 + 0.03, y1 + 0.03, block.height_m + 0.03), body, 0.8),
        box((middle - 0.006, y0 - 0.005, 0.1), (middle + 0.006, y0, block.height_m - 0.04), DARK),
    ])  # fmt: skip


def _bin_store(block: Block, rng: np.random.Generator) -> Solid:
    """A shelter of boards, open towards the lot, with two large bins in it."""
    (x0, y0), (x1, y1) = block.low_m, block.high_m
    high = block.height_m
    parts = [box((x0 - 0.1, y0 - 0.1, high - 0.06), (x1 + 0.1, y1 + 0.1, high), BOARDS, 0.5)]
    parts += _boards((x0, y1), (x1, y1), high - 0.06, rng) + _boards((x0, y0), (x0, y1), high - 0.06, rng)
    parts += _boards((x1, y0), (x1, y1), high - 0.06, rng)
    for x in (x0 + 0.25, (x0 + x1) / 2 + 0.1):
        parts.append(_bin(Block(BIN, (x, y0 + 0.5), (x + 1.35, y0 + 1.5), 1.25), rng))
    return joined(parts)


def _boards(start: tuple[float, float], end: tuple[float, float], high: float, rng: np.random.Generator) -> list[Solid]:
    """Upright boards with gaps between them."""
    one, other = np.array(start), np.array(end)
    long = float(np.linalg.norm(other - one))
    count = max(2, int(long / 0.16))
    along = (other - one) / long
    off = np.array([-along[1], along[0]]) * 0.012
    parts = []
    for number in range(count):
        a, b = one + along * (number * long / count), one + along * (number * long / count + 0.13)
        low, top = np.minimum(a, b) - np.abs(off), np.maximum(a, b) + np.abs(off)
        parts.append(box((*low, 0.05), (*top, high), BOARDS, float(rng.uniform(0.75, 1.2))))
    return parts


def _fence(block: Block, rng: np.random.Generator) -> Solid:
    """Steel mesh between posts: bars that let the lot be seen through."""
    (x0, y0), (x1, y1) = block.low_m, block.high_m
    turned = y1 - y0 > x1 - x0
    start = np.array([(x0 + x1) / 2, y0] if turned else [x0, (y0 + y1) / 2])
    end = np.array([(x0 + x1) / 2, y1] if turned else [x1, (y0 + y1) / 2])
    long, high = float(np.linalg.norm(end - start)), block.height_m
    if high < 1.5:
        return joined(_boards(tuple(start), tuple(end), high, rng))
    along = (end - start) / long
    parts = []
    for at in np.linspace(0, long, max(2, round(long / 2.5) + 1)):
        x, y = start + along * at
        parts.append(box((x - 0.03, y - 0.03, 0.0), (x + 0.03, y + 0.03, high + 0.05), STEEL))
    for at in np.arange(0.1, long, 0.13):
        x, y = start + along * at
        parts.append(_wire((x, y, 0.08), (x, y, high), along))
    for z in np.arange(0.1, high, 0.4):
        parts.append(_wire((*start, z), (*end, z), np.array([0.0, 0.0])))
    return joined(parts)


def _wire(start: tuple[float, float, float], end: tuple[float, float, float], along: F64) -> Solid:
    """A flat bar 1 cm wide, seen from both sides."""
    half = np.array([*(0.005 * along), 0.0]) if np.any(along) else np.array([0.0, 0.0, 0.006])
    a, b = np.array(start), np.array(end)
    quad = np.stack([a - half, a + half, b + half, b - half])
    return joined([panel(quad, STEEL), panel(quad[::-1], STEEL)])


def _trolley(block: Block, rng: np.random.Generator) -> Solid:
    """A shopping trolley: a basket of wire on a frame with four small wheels."""
    (x0, y0), (x1, y1) = block.low_m, block.high_m
    wire = Finish(0.42, gloss=0.5, roughness=0.2)
    parts = []
    for y in (y0 + 0.03, y1 - 0.03):
        parts.append(tube([(x0, y, 1.0), (x0 + 0.1, y, 0.55), (x0 + 0.05, y, 0.12), (x1, y, 0.12)], 0.012, wire, 4))
        parts.append(
            tube([(x0 + 0.02, y, 0.95), (x1, y, 0.88), (x1 - 0.05, y, 0.55), (x0 + 0.1, y, 0.45)], 0.007, wire, 4)
        )
        parts += [
            tube([(x0 + 0.1 + 0.09 * i, y, 0.48), (x0 + 0.1 + 0.095 * i, y, 0.92)], 0.004, wire, 3) for i in range(9)
        ]
        parts += [ellipsoid((x, y, 0.06), (0.06, 0.02, 0.06), DARK, 5, 8) for x in (x0 + 0.08, x1 - 0.05)]
        parts += [tube([(x0 + 0.08, y, z), (x1 - 0.03, y, z)], 0.004, wire, 3) for z in (0.6, 0.7, 0.8)]
    for i in range(7):
        y = y0 + 0.03 + (y1 - y0 - 0.06) * i / 6
        parts.append(
            tube([(x1, y, 0.88), (x1 - 0.05, y, 0.55), (x0 + 0.1, y, 0.45), (x0 + 0.06, y, 0.9)], 0.004, wire, 3)
        )
    parts.append(tube([(x0, y0 + 0.03, 1.0), (x0, y1 - 0.03, 1.0)], 0.016, DARK, 5))
    solid = joined(parts)
    middle = np.array([(x0 + x1) / 2, (y0 + y1) / 2, 0.0], dtype=np.float32)
    turn = about_z(float(rng.normal(0, 0.25)) + (np.pi if rng.random() < 0.5 else 0.0))
    return solid.placed(np.eye(3, dtype=np.float32), -middle).placed(turn, middle)


def _sign(block: Block, rng: np.random.Generator) -> Solid:
    """A plate on a post; its face looks towards the lot and throws light back."""
    x, y = (block.low_m[0] + block.high_m[0]) / 2, (block.low_m[1] + block.high_m[1]) / 2
    high = block.height_m
    wide = 0.2 if rng.random() < 0.5 else 0.3
    low = high - (0.3 if wide < 0.25 else 0.6)
    front = y - 0.04
    parts = [
        tube([(x, y, 0.0), (x, y, high)], 0.03, STEEL, 6),
        box((x - wide, front, low), (x + wide, front + 0.01, high), STEEL),
        _face(x, front - 0.004, (wide - 0.01, low + 0.01, high - 0.01), SIGN_FACE),
    ]
    for z in np.linspace(low + 0.07, high - 0.09, 3):
        parts.append(_face(x, front - 0.006, (wide * 0.7, z, z + 0.035), SIGN_PRINT))
    return joined(parts)


def _face(x: float, y: float, reach: tuple[float, float, float], finish: Finish) -> Solid:
    half, low, high = reach
    return panel([(x - half, y, low), (x + half, y, low), (x + half, y, high), (x - half, y, high)], finish)


_MAKERS = {
    BIN: _bin, GRIT: _grit, CABINET: _cabinet, BIN_STORE: _bin_store, FENCE: _fence, TROLLEY: _trolley, SIGN: _sign,
}  # fmt: skip

HEAD_OFF_M = 0.55


def post_lamp(lamp: PostLamp) -> Solid:
    """Post, arm towards the lot and the head, whose lower side shines."""
    x, y = lamp.place_m
    high = lamp.height_m
    head = y - HEAD_OFF_M
    return joined([
        tube([(x, y, 0.0), (x, y, 0.9), (x, y, 0.92), (x, y, high + 0.05)], [0.075, 0.075, 0.05, 0.035], ZINC, 8),
        tube([(x, y, high + 0.05), (x, y - 0.15, high + 0.12), (x, head + 0.2, high + 0.10)], 0.025, ZINC, 6),
        box((x - 0.13, head - 0.25, high + 0.02), (x + 0.13, head + 0.25, high + 0.12), STEEL),
        panel([(x + 0.10, head - 0.2, high + 0.012), (x - 0.10, head - 0.2, high + 0.012),
               (x - 0.10, head + 0.2, high + 0.012), (x + 0.10, head + 0.2, high + 0.012)], LAMP_HEAD),
        box((x - 0.055, y - 0.08, 0.4), (x + 0.055, y - 0.05, 0.8), DARK),
    ])  # fmt: skip


def camera_pole(pole: PolePose) -> Solid:
    """Another pole of the site: mast, box, camera and lamp."""
    x, y = pole.foot_m
    high = pole.height_m
    ahead = np.array([np.sin(pole.azimuth_rad), np.cos(pole.azimuth_rad)])
    camera = box((-0.06, 0.02, high - 0.06), (0.06, 0.36, high + 0.07), Finish(0.5, gloss=0.2))
    lens = _face(0.0, 0.37, (0.045, high - 0.045, high + 0.045), Finish(0.02, gloss=0.8, roughness=0.07))
    lamp = box((0.09, 0.1, high - 0.05), (0.22, 0.25, high + 0.06), DARK)
    turn = about_z(float(np.arctan2(ahead[1], ahead[0])) - np.pi / 2)
    head = joined([camera, _turned_over(lens), lamp]).placed(turn, (x, y, 0.0))
    return joined([
        tube([(x, y, 0.0), (x, y, high + 0.25)], [0.07, 0.045], STEEL, 8),
        box((x - 0.16, y - 0.17, 2.6), (x + 0.16, y - 0.06, 3.05), Finish(0.36, gloss=0.1)),
        head,
    ])  # fmt: skip


def _turned_over(solid: Solid) -> Solid:
    """The same triangles seen from their other side."""
    flipped = solid.triangles[:, ::-1].copy()
    return Solid(solid.vertices_m, -solid.normals, solid.shade, flipped, solid.finish, solid.finishes)


def rack(lot: Lot) -> Solid | None:
    """Hoops beside the two-wheelers that stand in no bay."""
    hoops = []
    for vehicle in lot.vehicles:
        if vehicle.two_wheeler and vehicle.bay is None:
            side = vehicle.beside(1, 0.18, 0.06)
            x, y = float(side[0]), float(side[1])
            way = np.array([np.cos(vehicle.heading_rad), np.sin(vehicle.heading_rad)]) * 0.3
            near, far = (x - way[0], y - way[1]), (x + way[0], y + way[1])
            hoops.append(tube([(*near, 0.0), (*near, 0.5), (x, y, 0.75), (*far, 0.5), (*far, 0.0)], 0.02, STEEL, 6))
    return joined(hoops) if hoops else None
