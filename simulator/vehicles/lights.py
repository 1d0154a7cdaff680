"""What a vehicle's lamps throw into the world, as few lights: renderers have room for about four with shadows."""

from collections.abc import Callable

import numpy as np

from simulator.moment import Light
from simulator.optics import F64
from simulator.vehicles.vehicle import Vehicle

# Strengths beside the infrared lamp's 144. A pair of dipped beams outshines it some times at the same distance; lamps
# that signal have a hundredth of their light (UN R7, R6: 60-185 cd, 50-500 cd; R112: 10,000 cd and more).
_HEAD, _SPILL, _BRAKE, _TAIL, _REVERSE, _HAZARD, _CABIN = 800.0, 18.0, 2.5, 0.5, 14.0, 3.0, 0.25
_HEAD_CONE_RAD, _WIDE_RAD = 0.30, 1.0
_DOWN = 0.055  # a dipped beam's axis sinks by about this share of the way
_CYCLE_SHARE = 0.35  # one lamp, and a small one


def lights(vehicle: Vehicle, place_m: F64, heading_rad: float, lamps: frozenset[str]) -> tuple[Light, ...]:
    """Lights of lamps that are on, for a vehicle at `place_m` [2]: `head` (a cone with shadows, both lamps as one, and
    its spill), `brake`, `reverse`, `hazard`, `cabin`. KeyError: there is no such lamp."""
    found: list[Light] = []
    for lamp in sorted(lamps):
        found += _MAKERS[lamp](_Spot(vehicle, np.asarray(place_m, dtype=np.float64), heading_rad))
    return tuple(found)


class _Spot:
    """A vehicle where it is."""

    def __init__(self, vehicle: Vehicle, place_m: F64, heading_rad: float) -> None:
        self.vehicle = vehicle
        self._place_m = place_m
        self._ahead = np.array([np.cos(heading_rad), np.sin(heading_rad)])
        self.share = _CYCLE_SHARE if vehicle.two_wheeler else 1.0

    def at(self, ahead_m: float, left_m: float, high_m: float) -> tuple[float, float, float]:
        """A place by its own axes."""
        across = np.array([-self._ahead[1], self._ahead[0]])
        spot = self._place_m + ahead_m * self._ahead + left_m * across
        return float(spot[0]), float(spot[1]), high_m

    def aim(self, sign: float, down: float) -> tuple[float, float, float]:
        """Ahead (1) or back (-1), sinking."""
        long = float(np.hypot(1.0, down))
        return float(sign * self._ahead[0]) / long, float(sign * self._ahead[1]) / long, -down / long


_Maker = Callable[[_Spot], list[Light]]


def _head(spot: _Spot) -> list[Light]:
    nose, high = spot.vehicle.size.length_m / 2 + 0.12, min(0.72, 0.8 * spot.vehicle.size.height_m)
    tail = Light(spot.at(-nose, 0.0, high), _TAIL, spot.aim(-1.0, 0.2), _WIDE_RAD)
    front = spot.at(nose, 0.0, high)
    return [
        Light(front, _HEAD * spot.share, spot.aim(1.0, _DOWN), _HEAD_CONE_RAD, shadows=True),
        Light(front, _SPILL * spot.share, spot.aim(1.0, 0.25), _WIDE_RAD),
        tail,
    ]


def _back(strength: float, down: float) -> _Maker:
    def made(spot: _Spot) -> list[Light]:
        tail = spot.vehicle.size.length_m / 2 + 0.12
        return [Light(spot.at(-tail, 0.0, 0.8), strength * spot.share, spot.aim(-1.0, down), _WIDE_RAD)]

    return made


def _hazard(spot: _Spot) -> list[Light]:
    off = spot.vehicle.size.length_m / 2 + 0.12
    return [
        Light(spot.at(off, 0.0, 0.7), _HAZARD * spot.share, spot.aim(1.0, 0.2), _WIDE_RAD + 0.2),
        Light(spot.at(-off, 0.0, 0.8), _HAZARD * spot.share, spot.aim(-1.0, 0.2), _WIDE_RAD + 0.2),
    ]


def _cabin(spot: _Spot) -> list[Light]:
    return [Light(spot.at(0.0, 0.0, 0.75 * spot.vehicle.size.height_m), _CABIN)]


_MAKERS: dict[str, _Maker] = {
    "head": _head,
    "brake": _back(_BRAKE, 0.15),
    "reverse": _back(_REVERSE, 0.25),
    "hazard": _hazard,
    "cabin": _cabin,
}
