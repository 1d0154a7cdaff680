"""Since when a vehicle has stood where it stands."""

from firmware.core.boxes import overlap
from firmware.messages import Box

PARKED_S = 5.0
"""Longer than a stop to give way on a lot, shorter than it takes anybody to come near and do harm."""

SAME_PLACE_RATIO = 0.6
"""Overlap with where it stood below which a vehicle has moved: a shift by a quarter of its width. A box that jitters by
five hundredths of its size on every side still overlaps by 0.8."""


SURE_S = 0.6
"""Moved is what has been elsewhere for so long, at three sightings or more: a false box beside a dazzled car is not."""


class Standstill:
    """Compares a box with where it was when it last moved."""

    __slots__ = ("_anchor", "_away", "_away_s", "_since_s")

    def __init__(self, box: Box, t_s: float) -> None:
        self._anchor = box
        self._since_s = t_s
        self._away = 0
        self._away_s = t_s

    @property
    def since_s(self) -> float:
        """When it came to stand here (or was first seen here)."""
        return self._since_s

    def see(self, box: Box, t_s: float) -> bool:
        """Take in where it is now; True where it has moved."""
        if overlap(box, self._anchor) >= SAME_PLACE_RATIO:
            self._away = 0
            return False
        if self._away == 0:
            self._away_s = t_s
        self._away += 1
        if self.parked(self._away_s) and (self._away < 3 or t_s - self._away_s < SURE_S):
            return False
        self._anchor, self._since_s, self._away = box, t_s, 0
        return True

    def parked(self, t_s: float) -> bool:
        """Whether it has stood here long enough to be called parked."""
        return t_s - self._since_s >= PARKED_S
