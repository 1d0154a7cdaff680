"""Clothes: the body's skin pushed out and smoothed where a garment lies over it, and pieces of their own (a coat's
skirt, a brim, a bag, reflective tape), all with skin weights, as one mesh in rest. Made once for each person."""

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from simulator.people.body import Joint, bodies
from simulator.people.manner import Manner, manner_of
from simulator.people.pieces import Piece, Worn, backpack, band, brim, long_hair, shoe, skirt, vector
from simulator.people.regions import COLLAR, HEM, Regions, dense, pairs, regions, smoothed, spread
from simulator.people.wardrobe import Wardrobe, wardrobe_of
from simulator.play import Role
from simulator.solid import F32, I32, U8, Finish, smooth_normals

_STREAM = 73
_TAPE_RETRO = 14.0  # glass-bead tape throws back more than a number plate (EN ISO 20471 against ISO 7591)
_VEST_ALBEDO = 0.82
_SOLE_M = 0.020

(_SKIN, _HAIR, _JACKET, _TROUSERS, _SHOES, _HAT, _GLOVES, _SKIRT, _BAG, _TAPE, _VEST) = range(11)

I64 = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Dressed:
    """A dressed body in rest: vertices and normals [n, 3] (both as `rows` [6, n] as well), skin weights [21, n], shade
    [n], triangles with their finishes; joints [21, 3], the body's height, and how far its soles are below z = 0."""

    rest_m: F32
    normals: F32
    rows: F32
    weights: F32
    shade: F32
    triangles: I32
    finish: U8
    finishes: tuple[Finish, ...]
    joints_m: F32
    height_m: float
    sole_m: float


def dressed(role: Role) -> Dressed:
    """The role's body with its clothes; cached."""
    return _dressed(manner_of(role), wardrobe_of(role))


@lru_cache(maxsize=256)
def _dressed(manner: Manner, wears: Wardrobe) -> Dressed:
    shapes, parts = bodies(), regions()
    number = shapes.number(manner.body)
    bare = shapes.vertices_m[number] * np.float32(manner.scale)
    joints = shapes.joints_m[number] * np.float32(manner.scale)
    rng = np.random.default_rng([manner.seed, _STREAM])
    skin = _covered(bare, parts, (manner, wears), rng)
    worn = Worn(skin, dense(), joints, manner.height_m)
    pieces = _pieces(worn, wears)
    of_body = _kinds(parts.of(shapes.triangles), wears)
    shown = of_body != _SHOES
    of_body, of_skin = of_body[shown], shapes.triangles[shown]
    starts = np.cumsum([len(skin)] + [len(piece.vertices_m) for _, piece in pieces])
    triangles = np.concatenate(
        [of_skin] + [piece.triangles + int(start) for (_, piece), start in zip(pieces, starts, strict=False)]
    ).astype(np.int32)
    rest = np.concatenate([skin] + [piece.vertices_m for _, piece in pieces])
    finish = np.concatenate([of_body] + [np.full(len(piece.triangles), kind) for kind, piece in pieces])
    shade = np.clip(1.0 + 0.06 * spread(rng.normal(0, 1.6, len(skin)).astype(np.float32), pairs(), 1), 0.75, 1.25)
    shade *= _two_tone(parts, wears)
    weights = np.concatenate([dense()] + [piece.weights for _, piece in pieces])
    shade = np.concatenate([shade, np.ones(len(rest) - len(skin))])
    used, again = np.unique(triangles, return_inverse=True)
    triangles = again.reshape(-1, 3).astype(np.int32)
    rest, normals = rest[used], smooth_normals(rest[used], triangles)
    return Dressed(
        rest, normals, np.ascontiguousarray(np.concatenate([rest, normals], axis=1).T),
        np.ascontiguousarray(weights[used].T, dtype=np.float32),
        shade[used].astype(np.float32), triangles, finish.astype(np.uint8), _finishes(wears), joints,
        manner.height_m, _SOLE_M * manner.height_m / 1.75,
    )  # fmt: skip


def _two_tone(parts: Regions, wears: Wardrobe) -> F32:
    """Factors [n] of the jacket's albedo: other sleeves or another yoke."""
    jacket = _kinds(parts, wears) == _JACKET
    other = jacket & (parts.height > 0.73) & (parts.arms < 0.5) if wears.yoke else jacket & (parts.arms > 0.5)
    return np.where(other, wears.second, 1.0).astype(np.float32)


