"""A scenario: an activity by name, as a small program that writes a play."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from simulator.conditions import Condition
from simulator.lots.lot import Lot
from simulator.play import IncidentKind, Play
from simulator.scripts.draft import Draft


@dataclass(frozen=True, slots=True)
class Often:
    """How often something happens in the evening (20-24), at night (0-5) and in the morning (5-6), beside others."""

    evening: float = 0.0
    night: float = 0.0
    morning: float = 0.0


NEVER = Often()


@dataclass(frozen=True, slots=True)
class Scenario:
    """`write` puts the activity into a draft. `kind`: what it ought to raise (None: nothing, whoever does it). `often`:
    its share in a night's timetable."""

    name: str
    says: str
    write: Callable[[Draft], None]
    kind: IncidentKind | None = None
    often: Often = NEVER

    def tell(self, lot: Lot, condition: Condition, rng: np.random.Generator) -> Play:
        """The activity in a lot, varied by `rng`."""
        draft = Draft(lot, condition, rng)
        self.write(draft)
        return draft.play()
