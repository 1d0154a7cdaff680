"""One frame through the whole house: look, follow, judge. Pure: the frame's time is the only clock."""

from dataclasses import dataclass
from typing import Protocol

from firmware.config import SiteConfig
from firmware.core.behaviour import Behaviour
from firmware.core.ground import Ground
from firmware.core.looker import Looker, Network
from firmware.core.tracker import Tracker
from firmware.errors import ConfigError
from firmware.messages import AlarmEvent, Detection, Frame, Size, StepResult, Track


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

    looker: Looker
    tracker: Tracker
    behaviour: Rules
    _tracks: tuple[Track, ...] = ()

    @classmethod
    def build(cls, site: SiteConfig, size: Size, network: Network, watch_id: str) -> "Pipeline":
        """The pipeline for pictures of `size`. Raises ConfigError where the site's calibration cannot be right."""
        try:
            ground = Ground(site.calibration, size)
        except ValueError as error:
            raise ConfigError(f"site {site.site!r}", [f"calibration: {error}"]) from error
        looker = Looker.build(network, size, ground)
        return cls(looker, Tracker(ground), Behaviour(site, size, watch_id, ground))

    def step(self, frame: Frame, hurried: bool = False) -> StepResult:
        """What this frame leads to; where it is `hurried`, the detector looks once at most."""
        look = self.looker.look(frame, self._tracks, hurried)
        if look is None:
            detections, tracks = None, self.tracker.update(None, frame.t_s)
        else:
            detections, tracks = look.detections, self.tracker.update(look.detections, frame.t_s, look.overlooked)
        self._tracks = tracks
        alarms = self.behaviour.update(tracks, detections, frame.t_s)
        # An infrared camera sees nothing without its lamp, so the lamp burns as long as frames come.
        return StepResult(detections, tracks, alarms, ir_on=True)

    def close(self, t_s: float) -> tuple[AlarmEvent, ...]:
        """The watch is over: the ends of what still goes on."""
        return self.behaviour.close(t_s)
