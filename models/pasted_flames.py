"""Flames pasted at vehicles, with their glow and their smoke.

Half are our simulator's own (`simulator.weather.flames`), half are cut out of fire pictures by how bright and how red
they are. In near infrared both are burnt-out blobs with torn edges that light what is beside them.
"""

# OpenCV is typed as Any where it is not installed.
# mypy: warn-return-any=False
from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2  # type: ignore[import-not-found,unused-ignore]
import numpy as np
from numpy.typing import NDArray

from models.pasted import Grey, Levels, over, shine

Pixels = NDArray[np.uint8]
Box = NDArray[np.float32]  # [4] x0, y0, x1, y1 in pixels
RENDERED_FLAMES = 72
TALLEST_PX = 160  # of a flame's sprite
LEAST_PX = 7.0
SMOKES = 0.6  # share of the fires whose smoke is drawn
SEEN_LEVEL = 0.35  # how opaque a flame's edge is where its box ends


@dataclass(frozen=True, slots=True)
class Flame:
    """A flame to paste: brightness 0..1 and opacity 0..1, both `[h, w]`, cut close."""

    brightness: Levels
    opacity: Levels


@dataclass(frozen=True, slots=True)
class Burning:
    """Where a fire was pasted, and where its smoke (None: it has none)."""

    box: Box
    smoke: Box | None


@lru_cache(maxsize=1)
def rendered_flames() -> list[Flame]:
    """Flames of the simulator at many moments and sizes."""
    from simulator.play import Blaze
    from simulator.weather.flames import burning

    rng = np.random.default_rng(201)
    up, across = 112, 96
    u = np.linspace(-0.75, 0.75, across, dtype=np.float32)[None].repeat(up, 0)
    v = np.linspace(1.5, -0.06, up, dtype=np.float32)[:, None].repeat(across, 1)
    flames = []
    for number in range(RENDERED_FLAMES):
        height_m = float(np.exp(rng.uniform(np.log(0.3), np.log(3.5))))
        blaze = Blaze(number, (float(rng.uniform(-9, 9)), float(rng.uniform(-9, 9)), 0.0), 0.0, height_m, 1.0)
        opacity = burning(u, v, blaze, float(rng.uniform(2, 60)), float(rng.normal(0, 0.35)))
        flame = _trimmed(np.sqrt(opacity), np.clip(1.6 * opacity, 0, 1))
        if flame is not None:
            flames.append(flame)
    return flames


