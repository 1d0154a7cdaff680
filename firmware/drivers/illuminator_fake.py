"""Lamps without a pin: one that remembers, for tests and films, and none at all."""

from dataclasses import dataclass

from firmware.ports import Clock

HOLD_S = 3.0


@dataclass(frozen=True, slots=True)
class LampChange:
    """The lamp went on or off at `t_s` on the monotonic clock."""

    t_s: float
    on: bool


class FakeIlluminator:
    """A lamp of thought behind the same dead man's switch; `history` tells when it changed."""

    def __init__(self, clock: Clock, hold_s: float = HOLD_S) -> None:
        self._clock, self._hold_s = clock, hold_s
        self._history: list[LampChange] = []
        self._until_s = float("-inf")
        self._closed = False

    @property
    def lit(self) -> bool:
        """Whether it is lit now."""
        self._settle()
        return self._on

    @property
    def history(self) -> tuple[LampChange, ...]:
        """Every change so far, the dead man's switch's own among them, at the time it happened."""
        self._settle()
        return tuple(self._history)

    def hold(self, on: bool) -> None:
        """Keep it lit for another `hold_s`, or put it out. After `close` it stays dark."""
        self._settle()
        if self._closed:
            return
        if on:
            self._until_s = self._clock.monotonic_s() + self._hold_s
        self._set(self._clock.monotonic_s(), on)

    def close(self) -> None:
        """Dark for good; idempotent."""
        self.hold(False)
        self._closed = True

    @property
    def _on(self) -> bool:
        return bool(self._history) and self._history[-1].on

    def _settle(self) -> None:
        if self._on and self._clock.monotonic_s() >= self._until_s:
            self._set(self._until_s, False)

    def _set(self, t_s: float, on: bool) -> None:
        if on != self._on:
            self._history.append(LampChange(t_s, on))


class NoIlluminator:
    """Where there is no lamp to switch (`illuminator.driver = "none"`): never lit."""

    @property
    def lit(self) -> bool:
        """Never."""
        return False

    def hold(self, on: bool) -> None:
        """Nothing to hold."""

    def close(self) -> None:
        """Nothing to let go."""
