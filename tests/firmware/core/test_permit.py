from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.core.permit import Permit, Window, check_permit, covers, signed_bytes, validity, watch_window
from firmware.errors import PermitError
from tests.permits import NIGHTS, permit

STOCKHOLM = ZoneInfo("Europe/Stockholm")
ZONES = (
    "Europe/Stockholm",
    "America/New_York",
    "America/St_Johns",  # half hours
    "America/Havana",  # summer time begins and ends at midnight
    "Australia/Lord_Howe",  # half an hour of summer time
    "Asia/Kolkata",
    "UTC",
    "Pacific/Chatham",
)
HOURS = st.builds(lambda h, m: f"{h:02}:{m:02}", st.integers(0, 23), st.sampled_from((0, 15, 30, 45)))


def inside(what: Permit, now_utc: datetime) -> bool:
    window = watch_window(what, now_utc)
    return window is not None and window.contains(now_utc)


def naive(what: Permit, now_utc: datetime) -> bool:
    """What a man with a watch on his arm would say."""
    local = now_utc.astimezone(ZoneInfo(what.time_zone))
    if not what.valid_from <= local.date() <= what.valid_until:
        return False
    start, end, now = time.fromisoformat(what.from_hour), time.fromisoformat(what.until_hour), local.time()
    if start == end:
        return True
    return start <= now < end if start < end else now >= start or now < end


def exists_twice(now_utc: datetime, zone: ZoneInfo) -> bool:
    local = now_utc.astimezone(zone)
    return local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset()


@st.composite
def instants(draw: st.DrawFn) -> datetime:
    """Any second of three years, the nights of the clock's changes more often."""
    changes = ("2026-03-08T06:00+00:00", "2026-03-29T01:00+00:00", "2026-10-25T01:00+00:00")
    near = st.tuples(st.sampled_from(changes), st.integers(-90_000, 90_000))
    any_time = st.tuples(st.just("2025-12-01T00:00+00:00"), st.integers(0, 68_000_000))
    start, seconds = draw(st.one_of(any_time, near))
    return datetime.fromisoformat(start) + timedelta(seconds=seconds)


@given(instants(), HOURS, HOURS, st.sampled_from(ZONES))
def test_in_hours_is_what_a_watch_on_the_wall_says(now_utc: datetime, start: str, end: str, zone: str) -> None:
    what = permit(from_hour=start, until_hour=end, time_zone=zone)
    if exists_twice(now_utc, ZoneInfo(zone)):
        assert not inside(what, now_utc) or naive(what, now_utc)  # never more than it says
    else:
        assert inside(what, now_utc) == naive(what, now_utc)


@given(instants(), HOURS, HOURS, st.sampled_from(ZONES))
def test_a_window_is_not_over_and_nothing_is_left_out_before_it(
    now_utc: datetime, start: str, end: str, zone: str
) -> None:
    what = permit(from_hour=start, until_hour=end, time_zone=zone)
    window = watch_window(what, now_utc)
    if window is None:
        assert now_utc >= validity(what).end_utc - timedelta(days=2)
        return
    assert window.start_utc < window.end_utc
    assert now_utc < window.end_utc
    if now_utc < window.start_utc:
        before = now_utc + (window.start_utc - now_utc) / 2
        assert not naive(what, before) or exists_twice(before, ZoneInfo(zone))
        assert watch_window(what, before) == window


@pytest.mark.parametrize(
    ("local", "seen"),
    [
        ("2026-06-01T19:59:59", False),
        ("2026-06-01T20:00:00", True),
        ("2026-06-02T05:59:59", True),
        ("2026-06-02T06:00:00", False),
        ("2025-12-31T23:59:59", False),  # the day before the first
        ("2026-01-01T00:00:00", True),
        ("2027-12-31T23:59:59", True),
        ("2028-01-01T00:00:00", False),  # the night that began on the last day ends with it
    ],
)
def test_the_edges(local: str, seen: bool) -> None:
    assert inside(NIGHTS, datetime.fromisoformat(local).replace(tzinfo=STOCKHOLM).astimezone(UTC)) == seen


def test_equal_hours_mean_the_whole_day_without_a_gap() -> None:
    what = permit(from_hour="02:30", until_hour="02:30", valid_from=date(2026, 10, 24), valid_until=date(2026, 10, 26))
    window = watch_window(what, datetime(2026, 10, 25, tzinfo=UTC))
    assert window == validity(what)
    assert window.end_utc - window.start_utc == timedelta(hours=73)


