"""From findings at every look to one alarm per incident.

One incident is one id, whoever joins and whatever it grows into: somebody who prowls and then breaks a window is one
incident, whose `kind` rises with an `update`. The kind of an incident is the gravest seen so far and never falls. So a
kind counts as raised at the first message that names it, and an incident raises each kind at most once.
"""

from dataclasses import dataclass, field
from enum import StrEnum

from firmware.core.finding import Finding
from firmware.core.nearness import Nearness, Spot
from firmware.messages import AlarmEvent, AlarmKind, AlarmObject, ObjectKind, Phase, Severity

QUIET_S = 30.0
"""An incident is over when nothing of it has been seen for so long: time to walk round a van and come back."""

UPDATE_EVERY_S = 10.0
"""At most one update in so long, except that a graver kind is told at once (at most three times in an incident)."""

SAME_PLACE_M = 10.0
"""What happens so near to an open incident belongs to it: two parking spaces to either side and the lane between."""

OBJECTS = 6
"""As many objects as fit in a message of 512 bytes."""

REASON_CHARACTERS = 90

GRAVITY = (AlarmKind.LOITERING, AlarmKind.PROWLING, AlarmKind.TAMPERING, AlarmKind.FIRE)
"""From the mildest kind to the gravest."""

URGENCY = (Severity.LOW, Severity.MEDIUM, Severity.HIGH)


class State(StrEnum):
    """How an incident stands."""

    SEEN = "seen"
    """Found, not yet told."""
    TOLD = "told"
    """The alarm centre knows all that matters."""
    CHANGED = "changed"
    """There is something to tell when an update is due."""
    QUIET = "quiet"
    """Nothing goes on now."""
    ENDED = "ended"
    """Over and told."""


class Event(StrEnum):
    """What one look means for an incident."""

    RAISE = "raise"
    SAME = "same"
    CHANGE = "change"
    TELL = "tell"
    PAUSE = "pause"
    EXPIRE = "expire"
    CLOSE = "close"


TABLE = {
    (State.SEEN, Event.RAISE): State.TOLD,
    (State.TOLD, Event.SAME): State.TOLD,
    (State.TOLD, Event.CHANGE): State.CHANGED,
    (State.TOLD, Event.PAUSE): State.QUIET,
    (State.CHANGED, Event.SAME): State.CHANGED,
    (State.CHANGED, Event.CHANGE): State.CHANGED,
    (State.CHANGED, Event.TELL): State.TOLD,
    (State.CHANGED, Event.PAUSE): State.CHANGED,
    (State.CHANGED, Event.EXPIRE): State.ENDED,
    (State.QUIET, Event.SAME): State.TOLD,
    (State.QUIET, Event.CHANGE): State.CHANGED,
    (State.QUIET, Event.PAUSE): State.QUIET,
    (State.QUIET, Event.EXPIRE): State.ENDED,
    (State.TOLD, Event.CLOSE): State.ENDED,
    (State.CHANGED, Event.CLOSE): State.ENDED,
    (State.QUIET, Event.CLOSE): State.ENDED,
}
"""(state, event) -> state. What is not listed is a bug and raises."""


def follow(state: State, event: Event) -> State:
    """The next state. Raises ValueError for a pair that cannot happen."""
    try:
        return TABLE[state, event]
    except KeyError:
        raise ValueError(f"an incident that is {state} cannot {event}") from None


@dataclass(slots=True)
class Incident:
    """One incident while it lasts."""

    id: str
    kind: AlarmKind
    severity: Severity
    began_s: float
    zone: str
    reason: str
    stirred_s: float
    told_s: float
    state: State = State.SEEN
    seq: int = 0
    graver: bool = False
    """The kind has risen since it was last told."""
    objects: dict[AlarmObject, tuple[Spot, float]] = field(default_factory=dict)
    """Who takes part, and where and when each was last found."""

    def absorb(self, finding: Finding, t_s: float) -> bool:
        """Take a finding in; True where that changes something worth telling."""
        graver = GRAVITY.index(finding.kind) > GRAVITY.index(self.kind)
        worse = URGENCY.index(finding.severity) > URGENCY.index(self.severity)
        known = min(len(self.objects), OBJECTS)
        for thing in finding.objects:
            self.objects[thing] = finding.spot, t_s
        if graver or finding.kind is self.kind:
            self.kind, self.reason, self.zone = finding.kind, finding.reason, finding.zone
        if worse:
            self.severity = finding.severity
        self.began_s = min(self.began_s, finding.began_s)
        self.stirred_s = t_s
        self.graver |= graver
        return graver or worse or min(len(self.objects), OBJECTS) > known

    def tell(self, phase: Phase, t_s: float, reason: str | None = None) -> AlarmEvent:
        """The message of one phase."""
        seq, self.seq = self.seq, self.seq + 1
        self.told_s, self.graver = t_s, False
        # Those found last first; among them people and fire before vehicles.
        order = sorted(
            self.objects, key=lambda thing: (thing.kind is ObjectKind.VEHICLE, -self.objects[thing][1], thing.track)
        )
        text = (self.reason if reason is None else reason)[:REASON_CHARACTERS]
        return AlarmEvent(
            id=self.id, seq=seq, phase=phase, kind=self.kind, severity=self.severity, t_s=t_s,
            began_s=self.began_s, zone=self.zone, reason=text, objects=tuple(order[:OBJECTS]),
        )  # fmt: skip


