"""Being there: the connection, its birth number and Will, and a retained state that ends as the truth."""

import logging

from firmware import link_state
from firmware.core.backoff import Backoff
from firmware.drivers.broker_paho import Broker, Connected, Disconnected, Message
from firmware.drivers.outbox_sqlite import Outbox
from firmware.errors import LinkError, StoreError
from firmware.local import Report
from firmware.ports import Clock
from wire.errors import WireError
from wire.messages import State, decode, encode
from wire.topics import NodeTopics

log = logging.getLogger("nattvakt.link")

# The first connection waits for the node's first word, so that a start does not look like a fault.
FIRST_WORD_S = 3.0
MOST_BIRTH = 2**53


class Presence:
    """Connects, again and again; says the state on each connection and at each change; corrects a late Will."""

    def __init__(self, topics: NodeTopics, broker: Broker, outbox: Outbox, clock: Clock, backoff: Backoff) -> None:
        self.online = False
        self.reconnects = -1
        """Connections after the first."""
        self.report: Report | None = None
        self._topics, self._broker, self._outbox, self._clock, self._backoff = topics, broker, outbox, clock, backoff
        self._birth = 0
        self._least_birth = 0
        self._said: State | None = None
        self._down_since_utc = link_state.to_ms(clock.now_utc())
        self._connect_s: float | None = clock.monotonic_s() + FIRST_WORD_S
        self._since_s = 0.0
        self._trouble = ""

    def node_says(self, report: Report | None) -> None:
        """The node's newest word; None: it is away."""
        if report is None and self.report is not None:
            self._down_since_utc = link_state.to_ms(self._clock.now_utc())
        if report is not None and self._birth == 0:
            self._connect_s = self._clock.monotonic_s()
        self.report = report

    def keep_up(self, faults: tuple[str, ...]) -> None:
        """Connect where that is due; say the state where it has changed."""
        if self._connect_s is not None and self._clock.monotonic_s() >= self._connect_s:
            self._connect_s = None
            self._connect()
        truth = link_state.truth(self.report, self._birth, faults, self._down_since_utc)
        if self.online and truth != self._said:
            self._say(truth)

    def connected(self, event: Connected) -> None:
        """Subscribe at once, before anything is said: what is retained of us comes first. The state follows."""
        self.online, self._said = True, None
        self._since_s = self._clock.monotonic_s()
        self.reconnects += 1
        self._broker.subscribe({self._topics.command: False, self._topics.state: True})
        log.info("connected to the broker as birth %d (packets up to %s bytes)", self._birth, event.max_packet_bytes)
        self._trouble = ""

    def disconnected(self, event: Disconnected) -> None:
        """Try again after a while."""
        now_s = self._clock.monotonic_s()
        wait_s = self._backoff.lost(now_s - self._since_s if self.online else 0.0)
        self.online = False
        self._connect_s = now_s + wait_s
        if event.text != self._trouble:
            log.warning("no connection to the broker: %s; trying again, next in %.1f s", event.text, wait_s)
            self._trouble = event.text

    def heard_state(self, payload: bytes) -> bool:
        """Something was said on our own state topic, mostly by us. True: connect anew, with a higher birth number."""
        try:
            state = decode(payload, State)
        except WireError as error:
            log.warning("on our own state topic: %s", error)
            self._said = None
            return False
        if self._birth < state.birth < MOST_BIRTH:
            # An outbox that has lost its count: with a lower number, the centre would take our Will for an old one.
            log.warning("the broker remembers birth %d, this is %d; counting on from there", state.birth, self._birth)
            self._least_birth = state.birth + 1
            return True
        if state.state == "lost":
            log.warning("a late Will of birth %d says that we are lost; saying the truth again", state.birth)
            self._said = None
        return False

    def due_s(self) -> float | None:
        """When `keep_up` has something to do, if nothing happens before."""
        return self._connect_s

    def leave(self) -> None:
        """Say the last word and goodbye."""
        if self.online:
            self._say(link_state.last_word(self._birth, link_state.to_ms(self._clock.now_utc())))
        self._broker.close()
        self.online = False

    def _connect(self) -> None:
        try:
            self._birth = self._outbox.next_birth(self._least_birth)
        except StoreError as error:
            self._birth = max(self._birth + 1, self._least_birth)
            log.error("the birth number %d could not be kept: %s", self._birth, error)
        will = Message(self._topics.state, encode(link_state.will(self._birth)), retain=True)
        try:
            self._broker.connect(will)
        except LinkError as error:
            self.disconnected(Disconnected(None, str(error)))

    def _say(self, state: State) -> None:
        self._broker.publish(Message(self._topics.state, encode(state), retain=True))
        self._said = state
