"""Motion gate: is this frame worth the detector's time?

A still lot should cost little, so the detector rests while nothing changes. What changes is judged on the means of
8 x 8 pixel cells against a running background. The camera's own gain moves all cells together and is divided out
first. The gate never starves slow things (fire starts small): at least one frame in `full_look_s` passes.
"""

import math
from dataclasses import dataclass, field

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
class Background:
    """What every cell looks like while nothing moves, and how much it flickers by itself.

    `settle_s`: how fast it takes in what has come to stand.
    """

    settle_s: float = 4.0
    _cells: Cells | None = None
    _noise: Cells | None = None

    def fits(self, cells: Cells) -> bool:
        """Whether there is a background to compare with."""
        return self._cells is not None and self._cells.shape == cells.shape

    def restart(self, cells: Cells) -> None:
        """Begin anew."""
        self._cells = cells
        self._noise = np.full_like(cells, LEAST_STEP_LEVELS / NOISE_FACTOR)

    def moving(self, cells: Cells, passed_s: float) -> NDArray[np.bool_]:
        """Which cells have changed, `[rows, columns]`; then the frame is taken into the background."""
        assert self._cells is not None and self._noise is not None  # set by `restart`
        change = cells - self._cells * _gain(cells, self._cells)
        size = np.abs(change)
        moving: NDArray[np.bool_] = size > np.maximum(LEAST_STEP_LEVELS, NOISE_FACTOR * self._noise)
        share = np.float32(-math.expm1(-passed_s / self.settle_s))
        self._cells = self._cells + share * (cells - self._cells)
        # What moves is no noise: only still cells teach how much a cell flickers.
        self._noise = np.where(moving, self._noise, self._noise + share * (size - self._noise)).astype(np.float32)
        return moving


@dataclass(slots=True)
class MotionGate:
    """Call `update` with every frame, in order. Times are seconds of the frames' own clock.

    `hold_s`: looks go on this long after the last motion, so that a track is not lost between two steps.
    """

    full_look_s: float = 1.0
    hold_s: float = 0.5
    _background: Background = field(default_factory=Background)
    _last_s: float = -math.inf
    _look_s: float = -math.inf
    _motion_s: float = -math.inf

    def update(self, luma: Grey, t_s: float) -> bool:
        """Whether to look at this frame; `luma` `[h, w]`."""
        cells = cell_means(luma)
        if not self._background.fits(cells) or t_s < self._last_s:
            # The first frame, another picture size, or time went back (a film that loops).
            self._background.restart(cells)
            self._last_s = self._look_s = self._motion_s = t_s
            return True
        if int(self._background.moving(cells, t_s - self._last_s).sum()) >= LEAST_CELLS:
            self._motion_s = t_s
        self._last_s = t_s
        # A thousandth of slack: frame times are sums of floats, and 0.9999 s is a second.
        look = t_s - self._motion_s <= self.hold_s or t_s - self._look_s >= self.full_look_s - 1e-3
        if look:
            self._look_s = t_s
        return look


def cell_means(luma: Grey, cell_px: int = CELL_PX) -> Cells:
    """Mean of every whole cell, `[h // cell_px, w // cell_px]`; at least one cell of what there is."""
    height_px, width_px = luma.shape
    rows, columns = max(1, height_px // cell_px), max(1, width_px // cell_px)
    tall_px, wide_px = min(cell_px, height_px), min(cell_px, width_px)
    used = luma[: rows * tall_px, : columns * wide_px].reshape(rows, tall_px, columns, wide_px)
    means: Cells = used.sum(axis=3, dtype=np.uint16).sum(axis=1, dtype=np.uint32) / np.float32(tall_px * wide_px)
    return means.astype(np.float32)


def _gain(cells: Cells, background: Cells) -> float:
    """By how much the camera turned its gain: the median ratio, which a moving thing in a few cells cannot shift."""
    lit = (background > DARK_LEVELS) & (background < 240)
    if int(lit.sum()) < cells.size // 20:
        return 1.0
    return float(np.median(cells[lit] / background[lit]))
