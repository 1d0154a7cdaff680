"""Which part of the lot a thing is in, and which rules hold there."""

from dataclasses import dataclass

from firmware.config import ZoneConfig
from firmware.messages import AlarmKind, Box, Size

WHOLE = "lot"
"""The name of the whole picture where a site has no zones."""


@dataclass(frozen=True, slots=True)
class Zone:
    """A polygon in pixels and the rules that hold in it."""

    name: str
    corners: tuple[tuple[float, float], ...]
    rules: frozenset[AlarmKind]

    def holds(self, x_px: float, y_px: float) -> bool:
        """Whether a pixel is inside: it is where a ray to the right crosses the outline an odd number of times."""
        inside = False
        ax, ay = self.corners[-1]
        for bx, by in self.corners:
            if (ay > y_px) != (by > y_px) and x_px < ax + (y_px - ay) * (bx - ax) / (by - ay):
                inside = not inside
            ax, ay = bx, by
        return inside


class Zones:
    """The zones of a site. None given: the whole picture is one, and every rule holds in it."""

    def __init__(self, configs: tuple[ZoneConfig, ...], size: Size) -> None:
        self._zones = tuple(
            Zone(
                config.name,
                tuple((x * size.width_px, y * size.height_px) for x, y in config.polygon),
                frozenset(AlarmKind(rule) for rule in config.rules),
            )
            for config in configs
        )

    def where(self, rule: AlarmKind, box: Box) -> str | None:
        """The first zone that holds the box's foot point and in which the rule holds; None where there is none."""
        if not self._zones:
            return WHOLE
        x_px, y_px = box.foot
        for zone in self._zones:
            if rule in zone.rules and zone.holds(x_px, y_px):
                return zone.name
        return None
