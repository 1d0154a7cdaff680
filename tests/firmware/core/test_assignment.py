from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from firmware.core.assignment import UNPAIRED, assign


def cheapest(cost: np.ndarray) -> float:
    """By trying everything."""
    if cost.shape[0] > cost.shape[1]:
        cost = cost.T
    orders = permutations(range(cost.shape[1]), cost.shape[0])
    return min(sum(cost[row, column] for row, column in enumerate(order)) for order in orders)


@given(
    st.tuples(st.integers(1, 5), st.integers(1, 5)).flatmap(
        lambda shape: arrays(np.float64, shape, elements=st.integers(0, 20).map(float))
    )
)
@settings(max_examples=200, deadline=None)
def test_no_other_pairing_is_cheaper(cost: np.ndarray) -> None:
    pairs = assign(cost)
    assert len(pairs) == min(cost.shape)
    assert len({r for r, _ in pairs}) == len({c for _, c in pairs}) == len(pairs)
    assert sum(cost[pair] for pair in pairs) == pytest.approx(cheapest(cost))


def test_the_first_come_does_not_take_it_all() -> None:
    # Greedy would pair (0, 0) for 1 and leave (1, 1) for 9.
    assert assign(np.array([[1.0, 2.0], [1.5, 9.0]])) == [(0, 1), (1, 0)]


def test_what_cannot_be_is_left_alone() -> None:
    cost = np.array([[0.2, UNPAIRED, UNPAIRED], [UNPAIRED, UNPAIRED, UNPAIRED]])
    assert assign(cost) == [(0, 0)]


def test_nobody_and_nothing() -> None:
    assert assign(np.zeros((0, 3))) == []
    assert assign(np.zeros((3, 0))) == []
