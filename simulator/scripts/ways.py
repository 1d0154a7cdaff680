"""Ways on foot: round parked vehicles and solid things, in and out of the gaps between cars.

Shortest ways in the plane go from corner to corner of what stands in between (Lozano-Perez and Wesley, CACM 22, 1979),
here of footprints that are widened by a body's room.
"""

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from simulator.lots.lot import Lot
from simulator.optics import F64
from simulator.vehicles.vehicle import Vehicle

Bools = NDArray[np.bool_]

ROOM_M = 0.35  # half a person with moving arms
_CORNERS_M = (0.55, 0.37)  # how far off corners are rounded: with ease where there is room, closely where not
_STEP_M = 0.1
_NARROW_M = 0.65  # so near to something, the straight way out is tried too
_FAR_M = 9.0  # no gap is longer
_POST_M = 0.1
_LEAST_M = 0.02


@dataclass(frozen=True, slots=True)
class Rectangles:
    """Things to walk round: middles [k, 2], unit vectors of their long axes [k, 2], half sizes [k, 2], heights [k]."""

    middle_m: F64
    axis: F64
    half_m: F64
    height_m: F64

    def own(self, points_m: F64) -> tuple[F64, F64]:
        """World points [..., 2] along and across each one's axes, both [..., k]."""
        x = points_m[..., :1] - self.middle_m[:, 0]
        y = points_m[..., 1:] - self.middle_m[:, 1]
        cos, sin = self.axis[:, 0], self.axis[:, 1]
        return x * cos + y * sin, y * cos - x * sin

    def outside_m(self, points_m: F64) -> F64:
        """Distances of points [n, 2] to each [n, k]; negative inside."""
        along, across = self.own(points_m)
        over, beyond = np.abs(along) - self.half_m[:, 0], np.abs(across) - self.half_m[:, 1]
        outside = np.hypot(np.maximum(over, 0), np.maximum(beyond, 0))
        return np.asarray(outside + np.minimum(np.maximum(over, beyond), 0))

    def crossing(self, from_m: F64, to_m: F64, room_m: F64) -> tuple[F64, F64]:
        """Shares of the lines from [..., 2] to [..., 2] (broadcast) at which they enter and leave each, widened by
        `room_m` [k]; both [..., k]. They miss it where it is left before it is entered."""
        enters, leaves = np.zeros(()), np.ones(())
        for start, end, half in zip(self.own(from_m), self.own(to_m), self.half_m.T + room_m, strict=True):
            across = end - start
            across += 1e-12  # a line along an axis
            middle, reach = -start / across, half / np.abs(across)
            enters = np.maximum(enters, middle - reach)
            leaves = np.minimum(leaves, middle + reach)
        return enters, leaves

    def blocks(self, from_m: F64, to_m: F64, room_m: F64) -> Bools:
        """Which of the lines [...] cross any of them."""
        enters, leaves = self.crossing(from_m, to_m, room_m)
        return np.asarray((enters < leaves - 1e-9).any(axis=-1))


