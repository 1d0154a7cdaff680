"""Tampering: somebody stays at one parked vehicle and neither gets in nor drives off.

What boxes alone cannot tell: whether it is the owner who scrapes ice, changes a wheel or loads for longer than
`dwell_s` a car that has stood for long. That needs hands (a later issue). Until then severity is medium, and high
only after `LONG` times the dwell or at a second vehicle; an arrival's unloading is known by the car's arrival.
"""

from dataclasses import dataclass

from firmware.config import TamperingRule
from firmware.core.behaviour.scene import OWN_M, STROLL_M_S, Person, Scene
from firmware.core.finding import Finding
from firmware.core.zones import Zones
from firmware.messages import AlarmKind, AlarmObject, ObjectKind, Severity

SLACK_M = 0.3
"""Who has come near is still there this much farther off: a step back is not leaving."""

AWAY_S = 5.0
"""Who was elsewhere for longer has left; the next stay starts anew."""

HIDDEN_S = 12.0
"""Who was not seen at all for longer has left; a shorter time they may have bent down behind the vehicle."""

PATIENCE = 5.0
"""At a vehicle that came lately (scene.py, `UNLOADING_S`) it takes so many dwells: a minute instead of 12 s."""

LONG = 3.0
"""After so many dwells it is high: nobody looks for a key for so long."""


@dataclass(slots=True)
class Stay:
    """Somebody's time at one vehicle."""

    since_s: float
    last_s: float
    near_s: float = 0.0
    named: bool = False
    """It has been told of: between two cars, the same one stays the one at issue."""


class Tampering:
    """Stays of everybody at everything."""

    def __init__(self, rule: TamperingRule, zones: Zones) -> None:
        self._rule = rule
        self._zones = zones
        self._stays: dict[tuple[int, int], Stay] = {}

    def look(self, scene: Scene, t_s: float) -> list[Finding]:
        """Everybody who has been at one vehicle for too long and is there now."""
        self._leave(scene, t_s)
        findings = []
        for person in scene.people:
            self._count(person, t_s)
            finding = self._judge(person, scene, t_s)
            if finding is not None:
                findings.append(finding)
        return findings

    def _leave(self, scene: Scene, t_s: float) -> None:
        fresh = {person.id for person in scene.people}
        for (person, vehicle), stay in list(self._stays.items()):
            gone = person not in scene.living or vehicle not in scene.living
            patience_s = AWAY_S if person in fresh else HIDDEN_S
            if gone or t_s - stay.last_s > patience_s:
                del self._stays[person, vehicle]

    def _count(self, person: Person, t_s: float) -> None:
        """Time at every vehicle in reach; between two cars it runs for both, and the nearer one is named. Who walks
        past spends none."""
        if person.seated or person.speed_m_s >= STROLL_M_S:
            return
        for vehicle, gap_m in person.gaps_m.items():
            stay = self._stays.get((person.id, vehicle))
            if gap_m > self._rule.reach_m + (SLACK_M if stay else 0.0):
                continue
            if stay is None:
                self._stays[person.id, vehicle] = Stay(t_s, t_s)
            else:
                stay.near_s += min(person.passed_s, t_s - stay.last_s)
                stay.last_s = t_s

    def _judge(self, person: Person, scene: Scene, t_s: float) -> Finding | None:
        zone = self._zones.where(AlarmKind.TAMPERING, person.track.box)
        over = {
            vehicle: stay
            for (who, vehicle), stay in self._stays.items()
            if who == person.id and stay.last_s == t_s and stay.near_s >= self._dwell_s(person, vehicle, scene, t_s)
        }
        if zone is None or not over:
            return None
        vehicle = min(over, key=lambda v: (not over[v].named, person.gaps_m[v], v))
        stay = over[vehicle]
        stay.named = True
        high = stay.near_s >= LONG * self._dwell_s(person, vehicle, scene, t_s)
        return Finding(
            kind=AlarmKind.TAMPERING,
            severity=Severity.HIGH if high else Severity.MEDIUM,
            began_s=stay.since_s,
            zone=zone,
            reason=f"at one parked vehicle for {stay.near_s:.0f} s",
            objects=(AlarmObject(ObjectKind.PERSON, person.id), AlarmObject(ObjectKind.VEHICLE, vehicle)),
            spot=person.spot,
        )

    def _dwell_s(self, person: Person, vehicle: int, scene: Scene, t_s: float) -> float:
        """Longer at a vehicle that came lately, and at its neighbour while both are in reach (a door between them)."""
        within = [v for v, gap_m in person.gaps_m.items() if gap_m <= OWN_M]
        unloading = any(scene.came_lately(v, t_s) for v in (vehicle, *within))
        return self._rule.dwell_s * (PATIENCE if unloading else 1.0)
