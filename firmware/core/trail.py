"""What the tracker remembers of one thing."""

from collections import deque
from math import exp
from statistics import median

from firmware.core.boxes import between
from firmware.core.standstill import Standstill
from firmware.messages import Detection, ObjectKind

WHEELED = frozenset({ObjectKind.VEHICLE, ObjectKind.TWO_WHEELER})
HOT = frozenset({ObjectKind.FIRE, ObjectKind.SMOKE})

NOMINAL_M = {
    ObjectKind.PERSON: 1.7,
    ObjectKind.VEHICLE: 2.2,
    ObjectKind.TWO_WHEELER: 1.5,
    ObjectKind.FIRE: 1.5,
    ObjectKind.SMOKE: 3.0,
}
"""Metres that a box is high in the picture, seen from a pole: a car 1.5 m high, plus its depth foreshortened."""

ACCEL_M_S2 = {
    ObjectKind.PERSON: 1.0,
    ObjectKind.VEHICLE: 2.0,
    ObjectKind.TWO_WHEELER: 1.5,
    ObjectKind.FIRE: 0.3,
    ObjectKind.SMOKE: 0.5,
}
"""People start and stop within about a second of walking pace (1.3 m/s); cars on a lot pull away with 1 to 2 m/s2."""

STILL_ACCEL_M_S2 = 0.02
"""What stands parked does not wander; its place is the mean of minutes of jitter."""

SCORES = 15
"""Latest scores of which the median counts: some seconds, so that a sweep of headlights cannot turn it."""

FADE_S = 20.0
"""Time constant in which votes for a kind fade."""

SMOOTH_S = 1.0
"""Time constant with which the box of a parked vehicle follows its detections."""


TALL_S = 0.5
"""Time constant with which its height follows its boxes."""


class Trail:
    """One thing's past: boxes, scores, votes and when it was missed. Its place is kept by the tracker, row by row."""

    def __init__(self, first: Detection, t_s: float, hidden: bool) -> None:
        self.id = 0
        """0 until confirmed."""
        self.box = self.latest = first.box
        self.tall_px = first.box.h_px
        """From its head to its feet, also where the feet are hidden; smoothed."""
        self.first_s = self.seen_s = t_s
        self.good_s = t_s
        """When it was last seen well (with a score that would start a track)."""
        self.missing_s = 0.0
        self.missed_s = 0.0
        """All the time for which it was missed since it was first seen."""
        self.sightings = 1
        self.hidden = hidden
        self.standstill = Standstill(first.box, t_s)
        self._scores = deque([first.score], maxlen=SCORES)
        self._votes = {first.kind: first.score}
        self.score = first.score
        self.kind = first.kind

    @property
    def px_per_m(self) -> float:
        """The local scale, from its size in the picture."""
        return max(self.tall_px, 4.0) / NOMINAL_M[self.kind]

    def parked(self, t_s: float) -> bool:
        """A vehicle or a two-wheeler that stands."""
        return self.kind in WHEELED and self.standstill.parked(t_s)

    def accel_m_s2(self, t_s: float) -> float:
        """How much its velocity may change."""
        return STILL_ACCEL_M_S2 if self.parked(t_s) else ACCEL_M_S2[self.kind]

    def see(self, detection: Detection, t_s: float, hidden: bool) -> bool:
        """It was seen. True where it had been parked and has moved: its place of before tells nothing any more."""
        gap_s = t_s - self.seen_s
        # Hidden feet tell nothing of its height, except that it is at least what is seen.
        tall_px = max(self.tall_px, detection.box.h_px) if hidden else detection.box.h_px
        self.tall_px += (1 - exp(-gap_s / TALL_S)) * (tall_px - self.tall_px)
        was_parked = self.parked(t_s)
        moved = self.standstill.see(detection.box, t_s)
        self.latest = detection.box
        # A parked vehicle's box is the mean of many.
        self.box = between(self.box, self.latest, 1 - exp(-gap_s / SMOOTH_S)) if self.parked(t_s) else self.latest
        self.hidden = hidden
        self.seen_s = t_s
        self.missing_s = 0.0
        self.sightings += 1
        self._scores.append(detection.score)
        self.score = median(self._scores)
        fade = exp(-gap_s / FADE_S)
        votes = {kind: weight * fade for kind, weight in self._votes.items()}
        votes[detection.kind] = votes.get(detection.kind, 0.0) + detection.score
        self._votes = votes
        self.kind = max(votes, key=lambda kind: (votes[kind], kind))
        return was_parked and moved

    def miss(self, dt_s: float) -> None:
        """A look went by without it."""
        self.missing_s += dt_s
        self.missed_s += dt_s
