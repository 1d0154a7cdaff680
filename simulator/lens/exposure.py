"""Automatic exposure and gain with its lag, after libcamera's controller for the Raspberry Pi
(src/ipa/rpi/controller/rpi/agc_channel.cpp): a centre-weighted mean, an aim of 0.16 of full scale, a low-pass filter,
and a ladder of shutter times and gains."""

from dataclasses import dataclass

import numpy as np

from simulator.lens.settings import ExposureSettings
from simulator.optics import F32

_SHUTTER_MIN_S = 1e-4
_SETTLES_AFTER = 6.0  # time constants without a picture after which the camera has settled on what it saw since
_LADDER = ((0.010, 2.0), (0.030, 4.0), (0.060, 6.0), (1.0, 64.0))  # libcamera, imx219_noir.json, exposure mode "normal"


@dataclass(frozen=True, slots=True)
class Exposure:
    """Shutter time and gain of one picture."""

    shutter_s: float
    gain: float

    @property
    def total_s(self) -> float:
        """What both make of light."""
        return self.shutter_s * self.gain


def divided(total_s: float, settings: ExposureSettings) -> Exposure:
    """An exposure as shutter time and gain: at each step of the ladder first the shutter, then the gain."""
    total_s = min(max(total_s, _SHUTTER_MIN_S), settings.shutter_max_s * settings.gain_max)
    gain = 1.0
    for shutter_s, step_gain in _LADDER:
        longest_s, most = min(shutter_s, settings.shutter_max_s), min(step_gain, settings.gain_max)
        if total_s <= longest_s * gain:
            return Exposure(total_s / gain, gain)
        if total_s <= longest_s * most:
            return Exposure(longest_s, total_s / longest_s)
        gain = most
    return Exposure(settings.shutter_max_s, settings.gain_max)


def metered(light: F32, settings: ExposureSettings) -> float:
    """The exposure (seconds x gain) that brings the weighted mean of what the sensor would say, burnt-out spots counted
    as full scale, to the aim. With `brightest`, no more than brings the mean of the brightest 2 % to it (libcamera's
    constraint mode "highlight")."""
    weight = _weights(light.shape[0], light.shape[1])
    sample = np.maximum(light, 0.0) * np.float32(settings.sensitivity)
    total_s = _solved(sample.ravel(), weight.ravel(), settings.aim)
    if settings.brightest is not None:
        top = np.partition(sample.ravel(), -max(1, sample.size // 50))[-max(1, sample.size // 50) :]
        total_s = min(total_s, _solved(top, np.full(top.shape, 1 / top.size, np.float32), settings.brightest))
    return min(max(total_s, _SHUTTER_MIN_S), settings.shutter_max_s * settings.gain_max)


def _solved(sample: F32, weight: F32, aim: float) -> float:
    """By bisection of the logarithm; the mean of min(sample x total, 1) rises with the total."""
    low, high = np.log(_SHUTTER_MIN_S), np.log(16.0)
    for _ in range(18):
        middle = (low + high) / 2
        mean = float(np.minimum(sample * np.float32(np.exp(middle)), 1.0) @ weight)
        low, high = (middle, high) if mean < aim else (low, middle)
    return float(np.exp((low + high) / 2))


def _weights(rows: int, columns: int) -> F32:
    """Three times as much in the middle as at the edges (libcamera's "centre-weighted")."""
    x, y = np.linspace(-1, 1, columns)[None], np.linspace(-1, 1, rows)[:, None]
    weight = 0.5 + 2.5 * np.clip(1 - 0.7 * np.hypot(x, y), 0, 1)
    return np.asarray(weight / weight.sum(), dtype=np.float32)


class ExposureControl:
    """Holds the exposure from picture to picture. A picture is taken with what was known before it, so a flash burns
    out and is answered afterwards. The first picture, one out of order, or one after a long gap is taken as by a camera
    that has looked at this light for a while. The same sequence of calls gives the same exposures."""

    def __init__(self, settings: ExposureSettings) -> None:
        self._settings = settings
        self._total_s: float | None = None
        self._wanted_s = 0.0
        self._t_s = 0.0

    def at(self, light: F32, t_s: float) -> Exposure:
        """The exposure of the picture at `t_s`, whose light [h, w] (a small copy will do) is then metered."""
        wanted_s = metered(light, self._settings)
        passed_s = t_s - self._t_s
        if self._total_s is None or not 0.0 <= passed_s <= _SETTLES_AFTER * self._settings.lag_s:
            self._total_s = wanted_s
        else:
            share = 1 - float(np.exp(-passed_s / self._settings.lag_s))
            self._total_s += share * (self._wanted_s - self._total_s)
        self._wanted_s, self._t_s = wanted_s, t_s
        return divided(self._total_s, self._settings)
