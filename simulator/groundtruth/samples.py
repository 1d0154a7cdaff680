"""Things that move as points of their surface over many times at once: where they are in the grid, and how much each
point counts in the outline."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from simulator.groundtruth.bodies import Being
from simulator.groundtruth.depth import Grid
from simulator.groundtruth.records import I32, Bools
from simulator.groundtruth.seeing import EYE_M
from simulator.optics import F64
from simulator.people.cast import Skeleton
from simulator.vehicles import shapes
from simulator.vehicles.vehicle import Vehicle

_DIRECTIONS = 120
_SURFACE = 240
_TURN_RAD = np.linspace(0, 2 * np.pi, 24, endpoint=False)
DIRECTIONS = np.stack([np.cos(_TURN_RAD), np.sin(_TURN_RAD)], axis=1)
"""In the picture: what a vehicle hides lies within its hull in all of them."""


@dataclass(frozen=True, slots=True)
class Balls:
    """What a figure hides others with, in the grid: middles [n, k, 2], reach in pixels [n, k], depth [n, k]."""

    middle_px: F64
    reach_px: F64
    depth_m: F64

    def some(self, chosen: Bools | NDArray[np.int64]) -> "Balls":
        """Some of its frames."""
        return Balls(self.middle_px[chosen], self.reach_px[chosen], self.depth_m[chosen])


@dataclass(frozen=True, slots=True)
class Samples:
    """One thing in `frame` [n] of many, in the grid: points of it [n, p, 2], their depths [n, p], how far the outline
    goes on beyond them [n, p], and their weight in it [n, p]; the whole outline [n, 4] (left, top, right, bottom; not
    cut). What it hides others with: its `balls`, or (a vehicle: None) the convex shape that reaches as far as
    `support_px` [n, directions] along each of DIRECTIONS."""

    being: Being
    frame: I32
    points_px: F64
    depth_m: F64
    margin_px: F64
    weight: F64
    outline_px: F64
    distance_m: F64
    activity: I32
    support_px: F64
    balls: Balls | None = None

    @property
    def middle_m(self) -> F64:
        """Depth of its middle [n]."""
        return np.asarray(np.median(self.depth_m, axis=1))

    def some(self, chosen: Bools | NDArray[np.int64]) -> "Samples":
        """Some of its frames."""
        return Samples(
            self.being, self.frame[chosen], self.points_px[chosen], self.depth_m[chosen], self.margin_px[chosen],
            self.weight[chosen], self.outline_px[chosen], self.distance_m[chosen], self.activity[chosen],
            self.support_px[chosen], None if self.balls is None else self.balls.some(chosen),
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Way:
    """Where and when something is: frames [n], places on the ground [n, 2], activity codes [n]."""

    frame: I32
    place_m: F64
    activity: I32


def of_skeleton(grid: Grid, being: Being, skeleton: Skeleton, way: Way) -> Samples:
    """A person or an animal; every frame of the way is one in which they are there. All balls weigh the same: the large
    ones of the trunk overlap, the small ones of the legs hardly do (so measured: shares are right to 0.06 in 95 %)."""
    balls = _balls(grid, skeleton)
    reach = balls.reach_px[..., None]
    outline = np.concatenate([(balls.middle_px - reach).min(axis=1), (balls.middle_px + reach).max(axis=1)], axis=1)
    return Samples(
        being, way.frame, balls.middle_px, balls.depth_m, balls.reach_px, np.ones_like(balls.reach_px), outline,
        _distances(grid, way.place_m), way.activity, np.zeros((len(way.frame), 0)), balls,
    )  # fmt: skip


def _balls(grid: Grid, skeleton: Skeleton) -> Balls:
    """A skeleton's spheres in the bent grid. They stay round: off the middle the lens shrinks them as it shrinks the
    way there."""
    n, k = skeleton.points_m.shape[:2]
    view = grid.view
    points_px, depth = view.project(skeleton.points_m.reshape(-1, 3))
    depth = np.maximum(depth, 0.05)
    canvas = view.canvas.size
    straight = view.on_canvas(points_px) - np.array([canvas.width_px / 2, canvas.height_px / 2])
    off = np.linalg.norm(points_px - np.array([view.size.width_px / 2, view.size.height_px / 2]), axis=1)
    shrinks = np.where(off > 1.0, off / np.maximum(np.linalg.norm(straight, axis=1), 1e-6), 1.0)
    reach = np.tile(skeleton.radius_m, n) * view.focal_px / depth * shrinks
    return Balls(points_px.reshape(n, k, 2), reach.reshape(n, k), depth.reshape(n, k))


def of_vehicle(grid: Grid, being: Being, vehicle: Vehicle, heading_rad: F64, way: Way) -> Samples:
    """A vehicle that drives: its outline from the farthest vertices of its mesh, its share from points all over it."""
    shape = _shape(vehicle)
    hull = _turned(shape.hull_m, heading_rad, way.place_m)
    skin = _turned(shape.skin_m, heading_rad, way.place_m)
    normals = _turned(shape.normals, heading_rad, np.zeros_like(way.place_m))
    n, k = skin.shape[:2]
    hull_px, _ = grid.view.project(hull.reshape(-1, 3))
    hull_px = hull_px.reshape(n, -1, 2)
    points_px, depth = grid.view.project(skin.reshape(-1, 3))
    away = grid.view.origin_m - skin
    towards = np.maximum((away * normals).sum(axis=2), 0.0)
    weight = towards / np.maximum((away**2).sum(axis=2), 1e-6) ** 1.5
    outline = np.concatenate([hull_px.min(axis=1), hull_px.max(axis=1)], axis=1)
    return Samples(
        being, way.frame, points_px.reshape(n, k, 2), depth.reshape(n, k), np.zeros((n, k)), weight, outline,
        _distances(grid, way.place_m), way.activity, (hull_px @ DIRECTIONS.T).max(axis=1),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Shape:
    hull_m: F64
    skin_m: F64
    normals: F64


@lru_cache(maxsize=128)
def _shape(vehicle: Vehicle) -> _Shape:
    """The vertices farthest out in many directions, and the middles of triangles that stand for equal areas."""
    solid = shapes.solid(vehicle)
    vertices = solid.vertices_m.astype(np.float64)
    hull = vertices[np.unique(np.argmax(vertices @ _sphere(_DIRECTIONS).T, axis=0))]
    corners = vertices[solid.triangles]
    faces = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    area = np.linalg.norm(faces, axis=1)
    along = np.cumsum(area) / area.sum()
    chosen = np.searchsorted(along, (np.arange(_SURFACE) + 0.5) / _SURFACE)
    normals = faces[chosen] / np.maximum(area[chosen], 1e-12)[:, None]
    return _Shape(hull, corners[chosen].mean(axis=1), normals)


def _sphere(count: int) -> F64:
    """Directions spread evenly (a Fibonacci lattice) [count, 3]."""
    step = np.arange(count) + 0.5
    z = 1 - 2 * step / count
    turn = np.pi * (1 + 5**0.5) * step
    flat = np.sqrt(1 - z**2)
    return np.stack([np.cos(turn) * flat, np.sin(turn) * flat, z], axis=1)


def _turned(points_m: F64, heading_rad: F64, place_m: F64) -> F64:
    """Points [k, 3] in a vehicle's axes to the world's at n poses: [n, k, 3]."""
    cos, sin = np.cos(heading_rad)[:, None], np.sin(heading_rad)[:, None]
    x = points_m[:, 0] * cos - points_m[:, 1] * sin + place_m[:, :1]
    y = points_m[:, 0] * sin + points_m[:, 1] * cos + place_m[:, 1:]
    return np.stack([x, y, np.broadcast_to(points_m[:, 2], x.shape)], axis=2)


def _distances(grid: Grid, place_m: F64) -> F64:
    middle = np.concatenate([place_m, np.full((len(place_m), 1), EYE_M)], axis=1)
    return np.asarray(np.linalg.norm(middle - grid.view.origin_m, axis=1))
