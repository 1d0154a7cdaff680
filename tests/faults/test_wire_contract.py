"""The real link and the real centre at a real broker: every message between them is as the AsyncAPI document says."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from alarmcentre.events import AlarmSeen, ClipComplete, ClipProgress, NodeState, StillSaved
from provisioning.authority import Identity
from provisioning.broker import Broker
from tests.alarmcentre.listening import Listening
from tests.asyncapi_check import check
from tests.faults.link_stage import TOPICS, WATCHING, Stage, alarm
from tests.mqtt_probe import Probe
from wire.messages import ClipHead, ClipResend, encode

JPEG = b"\xff\xd8\xff\xe0 a still \xff\xd9"
FILM = bytes(range(256)) * 500


def test_a_real_node_and_a_real_centre_speak_as_documented_and_a_lost_chunk_comes_again(
    make_stage: Callable[[Broker], Stage],
    broker: Broker,
    identity: Callable[[str], Identity],
    probe: Callable[..., Probe],
    tmp_path: Path,
) -> None:
    stage = make_stage(broker)
    node = stage.node()
    node.say(WATCHING)
    observer = probe(identity("centre-2"))
    observer.subscribe("nattvakt/v1/#")
    outbox, media = stage.outbox(), stage.media()
    with Listening(broker, identity("centre-1"), tmp_path / "out") as centre:
        stage.start_link()
        centre.wait_for(NodeState, such=lambda event: event.state.state == "watching")
        one = alarm(0)
        media.put_still(one.id, JPEG)
        head = ClipHead(codec="avc1.64001f", width_px=1280, height_px=720, start_utc=datetime.now(UTC), trigger_s=10.0)
        media.begin_clip(one.id, head)
        for start in range(0, len(FILM), 50_000):
            media.append_clip(one.id, FILM[start : start + 50_000])
        outbox.put(one)
        node.wake()
        centre.wait_for(AlarmSeen)
        centre.wait_for(StillSaved)
        # Bytes that were never sent are not sent again: the request must come after them.
        centre.wait_for(ClipProgress, such=lambda event: event.playable_bytes >= 2000)
        # As if the centre had lost the middle: the node sends it again, and then its tail.
        resend = encode(ClipResend(alarm=one.id, ranges=((1000, 2000),)))
        assert observer.publish(TOPICS.command, resend, ContentType="application/json", MessageExpiryInterval=30) == 0
        observer.wait(
            lambda: any(heard.user.get("offset") == "1000" for heard in observer.heard), "the middle of the film again"
        )
        media.end_clip(one.id)
        node.wake()
        (complete,) = centre.wait_for(ClipComplete)
        assert complete.path.read_bytes() == FILM
        centre_said = {"received", "clipReceived", "clipResend"}
        node_said = {"state", "health", "alarm", "still", "clipHead", "clipChunk", "clipTail"}
        observer.wait(lambda: any(b"clip-received" in heard.payload for heard in observer.heard), "the clip's receipt")
    ours = [heard for heard in observer.heard if "/check/" not in heard.topic]
    assert {check(heard) for heard in ours} == centre_said | node_said
