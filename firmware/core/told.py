"""An incident's phase as the alarm centre reads it."""

from datetime import datetime
from typing import get_args

from firmware.messages import AlarmEvent, ObjectKind
from wire.messages import Alarm, ClassName, SeenObject

WORDS: dict[ObjectKind, ClassName] = {ObjectKind(name): name for name in get_args(ClassName)}
"""What the wire calls things. It has no word for animals: none is followed, and so none takes part."""


def alarm_message(event: AlarmEvent, t_utc: datetime) -> Alarm:
    """The wire form of one phase that happened at `t_utc` (aware; cut to milliseconds)."""
    return Alarm(
        id=event.id,
        seq=event.seq,
        phase=event.phase.value,
        kind=event.kind.value,
        severity=event.severity.value,
        t_utc=t_utc.replace(microsecond=t_utc.microsecond // 1000 * 1000),
        zone=event.zone,
        reason=event.reason,
        objects=tuple(
            SeenObject(kind=WORDS[thing.kind], track=thing.track) for thing in event.objects if thing.kind in WORDS
        ),
    )
