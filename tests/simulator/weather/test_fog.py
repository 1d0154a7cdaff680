from dataclasses import replace

import numpy as np
import pytest

from firmware.messages import Size
from simulator.moment import Light, Moment
from simulator.optics import F32, PolePose, View
from simulator.weather.fog import Fog, extinction_per_m, transmission
from simulator.weather.sight import Sight

SIGHT = Sight(View(PolePose(tilt_rad=0.3), Size(160, 90)), 0.5)
DARK = Moment(t_s=3.0, moving=(), lights=(), infrared=0.0, ambient=0.02, sky=0.0)
LAMP = Moment(t_s=3.0, moving=(), lights=(), infrared=1.0, ambient=0.0, sky=0.0)


def flat(value: float) -> F32:
    return np.full(SIGHT.shape, value, dtype=np.float32)


def test_extinction_is_koschmieders() -> None:
    assert extinction_per_m(391.2) == pytest.approx(0.01)
    assert transmission(np.array([[0.0, 100.0, np.inf]], dtype=np.float32), 391.2) == pytest.approx(
        np.array([[1.0, np.exp(-1.0), 0.0]]), rel=1e-5
    )


def test_a_surface_fades_by_its_distance_along_the_ray() -> None:
    depth = np.linspace(4.0, 40.0, SIGHT.shape[0] * SIGHT.shape[1], dtype=np.float32).reshape(SIGHT.shape)
    seen = Fog(SIGHT, 120.0).over(flat(0.7), depth, DARK)
    assert seen == pytest.approx(0.7 * np.exp(-3.912 / 120.0 * depth * SIGHT.stretch), rel=1e-4)


def test_under_the_infrared_lamp_alone_light_loses_on_both_ways() -> None:
    fog = Fog(SIGHT, 120.0, veil=0.0)
    seen = fog.over(flat(0.7), flat(15.0), LAMP)
    assert seen == pytest.approx(0.7 * np.exp(-2 * 3.912 / 120.0 * 15.0 * SIGHT.stretch), rel=1e-3)


def test_the_horizon_in_fog_is_as_bright_as_the_sky() -> None:
    grey = Moment(t_s=0.0, moving=(), lights=(), infrared=0.0, ambient=0.4, sky=0.3)
    seen = Fog(SIGHT, 50.0).over(flat(0.0), flat(np.inf), grey)
    assert seen == pytest.approx(0.3, rel=1e-4)


def test_the_lamp_lights_a_veil_that_grows_with_fog_and_towards_its_axis() -> None:
    veils = [Fog(SIGHT, visibility).over(flat(0.0), flat(30.0), LAMP) for visibility in (400.0, 120.0, 50.0)]
    means = [float(veil.mean()) for veil in veils]
    assert means[0] < means[1] < means[2]
    middle, corner = float(veils[1][35:50, 70:90].mean()), float(veils[1][-8:, :8].mean())
    assert middle > 2 * corner


def test_less_veil_lies_before_near_things() -> None:
    fog = Fog(SIGHT, 120.0)
    near, far = (fog.over(flat(0.0), flat(depth), LAMP) for depth in (2.0, 30.0))
    assert (near < far).all()


def test_a_lamp_has_a_halo_that_a_wall_before_it_takes_away() -> None:
    place = SIGHT.view.origin_m + 12.0 * SIGHT.view.axes[2]
    moment = Moment(0.0, (), (Light((place[0], place[1], place[2]), 30.0),), infrared=0.0, ambient=0.0, sky=0.0)
    fog = Fog(SIGHT, 120.0)
    free, hidden = fog.over(flat(0.0), flat(20.0), moment), fog.over(flat(0.0), flat(3.0), moment)
    middle, edge = float(free[40:50, 75:85].mean()), float(free[40:50, :10].mean())
    assert middle > 4 * edge
    assert float(hidden[40:50, 75:85].mean()) < 0.3 * middle


def test_a_lamp_that_stays_has_the_halo_of_one_that_comes_and_goes() -> None:
    wide = Sight(View(PolePose(tilt_rad=0.3), Size(640, 360)), 0.5)
    place = wide.view.origin_m + 12.0 * wide.view.axes[2] + 2.0 * wide.view.axes[0]
    lamp = Light((place[0], place[1], place[2]), 30.0)
    dark = Moment(0.0, (), (), infrared=0.0, ambient=0.0, sky=0.0)
    black, wall = np.zeros(wide.shape, dtype=np.float32), np.full(wide.shape, 18.0, dtype=np.float32)
    stays = Fog(wide, 120.0, lamps=(lamp,)).over(black, wall, dark)
    comes = Fog(wide, 120.0).over(black, wall, replace(dark, lights=(lamp,)))
    out = Fog(wide, 120.0, lamps=(lamp,)).over(black, wall, replace(dark, lamps_on=0.0))
    assert float(stays.mean()) == pytest.approx(float(comes.mean()), rel=0.15)
    assert float(np.corrcoef(stays.ravel(), comes.ravel())[0, 1]) > 0.9
    assert out.max() == 0.0


def test_clear_air_hands_the_same_picture_back() -> None:
    picture = flat(0.5)
    assert Fog(SIGHT, 20_000.0).over(picture, flat(10.0), LAMP) is picture
