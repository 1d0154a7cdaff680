"""From the network's raw tensors to detections in pixels of the main picture. Pure numpy.

The network (YOLOX, arXiv 2107.08430) gives one row per cell of three grids. A row's box is `dx, dy, log w, log h` in
cells of its grid; the score of a class is `sigmoid(objectness) * sigmoid(class)`.
"""

from dataclasses import dataclass, field
from math import log

import numpy as np
from numpy.typing import NDArray

from firmware.core.animals import undisguised
from firmware.core.boxes import overlaps
from firmware.messages import Box, Detection, Frame, ObjectKind, RawDetections, Size

MOST_CANDIDATES = 400  # a bound on the work of suppression; a full lot has fewer than 60 things in it
LONGEST_LOG_SIDE = 8.0  # exp of it is 2981 cells: beyond any picture, and short of overflow

Floats = NDArray[np.float32]


def letterboxed_size(luma: Size, within: Size) -> Size:
    """How large a picture becomes when it is scaled to fit the network's input, keeping its proportions."""
    factor = min(within.width_px / luma.width_px, within.height_px / luma.height_px)
    return Size(max(1, round(luma.width_px * factor)), max(1, round(luma.height_px * factor)))


@dataclass(frozen=True, slots=True)
class Decoder:
    """Decodes and suppresses; `kinds` and `thresholds` are in the order of the network's classes.

    A detection's score is put on a scale that all networks share: 0.5 is the class's own threshold, 0 and 1 stay. So
    whatever reads scores (the tracker) need not know which bundle is in use, and a class that is hard to see is not
    lost to a fixed number. Everything from `least_score` of that scale on is passed: a track that is lost from sight
    is picked up again by weak detections. With thresholds of 0.5 scores are the network's own.
    """

    input_size: Size
    strides: tuple[int, ...]
    kinds: tuple[ObjectKind, ...]
    thresholds: tuple[float, ...]
    nms_iou: float
    least_score: float = 0.1
    _corner: Floats = field(init=False, repr=False, compare=False)
    _stride: Floats = field(init=False, repr=False, compare=False)
    _least_objectness: float = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if len(self.kinds) != len(self.thresholds):
            raise ValueError(f"{len(self.thresholds)} thresholds for {len(self.kinds)} classes; give one for each")
        if not all(0 < threshold < 1 for threshold in self.thresholds):
            raise ValueError(f"thresholds {self.thresholds}; each must lie between 0 and 1")
        corners, strides = [], []
        for stride in self.strides:
            grid = np.indices((self.input_size.height_px // stride, self.input_size.width_px // stride))
            corners.append(grid[::-1].reshape(2, -1).T)
            strides.append(np.full((len(corners[-1]), 1), stride))
        object.__setattr__(self, "_corner", np.concatenate(corners).astype(np.float32))
        object.__setattr__(self, "_stride", np.concatenate(strides).astype(np.float32))
        least = min(_own_score(self.least_score, threshold) for threshold in self.thresholds)
        object.__setattr__(self, "_least_objectness", _logit(least) - 1e-3)

    def decode(self, raw: RawDetections, frame: Frame) -> tuple[Detection, ...]:
        """All detections of a frame, best first within a class; boxes clipped to the main picture.

        A person that is more of an animal is left out (`animals.py`).

        Raises ValueError where `raw` does not belong to a network of this input size and these classes.
        """
        wanted = ((len(self._corner), 4), (len(self._corner), 1 + len(self.kinds)))
        if (raw.boxes.shape, raw.scores.shape) != wanted:
            raise ValueError(f"raw detections of shapes {raw.boxes.shape} and {raw.scores.shape}; expected {wanted}")
        # No class of a row scores more than its objectness: most rows end here, at a seventh of the time.
        rows = np.flatnonzero(raw.scores[:, 0] >= self._least_objectness)
        logits = raw.scores[rows]
        scores = _shared_scale(_sigmoid(logits[:, :1]) * _sigmoid(logits[:, 1:]), self.thresholds)
        corners = self._corners(rows, raw.boxes[rows], frame)
        found: list[Detection] = []
        for column, kind in enumerate(self.kinds):
            kept = _suppressed(corners, scores[:, column], self.least_score, self.nms_iou)
            found += [Detection(kind, float(scores[row, column]), _box(corners[row])) for row in kept]
        return undisguised(tuple(found))

    def _corners(self, rows: NDArray[np.intp], boxes: Floats, frame: Frame) -> NDArray[np.float64]:
        """Left, top, right, bottom `[n, 4]` of some rows in pixels of the main picture, clipped to it."""
        stride = self._stride[rows]
        centre = (boxes[:, :2] + self._corner[rows]) * stride
        half = np.exp(np.minimum(boxes[:, 2:], LONGEST_LOG_SIDE)) * stride / 2
        corners: NDArray[np.float64] = np.concatenate((centre - half, centre + half), axis=1).astype(np.float64)
        height_px, width_px = frame.luma.shape
        inside = letterboxed_size(Size(width_px, height_px), self.input_size)
        main = frame.size
        corners[:, 0::2] = np.clip(corners[:, 0::2] * (main.width_px / inside.width_px), 0, main.width_px)
        corners[:, 1::2] = np.clip(corners[:, 1::2] * (main.height_px / inside.height_px), 0, main.height_px)
        return corners


def _sigmoid(logits: Floats) -> Floats:
    """Logistic function without overflow: beyond 30 it is 0 or 1 in float32 anyway."""
    result: Floats = 1 / (1 + np.exp(-np.clip(logits, -30, 30)))
    return result


def _shared_scale(scores: Floats, thresholds: tuple[float, ...]) -> Floats:
    """Two straight lines through (0, 0), (threshold, 0.5) and (1, 1), for each class; the order of scores is kept."""
    at = np.array(thresholds, np.float32)
    result: Floats = np.where(scores < at, 0.5 * scores / at, 0.5 + 0.5 * (scores - at) / (1 - at))
    return result


def _own_score(shared: float, threshold: float) -> float:
    """The network's own score behind one of the shared scale: the inverse of `_shared_scale`."""
    return 2 * shared * threshold if shared < 0.5 else threshold + (2 * shared - 1) * (1 - threshold)


def _logit(score: float) -> float:
    """The inverse of the logistic function; minus infinity from 0 down, infinity from 1 on."""
    if score <= 0:
        return float("-inf")
    return log(score / (1 - score)) if score < 1 else float("inf")


def _suppressed(corners: NDArray[np.float64], scores: Floats, least_score: float, nms_iou: float) -> list[int]:
    """Rows that reach the least score, have an area and are not covered by a better one; best first.

    Rows with a value that is no number drop out: they compare as false.
    """
    area = (corners[:, 2] - corners[:, 0]) * (corners[:, 3] - corners[:, 1])
    rows = np.flatnonzero((scores >= least_score) & (area > 0))
    rows = rows[np.argsort(-scores[rows], kind="stable")][:MOST_CANDIDATES]
    covered = overlaps(corners[rows], corners[rows]) > nms_iou
    kept: list[int] = []
    gone = np.zeros(len(rows), np.bool_)
    for index, row in enumerate(rows):
        if not gone[index]:
            kept.append(int(row))
            gone |= covered[index]
    return kept


def _box(corners: NDArray[np.float64]) -> Box:
    left, top, right, bottom = (float(value) for value in corners)
    return Box(left, top, right - left, bottom - top)
