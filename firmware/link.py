"""The loop that speaks: outbox and media store to the broker, the centre's commands in, and a state that is the truth.

`link` cannot see: it has no camera and no lamp. Killed at any point, it goes on where it was, as everything that must
arrive lies in the outbox until the centre has said `received`.
"""

import logging
import queue
from collections.abc import Callable
from dataclasses import dataclass

from firmware import link_state
from firmware.core.backoff import Backoff
from firmware.core.clip_progress import SendChunk
from firmware.core.delivery import Courier, Pace
from firmware.core.media_delivery import SendStill
from firmware.drivers.broker_paho import Acked, Arrived, Broker, Connected, Disconnected, Event, Message, Subscribed
from firmware.drivers.media_sqlite import MediaShelf
from firmware.drivers.outbox_sqlite import Outbox
from firmware.errors import StoreError
from firmware.link_commands import Commands
from firmware.link_letters import Letters
from firmware.link_presence import Presence
from firmware.local import Say, Wake
from firmware.ports import Clock, Stop, Watchdog
from wire.errors import WireError
from wire.messages import HEALTH_EXPIRY_S, RESPONSE_EXPIRY_S, Response, encode
from wire.topics import NodeTopics

log = logging.getLogger("nattvakt.link")

INBOX = 1000  # events between the threads and the loop; broker_paho and node_socket say what happens when it is full
TURN_S = 1.0  # the longest wait, so that an end comes within a second
LOOK_S = 1.0  # how often the stores are looked at when nobody says that there is something new
FILMING_S = 0.25
HEALTH_S = 60.0
TIDY_S = 3600.0
EXPIRE_S = 60.0
REFUSED = 0x80
LEAST_PACKET_BYTES = 1024


@dataclass(frozen=True, slots=True)
class Parts:
    """Everything the loop needs, built by whoever starts it. Broker and node socket put their events in `inbox`."""

    topics: NodeTopics
    clock: Clock
    outbox: Outbox
    shelf: MediaShelf
    broker: Broker
    inbox: "queue.Queue[Event | Say | None]"
    watchdog: Watchdog
    backoff: Backoff
    pace: Pace = Pace()


def run(parts: Parts, stop: Stop) -> None:
    """Until `stop` is set; then the last word is said. A bug ends it without, so that the broker tells the Will."""
    link = Link(parts)
    try:
        while not stop.is_set():
            link.hear()
            link.look()
            link.send()
            link.tell()
            parts.watchdog.alive()
        link.leave()
    finally:
        parts.broker.drop()


