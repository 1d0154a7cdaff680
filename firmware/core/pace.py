"""Whether there is time for more than the needful: what frames took beyond their share is owed."""

from dataclasses import dataclass

MOST_OWED_S = 1.0
"""One long stall (a slow disk) is no reason to do without for longer."""


@dataclass(slots=True)
class Pace:
    """`frame_s`: the time between two frames. Call `spent` after each."""

    frame_s: float
    _owed_s: float = 0.0

    @property
    def hurried(self) -> bool:
        """Whether the loop is behind."""
        return self._owed_s > 0

    def spent(self, busy_s: float) -> None:
        """A frame took so long, from light to outbox."""
        self._owed_s = min(max(self._owed_s + busy_s - self.frame_s, 0.0), MOST_OWED_S)
