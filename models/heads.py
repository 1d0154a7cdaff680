"""The heads of detectors: told apart by their tensors, and decoded to boxes in pixels of the network's input.

Three are known: our own (YOLOX's, arXiv 2107.08430), SSD with TensorFlow's post-process operator, YOLOv8's and 11's.
Everything here is pure; `networks.py` runs the files.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from firmware.errors import ModelError
from models.classes import ANIMAL, LABELS, PERSON, TWO_WHEELER, VEHICLE
from models.finds import LEAST_SCORE, Boxes, Finds
from models.graph import Graph

STRIDES = (8, 16, 32)
LONGEST_LOG_SIDE = 8.0
SSD_OPERATOR = "TFLite_Detection_PostProcess"
YOLO_COLUMNS = 84  # a box and COCO's 80 classes
COCO_LABELS = (LABELS[PERSON], LABELS[VEHICLE], LABELS[TWO_WHEELER], LABELS[ANIMAL])
COCO_TO_OURS: Mapping[int, int] = {
    0: PERSON,
    1: TWO_WHEELER,
    2: VEHICLE,
    3: TWO_WHEELER,
    5: VEHICLE,
    7: VEHICLE,
    **dict.fromkeys(range(14, 24), ANIMAL),  # bird to giraffe
}
# SSD's classes keep the gaps of COCO's 91 numbers: beyond the fire hydrant they are one further.
SSD_TO_OURS: Mapping[int, int] = {number + (number > 10): ours for number, ours in COCO_TO_OURS.items()}

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Canvas:
    """The input that a network was built for. `white` and `black` are the values in a float input.

    `squeezed`: pictures are brought to its size whatever their proportions; else they are scaled to fit.
    """

    width_px: int
    height_px: int
    channels: int
    white: float
    black: float = 0.0
    squeezed: bool = False


class Head(Protocol):
    """How a network's outputs are to be read."""

    @property
    def canvas(self) -> Canvas:
        """The input that it was built for."""
        ...

    @property
    def labels(self) -> tuple[str, ...]:
        """The classes that it knows."""
        ...

    @property
    def outputs(self) -> tuple[int, ...]:
        """Numbers of the output tensors, in the order in which `decode` wants their values."""
        ...

    def decode(self, values: Sequence[Floats]) -> Finds:
        """Find objects in the values of the outputs (without the batch): boxes in px of the canvas, not suppressed."""
        ...