class Link:
    """One turn is hear, look, send, tell."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._clock = parts.clock
        self._courier = Courier(parts.pace)
        self._presence = Presence(parts.topics, parts.broker, parts.outbox, parts.clock, parts.backoff)
        self._commands = Commands(parts.outbox, parts.shelf, self._courier, parts.clock.now_utc)
        self._letters = Letters(parts.topics, parts.outbox, parts.shelf, parts.pace.delayed_after_s)
        self._troubles: dict[str, str] = {}
        self._flags: dict[str, bool] = {}
        self._alarms_s = self._media_s = self._tidy_s = self._expire_s = self._health_s = 0.0
        self._refused = 0
        self._dropped_before: int | None = None

    def hear(self) -> None:
        """Wait until something happens or is due, and take in all that has happened."""
        now_s = self._clock.monotonic_s()
        due_s = [now_s + TURN_S, self._alarms_s, self._media_s, self._presence.due_s(), self._courier.due_s(now_s)]
        wait_s = min(time_s for time_s in due_s if time_s is not None) - now_s
        try:
            self._take(
                self._parts.inbox.get(timeout=max(wait_s, 0.0)) if wait_s > 0 else self._parts.inbox.get_nowait()
            )
            for _ in range(INBOX):
                self._take(self._parts.inbox.get_nowait())
        except queue.Empty:
            pass

    def look(self) -> None:
        """What is new in the stores?"""
        now_s = self._clock.monotonic_s()
        if now_s >= self._alarms_s:
            self._alarms_s = now_s + LOOK_S
            self._try("outbox", self._look_for_alarms)
        if now_s >= self._media_s:
            self._try("media store", self._look_for_media)
            self._media_s = now_s + (FILMING_S if self._courier.media.filming else LOOK_S)
        if now_s >= self._tidy_s:
            self._tidy_s = now_s + (TIDY_S if self._try("outbox", self._tidy) else HEALTH_S)
        if now_s >= self._expire_s:
            self._expire_s = now_s + EXPIRE_S
            self._try("media store", self._parts.shelf.expire)

    def send(self) -> None:
        """Whatever the courier says."""
        if self._courier.stuck(self._clock.monotonic_s()):
            self._hang_up("the broker has left an alarm without an answer")
        while (action := self._courier.next(self._clock.monotonic_s())) is not None:
            now_s = self._clock.monotonic_s()
            try:
                letter = self._letters.write(action, self._clock.now_utc())
            except StoreError as fault:
                self._courier.postponed(action, now_s)
                self._trouble("outbox", str(fault))
                continue
            except WireError as error:
                log.error("dropped, as it cannot be sent: %s", error)
                letter = None
            if letter is None:
                self._courier.gone(action)
            else:
                self._courier.sent(action, self._parts.broker.publish(letter), now_s)

    def tell(self) -> None:
        """The state where it has changed; the health every minute, and at once where a clip was given up."""
        self._presence.keep_up(self._faults())
        now_s, refused = self._clock.monotonic_s(), self._courier.media.refused
        if self._presence.online and (now_s >= self._health_s or refused != self._refused):
            self._health_s, self._refused = now_s + HEALTH_S, refused
            self._try("outbox", self._tell_health)

    def leave(self) -> None:
        """An orderly end."""
        self._presence.leave()

    def _take(self, event: Event | Say | None) -> None:
        now_s = self._clock.monotonic_s()
        match event:
            case Acked():
                self._acked(event, now_s)
            case Arrived():
                self._arrived(event)
            case Wake():
                self._alarms_s = self._media_s = now_s
            case Connected():
                self._flags["broker-packet-limit"] = (event.max_packet_bytes or LEAST_PACKET_BYTES) < LEAST_PACKET_BYTES
                self._presence.connected(event)
                self._courier.connected(event.max_packet_bytes, now_s)
                self._health_s = now_s
                self.tell()  # birth before alarms
            case Disconnected():
                self._presence.disconnected(event)
                self._courier.disconnected(event.reason)
            case Subscribed():
                self._flags["no-commands"] = any(reason >= REFUSED for reason in event.reasons)
            case _:
                self._presence.node_says(event)
                if event is None:  # killed between writing an alarm and saying so?
                    self._alarms_s = self._media_s = now_s

    def _acked(self, event: Acked, now_s: float) -> None:
        piece = self._courier.acked(event.token, event.reason, now_s)
        if isinstance(piece, SendStill):
            self._try("media store", lambda: self._parts.shelf.still_sent(piece.alarm))
        elif isinstance(piece, SendChunk):
            arrived_bytes = self._courier.media.arrived_bytes(piece.alarm)
            self._try("media store", lambda: self._parts.shelf.clip_sent(piece.alarm, arrived_bytes))

    def _arrived(self, event: Arrived) -> None:
        if event.topic == self._parts.topics.state:
            if self._presence.heard_state(event.payload):
                self._hang_up("counting births on from what the broker remembers")
        elif event.topic == self._parts.topics.command and not event.retained:
            response = self._commands.carry_out(event.payload)
            if event.correlation is not None or event.response_topic or not response.ok:
                self._parts.broker.publish(self._answer(event, response))
        self._parts.broker.done(event)

    def _answer(self, event: Arrived, response: Response) -> Message:
        own = self._parts.topics.response
        # Somebody else's topic would be refused by the broker, and the answer lost.
        topic = event.response_topic if event.response_topic.startswith(f"{own}/") else own
        return Message(topic, encode(response), expiry_s=RESPONSE_EXPIRY_S, correlation=event.correlation)

    def _hang_up(self, why: str) -> None:
        self._parts.broker.drop()
        self._take(Disconnected(None, why))

    def _look_for_alarms(self) -> None:
        for ref in self._parts.outbox.fresh():
            self._courier.alarm_waiting(ref, self._clock.monotonic_s())

    def _look_for_media(self) -> None:
        self._courier.media.stock(self._parts.shelf.stills(), self._parts.shelf.clips())

    def _tidy(self) -> None:
        self._commands.retry()
        self._parts.outbox.tidy(self._clock.now_utc())

    def _tell_health(self) -> None:
        dropped = self._parts.outbox.dropped()
        self._dropped_before = dropped if self._dropped_before is None else self._dropped_before
        self._flags["alarms-dropped"] = dropped > self._dropped_before
        counts = link_state.LinkCounts(
            alarms_waiting=self._parts.outbox.waiting(),
            media_waiting_bytes=self._parts.shelf.waiting_bytes(),
            clips_refused=self._courier.media.refused,
            reconnects=self._presence.reconnects,
        )
        told = link_state.health(
            self._presence.report, counts, link_state.to_ms(self._clock.now_utc()), self._clock.trusted()
        )
        topic = self._parts.topics.health
        self._parts.broker.publish(Message(topic, encode(told), qos=0, retain=True, expiry_s=HEALTH_EXPIRY_S))

    def _faults(self) -> tuple[str, ...]:
        flags = (name for name, up in self._flags.items() if up)
        return (*self._courier.faults, *flags, *(["storage"] if self._troubles else []))

    def _try(self, what: str, work: Callable[[], object]) -> bool:
        """Do it; a store that fails is told once, and again when it works."""
        try:
            work()
        except StoreError as fault:
            self._trouble(what, str(fault))
            return False
        if self._troubles.pop(what, None) is not None:
            log.warning("the %s works again", what)
        return True

    def _trouble(self, what: str, text: str) -> None:
        if what not in self._troubles:
            log.error("the %s fails: %s", what, text)
        self._troubles[what] = text
