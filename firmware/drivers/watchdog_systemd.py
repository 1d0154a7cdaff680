"""Tells systemd how the process is, in datagrams to $NOTIFY_SOCKET (sd_notify(3)); silent where systemd is not."""

import contextlib
import os
import socket
from collections.abc import Mapping

from firmware.ports import Clock

_UNASKED_S = 40.0  # counts as WatchdogSec where the unit sets none


class SystemdWatchdog:
    """READY, STATUS and WATCHDOG. A datagram that cannot be sent is dropped: the missed sign of life is the alarm."""

    def __init__(self, clock: Clock, environ: Mapping[str, str] = os.environ) -> None:
        self._clock = clock
        self._address = _address(environ.get("NOTIFY_SOCKET", ""))
        self._socket = None
        if self._address:
            self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
            self._socket.setblocking(False)  # a full queue at systemd must not hold the loop up
        # Four signs in WatchdogSec: enough, and PID 1 is not woken ten times a second.
        self._pause_s = _watchdog_s(environ) / 4
        self._last_s = float("-inf")
        self._status = ""

    def ready(self) -> None:
        """Start-up is done (Type=notify)."""
        self._send("READY=1")

    def alive(self) -> None:
        """One whole turn of the loop is done. Call it in every turn; most calls cost nothing."""
        now_s = self._clock.monotonic_s()
        if now_s - self._last_s >= self._pause_s:
            self._last_s = now_s
            self._send("WATCHDOG=1")

    def status(self, text: str) -> None:
        """The line that `systemctl status` shows; sent when it changes."""
        line = " ".join(text.split())
        if line != self._status:
            self._status = line
            self._send(f"STATUS={line}")

    def stopping(self) -> None:
        """The process is on its way out."""
        self._send("STOPPING=1")

    def close(self) -> None:
        """Let the socket go; idempotent."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _send(self, line: str) -> None:
        if self._socket is not None:
            with contextlib.suppress(OSError):  # systemd re-executing itself, or a full queue: the next one counts
                self._socket.sendto(line.encode("utf-8", "replace"), self._address)


def _address(name: str) -> str:
    """A path, or an abstract name, which the variable writes with '@'."""
    return "\0" + name[1:] if name.startswith("@") else name


def _watchdog_s(environ: Mapping[str, str]) -> float:
    """WatchdogSec= of the unit, where it is meant for this process."""
    asked, pid = environ.get("WATCHDOG_USEC", ""), environ.get("WATCHDOG_PID", "")
    if not asked.isdecimal() or (pid and pid != str(os.getpid())):
        return _UNASKED_S
    return int(asked) / 1e6
