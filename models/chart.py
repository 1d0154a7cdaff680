"""Line charts of shares, drawn with Pillow: a pole's packages are enough to draw them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

COLOURS = ("#d62728", "#1f77b4", "#2ca02c", "#ff7f0e", "#9467bd", "#17becf", "#8c564b", "#7f7f7f")
_SIZE_PX = (760, 560)
_LEFT, _TOP, _RIGHT, _BOTTOM = 64, 52, 736, 500  # the axes, px
_INK, _GRID = "#222222", "#dddddd"
_Spot = tuple[float, float]  # x, y in px


@dataclass(frozen=True, slots=True)
class Series:
    """One line: `x` and `y` `[n]`; what lies outside of the axes is cut."""

    name: str
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    marks: bool = False


@dataclass(frozen=True, slots=True)
class Axis:
    """What an axis shows: its ends, and where it has a line, with what is written there."""

    title: str
    low: float
    high: float
    ticks: tuple[tuple[float, str], ...]


def shares(title: str) -> Axis:
    """An axis from 0 to 1."""
    return Axis(title, 0.0, 1.0, tuple((tenth / 10, f"{tenth / 10:.1f}") for tenth in range(0, 11, 2)))


def chart(title: str, x: Axis, y: Axis, lines: Sequence[Series]) -> Image.Image:
    """A picture with all lines and their names, the first in front."""
    image = Image.new("RGB", _SIZE_PX, "white")
    draw = ImageDraw.Draw(image)
    _axes(draw, title, x, y)
    drawn = [[(_across(x, float(a)), _up(y, float(b))) for a, b in zip(one.x, one.y, strict=True)] for one in lines]
    for number, points in reversed(list(enumerate(drawn))):
        colour = COLOURS[number % len(COLOURS)]
        if len(points) > 1:
            draw.line(points, fill=colour, width=3 if number == 0 else 2, joint="curve")
        for across, up in points if lines[number].marks else ():
            draw.ellipse((across - 4, up - 4, across + 4, up + 4), fill=colour)
    _legend(draw, [line.name for line in lines], [spot for points in drawn for spot in _along(points)])
    return image


def _along(points: Sequence[_Spot]) -> Iterator[_Spot]:
    """Points close together along a line."""
    yield from points
    for (x0, y0), (x1, y1) in pairwise(points):
        steps = int(max(abs(x1 - x0), abs(y1 - y0)) / 10)
        yield from ((x0 + (x1 - x0) * n / (steps + 1), y0 + (y1 - y0) * n / (steps + 1)) for n in range(1, steps + 1))


def _across(axis: Axis, value: float) -> float:
    share = (min(max(value, axis.low), axis.high) - axis.low) / (axis.high - axis.low)
    return _LEFT + share * (_RIGHT - _LEFT)


def _up(axis: Axis, value: float) -> float:
    share = (min(max(value, axis.low), axis.high) - axis.low) / (axis.high - axis.low)
    return _BOTTOM - share * (_BOTTOM - _TOP)


def font(size_px: int = 14) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """The font that Pillow carries."""
    return ImageFont.load_default(size_px)


def _axes(draw: ImageDraw.ImageDraw, title: str, x: Axis, y: Axis) -> None:
    for value, text in x.ticks:
        across = _across(x, value)
        draw.line((across, _TOP, across, _BOTTOM), fill=_GRID)
        draw.text((across, _BOTTOM + 6), text, _INK, font(), anchor="ma")
    for value, text in y.ticks:
        up = _up(y, value)
        draw.line((_LEFT, up, _RIGHT, up), fill=_GRID)
        draw.text((_LEFT - 8, up), text, _INK, font(), anchor="rm")
    draw.rectangle((_LEFT, _TOP, _RIGHT, _BOTTOM), outline=_INK)
    draw.text((8, 8), title, _INK, font(18))
    draw.text(((_LEFT + _RIGHT) / 2, _BOTTOM + 28), x.title, _INK, font(), anchor="ma")
    draw.text((8, _TOP - 8), y.title, _INK, font(), anchor="ls")


def _legend(draw: ImageDraw.ImageDraw, names: Sequence[str], spots: Sequence[_Spot]) -> None:
    """In the corner of the axes where it hides least."""
    wide = max((draw.textlength(name, font()) for name in names), default=0) + 52
    high = 20 * len(names) + 8

    def hidden(corner: _Spot) -> int:
        left, top = corner
        return sum(left <= across <= left + wide and top <= up <= top + high for across, up in spots)

    lefts, tops = (_LEFT + 8, _RIGHT - 8 - wide), (_BOTTOM - 8 - high, _TOP + 8)
    left, top = min(((left, top) for top in tops for left in lefts), key=hidden)
    draw.rectangle((left, top, left + wide, top + high), fill="white", outline=_GRID)
    for number, name in enumerate(names):
        middle = top + 14 + 20 * number
        draw.line((left + 6, middle, left + 30, middle), fill=COLOURS[number % len(COLOURS)], width=3)
        draw.text((left + 36, middle), name, _INK, font(), anchor="lm")
