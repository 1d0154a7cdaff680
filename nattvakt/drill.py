"""A drill: alarms at set times instead of by behaviour, through the real node. For measuring delays only."""

from dataclasses import dataclass, replace

from firmware.messages import (
    AlarmEvent,
    AlarmKind,
    AlarmObject,
    Detection,
    ObjectKind,
    Phase,
    Severity,
    Track,
)
from firmware.pipeline import Rules


@dataclass(slots=True)
class Drill:
    """Does the real rules' work on every frame, and beside it raises and ends one alarm every `every_s` seconds."""

    rules: Rules
    watch_id: str
    every_s: float
    _number: int = 0
    _next_s: float | None = None
    _open: AlarmEvent | None = None

    def update(
        self, tracks: tuple[Track, ...], detections: tuple[Detection, ...] | None, t_s: float
    ) -> tuple[AlarmEvent, ...]:
        """The real rules' alarms are dropped: they would count as the drill's."""
        self.rules.update(tracks, detections, t_s)
        if self._next_s is None:
            self._next_s = t_s + self.every_s
        if t_s < self._next_s:
            return ()
        self._next_s += self.every_s
        ended = () if self._open is None else (replace(self._open, seq=1, phase=Phase.END, t_s=t_s),)
        self._number += 1
        self._open = AlarmEvent(
            id=f"{self.watch_id}-{self._number}",
            seq=0,
            phase=Phase.NEW,
            kind=AlarmKind.LOITERING,
            severity=Severity.LOW,
            t_s=t_s,
            began_s=t_s,
            zone="drill",
            reason="a drill that measures delays",
            objects=(AlarmObject(ObjectKind.PERSON, self._number),),
        )
        return (*ended, self._open)

    def close(self, t_s: float) -> tuple[AlarmEvent, ...]:
        """A drill that is cut off leaves its last alarm open; nobody acts on it."""
        return self.rules.close(t_s)
