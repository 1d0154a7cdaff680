"""What the centre tells `link`, and what `link` tells of the node: over a real broker, with rubbish in between."""

import queue
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import msgspec
import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from firmware.core.alarm_life import Life
from firmware.local import Report
from provisioning.authority import Identity
from provisioning.broker import Broker
from tests.faults.link_stage import TOPICS, WATCHING, Centre, Stage, alarm
from tests.faults.test_a09_packet_limits import FILM, chunks, film_of, put_clip
from tests.mqtt_probe import Probe
from wire.messages import (
    Acknowledge,
    ClipReceived,
    ClipResend,
    Close,
    Message,
    Received,
    Response,
    decode,
    encode,
)


@dataclass(frozen=True)
class Answer:
    topic: str
    correlation: bytes | None
    response: Response


class Desk:
    """An operator's desk: gives a command and waits for its answer."""

    def __init__(self, probe: Probe) -> None:
        self.probe = probe
        self.answers: queue.Queue[Answer] = queue.Queue()
        probe.client.message_callback_add(f"{TOPICS.response}/#", self._heard)
        probe.subscribe(f"{TOPICS.response}/#")

    def _heard(self, _client: mqtt.Client, _data: object, message: mqtt.MQTTMessage) -> None:
        correlation = getattr(message.properties, "CorrelationData", None)
        self.answers.put(Answer(message.topic, correlation, decode(message.payload, Response)))

    def say(
        self, payload: bytes, correlation: bytes | None = None, response_topic: str = "", retain: bool = False
    ) -> None:
        properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
        if correlation is not None:
            properties.CorrelationData = correlation
        if response_topic:
            properties.ResponseTopic = response_topic
        self.probe.client.publish(TOPICS.command, payload, 1, properties=properties)

    def ask(self, command: Message, correlation: bytes = b"c") -> Response:
        self.say(encode(command), correlation)
        answer = self.answers.get(timeout=30.0)
        assert answer.correlation == correlation
        return answer.response


@dataclass
class Scene:
    stage: Stage
    centre: Centre
    desk: Desk


@pytest.fixture
def scene(
    make_stage: Callable[[Broker], Stage],
    broker: Broker,
    identity: Callable[[str], Identity],
    probe: Callable[..., Probe],
) -> Scene:
    stage = make_stage(broker)
    stage.node().say(WATCHING)
    # The automatic receipts of the centre are switched off: here, commands are given by hand.
    centre = stage.centre(probe(identity("centre-1")), loses=lambda _alarm, _time: True)
    desk = Desk(probe(identity("centre-2")))
    stage.start_link()
    centre.wait_for_state(lambda state: state.state == "watching", "birth", 60.0)
    return Scene(stage, centre, desk)


def test_an_alarm_lives_from_raised_to_closed(scene: Scene) -> None:
    outbox = scene.stage.outbox()
    outbox.put(alarm(1))
    scene.centre.wait_for_alarms(1)
    early = scene.desk.ask(Close(alarm="watch-1", operator="anna", reason="false"))
    assert not early.ok and "'close' does not follow on 'raised'" in early.error
    assert outbox.life("watch-1") is Life.RAISED
    assert scene.desk.ask(Received(alarm="watch-1", seq=0)) == Response(ok=True)
    assert outbox.life("watch-1") is Life.RECEIVED
    assert outbox.waiting() == 0
    assert scene.desk.ask(Acknowledge(alarm="watch-1", operator="anna")) == Response(ok=True)
    assert scene.desk.ask(Close(alarm="watch-1", operator="anna", reason="police"), b"\x00\xff") == Response(ok=True)
    assert outbox.life("watch-1") is Life.CLOSED
    again = scene.desk.ask(Acknowledge(alarm="watch-1", operator="olle"))
    assert not again.ok
    unknown = scene.desk.ask(Acknowledge(alarm="watch-77", operator="anna"))
    assert unknown.error == "no alarm 'watch-77' here; alarms are remembered for 7 days"


