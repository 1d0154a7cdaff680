"""Who finds what, and how far away: recall by distance, height, condition, activity, pose and how much is seen.

Rendered tables (`nattvakt simulate dataset`) say of every box how far it is, what it does and in which weather; real
ones do not, and are counted by height alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from models.classes import LABELS
from models.evaluate import FAIR_PRECISION, Reading, Study
from models.labels import About, Abouts

DISTANCES_M = (0.0, 5.0, 8.0, 12.0, 16.0, 20.0, 25.0, 30.0, 40.0, 60.0)
HEIGHTS_PX = (0, 10, 15, 20, 25, 30, 45, 60, 100, 10_000)  # in a picture of 512 px width
VISIBLE_RATIOS = (0.0, 0.35, 0.65, 0.9, 1.01)
CONTRASTS = (0.0, 1.0, 2.0, 4.0, 8.0, 1e9)
_TRAITS: Mapping[str, Callable[[About], str]] = {
    "condition": lambda about: about.condition,
    "activity": lambda about: about.activity,
    "pose": lambda about: about.pose,
}
Thresholds = Mapping[str, Mapping[str, float | None]]  # by detector and class; None: not to be reached


@dataclass(frozen=True, slots=True)
class Thing:
    """One labelled box of one class: what is known, and its height in px of a 512-wide picture."""

    about: About
    height_px: float


@dataclass(frozen=True, slots=True)
class Group:
    """One row of the table: recall of a group of things by detector."""

    label: str
    what: str
    objects: int
    recall: dict[str, float]


def fair_thresholds(study: Study, precision: float = FAIR_PRECISION) -> Thresholds:
    """The threshold of every detector and class at which its precision over all pictures is the same."""
    return {
        reading.name: {
            label: study.evidence(reading, kind).curve().threshold_at(precision)
            for kind, label in enumerate(LABELS)
            if label in reading.labels
        }
        for reading in study.readings
    }


def same_thresholds(study: Study, score: float) -> Thresholds:
    """One score for every detector and class."""
    return {reading.name: dict.fromkeys(reading.labels, score) for reading in study.readings}


def groups(study: Study, abouts: Abouts, at: Thresholds) -> list[Group]:
    """Recall by class and group, for every detector that knows the class; groups without a thing are left out."""
    result = []
    for kind, label in enumerate(LABELS):
        there = study.there(kind)
        spots = zip(there.object_picture, there.object_row, there.object_sizes.height_px, strict=True)
        things = [Thing(abouts[picture][row], float(height_px)) for picture, row, height_px in spots]
        found = {
            reading.name: _found(study, reading, kind, at) for reading in study.readings if label in reading.labels
        }
        for what, chosen in _selections(things):
            if chosen.any():
                recall = {name: round(float(mask[chosen].mean()), 4) for name, mask in found.items()}
                result.append(Group(label, what, int(chosen.sum()), recall))
    return result


def _found(study: Study, reading: Reading, kind: int, at: Thresholds) -> NDArray[np.bool_]:
    threshold = at[reading.name][LABELS[kind]]
    scores = study.evidence(reading, kind).object_scores()
    return np.asarray(scores >= (2.0 if threshold is None else threshold), np.bool_)


def _selections(things: Sequence[Thing]) -> Iterator[tuple[str, NDArray[np.bool_]]]:
    """Names of groups, and which of the things are in them."""

    def between(
        values: NDArray[np.float64], edges: Sequence[float]
    ) -> Iterator[tuple[float, float, NDArray[np.bool_]]]:
        for low, high in pairwise(edges):
            yield low, high, (values >= low) & (values < high)

    yield "all", np.ones(len(things), np.bool_)
    for low, high, chosen in between(np.array([thing.about.distance_m for thing in things]), DISTANCES_M):
        yield f"{low:.0f}-{high:.0f} m", chosen
    for low, high, chosen in between(np.array([thing.height_px for thing in things]), HEIGHTS_PX):
        yield (f"{low}-{high} px" if high < HEIGHTS_PX[-1] else f"over {low} px"), chosen
    for low, high, chosen in between(np.array([thing.about.visible_ratio for thing in things]), VISIBLE_RATIOS):
        yield f"{100 * low:.0f}-{100 * min(high, 1):.0f} % to be seen", chosen
    for low, high, chosen in between(np.array([thing.about.contrast for thing in things]), CONTRASTS):
        yield (f"contrast {low:.0f}-{high:.0f}" if high < CONTRASTS[-1] else f"contrast over {low:.0f}"), chosen
    for name, trait in _TRAITS.items():
        values = np.array([trait(thing.about) for thing in things], np.str_)
        for value in sorted(set(values.tolist()) - {""}):
            yield f"{name} {value}", values == value
