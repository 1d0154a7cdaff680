"""Pieces of clothing with a mesh of their own, and simple lofted shapes that props and animals are made of as well."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulator.people.body import JOINTS, Joint
from simulator.solid import F32, I32, smooth_normals

Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Piece:
    """Vertices [n, 3] in rest, skin weights [n, 21], triangles [m, 3]."""

    vertices_m: F32
    weights: F32
    triangles: I32


@dataclass(frozen=True, slots=True)
class Worn:
    """What pieces lie over: the dressed skin so far (vertices [n, 3], weights [n, 21]), joints and the height."""

    vertices_m: F32
    weights: F32
    joints_m: F32
    height_m: float

    def joint(self, *joints: Joint) -> F32:
        """How much each vertex belongs to some joints [n]."""
        return np.asarray(self.weights[:, [int(joint) for joint in joints]].sum(axis=1), dtype=np.float32)


def vector(*xyz: float) -> F32:
    """A vector [3]."""
    return np.array(xyz, dtype=np.float32)


def tube(rings_m: F32, closed: bool = True) -> I32:
    """Triangles between rings [r, k, 3], each counter-clockwise seen against the way from the first to the last ring;
    `closed`: with a fan over the first and the last ring."""
    rows, around = rings_m.shape[:2]
    number = np.arange(rows * around).reshape(rows, around)
    a, b = number[:-1], np.roll(number, -1, axis=1)[:-1]
    c, d = number[1:], np.roll(number, -1, axis=1)[1:]
    faces = [np.stack([a, b, c], axis=-1).reshape(-1, 3), np.stack([b, d, c], axis=-1).reshape(-1, 3)]
    if closed:
        first, last = number[0], number[-1]
        middle = np.arange(1, around - 1)
        faces.append(np.stack([np.full(around - 2, first[0]), first[middle + 1], first[middle]], axis=1))
        faces.append(np.stack([np.full(around - 2, last[0]), last[middle], last[middle + 1]], axis=1))
    return np.asarray(np.concatenate(faces), dtype=np.int32)


def blob(middle_m: F32, half_m: F32, square: float = 1.0, around: int = 12, rows: int = 8) -> tuple[F32, I32]:
    """An ellipsoid, or (`square` < 1) a rounded box: vertices and triangles."""
    down = np.linspace(-0.5, 0.5, rows) * np.pi
    turn = np.arange(around) * (2 * np.pi / around)

    def power(values: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(np.sign(values) * np.abs(values) ** square)

    flat, high = power(np.cos(down)), power(np.sin(down))
    rings = np.stack(
        [flat[:, None] * power(np.cos(turn)), flat[:, None] * power(np.sin(turn)), np.repeat(high[:, None], around, 1)],
        axis=-1,
    )
    rings = (middle_m + half_m * rings).astype(np.float32)
    return rings.reshape(-1, 3), tube(rings)


def rod(
    start_m: F32, end_m: F32, radius_m: float, end_radius_m: float | None = None, around: int = 8
) -> tuple[F32, I32]:
    """A straight rod or cone frustum: vertices and triangles."""
    axis = np.asarray(end_m - start_m, dtype=np.float32)
    across, up = square_to(axis)
    turn = np.arange(around) * (2 * np.pi / around)
    ring = np.cos(turn)[:, None] * across + np.sin(turn)[:, None] * up
    last = radius_m if end_radius_m is None else end_radius_m
    rings = np.stack([start_m + radius_m * ring, end_m + last * ring]).astype(np.float32)
    return rings.reshape(-1, 3), tube(rings)


def square_to(axis: F32) -> tuple[F32, F32]:
    """Two unit vectors square to an axis and to each other, right-handed with it."""
    unit = axis / max(float(np.linalg.norm(axis)), 1e-9)
    seed = np.array([0.0, 0.0, 1.0]) if abs(unit[2]) < 0.9 else np.array([1.0, 0.0, 0.0])
    across = np.cross(seed, unit)
    across /= np.linalg.norm(across)
    return across.astype(np.float32), np.cross(unit, across).astype(np.float32)


def _fixed(count: int, joint: Joint) -> F32:
    weights = np.zeros((count, len(JOINTS)), dtype=np.float32)
    weights[:, joint] = 1.0
    return weights


def skirt(worn: Worn, hem: float, flare: float) -> Piece:
    """From the waist to the hem (a share of the height), over hips and thighs; hangs on pelvis and thighs."""
    high = worn.height_m
    levels = np.linspace(float(worn.joints_m[Joint.PELVIS, 2]) + 0.05 * high, hem * high, 9)
    arms = worn.joint(Joint.ARM_L, Joint.FOREARM_L, Joint.HAND_L, Joint.ARM_R, Joint.FOREARM_R, Joint.HAND_R)
    reach = np.zeros((len(levels), 3))
    for row, level in enumerate(levels):
        slab = worn.vertices_m[(np.abs(worn.vertices_m[:, 2] - level) < 0.035 * high) & (arms < 0.3)]
        reach[row] = slab[:, 0].min(), slab[:, 0].max(), np.abs(slab[:, 1]).max()
    reach[:, 0] = np.minimum.accumulate(reach[:, 0])
    reach[:, 1], reach[:, 2] = np.maximum.accumulate(reach[:, 1]), np.maximum.accumulate(reach[:, 2])
    down = np.linspace(0.0, 1.0, len(levels))
    loose = np.minimum(np.arange(len(levels)) / 3.0, 1.0)
    turn = np.arange(22) * (2 * np.pi / 22)
    middle, deep = (reach[:, 0] + reach[:, 1]) / 2, (reach[:, 1] - reach[:, 0]) / 2 + 0.024 * loose + flare * down
    wide = reach[:, 2] * 0.98 + 0.014 * loose + 0.5 * flare * down
    deep[0] -= 0.025
    wide[0] -= 0.025
    folds = 1 + 0.03 * down[:, None] * np.sin(7 * turn)
    rings = np.stack(
        [
            middle[:, None] + deep[:, None] * np.cos(turn) * folds,
            wide[:, None] * np.sin(turn) * folds,
            np.repeat(levels[:, None], len(turn), axis=1),
        ],
        axis=-1,
    ).astype(np.float32)[::-1]
    vertices = rings.reshape(-1, 3)
    below = worn.joints_m[Joint.PELVIS, 2] + 0.02 * high - vertices[:, 2]
    hangs = np.clip(below / (0.11 * high), 0.0, 1.0) ** 0.7
    side = np.clip(0.5 + vertices[:, 1] / 0.22, 0.0, 1.0)
    weights = np.zeros((len(vertices), len(JOINTS)), dtype=np.float32)
    weights[:, Joint.PELVIS] = 1 - hangs
    weights[:, Joint.THIGH_L], weights[:, Joint.THIGH_R] = hangs * side, hangs * (1 - side)
    return _lined(Piece(vertices, weights, tube(rings, closed=False)))


def _lined(piece: Piece) -> Piece:
    """With an inner side, a little smaller: an open hem shows it."""
    inner = piece.vertices_m - np.float32(0.006) * smooth_normals(piece.vertices_m, piece.triangles)
    count = len(inner)
    return Piece(
        np.concatenate([piece.vertices_m, inner]),
        np.tile(piece.weights, (2, 1)),
        np.concatenate([piece.triangles, piece.triangles[:, ::-1] + np.int32(count)]),
    )


def shoe(worn: Worn, left: bool, sole_m: float) -> Piece:
    """A shoe about a foot: sections from the heel to the toes, flat below."""
    foot, toes = (Joint.FOOT_L, Joint.TOES_L) if left else (Joint.FOOT_R, Joint.TOES_R)
    own = worn.vertices_m[worn.joint(foot, toes) > 0.5]
    size = worn.height_m / 1.75
    heel, tip = float(own[:, 0].min()) - 0.010 * size, float(own[:, 0].max()) + 0.012 * size
    middle, half = float(own[:, 1].max() + own[:, 1].min()) / 2, float(own[:, 1].max() - own[:, 1].min()) / 2 + 0.004
    along = np.array([0.0, 0.03, 0.12, 0.26, 0.40, 0.55, 0.72, 0.86, 0.96, 1.0])
    wide = np.array([0.35, 0.58, 0.74, 0.76, 0.76, 0.88, 1.0, 0.94, 0.66, 0.30]) * half
    high = np.array([0.050, 0.085, 0.112, 0.122, 0.112, 0.088, 0.066, 0.056, 0.046, 0.030]) * size
    shift = np.array([0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.04, 0.12, 0.16]) * half * (-1.0 if left else 1.0)
    turn = np.arange(14) * (2 * np.pi / 14)
    y = middle + shift[:, None] + wide[:, None] * np.sign(np.cos(turn)) * np.abs(np.cos(turn)) ** 0.7
    up = np.where(np.sin(turn) < 0, -(np.abs(np.sin(turn)) ** 0.35), np.sin(turn))
    floor = -sole_m + np.array([0.012, 0.0, 0.0, 0.004, 0.006, 0.002, 0.0, 0.0, 0.006, 0.014]) * size
    z = floor[:, None] + high[:, None] * (up + 1) / 2
    x = np.repeat((heel + (tip - heel) * along)[:, None], len(turn), axis=1)
    rings = np.stack([x, y, z], axis=-1).astype(np.float32)
    weights = np.zeros((rings.shape[0] * len(turn), len(JOINTS)), dtype=np.float32)
    ball = float(worn.joints_m[toes, 0])
    share = np.clip(0.5 + (rings[..., 0].ravel() - ball) / (0.05 * size), 0.0, 1.0)
    weights[:, foot], weights[:, toes] = 1 - share, share
    return Piece(rings.reshape(-1, 3), weights, tube(rings))


def brim(worn: Worn) -> Piece:
    """Of a cap: a half-moon ahead of the brow."""
    head = worn.vertices_m[worn.joint(Joint.HEAD) > 0.5]
    level = float(head[:, 2].max()) - 0.055 * worn.height_m / 1.75
    slab = head[np.abs(head[:, 2] - level) < 0.02]
    front, wide = float(slab[:, 0].max()), float(np.abs(slab[:, 1]).max())
    turn = np.linspace(-1.25, 1.25, 9)
    inner = np.stack([front - 0.035 + 0.02 * np.cos(turn), wide * 0.92 * np.sin(turn), np.full(9, level)], axis=1)
    outer = np.stack(
        [front - 0.035 + 0.105 * np.cos(turn), wide * np.sin(turn), level - 0.022 + 0.008 * np.cos(2 * turn)], axis=1
    )
    sheet = np.stack([inner, outer]).astype(np.float32)
    loop = np.stack([sheet + vector(0, 0, 0.004), sheet - vector(0, 0, 0.004)])
    vertices = loop.reshape(-1, 3)
    a = np.arange(8)
    top = np.concatenate([np.stack([a, a + 9, a + 1], axis=1), np.stack([a + 1, a + 9, a + 10], axis=1)])
    under = top[:, ::-1] + 18
    return Piece(vertices, _fixed(len(vertices), Joint.HEAD), np.concatenate([top, under]).astype(np.int32))


def long_hair(worn: Worn, length_m: float) -> Piece:
    """Falls behind the neck to the shoulders."""
    head = worn.vertices_m[worn.joint(Joint.HEAD) > 0.5]
    size = worn.height_m / 1.7
    back, top = float(head[:, 0].min()), float(head[:, 2].max())
    high = top - 0.05 * size - length_m / 2
    vertices, triangles = blob(
        vector(back + 0.055 * size, 0.0, high), vector(0.062 * size, 0.088 * size, length_m / 2), 0.8
    )
    down = np.clip((worn.joints_m[Joint.HEAD, 2] - vertices[:, 2]) / (0.14 * size), 0.0, 1.0) * 0.7
    weights = _fixed(len(vertices), Joint.HEAD) * (1 - down[:, None])
    weights[:, Joint.CHEST] = down
    return Piece(vertices, weights.astype(np.float32), triangles)


def backpack(worn: Worn) -> Piece:
    """On the back, as wide as a school bag."""
    size = worn.height_m / 1.75
    torso = worn.vertices_m[worn.joint(Joint.CHEST, Joint.SPINE) > 0.6]
    middle = vector(float(torso[:, 0].min()) - 0.05 * size, 0.0, worn.joints_m[Joint.CHEST, 2] + 0.08 * size)
    vertices, triangles = blob(middle, vector(0.10, 0.15, 0.22) * np.float32(size), 0.55, 16, 10)
    return Piece(vertices, _fixed(len(vertices), Joint.CHEST), triangles)


def band(worn: Worn, over: Bools, axis: tuple[F32, F32], wide_m: float) -> Piece:
    """Tape around the vertices `over` [n]: in the plane through a point, square to a direction (`axis`)."""
    point, along = axis
    along = along / np.linalg.norm(along)
    across, up = square_to(along)
    chosen = worn.vertices_m[over] - point
    level = chosen @ along
    slab = np.abs(level) < max(wide_m * 1.2, 0.04)
    near, numbers = chosen[slab], np.flatnonzero(over)[slab]
    near = near - level[slab][:, None] * along
    middle = (near.max(axis=0) + near.min(axis=0)) / 2
    flat = near - middle
    angle, radius = np.arctan2(flat @ up, flat @ across), np.linalg.norm(flat, axis=1)
    turn = np.arange(24) * (2 * np.pi / 24)
    off = np.abs(np.angle(np.exp(1j * (turn[:, None] - angle))))
    reach = np.where(off < 0.30, radius, 0.0).max(axis=1)
    reach = np.where(reach > 0, reach, np.median(radius)) + 0.007
    ring = reach[:, None] * (np.cos(turn)[:, None] * across + np.sin(turn)[:, None] * up) + middle + point
    rings = np.stack([ring - 0.5 * wide_m * along, ring + 0.5 * wide_m * along]).astype(np.float32)
    nearest = numbers[np.argmin(off, axis=1)]
    return Piece(rings.reshape(-1, 3), np.tile(worn.weights[nearest], (2, 1)), tube(rings, closed=False))