RUBBISH = [
    b"",
    b"rubbish",
    b"\xff\xfe",
    b"[" * 5000,
    b'{"cmd":"received"}',
    b'{"cmd":"received","alarm":"watch-1","seq":-1}',
    b'{"cmd":"open-the-gate"}',
    b'{"cmd":"clip-resend","alarm":"watch-1","ranges":[[1]]}',
    b'{"cmd":"received","alarm":"../../etc","seq":0}',
    b"x" * 60_000,
]


def test_rubbish_is_answered_with_an_error_and_harms_nothing(scene: Scene) -> None:
    outbox = scene.stage.outbox()
    outbox.put(alarm(1))
    scene.centre.wait_for_alarms(1)
    for rubbish in RUBBISH:
        scene.desk.say(rubbish)
        answer = scene.desk.answers.get(timeout=30.0)
        assert not answer.response.ok
        assert "not a valid" in answer.response.error
        assert answer.topic == TOPICS.response
    assert scene.desk.ask(Received(alarm="watch-1", seq=0)) == Response(ok=True)
    assert scene.stage.connections == 1


def test_a_command_without_correlation_is_answered_only_where_it_failed(scene: Scene) -> None:
    scene.desk.say(encode(Received(alarm="watch-1", seq=0)))
    scene.desk.say(encode(Acknowledge(alarm="watch-2", operator="anna")))
    assert not scene.desk.answers.get(timeout=30.0).response.ok
    assert scene.desk.answers.empty()


def test_the_answer_goes_where_the_command_says_if_that_is_ours_and_else_to_rsp(scene: Scene) -> None:
    command = encode(Received(alarm="watch-1", seq=0))
    scene.desk.say(command, b"1", response_topic=TOPICS.response)
    assert scene.desk.answers.get(timeout=30.0) == Answer(TOPICS.response, b"1", Response(ok=True))
    scene.desk.say(command, b"2", response_topic="nattvakt/v1/lot/n02/rsp")
    assert scene.desk.answers.get(timeout=30.0) == Answer(TOPICS.response, b"2", Response(ok=True))


def test_a_retained_command_is_nobodys_order(
    make_stage: Callable[[Broker], Stage],
    broker: Broker,
    identity: Callable[[str], Identity],
    probe: Callable[..., Probe],
) -> None:
    stage = make_stage(broker)
    stage.node().say(WATCHING)
    outbox = stage.outbox()
    outbox.put(alarm(1))
    centre = stage.centre(probe(identity("centre-1")), loses=lambda _alarm, _time: True)
    desk = Desk(probe(identity("centre-2")))
    assert desk.probe.publish(TOPICS.command, encode(Received(alarm="watch-1", seq=0)), retain=True) in (0, 16)
    stage.start_link()
    centre.wait_for_alarms(1, 60.0)
    assert desk.ask(Acknowledge(alarm="watch-9", operator="anna")) != Response(ok=True)
    assert outbox.life("watch-1") is Life.RAISED
    assert outbox.waiting() == 1


def test_clips_are_sent_again_and_forgotten_by_order(scene: Scene) -> None:
    nothing = scene.desk.ask(ClipResend(alarm="watch-1"))
    assert nothing.error == "no clip of alarm 'watch-1' here; clips are kept for an hour"
    put_clip(scene.stage.media(), "watch-1", FILM[:100_000])
    scene.centre.wait(lambda: len(tails(scene)) == 1, "the tail")
    before = len(chunks(scene.centre.probe, "watch-1"))
    assert scene.desk.ask(ClipResend(alarm="watch-1", ranges=((100, 200), (50_000, 50_010)))) == Response(ok=True)
    scene.centre.wait(lambda: len(tails(scene)) == 2, "the tail again")
    again = chunks(scene.centre.probe, "watch-1")[before:]
    assert [(one.user["offset"], one.payload) for one in again] == [
        ("100", FILM[100:200]),
        ("50000", FILM[50_000:50_010]),
    ]
    assert scene.desk.ask(ClipReceived(alarm="watch-1")) == Response(ok=True)
    assert scene.stage.shelf_clips() == ()
    assert scene.desk.ask(ClipReceived(alarm="watch-1")) == Response(ok=True)  # once more harms nothing


