"""The broker, by paho-mqtt: MQTT 5 over mutual TLS, one paho client per connection.

A new client for each connection, because birth number and Will change with it, and because a client that is used again
sends by itself, unasked, whatever the last connection left (even the message the broker ended it for). What must arrive
lies in the outbox; here nothing is kept. The network thread only puts events into a queue.

The queue is bounded by the protocol: at most 20 commands are unacknowledged (Receive Maximum; each is acknowledged once
it was acted on), and the courier has at most a few publishes in flight. Should it be full all the same, the event is
dropped and the connection ended, as after it nothing could be relied on; the next one begins in order.
"""

import contextlib
import logging
import os
import queue
import socket
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from firmware.drivers.certificates import Identity, tls_context

log = logging.getLogger("nattvakt.link")

KEEPALIVE_S = 30
SESSION_EXPIRY_S = 12 * 3600
WILL_DELAY_S = 15
OWN_MAX_PACKET_BYTES = 64 * 1024
OWN_RECEIVE_MAX = 20
CONNECT_LIMIT_S = 15.0
_TURN_S = 5.0


# mosquitto refuses a message above its message_size_limit with PUBACK 0x95, which MQTT 5 knows only for DISCONNECT.
# paho takes such a PUBACK for malformed and breaks the connection off; with a clip that would go on for ever. So paho
# is told that every error may stand in a PUBACK.
for _code, _names in ReasonCode.names.items():
    if _code >= 0x80 and not any(PacketTypes.PUBACK in packets for packets in _names.values()):
        next(iter(_names.values())).append(PacketTypes.PUBACK)


@dataclass(frozen=True, slots=True)
class Connected:
    """The broker has accepted us. None: it names no limit."""

    max_packet_bytes: int | None
    session_present: bool


@dataclass(frozen=True, slots=True)
class Disconnected:
    """There is no connection (any more). `reason`: the broker's code, where it gave one; `text` for people."""

    reason: int | None
    text: str


@dataclass(frozen=True, slots=True)
class Acked:
    """The broker's PUBACK."""

    token: int
    reason: int


@dataclass(frozen=True, slots=True)
class Subscribed:
    """The broker's answer on our subscriptions: granted QoS or reason codes."""

    reasons: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Arrived:
    """A message for us. `receipt` goes to `Broker.done` when it was acted on."""

    topic: str
    payload: bytes
    retained: bool
    response_topic: str
    correlation: bytes | None
    receipt: int


Event = Connected | Disconnected | Acked | Subscribed | Arrived


@dataclass(frozen=True, slots=True)
class Message:
    """What to publish, and how."""

    topic: str
    payload: bytes
    qos: int = 1
    retain: bool = False
    expiry_s: int | None = None
    content_type: str = "application/json"
    offset: int | None = None
    correlation: bytes | None = None


@dataclass(frozen=True, slots=True)
class Address:
    """Where the broker is, and who we are there."""

    host: str
    port: int
    identity: Identity
    client_id: str
    will_delay_s: int = WILL_DELAY_S


class Broker:
    """One connection at a time. All methods return at once; what comes of them comes as events to `tell`."""

    def __init__(self, address: Address, tell: Callable[[Event], None]) -> None:
        self._address = address
        self._tell = tell
        self._wire: _Connection | None = None
        self._window = _Window()

    def connect(self, will: Message) -> None:
        """Begin a connection; a Connected or Disconnected follows. Raises LinkError for certificate files at fault."""
        self.drop()
        self._wire = _Connection(self._address, will, tls_context(self._address.identity), self._tell, self._window)
        self._wire.thread.start()

    def subscribe(self, topics: dict[str, bool]) -> None:
        """Subscribe with QoS 1. True: with what is retained there."""
        if self._wire is not None:
            # Retain handling 0: send what is retained at each subscription; 2: never.
            wanted = [(topic, SubscribeOptions(qos=1, retainHandling=0 if old else 2)) for topic, old in topics.items()]
            self._wire.client.subscribe(wanted)

    def publish(self, message: Message) -> int:
        """Hand a message to the network thread; gives the token that Acked will name (QoS 1)."""
        if self._wire is None:
            return 0
        properties = _publish_properties(message)
        info = self._wire.client.publish(message.topic, message.payload, message.qos, message.retain, properties)
        return int(info.mid)

    def done(self, arrived: Arrived) -> None:
        """The message was acted on; only now the broker may forget it."""
        if self._wire is not None and arrived.receipt:
            self._wire.client.ack(arrived.receipt, 1)

    def drop(self) -> None:
        """End the connection without a word, as a cut cable would; its remaining events are not told."""
        if self._wire is not None:
            self._wire.drop()
            self._wire = None

    def close(self, limit_s: float = 5.0) -> None:
        """Say goodbye (no Will), after what was published so far; waits at most `limit_s`."""
        if self._wire is not None:
            self._wire.leave(limit_s)
            self.drop()


@dataclass(slots=True)
class _Window:
    """How many QoS 1 messages the broker takes at once (Receive Maximum); first, mosquitto's and paho's own number."""

    messages: int = 20


