"""Statistics of night pictures, the same for real and rendered ones, so that the two can be laid side by side."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from firmware.messages import Box, Grey

NEAR_BLACK = 10
BURNT_OUT = 250
_PATCH_PX = 8
_FLAT_SHARE = 0.1
_FLATTEST_OF_WHITE = 0.74  # the flattest tenth of patches of nothing but white noise, measured
_LEAST_HEIGHT_PX = 12.0
_LEVELS: NDArray[np.float64] = np.arange(0.0, 257.0, 32.0)


@dataclass(frozen=True, slots=True)
class Luminance:
    """Of one picture or the mean of several: mean and standard deviation in grey levels, and shares of pixels."""

    mean: float
    std: float
    near_black: float
    burnt_out: float


@dataclass(frozen=True, slots=True)
class NoiseCurve:
    """Standard deviation of noise in grey levels against luminance: `noise` [n] for pixels of about `level` [n]; NaN
    where too few pixels have that level."""

    level: NDArray[np.float64]
    noise: NDArray[np.float64]

    @property
    def median(self) -> float:
        """Over the levels that were seen."""
        return float(np.nanmedian(self.noise)) if np.isfinite(self.noise).any() else float("nan")


@dataclass(frozen=True, slots=True)
class Figure:
    """One person: height as a share of the picture's, mean torso minus mean ground beside (grey levels), share of
    upper-body pixels burnt out, and edge contrast (grey levels a pixel)."""

    height_ratio: float
    torso_over_ground: float
    upper_burnt_out: float
    edge: float


@dataclass(frozen=True, slots=True)
class People:
    """Means over many figures."""

    count: int
    height_ratio: float
    torso_brighter: float
    torso_over_ground: float
    upper_burnt_out: float
    edge: float


def luminance(picture: Grey) -> Luminance:
    """Of one picture [h, w]."""
    return Luminance(
        float(picture.mean()), float(picture.std()),
        float((picture < NEAR_BLACK).mean()), float((picture > BURNT_OUT).mean()),
    )  # fmt: skip


def mean_luminance(pictures: Sequence[Luminance]) -> Luminance:
    """Of several pictures, each counted alike. ValueError: none."""
    if not pictures:
        raise ValueError("no pictures to measure")
    table = np.array([(p.mean, p.std, p.near_black, p.burnt_out) for p in pictures]).mean(axis=0)
    return Luminance(float(table[0]), float(table[1]), float(table[2]), float(table[3]))


def temporal_noise(first: Grey, second: Grey) -> NoiseCurve:
    """From two pictures of one scene in which little moves: a median of absolute differences, so that movement does not
    count; 1.4826 x median / root 2 is the standard deviation of one picture's Gaussian noise."""
    change = second.astype(np.float64) - first
    level = (second.astype(np.float64) + first) / 2
    centred = [change[(level >= low) & (level < high)] for low, high in zip(_LEVELS[:-1], _LEVELS[1:], strict=True)]
    return NoiseCurve((_LEVELS[:-1] + _LEVELS[1:]) / 2, np.array([_spread(part) for part in centred]) / np.sqrt(2))


def spatial_noise(picture: Grey) -> NoiseCurve:
    """From one picture: its flattest patches of 8 x 8 pixels hold little but noise. The second difference cancels
    slopes (Immerkaer, "Fast noise variance estimation", 1996); each level's flattest tenth of patches is taken, so
    structure is left out, and what that takes from white noise is put back. Noise smeared wide counts less."""
    kernel = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], dtype=np.float32) / 6
    fine = cv2.filter2D(picture.astype(np.float32), -1, kernel, borderType=cv2.BORDER_REFLECT)
    energy, level = _patches(fine * fine), _patches(picture.astype(np.float32))
    noise = np.full(len(_LEVELS) - 1, np.nan)
    for number, (low, high) in enumerate(zip(_LEVELS[:-1], _LEVELS[1:], strict=True)):
        inside = np.sort(energy[(level >= max(low, 2.0)) & (level < min(high, 252.0))])
        if inside.size >= 20:
            flattest = inside[: max(5, int(inside.size * _FLAT_SHARE))]
            noise[number] = np.sqrt(flattest.mean()) / _FLATTEST_OF_WHITE
    return NoiseCurve((_LEVELS[:-1] + _LEVELS[1:]) / 2, noise)


