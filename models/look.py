"""The look of the camera: turns day pictures in colour into what a grey night camera would have seen.

Every change is drawn at random, wide on purpose, because no picture of our own scene exists. What is imitated was
measured on real near-infrared surveillance clips: a lamp beside the lens (bright torsos, a hot centre, black
corners), a night mode without a lamp (low contrast, one burnt-out lamp), noise that grows as light falls, and noise
that the camera's own H.264 has smeared into blocks. The order is that of the light: scene, haze, what hangs before
the lens, the lens, the shutter, the sensor, the codec.
"""

# OpenCV is typed as Any where it is not installed.
# mypy: warn-return-any=False
from __future__ import annotations

import cv2  # type: ignore[import-not-found,unused-ignore]
import numpy as np
from numpy.typing import NDArray

from models import patterns

Grey = NDArray[np.uint8]
Colour = NDArray[np.uint8]
Levels = NDArray[np.float32]  # [h, w] 0..255, may run over
BLOCK_PX = 16


def to_grey(picture: Colour, rng: np.random.Generator) -> Grey:
    """Mix the three channels `[h, w, 3]` at random: a sensor without an infrared filter weighs them in its own way."""
    share = rng.dirichlet((2.0, 2.0, 2.0)).astype(np.float32)
    return np.asarray(cv2.transform(picture, share[None]), np.uint8)


def light_look(picture: Grey, rng: np.random.Generator) -> Grey:
    """For pictures that have the camera's look already: exposure, gamma and codec a little off."""
    if rng.random() < 0.5:
        picture = _curved(picture, rng.uniform(0.75, 1.35), rng.uniform(0.75, 1.25), rng.uniform(-12, 12))
    if rng.random() < 0.08:
        picture = _sensed(_before_the_lens(picture.astype(np.float32), rng))
    if rng.random() < 0.15:
        picture = _noisy(picture, rng, 0.5)
    return _coded(picture, rng) if rng.random() < 0.3 else picture


def night_look(picture: Grey, rng: np.random.Generator) -> Grey:
    """Give `[h, w]` a random camera look; a third of the pictures stay nearly as they were."""
    if rng.random() < 0.33:
        return _coded(picture, rng) if rng.random() < 0.4 else picture
    gamma = rng.uniform(1.2, 2.6) if rng.random() < 0.35 else rng.uniform(0.8, 1.15)  # night: the highlights stay
    gain = rng.uniform(0.45, 1.4)
    picture = _curved(picture, gamma, gain, 102 * (1 - gain) + rng.uniform(-30, 30))
    levels = picture.astype(np.float32)
    if rng.random() < 0.35:
        levels *= patterns.lamps(_shape(levels))[int(rng.integers(3 * patterns.COUNT))]
    if rng.random() < 0.15:
        levels = _hazy(levels, rng)
    if rng.random() < 0.2:
        levels = _glare(levels, rng)
    if rng.random() < 0.25:
        levels = _before_the_lens(levels, rng)
    levels = _blurred(levels, rng)
    if rng.random() < 0.12:  # the exposure has not followed yet
        levels *= np.float32(np.exp(rng.choice((-1, 1)) * rng.uniform(0.3, 0.9)))
    picture = _sensed(levels)
    if rng.random() < 0.1:
        picture = _dropped(picture, rng)
    if rng.random() < 0.6:
        picture = _noisy(picture, rng, 1.0)
    return _coded(picture, rng) if rng.random() < 0.55 else picture


def _shape(levels: NDArray[np.generic]) -> tuple[int, int]:
    return levels.shape[0], levels.shape[1]


def _sensed(levels: Levels) -> Grey:
    """Clip to what a sensor can tell."""
    return np.clip(levels, 0, 255).astype(np.uint8)


def _curved(picture: Grey, gamma: float, gain: float, offset: float) -> Grey:
    """`gain * picture ** gamma + offset`, on 0..255."""
    steps = np.arange(256) / 255.0
    return np.asarray(cv2.LUT(picture, np.clip(255 * gain * steps**gamma + offset, 0, 255).astype(np.uint8)), np.uint8)


def _hazy(levels: Levels, rng: np.random.Generator) -> Levels:
    """Fog and rain in the air: all fades to one grey, what is far more so (Koschmieder's law)."""
    thick = patterns.fogs(_shape(levels))[int(rng.integers(patterns.COUNT))] * np.float32(rng.uniform(0.25, 0.95))
    return levels + (np.float32(rng.uniform(20, 210)) - levels) * thick


def _glare(levels: Levels, rng: np.random.Generator) -> Levels:
    """Add one burnt-out lamp with its halo."""
    height_px, width_px = _shape(levels)
    x = (np.arange(width_px, dtype=np.float32) - np.float32(rng.uniform(0, width_px))) ** 2
    y = (np.arange(height_px, dtype=np.float32) - np.float32(rng.uniform(0, height_px))) ** 2
    away = (x[None] + y[:, None]) / np.float32(rng.uniform(3, 40) ** 2)
    return levels + np.float32(rng.uniform(120, 380)) / (1 + away)


