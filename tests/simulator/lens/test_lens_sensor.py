from dataclasses import replace

import numpy as np
import pytest

from firmware.messages import Size
from simulator.lens.exposure import Exposure
from simulator.lens.sensor import Sensor, toned
from simulator.lens.settings import SensorSettings
from simulator.optics import F64

SIZE = Size(256, 144)
PLAIN = SensorSettings(
    row_share=0.0, response=0.0, column_e=0.0, pixel_e=0.0, hot_ratio=0.0, grain_ratio=0.0, black_level=0.0,
    gamma=1.0, shoulder=1e6,
)  # fmt: skip  # a straight tone curve


def grey(settings: SensorSettings, signal: float, gain: float, t_s: float = 0.0) -> F64:
    light = np.full((SIZE.height_px, SIZE.width_px), signal, dtype=np.float32)
    return Sensor(settings, SIZE, seed=5).picture(light, Exposure(0.04, gain), t_s).astype(np.float64)


def test_variance_rises_with_the_mean_as_photons_do() -> None:
    settings, gain = replace(PLAIN, full_well_e=2_000.0, read_e=10.0), 4.0
    signals = np.array([0.1, 0.2, 0.3, 0.4, 0.5])
    variance = [(grey(settings, s, gain) / 255).var() for s in signals]
    slope, constant = np.polyfit(signals, variance, 1)
    assert slope == pytest.approx(gain / settings.full_well_e, rel=0.06)
    read = settings.read_e * gain / settings.full_well_e
    assert constant == pytest.approx(read**2 + 1 / 12 / 255**2, rel=0.25)  # rounding to grey levels adds 1/12


def test_noise_of_the_same_grey_grows_as_light_falls_and_gain_makes_up_for_it() -> None:
    dim, bright = grey(PLAIN, 0.3, gain=16.0).std(), grey(PLAIN, 0.3, gain=1.0).std()
    assert dim / bright == pytest.approx(4.0, rel=0.1)  # root of 16


def test_read_noise_grows_with_gain() -> None:
    settings = replace(PLAIN, full_well_e=1e9, read_e=5e6)
    light = 0.5
    assert grey(settings, light, 8.0).std() == pytest.approx(8 * 5e6 / 1e9 * 255, rel=0.03)


def test_the_fixed_pattern_stays_and_the_rest_does_not() -> None:
    settings = replace(SensorSettings(), pixel_e=60.0, hot_ratio=0.0)
    sensor = Sensor(settings, SIZE, seed=5)
    dark = [
        sensor.picture(np.full((144, 256), 0.1, np.float32), Exposure(0.04, 4.0), t_s=number / 10).astype(float)
        for number in range(12)
    ]
    first, second = np.mean(dark[:6], axis=0), np.mean(dark[6:], axis=0)
    assert np.corrcoef(first.ravel(), second.ravel())[0, 1] > 0.7
    moving = dark[0] - dark[1]
    assert moving.std() > 1.0


def test_rows_share_some_noise() -> None:
    rows = replace(PLAIN, full_well_e=1e9, read_e=1e7, row_share=0.6)
    assert grey(rows, 0.5, 1.0).mean(axis=1).std() > 5 * grey(replace(rows, row_share=0.0), 0.5, 1.0).mean(axis=1).std()


def test_hot_pixels_are_few_and_always_the_same() -> None:
    settings = replace(PLAIN, hot_ratio=5e-4, hot_e=20_000.0)
    first, second = grey(settings, 0.02, 4.0, t_s=0.0) > 100, grey(settings, 0.02, 4.0, t_s=3.0) > 100
    assert 5 <= first.sum() <= 30
    assert (first & second).sum() >= 0.9 * first.sum()


def test_black_is_black_and_full_scale_is_white() -> None:
    assert grey(PLAIN, 0.0, gain=1.0).max() <= 1
    assert (grey(PLAIN, 5.0, gain=1.0) == 255).all()
    assert grey(replace(PLAIN, black_level=16.0), 0.0, gain=1.0).mean() == pytest.approx(16, abs=0.6)


def test_the_tone_curve_is_the_pi_s() -> None:
    signal = np.array([0.0, 1024, 4096, 16384, 32768, 49152, 65535], dtype=np.float32) / 65535
    levels = np.array([0.0, 5040, 15312, 40642, 54876, 61183, 65535]) / 65535  # libcamera, imx219_noir.json
    assert toned(signal, SensorSettings(gamma=1.06, shoulder=0.24)) == pytest.approx(levels, abs=0.017)


def test_the_same_time_gives_the_same_noise_and_another_another() -> None:
    assert np.array_equal(grey(PLAIN, 0.3, 4.0, t_s=1.0), grey(PLAIN, 0.3, 4.0, t_s=1.0))
    assert not np.array_equal(grey(PLAIN, 0.3, 4.0, t_s=1.0), grey(PLAIN, 0.3, 4.0, t_s=1.1))
