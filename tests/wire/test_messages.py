import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from wire.errors import WireError
from wire.messages import (
    ALARM_LIMIT_BYTES,
    Alarm,
    ClipHead,
    ClipPart,
    ClipResend,
    ClipTail,
    Command,
    Health,
    Received,
    SeenObject,
    State,
    decode,
    encode,
    encode_alarm,
)

T_UTC = datetime(2026, 11, 24, 21, 3, 4, 123000, UTC)
ALARM = Alarm(
    id="20261124T190003Z-7f3a-2",
    seq=0,
    phase="new",
    kind="prowling",
    severity="medium",
    t_utc=T_UTC,
    zone="row-a",
    reason="at three cars in 40 s",
    objects=(SeenObject(kind="person", track=17),),
)

ALARMS = st.builds(
    Alarm,
    id=st.from_regex(r"\A[A-Za-z0-9][A-Za-z0-9_-]{0,63}\Z"),
    seq=st.integers(0, 2**53 - 1),
    phase=st.sampled_from(["new", "update", "end"]),
    kind=st.sampled_from(["fire", "camera-tamper", "activity"]),
    severity=st.sampled_from(["low", "medium", "high"]),
    t_utc=st.datetimes(timezones=st.just(UTC)),
    zone=st.text(st.characters(codec=None), max_size=700),
    reason=st.text(st.characters(codec=None), max_size=2000),
    objects=st.lists(
        st.builds(
            SeenObject,
            kind=st.sampled_from(["person", "two-wheeler"]),
            track=st.integers(0, 2**53 - 1),
        ),
        max_size=40,
    ).map(tuple),
    delayed=st.booleans(),
)


@given(ALARMS)
def test_an_alarm_always_fits_and_can_always_be_read(alarm: Alarm) -> None:
    data = encode_alarm(alarm)
    assert len(data) <= ALARM_LIMIT_BYTES
    json.loads(data.decode("utf-8"))
    read = decode(data, Alarm)
    assert replace(read, reason="", zone="", objects=()) == replace(alarm, reason="", zone="", objects=())
    assert read.objects == alarm.objects[: len(read.objects)]
    for short, text in ((read.reason, alarm.reason), (read.zone, alarm.zone)):
        text = text.encode("utf-8", "replace").decode()
        assert short == text or not short or (short.endswith("\u2026") and text.startswith(short[:-1]))


def test_an_alarm_that_fits_is_sent_as_it_is() -> None:
    assert encode_alarm(ALARM) == encode(ALARM)


def test_the_reason_is_shortened_first_but_not_below_sixty_characters() -> None:
    wordy = replace(ALARM, reason="because " * 200)
    read = decode(encode_alarm(wordy), Alarm)
    assert len(encode_alarm(wordy)) > ALARM_LIMIT_BYTES - 4
    assert read.objects == ALARM.objects
    assert read.reason.endswith("\u2026")
    crowded = replace(wordy, objects=tuple(SeenObject(kind="person", track=n) for n in range(100)))
    read = decode(encode_alarm(crowded), Alarm)
    assert len(read.reason) == 61
    assert 1 <= len(read.objects) < 100


def test_quotes_and_control_characters_are_counted_as_they_are_sent() -> None:
    data = encode_alarm(replace(ALARM, reason='\x01"\\' * 300))
    assert ALARM_LIMIT_BYTES - 8 < len(data) <= ALARM_LIMIT_BYTES
    decode(data, Alarm)


def test_an_alarm_that_cannot_fit_is_refused() -> None:
    with pytest.raises(WireError, match="at its shortest"):
        encode_alarm(replace(ALARM, id="x" * 600))


@pytest.mark.parametrize(
    ("kind", "change", "says"),
    [
        (Alarm, {"id": "../x"}, r"\.id"),
        (Alarm, {"id": "a\n"}, r"\.id"),
        (Alarm, {"seq": -1}, r"\.seq"),
        (Alarm, {"seq": 2**60}, r"\.seq"),
        (Alarm, {"seq": 10**400}, r"\.seq"),
        (Alarm, {"phase": "begin"}, r"\.phase"),
        (Alarm, {"kind": "burglary"}, r"\.kind"),
        (Alarm, {"t_utc": "2026-11-24T21:03:04"}, "timezone"),
        (Alarm, {"t_utc": 5}, r"\.t_utc"),
        (Alarm, {"zone": None}, r"\.zone"),
        (Alarm, {"objects": [{"class": "cat", "track": 1}]}, r"\.objects"),
    ],
)
def test_a_wrong_field_is_named(kind: type, change: dict[str, object], says: str) -> None:
    fields = json.loads(encode(ALARM)) | change
    with pytest.raises(WireError, match=says):
        decode(json.dumps(fields).encode(), kind)


@pytest.mark.parametrize(
    "payload", [b"", b"{", b"null", b"[]", b"\xff\xfe", b'"\xc3"', b"[" * 100_000, b'{"id": "\xed\xa0\x80"}']
)
def test_rubbish_is_a_wire_error(payload: bytes) -> None:
    for kind in (State, Health, Alarm, ClipPart, Command):
        with pytest.raises(WireError, match="not a valid"):
            decode(payload, kind)


@given(st.binary(max_size=300))
def test_any_bytes_give_a_message_or_a_wire_error(payload: bytes) -> None:
    for kind in (State, Health, Alarm, ClipPart, Command):
        try:
            decode(payload, kind)
        except WireError:
            continue


def test_a_field_of_tomorrow_is_ignored_today() -> None:
    fields = json.loads(encode(ALARM)) | {"mood": "tense"}
    assert decode(json.dumps(fields).encode(), Alarm) == ALARM


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        (State(state="watching", birth=3, since_utc=T_UTC, faults=("ir",)), State),
        (Health(t_utc=T_UTC, clock_trusted=True, camera_hz=10.0), Health),
        (ClipHead(codec="avc1.64001f", width_px=1280, height_px=720, start_utc=T_UTC, trigger_s=10.0), ClipPart),
        (ClipTail(size_bytes=10, sha256="0" * 64), ClipPart),
        (Received(alarm="a-1", seq=2), Command),
        (ClipResend(alarm="a-1", ranges=((0, 100), (200, 300))), Command),
    ],
)
def test_what_is_sent_is_what_is_read(message: object, kind: type) -> None:
    assert decode(encode(message), kind) == message
