"""What hides what among points that move: how much of each thing shows in each frame, and the box around that."""

from dataclasses import dataclass

import numpy as np

from simulator.groundtruth.depth import Grid, Layers, Patch, Sight
from simulator.groundtruth.records import Bools
from simulator.groundtruth.samples import Balls, Samples
from simulator.optics import F32, F64

_DEEP_M = 0.15
"""A point is hidden by what is nearer by more than this: points lie inside their thing, and a hand rests on a car."""

_INSET = 0.06
"""A vehicle fills the box around it but for its rounded corners: this much is cut from each side."""

_PERSON_FILLS, _VEHICLE_FILLS = 0.55, 0.85
"""Share of its box that a walking person or a car covers (measured on posed meshes from a pole's height)."""


@dataclass(frozen=True, slots=True)
class Shares:
    """Samples and which of their points [n, k] are in the picture and show so far (changed in place)."""

    samples: Samples
    shows: Bools

    @classmethod
    def of(cls, samples: Samples) -> "Shares":
        """Everything shows."""
        return cls(samples, np.ones(samples.depth_m.shape, dtype=bool))

    def visible(self) -> F64:
        """Weighted share of the points that show [n]."""
        weight = self.samples.weight
        return np.asarray((weight * self.shows).sum(axis=1) / np.maximum(weight.sum(axis=1), 1e-12))

    def shown_px(self) -> F64:
        """Corners [n, 4] around what shows, in the grid: the outline, each edge moved in by what is hidden there."""
        points, margin = self.samples.points_px, self.samples.margin_px[..., None]
        counted = self.samples.weight > 0
        low, high = points - margin, points + margin
        seen = (self.shows & counted)[..., None]
        nearest = np.where(seen, low, np.inf).min(axis=1) - np.where(counted[..., None], low, np.inf).min(axis=1)
        farthest = np.where(seen, high, -np.inf).max(axis=1) - np.where(counted[..., None], high, -np.inf).max(axis=1)
        moved = np.concatenate([nearest, farthest], axis=1)
        return np.asarray(self.samples.outline_px + np.where(np.isfinite(moved), moved, 0.0))


def hide_behind_standing(shares: Shares, layers: Layers) -> None:
    """Points behind what stands are hidden. Points outside the picture are left: the outline's cut counts them."""
    samples = shares.samples
    rows, columns = layers.depth_m.shape
    at = np.floor(samples.points_px).astype(np.int64)
    x, y = np.clip(at[..., 0], 0, columns - 1), np.clip(at[..., 1], 0, rows - 1)
    shares.shows[...] &= layers.depth_m[y, x] > samples.depth_m - _DEEP_M


def hide_behind(shares: Shares, other: Samples) -> None:
    """Points behind another thing that moves are hidden."""
    own = shares.samples
    if own.frame[0] > other.frame[-1] or other.frame[0] > own.frame[-1]:
        return
    _, mine, theirs = np.intersect1d(own.frame, other.frame, assume_unique=True, return_indices=True)
    touch = _touch(own.outline_px[mine], other.outline_px[theirs])
    touch &= other.depth_m[theirs].min(axis=1) < own.depth_m[mine].max(axis=1)
    mine, theirs = mine[touch], theirs[touch]
    if not len(mine):
        return
    points, depth = own.points_px[mine], own.depth_m[mine]
    if other.balls is not None:
        shares.shows[mine] &= ~_in_balls(points, depth, other.balls.some(theirs))
    else:
        behind = depth > np.median(other.depth_m[theirs], axis=1)[:, None]
        shares.shows[mine] &= ~(behind & _in_box(points, other.outline_px[theirs]))


def _in_balls(points_px: F64, depth_m: F64, balls: Balls) -> Bools:
    """Whether points [n, p, 2] are behind one of another's balls in the same frames: [n, p]."""
    hidden = np.zeros(depth_m.shape, dtype=bool)
    for ball in range(balls.depth_m.shape[1]):
        off = points_px - balls.middle_px[:, ball][:, None]
        within = (off**2).sum(axis=2) < balls.reach_px[:, ball][:, None] ** 2
        hidden |= within & (depth_m > balls.depth_m[:, ball][:, None] + _DEEP_M)
    return hidden


def _in_box(points_px: F64, corners_px: F64) -> Bools:
    inset = (corners_px[:, 2:] - corners_px[:, :2]) * _INSET
    low, high = (corners_px[:, :2] + inset)[:, None], (corners_px[:, 2:] - inset)[:, None]
    return np.asarray(((points_px > low) & (points_px < high)).all(axis=2))


def covered_share(grid: Grid, patch: Patch, seen: Sight, shares: Shares) -> F32:
    """Share [n] of what shows of a standing vehicle that something moving covers, in the frames of the latter."""
    samples = shares.samples
    box = (
        np.array([[seen.shown.x_px, seen.shown.y_px]]),
        np.array([[seen.shown.x_px + seen.shown.w_px, seen.shown.y_px + seen.shown.h_px]]),
    )
    low = grid.to_picture(samples.outline_px[:, :2])
    high = grid.to_picture(samples.outline_px[:, 2:])
    both = np.maximum(np.minimum(high, box[1]) - np.maximum(low, box[0]), 0.0).prod(axis=1)
    fills = _PERSON_FILLS if samples.balls is not None else _VEHICLE_FILLS
    nearer = np.median(samples.depth_m, axis=1) < float(np.median(patch.depth_m[patch.covered]))
    area = max(seen.shown.w_px * seen.shown.h_px, 1.0)
    return np.where(nearer, np.minimum(both * fills / area, 1.0), 0.0).astype(np.float32)


def _touch(a: F64, b: F64) -> Bools:
    """Whether rectangles [n, 4] overlap, row by row."""
    return np.asarray((a[:, 0] < b[:, 2]) & (b[:, 0] < a[:, 2]) & (a[:, 1] < b[:, 3]) & (b[:, 1] < a[:, 3]))
