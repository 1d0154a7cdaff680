"""What every lamp keeps: the fake, the one on a GPIO pin (here on a module with RPi.GPIO's names), and the real pin."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from firmware.drivers.clock_fake import FakeClock
from firmware.drivers.clock_system import SystemClock
from firmware.drivers.illuminator_fake import FakeIlluminator
from firmware.drivers.illuminator_gpio import HOLD_S, GpioIlluminator
from firmware.ports import Illuminator
from tests.fake_gpio import FakeGpio

PIN = 17


@dataclass(frozen=True, slots=True)
class Lamp:
    """A lamp, how long it is held, and how to let time pass."""

    illuminator: Illuminator
    hold_s: float
    sleep: Callable[[float], None]


def fake() -> Lamp:
    clock = FakeClock(datetime(2026, 12, 1, tzinfo=UTC))
    return Lamp(FakeIlluminator(clock), HOLD_S, clock.advance)


def on_a_pin() -> Lamp:
    lamp = GpioIlluminator(PIN, SystemClock("host"), FakeGpio(), hold_s=0.6)
    return Lamp(lamp, 0.6, lambda s: threading.Event().wait(s) and None)


def on_the_real_pin() -> Lamp:
    return Lamp(GpioIlluminator(PIN, SystemClock("host")), HOLD_S, lambda s: threading.Event().wait(s) and None)


@pytest.fixture(
    params=[
        pytest.param(fake, id="fake"),
        pytest.param(on_a_pin, id="gpio"),
        pytest.param(on_the_real_pin, id="real-gpio", marks=pytest.mark.hardware),
    ]
)
def lamp(request: pytest.FixtureRequest) -> Iterator[Lamp]:
    made: Lamp = request.param()
    yield made
    made.illuminator.close()


def test_dark_at_first(lamp: Lamp) -> None:
    assert not lamp.illuminator.lit


def test_held_and_let_go(lamp: Lamp) -> None:
    lamp.illuminator.hold(True)
    assert lamp.illuminator.lit
    lamp.illuminator.hold(False)
    assert not lamp.illuminator.lit


def test_dark_again_when_nobody_holds_it(lamp: Lamp) -> None:
    lamp.illuminator.hold(True)
    lamp.sleep(lamp.hold_s)
    for _ in range(100):  # a busy machine may be a moment late
        if not lamp.illuminator.lit:
            break
        lamp.sleep(0.05)
    assert not lamp.illuminator.lit
    lamp.illuminator.hold(True)
    assert lamp.illuminator.lit


def test_lit_for_as_long_as_it_is_held(lamp: Lamp) -> None:
    for _ in range(10):
        lamp.illuminator.hold(True)
        lamp.sleep(lamp.hold_s / 6)
        assert lamp.illuminator.lit


def test_dark_for_good_once_closed(lamp: Lamp) -> None:
    lamp.illuminator.hold(True)
    lamp.illuminator.close()
    assert not lamp.illuminator.lit
    lamp.illuminator.close()
    lamp.illuminator.hold(True)
    assert not lamp.illuminator.lit
