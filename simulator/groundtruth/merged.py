"""Neighbours of one class that overlap so much that a detector gives one box for both."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulator.groundtruth.records import I32, U8, Bools, TruthTable
from simulator.optics import F32


@dataclass(frozen=True, slots=True)
class Finds:
    """What was found of some rows: boxes [n, 4], scores [n], and whether a box swallows a worse one beside it [n]."""

    boxes: F32
    score: F32
    joins: Bools


def merged(table: TruthTable, rows: NDArray[np.int64], finds: Finds, least_iou: float) -> tuple[Bools, F32]:
    """Which of the found rows stay [n], and their boxes: where two of a class overlap by more than `least_iou` and the
    one with the better score joins, the other is gone and the better one's box grows half way around both."""
    keep = np.ones(len(rows), dtype=bool)
    boxes, score = finds.boxes.copy(), finds.score
    track, frame, kind = table.track[rows], table.frame[rows], table.kind[rows]
    starts = np.flatnonzero(np.diff(track, prepend=-1))
    ends = np.append(starts[1:], len(rows))
    for one, two in _pairs(boxes, frame, kind[starts], starts, ends):
        mine, theirs = slice(starts[one], ends[one]), slice(starts[two], ends[two])
        _, a, b = np.intersect1d(frame[mine], frame[theirs], assume_unique=True, return_indices=True)
        a, b = a + starts[one], b + starts[two]
        close = _iou(boxes[a], boxes[b]) > least_iou
        a, b = a[close], b[close]
        better, worse = np.where(score[a] >= score[b], a, b), np.where(score[a] >= score[b], b, a)
        joins = finds.joins[better]
        better, worse = better[joins], worse[joins]
        keep[worse] = False
        boxes[better] = (boxes[better] + _around(boxes[better], boxes[worse])) / 2
    return keep, boxes


def _pairs(boxes: F32, frame: I32, kind: U8, starts: NDArray[np.int64], ends: NDArray[np.int64]) -> list[list[int]]:
    """Numbers of runs (one a track) of one class that are there in the same frames and reach the same places."""
    if len(starts) < 2:
        return []
    low = np.minimum.reduceat(boxes[:, :2], starts)
    high = np.maximum.reduceat(boxes[:, :2] + boxes[:, 2:], starts)
    begin = np.concatenate([low, frame[starts][:, None]], axis=1)
    end = np.concatenate([high, frame[ends - 1][:, None]], axis=1)
    meet = (begin[:, None] <= end[None]).all(axis=2)
    meet &= meet.T & (kind[:, None] == kind[None])
    return [[int(one), int(two)] for one, two in np.argwhere(np.triu(meet, 1))]


def _iou(a: F32, b: F32) -> F32:
    """Intersection over union of boxes [n, 4] (x, y, width, height), row by row."""
    low = np.maximum(a[:, :2], b[:, :2])
    high = np.minimum(a[:, :2] + a[:, 2:], b[:, :2] + b[:, 2:])
    both = np.maximum(high - low, 0).prod(axis=1)
    either = a[:, 2:].prod(axis=1) + b[:, 2:].prod(axis=1) - both
    return np.asarray(both / np.maximum(either, 1e-6))


def _around(a: F32, b: F32) -> F32:
    low = np.minimum(a[:, :2], b[:, :2])
    high = np.maximum(a[:, :2] + a[:, 2:], b[:, :2] + b[:, 2:])
    return np.concatenate([low, high - low], axis=1)
