"""Training samples: one canvas of the network's input size, tiled with randomly scaled pictures in the camera's look.

Tiling several pictures makes people and cars as small as a pole sees them (12-60 px high at 512 px width). Because
pictures from different sources lie on one canvas and each source labels only some classes, what may count as
background is kept as a map per class (`Sample.known`), not as one flag per picture.
"""

# PyTorch and OpenCV are typed as Any where they are not installed (everywhere but at a maintainer's).
# mypy: disallow-subclassing-any=False, warn-return-any=False
from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2  # type: ignore[import-not-found,unused-ignore]
import numpy as np
import torch
from numpy.typing import NDArray

from models import look
from models.data import EVERY_CLASS, N_CLASSES, Boxes, Picture

MAP_STRIDE = 8  # the map's cell, in pixels: the finest stride of the network
FILL = 114
LAYOUTS = ((1, 1), (1, 2), (2, 2), (3, 3))
LAYOUT_CHANCES = (0.40, 0.15, 0.30, 0.15)
VISIBLE_SHARE = 0.4  # a box cut down further than this is ignored rather than learnt
SMALLEST_PX = 4.0
EMPTY_CHANCE = 0.05  # cells left flat: fog, a covered lens, a wall; nothing may be found there


@dataclass(slots=True)
class Sample:
    """A canvas with its targets.

    `image` is `[h, w]` uint8; `known` is `[classes, h / 8, w / 8]` bool: where "no object of this class" is true.
    """

    image: NDArray[np.uint8]
    boxes: Boxes
    classes: NDArray[np.int64]
    known: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Cell:
    """A rectangle of the canvas, in pixels."""

    x_px: int
    y_px: int
    width_px: int
    height_px: int


