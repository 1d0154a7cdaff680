"""Where the second look goes: which window of the main picture is worth it in this frame.

It is a matter of turns: every place has a weight (somebody followed there, a hint, motion, a far row), and the window
goes where weight times the square of the time since it was last looked at is greatest (the square, so that two
together do not get all turns before one alone). So a small person is looked at again and
again, two who are far apart in turn, and neither snow nor a flag nor somebody who stands still keeps the window from
the rest of the lot.
"""

import math

import numpy as np
from numpy.typing import NDArray

from firmware.core.ground import Ground
from firmware.core.motion import Background, cell_means
from firmware.core.second_look import Scale, Window
from firmware.messages import SEEN_SCORE, Box, Detection, Grey, ObjectKind, Track

FOLLOWED, HINT, MOTION, PATROL = 30.0, 10.0, 10.0, 0.03
"""Weights: each small person followed or just found, each weak detection of one, all motion together, and as many far
rows as one window holds. A window of far rows waits 30 times as long for its turn as somebody who is followed."""

FOUND_S = 2.5
"""A find is worth returning to for so long; a still lot is looked at once a second."""

HINT_SCORE = 0.25
"""From here on a closer look at a small person in it was a find."""

WAIT_MOST_S = 30.0
STAY = 1.1
"""The window moves only for what is worth so much more."""

UPPER = 0.6
"""Without a calibration, so much of the picture's height is patrolled."""

GRID = (18, 32)
"""Rows and columns of the map of weights."""

MOTION_CELL_PX = 4
"""Of the detector's luma: a person 25 px high in 1280 x 720 covers two or three."""

MOTION_SETTLE_S, HABIT_S, HABIT = 4.0, 10.0, 0.25
"""A cell that has moved for a quarter of the last 10 s (snow, a flag, a tree) is no news; somebody who walks is gone
from it within a second."""

LEAST_MOVING, MUCH_MOVING = 4.0, 40.0
"""Fewer moving cells than the first weigh less, so that one fly does not weigh what a person does; more than the second
weigh less, too: snow, or a sweep of headlights, tells nothing of where people are."""

Floats = NDArray[np.float64]


class Attention:
    """Chooses windows. Call `choose` for every frame that is looked at, then `found` with what the window showed."""

    def __init__(self, scale: Scale, ground: Ground) -> None:
        self.scale = scale
        self._windows = _windows(scale)
        self._reach = np.stack([_reach(window, scale) for window in self._windows])
        self._far, far_rows = _far(scale, ground)
        self._patrol = far_rows * (PATROL / max(float((self._reach @ far_rows).max()), 1.0))
        self._covered_s: Floats | None = None
        self._found_s = np.full(GRID[0] * GRID[1], -math.inf)
        self._motion = _Motion()
        self._last = -1

    def choose(self, luma: Grey, t_s: float, tracks: tuple[Track, ...], first: tuple[Detection, ...]) -> Window | None:
        """The window to look at in this frame; None where nothing is worth it.

        `luma` [h, w] shows the whole picture; `tracks` are those before this frame, `first` the first look's
        detections.
        """
        if self._covered_s is None or t_s < float(self._covered_s.max()):  # a film that loops begins anew
            self._covered_s = np.full(GRID[0] * GRID[1], t_s - 1.0)
            self._found_s[:] = -math.inf
        wait_s = np.minimum(t_s - self._covered_s, WAIT_MOST_S)
        moving = self._motion_weights(luma, t_s, first)
        worth = self._reach @ ((self._patrol + moving + self._subjects(t_s, tracks, first)) * wait_s**2)
        if self._last >= 0:
            worth[self._last] *= STAY
        best = int(worth.argmax())
        if worth[best] <= 0:
            return None
        self._last = best
        self._covered_s[self._reach[best] >= 0.5] = t_s
        return self._windows[best]

    def found(self, detections: tuple[Detection, ...], t_s: float) -> None:
        """What both looks gave together."""
        finds = [d.box for d in detections if self._person(d.kind, d.box) and d.score >= HINT_SCORE]
        cells = np.divmod(np.array([self._cell(box) for box in finds], np.intp), GRID[1])
        found_s = self._found_s.reshape(GRID)
        for row, column in zip(*cells, strict=True):  # whoever was found next to this is who is found here now
            found_s[max(row - 1, 0) : row + 2, max(column - 1, 0) : column + 2] = -math.inf
        found_s[cells] = t_s

    def _subjects(self, t_s: float, tracks: tuple[Track, ...], first: tuple[Detection, ...]) -> Floats:
        """Weights of small people, [cells]."""
        weights = np.where(t_s - self._found_s <= FOUND_S, FOLLOWED, 0.0)
        for track in tracks:
            if self._person(track.kind, track.box):
                weights[self._cell(track.box)] = FOLLOWED
        for hint in first:
            if self._person(hint.kind, hint.box):
                cell = self._cell(hint.box)
                weights[cell] = max(weights[cell], HINT)
        result: Floats = weights * self._far
        return result

    def _motion_weights(self, luma: Grey, t_s: float, first: tuple[Detection, ...]) -> Floats:
        """Weights of motion that the first look does not explain, [cells]."""
        news = self._motion.news(luma, t_s)
        height_px, width_px = luma.shape
        x_scale, y_scale = self.scale.main.width_px / width_px, self.scale.main.height_px / height_px
        for thing in first:
            if thing.score >= SEEN_SCORE and thing.box.h_px > self.scale.small_px:
                _rub_out(news, thing.box, MOTION_CELL_PX * x_scale, MOTION_CELL_PX * y_scale)
        rows, columns = np.nonzero(news)
        cells = _cells((columns + 0.5) * (MOTION_CELL_PX / width_px), (rows + 0.5) * (MOTION_CELL_PX / height_px))
        weights: Floats = self._far * np.bincount(cells, news[rows, columns], GRID[0] * GRID[1])
        moving = float(weights.sum())
        return weights * (MOTION / max(moving, LEAST_MOVING) * min(1.0, MUCH_MOVING / max(moving, 1.0)))

    def _person(self, kind: ObjectKind, box: Box) -> bool:
        return kind is ObjectKind.PERSON and box.h_px <= self.scale.small_px

    def _cell(self, box: Box) -> int:
        x_px, y_px = box.centre
        main = self.scale.main
        return int(_cells(np.array([x_px / main.width_px]), np.array([y_px / main.height_px]))[0])