class Ways:
    """Shortest ways on one lot, as it stands."""

    def __init__(self, lot: Lot) -> None:
        self.things = _things(lot)
        self._room = np.full(len(self.things.height_m), ROOM_M)

    def find(self, from_m: F64, to_m: F64) -> F64:
        """Corners [n, 2] of the shortest way from one ground point [2] to another, both included.

        Somebody who stands closer to something than `ROOM_M` first goes along it to where there is room. The straight
        line where no way was found.
        """
        start, goal = np.asarray(from_m, dtype=np.float64), np.asarray(to_m, dtype=np.float64)
        if np.linalg.norm(goal - start) < _LEAST_M or self._beside(start, goal):
            return np.stack([start, goal])
        outs, backs = self._exits(start), self._exits(goal)
        return self._shortest(outs, backs)

    def clearance_m(self, point_m: F64, but: int | None = None) -> float:
        """Room around a ground point; `but`: not counting the vehicle at this place in `Lot.vehicles`."""
        outside = self.things.outside_m(np.asarray(point_m, dtype=np.float64)[None])[0]
        if but is not None:
            outside[but] = np.inf
        return float(outside.min(initial=np.inf))

    def hides(self, from_m: F64, point_m: F64) -> bool:
        """Whether the line from a lens [3] to a point [3] runs through something."""
        lens, point = np.asarray(from_m, dtype=np.float64), np.asarray(point_m, dtype=np.float64)
        enters, leaves = self.things.crossing(lens[None, :2], point[None, :2], 0.0 * self._room)
        low_m = lens[2] + (point[2] - lens[2]) * np.maximum(leaves[0], enters[0])
        return bool(((enters[0] < leaves[0] - 1e-9) & (low_m < self.things.height_m)).any())

    def _beside(self, start: F64, goal: F64) -> bool:
        """Whether the straight line is no closer to anything than its ends are."""
        ends = np.maximum(self.things.outside_m(np.stack([start, goal])).min(axis=0), 0.0)
        room = np.minimum(ROOM_M, 0.9 * ends)
        return not bool(self.things.blocks(start[None], goal[None], room)[0])

    def _exits(self, point: F64) -> list[F64]:
        """Lines [2, 2] from a tight place to where there is room; the place itself where there is."""
        outside = self.things.outside_m(point[None])[0]
        narrow = float(outside.min(initial=np.inf))
        lines = [point[None]] if narrow >= ROOM_M else []
        if narrow >= _NARROW_M:
            return lines
        near = int(outside.argmin())
        axis = self.things.axis[near]
        steps = np.arange(1, round(_FAR_M / _STEP_M))[:, None] * _STEP_M
        # Nobody squeezes through less than what they stand in; a door's threshold lies in its wall.
        least = min(narrow - 0.12, 0.1)
        for direction in (axis, -axis, np.array([-axis[1], axis[0]]), np.array([axis[1], -axis[0]])):
            along = point + steps * direction
            room = self.things.outside_m(along).min(axis=1)
            shut = np.flatnonzero(room < least)
            room = room[: shut[0]] if len(shut) else room
            wide = np.flatnonzero(room >= _NARROW_M)
            best = int(wide[0]) if len(wide) else int(room.argmax()) if len(room) else 0
            if len(room) and room[best] >= max(ROOM_M + 0.01, narrow + 0.04):
                lines.append(np.stack([point, along[best]]))
        return lines or [point[None]]

    def _shortest(self, outs: list[F64], backs: list[F64]) -> F64:
        """The shortest of the ways out, along corners and back in; straight where there is none."""
        ends = np.stack([line[-1] for line in (*outs, *backs)])
        own_m = np.array([_length_m(line) for line in (*outs, *backs)])
        count = len(outs)
        direct = self._lines_m(ends[:count], ends[count:]) + own_m[:count, None] + own_m[count:]
        # The straight line between two places is the shortest way, if it is free for the nearest pair of exits.
        if np.isfinite(direct[0, 0]) and int(direct.argmin()) == 0:
            return _joined(outs[0], backs[0][::-1])
        nodes, far, after = self._net
        reach = self._lines_m(ends, nodes) + own_m[:, None]
        onward = (far[None] + reach[count:, None, :]).min(axis=2)  # from each corner to each way in
        whole = (reach[:count, None] + onward[None]).min(axis=2)
        best = np.minimum(whole, direct)
        way_out, way_in = (int(n) for n in np.unravel_index(int(best.argmin()), best.shape))
        out, back = outs[way_out], backs[way_in]
        if not whole[way_out, way_in] < direct[way_out, way_in]:
            return _joined(out, back[::-1])
        first = int((reach[way_out] + onward[way_in]).argmin())
        last = int((far[first] + reach[count + way_in]).argmin())
        steps = [first]
        while steps[-1] != last:
            steps.append(int(after[steps[-1], last]))
        return _joined(out, nodes[steps], back[::-1])

    def _lines_m(self, from_m: F64, to_m: F64) -> F64:
        """Lengths of the straight lines from each of [a, 2] to each of [b, 2], [a, b]; inf: something is between."""
        blocked = self.things.blocks(from_m[:, None], to_m, self._room)
        return np.where(blocked, np.inf, np.linalg.norm(from_m[:, None] - to_m, axis=-1))

    @cached_property
    def _net(self) -> tuple[F64, F64, NDArray[np.intp]]:
        """Corners [n, 2], lengths of the shortest ways between them [n, n], and the next corner on each [n, n]."""
        nodes = self._nodes()
        count = len(nodes)
        far = np.concatenate([self._lines_m(nodes[i : i + 32], nodes) for i in range(0, count, 32)])
        after = np.tile(np.arange(count), (count, 1))
        for middle in range(count):  # Floyd 1962
            through = far[:, middle, None] + far[None, middle]
            shorter = through < far - 1e-12
            far = np.where(shorter, through, far)
            after = np.where(shorter, after[:, middle, None], after)
        return nodes, far, after

    def _nodes(self) -> F64:
        things = self.things
        across = np.stack([-things.axis[:, 1], things.axis[:, 0]], axis=-1)
        kept: list[F64] = []
        for side in ((1, 1), (-1, 1), (-1, -1), (1, -1)):
            clear = np.zeros(len(things.height_m), dtype=bool)
            for off_m in _CORNERS_M:
                half = things.half_m + off_m
                corner = things.middle_m + side[0] * half[:, :1] * things.axis + side[1] * half[:, 1:] * across
                good = ~clear & (things.outside_m(corner).min(axis=1) >= ROOM_M + 0.01)
                kept.append(corner[good])
                clear |= good
        return np.concatenate(kept)