def _kinds(parts: Regions, wears: Wardrobe) -> I64:
    """Which garment covers each vertex or triangle [n]."""
    high = parts.height
    kinds = np.full(len(high), _TROUSERS)
    kinds[(parts.torso + parts.arms + parts.legs > 0.5) & (high > HEM)] = _JACKET
    kinds[(parts.arms > 0.5) | ((parts.neck > 0.3) & (high < COLLAR))] = _JACKET
    if wears.vest:
        kinds[(parts.torso > 0.55) & (high > HEM) & (high < 0.86)] = _VEST
    if wears.skirt_hem and not wears.coat and wears.trousers > 0.28:
        kinds[(kinds == _TROUSERS) & (high < wears.skirt_hem)] = _SKIN
    kinds[parts.feet > 0.5] = _SHOES
    kinds[(parts.head + parts.neck > 0.5) & (high >= COLLAR)] = _SKIN
    kinds[parts.hands > 0.5] = _SKIN if wears.gloves is None else _GLOVES
    on_head = parts.head > 0.4
    if wears.head != "bald":
        kinds[on_head & (parts.scalp > 0.0)] = _HAIR
    if wears.head in ("cap", "beanie"):
        kinds[on_head & (parts.crown > 0.0)] = _HAT
    if wears.head == "hood":
        kinds[(on_head & (parts.face < 0.0)) | (parts.neck > 0.4)] = _JACKET
    return kinds


def _covered(
    bare: F32, parts: Regions, who: tuple[Manner, Wardrobe], rng: np.random.Generator
) -> F32:  # fmt: skip
    """The skin [n, 3] under, or as, its clothes: smoothed like cloth, pushed out by the cloth's thickness."""
    manner, wears = who
    kinds = _kinds(parts, wears)
    size = np.float32(manner.height_m / 1.75)
    cloth = np.isin(kinds, (_JACKET, _TROUSERS, _VEST)) & (parts.head < 0.5)
    share = np.where(cloth, 0.6, 0.0) + np.where(parts.scalp > 0.0, 0.4 * parts.head, 0.0) + 0.25 * parts.hands
    skin = smoothed(bare, pairs(), share.astype(np.float32), 4 if wears.jacket_m < 0.02 else 7)
    triangles = bodies().triangles
    thick = np.zeros(len(bare), dtype=np.float32)
    for kind, off in (
        (_JACKET, wears.jacket_m), (_VEST, wears.jacket_m + 0.008), (_TROUSERS, wears.trousers_m), (_SHOES, -0.006),
        (_HAIR, 0.012), (_HAT, 0.017), (_GLOVES, 0.004),
    ):  # fmt: skip
        thick[kinds == kind] = off
    # What smoothing took away comes back, and jackets hang straight over the waist.
    thick[cloth] += 0.008
    thick += 0.022 * parts.torso * np.clip(1 - np.abs(parts.height - 0.60) / 0.10, 0.0, 1.0).astype(np.float32)
    thick += np.float32((manner.girth - 1.0) * 0.16) * (parts.torso + 0.5 * parts.legs + 0.45 * parts.arms)
    hood = (kinds == _JACKET) & (parts.head > 0.5)
    thick[hood] = 0.028
    # Trousers hang straighter than legs, and lie in folds over the shoes.
    thick += np.where(kinds == _JACKET, 0.004 * parts.arms, 0.0)
    low = (kinds == _TROUSERS) & (parts.height < 0.25)
    thick[low] += 0.6 * wears.trousers_m * (1 - parts.height[low] / 0.25)
    thick[(kinds == _TROUSERS) & (parts.height > wears.hem - 0.03)] = -0.004
    thick += np.where(cloth, 0.005 + 0.10 * thick, 0.0) * rng.normal(0, 1, len(bare))
    thick = np.where(hood | (parts.hands > 0.5), thick, spread(thick, pairs(), 1))
    skin = skin + (size * thick)[:, None] * smooth_normals(skin, triangles)
    # Bare feet shrink into their shoes.
    skin[:, 2] = np.maximum(skin[:, 2], 0.0)
    return np.asarray(skin, dtype=np.float32)


