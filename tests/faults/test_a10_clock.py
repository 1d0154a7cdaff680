"""A10: boot in 1970, no NTP: stays dark and says `clock-untrusted`; steps of the clock break no timer."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from firmware.core.watch import State
from firmware.drivers.clock_fake import FakeClock
from firmware.drivers.clock_system import SystemClock
from firmware.drivers.illuminator_fake import FakeIlluminator, LampChange
from firmware.drivers.permit_file import PermitFile
from firmware.law import Law
from tests.permits import NIGHTS, Custodian, custodian

NIGHT = datetime(2026, 12, 1, 23, tzinfo=UTC)
NOON = datetime(2026, 12, 2, 11, tzinfo=UTC)
EPOCH = datetime(1970, 1, 1, 0, 0, 5, tzinfo=UTC)


@pytest.fixture
def anna(tmp_path: Path) -> Custodian:
    return custodian(tmp_path / "anna")


@pytest.fixture
def permit_file(anna: Custodian, tmp_path: Path) -> PermitFile:
    return PermitFile(anna.sign(NIGHTS, tmp_path / "permit.json"), anna.public, site="lot-a", node="north")


def test_a10_no_time_server_no_picture(permit_file: PermitFile, tmp_path: Path) -> None:
    """The machine's own clock, as it is without a time server."""
    clock = SystemClock("ntp", flag=tmp_path / "none", kernel_synchronised=lambda: False)
    verdict = Law(clock, permit_file.current)()
    assert (verdict.state, verdict.watching, verdict.fault) == (State.FAULT, False, "clock-untrusted")
    assert "time server" in verdict.reason


@pytest.mark.parametrize("hour", range(24))
def test_a10_boot_in_1970_is_dark_at_any_hour(permit_file: PermitFile, hour: int) -> None:
    clock = FakeClock(EPOCH + timedelta(hours=hour), distrust="no time server has set the clock")
    verdict = Law(clock, permit_file.current)()
    assert (verdict.watching, verdict.fault) == (False, "clock-untrusted")
    assert "no time server" in verdict.reason


def test_a10_time_arrives_and_it_sees_at_the_next_check(permit_file: PermitFile) -> None:
    clock = FakeClock(EPOCH, distrust="no time server has set the clock")
    law = Law(clock, permit_file.current)
    assert not law().watching
    clock.step(NIGHT)
    assert not law().watching  # a right time that nobody vouches for
    clock.set_distrust("")
    assert law().watching


def test_a10_a_step_out_of_the_hours_is_dark_at_the_next_check(permit_file: PermitFile) -> None:
    clock = FakeClock(NIGHT)
    law = Law(clock, permit_file.current)
    verdict = law()
    assert verdict.watching
    assert verdict.check_again_s(clock.now_utc()) <= 1.0
    clock.step(NOON)
    assert law().state is State.SLEEPING
    clock.step(NIGHT)
    assert law().watching


@pytest.mark.parametrize("to", [EPOCH, NOON, datetime(2099, 7, 1, tzinfo=UTC), NIGHT - timedelta(days=400)])
def test_a10_steps_break_no_timer(permit_file: PermitFile, to: datetime) -> None:
    """The lamp is held by seconds that passed, whatever the wall says; and the law is asked again in time."""
    clock = FakeClock(NIGHT)
    lamp = FakeIlluminator(clock)
    lamp.hold(True)
    clock.advance(1.0)
    clock.step(to)
    assert lamp.lit
    clock.advance(1.9)
    assert lamp.lit
    clock.advance(0.2)
    assert not lamp.lit
    assert lamp.history == (LampChange(1000.0, True), LampChange(1003.0, False))
    assert 0.0 <= Law(clock, permit_file.current)().check_again_s(clock.now_utc()) <= 1.0


def test_a10_a_clock_that_fell_back_over_a_power_cut_is_not_believed(permit_file: PermitFile, tmp_path: Path) -> None:
    """No RTC: after the cut the machine starts in a past night. It was seen to be later, so it stays dark."""
    floor = tmp_path / "clock"
    floor.write_text((datetime.now(UTC) + timedelta(days=30)).isoformat())
    verdict = Law(SystemClock("host", floor), permit_file.current)()
    assert verdict.fault == "clock-untrusted"
    assert "passed already" in verdict.reason


def test_a10_trusted_time_is_kept_in_every_turn(permit_file: PermitFile) -> None:
    clock = FakeClock(NIGHT)
    Law(clock, permit_file.current)()
    assert clock.remembered_utc == NIGHT
