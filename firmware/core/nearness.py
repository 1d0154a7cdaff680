"""How far a person is from a vehicle, in metres, with a calibration and without.

A vehicle is not a point. Its box's lower edge is where its near side meets the ground; behind that edge it is as deep
as a car is that shows so much of its side (`CAR_LENGTH_M`, `CAR_WIDTH_M`). Distances are to the edge of that footprint.

Without a calibration metres come from the person's height in the picture, and depth is foreshortened as from a pole
(`FORESHORTENING`): good to a factor of about 1.5, and too short for somebody who bends down.
"""

from dataclasses import dataclass
from math import hypot, inf, sqrt

from firmware.core.boxes import inside, overlap
from firmware.core.ground import FORESHORTENING, PERSON_M, Ground
from firmware.core.trail import NOMINAL_M
from firmware.messages import Box, ObjectKind, Track

CAR_LENGTH_M = 4.5
CAR_WIDTH_M = 1.8
"""A middling European car (VW Golf: 4.28 x 1.79 m, Volvo V60: 4.76 x 1.85 m)."""

NARROWEST_M = 0.8
"""What is narrower on a calibrated ground is no car, nor what is seen of one: a painted line, a post, a shadow."""

REFRESH_RATIO = 0.97
"""A footprint is drawn anew when the vehicle's box has changed more than this overlap allows."""

Corners = tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Spot:
    """A place on the ground, and how many metres its unit is there (1 with a calibration)."""

    x: float
    y: float
    m_per_unit: float


@dataclass(frozen=True, slots=True)
class Footprint:
    """The ground under a vehicle with this box, and a circle around it. No corners: beyond the horizon, or no car."""

    box: Box
    corners: Corners
    x: float
    y: float
    radius_m: float


class Nearness:
    """Distances on one ground. Remembers footprints; `forget` those of vehicles that are gone."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._footprints: dict[int, Footprint] = {}

    def spot(self, track: Track, size_m: float = PERSON_M) -> Spot:
        """Where a track is. `size_m`: metres from its head to its foot, which give the scale without a calibration."""
        return Spot(track.x, track.y, 1.0 if self._ground.calibrated else size_m / _tall_px(track))

    def apart_m(self, a: Spot, b: Spot) -> float:
        """Metres between two places."""
        if self._ground.calibrated:
            return hypot(a.x - b.x, a.y - b.y)
        scale = (a.m_per_unit + b.m_per_unit) / 2
        return scale * hypot(a.x - b.x, (a.y - b.y) / FORESHORTENING)

    def gap_m(self, person: Track, vehicle: Track, worth_m: float) -> float:
        """Metres from a person's feet to a vehicle's footprint; infinite where it is surely more than `worth_m`."""
        if self._ground.calibrated:
            outline = self._footprint(vehicle)
            away_m = hypot(person.x - outline.x, person.y - outline.y)
            if away_m > outline.radius_m + worth_m:
                return inf
            return _outside(person.x, person.y, outline.corners)
        box = vehicle.box
        x_px = person.box.foot[0]
        dx_px = max(box.x_px - x_px, x_px - box.x_px - box.w_px, 0.0)
        m_per_px = PERSON_M / _tall_px(person)
        near_px = box.y_px + box.h_px
        # The vehicle's own scale says how much of its side it shows; the person may stand much farther away.
        width_m = box.w_px * NOMINAL_M[ObjectKind.VEHICLE] / max(box.h_px, 4.0)
        far_px = near_px - _depth_m(width_m) * FORESHORTENING / m_per_px
        dy_px = max(far_px - person.y, person.y - near_px, 0.0)
        return hypot(dx_px, dy_px / FORESHORTENING) * m_per_px

    def forget(self, living: set[int]) -> None:
        """Drop the footprints of all vehicles but these."""
        for gone in self._footprints.keys() - living:
            del self._footprints[gone]

    def _footprint(self, vehicle: Track) -> Footprint:
        known = self._footprints.get(vehicle.id)
        if known is None or (known.box is not vehicle.box and overlap(known.box, vehicle.box) < REFRESH_RATIO):
            corners = self._draw(vehicle.box)
            x, y = (sum(corner[i] for corner in corners) / max(len(corners), 1) for i in (0, 1))
            radius_m = max((hypot(a - x, b - y) for a, b in corners), default=-inf)
            known = self._footprints[vehicle.id] = Footprint(vehicle.box, corners, x, y, radius_m)
        return known

    def _draw(self, box: Box) -> Corners:
        """The footprint's corners: near left, near right, far right, far left."""
        bottom_px = box.y_px + box.h_px
        left = self._ground.to_ground(box.x_px, bottom_px)
        right = self._ground.to_ground(box.x_px + box.w_px, bottom_px)
        higher = self._ground.to_ground(box.foot[0], bottom_px - 1)
        if left is None or right is None or higher is None:
            return ()
        width_m = hypot(right[0] - left[0], right[1] - left[1])
        if width_m < NARROWEST_M:
            return ()
        middle = (left[0] + right[0]) / 2, (left[1] + right[1]) / 2
        away = higher[0] - middle[0], higher[1] - middle[1]
        depth_m = _depth_m(width_m)
        scale = depth_m / max(hypot(*away), 1e-9)
        dx, dy = away[0] * scale, away[1] * scale
        return left, right, (right[0] + dx, right[1] + dy), (left[0] + dx, left[1] + dy)


def _tall_px(track: Track) -> float:
    """From head to foot without a calibration, where a track's y is its foot's row, seen or hidden."""
    return max(track.y - track.box.y_px, track.box.h_px, 4.0)


def _depth_m(width_m: float) -> float:
    """How deep a car is that is `width_m` wide across the line of sight.

    Turned by an angle a, a car's outline is L cos a + W sin a wide and L sin a + W cos a deep; read between its ends
    (side on: 4.5 wide, 1.8 deep; end on: the other way round) along the circle that both lie on.
    """
    side = min(max((width_m - CAR_WIDTH_M) / (CAR_LENGTH_M - CAR_WIDTH_M), 0.0), 1.0)
    return CAR_WIDTH_M + (CAR_LENGTH_M - CAR_WIDTH_M) * sqrt(1 - side * side)


def seated(person: Track, vehicle: Track) -> bool:
    """Whether somebody is seen through a window: nearly all of the box in the vehicle's, low, and well above its sill.

    Standing before it, the feet would be lower; standing behind it, the head would be higher than the roof.
    """
    floor_px = vehicle.box.y_px + 0.85 * vehicle.box.h_px
    small = person.box.h_px < 0.6 * vehicle.box.h_px
    return small and person.box.foot[1] < floor_px and inside(person.box, vehicle.box) > 0.85


def _outside(x: float, y: float, corners: Corners) -> float:
    """Distance from a point to a convex outline; 0 inside, infinite where there is none."""
    nearest, sides = inf, 0
    for (ax, ay), (bx, by) in zip(corners, corners[1:] + corners[:1], strict=True):
        dx, dy = bx - ax, by - ay
        sides += 1 if dx * (y - ay) - dy * (x - ax) > 0 else -1
        share = min(max(((x - ax) * dx + (y - ay) * dy) / max(dx * dx + dy * dy, 1e-12), 0.0), 1.0)
        nearest = min(nearest, hypot(x - ax - share * dx, y - ay - share * dy))
    return 0.0 if corners and abs(sides) == len(corners) else nearest
