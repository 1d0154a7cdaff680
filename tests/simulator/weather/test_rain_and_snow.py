from dataclasses import replace

import numpy as np
import pytest

from firmware.messages import Size
from simulator.conditions import CONDITIONS
from simulator.moment import Moment
from simulator.optics import F32, PolePose, View
from simulator.weather import rain, shower, snow
from simulator.weather.rain import Rain
from simulator.weather.sight import Sight
from simulator.weather.snow import Snow
from simulator.weather.splash import Splashes
from simulator.weather.wind import Wind

SIGHT = Sight(View(PolePose(tilt_rad=0.3), Size(320, 180)), 0.5)
WIND = Wind(4.0, 0.3)
LAMP = Moment(t_s=20.0, moving=(), lights=(), infrared=1.0, ambient=0.0, sky=0.0)


def flat(value: float) -> F32:
    return np.full(SIGHT.shape, value, dtype=np.float32)


def fall(of: Rain | Snow, depth_m: float = 30.0, t_s: float = 20.0, infrared: float = 1.0) -> F32:
    light = flat(0.0)
    of.add(light, flat(depth_m), Moment(t_s, (), (), infrared, 0.0, 0.0))
    return light


@pytest.mark.parametrize(("diameter_mm", "speed_m_s"), [(1.0, 4.03), (2.0, 6.49), (3.0, 8.06), (5.0, 9.09)])
def test_drops_fall_as_gunn_and_kinzer_measured(diameter_mm: float, speed_m_s: float) -> None:
    fallen = rain.terminal_m_s(np.array([diameter_mm], dtype=np.float32))
    assert float(fallen[0]) == pytest.approx(speed_m_s, rel=0.04)


def test_marshall_and_palmers_drops_carry_the_water_that_falls() -> None:
    size = np.linspace(0.1, 8.0, 4_000, dtype=np.float32)
    number = -np.diff([rain.drops_per_m3(5.0, float(one)) for one in size])
    middle = (size[1:] + size[:-1]) / 2
    water_mm_h = (number * np.pi / 6 * middle**3 * rain.terminal_m_s(middle)).sum() * 1e-9 * 3_600 * 1e3
    assert water_mm_h == pytest.approx(5.0, rel=0.2)


def test_more_rain_is_more_streaks_and_more_light() -> None:
    rains = [Rain(SIGHT, WIND, CONDITIONS[name].rain_mm_h, 3) for name in ("rain-light", "rain", "rain-heavy")]
    streaks = [sum(len(slab.size_m) for slab in one.streaks(flat(30.0), LAMP)) for one in rains]
    light = [np.mean([fall(one, t_s=t_s).mean() for t_s in (5.0, 6.0, 7.0, 8.0)]) for one in rains]
    assert 1.5 * streaks[0] < streaks[1] and 1.5 * streaks[1] < streaks[2]
    assert 1.5 * light[0] < light[1] and 1.5 * light[1] < light[2]


def test_more_snow_is_more_flakes() -> None:
    snows = [Snow(SIGHT, WIND, CONDITIONS[name].snow_mm_h, 3) for name in ("snow-light", "snow", "snow-heavy")]
    flakes = [sum(len(slab.size_m) for slab in one.streaks(flat(30.0), LAMP)) for one in snows]
    assert flakes[0] < flakes[1] < flakes[2]


def test_snow_is_brighter_and_slower_than_rain() -> None:
    assert float(snow.terminal_m_s(np.array([2.0], dtype=np.float32))[0]) < 1.5
    assert fall(Snow(SIGHT, WIND, 1.5, 3)).mean() > 3 * fall(Rain(SIGHT, WIND, 1.5, 3)).mean()


def test_near_streaks_are_brighter_than_far_ones() -> None:
    near, far = Rain(SIGHT, WIND, 10.0, 3).streaks(flat(30.0), LAMP)
    assert np.median(near.luminance / near.size_m**2) > 5 * np.median(far.luminance / far.size_m**2)


@pytest.mark.parametrize("of", [Rain(SIGHT, WIND, 10.0, 3), Snow(SIGHT, WIND, 1.5, 3)], ids=["rain", "snow"])
def test_particles_keep_to_their_ways(of: Rain | Snow) -> None:
    for fallers in of._near.slabs:
        step = 1e-3
        first, last = (shower.places_m(fallers, SIGHT, WIND, t_s) for t_s in (20.0, 20.0 + step))
        moved = last - first
        moved -= np.rint(moved / fallers.sides_m[:, None]) * fallers.sides_m[:, None]
        speed = np.linalg.norm(moved, axis=0) / step
        assert (speed > 0.3).all() and (speed < 16.0).all()
        inside = (first >= fallers.low_m[:, None] - 1e-6) & (first <= (fallers.low_m + fallers.sides_m)[:, None] + 1e-6)
        assert inside.all()
        world_down = -(SIGHT.view.axes.T @ moved)[2] / step
        assert world_down == pytest.approx(fallers.speed_m_s, abs=1.0)


def test_a_streak_is_as_long_as_the_drop_falls_in_the_exposure() -> None:
    still = Wind(0.0, 0.0)
    level = Sight(View(PolePose(tilt_rad=0.0), Size(320, 180)), 0.5)
    seen = Rain(level, still, 5.0, 3).streaks(np.full(level.shape, 30.0, dtype=np.float32), LAMP)[1]
    length_m = np.linalg.norm(np.diff(seen.ends_px, axis=1)[:, 0], axis=1) * seen.depth_m / level.view.focal_px
    assert length_m == pytest.approx(rain.terminal_m_s(seen.size_m * 1000) / 30, rel=0.02)


def test_a_wall_hides_what_falls_behind_it() -> None:
    for of in (Rain(SIGHT, WIND, 10.0, 3), Snow(SIGHT, WIND, 1.5, 3)):
        assert fall(of, depth_m=0.2).max() == 0.0
        before, all_of_it = (of.streaks(flat(depth_m), LAMP) for depth_m in (2.0, 30.0))
        assert 0 < sum(len(slab.size_m) for slab in before) < sum(len(slab.size_m) for slab in all_of_it)
        assert all((slab.depth_m < 2.0).all() for slab in before)


def test_a_curtain_slides_as_one() -> None:
    calm = Wind(0.0, 0.0)
    hanging = replace(Snow(SIGHT, calm, 4.0, 3)._curtains[0], sway_px=0.0)
    step_s = 20 / hanging.pace_px_s[1]
    one, two = (hanging.cut((90, 160), calm, t_s).astype(int) for t_s in (7.0, 7.0 + step_s))
    assert one.any()
    wrong, shift = min((int(np.abs(two[shift:] - one[: 90 - shift]).sum()), shift) for shift in range(15, 26))
    assert wrong == 0 and abs(shift - 20) <= 1


def test_splashes_twinkle_on_near_ground_and_stay_where_they_hit() -> None:
    splashes = Splashes(SIGHT, 25.0, 3)
    now, ages = splashes.places_m(20.0)
    soon, _ = splashes.places_m(20.004)
    kept = (np.linalg.norm(now[:, None] - soon[None], axis=2).min(axis=1) < 1e-9).mean()
    assert len(now) > 50 and (ages < 1.0).all() and kept > 0.85
    assert (now[:, 2] == 0.0).all()
    ground = flat(0.0)
    splashes.add(ground, flat(9.0), LAMP)
    assert 20 < (ground > 0.001).sum() <= len(now)


def test_without_the_lamp_and_without_a_sky_nothing_shows() -> None:
    assert fall(Rain(SIGHT, WIND, 10.0, 3), infrared=0.0).max() == 0.0
