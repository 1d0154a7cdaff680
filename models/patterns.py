"""Patterns that the look draws from: made once in each process, then cut out at random, because drawing is dear.

All come from fixed seeds, so that a sample depends on its own seed alone. Layers are half as large again as the canvas.
"""

# OpenCV is typed as Any where it is not installed.
# mypy: warn-return-any=False
from __future__ import annotations

from functools import lru_cache

import cv2  # type: ignore[import-not-found,unused-ignore]
import numpy as np
from numpy.typing import NDArray

Layer = NDArray[np.uint8]
Levels = NDArray[np.float32]
ROOM = 1.5
COUNT = 10


def cut(layers: list[Levels], shape: tuple[int, ...], rng: np.random.Generator) -> Levels:
    """A random piece `[h, w]` of a random layer, mirrored at random (a view)."""
    layer = layers[int(rng.integers(len(layers)))]
    y = int(rng.integers(layer.shape[0] - shape[0] + 1))
    x = int(rng.integers(layer.shape[1] - shape[1] + 1))
    piece = layer[y : y + shape[0], x : x + shape[1]]
    return piece[:, ::-1] if rng.random() < 0.5 else piece


def _roomy(shape: tuple[int, int]) -> tuple[int, int]:
    return int(shape[0] * ROOM), int(shape[1] * ROOM)


@lru_cache(maxsize=4)
def noise(shape: tuple[int, int]) -> list[Levels]:
    """White noise of standard deviation 1, and noise that an image processor has smoothed, to the same deviation."""
    rng = np.random.default_rng(101)
    white = [rng.standard_normal(_roomy(shape), dtype=np.float32) for _ in range(3)]
    soft = [cv2.GaussianBlur(layer, (0, 0), sigma) for layer, sigma in zip(white, (0.7, 1.0, 1.6), strict=True)]
    return [*white, *(np.asarray(layer / layer.std(), np.float32) for layer in soft)]


@lru_cache(maxsize=4)
def lamps(shape: tuple[int, int]) -> list[Levels]:
    """Gain fields `[h, w]`, exactly of the canvas, of an infrared lamp: a hot spot that falls off to dark corners."""
    rng = np.random.default_rng(102)
    height, width = shape
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    fields = []
    for _ in range(3 * COUNT):
        centre_x, centre_y = rng.uniform(0.25, 0.75) * width, rng.uniform(0.3, 0.95) * height
        reach = rng.uniform(0.3, 0.9) * width
        away = ((x - centre_x) ** 2 + (rng.uniform(1.0, 1.8) * (y - centre_y)) ** 2) / reach**2
        floor, peak = rng.uniform(0.03, 0.4), rng.uniform(1.0, 2.0)
        fields.append((floor + (peak - floor) / (1.0 + away**2)).astype(np.float32))
    return fields


@lru_cache(maxsize=4)
def fogs(shape: tuple[int, int]) -> list[Levels]:
    """How thick haze is, `[h, w]` 0..1, exactly of the canvas: far things are higher up, and it comes in swathes."""
    rng = np.random.default_rng(103)
    height, width = shape
    fields = []
    for _ in range(COUNT):
        coarse = rng.random((4, 6), dtype=np.float32)
        swathes = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
        down = np.linspace(1.0, rng.uniform(0.1, 0.9), height, dtype=np.float32)[:, None]
        fields.append(np.clip(down * (0.7 + 0.45 * (swathes - 0.5)), 0, 1).astype(np.float32))
    return fields


@lru_cache(maxsize=4)
def rain(shape: tuple[int, int]) -> list[Levels]:
    """Streaks of drops in a lamp's light, 0..255: all aslant alike, the near ones long, wide and blurred."""
    rng = np.random.default_rng(104)
    layers = []
    for number in range(COUNT):
        layer = _dark(shape)
        slope = rng.normal(0, 0.25)
        for near in (False, True):
            sheet = _dark(shape)
            for _ in range(int(rng.integers(60, 500) if not near else rng.integers(0, 25))):
                x, y = rng.uniform(0, layer.shape[1]), rng.uniform(0, layer.shape[0])
                length = rng.uniform(30, 140) if near else rng.uniform(5, 28)
                end = (int(x + slope * length), int(y + length))
                bright = int(rng.uniform(40, 220))
                cv2.line(sheet, (int(x), int(y)), end, (bright,), int(rng.integers(2, 5)) if near else 1, cv2.LINE_AA)
            blur = rng.uniform(1.0, 2.5) if near else 0.5
            layer = np.maximum(layer, cv2.GaussianBlur(sheet, (0, 0), blur))
        layers.append(layer.astype(np.float32) * np.float32(0.5 + 0.05 * number))
    return layers