def _pieces(worn: Worn, wears: Wardrobe) -> list[tuple[int, Piece]]:
    """What is worn beside the covered skin, with its finish."""
    sole_m = _SOLE_M * worn.height_m / 1.75
    pieces: list[tuple[int, Piece]] = [(_SHOES, shoe(worn, left, sole_m)) for left in (True, False)]
    if wears.skirt_hem:
        pieces.append((_JACKET if wears.coat else _SKIRT, skirt(worn, wears.skirt_hem, 0.02 if wears.coat else 0.035)))
    if not wears.coat:
        pieces.append((_VEST if wears.vest else _JACKET, skirt(worn, wears.hem, 0.006)))
    if wears.head == "cap":
        pieces.append((_HAT, brim(worn)))
    if wears.head == "long":
        pieces.append((_HAIR, long_hair(worn, 0.18 * worn.height_m)))
    if wears.backpack is not None:
        pieces.append((_BAG, backpack(worn)))
    torso = worn.joint(Joint.PELVIS, Joint.SPINE, Joint.CHEST) > 0.55
    chest, waist = worn.joints_m[Joint.CHEST], worn.joints_m[Joint.PELVIS]
    up = vector(0.0, 0.0, 1.0)
    if wears.vest:
        for high in (0.35, 0.80):
            pieces.append((_TAPE, band(worn, torso, (waist + high * (chest - waist), up), 0.05)))
        pieces += [(_TAPE, brace) for brace in _braces(worn, torso)]
    if wears.stripes:
        pieces.append((_TAPE, band(worn, torso, (chest + 0.12 * up, up), 0.03)))
        for joint in (Joint.ARM_L, Joint.ARM_R):
            start, end = worn.joints_m[joint], worn.joints_m[joint + 1]
            arm = worn.joint(joint, Joint(joint + 1)) > 0.5
            pieces.append((_TAPE, band(worn, arm, (start + 0.6 * (end - start), end - start), 0.03)))
    return pieces


def _braces(worn: Worn, torso: NDArray[np.bool_]) -> list[Piece]:
    """Tape from the vest's upper band over both shoulders, front and back."""
    braces = []
    low = float(worn.joints_m[Joint.CHEST, 2])
    for side in (1.0, -1.0):
        offside = side * 0.085 * worn.height_m / 1.75
        near = np.flatnonzero(torso & (np.abs(worn.vertices_m[:, 1] - offside) < 0.045) & (worn.vertices_m[:, 2] > low))
        if len(near) < 6:
            continue
        spots = worn.vertices_m[near]
        middle = vector(spots[:, 0].mean(), offside, low + 0.1)
        angle = np.arctan2(spots[:, 2] - middle[2], spots[:, 0] - middle[0])
        turn = np.linspace(-0.45, np.pi + 0.45, 15)
        off = np.abs(turn[:, None] - np.where(angle < -0.8, angle + 2 * np.pi, angle))
        reach = np.linalg.norm((spots - middle)[:, [0, 2]], axis=1)
        radius = np.array([reach[row < 0.35].max() if (row < 0.35).any() else np.median(reach) for row in off]) + 0.008
        line = np.stack([middle[0] + radius * np.cos(turn), np.full(15, offside), middle[2] + radius * np.sin(turn)], 1)
        sides = np.stack([line + [0.0, 0.024, 0.0], line - [0.0, 0.024, 0.0]]).astype(np.float32)
        a = np.arange(14)
        faces = np.concatenate([np.stack([a, a + 15, a + 1], 1), np.stack([a + 1, a + 15, a + 16], 1)])
        weights = worn.weights[near[np.argmin(off, axis=1)]]
        braces.append(Piece(sides.reshape(-1, 3), np.tile(weights, (2, 1)), faces[:, ::-1].astype(np.int32)))
    return braces


def _finishes(wears: Wardrobe) -> tuple[Finish, ...]:
    skin = Finish(wears.skin, gloss=0.03, roughness=0.5)
    jacket = Finish(wears.jacket, gloss=0.02, roughness=0.5)
    gloves = skin if wears.gloves is None else replace(jacket, albedo=wears.gloves)
    return (
        skin, Finish(wears.hair, gloss=0.03, roughness=0.4), jacket, Finish(wears.trousers), Finish(wears.shoes),
        Finish(wears.hat), gloves, Finish(wears.trousers), Finish(wears.backpack or 0.3),
        Finish(0.55, gloss=0.1, retro=_TAPE_RETRO), Finish(_VEST_ALBEDO),
    )  # fmt: skip
