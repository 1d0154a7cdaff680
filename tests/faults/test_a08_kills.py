"""A8: kill -9 between PUBLISH and receipt, at random points: nothing lost, nothing doubled at the application.

15 kills here, 1,000 with `-m slow`. And kill -9 of the node's end, which leaves an alarm on disk that nobody told of.
"""

import random
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from provisioning.authority import Identity
from provisioning.broker import Broker
from tests.faults.link_stage import TOPICS, WATCHING, Stage, alarm, ref
from tests.mqtt_probe import Probe

Identities = Callable[[str], Identity]
Probes = Callable[..., Probe]


def kill_again_and_again(stage: Stage, probe: Probe, kills: int) -> None:
    """One alarm, one kill: half of them right after the PUBLISH, half at a random moment before or after it."""
    dice = random.Random(8)
    node = stage.node()
    node.say(WATCHING)
    centre = stage.centre(probe)
    outbox = stage.outbox()
    stage.start_link()
    centre.wait_for_state(lambda state: state.state == "watching", "a first birth", 60.0)
    for number in range(kills):
        outbox.put(alarm(number))
        node.wake()
        if dice.random() < 0.5:
            # A message more than now is most probably this alarm: kill between its PUBLISH and its receipt.
            heard = sum(one.topic == TOPICS.alarm for one in probe.heard)
            probe.wait(lambda heard=heard: sum(one.topic == TOPICS.alarm for one in probe.heard) > heard, "a PUBLISH")
        else:
            threading.Event().wait(dice.uniform(0.0, 0.25))
        stage.kill_link()
        stage.start_link()
    centre.wait(lambda: outbox.waiting() == 0, "receipts for all", 60.0)
    assert [ref(one) for one in centre.application] == [(f"watch-{number}", 0) for number in range(kills)]
    assert stage.starts == kills + 1


def test_fifteen_kills(
    make_stage: Callable[[Broker], Stage], broker: Broker, identity: Identities, probe: Probes
) -> None:
    kill_again_and_again(make_stage(broker), probe(identity("centre-1")), 15)


@pytest.mark.slow
def test_a_thousand_kills(
    make_stage: Callable[[Broker], Stage], broker: Broker, identity: Identities, probe: Probes
) -> None:
    kill_again_and_again(make_stage(broker), probe(identity("centre-1")), 1000)


def test_receipts_that_get_lost_cost_a_second_delivery_and_no_more(
    make_stage: Callable[[Broker], Stage], broker: Broker, identity: Identities, probe: Probes
) -> None:
    stage = make_stage(broker)
    stage.node().say(WATCHING)
    centre = stage.centre(probe(identity("centre-1")), loses=lambda one, time: one.id == "watch-1" and time == 1)
    outbox = stage.outbox()
    for number in range(3):
        outbox.put(alarm(number))
    stage.start_link()
    centre.wait(lambda: outbox.waiting() == 0, "receipts for all", 60.0)
    assert [ref(one) for one in centre.application] == [("watch-0", 0), ("watch-1", 0), ("watch-2", 0)]
    assert centre.deliveries[("watch-1", 0)] == 2
    assert centre.deliveries[("watch-0", 0)] == centre.deliveries[("watch-2", 0)] == 1


def test_an_alarm_whose_writer_is_killed_right_after_writing_arrives_once(
    make_stage: Callable[[Broker], Stage], broker: Broker, identity: Identities, probe: Probes, tmp_path: Path
) -> None:
    stage = make_stage(broker)
    centre = stage.centre(probe(identity("centre-1")))
    stage.start_link()
    centre.wait_for_state(lambda state: "node-down" in state.faults, "a link without a node", 60.0)
    writer = stage.start_writer([alarm(number) for number in range(10_000)], tmp_path / "noted")
    centre.wait_for_alarms(3)
    writer.kill()
    outbox = stage.outbox()
    centre.wait(lambda: outbox.waiting() == 0, "an empty outbox", 60.0)
    taken = [line.split()[0] for line in (tmp_path / "noted").read_text().splitlines() if len(line.split()) == 2]
    arrived = [one.id for one in centre.application]
    assert arrived[: len(taken)] == taken
    assert len(arrived) <= len(taken) + 1