def tails(scene: Scene) -> list[bytes]:
    return [one.payload for one in scene.centre.probe.heard if b'"part":"tail"' in one.payload]


def test_a_new_link_goes_on_with_a_clip_where_the_killed_one_was(scene: Scene) -> None:
    film = FILM * 10
    put_clip(scene.stage.media(), "watch-1", film)
    scene.centre.wait(lambda: len(chunks(scene.centre.probe, "watch-1")) >= 10, "ten chunks")
    scene.stage.kill_link()
    before = len(chunks(scene.centre.probe, "watch-1"))
    scene.stage.start_link()
    scene.centre.wait(lambda: len(tails(scene)) == 1, "the tail")
    heard = chunks(scene.centre.probe, "watch-1")
    assert film_of(heard) == film
    # Not from the beginning again: what was in flight, and what was in the pipe of the test's centre.
    assert int(heard[before].user["offset"]) > 0


def test_state_follows_the_node_and_health_joins_both_ends(
    make_stage: Callable[[Broker], Stage],
    broker: Broker,
    identity: Callable[[str], Identity],
    probe: Callable[..., Probe],
) -> None:
    stage = make_stage(broker)
    node, centre = stage.node(), stage.centre(probe(identity("centre-1")), loses=lambda _alarm, _time: True)
    stage.outbox().put(alarm(1))
    stage.media().put_still("watch-1", bytes(7_000))
    told = msgspec.structs.replace(WATCHING, frames=1234, looks=99, camera_hz=10.0, ir_on=True, media_dropped=3)
    node.say(told)
    stage.start_link()
    centre.wait_for_state(lambda state: state.state == "watching", "birth", 60.0)
    centre.wait(lambda: bool(centre.healths()), "health")
    health = centre.healths()[0]
    assert (health.frames, health.looks, health.camera_hz, health.ir_on, health.media_dropped) == (
        1234,
        99,
        10.0,
        True,
        3,
    )
    assert (health.alarms_waiting, health.reconnects) == (1, 0)
    since_utc = datetime(2026, 11, 25, 5, 0, tzinfo=UTC)
    node.say(Report(state="sleeping", since_utc=since_utc, reason="outside permit hours", permit="p1", faults=("ir",)))
    centre.wait_for_state(lambda state: state.state == "sleeping", "sleep")
    asleep = centre.states()[-1]
    assert (asleep.since_utc, asleep.reason, asleep.permit) == (since_utc, "outside permit hours", "p1")
    assert asleep.faults == ("ir",)
    node.close()
    centre.wait_for_state(lambda state: state.state == "fault" and state.faults == ("node-down",), "a fault")
    assert stage.connections == 1


def test_nobody_listening_to_alarms_is_a_fault_in_the_state_and_no_alarm_is_lost(
    make_stage: Callable[[Broker], Stage],
    broker: Broker,
    identity: Callable[[str], Identity],
    probe: Callable[..., Probe],
) -> None:
    stage = make_stage(broker)
    node = stage.node()
    node.say(WATCHING)
    outbox = stage.outbox()
    for number in range(3):
        outbox.put(alarm(number))
    stage.start_link()
    watcher = probe(identity("centre-2"))
    watcher.subscribe(TOPICS.state)
    watcher.wait(lambda: any(b"no-listener" in one.payload for one in watcher.heard), "the fault", 60.0)
    centre = stage.centre(probe(identity("centre-1")))
    centre.wait(lambda: outbox.waiting() == 0, "receipts for all")
    assert [one.id for one in centre.application] == ["watch-0", "watch-1", "watch-2"]
    centre.wait_for_state(lambda state: state.faults == (), "the fault's end")
