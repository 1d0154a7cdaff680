"""The centre at a real broker."""

import os
import signal
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from alarmcentre.errors import CentreError
from alarmcentre.events import (
    AlarmSeen,
    BadMessage,
    BrokerBack,
    BrokerGone,
    CentreFault,
    ClipComplete,
    Moment,
    NodeBack,
    NodeHealth,
    NodeQuiet,
    NodeState,
    Order,
    QuietReason,
    StillSaved,
)
from provisioning.authority import Authority, Identity
from provisioning.broker import Broker
from tests.alarmcentre.listening import Listening
from tests.alarmcentre.said import JPEG, N01, START_UTC, alarm, clip_in
from tests.asyncapi_check import check
from tests.mqtt_probe import Heard, Probe
from wire.media import JSON_TYPE, STILL_TYPE
from wire.messages import Acknowledge, Alarm, Command, Health, Received, State, decode, encode, encode_alarm
from wire.topics import NodeTopics

Identify = Callable[[str], Identity]
Connect = Callable[..., Probe]

STATE = State(state="watching", birth=1)
HEALTH = Health(t_utc=START_UTC, clock_trusted=True)
FILM = bytes(range(256)) * 400


def raise_alarm(node: Probe, message: Alarm, topics: NodeTopics = N01) -> int:
    return node.publish(topics.alarm, encode_alarm(message), ContentType=JSON_TYPE, MessageExpiryInterval=43200)


def send_media(node: Probe, id: str, topics: NodeTopics = N01, film: bytes = FILM) -> None:
    node.post(topics.still(id), JPEG, ContentType=STILL_TYPE, MessageExpiryInterval=3600)
    for one in clip_in(film, id, topics, 32768):
        user = {"UserProperty": [("offset", one.offset)]} if one.offset is not None else {}
        node.post(one.topic, one.payload, ContentType=one.content_type, MessageExpiryInterval=3600, **user)


def kinds(node: Probe) -> list[str]:
    """Kinds of the commands heard, in order of their first coming: a broker may deliver at QoS 1 twice."""
    return list(dict.fromkeys(check(one) for one in node.on("/cmd")))


def read(heard: list[Heard]) -> list[Command]:
    return [decode(one.payload, Command) for one in heard]


def test_from_a_node_to_a_file_and_back(broker: Broker, probe: Connect, identity: Identify, tmp_path: Path) -> None:
    node = probe(identity("n01"))
    node.subscribe(N01.command)
    with Listening(broker, identity("centre-1"), tmp_path / "out") as centre:
        assert raise_alarm(node, alarm()) == 0
        send_media(node, "a-1")
        (complete,) = centre.wait_for(ClipComplete)
        assert complete.path.read_bytes() == FILM
        assert centre.of(AlarmSeen)[0].alarm == alarm()
        assert centre.of(StillSaved)[0].path.read_bytes() == JPEG
        node.wait(lambda: "clipReceived" in kinds(node), "the clip's receipt")
        assert read(node.on("/cmd"))[0] == Received(alarm="a-1", seq=0)
        assert centre.subscriber.send(Order(N01, Acknowledge(alarm="a-1", operator="anna")))
        node.wait(lambda: "acknowledge" in kinds(node), "the operator's acknowledgement")
        assert kinds(node) == ["received", "clipReceived", "acknowledge"]


def test_alarms_wait_at_the_broker_while_the_centre_is_away(
    broker: Broker, probe: Connect, identity: Identify, tmp_path: Path
) -> None:
    node = probe(identity("n01"))
    with Listening(broker, identity("centre-1"), tmp_path):
        pass
    for seq in range(3):
        assert raise_alarm(node, alarm(seq=seq)) == 0, "0: kept for somebody; 16 would be: nobody listens"
    node.subscribe(N01.command)
    with Listening(broker, identity("centre-1"), tmp_path) as centre:
        assert [seen.alarm.seq for seen in centre.wait_for(AlarmSeen, 3)] == [0, 1, 2]
        assert [one.seq for one in read(node.wait_for("/cmd", 3)) if isinstance(one, Received)] == [0, 1, 2]


