"""The broker's driver against a real mosquitto, and against a scripted one for what mosquitto does not do."""

import contextlib
import queue
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import pytest
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from firmware.drivers.broker_paho import (
    Acked,
    Address,
    Arrived,
    Broker,
    Connected,
    Disconnected,
    Event,
    Message,
    Subscribed,
)
from firmware.drivers.certificates import Identity
from provisioning import broker as real
from provisioning.authority import Authority, Validity
from provisioning.authority import Identity as Issued
from tests.mqtt_probe import Probe

BASE = "nattvakt/v1/lot/n01"
WILL = Message(f"{BASE}/state", b'{"state":"lost","birth":1}', retain=True)
# paho leaves a socket whose handshake failed to the garbage collector, which closes it at once, but not without a word.
LEFT_SOCKET = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
E = TypeVar("E", bound=Event)


class Ear:
    """The link's end of the event queue."""

    def __init__(self, size: int = 100) -> None:
        self.inbox: queue.Queue[Event] = queue.Queue(size)

    def wait_for(self, kind: type[E], deadline_s: float = 15.0) -> E:
        end_s = time.monotonic() + deadline_s
        while True:
            event = self.inbox.get(timeout=max(0.0, end_s - time.monotonic()))
            if isinstance(event, kind):
                return event


def address(port: int, who: Issued, host: str = "127.0.0.1", will_delay_s: int = 0) -> Address:
    return Address(host, port, Identity(who.ca, who.cert, who.key), who.name, will_delay_s)


@contextlib.contextmanager
def speaking(place: Address, ear: Ear) -> Iterator[Broker]:
    with closing(Broker(place, ear.inbox.put_nowait)) as speaker:
        speaker.connect(WILL)
        yield speaker


def test_connect_subscribe_publish_and_hear(
    broker: real.Broker, identity: Callable[[str], Issued], probe: Callable[..., Probe]
) -> None:
    ear, centre = Ear(), probe(identity("centre-1"))
    centre.subscribe(f"{BASE}/#")
    with speaking(address(broker.port, identity("n01")), ear) as speaker:
        assert ear.wait_for(Connected) == Connected(256 * 1024, session_present=False)
        speaker.subscribe({f"{BASE}/cmd": False})
        assert ear.wait_for(Subscribed).reasons == (1,)
        chunk = Message(f"{BASE}/clip/a", b"abc", expiry_s=3600, content_type="video/mp4", offset=42)
        token = speaker.publish(chunk)
        assert ear.wait_for(Acked) == Acked(token, 0)
        heard = centre.wait_for("clip/a")[0]
        assert (heard.payload, heard.content_type, heard.user) == (b"abc", "video/mp4", {"offset": "42"})
        assert heard.expiry_s is not None and 3590 <= heard.expiry_s <= 3600
        speaker.publish(Message("nattvakt/v1/lot/n02/alarm", b"{}"))
        assert ear.wait_for(Acked).reason == 0x87  # somebody else's topic: not authorised
        properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
        properties.CorrelationData = b"\x01\x02"
        properties.ResponseTopic = f"{BASE}/rsp/7"
        centre.client.publish(f"{BASE}/cmd", b"do", 1, properties=properties)
        arrived = ear.wait_for(Arrived)
        assert (arrived.topic, arrived.payload, arrived.retained) == (f"{BASE}/cmd", b"do", False)
        assert (arrived.response_topic, arrived.correlation) == (f"{BASE}/rsp/7", b"\x01\x02")


def test_nobody_listening_is_told(broker: real.Broker, identity: Callable[[str], Issued]) -> None:
    ear = Ear()
    with speaking(address(broker.port, identity("n01")), ear) as speaker:
        ear.wait_for(Connected)
        speaker.publish(Message(f"{BASE}/alarm", b"{}"))
        assert ear.wait_for(Acked).reason == 0x10


def test_a_command_that_was_not_acted_on_comes_again_on_the_next_connection(
    broker: real.Broker, identity: Callable[[str], Issued], probe: Callable[..., Probe]
) -> None:
    ear, centre = Ear(), probe(identity("centre-1"))
    with speaking(address(broker.port, identity("n01")), ear) as speaker:
        ear.wait_for(Connected)
        speaker.subscribe({f"{BASE}/cmd": False})
        ear.wait_for(Subscribed)
        centre.publish(f"{BASE}/cmd", b"first")
        ear.wait_for(Arrived)
        speaker.connect(WILL)  # as after a crash, before `done`
        assert ear.wait_for(Connected).session_present
        again = ear.wait_for(Arrived)
        assert again.payload == b"first"
        speaker.done(again)
        speaker.close()
        speaker.connect(WILL)
        ear.wait_for(Connected)
        centre.publish(f"{BASE}/cmd", b"second")
        assert ear.wait_for(Arrived).payload == b"second"


