"""A subscriber over MQTT 5 and mutual TLS: typed events for the application, receipts and orders for the nodes.

One thread: `run` connects, hears, tells the handler and orders, until it is told to stop. The session outlives a
connection by 12 hours, so alarms wait at the broker while the centre is away; subscriptions are made anew on every
connect, since a broker may have forgotten everything.
"""

import random
import socket
import ssl
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from alarmcentre.centre import FILTERS, Centre
from alarmcentre.clock import CentreClock, SystemClock
from alarmcentre.errors import CentreError
from alarmcentre.events import AlarmSeen, BrokerBack, BrokerGone, CentreFault, Event, Incoming, Order, Output
from alarmcentre.tls import CentreIdentity, check_identity
from wire.media import JSON_TYPE, OFFSET
from wire.messages import COMMAND_EXPIRY_S, encode
from wire.topics import NodeTopics

SESSION_S = 12 * 3600
KEEPALIVE_S = 30
ANSWER_LIMIT_S = 10.0
TICK_S = 1.0
# Waits between tries: doubled from the first to the last, each shortened by up to half at random, so that many
# centres and nodes do not come back to a broker in the same instant.
FIRST_WAIT_S = 0.5
LAST_WAIT_S = 15.0
# Only a connection that has lasted so long begins the waits anew: two programs that throw each other out slow down.
SETTLED_S = 30.0
# After so many short ones in a row it is no accident.
SHORT_LIMIT = 3

_NOT_AUTHORISED = 0x87
_POLL_S = 0.2

Handler = Callable[[Event], None]


@dataclass(frozen=True, slots=True)
class BrokerAddress:
    """Where the broker is; `host` stands in its certificate."""

    host: str
    port: int = 8883


