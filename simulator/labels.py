"""A scene's labels as a JSON file, and its site configuration as TOML."""

from dataclasses import dataclass

import msgspec

from firmware.config import SiteConfig
from simulator.stories import Incident
from simulator.truth import TruthObject


@dataclass(frozen=True, slots=True)
class Moment:
    """What is in one picture."""

    t_s: float
    objects: tuple[TruthObject, ...]


@dataclass(frozen=True, slots=True)
class Labels:
    """Everything that is known of a played scene. Boxes are pixels of a picture of `width_px` x `height_px`."""

    scenario: str
    seed: int
    width_px: int
    height_px: int
    rate_hz: float
    duration_s: float
    incidents: tuple[Incident, ...]
    frames: tuple[Moment, ...]


def as_json(labels: Labels) -> bytes:
    """One JSON object; numbers are rounded to a thousandth."""

    def rounded(value: object) -> object:
        if isinstance(value, float):
            return round(value, 3)
        if isinstance(value, dict):
            return {key: rounded(item) for key, item in value.items()}
        return [rounded(item) for item in value] if isinstance(value, list) else value

    return msgspec.json.encode(rounded(msgspec.to_builtins(labels)))


def as_toml(site: SiteConfig) -> bytes:
    """`site.toml`: the site's name, zones and calibration (rules stay at their defaults)."""
    lines = [f'site = "{site.site}"']
    for zone in site.zones:
        points = ", ".join(f"[{x:.6f}, {y:.6f}]" for x, y in zone.polygon)
        rules = ", ".join(f'"{rule}"' for rule in zone.rules)
        lines += ["", "[[zones]]", f'name = "{zone.name}"', f"polygon = [{points}]", f"rules = [{rules}]"]
    for point in site.calibration:
        image, ground = point.image, point.ground_m
        lines += ["", "[[calibration]]", f"image = [{image[0]:.6f}, {image[1]:.6f}]"]
        lines += [f"ground-m = [{ground[0]:.4f}, {ground[1]:.4f}]"]
    return ("\n".join(lines) + "\n").encode("ascii")
