"""All rules of a site over one scene: tracks in, alarms out."""

from firmware.config import SiteConfig
from firmware.core.behaviour.fire import Fire
from firmware.core.behaviour.loitering import Loitering
from firmware.core.behaviour.prowling import Prowling
from firmware.core.behaviour.scene import Scene
from firmware.core.behaviour.tampering import Tampering
from firmware.core.ground import Ground
from firmware.core.incidents import Incidents
from firmware.core.nearness import Nearness
from firmware.core.zones import Zones
from firmware.messages import AlarmEvent, Detection, Size, Track


class Behaviour:
    """The rules of one site for one watch. `watch_id` is the beginning of every alarm's id."""

    def __init__(self, site: SiteConfig, size: Size, watch_id: str, ground: Ground | None = None) -> None:
        """Raises ValueError where the site's calibration cannot be right (`ground`: one that is made already)."""
        nearness = Nearness(ground or Ground(site.calibration, size))
        zones = Zones(site.zones, size)
        self._scene = Scene(nearness)
        self._rules = (
            Fire(site.rules.fire, zones, size),
            Tampering(site.rules.tampering, zones),
            Prowling(site.rules.prowling, zones),
            Loitering(site.rules.loitering, zones),
        )
        self._incidents = Incidents(nearness, watch_id)

    def update(
        self, tracks: tuple[Track, ...], detections: tuple[Detection, ...] | None, t_s: float
    ) -> tuple[AlarmEvent, ...]:
        """One look. `tracks` as the tracker gave them for the same `detections` and time."""
        del detections  # all that the rules need today is in the tracks
        self._scene.see(tracks, t_s)
        findings = [finding for rule in self._rules for finding in rule.look(self._scene, t_s)]
        return self._incidents.update(findings, t_s)

    def close(self, t_s: float) -> tuple[AlarmEvent, ...]:
        """The watch is over: the ends of what still goes on."""
        return self._incidents.close(t_s)
