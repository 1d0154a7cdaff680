from dataclasses import replace
from itertools import product

import pytest

from firmware.core.finding import Finding
from firmware.core.ground import Ground
from firmware.core.incidents import QUIET_S, TABLE, Event, Incidents, State, follow
from firmware.core.nearness import Nearness, Spot
from firmware.messages import AlarmEvent, AlarmKind, AlarmObject, ObjectKind, Phase, Severity
from tests.nights.world import SIZE, calibration


def incidents() -> Incidents:
    return Incidents(Nearness(Ground(calibration(), SIZE)), "watch")


def finding(
    kind: AlarmKind = AlarmKind.PROWLING,
    person: int = 1,
    place: tuple[float, float] = (0.0, 15.0),
    severity: Severity = Severity.MEDIUM,
    reason: str = "because",
) -> Finding:
    who = AlarmObject(ObjectKind.PERSON, person)
    return Finding(kind, severity, 90.0 - person, "lot", reason, (who,), Spot(*place, 1.0))


def run(schedule: dict[float, list[Finding]], until_s: float, hz: float = 5) -> list[AlarmEvent]:
    """Feed findings: what stands at a time holds until the next entry."""
    told, machine, now = [], incidents(), []
    for n in range(int(100 * hz), int(until_s * hz) + 1):
        due = [t_s for t_s in schedule if t_s <= n / hz]
        now = schedule[max(due)] if due else []
        told += machine.update(now, n / hz)
    return told


def phases(told: list[AlarmEvent]) -> list[tuple[str, str, float]]:
    return [(event.id, event.phase, event.t_s) for event in told]


@pytest.mark.parametrize(("state", "event"), list(product(State, Event)))
def test_every_pair_leads_somewhere_or_is_refused(state: State, event: Event) -> None:
    if (state, event) in TABLE:
        assert follow(state, event) is TABLE[state, event]
    else:
        with pytest.raises(ValueError, match=f"an incident that is {state} cannot {event}"):
            follow(state, event)


def test_the_table_says_what_an_incident_is() -> None:
    listed = {state: {event for s, event in TABLE if s is state} for state in State}
    assert listed == {
        State.SEEN: {Event.RAISE},
        State.TOLD: {Event.SAME, Event.CHANGE, Event.PAUSE, Event.CLOSE},
        State.CHANGED: {Event.SAME, Event.CHANGE, Event.TELL, Event.PAUSE, Event.EXPIRE, Event.CLOSE},
        State.QUIET: {Event.SAME, Event.CHANGE, Event.PAUSE, Event.EXPIRE, Event.CLOSE},
        State.ENDED: set(),
    }
    assert {event for event in Event if TABLE.get((State.QUIET, event)) is State.ENDED} == {Event.EXPIRE, Event.CLOSE}
    assert State.SEEN not in TABLE.values()


def test_new_once_and_end_once_after_a_quiet_time() -> None:
    told = run({100: [finding()], 160: []}, 220)
    assert phases(told) == [("watch-1", "new", 100.0), ("watch-1", "end", pytest.approx(159.8 + QUIET_S, abs=0.3))]
    assert [event.seq for event in told] == [0, 1]
    assert told[0].began_s == 89.0
    assert told[1].reason == "over: nothing seen for 30 s"


def test_a_short_quiet_is_no_end() -> None:
    told = run({100: [finding()], 110: [], 135: [finding()], 140: [], 165: [finding()]}, 190)
    assert [event.phase for event in told] == [Phase.NEW]


def test_the_same_person_later_is_another_incident() -> None:
    told = run({100: [finding()], 110: [], 160: [finding()], 170: []}, 220)
    assert [(event.id, event.phase) for event in told] == [
        ("watch-1", "new"), ("watch-1", "end"), ("watch-2", "new"), ("watch-2", "end"),
    ]  # fmt: skip


def test_a_graver_kind_is_told_at_once_and_never_falls_back() -> None:
    told = run(
        {
            100: [finding(AlarmKind.LOITERING, severity=Severity.LOW)],
            102: [finding(AlarmKind.PROWLING)],
            103: [finding(AlarmKind.TAMPERING, reason="at one car")],
            104: [finding(AlarmKind.LOITERING, severity=Severity.LOW)],
            150: [],
        },
        200,
    )
    assert [(e.t_s, e.phase, e.kind, e.severity) for e in told[:3]] == [
        (100.0, "new", "loitering", "low"),
        (102.0, "update", "prowling", "medium"),
        (103.0, "update", "tampering", "medium"),
    ]
    assert (told[-1].phase, told[-1].kind, len(told)) == ("end", "tampering", 4)
    assert {event.id for event in told} == {"watch-1"}


def test_a_milder_finding_does_not_change_what_is_said() -> None:
    told = run({100: [finding(AlarmKind.TAMPERING, reason="grave")], 101: [finding(reason="mild", person=2)]}, 130)
    assert [event.reason for event in told] == ["grave", "grave"]
    assert len(told[1].objects) == 2


def test_updates_come_every_ten_seconds_at_most() -> None:
    schedule = {100 + n: [finding(person=k) for k in range(1, n + 2)] for n in range(5)}
    told = run(schedule, 140)
    assert [(event.phase, event.t_s, len(event.objects)) for event in told] == [("new", 100.0, 1), ("update", 110.0, 5)]


def test_no_more_than_six_objects_people_before_vehicles() -> None:
    cars = tuple(AlarmObject(ObjectKind.VEHICLE, 50 + n) for n in range(4))
    people = [finding(person=n, reason="x" * 200) for n in range(4)]
    crowd = [replace(one, objects=(*one.objects, *cars)) for one in people]
    told = run({100: crowd}, 130)
    last = told[-1]
    assert [thing.kind for thing in last.objects] == ["person"] * 4 + ["vehicle"] * 2
    assert len(last.reason) == 90


def test_those_near_join_and_those_far_do_not() -> None:
    told = run({100: [finding(person=1), finding(person=2, place=(6, 18)), finding(person=3, place=(-20, 30))]}, 105)
    assert [(event.id, event.phase) for event in told] == [("watch-1", "new"), ("watch-2", "new")]
    assert told[1].objects[0].track == 3


def test_who_is_known_belongs_to_the_incident_wherever_they_go() -> None:
    told = run({100: [finding(person=1)], 110: [finding(person=1, place=(-20, 30))]}, 130)
    assert {event.id for event in told} == {"watch-1"}
