"""The machine's two clocks, and whether its wall time can be believed.

Monotonic time is Python's, CLOCK_MONOTONIC, which V4L2 stamps camera buffers with and which libcamera hands on as
SensorTimestamp (libcamera's text says CLOCK_BOOTTIME, its bug 254 that it is MONOTONIC; a pole never suspends, so that
the two are the same there).
"""

import contextlib
import ctypes
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

from firmware.drivers.files import write_atomic

RELEASED_UTC = datetime(2026, 11, 24, tzinfo=UTC)
"""No night before this release was ever watched by it; a clock that says so is wrong."""

TIMESYNCD_FLAG = Path("/run/systemd/timesync/synchronized")
"""systemd-timesyncd(8) touches it at every answer of a time server; it is gone after a boot."""

HOLDOVER_S = 3 * 86400.0
"""How long a clock counts as right after its last sync: at 500 ppm, the worst that the kernel reckons with, it is then
130 s wrong; a quartz is ten times better. Without it a pole whose link is down for 9 hours would go dark."""

REMEMBER_S = 600.0
"""Between writes of the floor: 60 small writes in a night."""

_SLACK = timedelta(seconds=5)  # a time daemon may set the clock back a little without becoming a liar
_MAXERROR_US = 16_000_000  # at this estimated error the kernel calls its clock unsynchronised (kernel/time/ntp.c)


class SystemClock:
    """The clock of this machine.

    `trust` is `ntp` (a pole: the kernel's clock must have been set by a time server) or `host` (a virtual machine, the
    demo). Either way wall time is not believed before this release, nor before the last time kept in `floor_file`.
    """

    def __init__(
        self,
        trust: Literal["ntp", "host"],
        floor_file: Path | None = None,
        *,
        flag: Path = TIMESYNCD_FLAG,
        kernel_synchronised: Callable[[], bool] | None = None,
    ) -> None:
        self._trust = trust
        self._floor_file = floor_file
        self._flag = flag
        self._kernel_synchronised = kernel_synchronised or kernel_clock_synchronised
        self._floor_utc, self._floor_fault = _read_floor(floor_file)
        self._remembered_s = float("-inf")

    def monotonic_s(self) -> float:
        """Seconds of CLOCK_MONOTONIC."""
        return time.monotonic()

    def now_utc(self) -> datetime:
        """Wall time, in UTC."""
        return datetime.now(UTC)

    def trusted(self) -> bool:
        """Whether wall time is known to be right."""
        return not self.distrust()

    def distrust(self) -> str:
        """Why not, and what would mend it; empty where it is. The words do not change with every second: each change
        goes to the alarm centre."""
        now_utc = self.now_utc()
        if now_utc < RELEASED_UTC:
            return (
                "the clock stands before this software's release on "
                f"{RELEASED_UTC:%Y-%m-%d}; connect the node to a time server"
            )
        if self._floor_fault:
            return self._floor_fault
        if now_utc < self._floor_utc - _SLACK:
            return (
                f"the clock stands before {self._floor_utc:%Y-%m-%d %H:%M:%S} UTC, which it has passed already; "
                f"set it right, or if that time was wrong, delete {self._floor_file}"
            )
        if self._trust == "ntp" and not self._kernel_synchronised() and not self._lately_synchronised(now_utc):
            return (
                "no time server has set the clock since the start, or none for three days; "
                "check the network and systemd-timesyncd"
            )
        return ""

    def remember(self) -> None:
        """Write trusted wall time down, at most every 10 minutes."""
        if self._floor_file is None or time.monotonic() - self._remembered_s < REMEMBER_S or not self.trusted():
            return
        self._remembered_s = time.monotonic()
        self._floor_utc = max(self._floor_utc, self.now_utc())
        with contextlib.suppress(OSError):  # a full disk must not end the watch; the floor before stays
            write_atomic(self._floor_file, f"{self._floor_utc.isoformat()}\n".encode())

    def _lately_synchronised(self, now_utc: datetime) -> bool:
        try:
            age_s = now_utc.timestamp() - self._flag.stat().st_mtime
        except OSError:
            return False
        return -_SLACK.total_seconds() <= age_s <= HOLDOVER_S


class _Timex(ctypes.Structure):
    """The head of struct timex (adjtimex(2)); the rest is room for the kernel to write in."""

    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("rest", ctypes.c_char * 512),
    )


def kernel_clock_synchronised() -> bool:
    """Whether the kernel's own estimate of its clock's error is below 16 s; reads only, needs no privilege.

    The error and not the flag STA_UNSYNC: chrony leaves that flag set unless told to keep the RTC (systemd #13245).
    """
    libc = ctypes.CDLL(None, use_errno=True)
    timex = _Timex()
    if libc.adjtimex(ctypes.byref(timex)) < 0:  # EPERM under a seccomp filter such as ProtectClock= (systemd #26413)
        return False
    return bool(timex.maxerror < _MAXERROR_US)


def _read_floor(path: Path | None) -> tuple[datetime, str]:
    """The last time kept, and what is wrong with it (empty: nothing)."""
    if path is None:
        return RELEASED_UTC, ""
    try:
        kept = datetime.fromisoformat(path.read_text("ascii").strip())
    except FileNotFoundError:
        return RELEASED_UTC, ""
    except (OSError, ValueError) as error:
        return RELEASED_UTC, f"{path}: the last time seen cannot be read ({error}); make it readable or delete it"
    if kept.tzinfo is None:
        return RELEASED_UTC, f"{path}: the time in it has no zone; delete it"
    return max(kept, RELEASED_UTC), ""
