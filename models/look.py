"""The look of the camera: turns day pictures in colour into what a grey night camera would have seen.

Every change is drawn at random, wide on purpose, because no picture of our own scene exists. What is imitated was
measured on real near-infrared surveillance clips: a lamp beside the lens (bright torsos, a hot centre, black
corners), a night mode without a lamp (low contrast, one burnt-out lamp), noise that grows as light falls, and noise
that the camera's own H.264 has smeared into blocks.
"""

# PyTorch and OpenCV are typed as Any where they are not installed (everywhere but at a maintainer's).
# mypy: warn-return-any=False
from __future__ import annotations

import cv2  # type: ignore[import-not-found,unused-ignore]
import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.uint8]
Colour = NDArray[np.uint8]
Levels = NDArray[np.float32]


def to_grey(picture: Colour, rng: np.random.Generator) -> Grey:
    """Mix the three channels `[h, w, 3]` at random: a sensor without an infrared filter weighs them in its own way."""
    share = rng.dirichlet((2.0, 2.0, 2.0)).astype(np.float32)
    return np.asarray(cv2.transform(picture, share[None]), np.uint8)


def light_look(picture: Grey, rng: np.random.Generator) -> Grey:
    """For pictures that have the camera's look already: exposure and gamma a little off."""
    if rng.random() < 0.4:
        return picture
    steps = np.arange(256, dtype=np.float32) / 255.0
    curve = rng.uniform(0.75, 1.25) * steps ** rng.uniform(0.75, 1.35) + rng.uniform(-0.05, 0.05)
    return np.asarray(cv2.LUT(picture, np.clip(curve * 255.0, 0, 255).astype(np.uint8)), np.uint8)


def night_look(picture: Grey, rng: np.random.Generator) -> Grey:
    """Give `[h, w]` a random camera look; a third of the pictures stay nearly as they were."""
    if rng.random() < 0.3:
        return _compressed(picture, rng)
    levels = picture.astype(np.float32) / 255.0
    if rng.random() < 0.35:
        levels = levels ** np.float32(rng.uniform(1.2, 2.6))  # night: highlights stay, the rest sinks
    if rng.random() < 0.4:
        levels = levels * _lamp(levels.shape, rng)
    contrast, offset = rng.uniform(0.45, 1.4), rng.uniform(-0.12, 0.12)
    levels = (levels - 0.4) * np.float32(contrast) + np.float32(0.4 + offset)
    if rng.random() < 0.25:
        levels = _glare(levels, rng)
    levels = _blurred(levels, rng)
    if rng.random() < 0.6:
        levels = _noisy(levels, rng)
    picture = np.clip(levels * 255.0, 0, 255).astype(np.uint8)
    return _compressed(picture, rng)


def _lamp(shape: tuple[int, ...], rng: np.random.Generator) -> Levels:
    """Gain field of an infrared lamp beside the lens: a hot spot that falls off to dark corners."""
    height_px, width_px = shape
    y, x = np.mgrid[0:height_px, 0:width_px].astype(np.float32)
    centre_x, centre_y = rng.uniform(0.3, 0.7) * width_px, rng.uniform(0.3, 0.8) * height_px
    reach_px = rng.uniform(0.35, 0.9) * width_px
    distance = ((x - centre_x) ** 2 + (1.5 * (y - centre_y)) ** 2) / reach_px**2
    floor, peak = rng.uniform(0.05, 0.4), rng.uniform(1.0, 1.7)
    return (floor + (peak - floor) / (1.0 + distance**2)).astype(np.float32)


def _glare(levels: Levels, rng: np.random.Generator) -> Levels:
    """Add one burnt-out lamp with its halo."""
    height_px, width_px = levels.shape
    y, x = np.mgrid[0:height_px, 0:width_px].astype(np.float32)
    radius_px = rng.uniform(3, 40)
    distance = ((x - rng.uniform(0, width_px)) ** 2 + (y - rng.uniform(0, height_px)) ** 2) / radius_px**2
    return (levels + rng.uniform(0.5, 1.5) / (1.0 + distance)).astype(np.float32)


def _blurred(levels: Levels, rng: np.random.Generator) -> Levels:
    """Defocus, or the smear of a slow shutter along one direction."""
    kind = rng.random()
    if kind < 0.3:
        return cv2.GaussianBlur(levels, (0, 0), rng.uniform(0.4, 1.5)).astype(np.float32)
    if kind < 0.4:
        length_px = int(rng.integers(3, 8))
        kernel = np.zeros((length_px, length_px), np.float32)
        kernel[length_px // 2] = 1.0 / length_px
        turn = cv2.getRotationMatrix2D((length_px / 2 - 0.5, length_px / 2 - 0.5), rng.uniform(0, 180), 1.0)
        kernel = cv2.warpAffine(kernel, turn, (length_px, length_px)).astype(np.float32)
        return cv2.filter2D(levels, -1, kernel / max(float(kernel.sum()), 1e-6)).astype(np.float32)
    return levels


def _noisy(levels: Levels, rng: np.random.Generator) -> Levels:
    """Sensor noise: read noise, plus shot noise that grows with the root of the light."""
    gain = rng.uniform(0.0, 0.05)
    noise = rng.standard_normal(levels.shape, dtype=np.float32)
    spread = 0.4 * gain + gain * np.sqrt(np.clip(levels, 0, 1))
    if rng.random() < 0.4:
        noise = cv2.GaussianBlur(noise, (0, 0), 0.8).astype(np.float32) * 2
    return levels + noise * spread


def _compressed(picture: Grey, rng: np.random.Generator) -> Grey:
    """JPEG stands in for the blocks and the smear of the camera's own compression."""
    if rng.random() < 0.5:
        return picture
    _, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(25, 90))])
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_GRAYSCALE), np.uint8)
