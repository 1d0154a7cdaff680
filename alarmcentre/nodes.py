"""Which nodes are heard and which are quiet. Pure: time is an argument."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from alarmcentre.events import Event, Moment, NodeBack, NodeHealth, NodeQuiet, NodeState, QuietReason
from wire.errors import WireError
from wire.messages import Health, State
from wire.topics import NodeTopics

# Health comes every 60 s: two may be lost on a poor link, and a third be a little late.
QUIET_S = 150.0
# A broker with our ACL lets only nodes with certificates in; this bounds memory all the same.
NODES_LIMIT = 10_000


class Presence(StrEnum):
    """What we know about a node's being there."""

    UNKNOWN = "unknown"
    PRESENT = "present"
    QUIET = "quiet"


class Sign(StrEnum):
    """What tells us about it."""

    ALIVE = "alive"
    LOST = "lost"
    SILENT = "silent"


PRESENCE: dict[tuple[Presence, Sign], Presence] = {
    (Presence.UNKNOWN, Sign.ALIVE): Presence.PRESENT,
    (Presence.UNKNOWN, Sign.LOST): Presence.QUIET,
    (Presence.UNKNOWN, Sign.SILENT): Presence.QUIET,
    (Presence.PRESENT, Sign.ALIVE): Presence.PRESENT,
    (Presence.PRESENT, Sign.LOST): Presence.QUIET,
    (Presence.PRESENT, Sign.SILENT): Presence.QUIET,
    (Presence.QUIET, Sign.ALIVE): Presence.PRESENT,
    (Presence.QUIET, Sign.LOST): Presence.QUIET,
    (Presence.QUIET, Sign.SILENT): Presence.QUIET,
}


@dataclass(slots=True)
class NodeRecord:
    """What is known about one node."""

    topics: NodeTopics
    heard_s: float
    heard_utc: datetime | None = None
    presence: Presence = Presence.UNKNOWN
    birth: int = 0
    state: State | None = None
    health: Health | None = None


class NodeWatch:
    """All nodes that were ever heard.

    While there is no connection to the broker nothing is said about nodes: it is we who are deaf.
    """

    def __init__(self) -> None:
        self._nodes: dict[NodeTopics, NodeRecord] = {}
        self._deaf = True

    @property
    def nodes(self) -> tuple[NodeRecord, ...]:
        """The records, for those who want to look; not to be changed."""
        return tuple(self._nodes.values())

    def hear_state(self, topics: NodeTopics, state: State, retain: bool, at: Moment) -> tuple[Event, ...]:
        """Birth, change of state or Will. Raises WireError where there are too many nodes."""
        record = self._record(topics, at)
        if state.state == "lost" and state.birth < record.birth:
            return ()  # A late Will: the node has connected again since, and will say so on this topic itself.
        news = state != record.state
        record.state, record.birth = state, state.birth
        told: list[Event] = [NodeState(topics, state)] if news else []
        if state.state == "lost":
            told += self._sign(record, Sign.LOST, at)
        elif news or not retain:
            told += self._sign(record, Sign.ALIVE, at, None if retain else at.t_utc)
        return tuple(told)

    def hear_health(self, topics: NodeTopics, health: Health, retain: bool, at: Moment) -> tuple[Event, ...]:
        """A retained one is from some time ago: it tells how the node was, but does not bring a quiet one back."""
        record = self._record(topics, at)
        news = health != record.health
        record.health = health
        told: list[Event] = [NodeHealth(topics, health)] if news else []
        if not retain or (news and record.presence is not Presence.QUIET):
            told += self._sign(record, Sign.ALIVE, at, health.t_utc if retain else at.t_utc)
        return tuple(told)

    def connected(self, at: Moment) -> None:
        """We hear again; each node gets its time anew."""
        self._deaf = False
        for record in self._nodes.values():
            if record.presence is not Presence.QUIET:
                record.heard_s = at.t_s

    def disconnected(self) -> None:
        """We are deaf."""
        self._deaf = True

    def tick(self, at: Moment) -> tuple[Event, ...]:
        """Whoever has been silent for too long."""
        if self._deaf:
            return ()
        silent = [
            record
            for record in self._nodes.values()
            if record.presence is not Presence.QUIET and at.t_s - record.heard_s >= QUIET_S
        ]
        return tuple(event for record in silent for event in self._sign(record, Sign.SILENT, at))

    def _record(self, topics: NodeTopics, at: Moment) -> NodeRecord:
        record = self._nodes.get(topics)
        if record is None:
            if len(self._nodes) >= NODES_LIMIT:
                raise WireError(f"more than {NODES_LIMIT} nodes; {topics.base} is not taken")
            record = self._nodes[topics] = NodeRecord(topics, at.t_s)
        return record

    def _sign(self, record: NodeRecord, sign: Sign, at: Moment, heard_utc: datetime | None = None) -> tuple[Event, ...]:
        before, record.presence = record.presence, PRESENCE[record.presence, sign]
        quiet_s = at.t_s - record.heard_s
        if sign is Sign.ALIVE:
            record.heard_s, record.heard_utc = at.t_s, heard_utc or record.heard_utc
        if before is not Presence.QUIET and record.presence is Presence.QUIET:
            reason = QuietReason.LOST if sign is Sign.LOST else QuietReason.SILENT
            return (NodeQuiet(record.topics, reason, record.heard_utc),)
        if before is Presence.QUIET and record.presence is Presence.PRESENT:
            return (NodeBack(record.topics, quiet_s),)
        return ()
