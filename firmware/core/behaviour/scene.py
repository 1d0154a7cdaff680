"""What the rules share: who is where, how fast, beside which parked vehicle, and for how long in one spot.

Only what was really seen at this look counts (`Scene.people` and `Scene.heat` are fresh); a coasting track is nobody's
evidence. Every duration is a sum of the times between sightings, each counted for at most `LAPSE_S`, so that neither
the rate of looks nor a missed detection changes it much.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from firmware.core.nearness import Nearness, Spot, seated
from firmware.core.standstill import Standstill
from firmware.core.trail import HOT
from firmware.messages import ObjectKind, Track

REACH_M = 3.0
"""Vehicles farther than this from somebody are nobody's business."""

STROLL_M_S = 0.7
"""Slower than anybody walks past: people walk at 1.2 to 1.4 m/s, the old at 0.9 (Bohannon, Age and Ageing 26, 1997)."""

CHORD_S = 1.0
"""Speed is the way from the mean place of one such time to that of the next: feet behind a car are known to half a
metre only, and whoever jitters so stands still in the mean. A stop is noticed that much late, and credited it."""

STOP_M = 1.5
"""A stop is one place; farther on it is the next (parking spaces are 2.5 m wide)."""

LAPSE_S = 1.5
"""At most this much time is counted from one sighting to the next: the look once a second of a still lot, and half."""

UNLOADING_S = 300.0
"""So long after a vehicle came, its people are about: getting out, unloading, carrying up."""

OWN_M = 1.5
"""Who comes so near to a vehicle that came lately belongs to it: nobody else's errand starts there."""

PATH = 64
"""Sightings kept for the speed; the oldest go first. 64 are 2 s at 30 looks a second."""


@dataclass(slots=True)
class Stop:
    """Somebody stands or strolls within `STOP_M` of a spot; the time beside each vehicle that was the nearest."""

    spot: Spot
    since_s: float
    beside_s: dict[int, float] = field(default_factory=dict)


class Person:
    """Somebody, from first sight until their track is gone."""

    def __init__(self, track: Track, spot: Spot) -> None:
        self.track = track
        self.spot = spot
        self.seen_s = track.seen_s
        self.passed_s = 0.0
        """Time that counts since the sighting before."""
        self.speed_m_s = 0.0
        self.seated = False
        self.gaps_m: dict[int, float] = {}
        """Metres to each parked vehicle within `REACH_M`."""
        self.stop = Stop(spot, track.seen_s)
        self.of_arrival = False
        """Has been at a vehicle that had come lately: an owner or a guest, with something to do here."""
        self._path: deque[tuple[float, Spot]] = deque([(track.seen_s, spot)], maxlen=PATH)

    @property
    def id(self) -> int:
        """The track's."""
        return self.track.id

    @property
    def nearest(self) -> int | None:
        """The parked vehicle that is the nearest within `REACH_M`."""
        return min(self.gaps_m, key=lambda vehicle: (self.gaps_m[vehicle], vehicle), default=None)

    def see(self, track: Track, spot: Spot, nearness: Nearness) -> None:
        """A new sighting."""
        self.passed_s = min(track.seen_s - self.seen_s, LAPSE_S)
        self.track, self.spot, self.seen_s = track, spot, track.seen_s
        self._path.append((track.seen_s, spot))
        while len(self._path) > 2 and self._path[1][0] <= track.seen_s - 2 * CHORD_S:
            self._path.popleft()
        self.speed_m_s = self._speed(nearness)

    def _speed(self, nearness: Nearness) -> float:
        """Metres per second between the older and the newer half of the path."""
        half_s = self.seen_s - min(CHORD_S, (self.seen_s - self._path[0][0]) / 2)
        older = [(t_s, spot) for t_s, spot in self._path if t_s < half_s]
        newer = [(t_s, spot) for t_s, spot in self._path if t_s >= half_s]
        then_s, there = _mean(older or newer[:1])
        now_s, here = _mean(newer)
        return nearness.apart_m(there, here) / max(now_s - then_s, CHORD_S / 2)

    def beside(self, gaps_m: dict[int, float], inside: bool, nearness: Nearness) -> None:
        """Which vehicles they are beside now, and whether they sit in one."""
        self.gaps_m, self.seated = gaps_m, inside
        slow = self.speed_m_s < STROLL_M_S and not inside
        if not slow or nearness.apart_m(self.spot, self.stop.spot) > STOP_M:
            self.stop = Stop(self.spot, self.seen_s)
        elif self.nearest is not None:
            credit_s = 0.0 if self.stop.beside_s else CHORD_S
            self.stop.beside_s[self.nearest] = self.stop.beside_s.get(self.nearest, credit_s) + self.passed_s


