"""The wind of a scene: one steady blow with gusts, the same for rain, snow, smoke and bags."""

from dataclasses import dataclass

import numpy as np

from simulator.conditions import Condition
from simulator.optics import F64, View

_GUST_RAD_S = np.array([0.41, 0.97, 1.83])
_GUST_SHARE = np.array([0.16, 0.10, 0.06])
_HILL = 0.25  # exponent of the power law over rough ground (Hellmann 1919; a suburb: 0.22-0.28)


@dataclass(frozen=True, slots=True)
class Wind:
    """Mean speed at 10 m above ground, and where it blows to (about z, from x towards y)."""

    speed_m_s: float = 1.0
    heading_rad: float = 0.4

    def speed_at(self, height_m: float) -> float:
        """Mean speed at a height, by the power law."""
        return float(self.speed_m_s * np.clip(height_m / 10.0, 0.02, 2.0) ** _HILL)

    @property
    def along(self) -> F64:
        """Unit vector [3]."""
        return np.array([np.cos(self.heading_rad), np.sin(self.heading_rad), 0.0])

    def blown_s(self, t_s: float) -> float:
        """Seconds of mean wind that have blown until `t_s`: gusts run ahead of the clock, lulls fall behind."""
        return float(t_s + (_GUST_SHARE / _GUST_RAD_S * np.sin(_GUST_RAD_S * t_s)).sum())

    def gust(self, t_s: float) -> float:
        """The wind now as a share of its mean (0.68..1.32), the derivative of `blown_s`."""
        return float(1 + (_GUST_SHARE * np.cos(_GUST_RAD_S * t_s)).sum())


def of(condition: Condition, view: View) -> Wind:
    """A scene's wind: as strong as the condition says; its heading is drawn by where the camera hangs, so that
    whoever knows the view knows it."""
    key = [int(round(1e4 * abs(value))) for value in (view.pose.height_m, *view.pose.foot_m)]
    return Wind(condition.wind_m_s, float(np.random.default_rng([*key, 7001]).uniform(0, 2 * np.pi)))
