"""A played scene's labels as one JSON file: the incidents, and what is in each picture."""

from dataclasses import dataclass

import msgspec

from simulator.groundtruth.records import TruthObject
from simulator.play import Incident

VERSION = 2


@dataclass(frozen=True, slots=True)
class Looked:
    """What is in one picture."""

    t_s: float
    objects: tuple[TruthObject, ...]


@dataclass(frozen=True, slots=True)
class Labels:
    """Everything that is known of a played scene. Boxes are pixels of a picture of `width_px` x `height_px`.

    `library` is "development" or "evaluation", `fidelity` how it was drawn; the labels do not depend on the latter.
    """

    scenario: str
    library: str
    condition: str
    seed: int
    fidelity: str
    width_px: int
    height_px: int
    rate_hz: float
    duration_s: float
    incidents: tuple[Incident, ...]
    frames: tuple[Looked, ...]
    version: int = VERSION


def as_json(labels: Labels) -> bytes:
    """One JSON object; numbers are rounded to a thousandth."""
    return msgspec.json.encode(_rounded(msgspec.to_builtins(labels)))


def _rounded(value: object) -> object:
    if isinstance(value, float):
        return round(value, 3)
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    return [_rounded(item) for item in value] if isinstance(value, list | tuple) else value
