"""Cars that pass on the road behind the lot: only their head lamps are seen, and how they sweep over everything."""

import numpy as np

from simulator.conditions import Condition
from simulator.lots.lot import Lot
from simulator.moment import Light

_BEHIND_M = 16.0
_FROM_M = 45.0
_STRENGTH = (
    900.0  # two dipped beams together, seen beside an infrared lamp of 144: some times brighter at the same distance
)
_CONE_RAD = 0.28
_LAMP_HEIGHT_M = 0.75


class Traffic:
    """Passing cars at random times, `condition.headlight_traffic` of them a minute."""

    def __init__(self, lot: Lot, condition: Condition, duration_s: float) -> None:
        rng = np.random.default_rng([lot.seed, 141])
        count = int(rng.poisson(condition.headlight_traffic * duration_s / 60.0))
        if condition.headlight_traffic > 0:
            count = max(1, count)
        self._start_s = np.sort(rng.uniform(0.0, max(duration_s, 1.0), count))
        self._side = np.where(rng.random(count) < 0.5, 1.0, -1.0)
        self._speed_m_s = rng.uniform(7.0, 14.0, count)
        self._y_m = lot.ground_m[3] + _BEHIND_M
        self._middle_m = (lot.ground_m[0] + lot.ground_m[2]) / 2

    def lights(self, t_s: float) -> tuple[Light, ...]:
        """Both lamps of each passing car as one light. The road bends at the lot, so that the beam sweeps over it."""
        found = []
        for start_s, side, speed_m_s in zip(self._start_s, self._side, self._speed_m_s, strict=True):
            along_m = (t_s - start_s) * speed_m_s - _FROM_M
            if not -_FROM_M <= along_m <= _FROM_M:
                continue
            turn_rad = 0.5 * np.pi * (0.5 + 0.5 * np.tanh(along_m / 12.0))
            aim = np.array([side * np.cos(turn_rad), -np.sin(turn_rad), -0.03])
            aim /= np.linalg.norm(aim)
            place = (float(self._middle_m + side * along_m * 0.6), float(self._y_m), _LAMP_HEIGHT_M)
            direction = (float(aim[0]), float(aim[1]), float(aim[2]))
            found.append(Light(place, _STRENGTH, direction, _CONE_RAD, shadows=True))
        return tuple(found)
