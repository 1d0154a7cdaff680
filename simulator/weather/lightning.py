"""Lightning behind the clouds: flashes of several strokes that light the whole sky for some tenths of a second."""

import numpy as np

from simulator.conditions import Condition

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
    return sum(_within(condition.lightning_per_min, seed, epoch, t_s) for epoch in (now - 1, now) if epoch >= 0)


def _within(per_min: float, seed: int, epoch: int, t_s: float) -> float:
    rng = np.random.default_rng([seed, 7300, epoch])
    light = 0.0
    for _ in range(int(rng.poisson(per_min * _EPOCH_S / 60.0))):
        start_s = epoch * _EPOCH_S + rng.uniform(0, _EPOCH_S)
        near = rng.uniform(0.15, 1.0) ** 2
        gaps = rng.exponential(_GAP_S, 5)
        strong = rng.uniform(0.25, 1.0, 5)
        strokes = int(rng.integers(3, 6))
        since = t_s - start_s - np.concatenate([[0.0], np.cumsum(gaps[: strokes - 1])])
        shape = np.where(since >= 0, np.exp(-np.maximum(since, 0.0) / _STROKE_S), 0.0)
        light += float(_BRIGHT * near * (shape * strong[:strokes]).sum())
    return light
