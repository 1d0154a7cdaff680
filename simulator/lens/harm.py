"""What somebody did to the camera, at a time.

Covered, sprayed, blinded and defocused are the lens's business. A dead infrared lamp is the moment's
(`Moment.infrared`) and a turned camera the scene's (a new view from that time on): both change what the renderer draws.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from simulator.play import CameraEvent, CameraHarm


@dataclass(frozen=True, slots=True)
class Harm:
    """How far each has gone, 0 (not at all) to 1."""

    covered: float = 0.0
    sprayed: float = 0.0
    blinded: float = 0.0
    defocused: float = 0.0

    @property
    def any(self) -> bool:
        """Whether anything is wrong."""
        return max(self.covered, self.sprayed, self.blinded, self.defocused) > 0.0


def harm_at(events: Sequence[CameraEvent], t_s: float) -> Harm:
    """Each harm grows over its event's `lasts_s` to its `amount` and stays."""

    def worst(kind: CameraHarm) -> float:
        return max((_gone(event, t_s) for event in events if event.harm is kind), default=0.0)

    return Harm(
        worst(CameraHarm.COVERED), worst(CameraHarm.SPRAYED), worst(CameraHarm.BLINDED), worst(CameraHarm.DEFOCUSED)
    )


def _gone(event: CameraEvent, t_s: float) -> float:
    share = (t_s - event.start_s) / max(event.lasts_s, 1e-3)
    return event.amount * min(max(share, 0.0), 1.0)
