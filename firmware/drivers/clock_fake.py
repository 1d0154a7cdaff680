"""A clock that goes only when told to: for tests and for nights that never happened."""

from datetime import UTC, datetime, timedelta


class FakeClock:
    """Starts at `now_utc`; `advance` lets time pass, `step` moves wall time alone, as a time server does."""

    def __init__(self, now_utc: datetime, distrust: str = "", monotonic_s: float = 1000.0) -> None:
        self._now_utc = now_utc.astimezone(UTC)
        self._monotonic_s = monotonic_s
        self._distrust = distrust
        self.remembered_utc: datetime | None = None

    def monotonic_s(self) -> float:
        """Seconds; only `advance` moves them."""
        return self._monotonic_s

    def now_utc(self) -> datetime:
        """Wall time as it was set, in UTC."""
        return self._now_utc

    def trusted(self) -> bool:
        """Whether nothing was said against it."""
        return not self._distrust

    def distrust(self) -> str:
        """What was said against it."""
        return self._distrust

    def remember(self) -> None:
        """Keep the time, for a test to look at, while it is trusted."""
        if self.trusted():
            self.remembered_utc = self._now_utc

    def advance(self, seconds: float) -> None:
        """Time passes: both clocks go. Raises ValueError for a negative time."""
        if seconds < 0:
            raise ValueError(f"time does not pass by {seconds} s; use step() to set the wall clock back")
        self._monotonic_s += seconds
        self._now_utc += timedelta(seconds=seconds)

    def step(self, now_utc: datetime) -> None:
        """Somebody sets the wall clock; the monotonic one does not notice."""
        self._now_utc = now_utc.astimezone(UTC)

    def set_distrust(self, reason: str) -> None:
        """Say why wall time is wrong; empty: it is right."""
        self._distrust = reason
