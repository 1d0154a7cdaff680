"""The AsyncAPI document: sound in itself, equal to the code, and true of messages on a real broker."""

import hashlib
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace as but
from datetime import UTC, datetime
from typing import Any

import jsonschema
import pytest

from provisioning.authority import Identity
from tests.asyncapi_check import DOCUMENT, check, resolve
from tests.mqtt_probe import Heard, Probe
from wire import messages as m
from wire.media import CHUNK_TYPE, JSON_TYPE, STILL_TYPE, cut
from wire.schemas import SENT, schemas
from wire.topics import MEDIA_CHANNELS, PLAIN_CHANNELS, NodeTopics, parse

T_UTC = datetime(2026, 11, 24, 21, 3, 4, 123000, UTC)
TOPICS = NodeTopics("lot", "n01")
CLIP = bytes(range(256)) * 400


def references(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        if "$ref" in part:
            yield part["$ref"]
        part = list(part.values())
    if isinstance(part, list):
        for one in part:
            yield from references(one)


def test_its_schemas_are_those_of_the_code() -> None:
    assert DOCUMENT["components"]["schemas"] == schemas(), "run: python -m wire.schemas"


def test_every_schema_is_sound_json_schema() -> None:
    for schema in DOCUMENT["components"]["schemas"].values():
        jsonschema.Draft7Validator.check_schema(schema)


def test_every_reference_leads_somewhere() -> None:
    found = list(references(DOCUMENT))
    assert len(found) > 50
    for reference in found:
        assert resolve({"$ref": reference}), reference


def test_it_keeps_the_rules_of_asyncapi_3() -> None:
    assert re.fullmatch(r"3\.0\.\d+", DOCUMENT["asyncapi"])
    assert {"title", "version"} <= DOCUMENT["info"].keys()
    for name, server in DOCUMENT["servers"].items():
        assert {"host", "protocol"} <= server.keys(), name
    for name, channel in DOCUMENT["channels"].items():
        assert set(re.findall(r"\{(\w+)\}", channel["address"])) == channel["parameters"].keys(), name
        assert channel["messages"], name
    for name, operation in DOCUMENT["operations"].items():
        assert operation["action"] in {"send", "receive"}, name
        for part in (operation, operation.get("reply", operation)):
            channel = part["channel"]["$ref"]
            assert re.fullmatch(r"#/channels/\w+", channel), name
            for message in part["messages"]:
                # A message is named through its operation's own channel.
                assert re.fullmatch(rf"{channel}/messages/\w+", message["$ref"]), name
        assert {"qos", "bindingVersion"} <= operation["bindings"]["mqtt"].keys(), name


def test_every_channel_is_used_and_every_message_is_sent() -> None:
    used = set(references(DOCUMENT["operations"]))
    assert {f"#/channels/{name}" for name in DOCUMENT["channels"]} <= used
    for name, channel in DOCUMENT["channels"].items():
        assert {f"#/channels/{name}/messages/{message}" for message in channel["messages"]} <= used
    described = {resolve(one)["title"] for one in DOCUMENT["components"]["schemas"].values()}
    assert {kind.__name__ for kind in SENT} <= described


def test_its_addresses_are_the_topics_of_the_code() -> None:
    written = {
        channel["address"].format(site="lot", node="n01", alarm="a-1") for channel in DOCUMENT["channels"].values()
    }
    assert written == {
        TOPICS.state, TOPICS.health, TOPICS.alarm, TOPICS.still("a-1"), TOPICS.clip("a-1"), TOPICS.command,
        TOPICS.response,
    }  # fmt: skip
    assert {parse(topic).channel for topic in written} <= PLAIN_CHANNELS | MEDIA_CHANNELS


def test_its_limits_are_those_of_the_code() -> None:
    expiry = {
        name: operation["bindings"]["mqtt"].get("messageExpiryInterval")
        for name, operation in DOCUMENT["operations"].items()
    }
    assert expiry == {
        "sayState": None, "seeState": None, "sayHealth": m.HEALTH_EXPIRY_S, "raiseAlarm": m.ALARM_EXPIRY_S,
        "sendStill": m.MEDIA_EXPIRY_S, "sendClip": m.MEDIA_EXPIRY_S, "answer": m.RESPONSE_EXPIRY_S,
        "obey": m.COMMAND_EXPIRY_S,
    }  # fmt: skip
    sizes = DOCUMENT["components"]["messages"]
    assert sizes["still"]["payload"]["maxLength"] == m.STILL_LIMIT_BYTES
    assert sizes["clipChunk"]["payload"]["maxLength"] == m.CHUNK_LIMIT_BYTES


def test_real_messages_on_a_real_broker_are_as_documented(
    probe: Callable[..., Probe], identity: Callable[[str], Identity]
) -> None:
    centre, node = probe(identity("centre-1")), probe(identity("n01"))
    centre.subscribe("nattvakt/v1/#")
    node.subscribe(TOPICS.command)
    say(node)
    command(centre)
    centre.wait(lambda: {one.topic for one in centre.heard} >= EXPECTED.keys(), "all messages")
    found = {(one.topic, check(one)) for one in centre.heard}
    assert found == {(topic, name) for topic, names in EXPECTED.items() for name in names}
    assert {check(one) for one in node.wait_for("/cmd", 5)} == EXPECTED[TOPICS.command]


EXPECTED = {
    TOPICS.state: {"state"},
    TOPICS.health: {"health"},
    TOPICS.alarm: {"alarm"},
    TOPICS.still("a-1"): {"still"},
    TOPICS.clip("a-1"): {"clipHead", "clipChunk", "clipTail"},
    TOPICS.command: {"received", "clipReceived", "clipResend", "acknowledge", "close"},
    TOPICS.response: {"response"},
}


def say(node: Probe) -> None:
    """One of each, as a node says them."""
    head = m.ClipHead(codec="avc1.64001f", width_px=1280, height_px=720, start_utc=T_UTC, trigger_s=10.0)
    tail = m.ClipTail(size_bytes=len(CLIP), sha256=hashlib.sha256(CLIP).hexdigest())
    alarm = m.Alarm(
        id="a-1", seq=0, phase="new", kind="fire", severity="high", t_utc=T_UTC, zone="row-a",
        reason='flame at a "car"', objects=(m.SeenObject(kind="fire", track=3),), delayed=True,
    )  # fmt: skip
    state = m.State(state="watching", birth=7, since_utc=T_UTC, faults=("ir",))
    health = m.Health(t_utc=T_UTC, clock_trusted=True, camera_hz=10.0, temperature_celsius=41.5)
    node.publish(TOPICS.state, m.encode(state), retain=True, ContentType=JSON_TYPE)
    node.publish(TOPICS.health, m.encode(health), qos=0, retain=True, ContentType=JSON_TYPE, MessageExpiryInterval=180)
    node.publish(TOPICS.alarm, m.encode_alarm(alarm), ContentType=JSON_TYPE, MessageExpiryInterval=43200)
    node.publish(TOPICS.still("a-1"), b"\xff\xd8\xff\xd9", ContentType=STILL_TYPE, MessageExpiryInterval=3600)
    clip = TOPICS.clip("a-1")
    node.publish(clip, m.encode(head), ContentType=JSON_TYPE, MessageExpiryInterval=3600)
    for chunk in cut(CLIP, 65536):
        node.publish(
            clip, chunk.data, ContentType=CHUNK_TYPE, MessageExpiryInterval=3600,
            UserProperty=[("offset", str(chunk.offset))],
        )  # fmt: skip
    node.publish(clip, m.encode(tail), ContentType=JSON_TYPE, MessageExpiryInterval=3600)
    node.publish(
        TOPICS.response,
        m.encode(m.Response(ok=False, error="no clip a-1")),
        ContentType=JSON_TYPE,
        MessageExpiryInterval=60,
    )


def command(centre: Probe) -> None:
    """One of each, as a centre sends them."""
    for order in (
        m.Received(alarm="a-1", seq=0),
        m.ClipReceived(alarm="a-1"),
        m.ClipResend(alarm="a-1", ranges=((0, 65536),)),
        m.Acknowledge(alarm="a-1", operator="anna"),
        m.Close(alarm="a-1", operator="anna", reason="police"),
    ):
        centre.publish(TOPICS.command, m.encode(order), ContentType=JSON_TYPE, MessageExpiryInterval=30)


GOOD = Heard(TOPICS.health, b'{"t_utc":"2026-11-24T21:03:04Z","clock_trusted":true}', 0, False, JSON_TYPE, {}, 180)


@pytest.mark.parametrize(
    "wrong",
    [
        but(GOOD, payload=b'{"t_utc":"2026-11-24T21:03:04Z"}'),
        but(GOOD, payload=json.dumps({"t_utc": "yesterday", "clock_trusted": True}).encode()),
        but(GOOD, content_type=""),
        but(GOOD, qos=1),
        but(GOOD, expiry_s=None),
        but(GOOD, expiry_s=181),
        but(GOOD, topic="nattvakt/v1/lot/n01/wealth"),
        but(GOOD, topic="nattvakt/v1/lot/n01/alarm"),
    ],
)
def test_the_check_finds_what_is_wrong(wrong: Heard) -> None:
    assert check(GOOD) == "health"
    with pytest.raises(AssertionError):
        check(wrong)
