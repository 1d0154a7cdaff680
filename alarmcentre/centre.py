"""The centre's rules: messages in, events and orders out. No network, no clock of its own; disk for what must last.

An alarm is safe on disk before its receipt is ordered, and it is told once, also over a restart. Rubbish gives a
BadMessage and touches nothing. A disk that fails costs receipts and pictures, never the sight of an alarm.
"""

from collections import OrderedDict
from pathlib import Path

from alarmcentre.album import Album
from alarmcentre.clips import ClipDesk
from alarmcentre.errors import JournalError
from alarmcentre.events import AlarmSeen, BadMessage, CentreFault, Incoming, Moment, NodeAnswer, Order, Output
from alarmcentre.journal import Journal
from alarmcentre.nodes import NodeRecord, NodeWatch
from wire.errors import WireError
from wire.messages import Alarm, Health, Received, Response, State, decode
from wire.topics import Address, parse

# Messages in JSON are a few hundred bytes; nothing above this is looked at.
JSON_LIMIT_BYTES = 8 * 1024
# So many alarms that could not be made safe are remembered, so that their repeats are not told again.
UNSAFE_LIMIT = 10_000

_TO_DISK = frozenset({"alarm", "still", "clip"})

FILTERS = tuple(f"nattvakt/v1/+/+/{end}" for end in ("state", "health", "alarm", "still/+", "clip/+", "rsp"))
"""What a centre subscribes to."""


class Centre:
    """One alarm centre, with its files in `folder`. Raises CentreError where the folder cannot be used."""

    def __init__(self, folder: Path) -> None:
        self._journal = Journal(folder)
        album = Album(folder, self._journal)
        self._album = album
        self._clips = ClipDesk(album)
        self._watch = NodeWatch()
        self._unsafe: OrderedDict[tuple[str, str, str, int], None] = OrderedDict()
        self._broken_disk = False
        self._failed = False

    @property
    def nodes(self) -> tuple[NodeRecord, ...]:
        """All nodes that were heard, as they are now."""
        return self._watch.nodes

    def take(self, incoming: Incoming, at: Moment) -> tuple[Output, ...]:
        """What one message leads to, in order."""
        self._failed = False
        try:
            address = parse(incoming.topic)
            return (*self._route(address, incoming, at), *self._well(address))
        except WireError as error:
            return (BadMessage(incoming.topic[:300], str(error)),)
        except (OSError, JournalError) as error:
            return self._broken(error)

    def tick(self, at: Moment) -> tuple[Output, ...]:
        """What the passing of time leads to; call it about once a second while the broker is heard."""
        return (*self._watch.tick(at), *self._clips.tick(at))

    def connected(self, at: Moment) -> None:
        """The broker is heard."""
        self._watch.connected(at)
        self._clips.connected(at)

    def disconnected(self) -> None:
        """The broker is not heard."""
        self._watch.disconnected()

    def untold(self) -> tuple[AlarmSeen, ...]:
        """Alarms that an earlier run made safe but died before telling. Raises JournalError."""
        return self._journal.untold()

    def told(self, seen: AlarmSeen) -> tuple[Output, ...]:
        """The application has dealt with an alarm."""
        try:
            self._journal.told(seen)
        except JournalError as error:
            return self._broken(error)
        return ()

    def close(self) -> None:
        """Everything is on disk. Idempotent."""
        self._clips.close()
        self._journal.close()

    def _route(self, address: Address, incoming: Incoming, at: Moment) -> tuple[Output, ...]:
        topics, alarm = address.topics, address.alarm
        if address.channel == "clip" and alarm is not None:
            return self._clips.take(topics, alarm, incoming, at)
        if address.channel == "still" and alarm is not None:
            still = self._album.save_still(topics, alarm, incoming.payload, at)
            return (still,) if still else ()
        if len(incoming.payload) > JSON_LIMIT_BYTES:
            raise WireError(f"{len(incoming.payload)} bytes; a message of this kind has at most {JSON_LIMIT_BYTES}")
        if address.channel == "alarm":
            return self._alarm(AlarmSeen(topics, decode(incoming.payload, Alarm), at.t_utc))
        if address.channel == "state":
            return self._watch.hear_state(topics, decode(incoming.payload, State), incoming.retain, at)
        if address.channel == "health":
            return self._watch.hear_health(topics, decode(incoming.payload, Health), incoming.retain, at)
        if address.channel == "rsp":
            return (NodeAnswer(topics, decode(incoming.payload, Response), incoming.correlation),)
        raise WireError(f"the alarm centre does not listen to the channel {address.channel!r}")

    def _alarm(self, seen: AlarmSeen) -> tuple[Output, ...]:
        alarm = seen.alarm
        key = (seen.topics.site, seen.topics.node, alarm.id, alarm.seq)
        try:
            new = self._journal.record(seen)
        except JournalError as error:
            # Not safe, so no receipt: the node repeats it. But somebody should look at it now.
            fault = self._broken(error)
            if key in self._unsafe:
                return fault
            self._unsafe[key] = None
            if len(self._unsafe) > UNSAFE_LIMIT:
                self._unsafe.popitem(last=False)
            return (seen, *fault)
        receipt = Order(seen.topics, Received(alarm=alarm.id, seq=alarm.seq))
        if key in self._unsafe:
            del self._unsafe[key]
            return (receipt, *self.told(seen))
        return (receipt, seen) if new else (receipt,)

    def _broken(self, error: OSError | JournalError) -> tuple[Output, ...]:
        self._failed = True
        if self._broken_disk:
            return ()
        self._broken_disk = True
        return (CentreFault("storage", str(error)),)

    def _well(self, address: Address) -> tuple[Output, ...]:
        """Only what has just gone to disk can tell that the disk is well again."""
        if self._failed or not self._broken_disk or address.channel not in _TO_DISK:
            return ()
        self._broken_disk = False
        return (CentreFault("storage", ""),)
