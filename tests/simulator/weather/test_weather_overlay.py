from dataclasses import replace

import numpy as np
import pytest

from firmware.messages import Size
from simulator.conditions import CONDITIONS, Condition
from simulator.moment import Body, Kind, Moment, Radiance
from simulator.optics import F32, PolePose, View
from simulator.play import Blaze, Drifter, Play
from simulator.solid import Finish, Solid
from simulator.weather import drift, lightning, wind
from simulator.weather.insects import Insects
from simulator.weather.overlay import Weather
from simulator.weather.sight import Sight
from simulator.weather.web import Web
from simulator.weather.wind import Wind

VIEW = View(PolePose(tilt_rad=0.3), Size(320, 180), bend=-0.1)
FIRE = Play(100.0, blazes=(Blaze(200, (1.0, 11.0, 0.2), 2.0, 1.5, 20.0),))
WEATHERS = [name for name in CONDITIONS if CONDITIONS[name].visibility_m < 10_000] + ["insects", "web"]


def moment(t_s: float) -> Moment:
    return Moment(t_s, (), (), infrared=1.0, ambient=0.02, sky=0.01)


def picture(depth_m: float = 20.0) -> Radiance:
    size = VIEW.canvas.size
    shape = (size.height_px, size.width_px)
    return Radiance(np.full(shape, 0.05, dtype=np.float32), np.full(shape, depth_m, dtype=np.float32))


def over(condition: Condition, t_s: float, seed: int = 5, play: Play | None = None) -> F32:
    return Weather(condition, VIEW, seed, play or Play(100.0)).over(picture(), t_s, moment(t_s))


@pytest.mark.parametrize("name", ["clear", "dusk", "wind", "dirty", "lamps-off"])
def test_nothing_changes_in_dry_and_clear_air(name: str) -> None:
    radiance = picture()
    assert Weather(CONDITIONS[name], VIEW, 5, Play(100.0)).over(radiance, 3.0, moment(3.0)) is radiance.luminance


@pytest.mark.parametrize("name", WEATHERS)
def test_weather_is_the_same_at_the_same_time_and_goes_on(name: str) -> None:
    condition = CONDITIONS[name]
    weather = Weather(condition, VIEW, 5, Play(100.0))
    radiance = picture()
    before = radiance.luminance.copy()
    first, other, again = (weather.over(radiance, t_s, moment(t_s)) for t_s in (12.0, 17.3, 12.0))
    assert (first == again).all() and (first == over(condition, 12.0)).all()
    assert (first != other).any() and first.dtype == np.float32
    assert (radiance.luminance == before).all()
    assert np.isfinite(first).all() and (first >= 0).all()


def test_another_seed_is_another_rain() -> None:
    assert (over(CONDITIONS["rain"], 12.0, seed=5) != over(CONDITIONS["rain"], 12.0, seed=6)).any()


def test_the_time_asked_for_counts_not_the_moments() -> None:
    weather = Weather(CONDITIONS["rain"], VIEW, 5, Play(100.0))
    assert (weather.over(picture(), 12.0, moment(3.0)) == weather.over(picture(), 12.0, moment(12.0))).all()


def test_fire_shines_through_rain_and_is_dimmed_by_fog() -> None:
    clear, rain, fog = (over(CONDITIONS[name], 30.0, play=FIRE) for name in ("clear", "rain", "fog-dense"))
    assert clear.max() > 5.0 and rain.max() > 0.8 * clear.max()
    assert fog.max() < 0.6 * clear.max()


def test_the_wind_is_one_for_whoever_knows_the_view() -> None:
    condition = CONDITIONS["snow-heavy"]
    assert wind.of(condition, VIEW) == wind.of(condition, VIEW.canvas)
    turned = replace(VIEW, pose=replace(VIEW.pose, azimuth_rad=0.3))
    assert wind.of(condition, turned) == wind.of(condition, VIEW)


