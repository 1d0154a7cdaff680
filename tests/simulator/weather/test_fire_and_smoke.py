import numpy as np
import pytest

from firmware.messages import Size
from simulator.moment import Moment
from simulator.optics import F32, PolePose, View
from simulator.play import Blaze, Puff
from simulator.weather import fire, flames, growth, smoke
from simulator.weather.extent import Extent
from simulator.weather.sight import Sight
from simulator.weather.wind import Wind

SIGHT = Sight(View(PolePose(tilt_rad=0.3), Size(640, 360)), 0.5)
BLAZE = Blaze(200, (1.0, 12.0, 0.2), start_s=5.0, height_m=1.6, growth_s=40.0, smoke=0.6)
LOW = Blaze(201, (-2.0, 10.0, 0.0), start_s=5.0, height_m=0.7, growth_s=20.0, smoke=0.8)
WINDS = (Wind(0.5, 0.4), Wind(4.0, 0.4), Wind(9.0, 2.5))


def flat(value: float) -> F32:
    return np.full(SIGHT.shape, value, dtype=np.float32)


def burning(blaze: Blaze, t_s: float, wind: Wind, depth_m: float = 60.0) -> F32:
    light = flat(0.0)
    flames.add(light, flat(depth_m), blaze, t_s, SIGHT, wind)
    return light


def smoking(blaze: Blaze, t_s: float, wind: Wind) -> F32:
    """How much of a white background the smoke takes away."""
    light = flat(1.0)
    dark = Moment(t_s, (), (), infrared=0.0, ambient=0.0, sky=0.0)
    smoke.blend(light, flat(60.0), smoke.plume(blaze, t_s, wind), dark, SIGHT)
    return 1 - light


def within(picture: F32, extent: Extent) -> float:
    """Which share of a picture's light lies in the rectangle round an extent."""
    points, _ = SIGHT.view.project(extent.points_m)
    window = SIGHT.view.clip(points.min(axis=0), points.max(axis=0))
    return float(picture[window.slices].sum() / picture.sum())


@pytest.mark.parametrize("wind", WINDS)
@pytest.mark.parametrize("blaze", [BLAZE, LOW])
def test_flames_lie_in_their_extent_and_fill_it(blaze: Blaze, wind: Wind) -> None:
    for t_s in (6.0, 11.3, 20.0, 33.7, 47.1, 60.2):
        extent = fire.extent_m(blaze, t_s, wind).flames
        assert extent is not None
        picture = burning(blaze, t_s, wind)
        assert within(picture, extent) >= 0.95
        rows, columns = np.nonzero(picture > 0.05 * flames.CORE)
        points, _ = SIGHT.view.project(extent.points_m)
        wide, high = points.max(axis=0) - points.min(axis=0)
        assert np.ptp(rows) + 1 > 0.45 * high
        assert np.ptp(columns) + 1 > 0.3 * wide


@pytest.mark.parametrize("wind", WINDS)
@pytest.mark.parametrize("blaze", [BLAZE, LOW])
def test_smoke_lies_in_its_extent_and_fills_it(blaze: Blaze, wind: Wind) -> None:
    for t_s in (9.0, 20.0, 33.7, 60.2):
        extent = fire.extent_m(blaze, t_s, wind).smoke
        assert extent is not None
        picture = smoking(blaze, t_s, wind)
        assert within(picture, extent) >= 0.95
        points, _ = SIGHT.view.project(extent.points_m)
        wide, high = points.max(axis=0) - points.min(axis=0)
        rows, columns = np.nonzero(picture > 0.05)
        assert np.ptp(rows) + 1 > 0.45 * min(high, points[:, 1].max())
        assert np.ptp(columns) + 1 > 0.35 * wide


def test_a_fire_starts_small_and_grows_as_the_square_of_time() -> None:
    heights = np.array([growth.mean_height_m(BLAZE, t_s) for t_s in np.arange(5.0, 60.0, 0.5)])
    assert 0.0 < heights[0] < 0.15
    assert (np.diff(heights) >= 0).all()
    assert heights[-1] == pytest.approx(BLAZE.height_m)
    heat_early, heat_late = ((growth.mean_height_m(BLAZE, t_s) ** 2.5) for t_s in (15.0, 35.0))
    assert heat_late / heat_early == pytest.approx(9.0)


def test_more_burns_later() -> None:
    light = [
        np.mean([burning(BLAZE, t_s + k / 10, WINDS[0]).sum() for k in range(8)]) for t_s in (7.0, 15.0, 25.0, 45.0)
    ]
    assert (np.diff(light) > 0).all()


def test_light_flickers_with_puffs_and_with_tongues_of_5_to_12_hz() -> None:
    rate_hz = 60.0
    times = 60.0 + np.arange(1_200) / rate_hz
    strength = np.array([sum(light.strength for light in fire.lights(BLAZE, float(t_s))) for t_s in times])
    power = np.abs(np.fft.rfft(strength - strength.mean())) ** 2
    hertz = np.fft.rfftfreq(len(times), 1 / rate_hz)
    puffs = 1.5 / np.sqrt(0.5 * BLAZE.height_m)
    assert power[(hertz >= 5.0) & (hertz <= 12.0)].sum() > 0.3 * power.sum()
    assert power[np.abs(hertz - puffs) < 0.3].sum() > 0.2 * power.sum()
    assert power[hertz > 24.5].sum() < 0.02 * power.sum()
    assert 0.1 < strength.std() / strength.mean() < 0.4


