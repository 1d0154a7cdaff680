import os
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from firmware.drivers.clock_system import HOLDOVER_S, RELEASED_UTC, SystemClock, kernel_clock_synchronised


def synchronised() -> bool:
    return True


def unsynchronised() -> bool:
    return False


def test_the_kernel_answers() -> None:
    assert kernel_clock_synchronised() in (True, False)


def test_the_release_is_not_in_the_future() -> None:
    assert datetime.now(UTC) >= RELEASED_UTC


@pytest.mark.parametrize("trust", ["ntp", "host"])
def test_no_time_before_the_release_is_believed(monkeypatch: pytest.MonkeyPatch, trust: str) -> None:
    """To a release of next year this year is the past: so is 1970 to ours."""
    later = datetime.now(UTC) + timedelta(days=365)
    monkeypatch.setattr("firmware.drivers.clock_system.RELEASED_UTC", later)
    clock = SystemClock("ntp" if trust == "ntp" else "host", kernel_synchronised=synchronised)
    assert not clock.trusted()
    assert f"release on {later:%Y-%m-%d}" in clock.distrust()


def test_ntp_wants_a_time_server(tmp_path: Path) -> None:
    flag = tmp_path / "synchronized"
    assert SystemClock("ntp", flag=flag, kernel_synchronised=synchronised).trusted()
    clock = SystemClock("ntp", flag=flag, kernel_synchronised=unsynchronised)
    assert not clock.trusted()
    assert "time server" in clock.distrust()


def test_host_does_not(tmp_path: Path) -> None:
    assert SystemClock("host", flag=tmp_path / "none", kernel_synchronised=unsynchronised).distrust() == ""


@pytest.mark.parametrize(
    ("age_s", "trusted"),
    [(0.0, True), (HOLDOVER_S - 60, True), (HOLDOVER_S + 60, False), (-3600.0, False)],
)
def test_timesyncds_mark_counts_for_three_days(tmp_path: Path, age_s: float, trusted: bool) -> None:
    """A mark from the future means that the clock was set back by hand since."""
    flag = tmp_path / "synchronized"
    flag.touch()
    touched = time.time() - age_s
    os.utime(flag, (touched, touched))
    assert SystemClock("ntp", flag=flag, kernel_synchronised=unsynchronised).trusted() == trusted


@pytest.mark.parametrize("trust", ["ntp", "host"])
def test_time_never_goes_back_over_a_start(tmp_path: Path, trust: str) -> None:
    floor = tmp_path / "clock"
    later = datetime.now(UTC) + timedelta(hours=1)
    floor.write_text(later.isoformat())
    clock = SystemClock("ntp" if trust == "ntp" else "host", floor, kernel_synchronised=synchronised)
    assert not clock.trusted()
    assert str(floor) in clock.distrust()


def test_it_remembers_trusted_time_only(tmp_path: Path) -> None:
    floor = tmp_path / "clock"
    SystemClock("ntp", floor, flag=tmp_path / "none", kernel_synchronised=unsynchronised).remember()
    assert not floor.exists()
    before = datetime.now(UTC)
    clock = SystemClock("ntp", floor, kernel_synchronised=synchronised)
    clock.remember()
    kept = datetime.fromisoformat(floor.read_text().strip())
    assert before <= kept <= datetime.now(UTC)
    assert SystemClock("ntp", floor, kernel_synchronised=synchronised).trusted()


def test_it_writes_seldom(tmp_path: Path) -> None:
    floor = tmp_path / "clock"
    clock = SystemClock("host", floor)
    clock.remember()
    inode = floor.stat().st_ino, floor.stat().st_mtime_ns
    for _ in range(100):
        clock.remember()
    assert (floor.stat().st_ino, floor.stat().st_mtime_ns) == inode


def test_a_disk_that_takes_nothing_does_not_end_the_watch(tmp_path: Path) -> None:
    clock = SystemClock("host", tmp_path / "no" / "such" / "folder" / "clock")
    clock.remember()
    assert clock.trusted()


@pytest.mark.parametrize("content", [b"", b"yesterday", b"\xff", b"2026-12-01T00:00:00"])
def test_a_broken_memory_is_said_and_not_ignored(tmp_path: Path, content: bytes) -> None:
    floor = tmp_path / "clock"
    floor.write_bytes(content)
    clock = SystemClock("host", floor)
    assert not clock.trusted()
    assert "delete it" in clock.distrust()


def test_why_it_is_distrusted_does_not_change_with_every_second(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each new word is a new state at the alarm centre."""
    floor = tmp_path / "clock"
    floor.write_text((datetime.now(UTC) + timedelta(days=1)).isoformat())
    clock = SystemClock("host", floor)
    first = clock.distrust()
    earlier_utc = datetime.now(UTC) - timedelta(hours=3)
    monkeypatch.setattr(clock, "now_utc", lambda: earlier_utc)
    assert clock.distrust() == first != ""
