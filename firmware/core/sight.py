"""What one look shows the tracker: detections that are good enough, and where each of them stands."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from firmware.core.boxes import around, feet_in, overlap
from firmware.core.ground import Ground
from firmware.core.trail import HOT, Trail
from firmware.messages import Detection, ObjectKind

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class TrackerSettings:
    """Seconds and scores, on the decoder's scale: 0.5 is the threshold at which a class is told from its background."""

    low_score: float = 0.1
    """Below: noise."""
    high_score: float = 0.4
    """From here a detection may start a track and is paired first."""
    hot_score: float = 0.5
    """The same for fire and smoke: a lot is full of lamps, and none of them may add to a flame's outline."""
    confirm_s: float = 0.6
    """A false person lasts one or two looks; at three looks a second that is 0.33 s."""
    confirm_score: float = 0.4
    """Median score of a track that is believed."""
    missed_ratio: float = 0.6
    """Share of its time for which a track may have been missed and still be believed."""
    doubt_s: float = 0.7
    """An unconfirmed track is dropped when missed for longer (two looks in a row at three a second)."""
    forget_s: float = 3.0
    """Occlusions and sweeps of headlights last about 2 s."""
    hidden_s: float = 8.0
    """Somebody whose feet were hidden by a vehicle when last seen may be behind it, bending down."""
    parked_s: float = 60.0
    """A parked vehicle does not vanish: fog, glare or a van in front of it do."""

    faint_s: float = 8.0
    """Seen for so long by weak detections alone, a thing that is not parked is no longer believed."""

    def wanted(self, kind: ObjectKind) -> float:
        """The score that starts a track."""
        return self.hot_score if kind in HOT else self.high_score


class Sight:
    """The detections of one look that stand on the ground: where, how surely, and whether their feet are hidden."""

    def __init__(self, detections: list[Detection], ground: Ground, parked: list[Trail]) -> None:
        covers = [trail.box for trail in parked]
        hidden = [d.kind is ObjectKind.PERSON and any(feet_in(d.box, c) for c in covers) for d in detections]
        feet = np.array([_foot(d, h, ground) for d, h in zip(detections, hidden, strict=True)]).reshape(-1, 2)
        places, ok = ground.points(feet)
        # Fire and smoke may rise above the horizon; what walks or drives does not.
        keep = [j for j, d in enumerate(detections) if ok[j] or d.kind in HOT]
        self.detections = [detections[j] for j in keep]
        self.hidden = [hidden[j] for j in keep]
        self.places = places[keep]
        lean = ground.jacobians(feet[keep], self.places)
        # A twentieth of the height, as in SORT and its heirs; at least about half a pixel of the detector's picture.
        sigma_px = np.array([max(1.5, 0.05 * d.box.h_px) * (3 if h else 1) for d, h in self._seen()])
        self.noise = lean @ lean.transpose(0, 2, 1) * (sigma_px**2)[:, None, None]

    def _seen(self) -> list[tuple[Detection, bool]]:
        return list(zip(self.detections, self.hidden, strict=True))


def _foot(detection: Detection, hidden: bool, ground: Ground) -> tuple[float, float]:
    x_px, y_px = detection.box.foot
    if hidden and ground.calibrated:
        y_px = max(y_px, ground.foot_from_head(detection.box))
    return x_px, y_px


def without_twins(detections: tuple[Detection, ...], settings: TrackerSettings) -> list[Detection]:
    """What is followed: good enough detections of anything but animals, the tongues of one flame (boxes of one hot
    kind that overlap) made one."""
    least = {kind: settings.hot_score if kind in HOT else settings.low_score for kind in ObjectKind}
    kept: list[Detection] = []
    good = (d for d in detections if d.kind is not ObjectKind.ANIMAL and d.score >= least[d.kind])
    for new in sorted(good, key=lambda d: -d.score):
        twins = (i for i, d in enumerate(kept) if d.kind is new.kind in HOT and overlap(d.box, new.box) > 0)
        twin = next(twins, None)
        if twin is None:
            kept.append(new)
        else:
            kept[twin] = Detection(new.kind, kept[twin].score, around(kept[twin].box, new.box))
    return kept
