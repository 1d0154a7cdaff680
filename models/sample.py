"""A training sample, its map of what is known of each class, and what of it nobody can see.

Because sources that lie on one canvas label different classes, what may count as background is kept as a map per class
(`Sample.known`), not as one flag per picture.
"""

# OpenCV is typed as Any where it is not installed.
# mypy: warn-return-any=False
from __future__ import annotations

from dataclasses import dataclass

import cv2  # type: ignore[import-not-found,unused-ignore]
import numpy as np
from numpy.typing import NDArray

from models.data import EVERY_CLASS, Boxes

MAP_STRIDE = 8  # the map's cell, in pixels: the finest stride of the network
FAINT_FIELDS = (6, 6)
FAINT_LEVELS = 2.0  # grey levels of deviation below which an object cannot be told from its place


@dataclass(slots=True)
class Sample:
    """A canvas with its targets.

    `image` is `[h, w]` uint8; `known` is `[classes, h / 8, w / 8]` bool: where "no object of this class" is true.
    `clean` is what the teacher is shown, on real canvases only: the image before anything is pasted and before the
    camera's look, flat where a source is one that it gets wrong.
    """

    image: NDArray[np.uint8]
    boxes: Boxes
    classes: NDArray[np.int64]
    known: NDArray[np.bool_]
    clean: NDArray[np.uint8] | None = None


def _under(box: NDArray[np.float32]) -> tuple[slice, slice]:
    """Rows and columns of the map under a box."""
    x0, y0 = np.floor(box[:2] / MAP_STRIDE).astype(int)
    x1, y1 = np.ceil(box[2:] / MAP_STRIDE).astype(int)
    return slice(y0, y1), slice(x0, x1)


def hide(known: NDArray[np.bool_], box: NDArray[np.float32], kind: int) -> None:
    """Mark the cells under `box` as unknown for one class, or for all."""
    known[(slice(None) if kind == EVERY_CLASS else kind, *_under(box))] = False


def tell(known: NDArray[np.bool_], box: NDArray[np.float32], kind: int) -> None:
    """Mark the cells under `box` as known to hold none of one class."""
    known[(kind, *_under(box))] = True


def _levelling() -> NDArray[np.float64]:
    """Matrix that takes the best plane away from fields `[36]`."""
    row, column = np.indices(FAINT_FIELDS).reshape(2, -1)
    plane = np.stack((np.ones(row.size), row, column), 1)
    return np.asarray(np.eye(row.size) - plane @ np.linalg.pinv(plane), np.float64)


_LEVELLED = _levelling()


def leave_faint(sample: Sample) -> None:
    """Hide from the loss, in place, what the look has drowned: nobody could tell it from what is about it.

    A box is averaged to a few fields, which evens noise out but keeps what an object is made of; what lies on a slope
    (fog under a lamp) is no object either.
    """
    height_px, width_px = sample.image.shape
    seen = np.ones(len(sample.boxes), np.bool_)
    margins = 0.15 * (sample.boxes[:, 2:] - sample.boxes[:, :2]) + 1
    low = np.maximum(sample.boxes[:, :2] - margins, 0).astype(int)
    high = np.minimum(sample.boxes[:, 2:] + margins + 1, (width_px, height_px)).astype(int)
    for row, ((x0, y0), (x1, y1)) in enumerate(zip(low, high, strict=True)):
        fields = cv2.resize(sample.image[y0:y1, x0:x1], FAINT_FIELDS, interpolation=cv2.INTER_AREA)
        if (_LEVELLED @ fields.ravel()).std() < FAINT_LEVELS:
            seen[row] = False
            hide(sample.known, sample.boxes[row], int(sample.classes[row]))
    sample.boxes, sample.classes = sample.boxes[seen], sample.classes[seen]
