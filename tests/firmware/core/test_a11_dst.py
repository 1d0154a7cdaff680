"""A11: the nights of 28-29 March and 24-25 October 2026, Europe/Stockholm: on at 20.00, off at 06.00; 9 h and 11 h."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from firmware.core.watch import State, decide
from firmware.drivers.clock_fake import FakeClock
from firmware.law import Law
from tests.permits import NIGHTS

STOCKHOLM = ZoneInfo("Europe/Stockholm")


@pytest.mark.parametrize(("evening", "hours"), [((2026, 3, 28), 9), ((2026, 10, 24), 11), ((2026, 10, 23), 10)])
def test_a11_on_at_20_off_at_06(evening: tuple[int, int, int], hours: int) -> None:
    """Thirty hours, walked through in steps of 30 s with the node's own rule."""
    clock = FakeClock(datetime(*evening, 12, tzinfo=STOCKHOLM))
    law = Law(clock, lambda: NIGHTS)
    watched_s, on, off = 0.0, [], []
    was = False
    for _ in range(30 * 3600 // 30):
        watching = law().watching
        if watching != was:
            (on if watching else off).append(clock.now_utc().astimezone(STOCKHOLM))
        was = watching
        watched_s += 30.0 if watching else 0.0
        clock.advance(30.0)
    assert [f"{t:%H:%M:%S}" for t in on] == ["20:00:00"]
    assert [f"{t:%H:%M:%S}" for t in off] == ["06:00:00"]
    assert watched_s == hours * 3600


@pytest.mark.parametrize("evening", [(2026, 3, 28), (2026, 10, 24)])
def test_a11_the_last_microsecond(evening: tuple[int, int, int]) -> None:
    start = datetime(*evening, 20, tzinfo=STOCKHOLM).astimezone(UTC)
    end = (datetime(*evening, 6, tzinfo=STOCKHOLM) + timedelta(days=1)).astimezone(UTC)
    tick = timedelta(microseconds=1)
    states = [decide(t, "", NIGHTS).state for t in (start - tick, start, end - tick, end)]
    assert states == [State.SLEEPING, State.WATCHING, State.WATCHING, State.SLEEPING]
    assert decide(end - tick, "", NIGHTS).until_utc == end
    assert decide(start - tick, "", NIGHTS).until_utc == start
