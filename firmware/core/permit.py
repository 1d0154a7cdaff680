"""The permit: who allows this node to watch, where, and at which hours. The rule is pure; now is an argument.

Hours are local wall time of the permit's time zone; everything else is UTC. Where summer time makes an hour that does
not exist or exists twice, the narrower reading counts: a node is never awake in a minute that the permit may not mean.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from firmware.errors import PermitError

SIGNED_PREFIX = b"nattvakt permit v1\n"
"""Stands before the signed bytes, so that no other document of a custodian's key can pass as a permit."""

Line = Annotated[str, msgspec.Meta(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+\Z")]
Hour = Annotated[str, msgspec.Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]\Z")]
_DAY = timedelta(days=1)


class Permit(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What the custodians have signed.

    `area` is the site it covers and `nodes`, where given, the only nodes of it. `from_hour` to `until_hour` may cross
    midnight; equal hours mean the whole day. `valid_from` and `valid_until` are local dates, both included: the first
    minute is at 00:00 of the first, the last before 24:00 of the last.
    """

    id: Annotated[str, msgspec.Meta(min_length=1, max_length=64, pattern=r"^[^\x00-\x1f\x7f]+\Z")]
    authority: Line
    area: Line
    nodes: Annotated[tuple[Line, ...], msgspec.Meta(max_length=1000)] = ()
    time_zone: Line
    from_hour: Hour = msgspec.field(name="from")
    until_hour: Hour = msgspec.field(name="until")
    valid_from: date
    valid_until: date
    issued_utc: datetime


@dataclass(frozen=True, slots=True)
class Window:
    """One stretch in which the node may see: from `start_utc`, and before `end_utc`."""

    start_utc: datetime
    end_utc: datetime

    def contains(self, now_utc: datetime) -> bool:
        """Whether `now_utc` lies in it; the end does not."""
        return self.start_utc <= now_utc < self.end_utc


def signed_bytes(permit: Permit) -> bytes:
    """What the signature covers: the prefix and the permit as compact JSON in UTF-8, keys sorted."""
    return SIGNED_PREFIX + msgspec.json.encode(permit, order="sorted")


def check_permit(permit: Permit) -> None:
    """What no single field can tell. Raises PermitError, `permit-unreadable`."""
    zone_of(permit)
    if permit.valid_until < permit.valid_from:
        raise PermitError(
            "permit-unreadable",
            f"permit {permit.id!r}: valid_until {permit.valid_until} lies before valid_from {permit.valid_from}; "
            "have a permit signed whose last day is not before its first",
        )
    if permit.valid_from.year < 2000 or permit.valid_until.year > 2199:
        raise PermitError(
            "permit-unreadable", f"permit {permit.id!r}: its days lie outside the years 2000 to 2199; check its dates"
        )
    if permit.issued_utc.tzinfo is None:
        raise PermitError(
            "permit-unreadable", f"permit {permit.id!r}: issued_utc has no time zone; write it with a Z at its end"
        )


def zone_of(permit: Permit) -> ZoneInfo:
    """The permit's time zone. Raises PermitError, `permit-unreadable`, where this machine does not know it."""
    try:
        return _zone(permit.time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise PermitError(
            "permit-unreadable",
            f"permit {permit.id!r}: time zone {permit.time_zone!r} is not known here; "
            "it must be an IANA name such as Europe/Stockholm",
        ) from error


def covers(permit: Permit, site: str, node: str) -> bool:
    """Whether it is for this node of this site."""
    return permit.area == site and (not permit.nodes or node in permit.nodes)


def validity(permit: Permit) -> Window:
    """From the first minute of its first day to the last of its last. Raises PermitError for an unknown zone."""
    zone = zone_of(permit)
    first = _readings(permit.valid_from, time.min, zone)
    after = _readings(permit.valid_until + _DAY, time.min, zone)
    return Window(first[1], after[0])


def watch_window(permit: Permit, now_utc: datetime) -> Window | None:
    """The window in which `now_utc` lies, else the next one; None once the last is over.

    Raises PermitError for an unknown zone.
    """
    valid = validity(permit)
    if now_utc >= valid.end_utc:
        return None
    for window in _windows(permit, max(now_utc, valid.start_utc)):
        start, end = max(window.start_utc, valid.start_utc), min(window.end_utc, valid.end_utc)
        if start < end and now_utc < end:
            return Window(start, end)
    return None


def _windows(permit: Permit, near_utc: datetime) -> Iterator[Window]:
    """The nights around `near_utc` in order, not yet cut to the permit's validity; some may be empty."""
    if permit.from_hour == permit.until_hour:
        yield validity(permit)
        return
    zone = zone_of(permit)
    start, end = time.fromisoformat(permit.from_hour), time.fromisoformat(permit.until_hour)
    over_midnight = _DAY if end < start else timedelta()
    today = near_utc.astimezone(zone).date()
    for days in range(-2, 5):  # enough even where a zone has left out a whole day, as Samoa did in 2011
        evening = today + timedelta(days=days)
        start_utc = _readings(evening, start, zone)[1]
        ends_utc = _readings(evening + over_midnight, end, zone)
        yield Window(start_utc, ends_utc[0] if ends_utc[0] > start_utc else ends_utc[1])


def _readings(day: date, wall: time, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The first and the last instant that this wall time may mean.

    They differ where the clock is set back over it. Where it is set forward over it, both are the moment of the jump.
    """
    local = datetime.combine(day, wall, zone)
    one, other = local.astimezone(UTC), local.replace(fold=1).astimezone(UTC)
    if other >= one:
        return one, other
    jump = _jump(zone, other, one)
    return jump, jump


def _jump(zone: ZoneInfo, before: datetime, after: datetime) -> datetime:
    """The second between two instants in UTC at which the zone's offset changes."""
    old = before.astimezone(zone).utcoffset()
    while after - before > timedelta(seconds=1):
        middle = before + timedelta(seconds=int((after - before).total_seconds()) // 2)
        if middle.astimezone(zone).utcoffset() == old:
            before = middle
        else:
            after = middle
    return after


@lru_cache(maxsize=8)
def _zone(name: str) -> ZoneInfo:
    if name == "localtime" or name.startswith(("posix/", "right/")):  # these say different things on different machines
        raise ValueError(name)
    return ZoneInfo(name)
