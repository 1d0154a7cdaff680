"""Message schemas, version 1: compact JSON for messages, raw bytes for media.

Unknown fields are ignored, so that an older centre reads a newer node; a missing or wrong field is a WireError.
Times carry their offset from UTC and are sent in UTC with millisecond precision.
"""

from datetime import datetime
from typing import Annotated, Literal, TypeVar

import msgspec
from msgspec.structs import replace

from wire.errors import WireError
from wire.topics import NAME_PATTERN

# Not above what a double holds exactly: JSON readers in other languages, and SQLite, take it as it is.
Count = Annotated[int, msgspec.Meta(ge=0, le=2**53 - 1)]
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
AlarmId = Annotated[str, msgspec.Meta(pattern=NAME_PATTERN)]
Utc = Annotated[datetime, msgspec.Meta(tz=True)]
Sha256 = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}$(?!\n)")]

ALARM_LIMIT_BYTES = 512
STILL_LIMIT_BYTES = 32 * 1024
CHUNK_LIMIT_BYTES = 64 * 1024

# Seconds until a message is stale; the broker drops it then (MQTT 5 message expiry).
ALARM_EXPIRY_S = 12 * 3600
MEDIA_EXPIRY_S = 3600
HEALTH_EXPIRY_S = 180
COMMAND_EXPIRY_S = 30
RESPONSE_EXPIRY_S = 60

StateName = Literal["watching", "sleeping", "fault", "lost"]
AlarmKindName = Literal[
    "fire", "tampering", "prowling", "loitering", "damage", "fight", "intrusion", "camera-tamper", "activity"
]
PhaseName = Literal["new", "update", "end"]
SeverityName = Literal["low", "medium", "high"]
ClassName = Literal["person", "vehicle", "two-wheeler", "fire", "smoke"]


