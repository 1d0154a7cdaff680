"""Where things are done: beside a car, at its boot, in the lane, and what the camera sees of it."""

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np

from firmware.messages import Size
from simulator.lots.lot import Lane, Lot
from simulator.optics import F64, View
from simulator.scripts.ways import Bools, Ways, gap_m, ways_of
from simulator.vehicles.vehicle import Vehicle

STANDS_OFF_M = 0.40
LEAST_GAP_M = 0.62
DOOR = 0.48  # a front door's handle, from the nose
REAR_DOOR = 0.66
WINDSCREEN = 0.30
WHEELS = (0.19, 0.80)

_PICTURE = Size(1280, 720)
_TORSO_M = 1.15
_HEAD_M = 1.7
_FAR_M = 30.0


@dataclass(frozen=True, slots=True)
class Spot:
    """Where somebody stands at a vehicle, and the ground point they face; `side` 0: before or behind it."""

    vehicle: Vehicle
    place_m: F64
    face_m: F64
    side: int


class Sites:
    """Places of one lot."""

    def __init__(self, lot: Lot) -> None:
        self.lot = lot
        self.ways: Ways = ways_of(lot)
        self.view = View(lot.pose, _PICTURE, lot.lens_bend)

    def in_picture(self, points_m: F64, margin: float = 0.0) -> Bools:
        """Whether ground points [n, 2] and who stands there are in the picture, `margin` (a share of it) inside its
        edge; negative: also a little outside of it."""
        count = len(points_m)
        body = np.zeros((2 * count, 3))
        body[:count, :2] = body[count:, :2] = points_m
        body[count:, 2] = _HEAD_M
        seen, depth = self.view.project(body)
        feet, heads = seen[:count], seen[count:]
        low = margin * np.array([_PICTURE.width_px, _PICTURE.height_px])
        high = np.array([_PICTURE.width_px, _PICTURE.height_px]) - low
        inside = (np.minimum(feet, heads) > low).all(axis=1) & (np.maximum(feet, heads) < high).all(axis=1)
        return np.asarray(inside & (depth[:count] > 1.0))

    def touches_picture(self, points_m: F64) -> Bools:
        """Whether any of who stands at ground points [n, 2] may be in the picture (generously)."""
        inside = np.zeros(len(points_m), dtype=bool)
        border = 0.04 * np.array([_PICTURE.width_px, _PICTURE.height_px])
        for height_m in (0.0, 0.9, 1.8):
            seen, depth = self.view.project(np.concatenate([points_m, np.full((len(points_m), 1), height_m)], axis=1))
            within = (seen > -border) & (seen < np.array([_PICTURE.width_px, _PICTURE.height_px]) + border)
            inside |= within.all(axis=1) & (depth > 0.3)
        return inside

    def away_m(self, point_m: F64) -> float:
        """How far a ground point is from the pole's foot."""
        return float(np.linalg.norm(np.asarray(point_m) - np.array(self.lot.pose.foot_m)))

    def plain(self, point_m: F64, margin: float = 0.05) -> bool:
        """Whether the camera sees somebody there: in the picture, near enough, the chest not hidden."""
        point = np.asarray(point_m, dtype=np.float64)
        if not self.in_picture(point[None], margin)[0] or self.away_m(point) > _FAR_M:
            return False
        return not self.ways.hides(self.view.origin_m, np.array([*point, _TORSO_M]))

    def beside(self, vehicle: Vehicle, side: int, station: float) -> Spot:
        """At its left (1) or right (-1), `station` from the nose."""
        off = min(STANDS_OFF_M, self.gap_m(vehicle, side) / 2)
        place = vehicle.beside(side, station, off)
        return Spot(vehicle, place, vehicle.beside(side, station, -0.3), side)

    def behind(self, vehicle: Vehicle, off_m: float = 0.45) -> Spot:
        """At its boot."""
        return self._at_end(vehicle, -1.0, off_m)

    def before(self, vehicle: Vehicle, off_m: float = 0.40) -> Spot:
        """At its bonnet."""
        return self._at_end(vehicle, 1.0, off_m)

    def has_room(self, spot: Spot, room_m: float = 0.3) -> bool:
        """Whether one can stand there."""
        return self.ways.clearance_m(spot.place_m, self.lot.vehicles.index(spot.vehicle)) >= room_m

    def sides(self, vehicle: Vehicle, least_m: float = LEAST_GAP_M) -> tuple[int, ...]:
        """Sides at which one can stand; the one that the camera sees better first."""
        free = [side for side in (1, -1) if self.gap_m(vehicle, side) >= least_m]
        middle = np.array(self.lot.pose.foot_m)
        return tuple(sorted(free, key=lambda side: self._sideways(vehicle, side, middle)))

    def gap_m(self, vehicle: Vehicle, side: int) -> float:
        """Room between a vehicle's side and the next thing."""
        return self._gaps[vehicle.number][0 if side > 0 else 1]

    def lane_spot(self, lane: int, across: float, x_m: float | None = None) -> F64:
        """A point of a lane; `across` 0..1 from its near to its far edge."""
        low, high = self.lot.lanes[lane].y_m
        left, _, right, _ = self.lot.ground_m
        return np.array([(left + right) / 2 if x_m is None else x_m, low + across * (high - low)])

    def lane_of(self, vehicle: Vehicle) -> Lane:
        """The lane that a vehicle's bay opens to; the nearest for one without a bay."""
        if vehicle.bay is not None:
            return self.lot.lanes[self.lot.bays[vehicle.bay].lane]
        return min(self.lot.lanes, key=lambda lane: abs(sum(lane.y_m) / 2 - vehicle.place_m[1]))

    @cached_property
    def cars(self) -> tuple[Vehicle, ...]:
        """Those with doors that stand in bays."""
        return tuple(v for v in self.lot.vehicles if not v.two_wheeler and v.bay is not None)

    @cached_property
    def _gaps(self) -> dict[int, tuple[float, float]]:
        return {v.number: (gap_m(self.lot, v, 1), gap_m(self.lot, v, -1)) for v in self.lot.vehicles}

    def _sideways(self, vehicle: Vehicle, side: int, from_m: F64) -> float:
        return float(np.linalg.norm(vehicle.beside(side, 0.5, 0.3) - from_m))

    def _at_end(self, vehicle: Vehicle, ahead: float, off_m: float) -> Spot:
        reach = vehicle.size.length_m / 2
        ends = vehicle.to_world(np.array([[ahead * (reach + off_m), 0.0, 0.0], [ahead * (reach - 0.3), 0.0, 0.0]]))
        return Spot(vehicle, ends[0, :2], ends[1, :2], 0)


@lru_cache(maxsize=16)
def sites_of(lot: Lot) -> Sites:
    """The lot's places, worked out once."""
    return Sites(lot)
