"""Seamless noise, made once and looked up with `cv2.remap`."""

from functools import cache

import cv2
import numpy as np

from simulator.optics import F32

SIZE = 256
_TILES = 2


@cache
def tile(number: int, slope: float = 1.6) -> F32:
    """Noise [256, 256] that goes on seamlessly beyond its edges: mean 0, standard deviation 1, spectrum 1 / f^slope
    in amplitude (1.6 is close to fractional Brownian motion's sum of octaves; Musgrave 1993)."""
    rng = np.random.default_rng([7002, number])
    down, across = np.fft.fftfreq(SIZE) * SIZE, np.fft.rfftfreq(SIZE) * SIZE
    frequency = np.hypot(down[:, None], across[None, :])
    spectrum = np.fft.rfft2(rng.standard_normal((SIZE, SIZE)))
    spectrum *= np.where(frequency > 1.5, np.maximum(frequency, 1.0) ** -slope, 0.0)
    field = np.fft.irfft2(spectrum, s=(SIZE, SIZE))
    return np.asarray(field / field.std(), dtype=np.float32)


def at(number: int, x: F32, y: F32, slope: float = 1.6) -> F32:
    """The noise at points of any array shape [h, w]; 1 is one tile's width."""
    across, down = _within(x), _within(y)
    return np.asarray(cv2.remap(_tiled(number, slope), across, down, cv2.INTER_LINEAR), dtype=np.float32)


def _within(x: F32) -> F32:
    """In pixels of the tiled noise, moved by whole tiles."""
    low = float(np.floor(x.min()))
    if float(x.max()) - low >= _TILES:
        return np.asarray((x % 1.0) * SIZE, dtype=np.float32)
    return np.asarray((x - np.float32(low)) * np.float32(SIZE), dtype=np.float32)


@cache
def _tiled(number: int, slope: float) -> F32:
    return np.pad(np.tile(tile(number, slope), (_TILES, _TILES)), ((0, 1), (0, 1)), mode="wrap")
