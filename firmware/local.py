"""What `node` tells `link` over their Unix socket: one JSON object a line. Commands and live packets come later."""

from datetime import datetime
from typing import Literal

import msgspec


class Report(msgspec.Struct, frozen=True, kw_only=True, tag="report", tag_field="say"):
    """The node's state and health: sent on connecting, on every change, and every few seconds.

    Fields are those of wire.messages.State and Health that the node knows; `link` adds its own.
    """

    state: Literal["watching", "sleeping", "fault"]
    since_utc: datetime
    reason: str = ""
    faults: tuple[str, ...] = ()
    firmware: str = ""
    model: str = ""
    permit: str = ""
    clock_trusted: bool = False
    camera_hz: float = 0.0
    ir_on: bool = False
    temperature_celsius: float | None = None
    storage_free_bytes: int = 0
    frames: int = 0
    looks: int = 0
    media_dropped: int = 0


class Wake(msgspec.Struct, frozen=True, tag="wake", tag_field="say"):
    """There is something new in the outbox or in the media store."""


Say = Report | Wake
