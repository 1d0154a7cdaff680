"""The centre's rules without a network: what is safe, what is told, what is refused."""

import json
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alarmcentre.centre import Centre
from alarmcentre.errors import CentreError, JournalError
from alarmcentre.events import AlarmSeen, BadMessage, CentreFault, Incoming, NodeAnswer, StillSaved
from alarmcentre.journal import NAME
from tests.alarmcentre.said import JPEG, N01, alarm, alarm_in, at, commands, of, still_in
from wire.messages import Received, Response, encode
from wire.topics import NodeTopics


@pytest.fixture
def centre(tmp_path: Path) -> Iterator[Centre]:
    centre = Centre(tmp_path / "out")
    centre.connected(at(0))
    yield centre
    centre.close()


def rows(folder: Path) -> int:
    """As another process sees it: only what is committed."""
    other = sqlite3.connect(folder / NAME)
    try:
        return int(other.execute("SELECT count(*) FROM alarms").fetchone()[0])
    finally:
        other.close()


def test_an_alarm_is_safe_before_its_receipt_is_ordered_and_then_told(centre: Centre, tmp_path: Path) -> None:
    outputs = centre.take(alarm_in(alarm()), at(0.4))
    assert rows(tmp_path / "out") == 1
    assert commands(outputs) == [Received(alarm="a-1", seq=0)]
    (seen,) = of(AlarmSeen, outputs)
    assert outputs[-1] == seen
    assert seen.alarm == alarm()
    assert seen.delay_s == pytest.approx(0.4)


def test_a_repeat_gets_its_receipt_again_but_is_not_told_again(centre: Centre) -> None:
    centre.take(alarm_in(alarm()), at(0))
    for again in (alarm(), alarm(delayed=True)):
        outputs = centre.take(alarm_in(again), at(10))
        assert commands(outputs) == [Received(alarm="a-1", seq=0)]
        assert not of(AlarmSeen, outputs)


def test_phases_nodes_and_sites_are_told_apart(centre: Centre) -> None:
    told = [
        of(AlarmSeen, centre.take(alarm_in(message, topics), at(0)))
        for topics in (N01, NodeTopics("lot", "n02"), NodeTopics("yard", "n01"))
        for message in (alarm(), alarm(seq=1), alarm("a-2"))
    ]
    assert [len(one) for one in told] == [1] * 9


def test_what_was_told_is_not_told_again_by_the_next_run_and_what_was_not_is(tmp_path: Path) -> None:
    first = Centre(tmp_path)
    (seen,) = of(AlarmSeen, first.take(alarm_in(alarm("told")), at(0)))
    first.told(seen)
    first.take(alarm_in(alarm("not-told")), at(1))
    first.close()  # as if it died between the commit and the handler
    second = Centre(tmp_path)
    (left,) = second.untold()
    assert left.alarm.id == "not-told"
    assert left.received_utc == at(1).t_utc
    for id in ("told", "not-told"):
        outputs = second.take(alarm_in(alarm(id)), at(20))
        assert (commands(outputs), of(AlarmSeen, outputs)) == ([Received(alarm=id, seq=0)], [])
    second.told(left)
    assert second.untold() == ()
    second.close()


def test_a_still_is_saved_once_under_a_name_in_utc(centre: Centre) -> None:
    centre.take(alarm_in(alarm()), at(0))
    (saved,) = of(StillSaved, centre.take(still_in(), at(1)))
    assert saved.path.name == "lot_n01_20261124T210304Z_prowling_a-1.jpg"
    assert saved.path.read_bytes() == JPEG
    assert saved.path.stat().st_mode & 0o777 == 0o600
    assert centre.take(still_in(), at(2)) == ()
    (other,) = of(StillSaved, centre.take(still_in(jpeg=JPEG + b"2"), at(3)))
    assert other.path.name == "lot_n01_20261124T210304Z_prowling_a-1-2.jpg"
    assert saved.path.read_bytes() == JPEG


