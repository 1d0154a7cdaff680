import numpy as np
import pytest

from firmware.messages import Size
from simulator.lens import glass
from simulator.lens.dome import Drops, dirt
from simulator.lens.warp import Shake, Sway, Warp
from simulator.optics import F32, PolePose, View

VIEW = View(PolePose(), Size(320, 180), bend=-0.15)


def spot_on_canvas(view: View, x_px: float, y_px: float) -> F32:
    """A soft spot on the canvas at picture coordinates."""
    size = view.canvas.size
    x, y = np.arange(size.width_px)[None] + 0.5 - x_px, np.arange(size.height_px)[:, None] + 0.5 - y_px
    return np.asarray(np.exp(-(x**2 + y**2) / 8), dtype=np.float32)


def middle_of(light: F32) -> tuple[float, float]:
    total = light.sum()
    x = (light.sum(axis=0) * (np.arange(light.shape[1]) + 0.5)).sum() / total
    y = (light.sum(axis=1) * (np.arange(light.shape[0]) + 0.5)).sum() / total
    return float(x), float(y)


@pytest.mark.parametrize("point_m", [(0.0, 12.0, 0.5), (-5.5, 11.0, 1.0), (6.0, 12.0, 0.0), (-9.0, 20.0, 2.0)])
def test_bend_agrees_with_the_view(point_m: tuple[float, float, float]) -> None:
    point = np.array([point_m])
    canvas_px, picture_px = VIEW.canvas.project(point)[0][0], VIEW.project(point)[0][0]
    taken = Warp(VIEW).taken(spot_on_canvas(VIEW, *canvas_px), Shake())
    assert taken.shape == (180, 320)
    assert middle_of(taken) == pytest.approx(tuple(picture_px), abs=0.15)


def test_without_bend_and_shake_nothing_changes() -> None:
    flat = View(PolePose(), Size(320, 180))
    light = np.random.default_rng(1).random((180, 320), dtype=np.float32)
    assert np.array_equal(Warp(flat).taken(light, Shake()), light)


def test_shake_shifts_and_rolls() -> None:
    flat = View(PolePose(), Size(320, 180))
    spot = spot_on_canvas(flat, 260.0, 90.0)
    assert middle_of(Warp(flat).taken(spot, Shake(3.25, -1.5, 0.0))) == pytest.approx((263.25, 88.5), abs=0.05)
    rolled = middle_of(Warp(flat).taken(spot, Shake(0.0, 0.0, 0.02)))
    assert rolled[0] == pytest.approx(260.0, abs=0.1)
    assert abs(rolled[1] - 90.0) == pytest.approx(100 * 0.02, abs=0.1)


def test_sway_is_bounded_smooth_and_grows_with_the_wind() -> None:
    focal_px, shake_rad = 600.0, 0.001
    sway = Sway(focal_px, shake_rad, seed=3)
    times = np.arange(0, 60, 0.02)
    steps = [sway.at(float(t), wind_m_s=12.0) for t in times]
    right, down = np.array([s.right_px for s in steps]), np.array([s.down_px for s in steps])
    assert np.abs(right).max() < 4 * 0.6
    assert np.abs(down).max() < 4 * 0.6
    assert down.std() == pytest.approx(0.6, rel=0.5)
    assert np.abs(np.diff(down)).max() < 0.25 * np.abs(down).max()
    still = sway.at(1.0, wind_m_s=0.0)
    assert still.right_px == still.down_px == still.roll_rad == 0.0
    assert np.std([sway.at(float(t), 6.0).down_px for t in times]) == pytest.approx(down.std() / 4, rel=1e-6)


def test_the_sway_s_spectrum_is_a_pole_s() -> None:
    sway = Sway(600.0, 0.001, seed=4)
    down = np.array([sway.at(number * 0.05, 12.0).down_px for number in range(1200)])
    power = np.abs(np.fft.rfft(down)) ** 2
    rate_hz = np.fft.rfftfreq(len(down), 0.05)
    assert 0.8 < rate_hz[power.argmax()] < 1.8
    assert power[(rate_hz > 0.6) & (rate_hz < 6.5)].sum() > 0.95 * power[1:].sum()


def test_blur_keeps_the_light_and_far_out_of_focus_a_point_is_a_disc() -> None:
    point = np.zeros((180, 320), dtype=np.float32)
    point[90, 160] = 1000.0
    for sigma_px in (0.6, 2.0, 8.0):
        spread = glass.blurred(point, sigma_px)
        assert spread.sum() == pytest.approx(1000.0, rel=0.02)
    disc = glass.blurred(point, 8.0)
    assert disc[90, 160 + 8] == pytest.approx(disc[90, 160], rel=0.2)
    assert disc[90, 160 + 26] < 0.01 * disc[90, 160]


def test_bloom_only_around_burnt_out_spots() -> None:
    dim = np.full((180, 320), 0.2, dtype=np.float32)
    dim[100:104, 100:104] = 0.99
    assert glass.halos(dim, bloom=0.05, veil=0.0).max() == 0.0
    dim[100:104, 100:104] = 20.0
    halo = glass.grown(glass.halos(dim, bloom=0.05, veil=0.0), dim)
    assert halo[102, 108] > 10 * halo[102, 140] > 0.0
    assert halo[20, 300] < 1e-3 * halo[102, 102]


def test_veil_is_a_share_of_the_mean() -> None:
    light = np.full((180, 320), 0.5, dtype=np.float32)
    assert glass.halos(light, bloom=0.05, veil=0.02) == pytest.approx(0.01)


def test_vignette_is_full_in_the_middle_and_weakest_in_the_corner() -> None:
    through = glass.vignette(Size(320, 180), 0.4)
    assert through[90, 160] == pytest.approx(1.0, abs=1e-3)
    assert through[0, 0] == pytest.approx(0.6, abs=0.01)
    assert through.min() == through[0, 0]


def test_dirt_takes_light_and_none_is_none() -> None:
    assert dirt(Size(320, 180), 0.0, seed=1) is None
    little, much = dirt(Size(320, 180), 0.2, seed=1), dirt(Size(320, 180), 0.9, seed=1)
    assert little is not None and much is not None
    assert 0.05 <= much.through.min() < much.through.mean() < little.through.mean() < 1.0
    assert much.lit.mean() > little.lit.mean() > 0.0


def test_drops_are_a_function_of_time_and_run_slowly() -> None:
    drops = Drops(Size(320, 180), 8, seed=2)
    assert drops.at(50.0) == Drops(Size(320, 180), 8, seed=2).at(50.0)
    assert len(drops.at(50.0)) >= 6
    tracks = [[drop.y for drop in drops.at(t)] for t in (50.0, 50.1)]
    assert np.abs(np.array(tracks[1]) - np.array(tracks[0])).max() < 0.005
    assert drops.at(50.0) != drops.at(400.0)


def test_a_drop_changes_the_picture_where_it_is_and_only_there() -> None:
    light = np.random.default_rng(1).random((180, 320), dtype=np.float32)
    drops = Drops(Size(320, 180), 1, seed=2)
    (drop,) = drops.at(20.0)
    changed = np.abs(drops.seen(light.copy(), 20.0) - light) > 0.02
    assert changed.any()
    rows, columns = np.nonzero(changed)
    away = np.hypot(columns - drop.x * 320, rows - drop.y * 320)
    assert away.max() < 2.0 * drop.radius * 320
