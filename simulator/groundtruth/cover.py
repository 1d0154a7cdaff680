"""What hides what among points that move: how much of each thing shows in each frame, and the box around that."""

from dataclasses import dataclass

import numpy as np

from simulator.groundtruth.depth import Layers, Patch
from simulator.groundtruth.records import I32, Bools
from simulator.groundtruth.samples import DIRECTIONS, Samples
from simulator.optics import F64

_DEEP_M = 0.15
"""A point is hidden by what is nearer by more than this: points lie inside their thing, and a hand rests on a car."""

_STAND_POINTS = 120


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
        corners = self.samples.outline_px.copy()
        counted = self.samples.weight > 0
        part = (counted & ~self.shows).any(axis=1) & (counted & self.shows).any(axis=1)
        if part.any():
            some, seen = self.samples.some(part), (self.shows & counted)[part]
            corners[part] += _moved_in(some.points_px, some.margin_px, (seen, counted[part]))
        return corners


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
    if len(mine):
        shares.shows[mine] &= ~_behind(own.points_px[mine], own.depth_m[mine], other.some(theirs))


def _behind(points_px: F64, depth_m: F64, other: Samples) -> Bools:
    """Whether points [n, p, 2] (or [1, p, 2]) at depths [n, p] are behind another thing in the same frames: [n, p]."""
    if other.balls is None:
        flat = points_px @ DIRECTIONS.T
        return np.asarray((flat <= other.support_px[:, None]).all(axis=2) & (depth_m > other.middle_m[:, None]))
    x, y = points_px[..., 0].astype(np.float32), points_px[..., 1].astype(np.float32)
    middle, reach = other.balls.middle_px.astype(np.float32), other.balls.reach_px.astype(np.float32)
    near_m = other.balls.depth_m + _DEEP_M
    hidden = np.zeros((len(other.frame), depth_m.shape[1]), dtype=bool)
    for ball in range(near_m.shape[1]):
        off = (x - middle[:, ball, 0, None]) ** 2
        off += (y - middle[:, ball, 1, None]) ** 2
        hidden |= (off < reach[:, ball, None] ** 2) & (depth_m > near_m[:, ball, None])
    return hidden


@dataclass(frozen=True, slots=True)
class StandPoints:
    """Points [p, 2] of the grid in which a standing thing shows, and its depths there [p]."""

    points_px: F64
    depth_m: F64

    @classmethod
    def of(cls, patch: Patch, number: int, layers: Layers) -> "StandPoints":
        """At most `_STAND_POINTS`, evenly through the pixels that show."""
        rows, columns = np.nonzero(patch.covered & (layers.number[patch.window.slices] == number))
        chosen = np.unique(np.linspace(0, len(rows) - 1, _STAND_POINTS).astype(np.int64)) if len(rows) else slice(0)
        rows, columns = rows[chosen], columns[chosen]
        points = np.stack([columns + patch.window.left_px + 0.5, rows + patch.window.top_px + 0.5], axis=1)
        return cls(points, patch.depth_m[rows, columns].astype(np.float64))

    def shown_behind(self, movers: list[Samples], frames: I32) -> Bools:
        """Which points [n, p] show in consecutive frames [n] that things move through."""
        shows = np.ones((len(frames), len(self.points_px)), dtype=bool)
        if not len(self.points_px):
            return shows
        box = np.concatenate([self.points_px.min(axis=0), self.points_px.max(axis=0)])[None]
        farthest = float(self.depth_m.max())
        for other in movers:
            touch = _touch(box, other.outline_px) & (other.depth_m.min(axis=1) < farthest)
            if not touch.any():
                continue
            some = other.some(touch)
            low, high = some.outline_px[:, :2].min(axis=0), some.outline_px[:, 2:].max(axis=0)
            near = np.flatnonzero(((self.points_px >= low) & (self.points_px <= high)).all(axis=1))
            hidden = _behind(self.points_px[near][None], self.depth_m[near][None], some)
            shows[np.ix_(some.frame - frames[0], near)] &= ~hidden
        return shows


def moved_in(points_px: F64, shows: Bools) -> F64:
    """How far the corners [n, 4] around points [n or 1, p, 2] move when only those that show [n, p] are left."""
    return _moved_in(points_px, np.zeros((1, 1)), (shows, np.ones((1, 1), dtype=bool)))


def _moved_in(points_px: F64, margin_px: F64, shows: tuple[Bools, Bools]) -> F64:
    """The same for points with a margin [n, p], of those that show and of all that count [n, p]."""
    moved = []
    for sign in (-1.0, 1.0):
        for axis in (0, 1):
            reach = sign * points_px[..., axis] + margin_px
            left, entire = (np.where(mask, reach, -np.inf).max(axis=1) for mask in shows)
            moved.append(sign * (left - entire))
    corners = np.stack(np.broadcast_arrays(*moved), axis=1)
    return np.where(np.isfinite(corners), corners, 0.0)


def _touch(a: F64, b: F64) -> Bools:
    """Whether rectangles [n, 4] overlap, row by row."""
    return np.asarray((a[:, 0] < b[:, 2]) & (b[:, 0] < a[:, 2]) & (a[:, 1] < b[:, 3]) & (b[:, 1] < a[:, 3]))
