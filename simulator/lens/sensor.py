"""From light on the sensor to grey levels: EMVA 1288's linear camera model with fixed patterns, then the tone curve.

With a signal s (1 is full scale after gain g), full well N electrons and read noise r electrons, the variance is
s g / N + (r g / N)^2: the less light, the more gain, the noisier.
"""

import cv2
import numpy as np

from firmware.messages import Grey, Size
from simulator.lens.exposure import Exposure
from simulator.lens.settings import SensorSettings
from simulator.optics import F32

_LEVELS = 4096
_BRIGHTEST = 1.25
_SPARE_PX = 128
_HOT_SHUTTER_S = 0.04


def toned(signal: F32, settings: SensorSettings) -> F32:
    """Full scale 1 to output 0..1: ((1 + s) x / (x + s)) ** gamma, s the shoulder. With s = 0.24 and gamma = 1.06 it is
    within 0.015 of the Pi's own curve for this sensor (libcamera, imx219_noir.json, rpi.contrast)."""
    x = np.clip(signal, 0.0, 1.0)
    curve = ((1 + settings.shoulder) * x / (x + settings.shoulder)) ** settings.gamma
    return np.asarray(curve, dtype=np.float32)


class Sensor:
    """One sensor by seed; what does not change from picture to picture is drawn once."""

    def __init__(self, settings: SensorSettings, size: Size, seed: int) -> None:
        self._settings = settings
        self._seed = seed
        height, width = size.height_px, size.width_px
        rng = np.random.default_rng([seed, 607])
        self.response: F32 = (1 + settings.response * rng.standard_normal((height, width))).astype(np.float32)
        column = settings.column_e * rng.standard_normal((1, width))
        pixel = settings.pixel_e * rng.standard_normal((height, width))
        self._offset: F32 = ((column + pixel) / settings.full_well_e).astype(np.float32)
        hot = rng.random((height, width)) < settings.hot_ratio
        self._hot_at = np.flatnonzero(hot)
        self._hot: F32 = (rng.exponential(settings.hot_e, self._hot_at.size) / settings.full_well_e).astype(np.float32)
        self._noise = _grain(height + _SPARE_PX, width + _SPARE_PX, settings.grain_ratio * width, rng)
        self._levels = self._curve()

    def picture(self, signal: F32, exposure: Exposure, t_s: float) -> Grey:
        """Grey levels of a signal [h, w], which is used up. The same time gives the same noise."""
        settings, gain = self._settings, exposure.gain
        rng = np.random.default_rng([self._seed, 608, round(t_s * 1000) & 0xFFFFFFFF])
        cv2.threshold(signal, _BRIGHTEST, 0.0, cv2.THRESH_TRUNC, signal)  # in place, quicker than numpy's clip
        signal.ravel()[self._hot_at] += self._hot * np.float32(gain * exposure.shutter_s / _HOT_SHUTTER_S)
        read = settings.read_e * gain / settings.full_well_e
        rows = rng.standard_normal((signal.shape[0], 1), dtype=np.float32) * np.float32(read * settings.row_share)
        spread = signal * np.float32(gain / settings.full_well_e)
        spread += np.float32(read**2 * (1 - settings.row_share**2))
        np.sqrt(spread, out=spread)
        spread *= self._fresh_noise(signal.shape[0], signal.shape[1], rng)
        signal += spread
        np.multiply(self._offset, np.float32(gain), out=spread)
        spread += rows
        signal += spread
        signal *= np.float32(_LEVELS)
        return np.asarray(np.take(self._levels, signal.astype(np.intp), mode="clip"))

    def _fresh_noise(self, height: int, width: int, rng: np.random.Generator) -> F32:
        """A window of the store of noise, moved and upside down by chance: cheaper than drawing, as good to the eye."""
        top, left = (int(start) for start in rng.integers(0, _SPARE_PX + 1, 2))
        noise = self._noise[top : top + height, left : left + width]
        return noise[::-1] if rng.random() < 0.5 else noise

    def _curve(self) -> Grey:
        settings = self._settings
        steps = (np.arange(_LEVELS, dtype=np.float32) + 0.5) / _LEVELS
        grey = settings.black_level + (255 - settings.black_level) * toned(steps, settings)
        return np.asarray(np.round(grey), dtype=np.uint8)


def _grain(height: int, width: int, sigma_px: float, rng: np.random.Generator) -> F32:
    """Gaussian noise of standard deviation 1, smeared a little as binning and demosaicing do."""
    noise = rng.standard_normal((height, width), dtype=np.float32)
    if sigma_px > 0.1:
        noise = np.asarray(cv2.GaussianBlur(noise, (0, 0), sigma_px), dtype=np.float32)
        noise /= noise.std()
    return noise
