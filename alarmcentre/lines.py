"""Events as lines: for people, and as JSON for programs."""

from collections import Counter
from datetime import UTC, datetime
from functools import singledispatch

import msgspec

from alarmcentre.events import (
    AlarmSeen,
    BadMessage,
    BrokerBack,
    BrokerGone,
    CentreFault,
    ClipComplete,
    ClipGivenUp,
    ClipProgress,
    Event,
    NodeAnswer,
    NodeBack,
    NodeHealth,
    NodeQuiet,
    NodeState,
    QuietReason,
    StillSaved,
)
from alarmcentre.nodes import QUIET_S
from wire.topics import NodeTopics


def human(event: Event, now_utc: datetime) -> str | None:
    """One line, or None for what a person need not see. Times are local, with UTC behind."""
    text = _text(event)
    if text is None:
        return None
    # Some of it was written by a node: no control character of it reaches the terminal.
    return f"{clock_text(now_utc)}  " + "".join(sign if sign.isprintable() else "?" for sign in text)


def machine(event: Event, now_utc: datetime) -> str | None:
    """One line of JSON, or None for progress within a clip."""
    if isinstance(event, ClipProgress):
        return None
    fields = {"event": _NAMES[type(event)], "at_utc": now_utc.isoformat(timespec="milliseconds")}
    return msgspec.json.encode(fields | _fields(event), enc_hook=str).decode()


def clock_text(t_utc: datetime) -> str:
    """`21:03:04 (20:03:04Z)`: this machine's zone, then UTC; the date as well where it is not the same in both."""
    local, utc = t_utc.astimezone(), t_utc.astimezone(UTC)
    day = "" if local.date() == utc.date() else f"{utc:%Y-%m-%d}T"
    return f"{local:%H:%M:%S} ({day}{utc:%H:%M:%S}Z)"


_NAMES: dict[type, str] = {
    AlarmSeen: "alarm",
    StillSaved: "still",
    ClipProgress: "clip-progress",
    ClipComplete: "clip",
    ClipGivenUp: "clip-given-up",
    NodeState: "state",
    NodeHealth: "health",
    NodeQuiet: "quiet",
    NodeBack: "back",
    NodeAnswer: "answer",
    BadMessage: "bad-message",
    CentreFault: "fault",
    BrokerBack: "broker-back",
    BrokerGone: "broker-gone",
}


def _fields(event: Event) -> dict[str, object]:
    fields: dict[str, object] = {}
    for name in type(event).__dataclass_fields__:
        value = getattr(event, name)
        if isinstance(value, NodeTopics):
            fields |= {"site": value.site, "node": value.node}
        elif name == "received_utc":
            fields |= {"received_utc": value, "delay_s": round(getattr(event, "delay_s", 0.0), 3)}
        elif isinstance(value, bytes):
            fields[name] = value.hex()
        else:
            fields[name] = value
    return fields


@singledispatch
def _text(event: Event) -> str | None:
    """What has no text of its own below is nothing that a person must see."""
    return None


@_text.register
def _(event: AlarmSeen) -> str:
    alarm = event.alarm
    head = "ALARM" if alarm.phase == "new" else alarm.phase
    counted = Counter(thing.kind for thing in alarm.objects)
    things = ", ".join(f"{number} {kind}" for kind, number in counted.items())
    late = f"{event.delay_s:.1f} s ago"
    if event.delay_s < -1.0:
        late = f"{_duration(-event.delay_s)} ahead of our clock"
    elif alarm.delayed:
        late = f"DELAYED {_duration(event.delay_s)}"
    parts = [
        f"{head:<7}  {_who(event.topics)}", f"{alarm.kind}, {alarm.severity}", alarm.zone, alarm.reason, things,
        f"at {clock_text(alarm.t_utc)}, {late}", alarm.id,
    ]  # fmt: skip
    return "  ".join(part for part in parts if part)


@_text.register
def _(event: StillSaved) -> str:
    return f"still    {_who(event.topics)}  {event.path}"


@_text.register
def _(event: ClipComplete) -> str:
    return f"clip     {_who(event.topics)}  {event.path}  ({event.size_bytes / 1e6:.2f} MB, hash verified)"


@_text.register
def _(event: ClipGivenUp) -> str:
    return (
        f"NO CLIP  {_who(event.topics)}  {event.alarm}: {event.why}; {event.received_bytes} bytes stay in {event.path}"
    )


@_text.register
def _(event: NodeState) -> str | None:
    state = event.state
    if state.state == "lost":
        return None  # told as QUIET
    why = ", ".join(part for part in (state.reason, *state.faults) if part)
    return f"{state.state:<8} {_who(event.topics)}" + (f"  {why}" if why else "")


@_text.register
def _(event: NodeQuiet) -> str:
    how = "the broker has lost it" if event.reason is QuietReason.LOST else f"no sign of life for {QUIET_S:.0f} s"
    since = f"; last heard {clock_text(event.since_utc)}" if event.since_utc else ""
    return f"QUIET    {_who(event.topics)}  {how}{since}"


@_text.register
def _(event: NodeBack) -> str:
    return f"back     {_who(event.topics)}  after {_duration(event.quiet_s)}"


@_text.register
def _(event: NodeAnswer) -> str | None:
    return None if event.response.ok else f"refused  {_who(event.topics)}  {event.response.error}"


@_text.register
def _(event: BadMessage) -> str:
    return f"BAD      {event.topic}: {event.why}"


@_text.register
def _(event: CentreFault) -> str:
    return f"FAULT    {event.what}: {event.why}" if event.why else f"well     {event.what}"


@_text.register
def _(event: BrokerBack) -> str:
    return "connected to the broker"


@_text.register
def _(event: BrokerGone) -> str:
    return f"DEAF     {event.why}; trying again"


def _who(topics: NodeTopics) -> str:
    return f"{topics.site}/{topics.node}"


def _duration(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"
