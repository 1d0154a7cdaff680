import numpy as np
import pytest

from simulator.vehicles import finishes, shapes
from simulator.vehicles.lights import lights
from simulator.vehicles.vehicle import Model

CAR = shapes.vehicle_of(np.random.default_rng(1), Model.SALOON, 1, (0.0, 0.0), 0.0, 0, 0.0)
PLACE = np.array([10.0, 4.0])


def test_head_lamps_shine_ahead_and_down_and_only_they_cast_shadows() -> None:
    found = lights(CAR, PLACE, np.pi / 2, frozenset({"head"}))
    shadowing = [light for light in found if light.shadows]
    assert len(shadowing) == 1
    aim = shadowing[0].aim
    assert aim is not None
    assert np.linalg.norm(aim) == pytest.approx(1.0)
    assert aim[1] > 0.99
    assert -0.15 < aim[2] < 0.0
    assert shadowing[0].place_m[1] > 4.0 + CAR.size.length_m / 2
    assert shadowing[0].strength > 300


def test_brakes_shine_back_and_weakly() -> None:
    (light,) = lights(CAR, PLACE, 0.0, frozenset({"brake"}))
    assert light.aim is not None
    assert light.aim[0] < -0.9
    assert light.place_m[0] < 10.0 - CAR.size.length_m / 2
    assert light.strength < 20
    assert not light.shadows


def test_every_lamp_that_glows_lights_and_no_lamp_is_dark() -> None:
    assert lights(CAR, PLACE, 0.0, frozenset()) == ()
    for lamp in finishes.LAMPS:
        assert lights(CAR, PLACE, 0.0, frozenset({lamp}))
    with pytest.raises(KeyError):
        lights(CAR, PLACE, 0.0, frozenset({"beacon"}))


def test_all_lamps_together_are_few_lights() -> None:
    found = lights(CAR, PLACE, 1.0, finishes.LAMPS)
    assert len(found) <= 9
    assert sum(light.shadows for light in found) == 1