def test_the_picture_flickers_as_the_light_does() -> None:
    times = 60.0 + np.arange(40) / 10
    drawn = [float(burning(BLAZE, float(t_s), WINDS[0]).sum()) for t_s in times]
    said = [sum(light.strength for light in fire.lights(BLAZE, float(t_s), WINDS[0])) for t_s in times]
    assert float(np.corrcoef(drawn, said)[0, 1]) > 0.5


def test_lights_follow_the_fire() -> None:
    assert fire.lights(BLAZE, 4.9) == ()
    low, high = fire.lights(BLAZE, 60.0, WINDS[1])
    assert low.shadows and low.place_m[2] < high.place_m[2]
    extent = fire.extent_m(BLAZE, 60.0, WINDS[1]).flames
    assert extent is not None
    for light in (low, high):
        assert (np.abs(np.array(light.place_m) - extent.middle_m) < np.ptp(extent.points_m, axis=0) / 2).all()
    out = Blaze(202, (0.0, 10.0, 0.0), 5.0, 1.0, 20.0, end_s=40.0)
    assert fire.lights(out, 39.0) and fire.lights(out, 60.0) == ()


def test_a_smouldering_fire_only_smokes() -> None:
    slow = Blaze(200, (1.0, 12.0, 0.2), 5.0, 1.6, 40.0, smoke=0.8, smoulder_s=20.0)
    before, after = fire.extent_m(slow, 20.0), fire.extent_m(slow, 40.0)
    assert before.flames is None and before.smoke is not None
    assert burning(slow, 20.0, WINDS[0]).max() == 0.0 and smoking(slow, 20.0, WINDS[0]).max() > 0.1
    assert after.flames is not None
    assert fire.extent_m(slow, 4.0) == fire.Extents(None, None)


def test_a_car_before_the_fire_hides_it() -> None:
    assert burning(BLAZE, 60.0, WINDS[0], depth_m=5.0).max() == 0.0
    light = flat(0.5)
    moment = Moment(60.0, (), (), 1.0, 0.02, 0.02)
    smoke.blend(light, flat(5.0), smoke.plume(BLAZE, 60.0, WINDS[0]), moment, SIGHT)
    assert (light == 0.5).all()


def test_smoke_is_bright_under_the_infrared_lamp_and_dark_before_a_bright_wall() -> None:
    cloud = smoke.plume(BLAZE, 60.0, WINDS[0])
    under_lamp, before_wall = flat(0.0), flat(3.0)
    moment = Moment(60.0, (), fire.lights(BLAZE, 60.0, WINDS[0]), 1.0, 0.02, 0.02)
    smoke.blend(under_lamp, flat(60.0), cloud, moment, SIGHT)
    smoke.blend(before_wall, flat(60.0), cloud, moment, SIGHT)
    assert under_lamp.max() > 0.05
    assert before_wall.min() < 2.0


def test_a_fire_lights_its_own_smoke_from_below() -> None:
    cloud = smoke.plume(BLAZE, 60.0, WINDS[0])
    shines = []
    for lights in ((), fire.lights(BLAZE, 60.0, WINDS[0])):
        light = flat(0.0)
        smoke.blend(light, flat(60.0), cloud, Moment(60.0, (), lights, 0.0, 0.0, 0.0), SIGHT)
        shines.append(float(light.sum()))
    assert shines[0] == 0.0 < shines[1]


def test_steam_is_gone_soon_after_its_end() -> None:
    puff = Puff((0.0, 10.0, 0.3), start_s=5.0, end_s=20.0, strength=1.0)
    assert smoke.steam(puff, 4.0, WINDS[0]).extent is None
    assert smoke.steam(puff, 15.0, WINDS[0]).extent is not None
    assert smoke.steam(puff, 24.0, WINDS[0]).extent is None


def test_flames_move_little_in_little_time() -> None:
    now, soon, later = (burning(BLAZE, t_s, WINDS[0]) for t_s in (60.0, 60.002, 60.3))
    assert np.abs(soon - now).sum() < 0.2 * now.sum() < np.abs(later - now).sum()


def test_the_first_fires_of_two_scenes_do_not_burn_alike() -> None:
    elsewhere = Blaze(200, (-1.0, 12.0, 0.2), start_s=5.0, height_m=1.6, growth_s=40.0, smoke=0.6)
    times_s = np.arange(50.0, 60.0, 0.1)
    one, other = ([growth.flicker(blaze, float(t_s)) for t_s in times_s] for blaze in (BLAZE, elsewhere))
    assert abs(np.corrcoef(one, other)[0, 1]) < 0.7
    assert smoke.plume(BLAZE, 50.0, WINDS[0]).seed != smoke.plume(elsewhere, 50.0, WINDS[0]).seed
