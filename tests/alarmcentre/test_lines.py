import json
from dataclasses import fields
from pathlib import Path
from typing import get_args

import pytest

from alarmcentre.events import (
    AlarmSeen,
    BadMessage,
    BrokerBack,
    BrokerGone,
    CentreFault,
    ClipComplete,
    ClipGivenUp,
    ClipProgress,
    Event,
    NodeAnswer,
    NodeBack,
    NodeHealth,
    NodeQuiet,
    NodeState,
    QuietReason,
    StillSaved,
)
from alarmcentre.lines import human, machine
from tests.alarmcentre.said import HEAD, N01, alarm, at
from wire.messages import Health, Response, State

EVENTS: list[tuple[Event, str | None]] = [
    (AlarmSeen(N01, alarm(), at(0.42).t_utc), "ALARM    lot/n01  prowling, medium  row-a  at three cars  1 person"),
    (AlarmSeen(N01, alarm(seq=1, delayed=True), at(4000).t_utc), "update   lot/n01  prowling, medium"),
    (StillSaved(N01, "a-1", Path("/x.jpg"), 10), "still    lot/n01  /x.jpg"),
    (ClipProgress(N01, "a-1", Path("/x.part"), 1, 1, None), None),
    (ClipComplete(N01, "a-1", Path("/x.mp4"), 2_340_000, HEAD), "clip     lot/n01  /x.mp4  (2.34 MB, hash verified)"),
    (ClipGivenUp(N01, "a-1", Path("/x.part"), 7, "why"), "NO CLIP  lot/n01  a-1: why; 7 bytes stay in /x.part"),
    (
        NodeState(N01, State(state="fault", birth=1, reason="no permit", faults=("ir",))),
        "fault    lot/n01  no permit, ir",
    ),
    (NodeState(N01, State(state="lost", birth=1)), None),
    (NodeHealth(N01, Health(t_utc=at(0).t_utc, clock_trusted=True)), None),
    (NodeQuiet(N01, QuietReason.LOST, None), "QUIET    lot/n01  the broker has lost it"),
    (NodeQuiet(N01, QuietReason.SILENT, at(0).t_utc), "QUIET    lot/n01  no sign of life for 150 s; last heard"),
    (NodeBack(N01, 3600.0), "back     lot/n01  after 60 min"),
    (NodeAnswer(N01, Response(ok=False, error="no such clip"), b"1"), "refused  lot/n01  no such clip"),
    (NodeAnswer(N01, Response(ok=True), b"1"), None),
    (BadMessage("t", "why"), "BAD      t: why"),
    (CentreFault("storage", "disk full"), "FAULT    storage: disk full"),
    (CentreFault("storage", ""), "well     storage"),
    (BrokerBack(), "connected to the broker"),
    (BrokerGone("why"), "DEAF     why; trying again"),
]


@pytest.mark.parametrize(("event", "text"), EVENTS)
def test_each_event_is_one_line(event: Event, text: str | None) -> None:
    line = human(event, at(1).t_utc)
    if text is None:
        assert line is None
    else:
        assert line is not None
        assert "21:03:05Z)  " + text in line
        assert "\n" not in line


def test_every_kind_of_event_has_its_place() -> None:
    assert {type(event) for event, _ in EVENTS} == set(get_args(Event))


@pytest.mark.parametrize("event", [event for event, _ in EVENTS if not isinstance(event, ClipProgress)])
def test_each_event_is_one_json_object(event: Event) -> None:
    line = machine(event, at(1).t_utc)
    assert line is not None
    assert "\n" not in line
    read = json.loads(line)
    assert read["at_utc"] == "2026-11-24T21:03:05.000+00:00"
    names = {field.name for field in fields(event)} - {"topics"}
    assert names <= read.keys()


def test_a_delay_is_told_and_so_is_a_clock_that_is_ahead() -> None:
    assert "0.4 s ago" in str(human(AlarmSeen(N01, alarm(), at(0.42).t_utc), at(1).t_utc))
    assert "DELAYED 67 min" in str(human(AlarmSeen(N01, alarm(delayed=True), at(4000).t_utc), at(1).t_utc))
    assert "DELAYED 3.0 h" in str(human(AlarmSeen(N01, alarm(delayed=True), at(10800).t_utc), at(1).t_utc))
    assert "30 s ahead of our clock" in str(human(AlarmSeen(N01, alarm(), at(-30).t_utc), at(1).t_utc))


def test_nothing_that_a_node_writes_reaches_the_terminal_as_a_command() -> None:
    line = human(AlarmSeen(N01, alarm(reason="\x1b]0;owned\x07\r\n\u202e"), at(0).t_utc), at(1).t_utc)
    assert line is not None
    assert line.isprintable()
