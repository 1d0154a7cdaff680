from datetime import UTC, date, datetime, timedelta
from itertools import product

import pytest

from firmware.core.permit import Permit
from firmware.core.watch import CHECK_S, TABLE, Eyes, Leave, State, Trouble, Trust, Verdict, decide
from firmware.errors import PermitError
from tests.permits import NIGHTS, permit

NIGHT = datetime(2026, 6, 1, 22, tzinfo=UTC)
NOON = datetime(2026, 6, 1, 10, tzinfo=UTC)
BROKEN = PermitError("permit-signature", "changed after it was signed")
BLIND = Trouble("camera", "no frame for 10 s")


def test_the_table_is_whole() -> None:
    assert set(TABLE) == set(product(Trust, Leave, Eyes))


@pytest.mark.parametrize("trust", list(Trust))
@pytest.mark.parametrize("leave", list(Leave))
@pytest.mark.parametrize("eyes", list(Eyes))
def test_the_full_product(trust: Trust, leave: Leave, eyes: Eyes) -> None:
    permit_or_not: Permit | PermitError = BROKEN if leave is Leave.NONE else NIGHTS
    now_utc = NOON if leave is Leave.OUTSIDE else NIGHT
    verdict = decide(
        now_utc,
        "no time server" if trust is Trust.UNTRUSTED else "",
        permit_or_not,
        BLIND if eyes is Eyes.FAULTY else None,
    )
    assert verdict.watching == (trust is Trust.TRUSTED and leave is Leave.INSIDE)
    if trust is Trust.UNTRUSTED:
        expected = (State.FAULT, "clock-untrusted", "no time server")
    elif leave is Leave.NONE:
        expected = (State.FAULT, "permit-signature", "changed after it was signed")
    elif eyes is Eyes.FAULTY:
        expected = (State.FAULT, "camera", "no frame for 10 s")
    else:
        hours = "permit 2026-0412: 2026-06-01 20:00 to 2026-06-02 06:00 Europe/Stockholm"
        expected = (State.WATCHING if leave is Leave.INSIDE else State.SLEEPING, "", hours)
    assert (verdict.state, verdict.fault, verdict.reason) == expected


@pytest.mark.parametrize(
    ("what", "fault", "says"),
    [
        (permit(valid_until=date(2026, 5, 31)), "permit-expired", "2026-05-31"),
        (permit(valid_from=date(2026, 6, 3)), "permit-not-yet", "2026-06-03"),
        (permit(time_zone="Europe/Stokholm"), "permit-unreadable", "IANA"),
    ],
)
def test_a_permit_of_another_time_is_a_fault(what: Permit, fault: str, says: str) -> None:
    verdict = decide(NIGHT, "", what)
    assert (verdict.state, verdict.watching, verdict.fault) == (State.FAULT, False, fault)
    assert says in verdict.reason


def test_a_permit_that_begins_tomorrow_says_when() -> None:
    verdict = decide(NIGHT, "", permit(valid_from=date(2026, 6, 3)))
    assert verdict.until_utc == datetime(2026, 6, 2, 22, tzinfo=UTC)  # 00:00 of 3 June in Stockholm


def test_the_last_morning_is_already_expired() -> None:
    """After the last night there is nothing to sleep for."""
    what = permit(from_hour="00:00", until_hour="06:00", valid_until=date(2026, 6, 1))
    assert decide(NOON, "", what).fault == "permit-expired"


@pytest.mark.parametrize(
    ("left", "seconds"),
    [(None, CHECK_S), (timedelta(hours=3), CHECK_S), (timedelta(seconds=0.25), 0.25), (timedelta(seconds=-5), 0.0)],
)
def test_asked_again_each_second_and_at_the_end_exactly(left: timedelta | None, seconds: float) -> None:
    verdict = Verdict(State.WATCHING, True, until_utc=None if left is None else NIGHT + left)
    assert verdict.check_again_s(NIGHT) == pytest.approx(seconds)


def test_a_clock_that_is_not_trusted_foretells_nothing() -> None:
    assert decide(NIGHT, "no time server", NIGHTS).until_utc is None
    assert decide(NIGHT, "", NIGHTS).until_utc == datetime(2026, 6, 2, 4, tzinfo=UTC)