class Incidents:
    """All open incidents of one watch; their ids are `<watch id>-<n>`, n from 1."""

    def __init__(self, nearness: Nearness, watch_id: str) -> None:
        self._nearness = nearness
        self._watch_id = watch_id
        self._open: list[Incident] = []
        self._count = 0

    def update(self, findings: list[Finding], t_s: float) -> tuple[AlarmEvent, ...]:
        """One look's findings in, messages out."""
        events: list[AlarmEvent] = []
        stirred: dict[str, bool] = {}
        for finding in sorted(findings, key=lambda f: -GRAVITY.index(f.kind)):
            home = self._home(finding, t_s)
            if home is None:
                home = self._begin(finding, t_s)
                events.append(home.tell(Phase.NEW, t_s))
            else:
                stirred[home.id] = home.absorb(finding, t_s) or stirred.get(home.id, False)
        for incident in self._open:
            events.extend(self._advance(incident, stirred.get(incident.id), t_s))
        self._open = [incident for incident in self._open if incident.state is not State.ENDED]
        return tuple(events)

    def close(self, t_s: float) -> tuple[AlarmEvent, ...]:
        """The watch is over: every open incident ends, whatever goes on in the dark."""
        for incident in self._open:
            incident.state = follow(incident.state, Event.CLOSE)
        events = tuple(incident.tell(Phase.END, t_s, "the watch is over") for incident in self._open)
        self._open = []
        return events

    def _home(self, finding: Finding, t_s: float) -> Incident | None:
        """The open incident that a finding belongs to: one that shares an object, else the nearest in place."""
        actors = set(finding.objects)
        for incident in self._open:
            if actors & incident.objects.keys():
                return incident
        near = [
            (self._nearness.apart_m(finding.spot, spot), incident.id, incident)
            for incident in self._open
            for spot, seen_s in incident.objects.values()
            if t_s - seen_s <= QUIET_S
        ]
        nearest = min(near, key=lambda entry: entry[:2], default=None)
        return nearest[2] if nearest and nearest[0] <= SAME_PLACE_M else None

    def _begin(self, finding: Finding, t_s: float) -> Incident:
        self._count += 1
        incident = Incident(
            id=f"{self._watch_id}-{self._count}", kind=finding.kind, severity=finding.severity,
            began_s=finding.began_s, zone=finding.zone, reason=finding.reason, stirred_s=t_s, told_s=t_s,
            objects={thing: (finding.spot, t_s) for thing in finding.objects},
        )  # fmt: skip
        incident.state = follow(incident.state, Event.RAISE)
        self._open.append(incident)
        return incident

    def _advance(self, incident: Incident, changed: bool | None, t_s: float) -> list[AlarmEvent]:
        """`changed` is None where nothing of the incident was found at this look."""
        if changed is not None:
            incident.state = follow(incident.state, Event.CHANGE if changed else Event.SAME)
        elif t_s - incident.stirred_s >= QUIET_S and incident.state is not State.TOLD:
            incident.state = follow(incident.state, Event.EXPIRE)
            return [incident.tell(Phase.END, t_s, f"over: nothing seen for {t_s - incident.stirred_s:.0f} s")]
        elif t_s > incident.stirred_s:
            incident.state = follow(incident.state, Event.PAUSE)
        due = incident.graver or t_s - incident.told_s >= UPDATE_EVERY_S
        if incident.state is State.CHANGED and due:
            incident.state = follow(incident.state, Event.TELL)
            return [incident.tell(Phase.UPDATE, t_s)]
        return []
