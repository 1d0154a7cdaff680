"""Lightning behind the clouds: flashes of several strokes that light the whole sky for some tenths of a second."""

from functools import lru_cache

import numpy as np

from simulator.conditions import Condition
from simulator.optics import F64

_EPOCH_S = 60.0
_STROKE_S = 0.045  # light of one return stroke seen through clouds dies away by 1/e
_GAP_S = 0.06  # mean time between strokes of one flash (Rakov and Uman 2003: geometric mean 60 ms)
_BRIGHT = 1.6


def flash(condition: Condition, seed: int, t_s: float) -> float:
    """Irradiance from the sky at a time, to be added to `Moment.ambient` (and, as luminance, to `Moment.sky`).

    Flashes come by chance, `condition.lightning_per_min` of them; each has three to five strokes (Rakov and Uman 2003)
    of different strength and near or far away.
    """
    if condition.lightning_per_min <= 0.0:
        return 0.0
    now = int(np.floor(t_s / _EPOCH_S))
    light = 0.0
    for epoch in range(max(0, now - 1), now + 1):
        start_s, strength = _strokes(condition.lightning_per_min, seed, epoch)
        since = t_s - start_s
        light += float((strength * np.exp(-np.maximum(since, 0.0) / _STROKE_S))[since >= 0.0].sum())
    return light


@lru_cache(maxsize=64)
def _strokes(per_min: float, seed: int, epoch: int) -> tuple[F64, F64]:
    """When strokes of one minute come, and how bright each is, [n]."""
    rng = np.random.default_rng([seed, 7300, epoch])
    starts, strengths = [np.empty(0)], [np.empty(0)]
    for _ in range(int(rng.poisson(per_min * _EPOCH_S / 60.0))):
        first_s = epoch * _EPOCH_S + rng.uniform(0, _EPOCH_S)
        near = rng.uniform(0.15, 1.0) ** 2
        count = int(rng.integers(3, 6))
        gaps = rng.exponential(_GAP_S, count - 1)
        starts.append(first_s + np.concatenate([[0.0], np.cumsum(gaps)]))
        strengths.append(_BRIGHT * near * rng.uniform(0.25, 1.0, count))
    return np.concatenate(starts), np.concatenate(strengths)
