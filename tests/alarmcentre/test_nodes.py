"""Who is there and who is quiet; the time is in the test's hand."""

from datetime import UTC, datetime, timedelta

import pytest

from alarmcentre import nodes
from alarmcentre.events import Event, Moment, NodeBack, NodeHealth, NodeQuiet, NodeState, QuietReason
from alarmcentre.nodes import PRESENCE, QUIET_S, NodeWatch, Presence, Sign
from wire.errors import WireError
from wire.messages import Health, State
from wire.topics import NodeTopics

START_UTC = datetime(2026, 11, 24, 19, tzinfo=UTC)
N01 = NodeTopics("lot", "n01")


def at(t_s: float) -> Moment:
    return Moment(1000 + t_s, START_UTC + timedelta(seconds=t_s))


def health(t_s: float) -> Health:
    return Health(t_utc=at(t_s).t_utc, clock_trusted=True)


@pytest.fixture
def watch() -> NodeWatch:
    watch = NodeWatch()
    watch.connected(at(0))
    return watch


def kinds(events: tuple[Event, ...]) -> list[type]:
    return [type(event) for event in events]


def test_the_table_knows_every_pair() -> None:
    assert PRESENCE.keys() == {(presence, sign) for presence in Presence for sign in Sign}
    for (_, sign), after in PRESENCE.items():
        assert after is (Presence.PRESENT if sign is Sign.ALIVE else Presence.QUIET)


def test_a_node_without_health_goes_quiet_once_and_comes_back_once(watch: NodeWatch) -> None:
    assert kinds(watch.hear_state(N01, State(state="watching", birth=1), False, at(0))) == [NodeState]
    assert kinds(watch.hear_health(N01, health(60), False, at(60))) == [NodeHealth]
    assert watch.tick(at(60 + QUIET_S - 0.1)) == ()
    assert watch.tick(at(60 + QUIET_S)) == (NodeQuiet(N01, QuietReason.SILENT, at(60).t_utc),)
    assert watch.tick(at(1000)) == ()
    told = watch.hear_health(N01, health(1060), False, at(1060))
    assert told == (NodeHealth(N01, health(1060)), NodeBack(N01, 1000.0))
    assert kinds(watch.hear_health(N01, health(1120), False, at(1120))) == [NodeHealth]


def test_a_will_is_told_at_once(watch: NodeWatch) -> None:
    watch.hear_state(N01, State(state="watching", birth=4), False, at(0))
    told = watch.hear_state(N01, State(state="lost", birth=4), False, at(10))
    assert kinds(told) == [NodeState, NodeQuiet]
    assert watch.tick(at(500)) == ()
    assert kinds(watch.hear_state(N01, State(state="sleeping", birth=5), False, at(600))) == [NodeState, NodeBack]


def test_a_late_will_buries_nobody(watch: NodeWatch) -> None:
    watch.hear_state(N01, State(state="watching", birth=7), False, at(0))
    assert watch.hear_state(N01, State(state="lost", birth=6), False, at(1)) == ()
    assert watch.hear_state(N01, State(state="lost", birth=6), True, at(2)) == ()
    assert watch.nodes[0].state == State(state="watching", birth=7)


def test_a_node_whose_count_began_again_is_believed(watch: NodeWatch) -> None:
    watch.hear_state(N01, State(state="watching", birth=70), False, at(0))
    watch.hear_state(N01, State(state="watching", birth=1), False, at(1))
    assert NodeQuiet in kinds(watch.hear_state(N01, State(state="lost", birth=1), False, at(2)))


def test_health_after_a_will_of_the_same_birth_brings_it_back(watch: NodeWatch) -> None:
    watch.hear_state(N01, State(state="watching", birth=1), False, at(0))
    watch.hear_state(N01, State(state="lost", birth=1), False, at(1))
    assert NodeBack in kinds(watch.hear_health(N01, health(5), False, at(5)))


@pytest.mark.parametrize("health_first", [True, False])
def test_a_retained_health_does_not_raise_the_dead(watch: NodeWatch, health_first: bool) -> None:
    said = [
        lambda: watch.hear_health(N01, health(-30), True, at(0)),
        lambda: watch.hear_state(N01, State(state="lost", birth=3), True, at(0)),
    ]
    told = [event for say in (said if health_first else said[::-1]) for event in say()]
    assert [type(event) for event in told if isinstance(event, (NodeQuiet, NodeBack))] == [NodeQuiet]
    assert watch.nodes[0].presence is Presence.QUIET


def test_while_we_are_deaf_nobody_is_quiet_and_afterwards_each_has_its_time(watch: NodeWatch) -> None:
    watch.hear_state(N01, State(state="watching", birth=1), False, at(0))
    watch.disconnected()
    assert watch.tick(at(10_000)) == ()
    watch.connected(at(20_000))
    assert watch.tick(at(20_000 + QUIET_S - 1)) == ()
    assert kinds(watch.tick(at(20_000 + QUIET_S))) == [NodeQuiet]


def test_the_same_retained_state_on_every_subscription_is_told_once(watch: NodeWatch) -> None:
    state = State(state="watching", birth=1)
    assert kinds(watch.hear_state(N01, state, True, at(0))) == [NodeState]
    assert watch.hear_state(N01, state, True, at(5)) == ()
    watch.tick(at(QUIET_S))
    assert watch.hear_state(N01, state, True, at(QUIET_S + 1)) == (), "an old retained state is no sign of life"


def test_a_node_that_came_back_while_we_were_deaf_is_told(watch: NodeWatch) -> None:
    watch.hear_state(N01, State(state="lost", birth=1), False, at(0))
    watch.disconnected()
    watch.connected(at(100))
    assert NodeBack in kinds(watch.hear_state(N01, State(state="watching", birth=2), True, at(101)))


def test_memory_for_nodes_is_bounded(watch: NodeWatch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nodes, "NODES_LIMIT", 3)
    for number in range(3):
        watch.hear_health(NodeTopics("lot", f"n{number}"), health(0), False, at(0))
    with pytest.raises(WireError, match="more than 3 nodes"):
        watch.hear_health(NodeTopics("lot", "n9"), health(0), False, at(0))
    watch.hear_health(NodeTopics("lot", "n1"), health(1), False, at(1))
