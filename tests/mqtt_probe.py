"""A plain MQTT 5 client for tests: what it hears is kept, and a test waits for it with a deadline."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from provisioning.authority import Identity
from provisioning.broker import Broker

DEADLINE_S = 15.0


@dataclass(frozen=True, slots=True)
class Heard:
    """One message as it came."""

    topic: str
    payload: bytes
    qos: int
    retain: bool
    content_type: str = ""
    user: dict[str, str] = field(default_factory=dict)
    expiry_s: int | None = None


class Probe:
    """Connected inside `with`. `client_id` is only a wish: the broker puts the certificate's CN in its place."""

    def __init__(
        self, broker: Broker, identity: Identity, *, session_s: int = 0, will: tuple[str, bytes] | None = None
    ) -> None:
        self.broker = broker
        self.heard: list[Heard] = []
        self.connects = 0
        self.disconnects = 0
        self.max_packet_bytes = 0
        self.refused: list[str] = []
        self._session_s = session_s
        self._acks: dict[int, int] = {}
        self._granted: dict[int, list[int]] = {}
        self._changed = threading.Condition()
        client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=identity.name, protocol=mqtt.MQTTv5)
        client.tls_set(str(identity.ca), str(identity.cert), str(identity.key))
        client.reconnect_delay_set(1, 1)
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_message = self._on_message
        client.on_publish = self._on_publish
        client.on_subscribe = self._on_subscribe
        if will is not None:
            client.will_set(will[0], will[1], qos=1, retain=True)
        self.client = client

    def __enter__(self) -> "Probe":
        self.connect()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def connect(self) -> None:
        """Connect and wait for the broker's answer."""
        properties = Properties(PacketTypes.CONNECT)
        properties.SessionExpiryInterval = self._session_s
        self.client.connect(self.broker.host, self.broker.port, clean_start=self._session_s == 0, properties=properties)
        self.client.loop_start()
        self.wait(lambda: self.connects > 0 or bool(self.refused), "a connection")

    def close(self) -> None:
        """Say goodbye (no Will is sent)."""
        self.client.disconnect()
        self.client.loop_stop()

    def vanish(self) -> None:
        """Go without a goodbye, as a cut cable does: the Will is sent."""
        sock = self.client.socket()
        self.client.loop_stop()
        if sock is not None:
            sock.close()

    def subscribe(self, topic: str, qos: int = 1) -> list[int]:
        """Subscribe; returns the granted QoS or reason codes."""
        _, mid = self.client.subscribe(topic, qos)
        self.wait(lambda: mid in self._granted, f"the broker's answer on subscribing {topic}")
        return self._granted[mid]

    def publish(self, topic: str, payload: bytes, *, qos: int = 1, retain: bool = False, **properties: Any) -> int:
        """Publish and wait; returns the PUBACK's reason code (0: fine, 16: nobody listens, 135: not allowed).

        `properties` are paho's: ContentType="image/jpeg", UserProperty=[("offset", "0")], MessageExpiryInterval=60.
        """
        info = self.post(topic, payload, qos=qos, retain=retain, **properties)
        if qos == 0:
            return 0
        self.wait(lambda: info.mid in self._acks, f"a PUBACK for {topic}")
        return self._acks.pop(info.mid)

    def post(self, topic: str, payload: bytes, *, qos: int = 1, retain: bool = False, **properties: Any) -> Any:
        """Publish without waiting for the broker."""
        carried = Properties(PacketTypes.PUBLISH)
        for name, value in properties.items():
            setattr(carried, name, value)
        return self.client.publish(topic, payload, qos, retain, carried)

    def ack(self, info: Any) -> int | None:
        """The reason code of the PUBACK for what `post` gave, once it has come."""
        return self._acks.get(info.mid)

    def on(self, topic_end: str) -> list[Heard]:
        """What was heard on topics that end so."""
        with self._changed:
            return self._ending(topic_end)

    def wait(self, ready: Callable[[], bool], what: str, deadline_s: float = DEADLINE_S) -> None:
        """Wait until something is so; AssertionError after the deadline."""
        with self._changed:
            assert self._changed.wait_for(ready, deadline_s), f"waited {deadline_s} s in vain for {what}"

    def wait_for(self, topic_end: str, count: int = 1, deadline_s: float = DEADLINE_S) -> list[Heard]:
        """Wait for messages on topics that end so."""
        self.wait(lambda: len(self._ending(topic_end)) >= count, f"{count} x {topic_end}", deadline_s)
        return self.on(topic_end)

    def _ending(self, topic_end: str) -> list[Heard]:
        return [one for one in self.heard if one.topic.endswith(topic_end)]

    def _on_connect(self, _client: Any, _data: Any, _flags: Any, reason: Any, properties: Any) -> None:
        with self._changed:
            self.max_packet_bytes = getattr(properties, "MaximumPacketSize", 0)
            if reason.is_failure:
                self.refused.append(str(reason))
            else:
                self.connects += 1
            self._changed.notify_all()

    def _on_disconnect(self, _client: Any, _data: Any, _flags: Any, _reason: Any, _properties: Any) -> None:
        with self._changed:
            self.disconnects += 1
            self._changed.notify_all()

    def _on_message(self, _client: Any, _data: Any, message: mqtt.MQTTMessage) -> None:
        properties = message.properties
        heard = Heard(
            message.topic, message.payload, message.qos, message.retain,
            getattr(properties, "ContentType", ""), dict(getattr(properties, "UserProperty", [])),
            getattr(properties, "MessageExpiryInterval", None),
        )  # fmt: skip
        with self._changed:
            self.heard.append(heard)
            self._changed.notify_all()

    def _on_publish(self, _client: Any, _data: Any, mid: int, reason: Any, _properties: Any) -> None:
        with self._changed:
            self._acks[mid] = reason.value
            self._changed.notify_all()

    def _on_subscribe(self, _client: Any, _data: Any, mid: int, reasons: Any, _properties: Any) -> None:
        with self._changed:
            self._granted[mid] = [reason.value for reason in reasons]
            self._changed.notify_all()
