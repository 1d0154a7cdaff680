"""A20: quick reconnects, late Wills, again and again: the retained state ends as the truth.

30 times here, 1,000 with `-m slow`.
"""

import os
import random
import signal
import threading
from collections.abc import Callable

import pytest

from firmware.link_state import will
from provisioning.authority import Identity
from provisioning.broker import Broker
from tests.faults.link_stage import NODE, TOPICS, WATCHING, Centre, Stage
from tests.mqtt_probe import Probe
from wire.messages import State, decode, encode

Identities = Callable[[str], Identity]
Probes = Callable[..., Probe]


def retained(probe: Probe) -> State:
    """What somebody is told who comes now."""
    probe.subscribe(TOPICS.state)
    heard = [one for one in probe.wait_for(TOPICS.state) if one.retain]
    return decode(heard[-1].payload, State)


def lost(state: State) -> bool:
    return state.state == "lost"


def watching(centre: Centre) -> int:
    return sum(state.state == "watching" for state in centre.states())


def reconnect_quickly(stage: Stage, centre: Centre, times: int) -> None:
    """Kill and start: half of them at any moment, half right after the birth. Some Wills come at once."""
    dice = random.Random(20)
    stage.node().say(WATCHING)
    for _ in range(times):
        stage.will_delay_s = dice.choice((0, 0, 1))
        births = watching(centre)
        stage.start_link()
        if dice.random() < 0.5:
            centre.wait(lambda births=births: watching(centre) > births, "a birth")
        else:
            threading.Event().wait(dice.uniform(0.0, 0.2))
        stage.kill_link()
    stage.start_link()
    last = stage.outbox().next_birth()  # a little more than the births so far
    centre.wait_for_state(lambda state: state.state == "watching" and state.birth + 2 >= last, "the truth", 60.0)


def test_thirty_quick_reconnects(
    make_stage: Callable[[Broker], Stage], broker: Broker, identity: Identities, probe: Probes
) -> None:
    stage = make_stage(broker)
    centre = stage.centre(probe(identity("centre-1")))
    reconnect_quickly(stage, centre, 30)
    assert any(lost(state) for state in centre.states())
    state = retained(probe(identity("centre-2")))
    assert state.state == "watching"
    assert state == centre.states()[-1]


@pytest.mark.slow
def test_a_thousand_quick_reconnects(
    make_stage: Callable[[Broker], Stage], broker: Broker, identity: Identities, probe: Probes
) -> None:
    stage = make_stage(broker)
    centre = stage.centre(probe(identity("centre-1")))
    reconnect_quickly(stage, centre, 1000)
    assert retained(probe(identity("centre-2"))).state == "watching"


def test_a_will_that_comes_late_is_corrected_whatever_its_birth(
    make_stage: Callable[[Broker], Stage], broker: Broker, identity: Identities, probe: Probes
) -> None:
    # Somebody who may write a node's state stands for a broker that sends an old Will after the new birth.
    acl = broker.folder / "acl"
    acl.write_text(acl.read_text() + f"\nuser centre-3\ntopic readwrite {TOPICS.state}\n")
    os.kill(broker.pid, signal.SIGHUP)
    stage = make_stage(broker)
    stage.node().say(WATCHING)
    centre = stage.centre(probe(identity("centre-1")))
    stage.start_link()
    centre.wait_for_state(lambda state: state.state == "watching" and state.birth == 1, "the first birth", 60.0)
    late = probe(identity("centre-3"))
    for birth in (0, 1, 0, 1, 1):
        before = len(centre.states())
        assert late.publish(TOPICS.state, encode(will(birth)), retain=True) == 0
        centre.wait(lambda before=before: len(centre.states()) >= before + 2, "a correction")
        assert lost(centre.states()[before])
        assert centre.states()[-1].state == "watching"
    # A birth that is higher than ours: the outbox has lost its count. From now on, we count on from there.
    late.publish(TOPICS.state, encode(will(500)), retain=True)
    centre.wait_for_state(lambda state: state.state == "watching" and state.birth == 501, "a birth above it")
    late.publish(TOPICS.state, b"rubbish", retain=True)
    centre.wait(
        lambda: [one.payload for one in centre.probe.on(TOPICS.state)][-1] != b"rubbish", "the truth over rubbish"
    )
    assert retained(probe(identity("centre-2"))).state == "watching"
    assert f" as {NODE} " in broker.log


def test_an_orderly_end_is_told_and_no_will_follows(
    make_stage: Callable[[Broker], Stage], broker: Broker, identity: Identities, probe: Probes
) -> None:
    stage = make_stage(broker)
    stage.will_delay_s = 0
    stage.node().say(WATCHING)
    centre = stage.centre(probe(identity("centre-1")))
    stage.start_link()
    centre.wait_for_state(lambda state: state.state == "watching", "birth", 60.0)
    assert stage.end_link() == 0
    centre.wait_for_state(lambda state: state.faults == ("link-stopped",) and state.state == "fault", "the last word")
    # A Will would come at once, before this message that the broker takes after the connection's end.
    centre.probe.publish(TOPICS.command, b"after the end")
    centre.probe.wait_for(TOPICS.command)
    assert not any(lost(state) for state in centre.states())


def test_a_broken_connection_is_told_by_the_will(
    make_stage: Callable[[Broker], Stage], broker: Broker, identity: Identities, probe: Probes
) -> None:
    stage = make_stage(broker)
    stage.node().say(WATCHING)
    centre = stage.centre(probe(identity("centre-1")))
    stage.start_link()
    centre.wait_for_state(lambda state: state.state == "watching", "birth", 60.0)
    stage.kill_link()
    centre.wait_for_state(lambda state: lost(state) and state.birth == 1, "the Will")