def compose(
    pictures: Sequence[Picture], shares: NDArray[np.float64], rng: np.random.Generator, size_px: tuple[int, int]
) -> Sample:
    """Draw one sample of `size_px` (width, height) from `pictures`, chosen with probability `shares`."""
    width_px, height_px = size_px
    rows, columns = LAYOUTS[rng.choice(len(LAYOUTS), p=LAYOUT_CHANCES)]
    image = np.full((height_px, width_px), FILL if rng.random() < 0.5 else rng.integers(0, 200), np.uint8)
    known = np.ones((N_CLASSES, height_px // MAP_STRIDE, width_px // MAP_STRIDE), np.bool_)
    sample = Sample(image, np.zeros((0, 4), np.float32), np.zeros(0, np.int64), known)
    for row in range(rows):
        for column in range(columns):
            cell = Cell(width_px * column // columns, height_px * row // rows, width_px // columns, height_px // rows)
            if rng.random() < EMPTY_CHANCE:
                continue
            _place(sample, pictures[rng.choice(len(pictures), p=shares)], cell, rng)
    sample.image = look.night_look(sample.image, rng)
    return sample


def _place(sample: Sample, picture: Picture, cell: Cell, rng: np.random.Generator) -> None:
    """Scale and crop `picture` into `cell` of the sample, with its boxes and what it says about each class."""
    pixels = cv2.imdecode(np.frombuffer(picture.data, np.uint8), cv2.IMREAD_COLOR)
    grey = look.to_grey(np.asarray(pixels, np.uint8), rng)
    matrix = _mapping(grey.shape, cell, rng)
    size = (cell.width_px, cell.height_px)
    spot = np.s_[cell.y_px : cell.y_px + cell.height_px, cell.x_px : cell.x_px + cell.width_px]
    # Shrinking with INTER_AREA's smoothness: blur first, because warpAffine samples single pixels.
    shrink = 1.0 / max(abs(matrix[0, 0]), 1e-3)
    if shrink > 1.5:
        grey = cv2.GaussianBlur(grey, (0, 0), 0.35 * shrink).astype(np.uint8)
    view = np.ascontiguousarray(sample.image[spot])
    cv2.warpAffine(grey, matrix, size, dst=view, borderMode=cv2.BORDER_TRANSPARENT)
    sample.image[spot] = view
    offset = np.array((cell.x_px, cell.y_px), np.float32)
    frame = _moved(np.array([[0, 0, grey.shape[1], grey.shape[0]]], np.float32), matrix, cell, offset)[0][0]
    for kind in set(range(N_CLASSES)) - picture.labelled:
        _hide(sample.known, frame, kind)
    boxes, seen = _moved(picture.boxes, matrix, cell, offset)
    sides = np.minimum(boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1])
    good = (seen >= VISIBLE_SHARE) & (sides >= SMALLEST_PX)
    for box, kind in zip(boxes[~good], picture.classes[~good], strict=True):
        _hide(sample.known, box, int(kind))
    ignored, _ = _moved(picture.ignored, matrix, cell, offset)
    for box, kind in zip(ignored, picture.ignored_classes, strict=True):
        _hide(sample.known, box, int(kind))
    sample.boxes = np.concatenate((sample.boxes, boxes[good]))
    sample.classes = np.concatenate((sample.classes, picture.classes[good]))


def _mapping(shape: tuple[int, ...], cell: Cell, rng: np.random.Generator) -> NDArray[np.float64]:
    """Random 2x3 matrix from picture to cell: scale from half fitting to covering and a half, place, mirror."""
    height_px, width_px = shape
    stretch = float(np.exp(rng.uniform(-0.2, 0.2))) * (1.33 if height_px == width_px and rng.random() < 0.3 else 1.0)
    fit = min(cell.width_px / (width_px * stretch), cell.height_px / height_px)
    cover = max(cell.width_px / (width_px * stretch), cell.height_px / height_px)
    scale = float(np.exp(rng.uniform(np.log(0.55 * fit), np.log(1.3 * cover))))
    scale_x, scale_y = scale * stretch, scale
    room_x, room_y = cell.width_px - width_px * scale_x, cell.height_px - height_px * scale_y
    matrix = np.array([[scale_x, 0, room_x * rng.random()], [0, scale_y, room_y * rng.random()]])
    if rng.random() < 0.5:
        matrix[0] = (-scale_x, 0, matrix[0, 2] + width_px * scale_x)
    return matrix


def _moved(boxes: Boxes, matrix: NDArray[np.float64], cell: Cell, offset: NDArray[np.float32]) -> tuple[Boxes, Boxes]:
    """Map boxes into the cell and clip them; also give the share of each that is still visible."""
    x = boxes[:, 0::2] * matrix[0, 0] + matrix[0, 2]
    y = boxes[:, 1::2] * matrix[1, 1] + matrix[1, 2]
    x.sort(1)
    area = np.maximum((x[:, 1] - x[:, 0]) * (y[:, 1] - y[:, 0]), 1e-6)
    x, y = np.clip(x, 0, cell.width_px), np.clip(y, 0, cell.height_px)
    seen = (x[:, 1] - x[:, 0]) * (y[:, 1] - y[:, 0]) / area
    moved = np.stack((x[:, 0], y[:, 0], x[:, 1], y[:, 1]), 1) + np.tile(offset, 2)
    return moved.astype(np.float32), seen.astype(np.float32)


def _hide(known: NDArray[np.bool_], box: NDArray[np.float32], kind: int) -> None:
    """Mark the cells under `box` as unknown for one class, or for all."""
    x0, y0 = np.floor(box[:2] / MAP_STRIDE).astype(int)
    x1, y1 = np.ceil(box[2:] / MAP_STRIDE).astype(int)
    if kind == EVERY_CLASS:
        known[:, y0:y1, x0:x1] = False
    else:
        known[kind, y0:y1, x0:x1] = False


class Samples(torch.utils.data.IterableDataset[Sample]):
    """An endless stream of samples; worker `w` of a run that starts at `step` draws from seed `(seed, step, w)`."""

    def __init__(
        self, pictures: Sequence[Picture], shares: NDArray[np.float64], seed: tuple[int, int], size_px: tuple[int, int]
    ) -> None:
        self.pictures, self.shares, self.seed, self.size_px = pictures, shares, seed, size_px

    def __iter__(self) -> Iterator[Sample]:
        """Draw samples for ever."""
        cv2.setNumThreads(0)
        worker = torch.utils.data.get_worker_info()
        rng = np.random.default_rng((*self.seed, worker.id if worker else 0))
        while True:
            yield compose(self.pictures, self.shares, rng, self.size_px)


def source_shares(pictures: Sequence[Picture], weights: dict[str, float]) -> NDArray[np.float64]:
    """Probability of each picture: a source weighs the root of its size, so that big ones do not drown small ones."""
    names = [picture.source for picture in pictures]
    counts = {name: names.count(name) for name in set(names)}
    share = np.array([weights.get(name, 1.0) / np.sqrt(counts[name]) for name in names])
    return share / share.sum()
