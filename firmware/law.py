"""What the loop asks in every turn: may I see now?"""

from collections.abc import Callable

from firmware.core.permit import Permit
from firmware.core.watch import Trouble, Verdict, decide
from firmware.errors import PermitError
from firmware.ports import Clock


class Law:
    """Clock and permit, asked anew each time: a permit taken away or a clock that steps ends the watch at once."""

    def __init__(self, clock: Clock, permit: Callable[[], Permit | PermitError]) -> None:
        """`permit` gives the permit or why there is none, such as `PermitFile(...).current`."""
        self._clock, self._permit = clock, permit

    def __call__(self, trouble: Trouble | None = None) -> Verdict:
        """The verdict of this moment; `trouble` is what is known of camera and model."""
        self._clock.remember()
        return decide(self._clock.now_utc(), self._clock.distrust(), self._permit(), trouble)
