"""What stands on the dome before the lens: dirt that dims and scatters, and water drops that bend the view.

The dome is some centimetres before a lens focused on metres, so all of it is far out of focus: soft shapes, no edges.
"""

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np

from firmware.messages import Size
from simulator.lens.glass import QUARTER, blurred, shrunk
from simulator.optics import F32

_LIT = 0.08  # the lamp beside the lens hits the dome at a grazing angle; as bright as asphalt some 8 m away
_EDGE = 1.7  # radii to where a drop's blurred rim ends


def smooth_noise(size: Size, grain_ratio: float, rng: np.random.Generator) -> F32:
    """Clouds between 0 and 1 [h, w], about `grain_ratio` of the width across."""
    rows, columns = max(2, round(size.height_px / size.width_px / grain_ratio) + 2), round(1 / grain_ratio) + 2
    coarse = rng.random((rows, columns), dtype=np.float32)
    clouds = cv2.resize(coarse, (size.width_px, size.height_px), interpolation=cv2.INTER_CUBIC)
    low, high = np.quantile(clouds, [0.01, 0.99])
    return np.asarray(np.clip((clouds - low) / max(float(high - low), 1e-6), 0.0, 1.0), dtype=np.float32)


@dataclass(frozen=True, slots=True)
class Dirt:
    """`through` [h, w]: the share of light that gets through; `scatter` [h/4, w/4]: the share of the light around that
    is thrown in instead; `lit` [h/4, w/4]: luminance of the dirt itself under an infrared lamp of strength 1."""

    through: F32
    scatter: F32
    lit: F32


