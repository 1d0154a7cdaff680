"""Prowling: somebody goes from car to car and looks into each.

A visit is a stop (see scene.py) of `visit_s` within `reach_m` of parked vehicles. Between two cars nobody can tell
which of them is looked into, so a visit is to one of those in reach, and the visits count as many vehicles as can be
told apart at best: the greatest matching of visits and vehicles (Kuhn, Naval Research Logistics Quarterly 2, 1955).
Where one vehicle is in reach at every stop there is no prowling: an owner goes around the own car. Who walks past a
row of cars makes no stop. Cars that have just arrived do not count: whose car it is looks at it.
"""

from dataclasses import dataclass

from firmware.config import ProwlingRule
from firmware.core.behaviour.scene import STOP_M, Person, Scene, Stop
from firmware.core.boxes import overlap
from firmware.core.finding import Finding
from firmware.core.nearness import Spot
from firmware.core.zones import Zones
from firmware.messages import AlarmKind, AlarmObject, Box, ObjectKind, Severity


@dataclass(frozen=True, slots=True)
class Visit:
    """A stop, and the vehicles in reach of it: by track, the box that each had."""

    spot: Spot
    vehicles: dict[int, Box]
    t_s: float


class Prowling:
    """Visits of everybody who is about."""

    def __init__(self, rule: ProwlingRule, zones: Zones) -> None:
        self._rule = rule
        self._zones = zones
        self._visits: dict[int, list[Visit]] = {}
        self._counted: dict[int, Stop] = {}

    def look(self, scene: Scene, t_s: float) -> list[Finding]:
        """Everybody who has been at too many vehicles."""
        for gone in self._visits.keys() - scene.living:
            del self._visits[gone]
            self._counted.pop(gone, None)
        findings = []
        for person in scene.people:
            zone = self._zones.where(AlarmKind.PROWLING, person.track.box)
            visits = self._visits.setdefault(person.id, [])
            if zone is not None:
                self._count(person, visits, scene, t_s)
            visits[:] = [visit for visit in visits if t_s - visit.t_s <= self._rule.window_s]
            visited = apart(visits)
            if zone is not None and len(visited) >= self._rule.vehicles:
                findings.append(self._finding(person, visits, visited, zone))
        return findings

    def _count(self, person: Person, visits: list[Visit], scene: Scene, t_s: float) -> None:
        stop = person.stop
        if self._counted.get(person.id) is stop or sum(stop.beside_s.values()) < self._rule.visit_s:
            return
        near = [v for v, gap_m in person.gaps_m.items() if gap_m <= self._rule.reach_m and v in scene.vehicles]
        if not near or any(scene.came_lately(v, t_s) for v in near):
            return
        self._counted[person.id] = stop
        vehicles = {_as_before(v, scene.vehicles[v].track.box, visits): scene.vehicles[v].track.box for v in near}
        # A place counts once, however often somebody comes back to it.
        visits[:] = [visit for visit in visits if scene.nearness.apart_m(visit.spot, person.spot) > STOP_M]
        visits.append(Visit(person.spot, vehicles, t_s))

    def _finding(self, person: Person, visits: list[Visit], visited: tuple[int, ...], zone: str) -> Finding:
        began_s = min(visit.t_s for visit in visits) - self._rule.visit_s
        span_s = max(visit.t_s for visit in visits) - began_s
        who = AlarmObject(ObjectKind.PERSON, person.id)
        return Finding(
            kind=AlarmKind.PROWLING,
            severity=Severity.HIGH if len(visited) >= 2 * self._rule.vehicles else Severity.MEDIUM,
            began_s=began_s,
            zone=zone,
            reason=f"went to {len(visited)} parked vehicles in {span_s:.0f} s",
            objects=(who, *(AlarmObject(ObjectKind.VEHICLE, vehicle) for vehicle in visited)),
            spot=person.spot,
        )


def apart(visits: list[Visit]) -> tuple[int, ...]:
    """The vehicles that were visited, one for each visit as far as that can be; none where one explains them all."""
    if not visits or set.intersection(*(set(visit.vehicles) for visit in visits)):
        return ()
    taken: dict[int, Visit] = {}

    def place(visit: Visit, tried: set[int]) -> bool:
        """Find a vehicle for a visit, moving earlier visits to others of theirs where need be."""
        for vehicle in visit.vehicles:
            if vehicle in tried:
                continue
            tried.add(vehicle)
            if vehicle not in taken or place(taken[vehicle], tried):
                taken[vehicle] = visit
                return True
        return False

    for visit in visits:
        place(visit, set())
    return tuple(sorted(taken, key=lambda vehicle: taken[vehicle].t_s))


def _as_before(vehicle: int, box: Box, visits: list[Visit]) -> int:
    """By place and not by number: a car whose track was lost and found is still the same car."""
    for visit in visits:
        for known, its_box in visit.vehicles.items():
            if known == vehicle or overlap(its_box, box) > 0.5:
                return known
    return vehicle
