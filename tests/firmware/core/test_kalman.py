import numpy as np
import pytest

from firmware.core import kalman

ONE = np.ones(1)


def start() -> tuple[np.ndarray, np.ndarray]:
    return np.array([[0.0, 0.0, 1.0, -0.5]]), np.diag([0.1, 0.1, 4.0, 4.0])[None]


def test_one_long_step_is_three_short_ones() -> None:
    long = kalman.predict(*start(), 0.9, ONE, ONE)
    short = start()
    for _ in range(3):
        short = kalman.predict(*short, 0.3, ONE, ONE)
    assert short[0] == pytest.approx(long[0])
    assert short[1] == pytest.approx(long[1])
    assert long[0][0] == pytest.approx([0.9, -0.45, 1.0, -0.5])


def test_it_learns_the_velocity_of_a_walker() -> None:
    state, covariance = start()
    noise = np.diag([0.01, 0.01])[None]
    dice = np.random.default_rng(1)
    for n in range(1, 31):
        state, covariance = kalman.predict(state, covariance, 0.2, 0.3 * ONE, ONE)
        truth = np.array([[1.3 * 0.2 * n, 0.4 * 0.2 * n]])
        state, covariance = kalman.correct(state, covariance, truth + dice.normal(0, 0.1, (1, 2)), noise)
    assert state[0] == pytest.approx([7.8, 2.4, 1.3, 0.4], abs=0.4)
    assert (np.linalg.eigvalsh(covariance[0]) > 0).all()


def test_a_correction_is_the_textbook_one() -> None:
    state, covariance = start()
    noise = np.array([[[0.5, 0.1], [0.1, 0.3]]])
    place = np.array([[0.4, -0.2]])
    h = np.eye(2, 4)
    gain = covariance[0] @ h.T @ np.linalg.inv(h @ covariance[0] @ h.T + noise[0])
    moved, left = kalman.correct(state, covariance, place, noise)
    assert moved[0] == pytest.approx(state[0] + gain @ (place[0] - h @ state[0]))
    assert left[0] == pytest.approx((np.eye(4) - gain @ h) @ covariance[0])


def test_distance_is_in_standard_deviations() -> None:
    state, covariance = np.zeros((1, 4)), np.zeros((1, 4, 4))
    places = np.array([[[2.0, 0.0], [0.0, 3.0]]])
    noise = np.array([np.diag([4.0, 1.0]), np.diag([4.0, 1.0])])
    assert kalman.distances(state, covariance, places, noise) == pytest.approx(np.array([[1.0, 9.0]]))