def _before_the_lens(levels: Levels, rng: np.random.Generator) -> Levels:
    """Rain, snow, insects or a spider's threads in the lamp's light."""
    kinds = (patterns.rain, patterns.snow, patterns.insects, patterns.threads)
    layers = kinds[int(rng.choice(4, p=(0.3, 0.3, 0.25, 0.15)))](_shape(levels))
    return levels + patterns.cut(layers, levels.shape, rng) * np.float32(rng.uniform(0.25, 1.1))


def _blurred(levels: Levels, rng: np.random.Generator) -> Levels:
    """Defocus, or the smear of a slow shutter along one direction."""
    kind = rng.random()
    if kind < 0.3:
        return np.asarray(cv2.GaussianBlur(levels, (0, 0), rng.uniform(0.4, 1.5)), np.float32)
    if kind < 0.4:
        length_px = int(rng.integers(3, 8))
        kernel = np.zeros((length_px, length_px), np.float32)
        kernel[length_px // 2] = 1.0 / length_px
        turn = cv2.getRotationMatrix2D((length_px / 2 - 0.5, length_px / 2 - 0.5), rng.uniform(0, 180), 1.0)
        kernel = np.asarray(cv2.warpAffine(kernel, turn, (length_px, length_px)), np.float32)
        return np.asarray(cv2.filter2D(levels, -1, kernel / max(float(kernel.sum()), 1e-6)), np.float32)
    return levels


def _dropped(picture: Grey, rng: np.random.Generator) -> Grey:
    """Drops and dirt on the dome: round spots in which all is blurred, brighter or darker."""
    height_px, width_px = picture.shape
    for _ in range(int(rng.integers(1, 8))):
        radius = int(rng.integers(6, 46))
        x, y = int(rng.integers(width_px)), int(rng.integers(height_px))
        spot = np.s_[max(y - radius, 0) : y + radius, max(x - radius, 0) : x + radius]
        seen = picture[spot]
        mask = np.zeros(seen.shape, np.float32)
        inside = (x - max(x - radius, 0), y - max(y - radius, 0))
        cv2.ellipse(mask, inside, (int(radius * 0.8), int(radius * rng.uniform(0.5, 0.8))), 0, 0, 360, (1.0,), -1)
        mask = cv2.blur(mask, (radius // 3 + 1, radius // 3 + 1)) * np.float32(rng.uniform(0.5, 1.0))
        size = max(3, radius // 2)
        smear = cv2.blur(seen, (size, size)) * np.float32(rng.uniform(0.6, 1.25)) + np.float32(rng.uniform(-15, 35))
        picture[spot] = _sensed(seen + (smear - seen) * mask)
    return picture


def _noisy(picture: Grey, rng: np.random.Generator, strength: float) -> Grey:
    """Sensor noise: read noise, shot noise that grows with the root of the light, and a pattern of rows and columns."""
    gain = 12.0 * float(rng.random()) ** 1.5 * strength
    spread = (gain * (0.4 + np.sqrt(np.arange(256) / 255.0))).astype(np.float32)
    levels = picture + cv2.LUT(picture, spread) * patterns.cut(patterns.noise(_shape(picture)), picture.shape, rng)
    if rng.random() < 0.3:
        rows = rng.normal(0, 0.25 * gain, (picture.shape[0], 1)).astype(np.float32)
        columns = rng.normal(0, 0.2 * gain, (1, picture.shape[1])).astype(np.float32)
        levels += rows + columns
    if rng.random() < 0.1:
        count = int(rng.integers(1, 60))
        levels[rng.integers(0, picture.shape[0], count), rng.integers(0, picture.shape[1], count)] = rng.uniform(
            120, 255
        )
    return _sensed(levels)


def _coded(picture: Grey, rng: np.random.Generator) -> Grey:
    """What the camera's codec leaves: JPEG, or a likeness of H.264 that is short of bits."""
    if rng.random() < 0.6:
        return _jpeg(picture, int(rng.integers(20, 90)))
    # H.264 spends its bits where a block has something to say; quiet blocks keep a soft, coarse likeness.
    height_px, width_px = picture.shape
    small = cv2.resize(picture, (width_px // 2, height_px // 2), interpolation=cv2.INTER_AREA)
    soft = cv2.resize(_jpeg(np.asarray(small, np.uint8), int(rng.integers(8, 40))), (width_px, height_px))
    sharp = _jpeg(picture, int(rng.integers(15, 50)))
    blocks = (max(1, width_px // BLOCK_PX), max(1, height_px // BLOCK_PX))
    lively = cv2.resize(cv2.absdiff(sharp, soft), blocks, interpolation=cv2.INTER_AREA) > rng.uniform(2.0, 7.0)
    chosen = cv2.resize(lively.astype(np.uint8), (width_px, height_px), interpolation=cv2.INTER_NEAREST)
    return np.asarray(np.where(chosen > 0, sharp, soft), np.uint8)


def _jpeg(picture: Grey, quality: int) -> Grey:
    _, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_GRAYSCALE), np.uint8)