def _mean(path: list[tuple[float, Spot]]) -> tuple[float, Spot]:
    """The mean moment and place of some sightings."""
    times_s, spots = zip(*path, strict=True)
    n = len(path)
    x, y, scale = (sum(getattr(spot, name) for spot in spots) / n for name in ("x", "y", "m_per_unit"))
    return sum(times_s) / n, Spot(x, y, scale)


class Vehicle:
    """A vehicle and its standstill."""

    def __init__(self, track: Track) -> None:
        self.track = track
        self.standstill = Standstill(track.box, track.first_s)
        self.arrived_s: float | None = None
        """When it was last seen to move; None: it has stood here as long as we look."""

    def see(self, track: Track, t_s: float) -> None:
        """A new sighting."""
        if self.standstill.see(track.box, t_s):
            self.arrived_s = t_s
        self.track = track

    def came_lately(self, t_s: float) -> bool:
        """Whether its people are still about."""
        return self.arrived_s is not None and t_s - self.arrived_s <= UNLOADING_S


class Scene:
    """The lot now."""

    def __init__(self, nearness: Nearness) -> None:
        self.nearness = nearness
        self.people: list[Person] = []
        """People who were seen at this look."""
        self.heat: list[Track] = []
        """Fire and smoke that was seen at this look."""
        self.vehicles: dict[int, Vehicle] = {}
        self.living: set[int] = set()
        """Every track that there is, seen or coasting."""
        self._known: dict[int, Person] = {}

    def parked(self, t_s: float) -> Iterator[Vehicle]:
        """Vehicles that stand; two-wheelers are not worth a prowler's or a thief's look here."""
        return (vehicle for vehicle in self.vehicles.values() if vehicle.standstill.parked(t_s))

    def came_lately(self, vehicle: int, t_s: float) -> bool:
        """Whether a vehicle that is still there has come within the last minutes."""
        return vehicle in self.vehicles and self.vehicles[vehicle].came_lately(t_s)

    def see(self, tracks: tuple[Track, ...], t_s: float) -> None:
        """Take in one look."""
        self.living = {track.id for track in tracks}
        self.people, self.heat = [], []
        for memory in (self._known, self.vehicles):
            for gone in memory.keys() - self.living:
                del memory[gone]
        self.nearness.forget(set(self.vehicles))
        for track in tracks:
            if track.seen_s != t_s:
                continue
            if track.kind is ObjectKind.PERSON:
                self._see_person(track)
            elif track.kind is ObjectKind.VEHICLE:
                self.vehicles.setdefault(track.id, Vehicle(track)).see(track, t_s)
            elif track.kind in HOT:
                self.heat.append(track)
        parked = [vehicle.track for vehicle in self.parked(t_s)]
        for person in self.people:
            gaps_m = {v.id: self.nearness.gap_m(person.track, v, REACH_M) for v in parked}
            near_m = {v: gap_m for v, gap_m in gaps_m.items() if gap_m <= REACH_M}
            inside = any(seated(person.track, v) for v in parked if v.id in near_m)
            person.beside(near_m, inside, self.nearness)
            near = person.nearest
            person.of_arrival |= near is not None and near_m[near] <= OWN_M and self.came_lately(near, t_s)

    def _see_person(self, track: Track) -> None:
        spot = self.nearness.spot(track)
        person = self._known.get(track.id)
        if person is None:
            person = self._known[track.id] = Person(track, spot)
        else:
            person.see(track, spot, self.nearness)
        self.people.append(person)