def test_a19_a_broker_that_has_forgotten_everything_is_subscribed_anew(
    broker: Broker, identity: Identify, tmp_path: Path
) -> None:
    with Listening(broker, identity("centre-1"), tmp_path) as centre:
        broker.restart(memory=False)
        centre.wait_for(BrokerBack, 2)
        with Probe(broker, identity("n01")) as node:
            node.subscribe(N01.command)
            assert raise_alarm(node, alarm()) == 0
            centre.wait_for(AlarmSeen)
            node.wait_for("/cmd")
        assert (len(centre.of(BrokerGone)), len(centre.of(BrokerBack))) == (1, 2)


def test_a_node_that_vanishes_is_quiet_once_and_a_late_will_is_not_believed(
    broker: Broker, probe: Connect, identity: Identify, tmp_path: Path
) -> None:
    def will(birth: int) -> tuple[str, bytes]:
        return N01.state, encode(State(state="lost", birth=birth))

    with Listening(broker, identity("centre-1"), tmp_path) as centre:
        first = Probe(broker, identity("n01"), will=will(1))
        first.connect()
        first.publish(N01.state, encode(STATE), retain=True)
        second = Probe(broker, identity("n01"), will=will(2))
        second.connect()  # takes over; the broker sends the first one's Will now or later
        second.publish(N01.state, encode(State(state="watching", birth=2)), retain=True)
        second.publish(N01.state, encode(State(state="lost", birth=1)), retain=True)
        second.publish(N01.health, encode(HEALTH), qos=0)
        centre.wait_for(NodeHealth)
        first.vanish()
        births = [event.state.birth for event in centre.of(NodeState) if event.state.state != "lost"]
        assert births == [1, 2]
        quiet_before, back_before = len(centre.of(NodeQuiet)), len(centre.of(NodeBack))
        assert quiet_before == back_before, "if the first Will came before the second birth, it was put right"
        second.vanish()
        assert centre.wait_for(NodeQuiet, quiet_before + 1)[-1].reason is QuietReason.LOST


class HandClock:
    """Time that moves when the test says so."""

    def __init__(self) -> None:
        self.t_s = 0.0
        self._began_utc = datetime.now(UTC)  # certificates are real: they are checked against it

    def now(self) -> Moment:
        return Moment(self.t_s, self._began_utc + timedelta(seconds=self.t_s))


def test_a_silent_node_is_told_without_waiting_for_it(
    broker: Broker, probe: Connect, identity: Identify, tmp_path: Path
) -> None:
    clock = HandClock()
    node = probe(identity("n01"))
    with Listening(broker, identity("centre-1"), tmp_path, clock=clock) as centre:
        node.publish(N01.health, encode(HEALTH), qos=0)
        centre.wait_for(NodeHealth)
        clock.t_s = 150.0
        assert centre.wait_for(NodeQuiet)[0].reason is QuietReason.SILENT
        node.publish(N01.health, encode(HEALTH), qos=0)
        assert centre.wait_for(NodeBack)[0].quiet_s == 150.0
        assert len(centre.of(NodeQuiet)) == 1


def test_rubbish_from_a_node_harms_nobody(broker: Broker, probe: Connect, identity: Identify, tmp_path: Path) -> None:
    node = probe(identity("n01"))
    with Listening(broker, identity("centre-1"), tmp_path) as centre:
        for topic, payload in (
            (N01.alarm, b"{"),
            (N01.alarm, bytes(200_000)),
            (f"{N01.base}/clip/a..b", b"x"),
            (f"{N01.base}/still/%2e%2e", JPEG),
            (N01.state, b"\xff"),
        ):
            assert node.publish(topic, payload) == 0
        raise_alarm(node, alarm())
        centre.wait_for(AlarmSeen)
        assert len(centre.of(BadMessage)) == 5


def test_two_programs_with_one_certificate_are_told_so(broker: Broker, identity: Identify, tmp_path: Path) -> None:
    with (
        Listening(broker, identity("centre-1"), tmp_path / "1") as first,
        Listening(broker, identity("centre-1"), tmp_path / "2"),
    ):
        first.wait_for(BrokerGone, such=lambda gone: "does somebody else use the certificate of 'centre-1'" in gone.why)


