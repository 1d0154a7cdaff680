from datetime import UTC, datetime

import numpy as np
import pytest
from msgspec import structs

from firmware.config import CameraConfig
from firmware.core.privacy import Masks
from firmware.drivers.clock_fake import FakeClock
from firmware.errors import CameraError
from firmware.messages import Frame, Size
from simulator.camera import SceneCamera

NIGHT = datetime(2026, 11, 24, 22, 0, tzinfo=UTC)
CONFIG = CameraConfig(driver="scene", source="walk-through", width_px=320, height_px=180, rate_hz=5.0, seed=3)


class Pacer:
    """A clock that goes on when the camera waits, and by what a picture is made to cost."""

    def __init__(self) -> None:
        self.clock = FakeClock(NIGHT, monotonic_s=5000.0)
        self.waits_s: list[float] = []

    def wait(self, seconds: float) -> None:
        self.waits_s.append(seconds)
        self.clock.advance(seconds)

    def take(self, camera: SceneCamera, count: int, cost_s: float) -> list[Frame]:
        frames = []
        for frame in camera.frames():
            frames.append(frame)
            self.clock.advance(cost_s)
            if len(frames) == count:
                camera.close()
        return frames


def test_an_unknown_scenario_is_refused_by_name() -> None:
    with pytest.raises(CameraError, match=r"no scenario 'riot'.*prowling"):
        SceneCamera(CameraConfig(driver="scene", source="riot"), Masks())


def test_as_fast_as_it_goes_time_starts_at_zero_and_ends_with_the_story() -> None:
    camera = SceneCamera(structs.replace(CONFIG, rate_hz=1.0), Masks())
    times_s = [frame.t_s for frame in camera.frames()]
    assert times_s[:3] == pytest.approx([0.0, 1.0, 2.0])
    assert times_s[-1] == pytest.approx(camera.scene.duration_s, abs=1.0)
    assert all(after > before for before, after in zip(times_s[:-1], times_s[1:], strict=True))


def test_frames_carry_picture_luma_and_packets() -> None:
    camera = SceneCamera(CONFIG, Masks(), luma=Size(160, 90))
    frame = next(iter(camera.frames()))
    camera.close()
    assert frame.picture.shape == (180, 320)
    assert frame.luma.shape == (90, 160)
    assert frame.packets[0].keyframe


def test_real_time_is_on_the_clocks_own_base() -> None:
    pacer = Pacer()
    camera = SceneCamera(CONFIG, Masks(), pacer.clock, pacer.wait)
    frames = pacer.take(camera, 6, cost_s=0.05)
    assert [frame.t_s for frame in frames] == pytest.approx([5000.0 + 0.2 * i for i in range(6)])
    assert pacer.waits_s == pytest.approx([0.15] * len(pacer.waits_s))
    assert camera.late == 0


def test_a_slow_consumer_loses_pictures_and_never_lags() -> None:
    pacer = Pacer()
    camera = SceneCamera(CONFIG, Masks(), pacer.clock, pacer.wait)
    frames = pacer.take(camera, 8, cost_s=0.5)
    lags_s = np.diff([frame.t_s for frame in frames])
    assert camera.late > 0
    assert lags_s.mean() == pytest.approx(0.5, rel=0.2)
    assert [frame.number for frame in frames] == list(range(8))


def test_a_looped_story_goes_on_and_time_goes_on_rising() -> None:
    camera = SceneCamera(structs.replace(CONFIG, rate_hz=1.0, loop=True), Masks())
    times_s = []
    for frame in camera.frames():
        times_s.append(frame.t_s)
        if frame.t_s > camera.scene.duration_s + 3:
            camera.close()
    assert times_s == pytest.approx(np.arange(len(times_s), dtype=float))


def test_closed_while_it_waits_it_gives_no_more_frames() -> None:
    pacer = Pacer()
    camera = SceneCamera(CONFIG, Masks(), pacer.clock, lambda seconds: camera.close())
    assert len(list(camera.frames())) == 1
