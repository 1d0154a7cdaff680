"""The stage for scenes about `link`: stores, a node's voice, a link process that can be killed, and an alarm centre."""

import threading
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from firmware.config import BrokerConfig
from firmware.core.delivery import Pace
from firmware.core.media_delivery import ClipStock
from firmware.drivers.media_sqlite import MediaShelf, MediaStore
from firmware.drivers.node_socket import NodeSocket
from firmware.drivers.outbox_sqlite import Outbox
from firmware.local import Report
from provisioning.authority import Identity
from provisioning.broker import Broker
from tests.faults.link_process import Child, LinkOrder, Nursery, Stores, WriteOrder
from tests.mqtt_probe import Probe
from wire.messages import Alarm, Health, Received, State, decode, encode
from wire.topics import NodeTopics

NODE = "n01"
TOPICS = NodeTopics("lot", NODE)
WATCHING = Report(
    state="watching", since_utc=datetime(2026, 11, 24, 19, tzinfo=UTC), firmware="0.1.0", clock_trusted=True
)


def alarm(number: int, seq: int = 0, t_utc: datetime | None = None) -> Alarm:
    """The `seq`-th phase of the `number`-th alarm."""
    t_utc = t_utc or datetime.now(UTC)
    return Alarm(
        id=f"watch-{number}",
        seq=seq,
        phase=("new", "update", "end")[min(seq, 2)],
        kind="prowling",
        severity="medium",
        t_utc=t_utc.replace(microsecond=t_utc.microsecond // 1000 * 1000),
        zone="lot",
        reason="third car in two minutes",
    )


def ref(one: Alarm) -> tuple[str, int]:
    return one.id, one.seq


class Centre:
    """An alarm centre as small as can be: each phase once to the application, and a receipt each time it comes.

    `loses` says of a delivery (the alarm, and the how-many-eth time it came) that its receipt gets lost.
    """

    def __init__(self, probe: Probe, loses: Callable[[Alarm, int], bool] = lambda _alarm, _time: False) -> None:
        self.probe = probe
        self.application: list[Alarm] = []
        self.deliveries: Counter[tuple[str, int]] = Counter()
        self._loses = loses
        self._changed = threading.Condition()
        self._heard = 0
        self._closing = False
        probe.subscribe(f"{TOPICS.base}/#")
        self._connects = probe.connects
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def close(self) -> None:
        self._closing = True
        self._thread.join()

    def wait(self, ready: Callable[[], bool], what: str, deadline_s: float = 30.0) -> None:
        with self._changed:
            assert self._changed.wait_for(ready, deadline_s), f"waited {deadline_s} s in vain for {what}"

    def wait_for_alarms(self, count: int, deadline_s: float = 30.0) -> None:
        self.wait(lambda: len(self.application) >= count, f"{count} alarms", deadline_s)

    def states(self) -> list[State]:
        return [decode(one.payload, State) for one in self.probe.heard if one.topic == TOPICS.state]

    def healths(self) -> list[Health]:
        return [decode(one.payload, Health) for one in self.probe.heard if one.topic == TOPICS.health]

    def wait_for_state(self, right: Callable[[State], bool], what: str, deadline_s: float = 30.0) -> None:
        """Until the last state that was heard is right."""
        self.wait(lambda: any(right(state) for state in self.states()[-1:]), what, deadline_s)

    def _run(self) -> None:
        while not self._closing:
            heard = self._news()
            for one in heard:
                if one[0] == TOPICS.alarm:
                    self._take(decode(one[1], Alarm))
            if self.probe.connects != self._connects:
                # A broker may have forgotten its subscribers.
                self._connects = self.probe.connects
                self.probe.client.subscribe(f"{TOPICS.base}/#", 1)
            with self._changed:
                self._changed.notify_all()

    def _news(self) -> list[tuple[str, bytes]]:
        probe = self.probe
        with probe._changed:
            probe._changed.wait_for(lambda: len(probe.heard) > self._heard, 0.2)
            heard = [(one.topic, one.payload) for one in probe.heard[self._heard :]]
            self._heard += len(heard)
        return heard

    def _take(self, one: Alarm) -> None:
        self.deliveries[ref(one)] += 1
        if self.deliveries[ref(one)] == 1:
            self.application.append(one)
        if not self._loses(one, self.deliveries[ref(one)]):
            self.probe.client.publish(TOPICS.command, encode(Received(alarm=one.id, seq=one.seq)), 1)


@dataclass
class Stage:
    """Folders, broker and the node's certificate; starts, ends and kills links."""

    folder: Path
    ram: Path
    broker: Broker
    identity: Identity
    stack: ExitStack
    nursery: Nursery
    pace: Pace = field(default_factory=lambda: Pace(resend_s=(1.0, 2.0, 3.0)))
    will_delay_s: int = 1
    link: Child | None = None
    starts: int = 0

    @property
    def stores(self) -> Stores:
        ram = self.ram
        return Stores(self.folder / "outbox.sqlite", ram / "spare.sqlite", ram / "media.sqlite", ram / "node.sock")

    @property
    def order(self) -> LinkOrder:
        who = self.identity
        broker = BrokerConfig(
            host=self.broker.host, port=self.broker.port, ca=str(who.ca), cert=str(who.cert), key=str(who.key)
        )
        return LinkOrder(self.folder, self.stores, broker, TOPICS, self.pace, self.will_delay_s)

    @property
    def log(self) -> str:
        path = self.folder / "link.log"
        return path.read_text() if path.exists() else ""

    @property
    def connections(self) -> int:
        """How often the broker has let the node in."""
        return sum("New client connected" in line and f" as {NODE} " in line for line in self.broker.log.splitlines())

    def outbox(self) -> Outbox:
        return self.stack.enter_context(closing(Outbox(self.stores.outbox, self.stores.spare)))

    def media(self) -> MediaStore:
        return self.stack.enter_context(closing(MediaStore(self.stores.media)))

    def node(self) -> NodeSocket:
        return self.stack.enter_context(closing(NodeSocket(self.stores.socket)))

    def centre(self, probe: Probe, loses: Callable[[Alarm, int], bool] = lambda _alarm, _time: False) -> Centre:
        return self.stack.enter_context(closing(Centre(probe, loses)))

    def shelf_clips(self) -> tuple[ClipStock, ...]:
        with closing(MediaShelf(self.stores.media)) as shelf:
            return shelf.clips()

    def start_link(self) -> None:
        self.link = self.nursery.start(self.order)
        self.starts += 1
        self.stack.callback(self.link.kill)

    def start_writer(self, alarms: list[Alarm], noted: Path) -> Child:
        writer = self.nursery.start(WriteOrder(self.stores, tuple(alarms), noted))
        self.stack.callback(writer.kill)
        return writer

    def kill_link(self) -> None:
        """kill -9: no word, no last write."""
        assert self.link is not None
        self.link.kill()

    def end_link(self) -> int | None:
        """SIGTERM, as systemd does; gives the exit status."""
        assert self.link is not None
        return self.link.terminate()