def test_no_broker_is_told_and_the_next_try_works(broker: real.Broker, identity: Callable[[str], Issued]) -> None:
    ear = Ear()
    broker.stop()
    with speaking(address(broker.port, identity("n01")), ear) as speaker:
        gone = ear.wait_for(Disconnected)
        assert gone.reason is None and "Connection refused" in gone.text
        broker.start()
        speaker.connect(WILL)
        ear.wait_for(Connected)
        broker.kill()
        assert "the connection was lost" in ear.wait_for(Disconnected).text


@LEFT_SOCKET
def test_a_broker_that_another_authority_signed_is_refused(
    broker: real.Broker, other_authority: Authority, identity: Callable[[str], Issued]
) -> None:
    ear, own = Ear(), identity("n01")
    with speaking(address(broker.port, Issued("n01", other_authority.ca, own.cert, own.key)), ear):
        text = ear.wait_for(Disconnected).text
    assert "the broker's certificate is refused" in text and "(see broker.ca and the node's clock)" in text


@LEFT_SOCKET
def test_a_broker_with_another_name_is_refused(broker: real.Broker, identity: Callable[[str], Issued]) -> None:
    ear = Ear()
    # 127.0.0.2 is this machine as well, but stands in no certificate.
    with contextlib.closing(socket.create_server(("127.0.0.2", 0))) as listener:
        port = listener.getsockname()[1]
        threading.Thread(target=_forward, args=(listener, broker.port), daemon=True).start()
        with speaking(address(port, identity("n01"), host="127.0.0.2"), ear):
            assert "IP address mismatch" in ear.wait_for(Disconnected).text


@LEFT_SOCKET
def test_a_broker_whose_certificate_has_ended_is_refused(
    authority: Authority, identity: Callable[[str], Issued]
) -> None:
    now = datetime.now(UTC)
    span = Validity(now - timedelta(days=2), now - timedelta(days=1))
    ear = Ear()
    server = authority.issue_server("ended", ("127.0.0.1",), validity=span)
    with real.Broker(server) as broker, speaking(address(broker.port, identity("n01")), ear):
        assert "certificate has expired" in ear.wait_for(Disconnected).text


def test_a_node_whose_certificate_the_broker_refuses_is_told_so(
    broker: real.Broker, authority: Authority, other_authority: Authority
) -> None:
    ear, stranger = Ear(), other_authority.issue_node("n05")
    with speaking(address(broker.port, Issued("n05", authority.ca, stranger.cert, stranger.key)), ear):
        assert "unknown ca" in ear.wait_for(Disconnected).text.lower().replace("_", " ")


def test_a_second_connection_with_the_same_certificate_ends_the_first(
    broker: real.Broker, identity: Callable[[str], Issued]
) -> None:
    ear, other = Ear(), Ear()
    with speaking(address(broker.port, identity("n01")), ear):
        ear.wait_for(Connected)
        with speaking(address(broker.port, identity("n01")), other):
            other.wait_for(Connected)
            ear.wait_for(Disconnected)


def test_a_full_queue_of_events_ends_the_connection_and_the_next_one_works(
    broker: real.Broker, identity: Callable[[str], Issued], probe: Callable[..., Probe]
) -> None:
    ear, centre = Ear(size=3), probe(identity("centre-1"))
    with speaking(address(broker.port, identity("n01")), ear) as speaker:
        ear.wait_for(Connected)
        speaker.subscribe({f"{BASE}/cmd": False})
        ear.wait_for(Subscribed)
        for number in range(5):
            centre.publish(f"{BASE}/cmd", b"%d" % number)
        end_s = time.monotonic() + 10.0
        while "Client n01 closed its connection" not in broker.log:
            assert time.monotonic() < end_s
            threading.Event().wait(0.02)
        assert ear.inbox.qsize() == 3
        while not ear.inbox.empty():
            ear.inbox.get_nowait()
        speaker.connect(WILL)
        ear.wait_for(Connected)
        assert ear.wait_for(Arrived).payload == b"0"


def test_a_connection_that_a_full_queue_ended_is_closed_without_error(
    broker: real.Broker, identity: Callable[[str], Issued]
) -> None:
    ear = Ear(size=2)
    with speaking(address(broker.port, identity("n01")), ear) as speaker:
        ear.wait_for(Connected)
        [network] = [thread for thread in threading.enumerate() if thread.name == "broker"]
        for number in range(3):
            speaker.publish(Message(f"{BASE}/state", b"%d" % number))
        network.join(10.0)
        assert not network.is_alive()


# A broker by script: what is read is answered by hand.


