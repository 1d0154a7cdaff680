"""Prowling: somebody goes from car to car and looks into each.

A visit is a stop (see scene.py) of `visit_s` within `reach_m` of a parked vehicle. `vehicles` visits to different
vehicles within `window_s` are prowling. Who walks past a row of cars makes no stop. One stop is one visit, so that who
stands between two cars has not been at both. Cars that have just arrived do not count: whose car it is looks at it.
"""

from dataclasses import dataclass

from firmware.config import ProwlingRule
from firmware.core.behaviour.scene import Person, Scene, Stop
from firmware.core.boxes import overlap
from firmware.core.finding import Finding
from firmware.core.zones import Zones
from firmware.messages import AlarmKind, AlarmObject, Box, ObjectKind, Severity


@dataclass(frozen=True, slots=True)
class Visit:
    """A stop at a vehicle."""

    vehicle: int
    box: Box
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
            if zone is not None and len(visits) >= self._rule.vehicles:
                findings.append(self._finding(person, visits, zone))
        return findings

    def _count(self, person: Person, visits: list[Visit], scene: Scene, t_s: float) -> None:
        stop = person.stop
        vehicle = max(stop.beside_s, key=lambda v: (stop.beside_s[v], v), default=None)
        if vehicle is None or self._counted.get(person.id) is stop or stop.beside_s[vehicle] < self._rule.visit_s:
            return
        if person.gaps_m.get(vehicle, self._rule.reach_m + 1) > self._rule.reach_m or scene.came_lately(vehicle, t_s):
            return
        self._counted[person.id] = stop
        box = scene.vehicles[vehicle].track.box
        # By place and not by number: a car whose track was lost and found is still the same car.
        for i, visit in enumerate(visits):
            if visit.vehicle == vehicle or overlap(visit.box, box) > 0.5:
                visits[i] = Visit(vehicle, box, t_s)
                return
        visits.append(Visit(vehicle, box, t_s))

    def _finding(self, person: Person, visits: list[Visit], zone: str) -> Finding:
        began_s = min(visit.t_s for visit in visits) - self._rule.visit_s
        span_s = max(visit.t_s for visit in visits) - began_s
        many = len(visits) >= 2 * self._rule.vehicles
        who = AlarmObject(ObjectKind.PERSON, person.id)
        return Finding(
            kind=AlarmKind.PROWLING,
            severity=Severity.HIGH if many else Severity.MEDIUM,
            began_s=began_s,
            zone=zone,
            reason=f"went to {len(visits)} parked vehicles in {span_s:.0f} s",
            objects=(who, *(AlarmObject(ObjectKind.VEHICLE, visit.vehicle) for visit in visits)),
            spot=person.spot,
        )
