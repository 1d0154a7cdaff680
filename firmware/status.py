"""What the node tells of itself: state, faults, counters. Told to `link` on every change and every few seconds."""

import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from firmware.core.watch import Trouble, Verdict
from firmware.local import Report
from firmware.messages import Frame, StepResult
from firmware.ports import Clock

log = logging.getLogger("nattvakt.node")

REPEAT_S = 5.0  # between reports without news; health goes out every 60 s, so it is never staler than this
RATE_WINDOW_S = 10.0


@dataclass(frozen=True, slots=True)
class Board:
    """What the machine says of itself."""

    temperature_celsius: float | None
    storage_free_bytes: int


@dataclass(frozen=True, slots=True)
class Names:
    """Which software, and which model, this node runs."""

    firmware: str
    model: str


class Listener(Protocol):
    """Where reports go."""

    def say(self, report: Report) -> None:
        """Take the newest report; must not block."""
        ...

    def wake(self) -> None:
        """There is something new to send; must not block."""
        ...


@dataclass(slots=True)
class Status:
    """Collects what happens; the one place that knows the node's state and faults."""

    clock: Clock
    listener: Listener
    read_board: Callable[[], Board]
    lamp_lit: Callable[[], bool]
    media_dropped: Callable[[], int]
    permit_id: Callable[[], str]
    names: Names
    _verdict: Verdict | None = None
    _faults: dict[str, str] = field(default_factory=dict)
    _frame_times_s: deque[float] = field(default_factory=deque)  # bounded by RATE_WINDOW_S
    _frames: int = 0
    _looks: int = 0
    _since_utc: datetime | None = None
    _said_s: float = float("-inf")
    _said: tuple[object, ...] = ()
    _said_lit: bool = False

    @property
    def trouble(self) -> Trouble | None:
        """The fault that keeps the node from seeing, if there is one."""
        says = self._faults.get("camera")
        return None if says is None else Trouble("camera", says)

    def judged(self, verdict: Verdict) -> None:
        """The law was asked. Tells the listener where the state changed, or the last report is old."""
        self._verdict = verdict
        self._tell()

    def saw(self, frame: Frame, step: StepResult, media_news: bool) -> None:
        """A frame went through the whole loop: the camera works."""
        self._frames += 1
        self._looks += step.detections is not None
        self._frame_times_s.append(frame.t_s)
        while frame.t_s - self._frame_times_s[0] > RATE_WINDOW_S:
            self._frame_times_s.popleft()
        self.mended("camera")
        if step.alarms or media_news:
            self.listener.wake()

    def broke(self, fault: str, says: str) -> None:
        """The world is at fault: `camera`, `ir`, `storage`. Logged once when it comes and once when it goes."""
        if fault not in self._faults:
            log.error("%s: %s", fault, says)
        self._faults[fault] = says

    def settle(self, fault: str, says: str) -> None:
        """Broken while `says` says why, mended once it is empty."""
        if says:
            self.broke(fault, says)
        else:
            self.mended(fault)

    def mended(self, fault: str) -> None:
        """It is right again."""
        if self._faults.pop(fault, None) is not None:
            log.warning("%s: works again", fault)

    def _tell(self) -> None:
        verdict, now_s = self._verdict, self.clock.monotonic_s()
        if verdict is None:
            return
        said, lit = (verdict.state, verdict.fault, tuple(self._faults)), self.lamp_lit()
        if said != self._said:
            self._since_utc = self.clock.now_utc()
            log.info("%s%s: %s", verdict.state, f" ({verdict.fault})" if verdict.fault else "", verdict.reason)
        elif lit == self._said_lit and now_s - self._said_s < REPEAT_S:
            return
        self._said, self._said_lit, self._said_s = said, lit, now_s
        self.listener.say(self._report(verdict))

    def _report(self, verdict: Verdict) -> Report:
        board = self.read_board()
        faults = tuple(dict.fromkeys((verdict.fault, *self._faults))) if verdict.fault else tuple(self._faults)
        return Report(
            state=verdict.state.value,
            since_utc=self._since_utc or self.clock.now_utc(),
            reason=verdict.reason,
            faults=faults,
            firmware=self.names.firmware,
            model=self.names.model,
            permit=self.permit_id(),
            clock_trusted=self.clock.trusted(),
            camera_hz=round(self._camera_hz(), 1) if verdict.watching else 0.0,
            ir_on=self.lamp_lit(),
            temperature_celsius=board.temperature_celsius,
            storage_free_bytes=board.storage_free_bytes,
            frames=self._frames,
            looks=self._looks,
            media_dropped=self.media_dropped(),
        )

    def _camera_hz(self) -> float:
        times_s, now_s = self._frame_times_s, self.clock.monotonic_s()
        if len(times_s) < 2 or now_s - times_s[-1] > RATE_WINDOW_S:
            return 0.0  # no frame for long: the last rate is not today's
        return (len(times_s) - 1) / (times_s[-1] - times_s[0])