def test_a_file_that_was_there_is_never_overwritten(centre: Centre, tmp_path: Path) -> None:
    mine = tmp_path / "out" / "lot_n01_20261124T210304Z_prowling_a-1.jpg"
    mine.write_text("mine")
    centre.take(alarm_in(alarm()), at(0))
    (saved,) = of(StillSaved, centre.take(still_in(), at(1)))
    assert saved.path != mine
    assert mine.read_text() == "mine"


def test_a_node_cannot_fill_the_disk_with_stills_of_one_alarm(centre: Centre) -> None:
    outputs = [centre.take(still_in(jpeg=JPEG + bytes([n])), at(n)) for n in range(8)]
    assert [len(of(StillSaved, one)) for one in outputs] == [1] * 5 + [0] * 3
    assert len(of(BadMessage, outputs[-1])) == 1


def test_an_answer_is_handed_on(centre: Centre) -> None:
    response = Response(ok=False, error="no such clip")
    outputs = centre.take(Incoming(N01.response, encode(response), correlation=b"7"), at(0))
    assert outputs == (NodeAnswer(N01, response, b"7"),)


BASE = "nattvakt/v1/lot/n01"
RUBBISH = [
    (f"{BASE}/alarm", b""),
    (f"{BASE}/alarm", b"{"),
    (f"{BASE}/alarm", b"\xff\xfe\xfd"),
    (f"{BASE}/alarm", b"[" * 5000),
    (f"{BASE}/alarm", b" " * 10_000_000),
    (f"{BASE}/alarm", encode(alarm("../../etc/cron"))),
    (f"{BASE}/alarm", encode(alarm("a/b"))),
    (f"{BASE}/alarm", encode(alarm(".."))),
    (f"{BASE}/alarm", encode(alarm("a\0b"))),
    (f"{BASE}/alarm", encode(alarm()).replace(b'"seq":0', b'"seq":1e400')),
    (f"{BASE}/state", b'{"state":"dancing","birth":1}'),
    (f"{BASE}/state", b""),
    (f"{BASE}/health", b'{"t_utc":"2026-11-24T21:03:04","clock_trusted":true}'),
    (f"{BASE}/still/a-1", b"not a jpeg"),
    (f"{BASE}/still/a-1", JPEG + bytes(40_000)),
    (f"{BASE}/still/..", JPEG),
    (f"{BASE}/still/../../x", JPEG),
    (f"{BASE}/clip/..", b"{}"),
    (f"{BASE}/clip/a-1", b'{"part":"middle"}'),
    (f"{BASE}/clip/a-1", b'{"part":"tail","size_bytes":99999999999,"sha256":"' + b"0" * 64 + b'"}'),
    (f"{BASE}/rsp", b"true"),
    (f"{BASE}/cmd", b"{}"),
    (f"{BASE}/nonsense", b"{}"),
    ("nattvakt/v1/../n01/alarm", encode(alarm())),
    ("nattvakt/v1/lot/../alarm", encode(alarm())),
    ("$SYS/broker/load", b"1"),
    ("", b""),
]


@pytest.mark.parametrize(("topic", "payload"), RUBBISH)
def test_rubbish_is_told_as_such_and_the_centre_works_on(
    centre: Centre, tmp_path: Path, topic: str, payload: bytes
) -> None:
    outputs = centre.take(Incoming(topic, payload), at(0))
    assert len(of(BadMessage, outputs)) == 1
    assert not of(AlarmSeen, outputs)
    assert rows(tmp_path / "out") == 0
    assert len(of(AlarmSeen, centre.take(alarm_in(alarm()), at(1)))) == 1


