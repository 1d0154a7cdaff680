"""What every clock keeps."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from firmware.drivers.clock_fake import FakeClock
from firmware.drivers.clock_system import SystemClock
from firmware.ports import Clock

MAKERS: dict[str, Callable[[Path], Clock]] = {
    "fake": lambda _: FakeClock(datetime(2026, 12, 1, tzinfo=UTC)),
    "fake, distrusted": lambda _: FakeClock(datetime(1970, 1, 1, tzinfo=UTC), distrust="no time server"),
    "system, host": lambda folder: SystemClock("host", folder / "clock"),
    "system, ntp": lambda folder: SystemClock("ntp", folder / "clock", flag=folder / "synchronized"),
}


@pytest.fixture(params=MAKERS)
def clock(request: pytest.FixtureRequest, tmp_path: Path) -> Clock:
    return MAKERS[request.param](tmp_path)


def test_monotonic_time_never_goes_back(clock: Clock) -> None:
    times = [clock.monotonic_s() for _ in range(100)]
    assert times == sorted(times)


def test_wall_time_is_utc_and_says_so(clock: Clock) -> None:
    assert clock.now_utc().utcoffset() == timedelta(0)


def test_trusted_or_a_reason_why_not(clock: Clock) -> None:
    assert clock.trusted() == (clock.distrust() == "")


def test_remembering_changes_nothing_about_now(clock: Clock) -> None:
    before = clock.trusted()
    clock.remember()
    clock.remember()
    assert clock.trusted() == before


def test_the_fake_advances_both_and_steps_one() -> None:
    fake = FakeClock(datetime(2026, 12, 1, tzinfo=UTC))
    start_s = fake.monotonic_s()
    fake.advance(90.0)
    assert fake.now_utc() == datetime(2026, 12, 1, 0, 1, 30, tzinfo=UTC)
    assert fake.monotonic_s() == start_s + 90.0
    fake.step(datetime(1970, 1, 1, tzinfo=UTC))
    assert fake.now_utc() == datetime(1970, 1, 1, tzinfo=UTC)
    assert fake.monotonic_s() == start_s + 90.0
    with pytest.raises(ValueError, match=r"step\(\)"):
        fake.advance(-1.0)
