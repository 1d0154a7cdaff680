"""One frame through the whole house: look or rest, decode, follow, judge. Pure: the frame's time is the only clock."""

from dataclasses import dataclass
from typing import Protocol

from firmware.config import SiteConfig
from firmware.core.behaviour import Behaviour
from firmware.core.decode import Decoder
from firmware.core.ground import Ground
from firmware.core.motion import MotionGate
from firmware.core.tracker import Tracker
from firmware.errors import ConfigError
from firmware.messages import AlarmEvent, Detection, Frame, RawDetections, Size, StepResult, Track


class Rules(Protocol):
    """What judges tracks: the site's behaviour rules, or a drill."""

    def update(
        self, tracks: tuple[Track, ...], detections: tuple[Detection, ...] | None, t_s: float
    ) -> tuple[AlarmEvent, ...]:
        """The phases of alarms that this moment leads to."""
        ...

    def close(self, t_s: float) -> tuple[AlarmEvent, ...]:
        """The watch is over: the ends of what still goes on."""
        ...


@dataclass(slots=True)
class Pipeline:
    """The stages of one watch, in flow order. All state between frames lives in them."""

    gate: MotionGate
    decoder: Decoder
    tracker: Tracker
    behaviour: Rules

    @classmethod
    def build(cls, site: SiteConfig, size: Size, decoder: Decoder, watch_id: str) -> "Pipeline":
        """The pipeline for pictures of `size`. Raises ConfigError where the site's calibration cannot be right."""
        try:
            ground = Ground(site.calibration, size)
        except ValueError as error:
            raise ConfigError(f"site {site.site!r}", [f"calibration: {error}"]) from error
        return cls(MotionGate(), decoder, Tracker(ground), Behaviour(site, size, watch_id, ground))

    def wants_look(self, frame: Frame) -> bool:
        """Whether this frame is worth the detector's time. Call once for every frame, before `step`."""
        return self.gate.update(frame.luma, frame.t_s)

    def step(self, frame: Frame, raw: RawDetections | None) -> StepResult:
        """What this frame leads to; `raw` is None where the detector rested."""
        detections = None if raw is None else self.decoder.decode(raw, frame)
        tracks = self.tracker.update(detections, frame.t_s)
        alarms = self.behaviour.update(tracks, detections, frame.t_s)
        # An infrared camera sees nothing without its lamp, so the lamp burns as long as frames come.
        return StepResult(detections, tracks, alarms, ir_on=True)

    def close(self, t_s: float) -> tuple[AlarmEvent, ...]:
        """The watch is over: the ends of what still goes on."""
        return self.behaviour.close(t_s)
