"""Neighbours of one class that overlap so much that a detector gives one box for both."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulator.groundtruth.records import Bools, TruthTable
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
    numbers, starts = np.unique(track, return_index=True)
    ends = np.append(starts[1:], len(rows))
    ranges = _ranges(boxes, starts, ends)
    for one in range(len(numbers)):
        for two in range(one + 1, len(numbers)):
            if kind[starts[one]] != kind[starts[two]] or not _may_meet(ranges[one], ranges[two]):
                continue
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


def _ranges(boxes: F32, starts: NDArray[np.int64], ends: NDArray[np.int64]) -> NDArray[np.float64]:
    """The rectangle that each track stays in, [tracks, 4] (left, top, right, bottom)."""
    if not len(boxes):
        return np.zeros((0, 4))
    low = np.minimum.reduceat(boxes[:, :2], starts)
    high = np.maximum.reduceat(boxes[:, :2] + boxes[:, 2:], starts)
    return np.asarray(np.concatenate([low, high], axis=1), dtype=np.float64)


def _may_meet(a: NDArray[np.float64], b: NDArray[np.float64]) -> bool:
    return bool(a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3])


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
