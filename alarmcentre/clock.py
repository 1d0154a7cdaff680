"""The centre's two clocks, so that tests can hold them in their hands."""

import time
from datetime import UTC, datetime
from typing import Protocol

from alarmcentre.events import Moment


class CentreClock(Protocol):
    """Where the time comes from."""

    def now(self) -> Moment:
        """This instant."""
        ...


class SystemClock:
    """The machine's clocks."""

    def now(self) -> Moment:
        """This instant."""
        return Moment(time.monotonic(), datetime.now(UTC))
