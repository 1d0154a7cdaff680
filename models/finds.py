"""What a detector finds in a picture, in the one form in which all detectors are compared."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from firmware.errors import ModelError

LEAST_SCORE = 0.02
NMS_IOU = 0.6
MOST_CANDIDATES = 1500  # a bound on the work of suppression
Boxes = NDArray[np.float32]  # [n, 4] x0, y0, x1, y1 in pixels
Colour = NDArray[np.uint8]  # [h, w, 3] RGB


@dataclass(frozen=True, slots=True)
class Finds:
    """What a detector found: boxes `[n, 4]` (corners, px of the picture), our class numbers `[n]`, scores `[n]`."""

    boxes: Boxes
    classes: NDArray[np.int64]
    scores: NDArray[np.float32]


class Finder(Protocol):
    """Anything that finds our classes in a colour picture `[h, w, 3]` RGB."""

    def detect(self, picture: Colour) -> Finds:
        """Find objects down to `LEAST_SCORE`."""
        ...


class PictureError(ModelError):
    """A file that is no whole picture; the message names it."""


def read_colour(data: bytes, name: str = "picture") -> Colour:
    """Decode a picture to RGB; raises `PictureError` naming it where it is broken."""
    return _pixels(io.BytesIO(data), name, "RGB")


def read_grey(path: Path) -> NDArray[np.uint8]:
    """Read a picture as luma `[h, w]`; raises `PictureError`."""
    return _pixels(path, str(path), "L")


def _pixels(source: Path | io.BytesIO, name: str, mode: str) -> NDArray[np.uint8]:
    try:
        with Image.open(source) as image:
            return np.asarray(image.convert(mode), np.uint8)
    except UnidentifiedImageError as error:
        raise PictureError(f"{name}: is not a picture that can be read") from error
    # Pillow raises OSError for truncated data, SyntaxError for a broken PNG, ValueError for some broken headers.
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise PictureError(f"{name}: cannot be read: {error}") from error


def iou_matrix(a: Boxes, b: Boxes) -> NDArray[np.float32]:
    """Intersection over union of every pair: `[len(a), len(b)]`."""
    low = np.maximum(a[:, None, :2], b[None, :, :2])
    high = np.minimum(a[:, None, 2:], b[None, :, 2:])
    shared = np.clip(high - low, 0, None).prod(-1)
    area = (a[:, 2:] - a[:, :2]).prod(-1)[:, None] + (b[:, 2:] - b[:, :2]).prod(-1)[None]
    return np.asarray(shared / np.maximum(area - shared, 1e-6), np.float32)


def share_inside(boxes: Boxes, others: Boxes) -> NDArray[np.float32]:
    """Which share of each box lies in each of the others: `[n, m]`."""
    low = np.maximum(boxes[:, None, :2], others[None, :, :2])
    high = np.minimum(boxes[:, None, 2:], others[None, :, 2:])
    area = (boxes[:, 2:] - boxes[:, :2]).prod(-1)[:, None]
    return np.asarray(np.clip(high - low, 0, None).prod(-1) / np.maximum(area, 1e-6), np.float32)


def suppress(finds: Finds, iou: float = NMS_IOU, most: int = 300) -> Finds:
    """Class-wise non-maximum suppression, best first."""
    order = np.argsort(-finds.scores, kind="stable")[:MOST_CANDIDATES]
    boxes, classes, scores = finds.boxes[order], finds.classes[order], finds.scores[order]
    covers = (iou_matrix(boxes, boxes) > iou) & (classes[:, None] == classes[None])
    gone = np.zeros(len(boxes), np.bool_)
    kept: list[int] = []
    for index in range(len(boxes)):
        if not gone[index]:
            kept.append(index)
            gone |= covers[index]
    rows = kept[:most]
    return Finds(boxes[rows], classes[rows], scores[rows])


def clipped(finds: Finds, width_px: int, height_px: int) -> Finds:
    """Boxes cut at the picture's edge; what lies outside altogether, or has no area or no number, is dropped."""
    edge = np.array((width_px, height_px, width_px, height_px), np.float32)
    boxes = np.clip(finds.boxes, 0, edge)
    rows = ((boxes[:, 2:] - boxes[:, :2]) > 0).all(1)
    return Finds(boxes[rows], finds.classes[rows], finds.scores[rows])
