"""A7: broker away, power cut in the middle: every alarm arrives once, in order, with its true time and `delayed`.

Shortened: the outage lasts some seconds, and its alarms are dated as if it had lasted 30 minutes.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from provisioning.authority import Identity
from provisioning.broker import Broker
from tests.faults.link_stage import WATCHING, Stage, alarm, ref
from tests.mqtt_probe import Probe


def noted(path: Path) -> list[tuple[str, int]]:
    lines = [line.split() for line in path.read_text().splitlines()] if path.exists() else []
    return [(words[0], int(words[1])) for words in lines if len(words) == 2]


def test_alarms_of_an_outage_with_kills_in_the_middle_arrive_once_in_order_and_delayed(
    make_stage: Callable[[Broker], Stage],
    broker: Broker,
    identity: Callable[[str], Identity],
    probe: Callable[..., Probe],
    tmp_path: Path,
) -> None:
    stage = make_stage(broker)
    began_utc = datetime.now(UTC) - timedelta(minutes=30)
    node = stage.node()
    node.say(WATCHING)
    centre = stage.centre(probe(identity("centre-1")))
    outbox = stage.outbox()
    outbox.put(alarm(0))
    stage.start_link()
    centre.wait_for_alarms(1)

    broker.stop()
    notes = tmp_path / "noted"
    first = [
        alarm(n, seq, began_utc + timedelta(seconds=n, milliseconds=seq)) for n in range(1, 301) for seq in range(2)
    ]
    writer = stage.start_writer(first, notes)
    centre.wait(lambda: len(noted(notes)) >= 20, "20 alarms on disk")
    writer.kill()
    stage.kill_link()
    taken = noted(notes)
    stage.start_link()
    second = [alarm(n, t_utc=began_utc + timedelta(seconds=n)) for n in range(1001, 1011)]
    for one in second:
        outbox.put(one)
    node.wake()

    assert [one.delayed for one in centre.application] == [False]
    broker.start()
    waiting = [*taken, *(ref(one) for one in second)]
    centre.wait(lambda: {ref(one) for one in centre.application} >= set(waiting), "every alarm of the outage")
    arrived = centre.application[1:]
    # The alarm that was being written when the writer was killed may have made it or not; all before it have.
    unsure = {ref(one) for one in first} - set(taken)
    assert [ref(one) for one in arrived if ref(one) not in unsure] == waiting
    assert len({ref(one) for one in arrived} & unsure) <= 1
    put = {ref(one): one for one in (*first, *second)}
    assert [one.t_utc for one in arrived] == [put[ref(one)].t_utc for one in arrived]
    assert [ref(one) for one in arrived if not one.delayed] == []
    centre.wait(lambda: outbox.waiting() == 0, "an empty outbox")
