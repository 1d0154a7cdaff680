"""Where the second look goes. Pictures are small lumas of a noisy lot; what is in them is painted on."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from firmware.core.attention import Attention
from firmware.core.ground import Ground
from firmware.core.second_look import Scale, Window
from firmware.messages import Box, Detection, Grey, ObjectKind, Size, Track
from tests.nights.world import SIZE, calibration, cuboid

INPUT = Size(512, 288)
LUMA = (288, 512)
SHRUNK = 0.4  # luma pixels per pixel of the main picture
PERSON = ObjectKind.PERSON
NOISE = np.random.default_rng(3).normal(0, 1.5, (12, *LUMA))


def attention(calibrated: bool = False, main: Size = SIZE, input_size: Size = INPUT) -> Attention:
    scale = Scale.of(main, input_size)
    assert scale is not None
    return Attention(scale, Ground(calibration() if calibrated else (), main))


def lot(rng: np.random.Generator) -> NDArray[np.float64]:
    picture: NDArray[np.float64] = np.linspace(40, 90, LUMA[0])[:, None] + NOISE[rng.integers(len(NOISE))]
    return picture


def paint(luma: NDArray[np.float64], box: Box, level: float) -> None:
    left, top = round(box.x_px * SHRUNK), round(box.y_px * SHRUNK)
    luma[top : top + round(box.h_px * SHRUNK), left : left + round(box.w_px * SHRUNK)] = level


def grey(luma: NDArray[np.float64]) -> Grey:
    return np.clip(luma, 0, 255).astype(np.uint8)


def track(box: Box, kind: ObjectKind = PERSON) -> Track:
    return Track(1, kind, box, 0.6, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)


def shows(window: Window | None, box: Box) -> bool:
    return window is not None and window.holds(box)


def walker(t_s: float, x_px: float = 300, y_px: float = 150, speed_px_s: float = 18) -> Box:
    """25 px high, 10 m of lot in eight seconds."""
    return Box(x_px + speed_px_s * t_s, y_px, 10, 25)


sizes = st.builds(Size, st.integers(160, 1920), st.integers(120, 1080))
inputs = st.builds(Size, st.integers(4, 20).map(lambda n: 32 * n), st.integers(3, 11).map(lambda n: 32 * n))
places = st.builds(Box, st.floats(-50, 2000), st.floats(-50, 1100), st.floats(1, 300), st.floats(1, 300))
found = st.builds(Detection, st.sampled_from(list(ObjectKind)), st.floats(0.1, 1), places)


@settings(deadline=None, max_examples=60)  # this machine may be busy
@given(sizes, inputs, st.lists(places, max_size=4), st.lists(found, max_size=4), st.integers(0, 99))
def test_every_window_lies_in_the_picture_and_is_as_large_as_the_others(
    main: Size, input_size: Size, followed: list[Box], first: list[Detection], seed: int
) -> None:
    scale = Scale.of(main, input_size)
    if scale is None:
        return
    eyes, rng = Attention(scale, Ground((), main)), np.random.default_rng(seed)
    for look in range(4):
        luma = rng.integers(0, 256, (90, 160), dtype=np.uint8)
        window = eyes.choose(luma, look * 0.2, tuple(map(track, followed)), tuple(first))
        assert window is not None
        assert (window.w_px, window.h_px) == (scale.window.width_px, scale.window.height_px)
        assert 0 <= window.x_px <= main.width_px - window.w_px
        assert 0 <= window.y_px <= main.height_px - window.h_px
        eyes.found(tuple(first), look * 0.2)
        assert window.of(np.zeros((main.height_px, main.width_px), np.uint8)).shape == (window.h_px, window.w_px)


@settings(deadline=None, max_examples=10, phases=(Phase.explicit, Phase.generate))  # a night that fails says enough
@given(st.floats(20, 1050), st.floats(0, 690), st.sampled_from([-50.0, 50.0]))
def test_motion_of_somebody_25_px_high_is_looked_at(x_px: float, y_px: float, contrast: float) -> None:
    eyes, rng = attention(), np.random.default_rng(5)
    shown = []
    for look in range(40):
        t_s, luma = look / 5, lot(rng)
        box = walker(t_s, x_px, y_px)
        if t_s >= 4:
            paint(luma, box, float(luma.mean()) + contrast)
        shown.append(shows(eyes.choose(grey(luma), t_s, (), ()), box))
    assert any(shown[20:25])  # within a second
    assert sum(shown[25:]) >= 10  # and in most looks from then on


def snowing(rng: np.random.Generator, flakes: int = 250) -> NDArray[np.float64]:
    luma = lot(rng)
    for row, column in zip(rng.integers(0, 280, flakes), rng.integers(0, 508, flakes), strict=True):
        luma[row : row + 6, column : column + 3] += 60
    return luma


def flag(rng: np.random.Generator, look: int) -> NDArray[np.float64]:
    luma = lot(rng)
    luma[200:230, 440:460] += 50 * (look % 2)
    return luma


WEATHER: dict[str, Callable[[np.random.Generator, int], NDArray[np.float64]]] = {
    "snow": lambda rng, look: snowing(rng),
    "a flag": flag,
    "lamps that flicker": lambda rng, look: lot(rng) * (1.0 + 0.3 * (look % 2)),
}


@pytest.mark.parametrize("weather", WEATHER)
def test_weather_takes_the_window_neither_from_whoever_is_followed_nor_from_the_far_rows(weather: str) -> None:
    eyes, rng = attention(calibrated=True), np.random.default_rng(5)
    far = [cuboid((x_m, 30), (0.5, 0.4, 1.7)) for x_m in (-13, 0, 13)]
    shown = {box: 0 for box in far}
    for look in range(100):
        window = eyes.choose(grey(WEATHER[weather](rng, look)), look / 5, (track(far[0]),), ())
        for box in far:
            shown[box] += shows(window, box)
    assert shown[far[0]] >= 67
    assert min(shown.values()) >= 2


def test_nobody_stands_still_unseen_in_the_far_rows() -> None:
    eyes, rng = attention(calibrated=True), np.random.default_rng(5)
    far = [cuboid((x_m, y_m), (0.5, 0.4, 1.7)) for x_m in (-9, -3, 3, 9) for y_m in (18, 24, 30, 38)]
    windows = [eyes.choose(grey(lot(rng)), look / 5, (), ()) for look in range(10)]
    assert all(any(shows(window, box) for window in windows) for box in far)


def test_where_people_are_large_there_is_nothing_for_a_second_look() -> None:
    eyes, rng = attention(calibrated=True), np.random.default_rng(5)
    near = track(cuboid((0, 7), (0.5, 0.4, 0.5)))  # hidden to the hips, so small in the picture
    for look in range(30):
        luma = lot(rng)
        luma[240:270, 60 + 4 * look : 80 + 4 * look] += 60
        window = eyes.choose(grey(luma), look / 5, (near,), ())
        assert window is not None
        assert window.y_px + window.h_px < 600


def test_whoever_was_found_is_looked_at_again_though_nothing_moves() -> None:
    eyes, rng = attention(calibrated=True), np.random.default_rng(5)
    box = cuboid((-8, 30), (0.5, 0.4, 1.7))
    first = next(look for look in range(20) if shows(eyes.choose(grey(lot(rng)), look / 5, (), ()), box))
    again: list[bool] = []
    for look in range(first, first + 50):
        eyes.found((Detection(PERSON, 0.6, box),) if not again or again[-1] else (), look / 5)
        again.append(shows(eyes.choose(grey(lot(rng)), (look + 1) / 5, (), ()), box))
    assert sum(again) >= 40


def test_two_who_are_far_apart_are_looked_at_in_turn() -> None:
    eyes, rng = attention(calibrated=True), np.random.default_rng(5)
    pair = [cuboid((-12.0 + x_m, 30), (0.5, 0.4, 1.7)) for x_m in (0, 1)]
    alone = cuboid((12, 30), (0.5, 0.4, 1.7))
    tracks = tuple(track(box) for box in (*pair, alone))
    unseen = {box: 0 for box in (pair[0], alone)}
    for look in range(60):
        window = eyes.choose(grey(lot(rng)), look / 10, tracks, ())
        for box in unseen:
            unseen[box] = 0 if shows(window, box) else unseen[box] + 1
        assert look < 5 or max(unseen.values()) <= 3


def test_a_film_that_loops_begins_anew() -> None:
    eyes, rng = attention(), np.random.default_rng(5)
    for t_s in (100.0, 100.2, 0.0, 0.2):
        assert eyes.choose(grey(lot(rng)), t_s, (), ()) is not None