class Scripted:
    """Takes TLS connections, reads the CONNECT, and sends for each the next of `answers`; then keeps the line open."""

    def __init__(self, server: Issued, answers: list[bytes]) -> None:
        self.connects: list[bytes] = []
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(server.cert, server.key)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._answers = answers
        self._open: list[socket.socket] = []
        self.port: int = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        for sock in (self._listener, *self._open):
            sock.close()

    def _run(self) -> None:
        with contextlib.suppress(OSError):
            for answer in self._answers:
                raw, _ = self._listener.accept()
                sock = self._context.wrap_socket(raw, server_side=True)
                self._open.append(sock)
                self.connects.append(sock.recv(65536))
                sock.sendall(answer)


def connack(receive_max: int | None = None, max_packet_bytes: int | None = None, reason: int = 0) -> bytes:
    properties = b""
    if receive_max is not None:
        properties += b"\x21" + struct.pack(">H", receive_max)
    if max_packet_bytes is not None:
        properties += b"\x27" + struct.pack(">I", max_packet_bytes)
    body = bytes([0, reason, len(properties)]) + properties
    return bytes([0x20, len(body)]) + body


@pytest.fixture
def scripted(server: Issued) -> Iterator[Callable[..., Scripted]]:
    with contextlib.ExitStack() as stack:
        yield lambda *answers: stack.enter_context(closing(Scripted(server, list(answers))))


def test_the_connect_says_what_the_protocol_promises(
    scripted: Callable[..., Scripted], identity: Callable[[str], Issued]
) -> None:
    ear, fake = Ear(), scripted(connack())
    with speaking(address(fake.port, identity("n01"), will_delay_s=15), ear):
        assert ear.wait_for(Connected) == Connected(None, session_present=False)
    packet = fake.connects[0]
    start = packet.index(b"\x00\x04MQTT") + 6
    version, flags, keepalive_s = (
        packet[start],
        packet[start + 1],
        struct.unpack(">H", packet[start + 2 : start + 4])[0],
    )
    assert (version, keepalive_s) == (5, 30)
    assert flags & 0x02 == 0  # the session goes on
    assert flags & 0x04 and flags & 0x20 and flags >> 3 & 3 == 1  # a Will, retained, QoS 1
    assert b"\x11" + struct.pack(">I", 12 * 3600) in packet  # session expiry
    assert b"\x21" + struct.pack(">H", 20) in packet  # receive maximum
    assert b"\x27" + struct.pack(">I", 64 * 1024) in packet  # maximum packet size
    assert b"\x18" + struct.pack(">I", 15) in packet  # will delay
    assert WILL.payload in packet


def test_a_broker_that_takes_few_messages_at_once_is_given_no_more(
    scripted: Callable[..., Scripted], identity: Callable[[str], Issued]
) -> None:
    ear, fake = Ear(), scripted(connack(receive_max=3), connack(receive_max=3, max_packet_bytes=9000))
    with speaking(address(fake.port, identity("n01")), ear) as speaker:
        assert "takes only 3 messages at once" in ear.wait_for(Disconnected).text
        speaker.connect(WILL)
        assert ear.wait_for(Connected).max_packet_bytes == 9000
        assert speaker._wire is not None
        assert speaker._wire.client.max_inflight_messages == 3


def test_a_disconnect_tells_its_reason(scripted: Callable[..., Scripted], identity: Callable[[str], Issued]) -> None:
    ear, fake = Ear(), scripted(connack() + b"\xe0\x02\x95\x00")
    with speaking(address(fake.port, identity("n01")), ear):
        ear.wait_for(Connected)
        gone = ear.wait_for(Disconnected)
    assert gone == Disconnected(0x95, "the broker ended the connection: Packet too large")


def test_a_refusal_tells_its_reason(scripted: Callable[..., Scripted], identity: Callable[[str], Issued]) -> None:
    ear, fake = Ear(), scripted(connack(reason=0x8A))
    with speaking(address(fake.port, identity("n01")), ear):
        gone = ear.wait_for(Disconnected)
    assert gone == Disconnected(0x8A, "the broker refuses the connection: Banned")


@pytest.mark.parametrize(
    "rubbish", [b"\xff" * 64, b"\x20\x00", b"\x20\x05\x00\x00\x7f\x00\x00"], ids=("ff", "short", "property")
)
def test_rubbish_ends_the_connection_and_nothing_else(
    scripted: Callable[..., Scripted], identity: Callable[[str], Issued], rubbish: bytes
) -> None:
    ear, fake = Ear(), scripted(rubbish, connack())
    with speaking(address(fake.port, identity("n01")), ear) as speaker:
        ear.wait_for(Disconnected)
        speaker.connect(WILL)
        ear.wait_for(Connected)


def _forward(listener: socket.socket, port: int) -> None:
    with contextlib.suppress(OSError):
        client, _ = listener.accept()
        with client, socket.create_connection(("127.0.0.1", port)) as server:
            pumps = [threading.Thread(target=_pump, args=pair) for pair in ((client, server), (server, client))]
            for pump in pumps:
                pump.start()
            for pump in pumps:
                pump.join()


def _pump(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