def test_a_centre_that_the_acl_does_not_know_is_told_so(broker: Broker, identity: Identify, tmp_path: Path) -> None:
    with Listening(broker, identity("centre-99"), tmp_path) as centre:
        assert "'centre-99': no alarm will come" in centre.wait_for(CentreFault)[0].why


def test_two_centres_side_by_side_both_hear_and_both_receipt(
    broker: Broker, probe: Connect, identity: Identify, tmp_path: Path
) -> None:
    node = probe(identity("n01"))
    node.subscribe(N01.command)
    with (
        Listening(broker, identity("centre-1"), tmp_path / "1") as first,
        Listening(broker, identity("centre-2"), tmp_path / "2") as second,
    ):
        raise_alarm(node, alarm())
        first.wait_for(AlarmSeen)
        second.wait_for(AlarmSeen)
        assert read(node.wait_for("/cmd", 2)) == [Received(alarm="a-1", seq=0)] * 2


def test_a_broker_that_is_not_there_yet_is_waited_for_and_told_once(
    broker: Broker, identity: Identify, tmp_path: Path
) -> None:
    broker.stop()
    with Listening(broker, identity("centre-1"), tmp_path, connect=False) as centre:
        (gone,) = centre.wait_for(BrokerGone)
        assert f"cannot reach the broker at 127.0.0.1:{broker.port}: Connection refused" in gone.why
        broker.start()
        centre.wait_for(BrokerBack)
        assert len(centre.of(BrokerGone)) == 1


def test_a_broker_with_a_foreign_certificate_is_not_spoken_to(
    other_authority: Authority, authority: Authority, identity: Identify, tmp_path: Path
) -> None:
    foreign = other_authority.issue_server()
    with (
        Broker(Identity("localhost", authority.ca, foreign.cert, foreign.key)) as broker,
        pytest.raises(CentreError, match="certificate at 127.0.0.1:.* is not good.*--ca"),
        Listening(broker, identity("centre-1"), tmp_path),
    ):
        pass


def test_a_broker_under_another_name_is_not_spoken_to(authority: Authority, identity: Identify, tmp_path: Path) -> None:
    elsewhere = authority.issue_server("broker.example", ())
    with (
        Broker(elsewhere) as broker,
        pytest.raises(CentreError, match="mismatch.*127.0.0.1.*--host"),
        Listening(broker, identity("centre-1"), tmp_path),
    ):
        pass


def test_160_nodes_in_one_night(broker: Broker, identity: Identify, probe: Connect, tmp_path: Path) -> None:
    # One connection speaks for all: the broker is told to let it, as it would never do for a node.
    with (broker.folder / "acl").open("a") as acl:
        acl.write("\nuser centre-4\ntopic readwrite nattvakt/v1/#\n")
    os.kill(broker.pid, signal.SIGHUP)
    fleet = [NodeTopics("lot", f"n{number:03}") for number in range(160)]
    with Listening(broker, identity("centre-1"), tmp_path) as centre, Probe(broker, identity("centre-4")) as all_nodes:
        while all_nodes.publish(fleet[0].state, encode(STATE), retain=True) == 0x87:
            pass  # the broker has not read its list again yet
        began_s = time.monotonic()
        for topics in fleet:
            all_nodes.post(topics.state, encode(STATE), retain=True)
            all_nodes.post(topics.health, encode(HEALTH), qos=0)
            all_nodes.post(topics.alarm, encode_alarm(alarm(f"{topics.node}-1")))
        for topics in fleet:
            send_media(all_nodes, f"{topics.node}-1", topics, FILM[:40_000])
        centre.wait_for(ClipComplete, 160)
        took_s = time.monotonic() - began_s
        assert len(centre.of(AlarmSeen)) == len(centre.of(StillSaved)) == len(centre.of(NodeState)) == 160
        assert not centre.of(BadMessage)
        assert len(list(tmp_path.glob("*.mp4"))) == len(list(tmp_path.glob("*.jpg"))) == 160
    sys.stdout.write(f"160 nodes, {160 * 8} messages, {160 * 0.04:.1f} MB of film in {took_s:.2f} s\n")