def _things(lot: Lot) -> Rectangles:
    """Vehicles first, in the lot's order; then solid things, posts and poles."""
    middle = [vehicle.place_m for vehicle in lot.vehicles]
    angle = [vehicle.heading_rad for vehicle in lot.vehicles]
    half = [(vehicle.size.length_m / 2, vehicle.size.width_m / 2) for vehicle in lot.vehicles]
    height = [vehicle.size.height_m for vehicle in lot.vehicles]
    for block in lot.blocks:
        (left, near), (right, far) = block.low_m, block.high_m
        middle.append(((left + right) / 2, (near + far) / 2))
        half.append(((right - left) / 2, (far - near) / 2))
        height.append(block.height_m)
    for post in [lamp.place_m for lamp in lot.lamps] + [pole.foot_m for pole in lot.poles]:
        middle.append(post)
        half.append((_POST_M, _POST_M))
        height.append(0.0)  # too thin to hide anybody
    angle += [0.0] * (len(middle) - len(angle))
    turn = np.array(angle)
    axis = np.stack([np.cos(turn), np.sin(turn)], axis=-1)
    return Rectangles(np.array(middle), axis, np.array(half), np.array(height))


@lru_cache(maxsize=16)
def ways_of(lot: Lot) -> Ways:
    """The lot's ways; the net of corners is made once."""
    return Ways(lot)


def gap_m(lot: Lot, vehicle: Vehicle, side: int) -> float:
    """How far it is from a vehicle's side to the next thing: nose, middle and tail, the narrowest."""
    things = ways_of(lot).things
    spots = np.stack([vehicle.beside(side, station, 0.05) for station in (0.15, 0.5, 0.85)])
    outside = things.outside_m(spots)
    outside[:, lot.vehicles.index(vehicle)] = np.inf
    return float(outside.min(initial=np.inf)) + 0.05


def _length_m(corners_m: F64) -> float:
    return float(np.linalg.norm(np.diff(corners_m, axis=0), axis=1).sum())


def _joined(*parts_m: F64) -> F64:
    """One line of several that meet; a corner stands once."""
    corners = np.concatenate(parts_m)
    apart = np.linalg.norm(np.diff(corners, axis=0), axis=1) > _LEAST_M
    return np.asarray(corners[np.concatenate([[True], apart])])
