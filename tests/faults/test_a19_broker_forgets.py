"""A19: the broker restarts and has forgotten everything: birth, retained state and subscriptions come back."""

from collections.abc import Callable

from provisioning.authority import Identity
from provisioning.broker import Broker
from tests.faults.link_stage import TOPICS, WATCHING, Stage, alarm
from tests.mqtt_probe import Probe
from wire.messages import State, decode


def test_after_a_restart_without_memory_everything_is_back_by_itself(
    make_stage: Callable[[Broker], Stage],
    broker: Broker,
    identity: Callable[[str], Identity],
    probe: Callable[..., Probe],
) -> None:
    stage = make_stage(broker)
    node = stage.node()
    node.say(WATCHING)
    centre = stage.centre(probe(identity("centre-1")))
    outbox = stage.outbox()
    stage.start_link()
    centre.wait_for_state(lambda state: state.state == "watching" and state.birth == 1, "the first birth", 60.0)
    outbox.put(alarm(0))
    node.wake()
    centre.wait_for_alarms(1)
    centre.wait(lambda: outbox.waiting() == 0, "the receipt")

    broker.restart(memory=False)
    centre.wait_for_state(lambda state: state.state == "watching" and state.birth >= 2, "the birth after the restart")
    # Retained: somebody who comes later is told as well.
    late = probe(identity("centre-2"))
    late.subscribe(TOPICS.state)
    late.wait_for(TOPICS.state)
    told = [one for one in late.on(TOPICS.state) if one.retain]
    assert [decode(one.payload, State).state for one in told] == ["watching"]
    late.subscribe(TOPICS.health)
    assert late.wait_for(TOPICS.health)[0].retain
    # The receipt comes in on a subscription that the broker had forgotten.
    outbox.put(alarm(1))
    node.wake()
    centre.wait_for_alarms(2)
    centre.wait(lambda: outbox.waiting() == 0, "the receipt after the restart")
    assert centre.healths()[-1].reconnects >= 1
