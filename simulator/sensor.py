"""From light to grey levels: lens blur, bloom, vignette, exposure, noise and tone. One small function an effect.

Values are typical of small rolling-shutter sensors under infrared at night (high gain, read noise some tenths of a
per cent of full scale); a scene draws its own around them. Distances in the picture are ratios of its width.
"""

from dataclasses import dataclass

import numpy as np

from firmware.messages import Grey
from simulator.optics import F32

_LEVELS = 4096
_BRIGHTEST = 2.0


@dataclass(frozen=True, slots=True)
class Sensor:
    """`mean_grey` is what automatic exposure aims at (0..1); `shot` and `read` are noise against full scale 1."""

    mean_grey: float = 0.32
    shot: float = 0.0002
    read: float = 0.0018
    fixed: float = 0.008
    blur_ratio: float = 0.0007
    bloom: float = 0.05
    vignette: float = 0.35
    shutter_s: float = 0.04
    gamma: float = 0.70


def random_sensor(rng: np.random.Generator, wild: bool = False) -> Sensor:
    """A camera by seed; `wild` spreads it for training pictures."""
    if not wild:
        return Sensor(mean_grey=float(rng.uniform(0.28, 0.36)), bloom=float(rng.uniform(0.03, 0.07)))
    noise = float(np.exp(rng.uniform(np.log(0.3), np.log(5.0))))
    return Sensor(
        mean_grey=float(rng.uniform(0.16, 0.48)),
        shot=0.0003 * noise,
        read=0.0022 * noise**0.7,
        fixed=float(rng.uniform(0.0, 0.02)),
        blur_ratio=float(rng.uniform(0.0004, 0.0016)),
        bloom=float(rng.uniform(0.0, 0.15)),
        vignette=float(rng.uniform(0.0, 0.6)),
        shutter_s=float(rng.uniform(0.01, 0.08)),
        gamma=float(rng.uniform(0.45, 0.90)),
    )


def blurred(light: F32, sigma_px: float) -> F32:
    """Gaussian blur with the edges carried on, by two passes of a short kernel or by Fourier transform when wide."""
    if sigma_px < 0.05:
        return light
    reach = int(np.ceil(3 * sigma_px))
    taps = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma_px) ** 2)
    taps /= taps.sum()
    padded = np.pad(light, reach, mode="edge")
    if reach <= 4:
        height, width = light.shape
        rows, both = np.zeros((height, padded.shape[1]), dtype=np.float32), np.zeros_like(light)
        for i, tap in enumerate(taps):
            rows += np.float32(tap) * padded[i : i + height]
        for i, tap in enumerate(taps):
            both += np.float32(tap) * rows[:, i : i + width]
        return both
    shape = padded.shape
    spread = np.fft.rfft2(padded)
    for axis, size in enumerate(shape):
        kernel = np.zeros(size)
        kernel[: len(taps)] = taps
        kernel = np.roll(kernel, -reach)
        response = np.fft.fft(kernel) if axis == 0 else np.fft.rfft(kernel)
        spread *= response[:, None] if axis == 0 else response[None, :]
    return np.asarray(np.fft.irfft2(spread, s=shape)[reach:-reach, reach:-reach], dtype=np.float32)


def bloomed(light: F32, gain: float, strength: float) -> F32:
    """Light that spills out of burnt-out spots (plates, lamps): a tight and a wide halo of what is over full scale."""
    over = np.clip(light * gain - 1.0, 0.0, 12.0)
    width = light.shape[1]
    halo = 0.8 * blurred(over, 0.003 * width) + 0.35 * blurred(over, 0.016 * width)
    return np.asarray(light + strength * np.maximum(halo, 0) / gain, dtype=np.float32)


def vignette(height_px: int, width_px: int, strength: float) -> F32:
    """How much light the lens lets through, falling off to the corners: 1 - strength * r^2, r = 1 in the corner."""
    x = (np.arange(width_px) + 0.5 - width_px / 2) / (width_px / 2)
    y = (np.arange(height_px) + 0.5 - height_px / 2) / (width_px / 2)
    corner = 1 + (height_px / width_px) ** 2
    return np.asarray(1 - strength * (x[None] ** 2 + y[:, None] ** 2) / corner, dtype=np.float32)


def toned(signal: F32, gamma: float) -> F32:
    """Full scale 1 to output 0..1: a soft shoulder for highlights, then the display's curve."""
    return np.asarray(np.clip(1.5 * signal / (signal + 0.5), 0, 1) ** gamma, dtype=np.float32)


def exposure(light: F32, sensor: Sensor) -> float:
    """The gain that brings the picture's mean to the aim (average metering), by bisection on every eighth pixel."""
    sample = light[::8, ::8]
    low, high = 1e-3, 1e4
    for _ in range(40):
        gain = float(np.sqrt(low * high))
        low, high = (gain, high) if toned(sample * gain, sensor.gamma).mean() < sensor.mean_grey else (low, gain)
    return float(np.sqrt(low * high))


class Exposer:
    """Turns light into pictures: what does not change from picture to picture is worked out once."""

    def __init__(self, sensor: Sensor, light: F32, seed: int) -> None:
        height, width = light.shape
        rng = np.random.default_rng([seed, 104])
        self.gain = exposure(light * vignette(height, width, sensor.vignette), sensor)
        self._sensor = sensor
        self._seed = seed
        fixed = 1 + sensor.fixed * rng.standard_normal((height, width), dtype=np.float32)
        self._response = (self.gain * vignette(height, width, sensor.vignette) * fixed).astype(np.float32)
        self._noise = rng.standard_normal((height + 97, width + 89), dtype=np.float32)
        steps = (np.arange(_LEVELS, dtype=np.float32) + 0.5) / _LEVELS * _BRIGHTEST
        self._levels = np.round(toned(steps, sensor.gamma) * 255).astype(np.uint8)

    def picture(self, light: F32, moment: int) -> Grey:
        """One exposure; the same `moment` gives the same noise. Noise grows with the root of the light (shot noise)."""
        height, width = light.shape
        rng = np.random.default_rng([self._seed, 105, moment])
        top, left = int(rng.integers(0, 98)), int(rng.integers(0, 90))
        noise = self._noise[top : top + height, left : left + width]
        if rng.random() < 0.5:
            noise = noise[:, ::-1]
        signal = light * self._response
        np.clip(signal, 0, _BRIGHTEST * 0.98, out=signal)
        signal += np.sqrt(signal * np.float32(self._sensor.shot) + np.float32(self._sensor.read**2)) * noise
        signal *= np.float32(_LEVELS / _BRIGHTEST)
        np.clip(signal, 0, _LEVELS - 1, out=signal)
        return np.asarray(self._levels[signal.astype(np.uint16)])