def flame_from(colour: Pixels, box: Box) -> Flame | None:
    """Cut a flame out of a colour picture `[h, w, 3]` BGR: bright, and more red than blue; None when hardly any is."""
    x0, y0 = np.floor(box[:2]).astype(int).clip(0)
    x1, y1 = np.ceil(box[2:]).astype(int)
    seen = colour[y0:y1, x0:x1]
    if min(seen.shape[:2]) < 12:
        return None
    if seen.shape[0] > TALLEST_PX:
        scale = TALLEST_PX / seen.shape[0]
        seen = np.asarray(cv2.resize(seen, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)
    blue, red = seen[..., 0].astype(np.float32), seen[..., 2].astype(np.float32)
    hot = np.clip((red - 140) / 80, 0, 1) * np.clip((red - 0.75 * blue - 25) / 40 + (blue > 225), 0, 1)
    opacity = np.asarray(cv2.GaussianBlur(hot.astype(np.float32), (0, 0), 0.8), np.float32)
    covered = float((opacity > SEEN_LEVEL).mean())
    rims = (opacity[0], opacity[:, 0], opacity[:, -1])
    if not 0.08 < covered < 0.6 or max(float(rim.mean()) for rim in rims) > 0.4:
        return None  # too little of it burns, or it shines up to the rim and nothing tells flame from sky
    opacity *= _faded(opacity.shape[1])[None]
    opacity *= np.minimum(_faded(2 * opacity.shape[0])[: opacity.shape[0], None], 1)
    return _trimmed(np.clip(red / 255 * 1.1, 0, 1), opacity)


def _faded(length: int) -> Levels:
    """1 but for the ends, where it falls to 0."""
    steps = np.linspace(0, 1, length, dtype=np.float32)
    return np.clip(np.minimum(steps, 1 - steps) * 8, 0, 1).astype(np.float32)


def _trimmed(brightness: Levels, opacity: Levels) -> Flame | None:
    """Cut close about what can be seen."""
    rows = np.flatnonzero((opacity > SEEN_LEVEL).any(1))
    columns = np.flatnonzero((opacity > SEEN_LEVEL).any(0))
    if len(rows) < 8 or len(columns) < 4:
        return None
    kept = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    return Flame(np.asarray(brightness[kept], np.float32), np.asarray(opacity[kept], np.float32))


def paste_at(image: Grey, flames: list[Flame], vehicle: Box, rng: np.random.Generator) -> Burning:
    """Let a vehicle burn: flames side by side on it, beside it or before it, in place on the grey `image`."""
    wide, tall = float(vehicle[2] - vehicle[0]), float(vehicle[3] - vehicle[1])
    tall_px = max(LEAST_PX, tall * float(np.exp(rng.uniform(np.log(0.25), np.log(1.7)))))
    x = float(vehicle[0] + wide * rng.uniform(0.0, 1.0))
    y = float(vehicle[1] + tall * rng.uniform(0.35, 1.05))
    return paste_fire(image, flames, (x, y), tall_px, rng)


def paste_fire(
    image: Grey, flames: list[Flame], foot: tuple[float, float], tall_px: float, rng: np.random.Generator
) -> Burning:
    """Set flames side by side with their glow and smoke; their foot is at `foot`, the first is `tall_px` high."""
    reach_px = 1.5 * tall_px * float(np.exp(rng.uniform(0, 1.0)))
    middle = (foot[0], foot[1] - 0.4 * tall_px)
    shine(image, middle, (reach_px, 0.8 * reach_px), float(rng.uniform(10, 70)), float(rng.uniform(0.2, 1.0)))
    smoke = _smoke(image, (foot[0], foot[1] - tall_px), tall_px, rng) if rng.random() < SMOKES else None
    peak, x = float(rng.uniform(150, 330)), foot[0]
    boxes: list[Box] = []
    for flame in flames:
        high = max(LEAST_PX, tall_px * float(np.exp(rng.uniform(-0.5, 0.0)))) if boxes else tall_px
        box = _one(image, flame, (x, foot[1]), high, peak, rng)
        boxes.append(box)
        x += float(rng.uniform(0.4, 0.9)) * float(box[2] - box[0])
    rows = np.stack(boxes)
    height, width = image.shape
    whole = np.concatenate((rows[:, :2].min(0), rows[:, 2:].max(0)))
    return Burning(np.clip(whole, 0, (width, height, width, height)).astype(np.float32), smoke)


def _one(
    image: Grey, flame: Flame, foot: tuple[float, float], tall_px: float, peak: float, rng: np.random.Generator
) -> Box:
    wide_px = tall_px * flame.opacity.shape[1] / flame.opacity.shape[0] * float(np.exp(rng.uniform(-0.2, 0.7)))
    size = (max(3, round(wide_px)), max(4, round(tall_px)))
    brightness, opacity = (
        np.asarray(cv2.resize(part, size, interpolation=cv2.INTER_AREA), np.float32) for part in _turned(flame, rng)
    )
    left, top = round(foot[0] - size[0] / 2), round(foot[1] - size[1])
    over(image, left, top, brightness * np.float32(peak), opacity)
    return np.array([left, top, left + size[0], top + size[1]], np.float32)


def _turned(flame: Flame, rng: np.random.Generator) -> tuple[Levels, Levels]:
    if rng.random() < 0.5:
        return flame.brightness[:, ::-1], flame.opacity[:, ::-1]
    return flame.brightness, flame.opacity


def _smoke(image: Grey, tip: tuple[float, float], size_px: float, rng: np.random.Generator) -> Box:
    """A plume above the tip, in place: dark before what is lit, grey where the fire lights it; returns its box."""
    grains = rng.random((7, 5), dtype=np.float32)
    wide, tall = max(6, round(size_px * rng.uniform(0.8, 1.8))), max(8, round(size_px * rng.uniform(1.0, 2.5)))
    puffs = cv2.resize(grains, (wide, tall), interpolation=cv2.INTER_CUBIC)
    across = 1 - np.abs(np.linspace(-1, 1, wide, dtype=np.float32)) ** 2
    up = np.linspace(0.2, 1.0, tall, dtype=np.float32) * np.linspace(1.0, 1.6, tall, dtype=np.float32)
    opacity = np.clip(puffs * 1.3 - 0.2, 0, 1) * across[None] * np.clip(up, 0, 1)[:, None] * rng.uniform(0.2, 0.8)
    level = np.full(opacity.shape, rng.uniform(5, 120), np.float32) + 40 * puffs
    left, top = round(tip[0] - wide / 2), round(tip[1] - 0.8 * tall)
    over(image, left, top, level, np.asarray(opacity, np.float32))
    height, width = image.shape
    box = np.array([left, top, left + wide, top + tall], np.float32)
    return np.clip(box, 0, (width, height, width, height)).astype(np.float32)
