"""The motion gate: rests on a still lot, wakes for people, and never starves slow things."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from firmware.core.motion import MotionGate, cell_means

SHAPE = (288, 512)
RATES_HZ = (3.0, 5.0, 10.0)


def lot(seed: int = 1) -> NDArray[np.float64]:
    """A still picture with soft structure, as a lot under a lamp has."""
    rng = np.random.default_rng(seed)
    coarse = rng.uniform(30, 130, (18, 32))
    return np.kron(coarse, np.ones((16, 16)))


def seen(scene: NDArray[np.float64], rng: np.random.Generator, noise: float = 2.0) -> NDArray[np.uint8]:
    return np.clip(scene + rng.normal(0, noise, scene.shape), 0, 255).astype(np.uint8)


def looks(gate: MotionGate, scenes: list[NDArray[np.float64]], rate_hz: float, start_s: float = 0.0) -> list[float]:
    rng = np.random.default_rng(7)
    times = [start_s + index / rate_hz for index in range(len(scenes))]
    return [t for t, scene in zip(times, scenes, strict=True) if gate.update(seen(scene, rng), t)]


@pytest.mark.parametrize("rate_hz", RATES_HZ)
def test_a_still_lot_is_looked_at_once_a_second(rate_hz: float) -> None:
    still = [lot()] * int(20 * rate_hz)
    settled = [t for t in looks(MotionGate(), still, rate_hz) if t > 1.0]
    assert 18 <= len(settled) <= 20


@pytest.mark.parametrize("rate_hz", RATES_HZ)
def test_a_small_figure_that_walks_is_looked_at_in_every_frame(rate_hz: float) -> None:
    scenes = [lot()] * int(5 * rate_hz)
    for step in range(int(4 * rate_hz)):
        scene = lot()
        x = 200 + int(20 * step / rate_hz)
        scene[150:170, x : x + 8] += 60  # 20 px high: a person at the far end of the lot
        scenes.append(scene)
    walking = [t for t in looks(MotionGate(), scenes, rate_hz) if t >= 5.0]
    assert len(walking) == int(4 * rate_hz)


def test_looks_go_on_a_moment_after_the_motion() -> None:
    gate = MotionGate()
    moving = lot()
    moving[150:190, 200:220] += 60
    scenes = [lot()] * 50 + [moving] + [lot()] * 20
    after = [t for t in looks(gate, scenes, 10.0) if 4.95 < t < 5.95]
    assert after == pytest.approx([5.0, 5.1, 5.2, 5.3, 5.4, 5.5])


def test_the_cameras_gain_is_no_motion() -> None:
    scenes = [lot()] * 50 + [lot() * gain for gain in np.linspace(1.0, 1.4, 50)]
    while_changing = [t for t in looks(MotionGate(), scenes, 10.0) if t >= 5.0]
    assert len(while_changing) <= 6  # one look a second, as on a still lot


def test_one_hot_cell_is_no_motion() -> None:
    scene = lot()
    scene[80:88, 80:88] += 80
    after = [t for t in looks(MotionGate(), [lot()] * 50 + [scene] * 10, 10.0) if 5.0 <= t < 5.9]
    assert len(after) <= 1


def test_what_came_to_stand_becomes_background() -> None:
    parked = lot()
    parked[100:160, 300:400] += 50
    late = [t for t in looks(MotionGate(), [lot()] * 50 + [parked] * 400, 10.0) if t > 35.0]
    assert len(late) <= 11


@settings(deadline=None)  # this machine may be busy
@given(st.lists(st.floats(0.02, 2.0), min_size=5, max_size=40))
def test_no_second_passes_without_a_look(gaps_s: list[float]) -> None:
    gate = MotionGate()
    picture = np.full((72, 128), 80, np.uint8)
    last_s, t_s, previous_s = 0.0, 0.0, 0.0
    assert gate.update(picture, t_s)
    for gap_s in gaps_s:
        previous_s, t_s = t_s, t_s + gap_s
        if gate.update(picture, t_s):
            last_s = t_s
        # Between two looks lies at most one second, but for the wait for a frame to look at.
        assert previous_s - last_s < 1.0


def test_another_picture_size_and_a_film_that_loops_begin_anew() -> None:
    gate = MotionGate()
    assert gate.update(np.full(SHAPE, 80, np.uint8), 10.0)
    assert not gate.update(np.full(SHAPE, 80, np.uint8), 10.6)
    assert gate.update(np.full((240, 320), 80, np.uint8), 10.7)
    assert gate.update(np.full((240, 320), 80, np.uint8), 0.0)


def test_the_same_frames_give_the_same_looks() -> None:
    scenes = [lot(seed) for seed in (1, 1, 2, 2, 1, 1, 1, 3)] * 5
    assert looks(MotionGate(), scenes, 5.0) == looks(MotionGate(), scenes, 5.0)


def test_cells_are_means() -> None:
    luma = np.arange(16 * 24, dtype=np.uint8).reshape(16, 24)
    cells = cell_means(luma)
    assert cells.shape == (2, 3)
    assert cells[1, 2] == pytest.approx(luma[8:16, 16:24].mean())


def test_pictures_smaller_than_a_cell_are_one_cell() -> None:
    assert cell_means(np.full((3, 5), 9, np.uint8)).tolist() == [[9.0]]
