"""May the node see now? One table from what is known to what it does. Pure; asked in every turn of the loop."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal

from firmware.core.permit import Permit, Window, validity, watch_window, zone_of
from firmware.errors import PermitError

CHECK_S = 1.0
"""The law is asked again at least this often."""


class State(StrEnum):
    """What the alarm centre sees of a node, as long as the node lives."""

    WATCHING = "watching"
    SLEEPING = "sleeping"
    FAULT = "fault"


class Trust(StrEnum):
    """Whether wall time is known."""

    TRUSTED = "trusted"
    UNTRUSTED = "untrusted"


class Leave(StrEnum):
    """What the permit says of this moment."""

    NONE = "none"  # missing, broken, not for this node, expired, not yet valid
    OUTSIDE = "outside hours"
    INSIDE = "inside hours"


class Eyes(StrEnum):
    """Whether camera and model work, as far as is known."""

    GOOD = "good"
    FAULTY = "faulty"


@dataclass(frozen=True, slots=True)
class Trouble:
    """A fault outside the law: its short code (`camera`, `model`) and what was wrong."""

    fault: str
    reason: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the law says now.

    `watching` alone decides whether camera and lamp may be on: with a faulty camera inside hours the state is `fault`,
    yet trying the camera again is allowed. `until_utc` is when the verdict will change by itself, where that is known.
    """

    state: State
    watching: bool
    fault: str = ""
    reason: str = ""
    until_utc: datetime | None = None

    def check_again_s(self, now_utc: datetime) -> float:
        """Seconds after which to ask again: one second, less where the verdict ends before, never below 0."""
        if self.until_utc is None:
            return CHECK_S
        return min(CHECK_S, max(0.0, (self.until_utc - now_utc).total_seconds()))


@dataclass(frozen=True, slots=True)
class Ruling:
    """One cell of the table: the state, whether the node may see, and which cause to name."""

    state: State
    watching: bool
    cause: Literal["clock", "permit", "hours", "eyes"]


_NO_TIME = Ruling(State.FAULT, False, "clock")
_NO_LEAVE = Ruling(State.FAULT, False, "permit")
_SLEEP = Ruling(State.SLEEPING, False, "hours")
_BLIND = Ruling(State.FAULT, False, "eyes")
_RETRY = Ruling(State.FAULT, True, "eyes")
_WATCH = Ruling(State.WATCHING, True, "hours")

TABLE: dict[tuple[Trust, Leave, Eyes], Ruling] = {
    (Trust.UNTRUSTED, Leave.NONE, Eyes.GOOD): _NO_TIME,
    (Trust.UNTRUSTED, Leave.NONE, Eyes.FAULTY): _NO_TIME,
    (Trust.UNTRUSTED, Leave.OUTSIDE, Eyes.GOOD): _NO_TIME,
    (Trust.UNTRUSTED, Leave.OUTSIDE, Eyes.FAULTY): _NO_TIME,
    (Trust.UNTRUSTED, Leave.INSIDE, Eyes.GOOD): _NO_TIME,
    (Trust.UNTRUSTED, Leave.INSIDE, Eyes.FAULTY): _NO_TIME,
    (Trust.TRUSTED, Leave.NONE, Eyes.GOOD): _NO_LEAVE,
    (Trust.TRUSTED, Leave.NONE, Eyes.FAULTY): _NO_LEAVE,
    (Trust.TRUSTED, Leave.OUTSIDE, Eyes.GOOD): _SLEEP,
    (Trust.TRUSTED, Leave.OUTSIDE, Eyes.FAULTY): _BLIND,
    (Trust.TRUSTED, Leave.INSIDE, Eyes.GOOD): _WATCH,
    (Trust.TRUSTED, Leave.INSIDE, Eyes.FAULTY): _RETRY,
}


def decide(now_utc: datetime, distrust: str, permit: Permit | PermitError, trouble: Trouble | None = None) -> Verdict:
    """The verdict at `now_utc`. `distrust` says why the clock is not trusted and is empty while it is.

    `permit` is one whose signature and area hold, or why there is none.
    """
    refusal, window = _leave(now_utc, permit)
    if refusal is not None:
        leave = Leave.NONE
    else:
        leave = Leave.INSIDE if window is not None and window.contains(now_utc) else Leave.OUTSIDE
    clock = Trust.UNTRUSTED if distrust else Trust.TRUSTED
    ruling = TABLE[clock, leave, Eyes.FAULTY if trouble else Eyes.GOOD]
    fault, reason = {
        "clock": ("clock-untrusted", distrust),
        "permit": (refusal.fault, str(refusal)) if refusal else ("", ""),
        "hours": ("", _hours(permit, window)),
        "eyes": (trouble.fault, trouble.reason) if trouble else ("", ""),
    }[ruling.cause]
    return Verdict(ruling.state, ruling.watching, fault, reason, None if distrust else _change(now_utc, window))


def _leave(now_utc: datetime, permit: Permit | PermitError) -> tuple[PermitError | None, Window | None]:
    """Why there is no leave at all (or None), and the window that is or comes next."""
    if isinstance(permit, PermitError):
        return permit, None
    try:
        valid, window = validity(permit), watch_window(permit, now_utc)
    except PermitError as error:
        return error, None
    if now_utc < valid.start_utc:
        message = f"permit {permit.id!r} is valid from {permit.valid_from} and not before"
        return PermitError("permit-not-yet", f"{message}; until then another one is needed"), valid
    if window is None:
        message = f"permit {permit.id!r} ended with its last night before the end of {permit.valid_until}"
        return PermitError("permit-expired", f"{message}; ask the custodians to sign the next one"), None
    return None, window


def _change(now_utc: datetime, window: Window | None) -> datetime | None:
    if window is None:
        return None
    return window.end_utc if window.contains(now_utc) else window.start_utc


def _hours(permit: Permit | PermitError, window: Window | None) -> str:
    if isinstance(permit, PermitError) or window is None:
        return ""
    zone = zone_of(permit)
    start, end = window.start_utc.astimezone(zone), window.end_utc.astimezone(zone)
    return f"permit {permit.id}: {start:%Y-%m-%d %H:%M} to {end:%Y-%m-%d %H:%M} {permit.time_zone}"