@lru_cache(maxsize=4)
def snow(shape: tuple[int, int]) -> list[Levels]:
    """Flakes, 0..255: many small far ones, and a few near ones as large blurred blobs or short streaks."""
    rng = np.random.default_rng(105)
    layers = []
    for _ in range(COUNT):
        layer, drift = _dark(shape), rng.normal(0, 0.6)
        for least, most, count, blur in ((0.6, 1.6, 500, 0.5), (1.5, 4.0, 60, 1.2), (5.0, 22.0, 10, 4.0)):
            sheet = _dark(shape)
            for _ in range(int(count * rng.uniform(0.1, 1.0))):
                x, y = int(rng.uniform(0, layer.shape[1])), int(rng.uniform(0, layer.shape[0]))
                radius = rng.uniform(least, most)
                fall = rng.uniform(0, 3.0) * radius
                end = (int(x + drift * fall), int(y + fall))
                wide = max(1, int(2 * radius))
                cv2.line(sheet, (x, y), end, (int(rng.uniform(60, 255)),), wide, cv2.LINE_AA)
            layer = np.maximum(layer, cv2.GaussianBlur(sheet, (0, 0), blur))
        layers.append(layer.astype(np.float32))
    return layers


@lru_cache(maxsize=4)
def insects(shape: tuple[int, int]) -> list[Levels]:
    """Moths and gnats before the lens, 0..255: blobs, and loops whose wing beats show as beads."""
    rng = np.random.default_rng(106)
    layers = []
    for _ in range(2 * COUNT):
        layer = _dark(shape)
        for _ in range(int(rng.integers(2, 10))):
            sheet = _dark(shape)
            middle = rng.uniform(0, 1, 2) * (layer.shape[1], layer.shape[0])
            steps = np.linspace(0, rng.uniform(0.0, 1.2), 24)
            reach, beat = np.exp(rng.uniform(1.5, 4.6, 2)), rng.uniform(2, 7, 2)
            path = middle + reach * np.sin(beat * steps[:, None] + rng.uniform(0, 6.28, 2))
            wide = float(np.exp(rng.uniform(0.5, 2.8)))
            wing = rng.uniform(3, 14)
            bright = rng.uniform(90, 255)
            for one, other, t in zip(path[:-1], path[1:], steps[:-1], strict=True):
                beads = 0.55 + 0.45 * np.sin(wing * 6.28 * t)
                line = (int(one[0]), int(one[1])), (int(other[0]), int(other[1]))
                cv2.line(sheet, *line, (int(bright * (0.5 + 0.5 * beads)),), max(1, int(wide * beads)), cv2.LINE_AA)
            layer = np.maximum(layer, cv2.GaussianBlur(sheet, (0, 0), 0.6 + 0.35 * wide))
        layers.append(layer.astype(np.float32))
    return layers


@lru_cache(maxsize=4)
def threads(shape: tuple[int, int]) -> list[Levels]:
    """A spider's threads before the lens, 0..255: long soft arcs that shine in the lamp, some with the spider."""
    rng = np.random.default_rng(107)
    layers = []
    for _ in range(COUNT):
        layer = _dark(shape)
        for _ in range(int(rng.integers(2, 8))):
            sheet = _dark(shape)
            middle, turn = rng.uniform(0, 1, 2) * (layer.shape[1], layer.shape[0]), rng.uniform(0, np.pi)
            ends = middle + np.outer((-1.0, 1.0), (np.cos(turn), np.sin(turn))) * rng.uniform(0.3, 2.0) * layer.shape[1]
            sag = rng.normal(0, 40, 2)
            t = np.linspace(0, 1, 16)[:, None]
            path = (ends[0] + (ends[1] - ends[0]) * t + sag * np.sin(np.pi * t)).astype(np.int32)
            cv2.polylines(sheet, [path], False, (int(rng.uniform(60, 220)),), int(rng.integers(1, 6)), cv2.LINE_AA)
            if rng.random() < 0.15:
                spot = path[int(rng.integers(len(path)))]
                cv2.circle(sheet, (int(spot[0]), int(spot[1])), int(rng.integers(4, 22)), (200,), -1, cv2.LINE_AA)
            layer = np.maximum(layer, cv2.GaussianBlur(sheet, (0, 0), rng.uniform(1.0, 5.0)))
        layers.append(layer.astype(np.float32))
    return layers


def _dark(shape: tuple[int, int]) -> Layer:
    return np.zeros(_roomy(shape), np.uint8)