KEYS = (
    "id", "seq", "phase", "kind", "severity", "t_utc", "zone", "reason", "state", "birth", "part", "ok", "size_bytes",
    "sha256", "clock_trusted", "objects", "trigger_s",
)  # fmt: skip
VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20), st.lists(st.integers(), max_size=3),
    st.sampled_from(["new", "fire", "high", "tail", "head", "watching", "lost", "0" * 64, "2026-11-24T21:03:04Z"]),
)  # fmt: skip
ANYTHING = st.builds(
    Incoming,
    topic=st.one_of(
        st.sampled_from([f"{BASE}/{end}" for end in ("state", "health", "alarm", "still/a", "clip/a", "clip/b")]),
        st.builds("nattvakt/v1/{}/{}/{}".format, st.text(), st.text(), st.text()),
        st.builds((BASE + "/clip/{}").format, st.text()),
        st.text(),
    ),
    payload=st.one_of(
        st.binary(max_size=200),
        st.dictionaries(st.sampled_from(KEYS), VALUES).map(lambda fields: json.dumps(fields).encode()),
    ),
    retain=st.booleans(),
    content_type=st.sampled_from(["", "application/json", "video/mp4", "image/jpeg", "x"]),
    offset=st.one_of(st.none(), st.integers(0, 10**8).map(str), st.text(max_size=20)),
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ANYTHING)
def test_whatever_comes_nothing_falls_over_and_no_file_lands_outside(
    centre: Centre, tmp_path: Path, incoming: Incoming
) -> None:
    before = sorted(os.listdir(tmp_path))
    centre.take(incoming, at(0))
    centre.tick(at(1))
    assert sorted(os.listdir(tmp_path)) == before
    assert all(name.startswith((".lock", NAME, "lot_n01_")) for name in os.listdir(tmp_path / "out"))


def test_a_journal_that_fails_costs_the_receipt_but_not_the_sight(
    centre: Centre, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(seen: AlarmSeen) -> bool:
        raise JournalError("database or disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(centre._journal, "record", full)
        outputs = centre.take(alarm_in(alarm()), at(0))
        assert len(of(AlarmSeen, outputs)) == 1
        assert of(CentreFault, outputs) == [CentreFault("storage", "database or disk is full")]
        assert commands(outputs) == []
        assert centre.take(alarm_in(alarm()), at(10)) == (), "its repeat is not told again"
        assert len(of(AlarmSeen, centre.take(alarm_in(alarm("a-2")), at(11)))) == 1
    outputs = centre.take(alarm_in(alarm()), at(20))
    assert commands(outputs) == [Received(alarm="a-1", seq=0)]
    assert of(AlarmSeen, outputs) == []
    assert of(CentreFault, outputs) == [CentreFault("storage", "")]
    assert [seen.alarm.id for seen in centre.untold()] == []


def test_a_disk_without_room_for_a_still_is_told_once(
    centre: Centre, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("alarmcentre.album.write_atomic", full)
        assert "No space" in of(CentreFault, centre.take(still_in(), at(0)))[0].why
        assert centre.take(still_in(), at(1)) == ()
        assert len(of(AlarmSeen, centre.take(alarm_in(alarm()), at(2)))) == 1
    assert len(of(StillSaved, centre.take(still_in(), at(3)))) == 1


def test_two_centres_cannot_share_a_folder(centre: Centre, tmp_path: Path) -> None:
    with pytest.raises(CentreError, match="in use by another"):
        Centre(tmp_path / "out")


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CentreError, match="file.*--out"):
        Centre(tmp_path / "file")


@pytest.mark.parametrize("content", [b"no database at all" * 100, b"SQLite format 3\0" + bytes(100)])
def test_a_broken_journal_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / NAME).write_bytes(content)
    with pytest.raises(CentreError, match=NAME):
        Centre(tmp_path)
    with pytest.raises(CentreError, match=NAME):  # and its lock was let go
        Centre(tmp_path)


def test_a_journal_of_a_later_version_is_not_touched(tmp_path: Path) -> None:
    Centre(tmp_path).close()
    database = sqlite3.connect(tmp_path / NAME)
    database.execute("PRAGMA user_version = 99")
    database.close()
    with pytest.raises(CentreError, match="version 99"):
        Centre(tmp_path)
