"""The loop that sees. It watches while the law allows it and is dark otherwise."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from firmware.core.told import alarm_message
from firmware.core.watch import Verdict
from firmware.errors import CameraError, IlluminatorError, StoreError
from firmware.law import Law
from firmware.messages import AlarmEvent, Frame, Size
from firmware.pipeline import Pipeline
from firmware.ports import Camera, Clock, Detector, Illuminator, Outbox, Stop, Watchdog
from firmware.recorder import Recorder
from firmware.status import Status

CAMERA_RETRY_S = 5.0  # a camera stack that hung needs a moment; ACCEPTANCE A14 allows 60 s


@dataclass(frozen=True, slots=True)
class Parts:
    """Everything the loop needs, built by whoever starts it."""

    clock: Clock
    law: Law
    open_camera: Callable[[], Camera]
    detector: Detector
    illuminator: Illuminator
    outbox: Outbox
    build_pipeline: Callable[[Size], Pipeline]
    open_recorder: Callable[[], Recorder]
    status: Status
    watchdog: Watchdog
    # Alarms that no disk took yet; they outlive the watch that raised them. Bounded: at one incident a minute this is a
    # whole night on a full disk; then the oldest goes.
    unsaved: deque[AlarmEvent] = field(default_factory=lambda: deque(maxlen=2000))


def run(parts: Parts, stop: Stop) -> None:
    """Until `stop` is set, or the film that stands for a camera is over."""
    while not stop.is_set():
        verdict = judge(parts)
        if not verdict.watching:
            if parts.unsaved:
                save(parts, ())
            parts.watchdog.alive()
            stop.wait(verdict.check_again_s(parts.clock.now_utc()))
            continue
        try:
            if watch(parts, stop):
                return
        except CameraError as fault:
            parts.status.broke("camera", str(fault))
            parts.watchdog.alive()  # a try that has failed is a whole turn: a node without a camera must live to tell
            stop.wait(CAMERA_RETRY_S)


def watch(parts: Parts, stop: Stop) -> bool:
    """Open the camera and look until the law says no; True where a film is over. Raises CameraError.

    Whatever happens, the lamp is dark and the camera closed on the way out.
    """
    turn: Turn | None = None
    camera = parts.open_camera()
    try:
        for frame in camera.frames():
            if stop.is_set() or not judge(parts).watching:
                return False
            turn = turn or Turn.begin(parts, frame)
            turn.see(frame)
        return True
    finally:
        try:
            parts.illuminator.hold(False)
        finally:
            try:
                if turn is not None:
                    turn.recorder.close()
            finally:
                camera.close()  # last: a camera stack that will not let go ends the process, and the clips are safe


def judge(parts: Parts) -> Verdict:
    """Ask the law, and let the alarm centre know."""
    verdict = parts.law(parts.status.trouble)
    parts.status.judged(verdict)
    parts.watchdog.status(f"{verdict.state}: {verdict.reason}")
    return verdict


@dataclass(slots=True)
class Turn:
    """One stretch of watching, from camera open to camera closed."""

    parts: Parts
    pipeline: Pipeline
    recorder: Recorder

    @classmethod
    def begin(cls, parts: Parts, frame: Frame) -> "Turn":
        """At the first frame, whose size the pipeline needs."""
        return cls(parts, parts.build_pipeline(frame.size), parts.open_recorder())

    def see(self, frame: Frame) -> None:
        """One frame, from light to outbox."""
        parts = self.parts
        raw = parts.detector.infer(frame.luma) if self.pipeline.wants_look(frame) else None
        step = self.pipeline.step(frame, raw)
        self.light(step.ir_on)
        save(parts, step.alarms)
        media_news = self.recorder.keep(frame, step.alarms)
        parts.status.saw(frame, step, media_news)
        parts.watchdog.alive()  # last: a stalled stage never reaches it

    def light(self, on: bool) -> None:
        """A lamp that cannot be driven is a fault to tell, and no reason to look away."""
        try:
            self.parts.illuminator.hold(on)
        except IlluminatorError as fault:
            self.parts.status.broke("ir", str(fault))
        else:
            self.parts.status.mended("ir")


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
    fault = fault or parts.outbox.storage_fault
    if fault:
        parts.status.broke("storage", fault)
    else:
        parts.status.mended("storage")


def utc_of(clock: Clock, t_s: float) -> datetime:
    """When `t_s` on the monotonic clock was, in wall time as it is known now."""
    return clock.now_utc() - timedelta(seconds=clock.monotonic_s() - t_s)
