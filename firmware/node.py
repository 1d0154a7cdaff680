"""The loop that sees. It watches while the law allows it and is dark otherwise."""

import threading
from collections import deque
from collections.abc import Callable
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Self

from firmware.core.pace import Pace
from firmware.core.told import alarm_message
from firmware.core.watch import Verdict
from firmware.errors import CameraError, IlluminatorError, StoreError
from firmware.law import Law
from firmware.messages import AlarmEvent, Frame, Size
from firmware.pipeline import Pipeline
from firmware.ports import Camera, Clock, Illuminator, Outbox, Stop, Watchdog
from firmware.recorder import Recorder
from firmware.status import Status

CAMERA_RETRY_S = 5.0  # a camera stack that hung needs a moment; ACCEPTANCE A14 allows 60 s


@dataclass(frozen=True, slots=True)
class Parts:
    """Everything the loop needs, built by whoever starts it."""

    clock: Clock
    law: Law
    open_camera: Callable[[], Camera]
    illuminator: Illuminator
    outbox: Outbox
    build_pipeline: Callable[[Size], Pipeline]
    open_recorder: Callable[[], Recorder]
    status: Status
    watchdog: Watchdog
    frame_s: float
    """The time between two frames of the camera."""
    # Alarms that no disk took yet; they outlive the watch that raised them. Bounded: at one incident a minute this is a
    # whole night on a full disk; then the oldest goes.
    unsaved: deque[AlarmEvent] = field(default_factory=lambda: deque(maxlen=2000))


def run(parts: Parts, stop: Stop) -> None:
    """Until `stop` is set, or the film that stands for a camera is over."""
    night = Night(parts)
    try:
        while not stop.is_set():
            verdict = judge(parts)
            if not verdict.watching:
                night.end()
                parts.watchdog.alive()
                stop.wait(verdict.check_again_s(parts.clock.now_utc()))
                continue
            try:
                if night.watch(stop, verdict):
                    return
            except CameraError as fault:
                parts.status.broke("camera", str(fault))
                parts.watchdog.alive()  # a failed try is a whole turn: a node without a camera must live to tell
                stop.wait(CAMERA_RETRY_S)
    finally:
        night.end()


def judge(parts: Parts) -> Verdict:
    """Ask the law, and let the alarm centre know."""
    verdict = parts.law(parts.status.trouble)
    parts.status.judged(verdict)
    parts.watchdog.status(f"{verdict.state}: {verdict.reason}")
    return verdict


@dataclass(slots=True)
class Night:
    """From the first frame inside the permit's hours to the last. A camera that has to be opened again is the same
    night: an incident that goes on over the gap stays one alarm."""

    parts: Parts
    _pipeline: Pipeline | None = None
    _seen_s: float = 0.0
    _pace: Pace = field(init=False)

    def __post_init__(self) -> None:
        self._pace = Pace(self.parts.frame_s)

    def watch(self, stop: Stop, verdict: Verdict) -> bool:
        """Open the camera and look until the law says no; True where a film is over. Raises CameraError.

        Whatever happens, the lamp is dark and the camera closed on the way out.
        """
        parts = self.parts
        with ExitStack() as stack:
            camera = parts.open_camera()
            stack.callback(camera.close)  # last: one that will not let go ends the process, and the clips are safe
            curfew = stack.enter_context(Curfew(parts.clock, verdict, camera))
            recorder = stack.enter_context(closing(parts.open_recorder()))
            stack.callback(parts.illuminator.hold, False)
            for frame in camera.frames():
                if stop.is_set() or not judge(parts).watching:
                    return False
                self.see(frame, recorder)
            return not curfew.struck

    def see(self, frame: Frame, recorder: Recorder) -> None:
        """One frame, from light to outbox."""
        parts = self.parts
        began_s = parts.clock.monotonic_s()
        pipeline = self._pipeline = self._pipeline or parts.build_pipeline(frame.size)
        self._seen_s = frame.t_s
        step = pipeline.step(frame, self._pace.hurried)
        self.light(step.ir_on)
        save(parts, step.alarms)
        media_news = recorder.keep(frame, step.alarms)
        parts.status.settle("media", recorder.fault)
        parts.status.saw(frame, step, media_news)
        self._pace.spent(parts.clock.monotonic_s() - began_s)
        parts.watchdog.alive()  # last: a stalled stage never reaches it

    def light(self, on: bool) -> None:
        """A lamp that cannot be driven is a fault to tell, and no reason to look away."""
        says = ""
        try:
            self.parts.illuminator.hold(on)
        except IlluminatorError as fault:
            says = str(fault)
        self.parts.status.settle("ir", says)

    def end(self) -> None:
        """What went on when the eyes closed is over for the alarm centre; what could not be saved is tried again."""
        pipeline, self._pipeline = self._pipeline, None
        ends = pipeline.close(self._seen_s) if pipeline is not None else ()
        if ends or self.parts.unsaved:
            save(self.parts, ends)


class Curfew:
    """Closes the camera when the permit's hours end, also while no frame comes: a camera that hangs is dark by then."""

    def __init__(self, clock: Clock, verdict: Verdict, camera: Camera) -> None:
        self.struck = False
        self._camera = camera
        self._timer: threading.Timer | None = None
        if verdict.until_utc is not None:
            left_s = (verdict.until_utc - clock.now_utc()).total_seconds()
            self._timer = threading.Timer(max(left_s, 0.0), self._strike)
            self._timer.daemon = True

    def __enter__(self) -> Self:
        if self._timer is not None:
            self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def _strike(self) -> None:
        self.struck = True
        self._camera.close()


def save(parts: Parts, alarms: tuple[AlarmEvent, ...]) -> None:
    """Commit alarms to disk, in order. What the disk refuses waits in memory; every frame tries again, also a later
    watch's, and so does every second in the dark."""
    parts.unsaved.extend(alarms)
    fault = ""
    try:
        while parts.unsaved:
            event = parts.unsaved[0]
            parts.outbox.put(alarm_message(event, utc_of(parts.clock, event.t_s)))
            parts.unsaved.popleft()
    except StoreError as refused:
        fault = str(refused)
    parts.status.settle("storage", fault or parts.outbox.storage_fault)


def utc_of(clock: Clock, t_s: float) -> datetime:
    """When `t_s` on the monotonic clock was, in wall time as it is known now."""
    return clock.now_utc() - timedelta(seconds=clock.monotonic_s() - t_s)
