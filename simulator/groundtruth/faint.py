"""Whether a labelled thing can be seen in the picture that was taken of it, or is lost in darkness, fog or glare.

The truth knows what stands where, not whether light of it reached the sensor. Nobody can be asked to find what differs
from its surroundings by less than noise and the eye's threshold, so such a thing is neither right nor wrong to find.
The rule looks at the picture alone, at no detector: it is the same for all of them, and for training.

A part of the thing must differ from the ground around it (its brightness, sloping as the lamp's light does)

* by `LEAST_GREY` levels: 5 % of contrast, at which the World Meteorological Organization takes a thing to be seen
  (WMO-No. 8, meteorological optical range), at middle grey on a screen with a gamma of 2.2 (128 x 0.05 / 2.2); and
* by `LEAST_SIGNAL` times the noise of the mean over that part (Rose, "The sensitivity performance of the human eye on
  an absolute scale", 1948: what differs by less is not told from noise).

Parts are the whole box, its halves, and tiles down to a 24th. Clutter is not counted against a thing: whoever stands
before a hedge as bright as he is stays asked for.
"""

import io
from collections.abc import Callable

import cv2
import msgspec
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from firmware.messages import Grey
from simulator.groundtruth.coco import Annotation, Table
from simulator.optics import F32, F64

LEAST_GREY = 3.0
LEAST_SIGNAL = 5.0
_LEAST_NOISE = 12**-0.5  # rounding to whole grey levels
_PARTS = ((1, 1), (2, 1), (3, 2), (6, 4))  # rows, columns
_AROUND = 0.35  # of the box's side, on each side of it
_LEAST_AROUND_PX = 2.0
_FITTED_PX = 24
_WORST_FIT = 1e12  # a strip of one row has no slope down
_SECOND_DIFFERENCE: F32 = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], dtype=np.float32) / 6


def judged(table: Table, read: Callable[[str], bytes]) -> Table:
    """A table with the contrast of everything in it, and what cannot be seen marked as `iscrowd`. `read` gives a
    picture's file by its name. A table that was judged before stays as it is."""
    if all(note.contrast is not None for note in table.annotations):
        return table
    pictures: dict[int, Grey] = {}
    names = {image.id: image.file_name for image in table.images}
    notes = []
    for note in table.annotations:
        if note.image_id not in pictures:
            pictures = {note.image_id: _grey(read(names[note.image_id]))}  # one at a time: rows come by picture
        notes.append(_marked(note, contrast(pictures[note.image_id], note.bbox)))
    return msgspec.structs.replace(table, annotations=tuple(notes))


def contrast(picture: Grey, bbox: tuple[float, float, float, float]) -> float:
    """How plainly what is in a box (x, y, width, height) of a picture [h, w] differs from what is around it: the most
    of any part, 1 being the least that is seen. A box without surroundings in the picture counts as plain (inf)."""
    x_px, y_px, w_px, h_px = bbox
    limit = picture.shape[::-1]
    left, top, right, bottom = _whole((x_px, y_px), (x_px + w_px, y_px + h_px), limit)
    aside, above = max(_LEAST_AROUND_PX, _AROUND * w_px), max(_LEAST_AROUND_PX, _AROUND * h_px)
    outer = _whole((x_px - aside, y_px - above), (x_px + w_px + aside, y_px + h_px + above), limit)
    patch = picture[outer[1] : outer[3], outer[0] : outer[2]].astype(np.float32)
    rows, columns = slice(top - outer[1], bottom - outer[1]), slice(left - outer[0], right - outer[0])
    around = np.ones(patch.shape, dtype=bool)
    around[rows, columns] = False
    if not around.any():
        return float("inf")
    ground = _ground(patch, around)
    across, down = np.arange(patch.shape[1]), np.arange(patch.shape[0])
    slope = ground[0] * across[None, columns] + ground[1] * down[rows, None] + ground[2]
    return _most((patch[rows, columns] - slope).astype(np.float32), _noise(patch))


def _most(off: F32, noise: float) -> float:
    """Of grey levels off the ground [h, w]: the most plainly seen part."""
    most = 0.0
    for rows, columns in _PARTS:
        rows, columns = min(rows, off.shape[0]), min(columns, off.shape[1])
        means = cv2.resize(off, (columns, rows), interpolation=cv2.INTER_AREA)
        differs = float(np.abs(means).max())
        of_the_mean = noise / float(np.sqrt(off.size / (rows * columns)))
        most = max(most, min(differs / LEAST_GREY, differs / (LEAST_SIGNAL * of_the_mean)))
    return most


def _noise(patch: F32) -> float:
    """Standard deviation of the noise in grey levels, from second differences, which cancel slopes (Immerkaer, 1996);
    their median, so that edges do not count."""
    return max(_LEAST_NOISE, float(np.median(np.abs(cv2.filter2D(patch, -1, _SECOND_DIFFERENCE)))) / 0.6745)


def _ground(patch: F32, around: NDArray[np.bool_]) -> F64:
    """The plane through most of what is around: slope across and down, and level [3]. Least squares, then twice more
    without what lies far off it."""
    step = max(1, min(patch.shape) // _FITTED_PX)
    rows, columns = np.nonzero(around[::step, ::step])
    base = np.stack([columns * step, rows * step, np.ones(len(rows))], axis=1).astype(np.float64)
    grey = patch[::step, ::step][rows, columns].astype(np.float64)
    plane = np.array([0.0, 0.0, float(np.median(grey)) if len(grey) else float(np.median(patch[around]))])
    use = np.ones(len(grey), dtype=bool)
    for _ in range(3):
        own = base[use]
        normal = own.T @ own
        if len(own) < 3 or np.linalg.cond(normal) > _WORST_FIT:
            break
        plane = np.linalg.solve(normal, own.T @ grey[use])
        off = np.abs(grey - base @ plane)
        use = off <= 2.5 * np.median(off) + 1e-6
    return np.asarray(plane)


def _whole(low: tuple[float, float], high: tuple[float, float], limit: tuple[int, ...]) -> tuple[int, int, int, int]:
    """A rectangle in whole pixels, at least one wide and high, in the picture."""
    left, top = (min(max(0, round(value)), most - 1) for value, most in zip(low, limit, strict=True))
    right, bottom = (min(round(value), most) for value, most in zip(high, limit, strict=True))
    return left, top, max(right, left + 1), max(bottom, top + 1)


def _marked(note: Annotation, plain: float) -> Annotation:
    seen = not plain < 1.0
    known = round(min(plain, 999.0), 2)
    return msgspec.structs.replace(note, contrast=known, iscrowd=note.iscrowd if seen else 1)


def _grey(data: bytes) -> Grey:
    with Image.open(io.BytesIO(data)) as picture:
        return np.asarray(picture.convert("L"), dtype=np.uint8)
