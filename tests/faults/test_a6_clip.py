"""A6, "the clip starts late and the event is missing": looked at in the film as a player decodes it.

The first frame is at most pre-roll + one keyframe interval before the trigger and never after the trigger minus the
pre-roll; the trigger is inside; the first bytes are there at once. Real encoder, ring, muxer and store.
"""

import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from firmware.config import CameraConfig, ClipConfig
from firmware.core.prebuffer import Prebuffer, PrebufferLimits
from firmware.core.privacy import Masks
from firmware.drivers.encoder_av import EncoderSettings
from firmware.drivers.jpeg_pillow import encode_still
from firmware.drivers.media_memory import MemoryMediaStore
from firmware.drivers.media_sqlite import MediaShelf, MediaStore
from firmware.drivers.muxer_av import FragmentedMp4
from firmware.drivers.studio import FrameMaker
from firmware.messages import AlarmEvent, AlarmKind, Phase, Severity, Size
from firmware.recorder import Recorder, RecorderTools
from tests.pictures import count_picture, decode, number_of

BEGAN = datetime(2026, 11, 24, 19, 0, tzinfo=UTC)
CLIP = ClipConfig(preroll_s=10.0, postroll_s=10.0)
SIZE = Size(96, 64)


def utc(t_s: float) -> datetime:
    return BEGAN + timedelta(seconds=t_s)


def alarm(t_s: float) -> AlarmEvent:
    return AlarmEvent("w-1", 0, Phase.NEW, AlarmKind.TAMPERING, Severity.HIGH, t_s, t_s - 12.0, "lot", "at a door", ())


@dataclass(frozen=True)
class Seen:
    """A clip as the operator's player shows it, on the camera's clock."""

    times_s: list[float]
    numbers: list[int]
    trigger_s: float


def clip_of(times_s: list[float], trigger: int, camera: CameraConfig) -> Seen:
    """Film pictures at `times_s`, with an alarm at picture number `trigger`."""
    store = MemoryMediaStore()
    tools = RecorderTools(store, FragmentedMp4, encode_still, utc)
    recorder = Recorder(tools, CLIP, Prebuffer(PrebufferLimits.of(CLIP, camera)))
    maker = FrameMaker(Masks(), EncoderSettings.of(camera))
    for number, t_s in enumerate(times_s):
        recorder.keep(maker.make(count_picture(number % 100, SIZE), t_s), (alarm(t_s),) if number == trigger else ())
    clip = store.clips["w-1"]
    assert clip.tail is not None
    film = decode(bytes(clip.data))
    start_s = (clip.head.start_utc - BEGAN).total_seconds()
    return Seen(
        [start_s + t_s for t_s in film.times_s],
        [number_of(picture) for picture in film.pictures],
        start_s + clip.head.trigger_s,
    )


def check(seen: Seen, times_s: list[float], trigger: int, keyframe_interval_s: float) -> None:
    trigger_s = times_s[trigger]
    assert seen.trigger_s == pytest.approx(trigger_s, abs=0.002)
    assert trigger_s - 10.0 - keyframe_interval_s - 0.02 <= seen.times_s[0] <= trigger_s - 10.0 + 0.001
    first = min(range(len(times_s)), key=lambda n: abs(times_s[n] - seen.times_s[0]))
    last = first + len(seen.numbers) - 1
    # Every picture from the first to the end of the post-roll, each once, each at its time: the trigger among them.
    assert seen.numbers == [n % 100 for n in range(first, last + 1)]
    assert seen.times_s == pytest.approx(times_s[first : last + 1], abs=0.002)
    assert first < trigger < last
    assert trigger_s + 10.0 <= seen.times_s[-1] <= trigger_s + 10.0 + 0.5


@pytest.mark.parametrize("offset", range(10))
def test_a6_wherever_in_the_keyframe_interval_the_trigger_falls(offset: int) -> None:
    times_s = [n / 10 for n in range(280)]
    check(clip_of(times_s, 150 + offset, CameraConfig()), times_s, 150 + offset, 1.0)


@pytest.mark.parametrize(("rate_hz", "interval_s"), [(3.0, 1.0), (5.0, 2.0), (15.0, 0.5), (10.0, 5.0)])
def test_a6_at_other_rates_and_intervals(rate_hz: float, interval_s: float) -> None:
    camera = CameraConfig(rate_hz=rate_hz, keyframe_interval_s=interval_s)
    times_s = [n / rate_hz for n in range(int(32 * rate_hz))]
    trigger = int(17.3 * rate_hz)
    check(clip_of(times_s, trigger, camera), times_s, trigger, interval_s)


def test_a6_with_a_camera_that_stutters() -> None:
    gaps_s = np.random.default_rng(6).uniform(0.04, 0.16, 320)
    times_s = [float(t_s) for t_s in np.cumsum(gaps_s)]
    # The encoder knows a picture's gap only when it has come, so an interval may be longer by the stutter.
    check(clip_of(times_s, 170, CameraConfig()), times_s, 170, 1.0 + 0.16)


@pytest.fixture
def ram() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        yield Path(folder)


def test_a6_the_whole_preroll_is_with_the_link_when_the_alarm_is_kept(ram: Path) -> None:
    size = Size(640, 360)
    rng = np.random.default_rng(4)
    noise = rng.integers(0, 30, (size.height_px, size.width_px), dtype=np.uint8)
    maker = FrameMaker(Masks(), EncoderSettings())
    with closing(MediaStore(ram / "media.sqlite")) as media, closing(MediaShelf(ram / "media.sqlite")) as shelf:
        tools = RecorderTools(media, FragmentedMp4, encode_still, utc)
        recorder = Recorder(tools, CLIP, Prebuffer(PrebufferLimits.of(CLIP, CameraConfig())))
        for number in range(130):
            picture = count_picture(number % 100, size) + np.roll(noise, 37 * number)
            frame = maker.make(picture, number / 10)
            began_s = time.perf_counter()
            recorder.keep(frame, (alarm(number / 10),) if number == 129 else ())
            took_s = time.perf_counter() - began_s
        (stock,) = shelf.clips()
        assert shelf.still("w-1") is not None
        film = decode(shelf.read("w-1", 0, stock.size))
        assert film.times_s[-1] >= 9.7  # the last quarter of a second comes with the next fragment
        assert took_s < 0.5  # of the second that A6 leaves; on a busy machine
        recorder.close()
        assert shelf.tail("w-1") is not None
