"""Thresholds by F-score, held up by false finds where nothing is."""

import numpy as np
import pytest

from models.classes import LABELS
from models.measure import Curve
from models.thresholds import RULES, Bare, Rule, choose

NONE = Bare(np.zeros(0, np.float32), 1000)


def curve(found: list[tuple[float, bool]], objects: int) -> Curve:
    found = sorted(found, key=lambda one: -one[0])
    scores = np.array([score for score, _ in found], np.float32)
    return Curve(scores, np.array([right for _, right in found], np.bool_), objects, 100)


def bare(scores: list[float], pictures: int) -> Bare:
    return Bare(np.array(scores, np.float32), pictures)


def test_every_class_has_a_rule_and_fire_may_be_false_twice_in_a_thousand() -> None:
    assert set(RULES) == set(LABELS)
    assert RULES["fire"].most_false_per_1000 == 2


def test_without_false_finds_in_bare_pictures_the_best_f_score_decides() -> None:
    # At 0.6 all three objects are found with one mistake; below come only mistakes.
    found = [(0.9, True), (0.8, True), (0.7, False), (0.6, True), (0.3, False), (0.2, False), (0.15, False)]
    chosen = choose(curve(found, 3), NONE, Rule(1.0, 10))
    assert 0.3 < chosen.threshold < 0.6
    assert "best F1 on val" in chosen.reason


def test_precision_weighs_more_with_a_small_beta() -> None:
    found = [(0.9, True), (0.8, True), (0.7, False), (0.65, False), (0.6, True), (0.5, True)]
    assert choose(curve(found, 4), NONE, Rule(1.0, 10)).threshold < 0.5
    assert choose(curve(found, 4), NONE, Rule(0.25, 10)).threshold > 0.7


@pytest.mark.parametrize(("most", "low", "high"), [(0, 0.85, 0.9), (10, 0.75, 0.8), (20, 0.3, 0.6), (1000, 0.3, 0.6)])
def test_false_finds_in_bare_pictures_hold_it_up(most: float, low: float, high: float) -> None:
    """100 bare pictures: ten in a thousand are one false find, twenty are two."""
    found = [(0.9, True), (0.8, True), (0.6, True), (0.3, False), (0.29, False), (0.28, False)]
    chosen = choose(curve(found, 3), bare([0.85, 0.75, 0.2], 100), Rule(1.0, most))
    assert low < chosen.threshold <= high
    assert ("would be" in chosen.reason) is (most < 20)
    assert "(100 looked at)" in chosen.reason


def test_too_few_bare_pictures_allow_no_false_find() -> None:
    """99 pictures with one false find are more than ten in a thousand."""
    found = [(0.9, True), (0.6, True), (0.2, False)]
    assert choose(curve(found, 2), bare([0.7], 99), Rule(1.0, 10)).threshold > 0.7
    assert choose(curve(found, 2), bare([0.7], 100), Rule(1.0, 10)).threshold < 0.6


def test_finds_of_one_score_come_and_go_together() -> None:
    """Int8 scores come in steps: the right find of 0.5 is not to be had without its two wrong ones."""
    found = [(0.9, True), (0.5, True), (0.5, False), (0.5, False), (0.5, False), (0.5, False)]
    chosen = choose(curve(found, 2), NONE, Rule(1.0, 10))
    assert 0.5 < chosen.threshold < 0.9


def test_the_threshold_lies_between_scores_and_not_on_one() -> None:
    scores = np.float32([0.61, 0.6, 0.3])
    found = [(float(scores[0]), True), (float(scores[1]), True), (float(scores[2]), False)]
    chosen = choose(curve(found, 2), NONE, Rule(1.0, 10))
    assert scores[2] < chosen.threshold < scores[1]
    close = [(0.6, True), (0.5999999, False)]
    assert choose(curve(close, 1), NONE, Rule(1.0, 10)).threshold == pytest.approx(0.6, abs=1e-6)


def test_nothing_right_is_told() -> None:
    chosen = choose(curve([(0.9, False), (0.4, False)], 5), bare([0.9], 1000), Rule(1.0, 10))
    assert chosen.threshold == 0.5
    assert chosen.reason.startswith("nothing right was found")
    assert choose(curve([], 5), NONE, Rule(1.0, 10)).threshold == 0.5
    held_up = choose(curve([], 0), bare([0.9, 0.9], 100), Rule(1.0, 10))
    assert held_up.threshold > 0.9


def test_noise_below_the_floor_is_no_threshold() -> None:
    found = [(0.9, True), (0.05, True), (0.04, True)]
    assert choose(curve(found, 3), NONE, Rule(1.0, 10)).threshold >= 0.1
