"""Things that move as points of their surface over many times at once: where they are in the grid, and how much each
point counts in the outline."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

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


@dataclass(frozen=True, slots=True)
class Samples:
    """One thing in `frame` [n] of many: points in the grid [n, k, 2], their depths [n, k] and reach in pixels [n, k]
    (0: a mere point), their weight in the outline [n, k], and the whole outline in the grid [n, 4] (left, top, right,
    bottom; not cut)."""

    being: Being
    frame: I32
    points_px: F64
    depth_m: F64
    reach_px: F64
    weight: F64
    outline_px: F64
    distance_m: F64
    activity: I32

    def some(self, chosen: Bools) -> "Samples":
        """Some of its frames."""
        return Samples(
            self.being, self.frame[chosen], self.points_px[chosen], self.depth_m[chosen], self.reach_px[chosen],
            self.weight[chosen], self.outline_px[chosen], self.distance_m[chosen], self.activity[chosen],
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Way:
    """Where and when something is: frames [n], places on the ground [n, 2], activity codes [n]."""

    frame: I32
    place_m: F64
    activity: I32


def of_skeleton(grid: Grid, being: Being, skeleton: Skeleton, way: Way) -> Samples:
    """A person or an animal; every frame of the way is one in which they are there."""
    n, k = skeleton.points_m.shape[:2]
    points_px, depth = grid.view.project(skeleton.points_m.reshape(-1, 3))
    depth = np.maximum(depth, 0.05)
    middle = np.array([grid.view.size.width_px / 2, grid.view.size.height_px / 2])
    straight = grid.view.on_canvas(points_px) - np.array(
        [grid.view.canvas.size.width_px / 2, grid.view.canvas.size.height_px / 2]
    )
    off = np.linalg.norm(points_px - middle, axis=1)
    bend = np.where(off > 1.0, off / np.maximum(np.linalg.norm(straight, axis=1), 1e-6), 1.0)
    reach = (np.tile(skeleton.radius_m, n) * grid.view.focal_px / depth * bend).reshape(n, k)
    points = points_px.reshape(n, k, 2)
    outline = np.concatenate([(points - reach[..., None]).min(axis=1), (points + reach[..., None]).max(axis=1)], axis=1)
    return Samples(
        being, way.frame, points, depth.reshape(n, k), reach, reach, outline,
        _distances(grid, way.place_m), way.activity,
    )  # fmt: skip


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
        _distances(grid, way.place_m), way.activity,
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
