import signal
import subprocess
import sys
from datetime import UTC, datetime

import pytest

from firmware.drivers.clock_fake import FakeClock
from firmware.drivers.clock_system import SystemClock
from firmware.drivers.illuminator_fake import FakeIlluminator, LampChange, NoIlluminator
from firmware.drivers.illuminator_gpio import GpioIlluminator, lamp_off
from firmware.errors import IlluminatorError
from tests.fake_gpio import OUT_OF_ORDER, FakeGpio

PIN = 17


@pytest.fixture
def gpio() -> FakeGpio:
    return FakeGpio()


def test_the_pin_is_low_from_the_first_moment(gpio: FakeGpio) -> None:
    with GpioIlluminator(PIN, SystemClock("host"), gpio):
        assert gpio.calls == ["setwarnings False", f"{PIN} to 0"]


def test_the_dead_mans_switch_drives_the_pin_itself(gpio: FakeGpio) -> None:
    """Nobody asks, nobody holds: the thread puts it out, and not before its time."""
    clock = SystemClock("host")
    with GpioIlluminator(PIN, clock, gpio, hold_s=0.2) as lamp:
        lamp.hold(True)
        lit_s = clock.monotonic_s()
        assert gpio.level[PIN] == 1
        assert gpio.wait_for(PIN, 0, timeout_s=5.0)
        assert clock.monotonic_s() - lit_s >= 0.19


def test_holding_does_not_write_to_the_pin_each_time(gpio: FakeGpio) -> None:
    with GpioIlluminator(PIN, SystemClock("host"), gpio) as lamp:
        for _ in range(10):
            lamp.hold(True)
    assert gpio.calls[2:] == [f"{PIN} to 1", f"{PIN} to 0", f"cleanup {PIN} at 0"]


def test_an_exception_leaves_it_dark(gpio: FakeGpio) -> None:
    with pytest.raises(ZeroDivisionError), GpioIlluminator(PIN, SystemClock("host"), gpio) as lamp:
        lamp.hold(True)
        raise ZeroDivisionError
    assert gpio.calls[-1] == f"cleanup {PIN} at 0"


def test_a_dead_pin_is_a_fault_of_the_world(gpio: FakeGpio) -> None:
    gpio.broken = True
    with pytest.raises(IlluminatorError, match=rf"pin {PIN}.*{OUT_OF_ORDER}.*illuminator.pin"):
        GpioIlluminator(PIN, SystemClock("host"), gpio)
    gpio.broken = False
    lamp = GpioIlluminator(PIN, SystemClock("host"), gpio)
    gpio.broken = True
    with pytest.raises(IlluminatorError, match="wiring"):
        lamp.hold(True)
    assert not lamp.lit
    with pytest.raises(IlluminatorError, match="may be lit"):
        lamp.close()


def test_the_switch_tries_again_when_the_pin_does_not_obey(gpio: FakeGpio) -> None:
    with GpioIlluminator(PIN, SystemClock("host"), gpio, hold_s=0.1) as lamp:
        lamp.hold(True)
        gpio.broken = True
        assert not gpio.wait_for(PIN, 0, timeout_s=0.3)
        assert lamp.lit  # it says the truth
        gpio.broken = False
        assert gpio.wait_for(PIN, 0, timeout_s=5.0)


def test_off_the_pi_the_message_says_what_to_do() -> None:
    with pytest.raises(IlluminatorError, match='"none"'):
        GpioIlluminator(PIN, SystemClock("host"))


def test_lamp_off_takes_the_pin_low_and_lets_it_go(gpio: FakeGpio) -> None:
    lamp_off(PIN, gpio)
    assert gpio.calls[1:] == [f"{PIN} to 0", f"cleanup {PIN} at 0"]


PROCESS = """
import signal, sys, threading
from firmware.drivers.clock_system import SystemClock
from firmware.drivers.illuminator_gpio import GpioIlluminator
from tests.fake_gpio import FakeGpio

class Loud(FakeGpio):
    def cleanup(self, channel, /):
        super().cleanup(channel)
        print(self.calls[-1], flush=True)

signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
lamp = GpioIlluminator(17, SystemClock("host"), Loud())
lamp.hold(True)
print("lit", lamp.lit, flush=True)
{then}
"""


@pytest.mark.parametrize(
    ("then", "send"),
    [("threading.Event().wait()", signal.SIGTERM), ("raise RuntimeError('a bug')", None), ("pass", None)],
)
def test_a_process_that_ends_leaves_it_dark(then: str, send: signal.Signals | None) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PROCESS.format(then=then)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "lit True\n"
        if send is not None:
            process.send_signal(send)
        assert process.stdout.readline() == f"cleanup {PIN} at 0\n"


def test_the_fake_remembers_when_it_changed() -> None:
    clock = FakeClock(datetime(2026, 12, 1, tzinfo=UTC), monotonic_s=100.0)
    lamp = FakeIlluminator(clock)
    lamp.hold(True)
    clock.advance(2.0)
    lamp.hold(True)
    clock.advance(60.0)
    assert lamp.history == (LampChange(100.0, True), LampChange(105.0, False))
    lamp.hold(True)
    clock.step(datetime(1970, 1, 1, tzinfo=UTC))  # a step of the wall clock holds nothing
    clock.advance(1.0)
    lamp.hold(False)
    assert lamp.history[2:] == (LampChange(162.0, True), LampChange(163.0, False))


def test_no_lamp_is_never_lit() -> None:
    lamp = NoIlluminator()
    lamp.hold(True)
    assert not lamp.lit
    lamp.close()