class Subscriber:
    """One alarm centre at one broker. `handler` is called in `run`'s thread, once for each event."""

    def __init__(
        self,
        address: BrokerAddress,
        identity: CentreIdentity,
        folder: Path,
        handler: Handler,
        *,
        clock: CentreClock | None = None,
    ) -> None:
        self._address = address
        self._handler = handler
        self._clock = clock or SystemClock()
        checked = check_identity(identity, self._clock.now().t_utc)
        self.name = checked.name
        self._centre = Centre(folder)
        self._context = checked.context
        self._client = self._make_client()
        self._connected = False
        self._ever_connected = False
        self._said_gone = False
        self._why = ""
        self._wait_s = FIRST_WAIT_S
        self._short = 0
        self._heard = False
        self._random = random.Random()
        self._self_test: int | None = None

    @property
    def centre(self) -> Centre:
        """The rules behind it; ask it for `nodes`, from the handler."""
        return self._centre

    def run(self, stop: threading.Event) -> None:
        """Work until `stop` is set. Raises CentreError where the broker's certificate is wrong from the start."""
        try:
            self._tell(self._centre.untold())
            while not stop.is_set():
                if self._connect():
                    self._listen(stop)
                if not stop.is_set():
                    stop.wait(self._next_wait_s())
        finally:
            self._client.disconnect()
            self._centre.close()

    def send(self, order: Order) -> bool:
        """Publish a command; False where there is no connection just now (commands are not kept for later)."""
        if not self._connected:
            return False
        properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
        properties.ContentType = JSON_TYPE
        properties.MessageExpiryInterval = COMMAND_EXPIRY_S
        properties.PayloadFormatIndicator = 1
        self._client.publish(order.topics.command, encode(order.command), qos=1, properties=properties)
        return True

    def _make_client(self) -> mqtt.Client:
        client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=self.name, protocol=mqtt.MQTTv5)
        client.tls_set_context(self._context)
        client.connect_timeout = ANSWER_LIMIT_S
        client.on_socket_open = _send_at_once
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_message = self._on_message
        client.on_subscribe = self._on_subscribe
        client.on_publish = self._on_publish
        return client

    def _connect(self) -> bool:
        """Reach the broker and send CONNECT; its answer comes to `_on_connect`."""
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        properties.SessionExpiryInterval = SESSION_S
        host, port = self._address.host, self._address.port
        self._why = "the broker hung up without an answer; does it accept this certificate?"
        try:
            if not self._ever_connected:
                self._shake_hands()
            self._client.connect(host, port, KEEPALIVE_S, clean_start=False, properties=properties)
        except ssl.SSLCertVerificationError as error:
            why = f"the broker's certificate at {host}:{port} is not good: {error.verify_message}"
            if not self._ever_connected:
                raise CentreError(f"{why}; check --host and --ca, or the broker's certificate") from error
            self._gone(why)
        except OSError as error:
            self._gone(f"cannot reach the broker at {host}:{port}: {error.strerror or error}")
        else:
            return True
        return False

    def _shake_hands(self) -> None:
        """Look at the broker's certificate before the first connection: paho leaves a refused socket open."""
        address = (self._address.host, self._address.port)
        with socket.create_connection(address, ANSWER_LIMIT_S) as plain:
            self._context.wrap_socket(plain, server_hostname=self._address.host).close()

    def _listen(self, stop: threading.Event) -> None:
        """Turn the client's wheel until the connection ends."""
        self._heard = False
        began_s = self._clock.now().t_s
        ticked_s = began_s
        while not stop.is_set() and self._client.loop(_POLL_S) == mqtt.MQTT_ERR_SUCCESS:
            now = self._clock.now()
            if self._connected and now.t_s - ticked_s >= TICK_S:
                ticked_s = now.t_s
                self._put_out(self._centre.tick(now))
            if not self._connected and now.t_s - began_s >= ANSWER_LIMIT_S:
                self._why = "the broker does not answer"
                break
        if not stop.is_set():
            if self._clock.now().t_s - began_s >= SETTLED_S:
                self._wait_s, self._short = FIRST_WAIT_S, 0
            elif self._heard:
                self._short += 1
            if self._short >= SHORT_LIMIT:
                # mosquitto's own word for it, "session taken over", is mostly lost with the connection.
                self._why = f"it ends our connections early; does somebody else use the certificate of {self.name!r}?"
            self._connected = False
            self._centre.disconnected()
            self._gone(f"the broker at {self._address.host}:{self._address.port} is gone: {self._why}")

    def _next_wait_s(self) -> float:
        wait_s = self._wait_s * self._random.uniform(0.5, 1.0)
        self._wait_s = min(self._wait_s * 2, LAST_WAIT_S)
        return wait_s

    def _gone(self, why: str) -> None:
        if not self._said_gone:
            self._said_gone = True
            self._handler(BrokerGone(why))

    def _on_connect(self, client: mqtt.Client, _data: Any, _flags: Any, reason: ReasonCode, _properties: Any) -> None:
        if reason.is_failure:
            self._why = f"it refused us: {reason}"
            return
        # What waited in the session comes at once, before the broker's word on our subscriptions: receipts may go out.
        self._connected = self._ever_connected = True
        self._centre.connected(self._clock.now())
        self._why = "the connection broke"
        client.subscribe([(name, SubscribeOptions(qos=1)) for name in FILTERS])
        # A broker drops what it does not allow without a word to the subscriber; but it answers a publisher.
        probe = NodeTopics("check", self.name).command
        self._self_test = client.publish(probe, b"", qos=1).mid

    def _on_subscribe(
        self, client: mqtt.Client, _data: Any, _mid: int, reasons: list[ReasonCode], _properties: Any
    ) -> None:
        """Only now do we hear everything."""
        if any(reason.is_failure for reason in reasons):
            self._why = f"it does not let us subscribe: {', '.join(sorted({str(reason) for reason in reasons}))}"
            client.disconnect()
            return
        self._heard, self._said_gone = True, False
        self._handler(BrokerBack())

    def _on_disconnect(
        self, _client: mqtt.Client, _data: Any, _flags: Any, reason: ReasonCode, _properties: Any
    ) -> None:
        if self._connected and reason.is_failure and str(reason) != "Unspecified error":
            self._why = str(reason)
        self._connected = False

    def _on_message(self, _client: mqtt.Client, _data: Any, message: mqtt.MQTTMessage) -> None:
        properties = message.properties
        offsets = [value for name, value in getattr(properties, "UserProperty", ()) if name == OFFSET]
        incoming = Incoming(
            topic=message.topic,
            payload=bytes(message.payload),
            retain=message.retain,
            content_type=getattr(properties, "ContentType", ""),
            offset=offsets[0] if offsets else None,
            correlation=getattr(properties, "CorrelationData", b""),
        )
        self._put_out(self._centre.take(incoming, self._clock.now()))

    def _on_publish(self, _client: mqtt.Client, _data: Any, mid: int, reason: ReasonCode, _properties: Any) -> None:
        if mid == self._self_test and reason.value == _NOT_AUTHORISED:
            self._handler(
                CentreFault("broker", f"the broker's ACL does not know {self.name!r}: no alarm will come; add it there")
            )

    def _put_out(self, outputs: Sequence[Output]) -> None:
        """Receipts first go out, then the application is told; what it has been told is noted."""
        for output in outputs:
            if isinstance(output, Order):
                self.send(output)
            else:
                self._tell((output,))

    def _tell(self, events: Sequence[Event]) -> None:
        for event in events:
            self._handler(event)
            if isinstance(event, AlarmSeen):
                self._put_out(self._centre.told(event))


def _send_at_once(_client: mqtt.Client, _data: Any, sock: Any) -> None:
    """A receipt does not wait for a packet to fill."""
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