class Message(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Common to all."""


class State(Message, frozen=True, kw_only=True, omit_defaults=True):
    """Birth, change of state, and Will (`lost`). `birth` counts the node's connections: a late Will with an older
    `birth` buries nobody."""

    state: StateName
    birth: Count
    since_utc: Utc | None = None
    reason: str = ""
    faults: tuple[str, ...] = ()
    firmware: str = ""
    model: str = ""
    permit: str = ""


class Health(Message, frozen=True, kw_only=True, omit_defaults=True):
    """Every 60 s. Counters count since the process started."""

    t_utc: Utc
    clock_trusted: bool
    camera_hz: float = 0.0
    ir_on: bool = False
    temperature_celsius: float | None = None
    storage_free_bytes: Count = 0
    alarms_waiting: Count = 0
    media_waiting_bytes: Count = 0
    media_dropped: Count = 0
    clips_refused: Count = 0
    frames: Count = 0
    looks: Count = 0
    reconnects: Count = 0
    model: str = ""
    permit: str = ""
    log_head: str = ""


class SeenObject(Message, frozen=True, kw_only=True, omit_defaults=True):
    """One thing that takes part."""

    kind: ClassName = msgspec.field(name="class")
    track: Count


class Alarm(Message, frozen=True, kw_only=True, omit_defaults=True):
    """One phase of one incident; at most 512 bytes. `delayed` is set where it was sent long after it happened."""

    id: AlarmId
    seq: Count
    phase: PhaseName
    kind: AlarmKindName
    severity: SeverityName
    t_utc: Utc
    zone: str
    reason: str
    objects: tuple[SeenObject, ...] = ()
    delayed: bool = False


class ClipHead(Message, frozen=True, kw_only=True, omit_defaults=True, tag="head", tag_field="part"):
    """First message on a clip's topic. The film starts at `start_utc`; the alarm was raised `trigger_s` into it."""

    codec: str
    width_px: Count
    height_px: Count
    start_utc: Utc
    trigger_s: float


class ClipTail(Message, frozen=True, kw_only=True, omit_defaults=True, tag="tail", tag_field="part"):
    """Last message of a clip: what the whole file is, byte by byte."""

    size_bytes: Count
    sha256: Sha256


ClipPart = ClipHead | ClipTail
"""A chunk is raw bytes; its place in the file stands in the MQTT 5 user property `offset`."""


class Received(Message, frozen=True, kw_only=True, omit_defaults=True, tag="received", tag_field="cmd"):
    """The centre has this phase safe; the node may forget it."""

    alarm: AlarmId
    seq: Count


class ClipReceived(Message, frozen=True, kw_only=True, omit_defaults=True, tag="clip-received", tag_field="cmd"):
    """The centre has the whole clip, hash checked; the node may forget it."""

    alarm: AlarmId


class ClipResend(Message, frozen=True, kw_only=True, omit_defaults=True, tag="clip-resend", tag_field="cmd"):
    """Send these byte ranges of a clip again ([from, to) pairs; none: the whole clip with head and tail).

    A range may reach beyond the end: the node sends what there is. Once the clip has ended, its tail comes last again.
    """

    alarm: AlarmId
    ranges: tuple[tuple[Count, Count], ...] = ()


class Acknowledge(Message, frozen=True, kw_only=True, omit_defaults=True, tag="acknowledge", tag_field="cmd"):
    """An operator looks at it."""

    alarm: AlarmId
    operator: Name


class Close(Message, frozen=True, kw_only=True, omit_defaults=True, tag="close", tag_field="cmd"):
    """An operator is done with it."""

    alarm: AlarmId
    operator: Name
    reason: Literal["true", "false", "test", "police", "guard"]


Command = Received | ClipReceived | ClipResend | Acknowledge | Close


class Response(Message, frozen=True, kw_only=True, omit_defaults=True):
    """A node's answer to a command; carries the command's correlation data."""

    ok: bool
    error: str = ""


M = TypeVar("M")

# An operator reads the reason first; below this it is shortened only after the objects are gone.
_REASON_KEPT = 60


def encode(message: Message) -> bytes:
    """Compact JSON."""
    return msgspec.json.encode(message)


def encode_alarm(alarm: Alarm, limit_bytes: int = ALARM_LIMIT_BYTES) -> bytes:
    """Compact JSON of at most `limit_bytes`; what is too long is shortened, least useful first.

    First the reason down to 60 characters, then objects from the last, then the rest of the reason, then the zone's
    name; a shortened text ends with an ellipsis. Raises WireError where even that does not fit: the id is too long.
    """
    alarm = replace(alarm, reason=_utf8(alarm.reason), zone=_utf8(alarm.zone))
    alarm = _shorten(alarm, "reason", _REASON_KEPT, limit_bytes)
    while alarm.objects and len(encode(alarm)) > limit_bytes:
        alarm = replace(alarm, objects=alarm.objects[:-1])
    alarm = _shorten(alarm, "reason", 0, limit_bytes)
    alarm = _shorten(alarm, "zone", 0, limit_bytes)
    data = encode(alarm)
    if len(data) > limit_bytes:
        raise WireError(f"alarm {alarm.id[:80]!r} takes {len(data)} bytes at its shortest; {limit_bytes} are allowed")
    return data


def decode(payload: bytes, kind: type[M]) -> M:
    """Read one message (`kind` may be a union such as `Command`). Raises WireError naming the field at fault."""
    try:
        return msgspec.json.decode(payload, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        name = getattr(kind, "__name__", str(kind))
        raise WireError(f"not a valid {name} message: {error} (payload starts {payload[:60]!r})") from error


def _utf8(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8")


def _shorten(alarm: Alarm, field: Literal["reason", "zone"], least: int, limit_bytes: int) -> Alarm:
    """Keep as much of a text as fits, at least `least` characters of it."""
    text: str = getattr(alarm, field)
    if len(encode(alarm)) <= limit_bytes or len(text) <= least:
        return alarm
    short = replace(alarm, **{field: _cut(text, least)})
    low, high = least, len(text)
    while high - low > 1:
        middle = (low + high) // 2
        tried = replace(alarm, **{field: _cut(text, middle)})
        if len(encode(tried)) <= limit_bytes:
            low, short = middle, tried
        else:
            high = middle
    return short


def _cut(text: str, length: int) -> str:
    return text[:length] + "\u2026" if length else ""