def test_gusts_are_the_rate_at_which_wind_blows() -> None:
    blow = Wind(5.0, 0.0)
    assert (blow.blown_s(30.001) - blow.blown_s(30.0)) / 0.001 == pytest.approx(blow.gust(30.0), abs=1e-3)


def test_people_breathe_out_in_the_cold_only() -> None:
    head = np.array([[0.0, 9.0, 1.75], [0.1, 9.0, 0.0], [0.0, 9.1, 0.0]], dtype=np.float32)
    solid = Solid.of(head, np.array([[0, 1, 2]], dtype=np.int32), Finish(0.5))
    somebody = replace(moment(10.5), moving=(Body(101, Kind.PERSON, solid),))
    changed = []
    for cover in (0.0, 1.0):
        weather = Weather(Condition("-", "-", snow_cover=cover), VIEW, 5, Play(100.0))
        changed.append(bool((weather.over(picture(), 10.5, somebody) != 0.05).any()))
    assert changed == [False, True]


def test_lightning_comes_in_short_flashes_of_several_strokes() -> None:
    condition = CONDITIONS["lightning"]
    times = np.arange(0.0, 600.0, 0.02)
    light = np.array([lightning.flash(condition, 4, float(t_s)) for t_s in times])
    edges = np.flatnonzero(np.diff((light > 0.02).astype(int), prepend=0))
    starts, ends = edges[::2], edges[1::2]
    assert 30 <= len(starts) <= 200
    assert float(np.median((ends - starts[: len(ends)]) * 0.02)) < 0.8
    assert light.max() > 0.5 and np.mean(light < 0.005) > 0.8
    assert lightning.flash(CONDITIONS["clear"], 4, 10.0) == 0.0


def test_insects_fly_on_ways_and_blaze_when_near() -> None:
    insects = Insects(Sight(VIEW.canvas, 0.5), 12, 5)
    times = np.arange(14.0, 18.0, 0.01)
    for number in range(4):
        visits = np.floor(times / 7.0 + number * 0.37)
        same = times[visits == visits[0]]
        speed = np.linalg.norm(np.diff(insects.places(number, same), axis=0), axis=1) / 0.01
        assert speed.max() < 8.0
    brightest = max(float(over(CONDITIONS["insects"], t_s).max()) for t_s in np.arange(10.0, 14.0, 0.5))
    assert brightest > 1.0


def test_a_web_sways_and_a_spider_comes_by() -> None:
    dry, wet = (Web(Sight(VIEW.canvas, 0.5), Wind(2.0, 0.0), wet, 5) for wet in (0.0, 1.0))
    light = []
    for web in (dry, wet):
        picture_of = np.zeros(web.sight.shape, dtype=np.float32)
        web.add(picture_of, moment(1.0))
        light.append(float(picture_of.mean()))
    assert 0.0 < light[0] < light[1]
    visits = [dry.spider(t_s) for t_s in np.arange(0.0, 90.0, 1.0)]
    assert 8 <= sum(spider is not None for spider in visits) <= 20
    assert max(float(spider.max()) for spider in visits if spider is not None) > 0.5


def test_a_bag_drifts_with_the_wind_above_the_ground() -> None:
    drifter = Drifter(400, 5.0, 25.0, seed=3)
    blow = Wind(5.0, 0.8)
    assert drift.body(drifter, blow, 4.0) is None and drift.body(drifter, blow, 26.0) is None
    bodies = [drift.body(drifter, blow, t_s) for t_s in (6.0, 6.1, 16.0)]
    middles = [body.solid.vertices_m.mean(axis=0) for body in bodies if isinstance(body, Body)]
    assert len(middles) == 3 and bodies[0] is not None and bodies[0].kind is Kind.OTHER
    assert 0.005 < float(np.linalg.norm(middles[1] - middles[0])) < 0.6
    assert float((middles[2] - middles[0])[:2] @ blow.along[:2]) > 5.0
    assert all(float(body.solid.vertices_m[:, 2].min()) > -0.15 for body in bodies if body is not None)
