"""Clips at the centre: in order, in disorder, with holes, broken, repeated."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alarmcentre import clips
from alarmcentre.centre import Centre
from alarmcentre.clips import ASKS_LIMIT, STALL_S
from alarmcentre.events import BadMessage, ClipComplete, ClipGivenUp, ClipProgress, Order
from tests.alarmcentre.said import (
    HEAD,
    N01,
    START_UTC,
    alarm,
    alarm_in,
    at,
    chunk_in,
    clip_in,
    commands,
    of,
    part_in,
    tail_of,
)
from wire.messages import ClipReceived, ClipResend
from wire.topics import NodeTopics

DATA = bytes(range(256)) * 20
END = 2**53 - 1
NUMBERS = count(2)
NAME = "lot_n01_20261124T210304Z_prowling_a-1.mp4"


@pytest.fixture
def centre(tmp_path: Path) -> Iterator[Centre]:
    centre = Centre(tmp_path)
    centre.connected(at(0))
    centre.take(alarm_in(alarm()), at(0))
    yield centre
    centre.close()


def test_a_clip_plays_from_its_first_chunk_and_has_its_name_only_when_verified(centre: Centre, tmp_path: Path) -> None:
    *but_tail, tail = clip_in(DATA)
    progress = [event for one in but_tail for event in of(ClipProgress, centre.take(one, at(1)))]
    assert [event.playable_bytes for event in progress] == [1000, 2000, 3000, 4000, 5000, 5120]
    assert progress[0].path == tmp_path / (NAME + ".part")
    assert progress[0].path.read_bytes() == DATA
    assert not (tmp_path / NAME).exists()
    outputs = centre.take(tail, at(2))
    assert outputs == (
        Order(N01, ClipReceived(alarm="a-1")),
        ClipComplete(N01, "a-1", tmp_path / NAME, len(DATA), HEAD),
    )
    assert (tmp_path / NAME).read_bytes() == DATA
    assert (tmp_path / NAME).stat().st_mode & 0o777 == 0o600
    assert not (tmp_path / (NAME + ".part")).exists()


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(order=st.permutations(range(8)), again=st.lists(st.integers(0, 7), max_size=6))
def test_a_clip_comes_together_in_any_order(centre: Centre, order: list[int], again: list[int]) -> None:
    id = f"a-{next(NUMBERS)}"  # one centre for all examples
    parts = list(clip_in(DATA, id))
    assert len(parts) == 8
    outputs = [output for n in [*order, *again, *range(8)] for output in centre.take(parts[n], at(1))]
    complete = of(ClipComplete, tuple(outputs))
    assert [event.path.read_bytes() for event in complete] == [DATA]
    assert not of(BadMessage, tuple(outputs))


def test_after_a_tail_with_holes_exactly_the_holes_are_asked_for(centre: Centre) -> None:
    parts = list(clip_in(DATA))
    for n in (0, 1, 3, 6):
        centre.take(parts[n], at(1))
    assert commands(centre.take(parts[7], at(2))) == [ClipResend(alarm="a-1", ranges=((1000, 2000), (3000, 5000)))]
    for n in (2, 4):
        assert not of(ClipComplete, centre.take(parts[n], at(3)))
    assert len(of(ClipComplete, centre.take(parts[5], at(3)))) == 1


def test_when_chunks_stop_the_rest_is_asked_for_ever_more_seldom_and_then_given_up(
    centre: Centre, tmp_path: Path
) -> None:
    for one in list(clip_in(DATA))[:3]:
        centre.take(one, at(0))
    assert centre.tick(at(STALL_S - 0.1)) == ()
    asked_s, given_up = [], None
    for half_s in range(0, 4000):
        outputs = centre.tick(at(half_s / 2))
        if commands(outputs):
            assert commands(outputs) == [ClipResend(alarm="a-1", ranges=((2000, END),))]
            asked_s.append(half_s / 2)
        for event in of(ClipGivenUp, outputs):
            given_up = event
    assert asked_s == [10.0, 30.0, 70.0, 150.0, 310.0, 630.0]
    assert len(asked_s) == ASKS_LIMIT
    assert given_up is not None
    assert (given_up.received_bytes, given_up.path.read_bytes()) == (2000, DATA[:2000])
    assert given_up.path == tmp_path / (NAME + ".part")


def test_a_new_byte_begins_the_waits_anew(centre: Centre) -> None:
    parts = list(clip_in(DATA))
    centre.take(parts[0], at(0))
    centre.take(parts[1], at(0))
    assert commands(centre.tick(at(10)))
    centre.take(parts[2], at(11))
    assert centre.tick(at(20.9)) == ()
    assert commands(centre.tick(at(21)))


def test_without_a_head_the_whole_clip_is_asked_for(centre: Centre) -> None:
    centre.take(chunk_in(1000, DATA[1000:2000]), at(0))
    assert commands(centre.tick(at(10))) == [ClipResend(alarm="a-1", ranges=())]
    outputs = [centre.take(one, at(11)) for one in clip_in(DATA)]
    assert len(of(ClipComplete, outputs[-1])) == 1


def test_more_holes_than_a_node_can_keep_ask_for_the_whole(centre: Centre) -> None:
    centre.take(part_in(HEAD), at(0))
    for n in range(80):
        centre.take(chunk_in(20 * n, DATA[20 * n : 20 * n + 10]), at(0))
    assert commands(centre.take(part_in(tail_of(DATA)), at(0))) == [ClipResend(alarm="a-1", ranges=())]


def test_a_wrong_byte_is_found_and_the_whole_clip_comes_again(centre: Centre) -> None:
    parts = list(clip_in(DATA))
    parts[3] = chunk_in(2000, b"!" * 1000)
    outputs = [centre.take(one, at(1)) for one in parts][-1]
    assert "SHA-256" in of(BadMessage, outputs)[0].why
    assert commands(outputs) == [ClipResend(alarm="a-1", ranges=())]
    assert not of(ClipComplete, outputs)
    outputs = [centre.take(one, at(2)) for one in clip_in(DATA)][-1]
    assert of(ClipComplete, outputs)[0].path.read_bytes() == DATA


def test_a_tail_that_cannot_belong_to_its_chunks_starts_it_again(centre: Centre) -> None:
    for one in list(clip_in(DATA))[:-1]:
        centre.take(one, at(0))
    assert len(of(BadMessage, centre.take(part_in(tail_of(DATA[:100])), at(1)))) == 1
    assert commands(centre.tick(at(10))) == [ClipResend(alarm="a-1", ranges=())]
    outputs = [centre.take(one, at(11)) for one in clip_in(DATA)][-1]
    assert len(of(ClipComplete, outputs)) == 1


def test_a_clip_that_is_there_is_receipted_again_on_its_tail_alone_also_by_the_next_run(tmp_path: Path) -> None:
    for run in range(2):
        centre = Centre(tmp_path)
        outputs = [centre.take(one, at(run)) for one in clip_in(DATA)]
        assert [commands(one) for one in outputs if commands(one)] == [[ClipReceived(alarm="a-1")]]
        assert len(of(ClipComplete, outputs[-1])) == (1 if run == 0 else 0)
        centre.close()
    assert len(list(tmp_path.glob("*.mp4*"))) == 1


def test_a_run_that_ends_in_the_middle_leaves_a_part_and_the_next_asks_for_the_whole(tmp_path: Path) -> None:
    first = Centre(tmp_path)
    first.take(alarm_in(alarm()), at(0))
    parts = list(clip_in(DATA))
    for one in parts[:4]:
        first.take(one, at(0))
    first.close()
    assert (tmp_path / (NAME + ".part")).read_bytes() == DATA[:3000]
    second = Centre(tmp_path)
    outputs = [output for one in parts[4:] for output in second.take(one, at(10))]
    assert commands(tuple(outputs)) == [ClipResend(alarm="a-1", ranges=())]
    outputs = [output for one in parts for output in second.take(one, at(11))]
    assert of(ClipComplete, tuple(outputs))[0].path == tmp_path / NAME
    second.close()


def test_open_clips_are_bounded(centre: Centre, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clips, "OPEN_LIMIT", 3)
    for n in range(3):
        centre.take(part_in(HEAD, f"c-{n}"), at(n))
    (given_up,) = of(ClipGivenUp, centre.take(part_in(HEAD, "c-9"), at(9)))
    assert given_up.alarm == "c-0"


def test_a_clip_whose_alarm_is_unknown_is_kept_all_the_same(tmp_path: Path) -> None:
    centre = Centre(tmp_path)
    outputs = [centre.take(one, at(1)) for one in clip_in(DATA, "b-1", NodeTopics("yard", "n07"))][-1]
    assert of(ClipComplete, outputs)[0].path.name == "yard_n07_20261124T210305Z_unknown_b-1.mp4"
    assert at(0).t_utc == START_UTC
    centre.close()