def figure(picture: Grey, box: Box) -> Figure | None:
    """One person in a box. The torso is the middle half of the box's width from a fifth to a half of its height; the
    ground beside is what lies left and right of the box's lower half, 0.6 widths far; the upper body is the middle half
    from the top to the middle. None: too small, or no ground beside in the picture."""
    if box.h_px < _LEAST_HEIGHT_PX:
        return None
    torso = _cut(picture, box.x_px + 0.25 * box.w_px, box.y_px + 0.2 * box.h_px, 0.5 * box.w_px, 0.3 * box.h_px)
    upper = _cut(picture, box.x_px + 0.25 * box.w_px, box.y_px, 0.5 * box.w_px, 0.5 * box.h_px)
    low = box.y_px + 0.5 * box.h_px
    left = _cut(picture, box.x_px - 0.7 * box.w_px, low, 0.6 * box.w_px, 0.5 * box.h_px)
    right = _cut(picture, box.x_px + 1.1 * box.w_px, low, 0.6 * box.w_px, 0.5 * box.h_px)
    ground = np.concatenate([left.ravel(), right.ravel()])
    whole = _cut(picture, box.x_px, box.y_px, box.w_px, box.h_px)
    if torso.size == 0 or ground.size == 0 or min(whole.shape) < 3:
        return None
    return Figure(
        box.h_px / picture.shape[0], float(torso.mean() - ground.mean()),
        float((upper > BURNT_OUT).mean()), _edge(whole),
    )  # fmt: skip


def people(figures: Sequence[Figure]) -> People:
    """Of many figures. ValueError: none."""
    if not figures:
        raise ValueError("no people to measure")
    over = np.array([each.torso_over_ground for each in figures])
    return People(
        len(figures), float(np.median([each.height_ratio for each in figures])),
        float((over > 0).mean()), float(over.mean()),
        float(np.mean([each.upper_burnt_out for each in figures])), float(np.mean([each.edge for each in figures])),
    )  # fmt: skip


def _spread(part: NDArray[np.float64]) -> float:
    if part.size < 200:
        return float("nan")
    off = part - np.median(part)
    # A median of whole grey levels is coarse; the mean absolute value of the inner nine tenths is not.
    inner = np.sort(np.abs(off))[: int(0.9 * off.size)]
    return float(inner.mean() * 1.55)


def _patches(picture: NDArray[np.float32]) -> NDArray[np.float32]:
    rows, columns = picture.shape[0] // _PATCH_PX, picture.shape[1] // _PATCH_PX
    cut = picture[: rows * _PATCH_PX, : columns * _PATCH_PX]
    return np.asarray(cut.reshape(rows, _PATCH_PX, columns, _PATCH_PX).mean(axis=(1, 3)), dtype=np.float32)


def _cut(picture: Grey, x_px: float, y_px: float, w_px: float, h_px: float) -> Grey:
    left, top = max(0, round(x_px)), max(0, round(y_px))
    return picture[top : max(top, round(y_px + h_px)), left : max(left, round(x_px + w_px))]


def _edge(picture: Grey) -> float:
    """The steepest tenth of slopes, from pixel to pixel."""
    fine = picture.astype(np.float32)
    across = cv2.Sobel(fine, cv2.CV_32F, 1, 0, ksize=3) / 8
    down = cv2.Sobel(fine, cv2.CV_32F, 0, 1, ksize=3) / 8
    slope = np.sort(np.hypot(across, down).ravel())
    return float(slope[int(0.9 * slope.size) :].mean())
