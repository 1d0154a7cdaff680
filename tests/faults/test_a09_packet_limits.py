"""A9: a broker that takes small packets, and one that refuses clips: clips adapt or are given up, alarms never wait."""

import hashlib
import random
import time
from collections.abc import Callable

import pytest

from firmware.drivers.media_sqlite import MediaStore
from provisioning.authority import Identity
from provisioning.broker import Broker, BrokerSettings
from tests.faults.link_stage import TOPICS, WATCHING, Stage, alarm, ref
from tests.mqtt_probe import Heard, Probe
from wire.messages import ClipHead, ClipPart, ClipReceived, ClipTail, decode, encode

Identities = Callable[[str], Identity]
FILM = random.Random(9).randbytes(300_000)


def put_clip(media: MediaStore, name: str, film: bytes = FILM) -> None:
    start_utc = alarm(0).t_utc
    media.begin_clip(
        name, ClipHead(codec="avc1.42c01f", width_px=64, height_px=48, start_utc=start_utc, trigger_s=1.0)
    )  # fmt: skip
    for start in range(0, len(film), 10_000):
        media.append_clip(name, film[start : start + 10_000])
    media.end_clip(name)


def chunks(probe: Probe, name: str) -> list[Heard]:
    return [one for one in probe.on(TOPICS.clip(name)) if one.content_type == "video/mp4"]


def parts(probe: Probe, name: str) -> list[ClipHead | ClipTail]:
    found = [one for one in probe.on(TOPICS.clip(name)) if one.content_type == "application/json"]
    return [decode(one.payload, ClipPart) for one in found]


def film_of(heard: list[Heard]) -> bytes:
    film = bytearray()
    for one in sorted(heard, key=lambda one: int(one.user["offset"])):
        offset = int(one.user["offset"])
        film[offset : offset + len(one.payload)] = one.payload
    return bytes(film)


@pytest.mark.parametrize("max_packet_bytes", [65536, 20_000, 5_000])
def test_a_clip_fits_itself_to_the_broker(
    make_stage: Callable[[Broker], Stage], server: Identity, identity: Identities, max_packet_bytes: int
) -> None:
    with Broker(server, BrokerSettings(max_packet_bytes=max_packet_bytes)) as broker:
        stage = make_stage(broker)
        stage.node().say(WATCHING)
        media, outbox = stage.media(), stage.outbox()
        with Probe(broker, identity("centre-1")) as probe:
            centre = stage.centre(probe)
            put_clip(media, "watch-0")
            outbox.put(alarm(0))
            stage.start_link()
            centre.wait(lambda: any(isinstance(one, ClipTail) for one in parts(probe, "watch-0")), "the tail", 60.0)
            assert isinstance(parts(probe, "watch-0")[0], ClipHead)
            tail = parts(probe, "watch-0")[-1]
            heard = chunks(probe, "watch-0")
            assert film_of(heard) == FILM
            assert tail == ClipTail(size_bytes=len(FILM), sha256=hashlib.sha256(FILM).hexdigest())
            assert max(len(one.payload) for one in heard) == min(32 * 1024, max_packet_bytes - 512)
            assert stage.connections == 1
            order = [one.topic for one in probe.heard if one.topic in (TOPICS.alarm, TOPICS.clip("watch-0"))]
            assert order[0] == TOPICS.alarm
            stage.stack.close()


def test_a_broker_that_refuses_clips_costs_no_alarm_and_no_reconnect(
    make_stage: Callable[[Broker], Stage], server: Identity, identity: Identities
) -> None:
    with Broker(server, BrokerSettings(message_limit_bytes=3_000)) as broker:
        stage = make_stage(broker)
        node = stage.node()
        node.say(WATCHING)
        media, outbox = stage.media(), stage.outbox()
        with Probe(broker, identity("centre-1")) as probe:
            centre = stage.centre(probe)
            stage.start_link()
            centre.wait_for_state(lambda state: state.state == "watching", "birth", 60.0)
            for number in range(3):
                media.put_still(f"watch-{number}", bytes(20_000))
                put_clip(media, f"watch-{number}", FILM[:50_000])
                node.wake()
                began_s = time.monotonic()
                outbox.put(alarm(number))
                node.wake()
                centre.wait_for_alarms(number + 1)
                assert time.monotonic() - began_s < 5.0  # here 20 ms; the machine may be busy
            centre.wait(lambda: any(one.clips_refused == 6 for one in centre.healths()), "6 refused")
            assert [ref(one) for one in centre.application] == [(f"watch-{number}", 0) for number in range(3)]
            assert stage.connections == 1
            stage.stack.close()


def test_an_alarm_does_not_wait_for_a_clip_that_is_on_its_way(
    make_stage: Callable[[Broker], Stage], broker: Broker, identity: Identities, probe: Callable[..., Probe]
) -> None:
    stage = make_stage(broker)
    node = stage.node()
    node.say(WATCHING)
    media, outbox = stage.media(), stage.outbox()
    listener = probe(identity("centre-1"))
    centre = stage.centre(listener)
    put_clip(media, "watch-0", FILM * 20)
    stage.start_link()
    listener.wait(lambda: len(chunks_unlocked(listener)) >= 3, "the clip's beginning", 60.0)
    outbox.put(alarm(0))
    node.wake()
    centre.wait_for_alarms(1)
    before = [one.topic for one in listener.heard]
    assert before.index(TOPICS.alarm) < len(FILM) * 20 // (32 * 1024)
    centre.wait(lambda: any(isinstance(one, ClipTail) for one in parts(listener, "watch-0")), "the tail", 60.0)
    assert film_of(chunks(listener, "watch-0")) == FILM * 20
    listener.publish(TOPICS.command, encode(ClipReceived(alarm="watch-0")))
    centre.wait(lambda: stage.shelf_clips() == (), "an empty media store")


def chunks_unlocked(probe: Probe) -> list[Heard]:
    return [one for one in probe.heard if one.content_type == "video/mp4"]
