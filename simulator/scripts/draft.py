"""A play while it is written: who comes, what drives, burns and shines, and what of it is an incident."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeVar

import numpy as np

from simulator.conditions import Condition
from simulator.lots.lot import Lot
from simulator.optics import F64
from simulator.people import cast
from simulator.play import (
    Activity,
    Blaze,
    CameraEvent,
    Drifter,
    Drive,
    Incident,
    IncidentKind,
    LampUse,
    Play,
    Puff,
    Role,
    Species,
)
from simulator.scripts.itinerary import Itinerary
from simulator.scripts.sites import DOOR, Sites, Spot, sites_of
from simulator.vehicles.vehicle import Vehicle

PEOPLE = 101
FIRES = 200
ANIMALS = 300
THINGS = 400

_OUTSIDE_M = 1.5
_SAMPLE_M = 0.5
_FAR_ENTRY_M = 45.0
_T = TypeVar("_T")


class NoPlaceError(Exception):
    """A lot has no place for an activity (no car out that could come home, no gap wide enough). Nights try another."""


@dataclass
class Draft:
    """`away`: vehicles that are out when the play begins (None: nobody has said; a script may send any out)."""

    lot: Lot
    condition: Condition
    rng: np.random.Generator
    away: frozenset[int] | None = None
    roles: list[Role] = field(default_factory=list)
    drives: list[Drive] = field(default_factory=list)
    lamps: list[LampUse] = field(default_factory=list)
    blazes: list[Blaze] = field(default_factory=list)
    puffs: list[Puff] = field(default_factory=list)
    drifters: list[Drifter] = field(default_factory=list)
    camera: list[CameraEvent] = field(default_factory=list)
    incidents: list[Incident] = field(default_factory=list)
    used: set[int] = field(default_factory=set)
    duration_s: float = 0.0
    _people: int = 0
    _animals: int = 0

    @cached_property
    def sites(self) -> Sites:
        """The lot's places."""
        return sites_of(self.lot)

    # Chance

    def between(self, low: float, high: float) -> float:
        """A number between two."""
        return float(self.rng.uniform(low, high))

    def count(self, low: int, high: int) -> int:
        """A whole number, both ends included."""
        return int(self.rng.integers(low, high + 1))

    def chance(self, share: float) -> bool:
        """True in so many cases."""
        return bool(self.rng.random() < share)

    def pick(self, choices: Sequence[_T]) -> _T:
        """One of them. NoPlaceError: there is none."""
        if not choices:
            raise NoPlaceError("nothing to choose from")
        return choices[int(self.rng.integers(len(choices)))]

    def shuffled(self, choices: Sequence[_T]) -> list[_T]:
        """All of them in some order."""
        return [choices[int(i)] for i in self.rng.permutation(len(choices))]

    # Places

    @property
    def parked(self) -> tuple[Vehicle, ...]:
        """Cars that stand in their bays and nobody in this play uses yet."""
        out = self.used | (self.away or frozenset())
        return tuple(car for car in self.sites.cars if car.number not in out)

    def plain_spots(self, station: float = DOOR, margin: float = 0.05) -> list[Spot]:
        """One spot beside each parked car where the camera sees somebody, best side first; in random order."""
        found = []
        for car in self.shuffled(self.parked):
            spots = [self.sites.beside(car, side, station) for side in self.sites.sides(car)]
            found += [spot for spot in spots if self.sites.plain(spot.place_m, margin)][:1]
        return found

    def spot(self, station: float = DOOR) -> Spot:
        """Beside some car that the camera sees well, or as well as may be. The car is then in use."""
        spots = self.plain_spots(station, 0.08) or self.plain_spots(station, 0.0) or self.any_spots(station)
        chosen = self.pick(spots[:6])
        self.used.add(chosen.vehicle.number)
        return chosen

    def any_spots(self, station: float = DOOR) -> list[Spot]:
        """Beside cars whether seen or not."""
        return [
            self.sites.beside(car, side, station)
            for car in self.shuffled(self.parked)
            for side in self.sites.sides(car, 0.5)[:1]
        ]

    def in_lane(self, plain: bool = True) -> F64:
        """A random point of a lane, that the camera sees if it may be."""
        left, _, right, _ = self.lot.ground_m
        edges = np.array([lane.y_m for lane in self.lot.lanes])[self.rng.integers(len(self.lot.lanes), size=40)]
        y = edges[:, 0] + self.rng.uniform(0.2, 0.8, 40) * (edges[:, 1] - edges[:, 0])
        points = np.stack([self.rng.uniform(left, right, 40), y], axis=-1)
        for point in points[self.sites.in_picture(points, 0.08)] if plain else points:
            if self.sites.plain(point, 0.08) and self.sites.ways.clearance_m(point) > 0.5:
                return np.asarray(point)
        return np.asarray(points[0])

    # People

    def enter(
        self,
        start_s: float,
        speed_m_s: float,
        towards_m: F64 | None = None,
        gait: Activity = Activity.WALK,
        guise: str = "any",
    ) -> Itinerary:
        """Somebody comes on foot from one of the lot's entries, and is first seen some steps outside the picture.

        They have walked to `towards_m`, or are at the picture's edge on the way into the lot.
        """
        way = self.way_in(towards_m)
        trip = self.somebody(way[0], start_s, speed_m_s, gait, guise)
        if towards_m is not None:
            trip.walk(*way[1:])
        else:
            trip.walk(*_first_metres(way, 4.0)[1:])
        return trip

    def way_in(self, towards_m: F64 | None = None, from_m: F64 | None = None) -> F64:
        """A way on foot [n, 2] from just outside the picture (on the way from some entry, or from `from_m`) to a ground
        point, or to some place in a lane."""
        goal = self.in_lane() if towards_m is None else np.asarray(towards_m)
        return self._from_outside(self.sites.ways.find(self.entry(goal) if from_m is None else from_m, goal))

    def somebody(
        self,
        place_m: F64,
        start_s: float,
        speed_m_s: float,
        gait: Activity = Activity.WALK,
        guise: str = "any",
    ) -> Itinerary:
        """Somebody who appears at a place (out of a door or a car, or outside the picture)."""
        number = PEOPLE + self._people
        self._people += 1
        seed = int(self.rng.integers(1, 2**31))
        place = np.asarray(place_m, dtype=np.float64)
        return Itinerary(number, seed, self.sites.ways, place, start_s, speed_m_s, gait, guise)

    def animal(self, species: Species, place_m: F64, start_s: float, speed_m_s: float) -> Itinerary:
        """An animal at a place."""
        number = ANIMALS + self._animals
        self._animals += 1
        seed = int(self.rng.integers(1, 2**31))
        place = np.asarray(place_m, dtype=np.float64)
        return Itinerary(number, seed, self.sites.ways, place, start_s, speed_m_s, species=species)

    def leave(self, trip: Itinerary, speed_m_s: float | None = None, gait: Activity | None = None) -> None:
        """Walk out of the picture by one of the entries; that is the last act."""
        way = self.sites.ways.find(trip.place_m, self.entry(trip.place_m))
        out = self._from_outside(way[::-1])[::-1]
        if len(out) > 1:
            trip.walk(*out[1:], speed_m_s=speed_m_s, gait=gait)
        self.done(trip)

    def done(self, trip: Itinerary) -> None:
        """That is all they do."""
        if trip.acts:
            self.roles.append(trip.role())

    def entered_s(self, trip: Itinerary, margin_m: float = 0.6) -> float:
        """When somebody who is still acting first came into the lot's rectangle; now, where they have not."""
        left, near, right, far = self.lot.ground_m
        times = np.arange(trip.acts[0].start_s, trip.now_s, 0.1)
        if not len(times):
            return trip.now_s
        place = cast.place(trip.role(), times)
        inside = (place > [left - margin_m, near - margin_m]) & (place < [right + margin_m, far + margin_m])
        seen = np.flatnonzero(inside.all(axis=1) & self.sites.touches_picture(place))
        return float(times[seen[0]]) if len(seen) else trip.now_s

    # Everything else

    def incident(
        self, kind: IncidentKind, began_s: float, known_s: float, end_s: float, reason: str, *objects: int
    ) -> None:
        """What ought to be told; `known_s`: it has lasted long enough."""
        self.incidents.append(Incident(kind, began_s, known_s, end_s, reason, tuple(objects)))

    def lamp(self, vehicle: Vehicle, lamp: str, start_s: float, end_s: float) -> None:
        """A vehicle's lamp shines for a while."""
        self.lamps.append(LampUse(vehicle.number, lamp, start_s, end_s))
        self.used.add(vehicle.number)

    def blaze(self, place_m: F64, start_s: float, height_m: float, growth_s: float, **more: float) -> Blaze:
        """A fire at a point [3]."""
        x, y, z = (float(value) for value in place_m)
        fire = Blaze(FIRES + len(self.blazes), (x, y, z), start_s, height_m, growth_s, **more)
        self.blazes.append(fire)
        return fire

    def play(self, tail_s: float = 2.0) -> Play:
        """All of it; it ends `tail_s` after the last act, or at `duration_s` where that is later."""
        ends = [role.end_s for role in self.roles] + [incident.end_s for incident in self.incidents]
        ends += [use.end_s for use in self.lamps]
        duration = max([end + tail_s for end in ends] + [self.duration_s])
        return Play(
            duration,
            tuple(sorted(self.roles, key=lambda role: role.number)),
            tuple(sorted(self.drives, key=lambda drive: drive.start_s)),
            tuple(self.lamps),
            tuple(self.blazes),
            tuple(self.puffs),
            tuple(self.drifters),
            tuple(self.camera),
            tuple(sorted(self.incidents, key=lambda incident: incident.began_s)),
        )

    def entry(self, near_m: F64) -> F64:
        """An entry on foot, not too far away."""
        entries = [np.array(entry) for entry in self.lot.entries]
        if not entries:
            lane = self.pick(self.lot.lanes)
            return np.array([lane.mouth_x_m, sum(lane.y_m) / 2])
        near = [entry for entry in entries if np.linalg.norm(entry - near_m) < _FAR_ENTRY_M]
        nearest = min(entries, key=lambda entry: float(np.linalg.norm(entry - near_m)))
        return self.pick(near) if near else nearest

    def _from_outside(self, way_m: F64) -> F64:
        """A way without most of its first part, which the camera does not see."""
        points = _first_metres(way_m, 1e9, _SAMPLE_M)
        seen = np.flatnonzero(self.sites.touches_picture(points))
        if not len(seen):
            return way_m
        first = max(0, int(seen[0]) - round(_OUTSIDE_M / _SAMPLE_M) - 1)
        if first == 0:
            return way_m
        along = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(way_m, axis=0), axis=1))])
        cut = float(np.linalg.norm(np.diff(points[: first + 1], axis=0), axis=1).sum())
        return np.concatenate([points[first : first + 1], way_m[along > cut + 0.05]])


def _first_metres(way_m: F64, long_m: float, step_m: float | None = None) -> F64:
    """The first metres of a line [n, 2]; with `step_m`, as points so far apart."""
    lengths = np.linalg.norm(np.diff(way_m, axis=0), axis=1)
    along = np.concatenate([[0.0], np.cumsum(lengths)])
    end = min(long_m, float(along[-1]))
    if step_m is None:
        at = np.concatenate([along[along < end - 0.05], [end]])
    else:
        at = np.unique(np.concatenate([np.arange(0.0, end, step_m), along[along < end], [end]]))
    return np.stack([np.interp(at, along, way_m[:, 0]), np.interp(at, along, way_m[:, 1])], axis=-1)
