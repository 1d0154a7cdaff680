"""What `link` sends next. Pure: events and times in, actions out.

Rules, strongest first:

* Alarms before everything, oldest first. One is done with the centre's `received`, never with the broker's PUBACK.
* Unreceived, it goes out again 10 s, 30 s, 60 s, 60 s, ... after the PUBACK before, and at once on a new connection.
* PUBACK 0x10 (no matching subscribers) on an alarm: nobody listens. A fault; until somebody does, only the oldest alarm
  is tried, so that the rest arrives in order after it. A new alarm is a reason to try at once.
* Stills and clips after that; see core/media_delivery.py.
"""

from dataclasses import dataclass
from datetime import datetime
from heapq import heappop, heappush

from firmware.core.clip_progress import SendChunk, SendHead, SendTail
from firmware.core.media_delivery import DONE, NO_LISTENER, MediaQueue, Piece, SendStill


@dataclass(frozen=True, slots=True)
class AlarmRef:
    """One phase of one alarm."""

    alarm: str
    seq: int


@dataclass(frozen=True, slots=True)
class SendAlarm:
    """Publish this phase."""

    ref: AlarmRef


Action = SendAlarm | SendStill | SendHead | SendChunk | SendTail


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds and bounds of the delivery."""

    resend_s: tuple[float, ...] = (10.0, 30.0, 60.0)
    alarms_in_flight: int = 8
    stuck_s: float = 60.0
    delayed_after_s: float = 30.0
    chunk_bytes: int = 32 * 1024
    media_pause_s: float = 30.0


@dataclass(slots=True)
class _Waiting:
    ref: AlarmRef
    sends: int = 0


class Courier:
    """Decides; keeps no payloads. Call `next` until it gives None, and `sent` after each action.

    Holds one small entry per unreceived phase; the outbox bounds them (20,000).
    """

    def __init__(self, pace: Pace) -> None:
        self._pace = pace
        self.media = MediaQueue(pace.chunk_bytes, pace.media_pause_s)
        self._online = False
        self._numbers: dict[AlarmRef, int] = {}
        self._waiting: dict[int, _Waiting] = {}
        self._count = 0
        self._ready: list[int] = []
        self._later: list[tuple[float, int]] = []
        self._flying: dict[int, tuple[int, float]] = {}
        self._listened = True
        self._probe_s = 0.0
        self._probes = 0
        self._fault = ""

    @property
    def faults(self) -> tuple[str, ...]:
        """Short codes for the state message: `no-listener`, `alarm-refused-87` (the reason code in hexadecimal)."""
        return tuple(fault for fault in ("" if self._listened else "no-listener", self._fault) if fault)

    @property
    def alarms_waiting(self) -> int:
        """Phases that nobody has confirmed."""
        return len(self._waiting)

    def alarm_waiting(self, ref: AlarmRef, t_s: float) -> None:
        """There is a phase in the outbox. Telling it twice does nothing."""
        if ref in self._numbers:
            return
        number = self._count = self._count + 1
        self._numbers[ref] = number
        self._waiting[number] = _Waiting(ref)
        heappush(self._ready, number)
        self._probe_s = t_s

    def alarm_received(self, ref: AlarmRef) -> None:
        """The centre has it."""
        number = self._numbers.pop(ref, None)
        if number is not None:
            del self._waiting[number]
            self._listened, self._probes = True, 0

    def connected(self, max_packet_bytes: int | None, t_s: float) -> None:
        """A connection stands: everything that is not received goes out again, in order."""
        self._online = True
        self._listened, self._probes, self._fault = True, 0, ""
        self._later.clear()
        self._ready = sorted(self._waiting)
        for waiting in self._waiting.values():
            waiting.sends = 0
        self.media.connected(max_packet_bytes, t_s)

    def disconnected(self, reason: int | None) -> None:
        """The connection is gone; `reason` is the broker's DISCONNECT code, if it gave one."""
        self._online = False
        self._flying.clear()
        self.media.disconnected(reason)

    def next(self, t_s: float) -> Action | None:
        """What to publish now; None: nothing for the moment."""
        if not self._online:
            return None
        while self._later and self._later[0][0] <= t_s:
            heappush(self._ready, heappop(self._later)[1])
        number = self._next_alarm(t_s)
        if number is not None:
            return SendAlarm(self._waiting[number].ref)
        return self.media.next(t_s)

    def sent(self, action: Action, token: int, t_s: float) -> None:
        """The action that `next` gave last was carried out; `token` will name it in `acked`."""
        if isinstance(action, SendAlarm):
            number = heappop(self._ready)
            self._flying[token] = number, t_s
            self._waiting[number].sends += 1
        else:
            self.media.sent(action, token, t_s)

    def gone(self, action: Action) -> None:
        """What the action should send is no longer there."""
        if isinstance(action, SendAlarm):
            number = self._numbers.pop(action.ref)
            del self._waiting[number]
        else:
            self.media.gone(action)

    def postponed(self, action: Action, t_s: float) -> None:
        """What the action should send cannot be read just now."""
        if isinstance(action, SendAlarm):
            heappush(self._later, (t_s + self._delay_s(1), heappop(self._ready)))
        else:
            self.media.gone(action)

    def acked(self, token: int, reason: int, t_s: float) -> Piece | None:
        """The broker's PUBACK; gives the still or the piece of a clip that has arrived.

        Unknown tokens (of state messages and responses) are no business of the courier.
        """
        flight = self._flying.pop(token, None)
        if flight is None:
            return self.media.acked(token, reason, t_s)
        self._alarm_acked(flight[0], reason, t_s)
        return None

    def _alarm_acked(self, number: int, reason: int, t_s: float) -> None:
        if reason == NO_LISTENER:
            self._listened = False
            if not self._flying:
                self._probes += 1
                self._probe_s = t_s + self._delay_s(self._probes)
        else:
            self._fault = "" if reason == DONE else f"alarm-refused-{reason:02x}"
            self._listened, self._probes = True, 0
        if number not in self._waiting:
            return
        if reason == NO_LISTENER:
            heappush(self._ready, number)
        else:
            heappush(self._later, (t_s + self._delay_s(self._waiting[number].sends), number))

    def stuck(self, t_s: float) -> bool:
        """Whether the broker has left an alarm without a PUBACK so long that only a new connection may help."""
        return any(t_s - since_s > self._pace.stuck_s for _, since_s in self._flying.values())

    def due_s(self, t_s: float) -> float | None:
        """The time after `t_s` at which `next` may have something again; None: only after another event."""
        if not self._online:
            return None
        times = [self._later[0][0] if self._later else None, self.media.due_s(t_s)]
        if self._ready and not self._listened and not self._flying:
            times.append(self._probe_s)
        return min((time_s for time_s in times if time_s is not None and time_s > t_s), default=None)

    def _delay_s(self, sends: int) -> float:
        return self._pace.resend_s[min(sends, len(self._pace.resend_s)) - 1]

    def _next_alarm(self, t_s: float) -> int | None:
        while self._ready and self._ready[0] not in self._waiting:
            heappop(self._ready)
        if not self._ready or len(self._flying) >= self._pace.alarms_in_flight:
            return None
        if not self._listened and (self._flying or t_s < self._probe_s):
            return None
        return self._ready[0]


def is_delayed(happened_utc: datetime, now_utc: datetime, after_s: float) -> bool:
    """Whether a phase that is sent now is sent long after it happened.

    True as well where it would be sent before it happened: the clock was set back since (a boot without a
    battery-backed clock), and how late it is nobody knows.
    """
    age_s = (now_utc - happened_utc).total_seconds()
    return age_s > after_s or age_s < -2.0
