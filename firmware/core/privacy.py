"""Privacy masks: what must never be seen is made black before anything looks at, scales or encodes the picture.

A mask hides every pixel that its polygon touches, edges and corners included: it errs towards hiding.
"""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from firmware.config import Polygon
from firmware.messages import Grey, Size

_TOUCH_PX = 1e-6  # rounding of ratio * size must not spare a pixel that the edge runs along
_SIZES_KEPT = 4  # main and lores, before and after a change of resolution


class Masks:
    """Polygons in ratios of the picture's width and height; no polygon: nothing is hidden.

    `grow_px` widens every mask: a picture that was scaled before it could be masked carries the hidden pixels' light
    a little beyond the edge.
    """

    def __init__(self, polygons: Iterable[Polygon] = (), grow_px: int = 0) -> None:
        self._polygons = tuple(polygons)
        self._grow_px = grow_px
        self._keep: dict[Size, Grey] = {}

    def __bool__(self) -> bool:
        return bool(self._polygons)

    def grown(self, grow_px: int) -> "Masks":
        """The same masks, each wider by `grow_px` on all sides."""
        return Masks(self._polygons, self._grow_px + grow_px)

    def hidden(self, size: Size) -> NDArray[np.bool_]:
        """Which pixels are hidden, [h, w]."""
        hidden = np.zeros((size.height_px, size.width_px), np.bool_)
        for polygon in self._polygons:
            hidden |= _touched(polygon, size)
        for _ in range(self._grow_px):
            hidden = _grown(hidden)
        return hidden

    def burn(self, picture: Grey) -> Grey:
        """The picture with hidden pixels 0. A new array, or `picture` itself where nothing is hidden."""
        return np.bitwise_and(picture, self._keep_bits(picture)) if self._polygons else picture

    def burn_into(self, picture: Grey) -> None:
        """Black out the hidden pixels of a camera's own buffer."""
        if self._polygons:
            np.bitwise_and(picture, self._keep_bits(picture), out=picture)

    def _keep_bits(self, picture: Grey) -> Grey:
        """255 where the picture stays, 0 where it is hidden: one AND per frame does the work."""
        height_px, width_px = picture.shape
        size = Size(width_px, height_px)
        keep = self._keep.get(size)
        if keep is None:
            if len(self._keep) >= _SIZES_KEPT:
                self._keep.clear()
            keep = np.where(self.hidden(size), np.uint8(0), np.uint8(255))
            self._keep[size] = keep
        return keep


def _touched(polygon: Polygon, size: Size) -> NDArray[np.bool_]:
    """Pixels that an edge crosses or touches, and pixels whose centre lies inside: together all that are touched.

    Inside is by winding number, so a polygon that crosses itself hides all that it encloses.
    """
    points = np.asarray(polygon, np.float64) * (size.width_px, size.height_px)
    touched = np.zeros((size.height_px, size.width_px), np.bool_)
    turns = np.zeros((size.height_px, size.width_px + 1), np.int32)
    for start, end in zip(points, np.roll(points, -1, axis=0), strict=True):
        _trace_edge(touched, start, end)
        _count_turns(turns, start, end)
    touched |= np.cumsum(turns, axis=1)[:, :-1] != 0
    return touched


def _trace_edge(touched: NDArray[np.bool_], start: NDArray[np.float64], end: NDArray[np.float64]) -> None:
    """Set every pixel (a closed unit square) that the segment touches, one row of pixels at a time."""
    height_px, width_px = touched.shape
    (x0, y0), (x1, y1) = (start, end) if start[1] <= end[1] else (end, start)
    first = max(int(np.floor(y0 - _TOUCH_PX)), 0)
    last = min(int(np.floor(y1 + _TOUCH_PX)), height_px - 1)
    rows = np.arange(first, last + 1)
    if y1 - y0 < _TOUCH_PX:
        left, right = np.full(rows.size, min(x0, x1)), np.full(rows.size, max(x0, x1))
    else:
        slope = (x1 - x0) / (y1 - y0)
        at_top = x0 + (np.clip(rows, y0, y1) - y0) * slope
        at_bottom = x0 + (np.clip(rows + 1, y0, y1) - y0) * slope
        left, right = np.minimum(at_top, at_bottom), np.maximum(at_top, at_bottom)
    columns = np.arange(width_px)
    from_px = np.floor(left - _TOUCH_PX)[:, None]
    to_px = np.floor(right + _TOUCH_PX)[:, None]
    touched[first : last + 1] |= (columns >= from_px) & (columns <= to_px)


def _count_turns(turns: NDArray[np.int32], start: NDArray[np.float64], end: NDArray[np.float64]) -> None:
    """Add the edge's share of the winding number: +-1 from its crossing of each row's centre line rightwards."""
    height_px, width_px = turns.shape[0], turns.shape[1] - 1
    (x0, y0), (x1, y1) = start, end
    if y0 == y1:
        return
    centres = np.arange(height_px) + 0.5
    rows = np.flatnonzero((centres >= min(y0, y1)) & (centres < max(y0, y1)))
    crossing = x0 + (centres[rows] - y0) * (x1 - x0) / (y1 - y0)
    columns = np.clip(np.ceil(crossing - 0.5), 0, width_px).astype(np.intp)
    turns[rows, columns] += 1 if y1 > y0 else -1


def _grown(hidden: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """One pixel wider on all sides, corners too."""
    padded = np.pad(hidden, 1)
    rows: NDArray[np.bool_] = padded[:-2] | padded[1:-1] | padded[2:]
    grown: NDArray[np.bool_] = rows[:, :-2] | rows[:, 1:-1] | rows[:, 2:]
    return grown
