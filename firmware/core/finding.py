"""What a rule says at one look, for as long as it holds."""

from dataclasses import dataclass

from firmware.core.nearness import Spot
from firmware.messages import AlarmKind, AlarmObject, Severity


@dataclass(frozen=True, slots=True)
class Finding:
    """Something deviant goes on now. Who does it comes first in `objects`; `spot` is where.

    Rules repeat their findings at every look; incidents.py makes one alarm of them.
    """

    kind: AlarmKind
    severity: Severity
    began_s: float
    zone: str
    reason: str
    objects: tuple[AlarmObject, ...]
    spot: Spot
