"""A Kalman filter for many things at once: place and velocity on the ground, constant velocity between looks.

State [n, 4] is x, y, vx, vy; covariance [n, 4, 4]. Units are the ground's (metres, or pixels without a calibration).
Formulas: Bar-Shalom, Li, Kirubarajan, Estimation with Applications to Tracking and Navigation, sections 5.2 and 6.3.2.
"""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def predict(state: Array, covariance: Array, dt_s: float, accel: Array, keep: Array) -> tuple[Array, Array]:
    """Move on by `dt_s`. `accel` [n]: standard deviation of the acceleration, taken as constant over a look of a
    second (white noise of spectral density accel^2 x 1 s, so that it adds up the same at any rate). `keep` [n]: which
    share of the velocity is left afterwards (1, or less for things out of sight)."""
    n = len(state)
    move = np.zeros((n, 4, 4))
    move[:, (0, 1), (0, 1)] = 1
    move[:, (0, 1), (2, 3)] = dt_s * (1 + keep[:, None]) / 2
    move[:, (2, 3), (2, 3)] = keep[:, None]
    noise = np.zeros((4, 4))
    noise[(0, 1), (0, 1)] = dt_s**3 / 3
    noise[(0, 1, 2, 3), (2, 3, 0, 1)] = dt_s**2 / 2
    noise[(2, 3), (2, 3)] = dt_s
    moved = move @ state[:, :, None]
    return moved[:, :, 0], move @ covariance @ move.transpose(0, 2, 1) + noise * (accel**2)[:, None, None]


def distances(state: Array, covariance: Array, places: Array, noise: Array) -> Array:
    """Squared Mahalanobis distance [n, m] of places [n, m, 2], measured with noise [m, 2, 2], from those expected."""
    gap = places - state[:, None, :2]
    spread = covariance[:, None, :2, :2] + noise[None]
    a, b, d = spread[..., 0, 0], spread[..., 0, 1], spread[..., 1, 1]
    dx, dy = gap[..., 0], gap[..., 1]
    result: Array = (d * dx * dx - 2 * b * dx * dy + a * dy * dy) / (a * d - b * b)
    return result


def correct(state: Array, covariance: Array, places: Array, noise: Array) -> tuple[Array, Array]:
    """Take in one measured place [n, 2] with noise [n, 2, 2] for each thing."""
    spread = covariance[:, :2, :2] + noise
    a, b, d = spread[:, 0, 0], spread[:, 0, 1], spread[:, 1, 1]
    inverse = np.stack([np.stack([d, -b], -1), np.stack([-b, a], -1)], -2) / (a * d - b * b)[:, None, None]
    gain = covariance[:, :, :2] @ inverse
    moved = state + (gain @ (places - state[:, :2])[:, :, None])[:, :, 0]
    left = covariance - gain @ covariance[:, :2, :]
    return moved, (left + left.transpose(0, 2, 1)) / 2
