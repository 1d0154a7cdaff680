"""The infrared lamp on a GPIO pin (high: lit), behind a dead man's switch.

The API is RPi.GPIO's; on a pole rpi-lgpio provides it, on the Pi 4 and the Pi 5. What this process cannot do any more
(kill -9, the watchdog's SIGABRT) the unit's ExecStopPost does: see firmware/lamp_off.py.
"""

import atexit
import importlib
import logging
import threading
from typing import Protocol, Self

from firmware.errors import IlluminatorError
from firmware.ports import Clock

log = logging.getLogger("nattvakt.illuminator")

HOLD_S = 3.0


class Gpio(Protocol):
    """The part of RPi.GPIO that a lamp needs."""

    BCM: int
    OUT: int
    LOW: int
    HIGH: int

    def setwarnings(self, value: bool, /) -> None:
        """Whether to warn of a pin that is in use already."""
        ...

    def setmode(self, mode: int, /) -> None:
        """How pins are numbered."""
        ...

    def setup(self, channel: int, direction: int, *, initial: int) -> None:
        """Make a pin an output at once at this level."""
        ...

    def output(self, channel: int, value: int, /) -> None:
        """Drive it."""
        ...

    def cleanup(self, channel: int, /) -> None:
        """Let it go."""
        ...


class GpioIlluminator:
    """Lit at most `hold_s` after the last `hold(True)`: a thread of its own puts the lamp out when nobody holds it."""

    def __init__(self, pin: int, clock: Clock, gpio: Gpio | None = None, hold_s: float = HOLD_S) -> None:
        """Take the pin, dark. Raises IlluminatorError."""
        self._pin, self._clock, self._hold_s = pin, clock, hold_s
        self._gpio = gpio or _rpi_gpio()
        self._errors = _vendor_errors(self._gpio)
        self._changed = threading.Condition()
        self._lit = False
        self._until_s = 0.0
        self._closed = False
        _take_dark(self._gpio, pin)
        self._thread = threading.Thread(target=self._let_go, name="dead man's switch", daemon=True)
        self._thread.start()
        atexit.register(self.close)  # an exception, or SIGTERM where the process turns it into an ordinary end

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def lit(self) -> bool:
        """Whether the pin is high."""
        with self._changed:
            return self._lit

    def hold(self, on: bool) -> None:
        """Keep the lamp lit for another `hold_s`, or put it out; dark after `close`. Raises IlluminatorError."""
        with self._changed:
            if self._closed:
                return
            if on:
                self._until_s = self._clock.monotonic_s() + self._hold_s
            self._drive(on)
            self._changed.notify_all()

    def close(self) -> None:
        """Dark, and let the pin go; idempotent. Raises IlluminatorError where the lamp may still be lit."""
        with self._changed:
            if self._closed:
                return
            self._closed = True
            self._changed.notify_all()
            try:
                self._drive(False)
                self._gpio.cleanup(self._pin)
            except self._errors as error:
                raise IlluminatorError(f"pin {self._pin}: cannot be let go: {error}; the lamp may be lit") from error
        self._thread.join()
        atexit.unregister(self.close)

    def _drive(self, on: bool) -> None:
        if on == self._lit:
            return
        try:
            self._gpio.output(self._pin, self._gpio.HIGH if on else self._gpio.LOW)
        except self._errors as error:
            raise IlluminatorError(f"pin {self._pin}: cannot be driven: {error}; check the lamp's wiring") from error
        self._lit = on

    def _let_go(self) -> None:
        with self._changed:
            while not self._closed:
                if not self._lit:
                    self._changed.wait()
                    continue
                left_s = self._until_s - self._clock.monotonic_s()
                if left_s > 0:
                    self._changed.wait(left_s)
                    continue
                try:
                    self._drive(False)
                except IlluminatorError as error:
                    log.error("%s; trying again in 1 s", error)
                    self._changed.wait(1.0)


def lamp_off(pin: int, gpio: Gpio | None = None) -> None:
    """Drive the pin low, whoever left it high. Raises IlluminatorError."""
    gpio = gpio or _rpi_gpio()
    _take_dark(gpio, pin)
    gpio.cleanup(pin)


def _take_dark(gpio: Gpio, pin: int) -> None:
    try:
        gpio.setwarnings(False)  # after a kill -9 the pin is still an output: no news to anybody
        gpio.setmode(gpio.BCM)
        gpio.setup(pin, gpio.OUT, initial=gpio.LOW)
    except _vendor_errors(gpio) as error:
        raise IlluminatorError(
            f"pin {pin}: cannot be an output: {error}; check illuminator.pin, and that this user is in group gpio"
        ) from error


def _rpi_gpio() -> Gpio:
    try:
        module: Gpio = importlib.import_module("RPi.GPIO")
    except ImportError as error:
        raise IlluminatorError(
            'no module RPi.GPIO; install the extra "pole" (rpi-lgpio), or set illuminator.driver = "none"'
        ) from error
    except RuntimeError as error:  # what it raises on any other machine
        raise IlluminatorError(f'RPi.GPIO: {error} Elsewhere set illuminator.driver = "none"') from error
    return module


def _vendor_errors(gpio: Gpio) -> tuple[type[Exception], ...]:
    """What a pin may raise: RPi.GPIO's RuntimeError, and lgpio's own class, which is below Exception alone."""
    lgpio_error = getattr(getattr(gpio, "lgpio", None), "error", None)
    own = (lgpio_error,) if isinstance(lgpio_error, type) and issubclass(lgpio_error, Exception) else ()
    return (RuntimeError, OSError, ValueError, *own)