class _Connection:
    """One paho client and the thread that runs it."""

    def __init__(
        self, address: Address, will: Message, tls: ssl.SSLContext, tell: Callable[[Event], None], window: _Window
    ) -> None:
        self._address = address
        self._window = window
        self._tell = tell
        self._over = threading.Event()
        self._reason: int | None = None
        self._text = ""
        self._error = ""
        client = mqtt.Client(
            CallbackAPIVersion.VERSION2, client_id=address.client_id, protocol=mqtt.MQTTv5, manual_ack=True,
        )  # fmt: skip
        client.tls_set_context(tls)
        client.connect_timeout = CONNECT_LIMIT_S
        client.max_queued_messages_set(0)
        client.max_inflight_messages_set(window.messages)
        properties = _properties(PacketTypes.WILLMESSAGE)
        properties.WillDelayInterval = address.will_delay_s
        properties.ContentType = will.content_type
        client.will_set(will.topic, will.payload, will.qos, will.retain, properties)
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_publish = lambda _c, _u, mid, reason, _p: self._say(Acked(mid, reason.value))
        client.on_subscribe = lambda _c, _u, _m, reasons, _p: self._say(Subscribed(tuple(one.value for one in reasons)))
        client.on_message = self._on_message
        client.on_socket_open = _send_at_once
        client.on_log = self._on_log
        # With this set, publish() leaves all writing to the network thread.
        client.on_socket_register_write = lambda _c, _u, _s: None
        self.client = client
        self.thread = threading.Thread(target=self._run, name="broker", daemon=True)

    def leave(self, limit_s: float) -> None:
        # paho closes right after its DISCONNECT. Were something unread then, the kernel would reset the connection, and
        # the broker lose our last words and send the Will. Held here, the connection ends in order.
        held = self._held()
        self.client.disconnect()
        self.thread.join(limit_s)
        if held is not None:
            with held, contextlib.suppress(OSError):
                held.settimeout(1.0)
                held.shutdown(socket.SHUT_WR)
                while held.recv(65536):
                    pass

    def _held(self) -> socket.socket | None:
        sock = self.client.socket()
        if not isinstance(sock, socket.socket):
            return None
        try:
            return socket.socket(fileno=os.dup(sock.fileno()))
        except OSError:  # a connection that fails at this moment was closed by the network thread
            return None

    def drop(self) -> None:
        self._over.set()
        sock = self.client.socket()
        if isinstance(sock, socket.socket):
            # Wakes the network thread; closing it here would pull it from under select(). Not SSLSocket.shutdown, which
            # takes the TLS layer away while that thread may be in it.
            with contextlib.suppress(OSError):
                socket.socket.shutdown(sock, socket.SHUT_RDWR)

    def _run(self) -> None:
        try:
            self._connect()
            while not self._over.is_set() and self.client.loop(_TURN_S) == mqtt.MQTT_ERR_SUCCESS:
                pass
        except ssl.SSLCertVerificationError as error:
            self._text = (
                f"the broker's certificate is refused: {error.verify_message} (see broker.ca and the node's clock)"
            )
        except OSError as error:
            self._text = self._text or str(error)
        finally:
            sock = self.client.socket()
            if sock is not None:
                sock.close()
            self._say(Disconnected(self._reason, self._text or "the connection was closed"))

    def _connect(self) -> None:
        properties = _properties(PacketTypes.CONNECT)
        properties.SessionExpiryInterval = SESSION_EXPIRY_S
        properties.MaximumPacketSize = OWN_MAX_PACKET_BYTES
        properties.ReceiveMaximum = OWN_RECEIVE_MAX
        address = self._address
        self.client.connect(address.host, address.port, KEEPALIVE_S, clean_start=False, properties=properties)

    def _say(self, event: Event) -> None:
        if self._over.is_set():
            return
        try:
            self._tell(event)
        except queue.Full:
            log.error("the queue of events is full; the connection is ended")
            self.drop()

    def _on_connect(self, _client: Any, _data: Any, flags: Any, reason: Any, properties: Properties | None) -> None:
        if reason.is_failure:
            self._reason, self._text = reason.value, f"the broker refuses the connection: {reason}"
            return
        receive_max = getattr(properties, "ReceiveMaximum", 65535)
        if receive_max < self._window.messages:
            # paho takes the number only before it connects.
            self._window.messages = receive_max
            self._text = f"the broker takes only {receive_max} messages at once; coming back with that in mind"
            self.client.disconnect()
            return
        self._say(Connected(getattr(properties, "MaximumPacketSize", None), flags.session_present))

    def _on_disconnect(self, _client: Any, _data: Any, flags: Any, reason: Any, _properties: Any) -> None:
        if flags.is_disconnect_packet_from_server:
            self._reason, self._text = reason.value, f"the broker ended the connection: {reason}"
        elif not self._text:
            self._text = f"the connection was lost: {self._error or reason}"

    def _on_log(self, _client: Any, _data: Any, level: int, text: str) -> None:
        # paho tells only its log what went wrong with a socket: "alert unknown ca", "alert certificate expired", ...
        if level == mqtt.MQTT_LOG_ERR:
            self._error = text

    def _on_message(self, _client: Any, _data: Any, message: mqtt.MQTTMessage) -> None:
        properties = message.properties
        self._say(
            Arrived(
                message.topic,
                bytes(message.payload),
                message.retain,
                getattr(properties, "ResponseTopic", ""),
                getattr(properties, "CorrelationData", None),
                message.mid if message.qos == 1 else 0,
            )
        )


def _send_at_once(_client: Any, _data: Any, sock: Any) -> None:
    # Else an alarm waits up to 40 ms for the other side's delayed ACK (Nagle's algorithm).
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def _properties(packet: int) -> Properties:
    return Properties(packet)  # type: ignore[no-untyped-call]  # paho has no hint there


def _publish_properties(message: Message) -> Properties:
    properties = _properties(PacketTypes.PUBLISH)
    properties.ContentType = message.content_type
    if message.expiry_s is not None:
        properties.MessageExpiryInterval = message.expiry_s
    if message.offset is not None:
        properties.UserProperty = ("offset", str(message.offset))
    if message.correlation is not None:
        properties.CorrelationData = message.correlation
    return properties
