import os
import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from firmware.drivers.clock_fake import FakeClock
from firmware.drivers.watchdog_systemd import SystemdWatchdog


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(datetime(2026, 12, 1, tzinfo=UTC))


@pytest.fixture
def systemd(tmp_path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(tmp_path / "notify"))
        listener.setblocking(False)
        yield listener


def heard(listener: socket.socket) -> list[str]:
    lines = []
    while True:
        try:
            lines.append(listener.recv(4096).decode())
        except BlockingIOError:
            return lines


def test_ready_status_and_stopping(systemd: socket.socket, clock: FakeClock) -> None:
    watchdog = SystemdWatchdog(clock, {"NOTIFY_SOCKET": systemd.getsockname()})
    watchdog.ready()
    watchdog.status("watching\nuntil 06:00")
    watchdog.status("watching until 06:00")
    watchdog.stopping()
    watchdog.close()
    watchdog.close()
    watchdog.alive()
    assert heard(systemd) == ["READY=1", "STATUS=watching until 06:00", "STOPPING=1"]


def test_four_signs_of_life_in_the_units_time(systemd: socket.socket, clock: FakeClock) -> None:
    environ = {"NOTIFY_SOCKET": systemd.getsockname(), "WATCHDOG_USEC": "30000000", "WATCHDOG_PID": str(os.getpid())}
    watchdog = SystemdWatchdog(clock, environ)
    for _ in range(301):  # 30 s at 10 frames a second
        watchdog.alive()
        clock.advance(0.1)
    watchdog.close()
    assert heard(systemd) == ["WATCHDOG=1"] * 4


def test_a_step_of_the_wall_clock_stops_no_sign_of_life(systemd: socket.socket, clock: FakeClock) -> None:
    environ = {"NOTIFY_SOCKET": systemd.getsockname(), "WATCHDOG_USEC": "4000000"}
    watchdog = SystemdWatchdog(clock, environ)
    for year in (1970, 2099, 2026):
        clock.step(datetime(year, 1, 1, tzinfo=UTC))
        clock.advance(1.1)
        watchdog.alive()
    watchdog.close()
    assert heard(systemd) == ["WATCHDOG=1"] * 3


@pytest.mark.parametrize("asked", [{}, {"WATCHDOG_USEC": "rubbish"}, {"WATCHDOG_USEC": "1000", "WATCHDOG_PID": "1"}])
def test_without_a_limit_it_tells_each_ten_seconds(
    systemd: socket.socket, clock: FakeClock, asked: dict[str, str]
) -> None:
    watchdog = SystemdWatchdog(clock, {"NOTIFY_SOCKET": systemd.getsockname(), **asked})
    for _ in range(41):
        watchdog.alive()
        clock.advance(0.25)
    watchdog.close()
    assert len(heard(systemd)) == 2


def test_an_abstract_name(clock: FakeClock) -> None:
    name = f"nattvakt-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(f"\0{name}")
        listener.setblocking(False)
        watchdog = SystemdWatchdog(clock, {"NOTIFY_SOCKET": f"@{name}"})
        watchdog.ready()
        watchdog.close()
        assert heard(listener) == ["READY=1"]


def test_without_systemd_nothing_happens(clock: FakeClock) -> None:
    watchdog = SystemdWatchdog(clock, {})
    watchdog.ready()
    watchdog.alive()
    watchdog.status("watching")
    watchdog.close()


def test_systemd_away_or_deaf_never_holds_the_loop_up(systemd: socket.socket, clock: FakeClock) -> None:
    watchdog = SystemdWatchdog(clock, {"NOTIFY_SOCKET": systemd.getsockname(), "WATCHDOG_USEC": "4"})
    for _ in range(2000):  # nobody reads: the queue fills
        clock.advance(1.0)
        watchdog.alive()
    os.unlink(systemd.getsockname())
    clock.advance(1.0)
    watchdog.alive()
    watchdog.close()
    assert 0 < len(heard(systemd)) < 2000
