"""The eyes of one watch: look or rest, look at the whole, look closer at a part of it. Gives detections.

The one place where pictures meet the network; node and replay both see through it.
"""

from dataclasses import dataclass, field

from firmware.core.attention import Attention
from firmware.core.decode import Decoder
from firmware.core.ground import Ground
from firmware.core.motion import MotionGate
from firmware.core.second_look import NOTHING, Overlooked, Scale, Window, merged
from firmware.messages import Detection, Frame, Size, Track
from firmware.ports import Detector


@dataclass(frozen=True, slots=True)
class Network:
    """A detector and its decoder; whether it may look twice at a frame."""

    detector: Detector
    decoder: Decoder
    second_look: bool = True


@dataclass(frozen=True, slots=True)
class Look:
    """What one frame showed. `window` is where the second look went, None where there was none."""

    detections: tuple[Detection, ...]
    overlooked: Overlooked
    window: Window | None


@dataclass(slots=True)
class Looker:
    """All state between frames: what the lot looks like while nothing moves, and where it is worth looking."""

    network: Network
    attention: Attention | None
    gate: MotionGate = field(default_factory=MotionGate)

    @classmethod
    def build(cls, network: Network, size: Size, ground: Ground) -> "Looker":
        """For main pictures of `size`."""
        scale = Scale.of(size, network.detector.input_size) if network.second_look else None
        return cls(network, None if scale is None else Attention(scale, ground))

    def look(self, frame: Frame, tracks: tuple[Track, ...], hurried: bool = False) -> Look | None:
        """Look at a frame; None where the detector rested. Call it for every frame, in order.

        `tracks` are those before this frame; `hurried`: there is no time for a second look.
        """
        if not self.gate.update(frame.luma, frame.t_s):
            return None
        first = self.network.decoder.decode(self.network.detector.infer(frame.luma), frame)
        if self.attention is None:
            return Look(first, NOTHING, None)
        scale = self.attention.scale
        window = None if hurried else self.attention.choose(frame.luma, frame.t_s, tracks, first)
        both = first if window is None else self._closer(frame, window, first, scale)
        self.attention.found(both, frame.t_s)
        return Look(both, Overlooked(scale.small_px, None if window is None else scale.uncut(window)), window)

    def _closer(
        self, frame: Frame, window: Window, first: tuple[Detection, ...], scale: Scale
    ) -> tuple[Detection, ...]:
        part = window.of(frame.picture)
        raw = self.network.detector.infer(part)
        second = self.network.decoder.decode(raw, Frame(frame.number, frame.t_s, picture=part, luma=part))
        return merged(first, second, window, scale)