def dirt(size: Size, amount: float, seed: int) -> Dirt | None:
    """Dried rain, dust and a wiped smear; `amount` 0 (None) to 1 (a tenth to a half of the light is lost). What a grain
    takes from the picture it mostly scatters forward (Gu et al., "Removing image artifacts due to dirty camera lenses
    and thin occluders", 2009: picture = light x attenuation + scatter)."""
    if amount <= 0.0:
        return None
    rng = np.random.default_rng([seed, 603])
    small = Size(-(-size.width_px // QUARTER), -(-size.height_px // QUARTER))
    film = 0.6 * smooth_noise(small, 0.25, rng) + 0.4 * smooth_noise(small, 0.04, rng)
    streaks = cv2.GaussianBlur(smooth_noise(small, 0.012, rng), (0, 0), sigmaX=0.6, sigmaY=small.height_px * 0.06)
    film = 0.75 * film + 0.5 * np.clip(streaks - 0.45, 0, None)
    specks = _specks(small, round(10 + 60 * amount), rng)
    lost = np.clip(amount * (0.45 * film + 0.8 * specks), 0.0, 0.9).astype(np.float32)
    through = cv2.resize(1 - lost, (size.width_px, size.height_px), interpolation=cv2.INTER_LINEAR)
    scatter, lit = np.float32(0.4) * lost, np.float32(amount * _LIT) * (0.6 * film + 0.7 * specks)
    return Dirt(np.asarray(through, dtype=np.float32), scatter, np.asarray(lit, dtype=np.float32))


def _specks(size: Size, count: int, rng: np.random.Generator) -> F32:
    """Grains and dried drops as soft discs, some as rings."""
    specks = np.zeros((size.height_px, size.width_px), dtype=np.float32)
    x, y = np.arange(size.width_px)[None], np.arange(size.height_px)[:, None]
    for _ in range(count):
        radius = size.width_px * float(np.exp(rng.uniform(np.log(0.005), np.log(0.035))))
        away = np.hypot(x - rng.uniform(0, size.width_px), y - rng.uniform(0, size.height_px)) / radius
        ring = rng.random() < 0.3
        shape = np.exp(-(((away - 0.8) / 0.35) ** 2)) if ring else 1 / (1 + np.exp(np.minimum(6 * (away - 1), 30)))
        specks += np.asarray(rng.uniform(0.1, 0.7) * shape, dtype=np.float32)
    return np.minimum(specks, 1.0)


@dataclass(frozen=True, slots=True)
class Drop:
    """A drop's place and radius, as ratios of the picture's width; `clear` 0..1 fades it in and out."""

    x: float
    y: float
    radius: float
    clear: float


@lru_cache(maxsize=256)
def _born(seed: int, number: int, turn: int) -> Drop:
    rng = np.random.default_rng([seed, 605, number, turn])
    return Drop(float(rng.uniform()), float(rng.uniform()), float(rng.uniform(0.014, 0.06)), 0.0)


class Drops:
    """Water drops on the dome. Each comes, grows, hangs, runs down and is gone, over one to five minutes, then another
    comes elsewhere; a function of time alone."""

    def __init__(self, size: Size, count: int, seed: int) -> None:
        self._size = size
        self._seed = seed
        drawn = [np.random.default_rng([seed, 604, number]) for number in range(count)]
        self._lives = [(float(rng.uniform(60, 300)), float(rng.uniform())) for rng in drawn]  # period (s) and phase

    def at(self, t_s: float) -> tuple[Drop, ...]:
        """Those that can be seen at a time."""
        drops = (self._drop(number, t_s) for number in range(len(self._lives)))
        return tuple(drop for drop in drops if drop.clear > 0.01)

    def _drop(self, number: int, t_s: float) -> Drop:
        period_s, phase = self._lives[number]
        turn, share = divmod(t_s / period_s + phase, 1.0)
        tall = self._size.height_px / self._size.width_px
        born = _born(self._seed, number, int(turn) & 0xFFFF)
        runs = max(0.0, share - 0.75) / 0.25
        wander = 0.012 * float(np.sin(9 * runs + 6 * born.x)) * min(1.0, 4 * runs)
        radius = born.radius * (0.6 + 0.4 * min(1.0, share * 3))
        clear = min(1.0, share * 20) * min(1.0, (1 - share) * 20)
        return Drop(born.x + wander, tall * (1.05 * born.y - 0.05 + runs**1.5), radius, clear)

    def seen(self, light: F32, t_s: float) -> F32:
        """The picture through the drops [h, w]: inside each stands the view around it, small and upside down, blurred
        to a glow (a drop is a strong lens far out of focus; Halimeh and Roser, "Raindrop detection on car windshields
        using geometric-photometric environment construction", 2009), brighter below than above."""
        drops = self.at(t_s)
        if not drops:
            return light
        small = blurred(shrunk(light), 0.006 * light.shape[1] / QUARTER)
        for drop in drops:
            self._put(light, small, drop)
        return light

    def _put(self, light: F32, small: F32, drop: Drop) -> None:
        height, width = light.shape
        radius = drop.radius * width
        left, right = int(max(0, drop.x * width - _EDGE * radius)), int(min(width, drop.x * width + _EDGE * radius + 1))
        top, bottom = (
            int(max(0, drop.y * width - 1.1 * _EDGE * radius)),
            int(min(height, drop.y * width + 1.1 * _EDGE * radius + 1)),
        )
        if right - left < 2 or bottom - top < 2:
            return
        x = ((np.arange(left, right)[None] - drop.x * width) / radius).astype(np.float32)
        y = ((np.arange(top, bottom)[:, None] - drop.y * width) / (1.1 * radius)).astype(np.float32)
        away = np.sqrt(x * x + y * y)
        cover = np.float32(drop.clear) / (1 + np.exp(6 * (away - 1))) * np.clip((_EDGE - away) * 3, 0, 1)
        # Nearly half of the picture's width is squeezed into the drop, mirrored about its middle; drawn small.
        shape = (-(-(right - left) // QUARTER), -(-(bottom - top) // QUARTER))
        reach = np.float32(0.22 * width / QUARTER)
        from_x = drop.x * width / QUARTER - reach * cv2.resize(np.broadcast_to(x, away.shape), shape)
        from_y = drop.y * width / QUARTER - reach * cv2.resize(np.broadcast_to(y, away.shape), shape)
        bent = cv2.remap(
            small, from_x.astype(np.float32), from_y.astype(np.float32), cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT
        )
        bent = cv2.resize(cv2.GaussianBlur(bent, (0, 0), max(0.3, 0.18 * radius / QUARTER)), away.shape[::-1])
        patch = light[top:bottom, left:right]
        patch += cover * ((0.95 + 0.12 * y) * bent - patch)
