"""What `link` tells of the node: the state (birth, change, last word, Will) and the health. Pure."""

from dataclasses import dataclass
from datetime import datetime

from msgspec.structs import replace

from firmware.local import Report
from wire.messages import Health, State

NODE_DOWN = "node-down"
STOPPED = "link-stopped"


@dataclass(frozen=True, slots=True)
class LinkCounts:
    """What link itself counts."""

    alarms_waiting: int
    media_waiting_bytes: int
    clips_refused: int
    reconnects: int


def to_ms(time_utc: datetime) -> datetime:
    """Messages tell milliseconds."""
    return time_utc.replace(microsecond=time_utc.microsecond // 1000 * 1000)


def truth(report: Report | None, birth: int, faults: tuple[str, ...], down_since_utc: datetime | None) -> State:
    """The state as it is. `report` is None while the node does not answer."""
    if report is None:
        reason = "the node's process does not answer"
        return State(state="fault", birth=birth, since_utc=down_since_utc, reason=reason, faults=(NODE_DOWN, *faults))
    return State(
        state=report.state,
        birth=birth,
        since_utc=to_ms(report.since_utc),
        reason=report.reason,
        faults=(*report.faults, *faults),
        firmware=report.firmware,
        model=report.model,
        permit=report.permit,
    )


def last_word(birth: int, now_utc: datetime) -> State:
    """An orderly end: the node may go on watching, but nothing can be heard of it, so the centre must see a fault."""
    return State(state="fault", birth=birth, since_utc=now_utc, reason="link stopped", faults=(STOPPED,))


def will(birth: int) -> State:
    """What the broker says for us when the connection breaks."""
    return State(state="lost", birth=birth, reason="the connection broke")


def health(report: Report | None, counts: LinkCounts, now_utc: datetime, clock_trusted: bool) -> Health:
    """Every 60 s; without a node, what link knows."""
    own = Health(
        t_utc=now_utc,
        clock_trusted=clock_trusted,
        alarms_waiting=counts.alarms_waiting,
        media_waiting_bytes=counts.media_waiting_bytes,
        clips_refused=counts.clips_refused,
        reconnects=counts.reconnects,
    )
    if report is None:
        return own
    return replace(
        own,
        clock_trusted=report.clock_trusted,
        camera_hz=report.camera_hz,
        ir_on=report.ir_on,
        temperature_celsius=report.temperature_celsius,
        storage_free_bytes=report.storage_free_bytes,
        media_dropped=report.media_dropped,
        frames=report.frames,
        looks=report.looks,
        model=report.model,
        permit=report.permit,
    )
