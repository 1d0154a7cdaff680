"""How long to wait before the next try: longer each time, and not the same for all nodes of a fleet. Pure."""

from collections.abc import Callable


class Backoff:
    """1 s, 2 s, 4 s, ... at most 60 s, each shortened by up to a half at random, so that a fleet does not come at once.

    `jitter` gives numbers in 0..1. A connection that held for `steady_s` begins the count anew; one that a broker ends
    at once does not, so that being thrown out is no loop.
    """

    def __init__(
        self, jitter: Callable[[], float], first_s: float = 1.0, last_s: float = 60.0, steady_s: float = 10.0
    ) -> None:
        self._jitter = jitter
        self._first_s, self._last_s, self._steady_s = first_s, last_s, steady_s
        self._tries = 0

    def lost(self, held_s: float) -> float:
        """A try has failed (`held_s` 0) or a connection has ended after `held_s`; gives the seconds to wait."""
        if held_s >= self._steady_s:
            self._tries = 0
        wait_s = min(self._first_s * float(2 ** min(self._tries, 30)), self._last_s)
        self._tries += 1
        return wait_s * (1.0 - self._jitter() / 2)
