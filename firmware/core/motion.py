"""Motion gate: is this frame worth the detector's time?

A still lot should cost little, so the detector rests while nothing changes. What changes is judged on the means of
8 x 8 pixel cells against a running background. The camera's own gain moves all cells together and is divided out
first. The gate never starves slow things (fire starts small): at least one frame in `full_look_s` passes.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from firmware.messages import Grey

CELL_PX = 8
LEAST_CELLS = 2  # a person at 25 m covers two cells; one alone is a hot pixel or an insect
LEAST_STEP_LEVELS = 4.0  # grey levels; below this is what H.264 and the sensor do by themselves
NOISE_FACTOR = 4.0
DARK_LEVELS = 12.0  # cells darker than this say nothing about gain

Cells = NDArray[np.float32]


@dataclass(slots=True)
class MotionGate:
    """Call `update` with every frame, in order. Times are seconds of the frames' own clock.

    `hold_s`: looks go on this long after the last motion, so that a track is not lost between two steps.
    `settle_s`: how fast the background takes in what has come to stand.
    """

    full_look_s: float = 1.0
    hold_s: float = 0.5
    settle_s: float = 4.0
    _background: Cells | None = None
    _noise: Cells | None = None
    _last_s: float = -math.inf
    _look_s: float = -math.inf
    _motion_s: float = -math.inf

    def update(self, luma: Grey, t_s: float) -> bool:
        """Whether to look at this frame; `luma` `[h, w]`."""
        cells = cell_means(luma)
        if self._background is None or self._background.shape != cells.shape or t_s < self._last_s:
            self._restart(cells, t_s)
            return True
        if self._moved(cells, t_s):
            self._motion_s = t_s
        self._last_s = t_s
        # A thousandth of slack: frame times are sums of floats, and 0.9999 s is a second.
        look = t_s - self._motion_s <= self.hold_s or t_s - self._look_s >= self.full_look_s - 1e-3
        if look:
            self._look_s = t_s
        return look

    def _restart(self, cells: Cells, t_s: float) -> None:
        """Begin anew at the first frame, at another picture size, or when time went back (a film that loops)."""
        self._background = cells
        self._noise = np.full_like(cells, LEAST_STEP_LEVELS / NOISE_FACTOR)
        self._last_s = self._look_s = self._motion_s = t_s

    def _moved(self, cells: Cells, t_s: float) -> bool:
        """Compare with the background, then take the frame into it."""
        assert self._background is not None and self._noise is not None  # set by `_restart`
        change = cells - self._background * _gain(cells, self._background)
        size = np.abs(change)
        moving = size > np.maximum(LEAST_STEP_LEVELS, NOISE_FACTOR * self._noise)
        share = np.float32(-math.expm1(-(t_s - self._last_s) / self.settle_s))
        self._background = self._background + share * (cells - self._background)
        # What moves is no noise: only still cells teach how much a cell flickers.
        self._noise = np.where(moving, self._noise, self._noise + share * (size - self._noise)).astype(np.float32)
        return int(moving.sum()) >= LEAST_CELLS


def cell_means(luma: Grey) -> Cells:
    """Mean of every whole 8 x 8 cell, `[h // 8, w // 8]`; at least one cell of what there is."""
    height_px, width_px = luma.shape
    rows, columns = max(1, height_px // CELL_PX), max(1, width_px // CELL_PX)
    tall_px, wide_px = min(CELL_PX, height_px), min(CELL_PX, width_px)
    used = luma[: rows * tall_px, : columns * wide_px].reshape(rows, tall_px, columns, wide_px)
    means: Cells = used.sum(axis=3, dtype=np.uint16).sum(axis=1, dtype=np.uint32) / np.float32(tall_px * wide_px)
    return means.astype(np.float32)


def _gain(cells: Cells, background: Cells) -> float:
    """By how much the camera turned its gain: the median ratio, which a moving thing in a few cells cannot shift."""
    lit = (background > DARK_LEVELS) & (background < 240)
    if int(lit.sum()) < cells.size // 20:
        return 1.0
    return float(np.median(cells[lit] / background[lit]))
