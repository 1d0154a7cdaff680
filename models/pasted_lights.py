"""Lamps that are no fire: head lamps, tail lamps, street lamps, lit windows, reflections and glints, without a label.

They are what a fire detector mistakes for fire: in grey, a burnt-out spot with a halo.
"""

# OpenCV is typed as Any where it is not installed.
# mypy: warn-return-any=False
from __future__ import annotations

import cv2  # type: ignore[import-not-found,unused-ignore]
import numpy as np
from numpy.typing import NDArray

from models.pasted import Grey, shine, star

Box = NDArray[np.float32]  # [4] x0, y0, x1, y1 in pixels


def paste_lights(image: Grey, vehicles: NDArray[np.float32], rng: np.random.Generator) -> None:
    """Set lamps and reflections on the grey `image`, in place: at the boxes of `vehicles` `[n, 4]`, or anywhere."""
    height, width = image.shape
    for _ in range(int(rng.integers(1, 5))):
        if len(vehicles) and rng.random() < 0.6:
            _vehicle_lamps(image, vehicles[int(rng.integers(len(vehicles)))], rng)
        else:
            spot = (float(rng.uniform(0, width)), float(rng.uniform(0, 0.8 * height)))
            _lamp(image, spot, float(np.exp(rng.uniform(0.4, 2.6))), rng)


def _vehicle_lamps(image: Grey, box: Box, rng: np.random.Generator) -> None:
    """Head or tail lamps in a pair, with the pool of light of the former; or one glint on the body."""
    wide, tall = float(box[2] - box[0]), float(box[3] - box[1])
    size = float(np.clip(tall * rng.uniform(0.04, 0.14), 0.8, 12.0))
    if rng.random() < 0.25:
        star(image, (float(rng.uniform(box[0], box[2])), float(box[1] + tall * rng.uniform(0.1, 0.7))), 3 * size, rng)
        return
    inset, y = rng.uniform(0.08, 0.25) * wide, float(box[1] + tall * rng.uniform(0.45, 0.7))
    head = rng.random() < 0.6
    for x in (float(box[0] + inset), float(box[2] - inset)):
        if rng.random() < 0.93:
            level = rng.uniform(150, 300) if head else rng.uniform(40, 170)
            shine(image, (x, y), (size, size * rng.uniform(0.6, 1.0)), 2 * level)
            shine(image, (x, y), (5 * size, 5 * size), level * rng.uniform(0.1, 0.6))
            if head and rng.random() < 0.3:
                star(image, (x, y), 6 * size, rng)
    if head and rng.random() < 0.6:
        middle = (float((box[0] + box[2]) / 2 + rng.normal(0, 0.2) * wide), float(box[3] + 0.2 * tall))
        shine(image, middle, (wide * rng.uniform(0.6, 1.4), tall * rng.uniform(0.3, 0.8)), rng.uniform(20, 140), 0.5)


def _lamp(image: Grey, spot: tuple[float, float], size: float, rng: np.random.Generator) -> None:
    """A street lamp, a lit window, a reflection on the wet ground, or a glint."""
    kind = rng.random()
    if kind < 0.45:
        shine(image, spot, (size, size * rng.uniform(0.5, 1.0)), rng.uniform(300, 700))
        shine(image, spot, (size * rng.uniform(3, 9), size * rng.uniform(3, 9)), rng.uniform(30, 150))
        if rng.random() < 0.3:
            star(image, spot, 5 * size, rng)
    elif kind < 0.65:
        half_x, half_y = int(size * rng.uniform(0.8, 2.0)) + 1, int(size * rng.uniform(0.8, 2.0)) + 1
        corner, other = (int(spot[0]) - half_x, int(spot[1]) - half_y), (int(spot[0]) + half_x, int(spot[1]) + half_y)
        cv2.rectangle(image, corner, other, (int(rng.uniform(110, 256)),), -1)
        if rng.random() < 0.6:
            cv2.line(image, (int(spot[0]), corner[1]), (int(spot[0]), other[1]), (int(rng.uniform(10, 90)),), 1)
        shine(image, spot, (3.0 * half_x, 3.0 * half_y), rng.uniform(10, 60))
    elif kind < 0.85:
        for _ in range(int(rng.integers(1, 6))):
            y = spot[1] + rng.uniform(-3, 9) * size
            x = spot[0] + rng.normal(0, 0.7) * size
            shine(image, (x, y), (size * rng.uniform(0.3, 1.2), size * rng.uniform(0.8, 5)), rng.uniform(60, 350))
    else:
        star(image, spot, 3 * size, rng)
