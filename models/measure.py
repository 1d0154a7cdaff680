"""Average precision at an overlap of one half, with everything the labels leave open left open.

A picture counts for a class only if it is labelled for it. A find on an ignored box is neither right nor wrong.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.data import EVERY_CLASS, Picture
from models.peers import Finds, iou_matrix

MATCH_IOU = 0.5


@dataclass(frozen=True, slots=True)
class Curve:
    """Precision and recall of one class as the threshold falls; `scores` `[n]` descending, `objects` the truths."""

    scores: NDArray[np.float32]
    right: NDArray[np.bool_]
    objects: int
    pictures: int

    @property
    def recall(self) -> NDArray[np.float64]:
        """Share of the objects found with at least each score."""
        return np.cumsum(self.right) / max(self.objects, 1)

    @property
    def precision(self) -> NDArray[np.float64]:
        """Share of the finds with at least each score that are right."""
        return np.cumsum(self.right) / np.arange(1, len(self.right) + 1)

    def average_precision(self) -> float | None:
        """Area under the precision envelope (as PASCAL VOC from 2010 on); None without a single object."""
        if not self.objects:
            return None
        if not len(self.scores):
            return 0.0
        envelope = np.maximum.accumulate(self.precision[::-1])[::-1]
        steps = np.diff(np.concatenate(([0.0], self.recall)))
        return float((steps * envelope).sum())

    def at(self, threshold: float) -> tuple[float, float, float]:
        """Precision, recall and false finds a picture at a threshold; precision is 1 where nothing is found."""
        count = int((self.scores >= threshold).sum())
        right = int(self.right[:count].sum())
        precision = right / count if count else 1.0
        return precision, right / max(self.objects, 1), (count - right) / max(self.pictures, 1)


def curve(pictures: Sequence[Picture], finds: Sequence[Finds], kind: int) -> Curve:
    """Judge all finds of one class over the pictures that are labelled for it."""
    scores: list[NDArray[np.float32]] = []
    right: list[NDArray[np.bool_]] = []
    objects, used = 0, 0
    for picture, found in zip(pictures, finds, strict=True):
        if kind not in picture.labelled:
            continue
        used += 1
        objects += int((picture.classes == kind).sum())
        picture_scores, picture_right = _judge(picture, found, kind)
        scores.append(picture_scores)
        right.append(picture_right)
    all_scores = np.concatenate([np.zeros(0, np.float32), *scores])
    all_right = np.concatenate([np.zeros(0, np.bool_), *right])
    order = np.argsort(-all_scores, kind="stable")
    return Curve(all_scores[order], all_right[order], objects, used)


def _judge(picture: Picture, found: Finds, kind: int) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Scores of the finds that count in one picture, and whether each is right; best first takes its object."""
    rows = np.flatnonzero(found.classes == kind)
    rows = rows[np.argsort(-found.scores[rows], kind="stable")]
    boxes = found.boxes[rows]
    overlap = iou_matrix(boxes, picture.boxes[picture.classes == kind])
    hidden = picture.ignored[(picture.ignored_classes == kind) | (picture.ignored_classes == EVERY_CLASS)]
    excused = _share_inside(boxes, hidden).max(1, initial=0.0) >= MATCH_IOU
    free = np.ones(overlap.shape[1], np.bool_)
    right = np.zeros(len(rows), np.bool_)
    for index in range(len(rows)):
        open_overlap = np.where(free, overlap[index], 0.0)
        if len(open_overlap) and open_overlap.max() >= MATCH_IOU:
            right[index] = True
            free[open_overlap.argmax()] = False
    counts = right | ~excused
    return found.scores[rows][counts], right[counts]


def _share_inside(boxes: NDArray[np.float32], hidden: NDArray[np.float32]) -> NDArray[np.float32]:
    """Which share of each box lies in each ignored box: `[n, m]`."""
    low = np.maximum(boxes[:, None, :2], hidden[None, :, :2])
    high = np.minimum(boxes[:, None, 2:], hidden[None, :, 2:])
    area = (boxes[:, 2:] - boxes[:, :2]).prod(-1)[:, None]
    return np.asarray(np.clip(high - low, 0, None).prod(-1) / np.maximum(area, 1e-6), np.float32)


def best_threshold(judged: Curve, beta: float, floor: float = 0.1) -> float:
    """The threshold with the best F-score; `beta` below 1 prefers precision. Never below `floor`.

    Where several thresholds are equally good the highest is taken. Without any right find: 0.5, which says nothing.
    """
    precision, recall = judged.precision, judged.recall
    usable = judged.scores >= floor
    if not (judged.right & usable).any():
        return 0.5
    with np.errstate(invalid="ignore", divide="ignore"):
        score = (1 + beta**2) * precision * recall / (beta**2 * precision + recall)
    score = np.where(usable, np.nan_to_num(score), -1.0)
    return float(judged.scores[int(score.argmax())])
