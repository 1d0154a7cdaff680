"""A module as small as a lamp needs, with RPi.GPIO's names: real wires are in tests/hardware."""

import threading

OUT_OF_ORDER = "the GPIO is out of order"


class FakeGpio:
    """Pins that remember their level; `broken` makes every call fail as RPi.GPIO's do."""

    BCM, OUT, LOW, HIGH = 11, 0, 0, 1

    def __init__(self) -> None:
        self.level: dict[int, int] = {}
        self.calls: list[str] = []
        self.broken = False
        self._changed = threading.Condition()

    def setwarnings(self, value: bool, /) -> None:
        self.calls.append(f"setwarnings {value}")

    def setmode(self, mode: int, /) -> None:
        self._check()
        assert mode == self.BCM

    def setup(self, channel: int, direction: int, *, initial: int) -> None:
        self._check()
        assert direction == self.OUT
        self._put(channel, initial)

    def output(self, channel: int, value: int, /) -> None:
        self._check()
        if channel not in self.level:
            raise RuntimeError("You must setup() the GPIO channel first")
        self._put(channel, value)

    def cleanup(self, channel: int, /) -> None:
        self._check()
        self.calls.append(f"cleanup {channel} at {self.level.pop(channel)}")

    def wait_for(self, channel: int, level: int, timeout_s: float) -> bool:
        """Whether the pin gets to this level within the time."""
        with self._changed:
            return self._changed.wait_for(lambda: self.level.get(channel) == level, timeout_s)

    def _put(self, channel: int, value: int) -> None:
        with self._changed:
            self.level[channel] = value
            self.calls.append(f"{channel} to {value}")
            self._changed.notify_all()

    def _check(self) -> None:
        if self.broken:
            raise RuntimeError(OUT_OF_ORDER)
