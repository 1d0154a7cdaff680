"""Bodies as tables that rays look up what they hit in, and the lamps of a moment likewise."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from simulator.moment import Body, Light, Moment
from simulator.optics import F32
from simulator.solid import I32, Finish, Solid

POST_HEAD_M = 0.9  # what glows nearer than this to a post lamp's light is that lamp (as in `still_light.frag`)
_ALL_ROUND = 4.0  # a cone wider than pi
_POST_NEAREST_M, _NEAREST_M = 0.45, 0.15  # a lamp's own housing casts no shadow (as in `gl_shadow`)
_POST_RADIUS_M, _RADIUS_M = 0.12, 0.07  # how big a lamp (a head lamp) is: its shadows have soft edges
_NOTHING = Finish(0.0)


@dataclass(frozen=True, slots=True)
class Table:
    """Vertices [n, 3] m; at each vertex its normal and shade [n, 4]; triangles [m, 4]: three vertices and a finish;
    their unit normals [m, 4] (the last column is not used); finishes [k, 6]: albedo, gloss, roughness, retro, glow,
    and the glow that comes and goes with the post lamps."""

    vertices_m: F32
    corners: F32
    triangles: I32
    faces: F32
    finishes: F32

    def followed_by(self, other: "Table") -> "Table":
        """Both as one, the other's triangles after this one's."""
        shift = np.array([len(self.vertices_m)] * 3 + [len(self.finishes)], dtype=np.int32)
        return Table(
            np.concatenate([self.vertices_m, other.vertices_m]),
            np.concatenate([self.corners, other.corners]),
            np.concatenate([self.triangles, other.triangles + shift]),
            np.concatenate([self.faces, other.faces]),
            np.concatenate([self.finishes, other.finishes]),
        )


def table(bodies: Sequence[Body], posts: Sequence[Light] = ()) -> Table:
    """All bodies in one. `posts`: the lamps that some glowing triangles belong to."""
    numbers: dict[tuple[Finish, bool], int] = {(_NOTHING, False): 0}
    parts = [_part(body.solid, posts, numbers) for body in bodies if len(body.solid.triangles)]
    rows = [
        (f.albedo, f.gloss, f.roughness, f.retro, 0.0 if post else f.glow, f.glow if post else 0.0)
        for f, post in numbers
    ]
    finishes = np.array(rows, dtype=np.float32)
    starts = np.cumsum([0] + [len(part.vertices_m) for part in parts])
    shifts = [np.array([start] * 3 + [0], dtype=np.int32) for start in starts]
    return Table(
        _stacked([part.vertices_m for part in parts], 3),
        _stacked([part.corners for part in parts], 4),
        np.concatenate([np.zeros((0, 4), np.int32)] + [p.triangles + s for p, s in zip(parts, shifts, strict=False)]),
        _stacked([part.faces for part in parts], 4),
        finishes,
    )


def _stacked(parts: list[F32], width: int) -> F32:
    return np.asarray(np.concatenate([np.zeros((0, width), np.float32), *parts]), dtype=np.float32)


def _part(solid: Solid, posts: Sequence[Light], numbers: dict[tuple[Finish, bool], int]) -> Table:
    """One solid, its finishes numbered among all."""
    places = solid.vertices_m[solid.triangles]
    normals = np.cross(places[:, 1] - places[:, 0], places[:, 2] - places[:, 0])
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)
    own = np.array([numbers.setdefault((finish, False), len(numbers)) for finish in solid.finishes], dtype=np.int32)
    finish = own[solid.finish]
    glowing = np.array([finish.glow > 0 for finish in solid.finishes])[solid.finish]
    if posts and glowing.any():
        heads = np.array([post.place_m for post in posts], dtype=np.float32)
        off = places.mean(axis=1)[:, None, :] - heads
        of_post = glowing & (np.linalg.norm(off, axis=2) < POST_HEAD_M).any(axis=1)
        for kind in np.unique(solid.finish[of_post]):
            key = (solid.finishes[kind], True)
            finish[of_post & (solid.finish == kind)] = numbers.setdefault(key, len(numbers))
    return Table(
        solid.vertices_m,
        np.concatenate([solid.normals, solid.shade[:, None]], axis=1),
        np.concatenate([solid.triangles, finish[:, None]], axis=1),
        np.concatenate([normals, np.zeros((len(normals), 1), np.float32)], axis=1),
        np.zeros((0, 6), np.float32),
    )


def lamp_table(posts: Sequence[Light], moment: Moment) -> F32:
    """The moment's lamps [n, 12], at least one: place, strength; axis, cone's half angle; hood (1: the light is cut
    above the rim), whether it casts shadows, how near it nothing does, its radius."""
    rows = [_lamp_row(lamp, moment.lamps_on, on_post=True) for lamp in posts if moment.lamps_on > 0]
    rows += [_lamp_row(lamp, 1.0, on_post=False) for lamp in moment.lights if lamp.strength > 0]
    return np.array(rows or [[0.0] * 12], dtype=np.float32)


def _lamp_row(light: Light, factor: float, on_post: bool) -> list[float]:
    aim, cone = (light.aim, light.cone_rad) if light.aim is not None else ((0.0, 0.0, -1.0), _ALL_ROUND)
    hood = float(on_post and light.aim is None)
    nearest, radius = (_POST_NEAREST_M, _POST_RADIUS_M) if on_post else (_NEAREST_M, _RADIUS_M)
    return [*light.place_m, light.strength * factor, *aim, cone, hood, float(light.shadows), nearest, radius]
