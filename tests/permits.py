"""Permits for everybody's tests, signed for real."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import msgspec

from custody.permit import PRIVATE_NAME, PUBLIC_NAME, make_key, read_key, sign, write_permit
from firmware.core.permit import Permit

NIGHTS = Permit(
    id="2026-0412",
    authority="Länsstyrelsen",
    area="lot-a",
    time_zone="Europe/Stockholm",
    from_hour="20:00",
    until_hour="06:00",
    valid_from=date(2026, 1, 1),
    valid_until=date(2027, 12, 31),
    issued_utc=datetime(2025, 12, 1, 9, 0, tzinfo=UTC),
)
"""Every night from 20.00 to 06.00 in 2026 and 2027."""


def permit(**changes: Any) -> Permit:
    """NIGHTS with some fields changed."""
    return msgspec.structs.replace(NIGHTS, **changes)


@dataclass(frozen=True, slots=True)
class Custodian:
    """A key pair in a folder."""

    folder: Path

    @property
    def public(self) -> Path:
        """The public half."""
        return self.folder / PUBLIC_NAME

    def sign(self, what: Permit, path: Path) -> Path:
        """Write `what` to `path`, signed."""
        write_permit(sign(what, read_key(self.folder / PRIVATE_NAME)), path)
        return path


def custodian(folder: Path) -> Custodian:
    """A new custodian with a new key in `folder`."""
    make_key(folder)
    return Custodian(folder)
