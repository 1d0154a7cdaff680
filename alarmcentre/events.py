"""What the alarm centre's library tells: frozen records, in the order in which things happen.

`Order` is the one record that goes the other way: a command for a node.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from wire.messages import Alarm, ClipHead, Command, Health, Response, State
from wire.topics import NodeTopics


@dataclass(frozen=True, slots=True)
class Moment:
    """One instant on two clocks: `t_s` never steps, `t_utc` is what people read."""

    t_s: float
    t_utc: datetime


@dataclass(frozen=True, slots=True)
class Incoming:
    """One message as the broker delivered it. `offset` is the user property of that name."""

    topic: str
    payload: bytes
    retain: bool = False
    content_type: str = ""
    offset: str | None = None
    correlation: bytes = b""


@dataclass(frozen=True, slots=True)
class NodeState:
    """A node's state has changed, or was heard for the first time. A late Will is not told."""

    topics: NodeTopics
    state: State


@dataclass(frozen=True, slots=True)
class NodeHealth:
    """Every 60 s from each node."""

    topics: NodeTopics
    health: Health


@dataclass(frozen=True, slots=True)
class AlarmSeen:
    """One phase of an alarm, told once. `delay_s` is from when it happened until it came here."""

    topics: NodeTopics
    alarm: Alarm
    received_utc: datetime

    @property
    def delay_s(self) -> float:
        """Seconds, by the node's clock and ours."""
        return (self.received_utc - self.alarm.t_utc).total_seconds()


@dataclass(frozen=True, slots=True)
class StillSaved:
    """A still lies on disk."""

    topics: NodeTopics
    alarm: str
    path: Path
    size_bytes: int


@dataclass(frozen=True, slots=True)
class ClipProgress:
    """More of a clip can be played: the first `playable_bytes` of `path` have no hole.

    `size_bytes` is None until the clip's tail has come.
    """

    topics: NodeTopics
    alarm: str
    path: Path
    playable_bytes: int
    received_bytes: int
    size_bytes: int | None


@dataclass(frozen=True, slots=True)
class ClipComplete:
    """A clip lies on disk, whole and with the right hash."""

    topics: NodeTopics
    alarm: str
    path: Path
    size_bytes: int
    head: ClipHead


@dataclass(frozen=True, slots=True)
class ClipGivenUp:
    """A clip did not come together in spite of asking again; what has come stays in `path`."""

    topics: NodeTopics
    alarm: str
    path: Path
    received_bytes: int
    why: str


class QuietReason(StrEnum):
    """How we know."""

    LOST = "lost"
    """The broker has lost its connection (the node's Will)."""
    SILENT = "silent"
    """No health message for 150 s."""


@dataclass(frozen=True, slots=True)
class NodeQuiet:
    """A node is not heard any more; told once."""

    topics: NodeTopics
    reason: QuietReason
    since_utc: datetime | None


@dataclass(frozen=True, slots=True)
class NodeBack:
    """A node that was quiet is heard again; told once."""

    topics: NodeTopics
    quiet_s: float


@dataclass(frozen=True, slots=True)
class NodeAnswer:
    """A node's answer to a command."""

    topics: NodeTopics
    response: Response
    correlation: bytes


@dataclass(frozen=True, slots=True)
class BadMessage:
    """A message that does not keep the protocol; nothing else was done with it."""

    topic: str
    why: str


@dataclass(frozen=True, slots=True)
class CentreFault:
    """Something here is wrong (disk full, ...), told once until it changes. `why` empty: it is well again."""

    what: str
    why: str


@dataclass(frozen=True, slots=True)
class BrokerBack:
    """The connection to the broker stands."""


@dataclass(frozen=True, slots=True)
class BrokerGone:
    """There is no connection to the broker: no node can be heard. Told once."""

    why: str


Event = (
    NodeState | NodeHealth | AlarmSeen | StillSaved | ClipProgress | ClipComplete | ClipGivenUp
    | NodeQuiet | NodeBack | NodeAnswer | BadMessage | CentreFault | BrokerBack | BrokerGone
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Order:
    """A command for a node."""

    topics: NodeTopics
    command: Command


Output = Event | Order