def recognise(graph: Graph, name: str) -> Head:
    """The head of a network; raises `ModelError` that says which tensors `name` has and which would do."""
    width_px, height_px, channels = _input(graph, name)
    for operator in graph.operators:
        if operator.kind == SSD_OPERATOR:
            canvas = Canvas(width_px, height_px, channels, white=1.0, black=-1.0, squeezed=True)
            return SsdHead(canvas, operator.outputs[:3])
    shapes = graph.shapes(graph.outputs)
    cells = sum((width_px // stride) * (height_px // stride) for stride in STRIDES)
    if len(shapes) == 1 and sorted(shapes[0]) == sorted((1, YOLO_COLUMNS, cells)):
        return YoloHead(Canvas(width_px, height_px, channels, white=1.0), graph.outputs, shapes[0][1] == YOLO_COLUMNS)
    own = _own_outputs(graph, cells)
    if own is not None:
        count = graph.tensors[own[1]].shape[-1] - 1
        return OwnHead(Canvas(width_px, height_px, channels, white=255.0), own, LABELS[:count])
    raise ModelError(
        f"{name}: outputs {shapes} for an input of {width_px} x {height_px} are no head that is known. It must be ours "
        f"([1, {cells}, 4] and [1, {cells}, 1 + classes], 1 to {len(LABELS)} classes but not 3), an SSD's "
        f"({SSD_OPERATOR}), or a YOLOv8's or 11's for COCO ([1, {YOLO_COLUMNS}, {cells}])"
    )


def _input(graph: Graph, name: str) -> tuple[int, int, int]:
    """Width, height and channels of the one input."""
    shapes = graph.shapes(graph.inputs)
    if len(shapes) != 1 or len(shapes[0]) != 4 or shapes[0][0] != 1 or shapes[0][3] not in (1, 3):
        raise ModelError(f"{name}: inputs {shapes}; there must be one, [1, height, width, 1 or 3]")
    _, height_px, width_px, channels = shapes[0]
    return width_px, height_px, channels


def _own_outputs(graph: Graph, cells: int) -> tuple[int, int] | None:
    """Boxes and scores of our head. With three classes both would end in a side of 4, so that is no head of ours."""
    sides = {graph.tensors[number].shape[-1:]: number for number in graph.outputs}
    fits = all(shape[:-1] == (1, cells) for shape in graph.shapes(graph.outputs))
    boxes = sides.pop((4,), None)
    if len(graph.outputs) != 2 or not fits or boxes is None or len(sides) != 1:
        return None
    (scores,) = sides.values()
    return (boxes, scores) if 1 <= graph.tensors[scores].shape[-1] - 1 <= len(LABELS) else None


@dataclass(frozen=True, slots=True)
class OwnHead:
    """Ours: boxes `[n, 4]` (dx, dy, log w, log h in cells), scores `[n, 1 + classes]` (logits)."""

    canvas: Canvas
    outputs: tuple[int, ...]
    labels: tuple[str, ...]

    def decode(self, values: Sequence[Floats]) -> Finds:
        """A row may be several classes."""
        boxes, logits = values
        scores = _sigmoid(logits[:, :1]) * _sigmoid(logits[:, 1:])
        return _reaching(cell_boxes(boxes, self.canvas), scores)


@dataclass(frozen=True, slots=True)
class SsdHead:
    """SSD's: boxes `[n, 4]` (top, left, bottom, right in 0..1), classes `[n]`, scores `[n]`; often only ten."""

    canvas: Canvas
    outputs: tuple[int, ...]
    labels: tuple[str, ...] = COCO_LABELS

    def decode(self, values: Sequence[Floats]) -> Finds:
        """Keep those of our classes."""
        boxes, numbers, scores = values
        ours = np.array([SSD_TO_OURS.get(int(number), -1) for number in numbers], np.int64)
        rows = np.flatnonzero((ours >= 0) & (scores >= LEAST_SCORE))
        size = np.array((self.canvas.width_px, self.canvas.height_px) * 2, np.float32)
        return Finds(boxes[rows][:, (1, 0, 3, 2)] * size, ours[rows], scores[rows])


@dataclass(frozen=True, slots=True)
class YoloHead:
    """YOLOv8's and 11's: `[84, n]` or `[n, 84]`: cx, cy, w, h in 0..1 (some exports: in px), then 80 class scores."""

    canvas: Canvas
    outputs: tuple[int, ...]
    columns_first: bool
    labels: tuple[str, ...] = COCO_LABELS

    def decode(self, values: Sequence[Floats]) -> Finds:
        """Take our classes out of COCO's."""
        rows = values[0].T if self.columns_first else values[0]
        size = np.array((self.canvas.width_px, self.canvas.height_px), np.float32)
        # No box is twice as wide as the picture: such numbers are pixels.
        unit = np.ones(2, np.float32) if rows[:, 2:4].max() > 2 else size
        centre, half = rows[:, :2] * unit, rows[:, 2:4] * unit / 2
        return from_coco(np.concatenate((centre - half, centre + half), 1), rows[:, 4:])


def cell_boxes(raw: Floats, canvas: Canvas, strides: Sequence[int] = STRIDES) -> Boxes:
    """Corners `[n, 4]` in px of the canvas from `dx, dy, log w, log h` in cells of three grids, fine to coarse."""
    corners, sizes = [], []
    for stride in strides:
        grid = np.indices((canvas.height_px // stride, canvas.width_px // stride))
        corners.append(grid[::-1].reshape(2, -1).T)
        sizes.append(np.full((len(corners[-1]), 1), stride))
    cell_px = np.concatenate(sizes).astype(np.float32)
    centre = (raw[:, :2] + np.concatenate(corners).astype(np.float32)) * cell_px
    half = np.exp(np.minimum(raw[:, 2:4], LONGEST_LOG_SIDE)) * cell_px / 2
    return np.asarray(np.concatenate((centre - half, centre + half), 1), np.float32)


def from_coco(boxes: Boxes, scores: Floats) -> Finds:
    """Take our classes out of COCO's 80 columns; the best of several columns that are one class to us counts."""
    merged = np.zeros((len(boxes), len(LABELS)), np.float32)
    for ours in set(COCO_TO_OURS.values()):
        merged[:, ours] = scores[:, [number for number, one in COCO_TO_OURS.items() if one == ours]].max(1)
    return _reaching(boxes, merged)


def _reaching(boxes: Boxes, scores: Floats) -> Finds:
    """One find for every class of a row that reaches the least score."""
    rows, kinds = np.nonzero(scores >= LEAST_SCORE)
    return Finds(boxes[rows], kinds.astype(np.int64), scores[rows, kinds].astype(np.float32))


def _sigmoid(logits: Floats) -> Floats:
    """Logistic function without overflow: beyond 30 it is 0 or 1 in float32 anyway."""
    return np.asarray(1 / (1 + np.exp(-np.clip(logits, -30, 30))), np.float32)
