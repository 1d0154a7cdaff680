"""From which score a class counts as seen: the best F-score, but no more false finds than a guard can bear.

Pure: scores in, thresholds out. Only `val` and training data may go in, never `test`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.measure import Curve

FLOOR = 0.1  # below, scores are noise whatever the labels say
UNKNOWN = 0.5  # says nothing; for a class of which nothing right was found


@dataclass(frozen=True, slots=True)
class Rule:
    """How a class's threshold is chosen.

    `beta` below 1 prefers precision. `most_false_per_1000` bounds the false finds in 1,000 pictures that are known to
    show none of the class: those of the sources `bare_in` (None: of all) and all rendered ones.
    """

    beta: float
    most_false_per_1000: float
    bare_in: frozenset[str] | None = None


# A guard's time is dear. Street photographs have small far people without a box, so people are counted as false only
# where none can be: in a forest at night, and on rendered lots. In grey every lamp looks like a fire.
NIGHT_FOREST = frozenset({"farmnight"})
RULES: Mapping[str, Rule] = {
    "person": Rule(1.0, 10, NIGHT_FOREST),
    "vehicle": Rule(1.0, 10, NIGHT_FOREST),
    "two-wheeler": Rule(1.0, 10, NIGHT_FOREST),
    "fire": Rule(0.5, 2),
    "smoke": Rule(0.5, 10),
    # An animal alarms nobody; it only takes persons away, so it had better be one.
    "animal": Rule(0.5, 10, NIGHT_FOREST),
}


@dataclass(frozen=True, slots=True)
class Bare:
    """Finds in pictures that are known to show none of a class: all of them are false."""

    scores: NDArray[np.float32]
    pictures: int


@dataclass(frozen=True, slots=True)
class Choice:
    """A threshold, and why it is that one, in words."""

    threshold: float
    reason: str


def choose(judged: Curve, bare: Bare, rule: Rule) -> Choice:
    """The threshold with the best F-score of those that keep the rule's bound; of equally good ones the highest.

    It lies between two scores that occurred, not on one: int8 scores come in steps, and another processor may round
    one of them down.
    """
    allowed = int(rule.most_false_per_1000 * bare.pictures / 1000)
    at = _candidates(np.concatenate((judged.scores, bare.scores)))
    scores = _f_scores(judged, at, rule.beta)
    bears = _reaching(bare.scores, at) <= allowed
    free, bound = int(scores.argmax()), int(np.where(bears, scores, -1.0).argmax())
    said = f"F{rule.beta:g} on val"
    if scores[bound] <= 0:
        lowest = float(at[bears].min())
        return Choice(max(lowest, UNKNOWN), f"nothing right was found at any threshold that may be chosen by {said}")
    limit = f"{rule.most_false_per_1000:g} false finds in 1,000 pictures without any ({bare.pictures} looked at)"
    if bound == free:
        return Choice(float(at[free]), f"best {said}; at most {limit}")
    lost = f"this gives {scores[bound]:.3f}, the best {said} would be {scores[free]:.3f} at {at[free]:g}"
    return Choice(float(at[bound]), f"at most {limit}; {lost}")


def _candidates(scores: NDArray[np.float32]) -> NDArray[np.float64]:
    """Every threshold that can make a difference, `[n]` descending: the first is above all scores."""
    steps = [1.0, *np.unique(scores[scores >= FLOOR])[::-1].tolist(), FLOOR]
    middles = [_between(low, high) for high, low in zip(steps[:-1], steps[1:], strict=True) if low < high]
    return np.array([*middles, FLOOR])


def _between(low: float, high: float) -> float:
    """A short number in the middle of two scores: above `low`, at most `high`."""
    for decimals in range(2, 7):
        short = round((low + high) / 2, decimals)
        if low < short <= high:
            return short
    return high


def _f_scores(judged: Curve, at: NDArray[np.float64], beta: float) -> NDArray[np.float64]:
    found = _reaching(judged.scores, at)
    right = np.concatenate(([0], np.cumsum(judged.right)))[found]
    # (1 + b^2) P R / (b^2 P + R), with P = right / found and R = right / objects.
    result: NDArray[np.float64] = (1 + beta**2) * right / np.maximum(beta**2 * judged.objects + found, 1)
    return result


def _reaching(scores: NDArray[np.float32], at: NDArray[np.float64]) -> NDArray[np.int64]:
    """How many scores reach each threshold."""
    rising = np.sort(scores.astype(np.float64))
    return np.asarray(len(rising) - np.searchsorted(rising, at, side="left"), np.int64)