@pytest.mark.parametrize(
    ("hours", "evening", "start_utc", "end_utc"),
    [
        # 02:30 does not exist on 29 March: it is the moment of the jump, 01:00 UTC.
        (("02:30", "06:00"), (2026, 3, 29), "2026-03-29T01:00:00", "2026-03-29T04:00:00"),
        (("20:00", "02:30"), (2026, 3, 28), "2026-03-28T19:00:00", "2026-03-29T01:00:00"),
        # 02:30 exists twice on 25 October: begin at the second, end at the first.
        (("02:30", "06:00"), (2026, 10, 25), "2026-10-25T01:30:00", "2026-10-25T05:00:00"),
        (("20:00", "02:30"), (2026, 10, 24), "2026-10-24T18:00:00", "2026-10-25T00:30:00"),
        (("02:15", "02:45"), (2026, 10, 25), "2026-10-25T01:15:00", "2026-10-25T01:45:00"),
    ],
)
def test_hours_in_the_gap_and_in_the_fold(
    hours: tuple[str, str], evening: tuple[int, int, int], start_utc: str, end_utc: str
) -> None:
    what = permit(from_hour=hours[0], until_hour=hours[1])
    window = watch_window(what, datetime.fromisoformat(start_utc).replace(tzinfo=UTC))
    assert window is not None
    assert window.start_utc.isoformat() == f"{start_utc}+00:00"
    assert window.end_utc.isoformat() == f"{end_utc}+00:00"


def test_hours_that_do_not_exist_give_no_window_that_night() -> None:
    window = watch_window(permit(from_hour="02:15", until_hour="02:45"), datetime(2026, 3, 28, 12, tzinfo=UTC))
    assert window is not None
    assert window.start_utc == datetime(2026, 3, 30, 0, 15, tzinfo=UTC)


def test_a_whole_day_that_a_country_left_out() -> None:
    what = permit(time_zone="Pacific/Apia", valid_from=date(2011, 12, 1), valid_until=date(2012, 1, 31))
    window = watch_window(what, datetime(2011, 12, 30, 9, tzinfo=UTC))  # 29 December 23:00; 30 December never came
    assert window is not None
    assert window.contains(datetime(2011, 12, 30, 9, tzinfo=UTC))
    assert window.end_utc == datetime(2011, 12, 30, 10, tzinfo=UTC)  # midnight, and at once 31 December 00:00
    after = watch_window(what, window.end_utc)
    assert after is not None


@pytest.mark.parametrize("year", [1, 1970, 2026, 9999])
def test_any_clock_gets_an_answer(year: int) -> None:
    window = watch_window(NIGHTS, datetime(year, 12, 31, 23, 59, 59, tzinfo=UTC))
    assert (window is None) == (year == 9999)


def test_who_is_covered() -> None:
    assert covers(NIGHTS, "lot-a", "any-node")
    assert not covers(NIGHTS, "lot-b", "any-node")
    assert covers(permit(nodes=("north", "south")), "lot-a", "south")
    assert not covers(permit(nodes=("north", "south")), "lot-a", "west")


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"time_zone": "Europe/Stokholm"}, "Europe/Stockholm"),
        ({"time_zone": "localtime"}, "IANA"),
        ({"time_zone": "../../etc/passwd"}, "IANA"),
        ({"valid_until": date(2025, 12, 31)}, "before"),
        ({"valid_from": date(1999, 1, 1)}, "2000 to 2199"),
        ({"valid_until": date(2200, 1, 1)}, "2000 to 2199"),
        ({"issued_utc": datetime(2026, 1, 1)}, "time zone"),  # noqa: DTZ001 - a time without a zone is the point
    ],
)
def test_what_no_permit_may_say(changes: dict[str, object], says: str) -> None:
    with pytest.raises(PermitError, match=says) as caught:
        check_permit(permit(**changes))
    assert caught.value.fault == "permit-unreadable"


def test_the_signed_bytes_are_fixed_for_ever() -> None:
    """A change here makes every permit out there invalid."""
    assert signed_bytes(NIGHTS) == (
        b"nattvakt permit v1\n"
        b'{"area":"lot-a","authority":"L\xc3\xa4nsstyrelsen","from":"20:00","id":"2026-0412",'
        b'"issued_utc":"2025-12-01T09:00:00Z","time_zone":"Europe/Stockholm","until":"06:00",'
        b'"valid_from":"2026-01-01","valid_until":"2027-12-31"}'
    )
    assert b'"nodes":["north"]' in signed_bytes(permit(nodes=("north",)))


def test_the_end_is_no_longer_in_the_window() -> None:
    start_utc = datetime(2026, 6, 1, 18, tzinfo=UTC)
    window = Window(start_utc, start_utc + timedelta(hours=10))
    assert [window.contains(t) for t in (window.start_utc, window.end_utc)] == [True, False]
