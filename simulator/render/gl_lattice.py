"""How the samples of one exposure are shared out between its moments: a pixel has four, at the middles of its quarters.

One moment takes all four, two moments take two each, three or four take one each; so a smeared picture costs no more
samples than a sharp one. Each moment's samples are a picture of their own in one framebuffer.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from simulator.moment import Moment
from simulator.render.gl_context import Uniform

MOST = 4
_QUARTERS = ((0, 0), (1, 0), (0, 1), (1, 1))


@dataclass(frozen=True, slots=True)
class Lattice:
    """`moments` pictures of `width` x `height` pixels of `size` (the picture's), each in its `corners` [x, y]."""

    moments: int
    size: tuple[int, int]

    @property
    def grow(self) -> tuple[int, int]:
        """Pixels of a moment's picture to a pixel."""
        return ((2, 2), (2, 1), (1, 1), (1, 1))[self.moments - 1]

    @property
    def corners(self) -> list[tuple[int, int]]:
        """Of the moments' pictures in the framebuffer (twice as wide and high as the picture)."""
        width, height = self.size
        if self.moments <= 2:
            return [(0, height * number) for number in range(self.moments)]
        return [(width * x, height * y) for x, y in _QUARTERS[: self.moments]]

    @property
    def first(self) -> list[tuple[int, int]]:
        """The first sample of each moment in a pixel: its quarter."""
        return [(0, 0)] if self.moments == 1 else [(0, 0), (0, 1)] if self.moments == 2 else list(_QUARTERS)

    @property
    def samples(self) -> list[tuple[int, int]]:
        """Where a pixel's samples are in the framebuffer, beside `grow` times its place."""
        if self.moments == 1:
            return list(_QUARTERS)
        if self.moments == 2:
            return [(x, y) for _, y in self.corners for x in (0, 1)]
        return self.corners

    def shift(self, number: int) -> tuple[float, float, float, float]:
        """The uniform `lattice` of a moment: pixels of a picture twice as wide and high to its own, and their shift."""
        step = [2 / part for part in self.grow]
        moved = [0.5 - (part + 0.5) / wide for part, wide in zip(self.first[number], step, strict=True)]
        return 1 / step[0], 1 / step[1], moved[0], moved[1]

    def viewport(self, number: int) -> tuple[int, int, int, int]:
        """Of a moment's picture."""
        return (*self.corners[number], self.size[0] * self.grow[0], self.size[1] * self.grow[1])

    @property
    def restoring(self) -> dict[str, Uniform]:
        """Of `restore.vert` and `restore.frag`."""
        wide, high = self.grow
        return {
            "grow": (float(wide), float(high)),
            "wide": wide // high,
            "corners": _four(self.corners),
            "first_sample": _four(self.first),
            "lattice_step": (2 // wide, 2 // high),
        }

    @property
    def mixing(self) -> dict[str, Uniform]:
        """Of `mix.frag`."""
        count = len(self.samples)
        return {
            "grow": self.grow,
            "samples": _four(self.samples),
            "count": count,
            "last": count - count // self.moments,
        }


def chosen(moments: Sequence[Moment]) -> list[Moment]:
    """At most four of them, evenly spread, the last one always."""
    places = np.linspace(0, len(moments) - 1, min(len(moments), MOST)).round().astype(int)
    return [moments[place] for place in places[-MOST:]] if len(moments) > 1 else list(moments)


def _four(places: Sequence[tuple[int, int]]) -> Uniform:
    table = np.zeros((4, 2), np.int32)
    table[: len(places)] = places
    return table
