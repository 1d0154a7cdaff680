"""Loitering: somebody stays in the zone without a purpose that we can see.

Standing and sauntering count after `dwell_s`; who walks briskly all the time (a dog, the bins, a guard's round), or has
come with a car, only after `BRISK` times as long. Who sits in a vehicle does not count. Waiting for a taxi looks the
same from a pole: severity is low, and medium only after `LONG` times the dwell.
"""

from dataclasses import dataclass

from firmware.config import LoiteringRule
from firmware.core.behaviour.scene import Person, Scene
from firmware.core.finding import Finding
from firmware.core.nearness import Nearness, Spot
from firmware.core.zones import Zones
from firmware.messages import AlarmKind, AlarmObject, ObjectKind, Severity

AWAY_S = 10.0
"""Out of the zone, out of sight or seated for longer than this: the next stay starts anew."""

PACE_S = 2.0
"""Pace is the way made from one of these to the next; shorter, and a jittering box would walk."""

SAUNTER_M_S = 0.8
"""Mean pace below which nobody is on the way anywhere; see STROLL_M_S in scene.py. A little more, for a mean holds
stops as well as steps."""

BRISK = 2.5
"""How many times as long somebody may stay who walks all the time: 60 s at 1.3 m/s are 78 m, more than across most
lots; 150 s are 200 m, and there is no way on a lot that long."""

LONG = 3.0
"""After so many dwells it is medium: a taxi would have come."""


@dataclass(slots=True)
class Stay:
    """Somebody's time in a zone."""

    zone: str
    since_s: float
    last_s: float
    mark: Spot
    mark_s: float
    walked_m: float = 0.0

    def see(self, spot: Spot, t_s: float, nearness: Nearness) -> None:
        """A new sighting in the zone."""
        self.last_s = t_s
        if t_s - self.mark_s >= PACE_S - 1e-6:
            self.walked_m += nearness.apart_m(self.mark, spot)
            self.mark, self.mark_s = spot, t_s

    @property
    def pace_m_s(self) -> float:
        """Mean speed over the stay."""
        return self.walked_m / max(self.mark_s - self.since_s, PACE_S)


class Loitering:
    """Stays of everybody in the zones."""

    def __init__(self, rule: LoiteringRule, zones: Zones) -> None:
        self._rule = rule
        self._zones = zones
        self._stays: dict[int, Stay] = {}

    def look(self, scene: Scene, t_s: float) -> list[Finding]:
        """Everybody who has stayed for too long and is there now."""
        self._stays = {
            who: stay for who, stay in self._stays.items() if who in scene.living and t_s - stay.last_s <= AWAY_S
        }
        findings = []
        for person in scene.people:
            zone = self._zones.where(AlarmKind.LOITERING, person.track.box)
            if zone is None or person.seated:
                continue
            stay = self._stays.get(person.id)
            if stay is None or stay.zone != zone:
                self._stays[person.id] = Stay(zone, t_s, t_s, person.spot, t_s)
                continue
            stay.see(person.spot, t_s, scene.nearness)
            findings += self._judge(person, stay)
        return findings

    def _judge(self, person: Person, stay: Stay) -> list[Finding]:
        lasted_s = stay.last_s - stay.since_s
        needed_s = self._rule.dwell_s * (BRISK if stay.pace_m_s > SAUNTER_M_S or person.of_arrival else 1.0)
        if lasted_s < needed_s:
            return []
        return [
            Finding(
                kind=AlarmKind.LOITERING,
                severity=Severity.MEDIUM if lasted_s >= LONG * self._rule.dwell_s else Severity.LOW,
                began_s=stay.since_s,
                zone=stay.zone,
                reason=f"on the lot for {lasted_s:.0f} s at {stay.pace_m_s:.1f} m/s on average",
                objects=(AlarmObject(ObjectKind.PERSON, person.id),),
                spot=person.spot,
            )
        ]
