"""What the lens itself does to light: spread, halos, glare, darker corners, and the lamp's reflection in the dome."""

import cv2
import numpy as np

from firmware.messages import Size
from simulator.optics import F32

QUARTER = 4
_BRIGHTEST = 40.0  # a lens's halo of anything brighter would fill the picture; electronics clip long before
_FAR_OUT_PX = 4.0
_WIDEST = 0.19


def blurred(light: F32, sigma_px: float) -> F32:
    """Spread of lens and pixel as a Gaussian: its contrast at f cycles a pixel is exp(-2 (pi sigma f)^2).

    A lens far out of focus spreads a point to a disc, its aperture's shape, of radius 2 sigma; it is drawn small.
    """
    if sigma_px <= _FAR_OUT_PX:
        return _gaussian(light, sigma_px)
    radius = 2 * sigma_px / QUARTER
    reach = int(np.ceil(radius))
    away = np.hypot(*np.mgrid[-reach : reach + 1, -reach : reach + 1])
    disc = np.clip(radius + 0.5 - away, 0.0, 1.0).astype(np.float32)
    spread = cv2.filter2D(shrunk(light), -1, disc / disc.sum(), borderType=cv2.BORDER_REPLICATE)
    return grown(_gaussian(np.asarray(spread, dtype=np.float32), 0.7), light)


def shrunk(light: F32) -> F32:
    """A quarter of width and height, by means."""
    height, width = light.shape
    small = cv2.resize(light, (-(-width // QUARTER), -(-height // QUARTER)), interpolation=cv2.INTER_AREA)
    return np.asarray(small, dtype=np.float32)


def grown(small: F32, like: F32) -> F32:
    """Back to the size of another picture."""
    return np.asarray(cv2.resize(small, like.shape[::-1], interpolation=cv2.INTER_LINEAR), dtype=np.float32)


def halos(signal: F32, bloom: float, veil: float) -> F32:
    """What is spilt over the picture, at a quarter of its size; full scale of the signal is 1.

    Around burnt-out spots a tight and a wide halo (scatter in the lens and charge that overflows; the glare spread
    function falls steeply, then slowly: McCann and Rizzi, "Camera and visual veiling glare in HDR images", 2007); and
    over everything a veil, a share of the picture's mean (ISO 9358: 1-3 % for a lens without a hood).
    """
    over = signal - np.float32(1.0)
    cv2.threshold(over, 0.0, 0.0, cv2.THRESH_TOZERO, over)  # in place, quicker than numpy's clip
    cv2.threshold(over, _BRIGHTEST, 0.0, cv2.THRESH_TRUNC, over)
    spilt = shrunk(over)
    width = spilt.shape[1]
    light = np.full_like(spilt, veil * min(float(signal[::QUARTER, ::QUARTER].mean()), _BRIGHTEST))
    if bloom > 0.0 and float(spilt.max()) > 0.0:
        light += np.float32(0.8 * bloom) * _gaussian(spilt, 0.003 * width)
        light += np.float32(0.9 * bloom) * _gaussian(spilt, 0.018 * width)
        widest = _gaussian(shrunk(spilt), 0.09 * width / QUARTER)
        light += np.float32(_WIDEST * bloom) * grown(widest, spilt)
    return light


def vignette(size: Size, strength: float) -> F32:
    """How much light gets through [h, w]: 1 - strength (r^2 + r^4) / 2, r = 1 in the corner. A little steeper than the
    fourth power of the cosine, as the Pi's lens shading tables are (libcamera, imx219_noir.json: 2.4 to 2.9 times in
    the corner before correction; what is left of it after correction is the parameter)."""
    x = (np.arange(size.width_px) + 0.5) / size.width_px * 2 - 1
    y = ((np.arange(size.height_px) + 0.5) / size.height_px * 2 - 1) * size.height_px / size.width_px
    radius_sq = (x[None] ** 2 + y[:, None] ** 2) / (1 + (size.height_px / size.width_px) ** 2)
    return np.asarray(1 - strength * (radius_sq + radius_sq**2) / 2, dtype=np.float32)


def ghost(size: Size, seed: int) -> F32:
    """The lamp's reflection in the dome, strength 1 at its brightest, at a quarter of the size: a part of a broad, soft
    ring about a point near the middle, and a small bright patch opposite, as domes under infrared show."""
    rng = np.random.default_rng([seed, 602])
    width, height = -(-size.width_px // QUARTER), -(-size.height_px // QUARTER)
    x = (np.arange(width)[None] + 0.5) / width - 0.5
    y = ((np.arange(height)[:, None] + 0.5) / height - 0.5) * height / width
    middle_x, middle_y = rng.uniform(-0.1, 0.1), rng.uniform(-0.05, 0.15)
    around = np.arctan2(y - middle_y, x - middle_x) - rng.uniform(0, 2 * np.pi)
    radius = np.hypot(x - middle_x, y - middle_y)
    ring = np.exp(-(((radius - rng.uniform(0.2, 0.35)) / 0.05) ** 2)) * (0.5 + 0.5 * np.cos(around)) ** 2
    patch_x, patch_y = -1.4 * middle_x + rng.uniform(-0.1, 0.1), -1.4 * middle_y
    patch = np.exp(-((x - patch_x) ** 2 + (y - patch_y) ** 2) / 0.02**2)
    return np.asarray(0.7 * ring + 0.5 * patch, dtype=np.float32)


def _gaussian(light: F32, sigma_px: float) -> F32:
    if sigma_px < 0.1:
        return light
    spread = cv2.GaussianBlur(light, (0, 0), sigma_px, borderType=cv2.BORDER_REPLICATE)
    return np.asarray(spread, dtype=np.float32)
