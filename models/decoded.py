"""The pictures to draw from, decoded once: uint8 pixels at full, half, quarter and eighth size.

Scaling a picture down then costs what the small result costs, not what the large picture does. All of it stays in
memory (about 2.5 GB for the packed sets and 0.6 MB for a rendered picture); worker processes share it by fork.
"""

# OpenCV is typed as Any where it is not installed.
# mypy: warn-return-any=False
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2  # type: ignore[import-not-found,unused-ignore]
import numpy as np
from numpy.typing import NDArray

from firmware.errors import ModelError
from models.classes import FIRE
from models.data import Picture

RENDERED = frozenset({"simulator"})  # sources whose pictures are whole views of the camera, in its own grey
FIRES = frozenset({"contfire", "smokefire34"})  # whose boxes are close enough that flames can be cut out
LONGEST_PX = 640  # a real picture is kept no longer than this
LEVELS = 4
LEAST_PX, TRIES = 9, 4
Pixels = NDArray[np.uint8]  # [h, w, 3] BGR, or [h, w] grey


@dataclass(frozen=True, slots=True)
class Decoded:
    """A picture's pixels: `levels[k]` is 2**k times smaller than `levels[0]`, which is `scale` times the picture."""

    levels: tuple[Pixels, ...]
    scale: float


def is_rendered(picture: Picture) -> bool:
    """Whether the picture came from the simulator's camera."""
    return picture.source in RENDERED


def decode(picture: Picture) -> Decoded:
    """Decode one picture; raises `ModelError` naming it when it is damaged."""
    how = cv2.IMREAD_GRAYSCALE if is_rendered(picture) else cv2.IMREAD_COLOR
    pixels = cv2.imdecode(np.frombuffer(picture.data, np.uint8), how)
    if pixels is None:
        raise ModelError(f"{picture.source}: {picture.name} is no picture that can be decoded; write it again")
    scale = 1.0
    longest = max(pixels.shape[:2])
    if longest > LONGEST_PX and not is_rendered(picture):
        scale = LONGEST_PX / longest
        pixels = cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    levels = [np.asarray(pixels, np.uint8)]
    while len(levels) < LEVELS and min(levels[-1].shape[:2]) >= 16:
        height, width = levels[-1].shape[:2]
        levels.append(
            np.asarray(cv2.resize(levels[-1], (width // 2, height // 2), interpolation=cv2.INTER_AREA), np.uint8)
        )
    return Decoded(tuple(levels), scale)


class Stock:
    """Pictures with the probability of each; those of the simulator and the real ones can be drawn apart."""

    def __init__(self, pictures: Sequence[Picture], shares: NDArray[np.float64]) -> None:
        self.pictures = list(pictures)
        self._decoded: list[Decoded | None] = [None] * len(self.pictures)
        rendered = np.array([is_rendered(picture) for picture in self.pictures], np.bool_)
        self._heights = [_middle_height(picture) for picture in self.pictures]
        self._ladder = np.cumsum(shares)
        self.fires = [n for n, p in enumerate(self.pictures) if p.source in FIRES and (p.classes == FIRE).any()]
        self._real = np.flatnonzero(~rendered)
        self._real_ladder = np.cumsum(np.asarray(shares)[self._real])

    def draw(self, rng: np.random.Generator) -> int:
        """The number of a picture, of any kind."""
        return _step(self._ladder, rng)

    def draw_like(self, number: int, height_px: int, rng: np.random.Generator) -> int:
        """The number of a picture to lie beside picture `number`: a real one beside a real one.

        Shown `height_px` high, half of its objects shall be `LEAST_PX` high; after a few tries any will do.
        """
        for _ in range(TRIES):
            beside = (
                self.draw(rng) if is_rendered(self.pictures[number]) else int(self._real[_step(self._real_ladder, rng)])
            )
            if self._heights[beside] * height_px >= LEAST_PX:
                break
        return beside

    def decoded(self, number: int) -> Decoded:
        """Pixels of a picture, decoded at the first call."""
        pixels = self._decoded[number]
        if pixels is None:
            pixels = self._decoded[number] = decode(self.pictures[number])
        return pixels

    def fill(self) -> int:
        """Decode all pictures now, before processes are forked; returns the bytes that they take."""
        return sum(level.nbytes for number in range(len(self.pictures)) for level in self.decoded(number).levels)


def _middle_height(picture: Picture) -> float:
    """Median height of its boxes, as a share of the picture's; infinite when it has none."""
    if not len(picture.boxes):
        return float("inf")
    return float(np.median(picture.boxes[:, 3] - picture.boxes[:, 1])) / picture.size_px[1]


def _step(ladder: NDArray[np.float64], rng: np.random.Generator) -> int:
    return min(int(np.searchsorted(ladder, rng.random() * ladder[-1], side="right")), len(ladder) - 1)