class _Motion:
    """Cells of the luma that move and do not always."""

    def __init__(self) -> None:
        self._background = Background(MOTION_SETTLE_S)
        self._habit: NDArray[np.float32] | None = None
        self._looks = 0
        self._last_s = 0.0

    def news(self, luma: Grey, t_s: float) -> Floats:
        """How much each cell [h // 4, w // 4] says: 0 where nothing moves, or only as a habit; at most 1."""
        cells = cell_means(luma, MOTION_CELL_PX)
        if self._habit is None or self._habit.shape != cells.shape or t_s < self._last_s:
            self._habit, self._looks, self._last_s = np.zeros_like(cells), 0, t_s
            self._background.restart(cells)
            return np.zeros(cells.shape)
        moving = self._background.moving(cells, t_s - self._last_s)
        self._looks += 1
        share = max(-math.expm1((self._last_s - t_s) / HABIT_S), 1 / (self._looks + 1))
        self._habit += np.float32(share) * (moving - self._habit)
        self._last_s = t_s
        result: Floats = moving * np.maximum(1 - self._habit / HABIT, 0.0)
        return result


def _windows(scale: Scale) -> list[Window]:
    """Places for the window, an eighth of it apart at most, the picture's edges among them."""
    across = _steps(scale.main.width_px, scale.window.width_px)
    down = _steps(scale.main.height_px, scale.window.height_px)
    return [Window(x, y, scale.window.width_px, scale.window.height_px) for y in down for x in across]


def _steps(length_px: int, window_px: int) -> list[int]:
    room_px = length_px - window_px
    return [round(at) for at in np.linspace(0, room_px, 1 + math.ceil(8 * room_px / window_px))]


def _reach(window: Window, scale: Scale) -> Floats:
    """How well a window shows what is at each cell, [cells]: 1 inside, 0 outside and where its edge would cut it."""
    main, (rows, columns) = scale.main, GRID
    x_px = (np.arange(columns) + 0.5) * main.width_px / columns
    y_px = (np.arange(rows) + 0.5) * main.height_px / rows
    across = _depth(x_px, window.x_px, window.w_px, main.width_px)
    down = _depth(y_px, window.y_px, window.h_px, main.height_px)
    depth_px = np.minimum(across[None, :], down[:, None])
    result: Floats = np.clip((depth_px - scale.small_px / 4) / (scale.small_px / 2), 0, 1).ravel()
    return result


def _depth(at_px: Floats, begin_px: int, length_px: int, picture_px: int) -> Floats:
    """How far inside the window places are, along one side; the picture's own edge is no edge."""
    before = np.where(at_px > begin_px, np.inf, -np.inf) if begin_px == 0 else at_px - begin_px
    end_px = begin_px + length_px
    after = np.where(at_px < end_px, np.inf, -np.inf) if end_px == picture_px else end_px - at_px
    result: Floats = np.minimum(before, after)
    return result


def _far(scale: Scale, ground: Ground) -> tuple[Floats, Floats]:
    """1 for cells that may show somebody small, [cells], and 1 for those that are patrolled, [cells].

    Both are where people who stand on the calibrated ground are small, the first with what is just above: their upper
    parts. Uncalibrated, they may be anywhere, and the upper part of the picture is patrolled.
    """
    main, (rows, columns) = scale.main, GRID
    if not ground.calibrated:
        return np.ones(rows * columns), np.repeat((np.arange(rows) < UPPER * rows).astype(np.float64), columns)
    cells = np.zeros(GRID)
    for row, column in np.ndindex(rows, columns):
        x_px, y_px = (column + 0.5) * main.width_px / columns, (row + 0.5) * main.height_px / rows
        if ground.to_ground(x_px, y_px) is not None:
            cells[row, column] = scale.least_px <= ground.upright_px(x_px, y_px) <= scale.small_px
    above = np.zeros(GRID)
    for rise in range(math.ceil(scale.small_px * rows / main.height_px) + 1):
        above[: rows - rise] = np.maximum(above[: rows - rise], cells[rise:])
    return above.ravel(), cells.ravel()


def _cells(x: Floats, y: Floats) -> NDArray[np.intp]:
    """Numbers of the grid's cells at ratios of the picture's width and height, [n]."""
    rows, columns = GRID
    row = np.clip(y * rows, 0, rows - 1).astype(np.intp)
    result: NDArray[np.intp] = row * columns + np.clip(x * columns, 0, columns - 1).astype(np.intp)
    return result


def _rub_out(news: Floats, box: Box, cell_w_px: float, cell_h_px: float) -> None:
    """Nothing is news in a box and a cell around it."""
    top, bottom = int(box.y_px / cell_h_px) - 1, int((box.y_px + box.h_px) / cell_h_px) + 2
    left, right = int(box.x_px / cell_w_px) - 1, int((box.x_px + box.w_px) / cell_w_px) + 2
    news[max(top, 0) : max(bottom, 0), max(left, 0) : max(right, 0)] = 0.0
