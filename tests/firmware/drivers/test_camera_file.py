"""Films as people have them: odd, broken, cut off, too fast for the machine."""

import itertools
import threading
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from firmware.core.privacy import Masks
from firmware.drivers.camera_file import FileCamera, FilmOptions, RealTime
from firmware.drivers.encoder_av import EncoderSettings
from firmware.drivers.film_source_av import RisingTimes
from firmware.errors import CameraError
from firmware.messages import Frame, Size
from tests.pictures import Film, count_picture, number_of, write_film

EVERY = FilmOptions(rate_hz=30.0)


def look(source: Path, options: FilmOptions = EVERY) -> list[Frame]:
    return list(FileCamera(source, Masks(), options).frames())


def look_until_fault(source: Path) -> tuple[list[Frame], str]:
    """What is seen before the film's fault, and what the fault says."""
    frames: list[Frame] = []
    with pytest.raises(CameraError) as raised:
        frames.extend(FileCamera(source, Masks(), EVERY).frames())  # extend keeps what came before the fault
    return frames, str(raised.value)


# --- what opens


@pytest.mark.parametrize(
    ("name", "film"),
    [
        ("plain.mp4", Film()),
        ("frames-out-of-order.mp4", Film(options=(("bf", "2"),))),
        ("ten-bit.mkv", Film(codec="libx264", pix_fmt="yuv444p10le", container="matroska")),
        ("old.avi", Film(codec="mjpeg", pix_fmt="yuvj422p", container="avi")),
        ("stream.ts", Film(container="mpegts")),
        ("odd.webm", Film(codec="libvpx-vp9", container="webm", size=Size(161, 121))),
        ("small.gif", Film(codec="gif", pix_fmt="gray", container="gif", size=Size(160, 120))),
    ],
)
def test_every_picture_of_every_kind_of_film_is_seen_in_order(tmp_path: Path, name: str, film: Film) -> None:
    frames = look(write_film(tmp_path / name, film))
    assert [number_of(frame.picture) for frame in frames] == pytest.approx(list(range(30)), abs=1)
    assert [frame.t_s for frame in frames] == pytest.approx([n / 10 for n in range(30)], abs=0.002)
    assert frames[0].t_s == 0.0
    assert frames[0].size == Size(film.size.width_px // 2 * 2, film.size.height_px // 2 * 2)
    assert frames[0].packets == ()


def test_a_folder_of_pictures_is_looked_at_in_natural_order(tmp_path: Path) -> None:
    for number in range(12):
        kind = "png" if number % 2 else "PNG"
        Image.fromarray(count_picture(number)).save(tmp_path / f"night {number}.{kind}")
    (tmp_path / "notes.txt").write_text("not a picture")
    frames = look(tmp_path, FilmOptions(rate_hz=5.0))
    assert [number_of(frame.picture) for frame in frames] == list(range(12))
    assert [frame.t_s for frame in frames] == pytest.approx([n / 5 for n in range(12)])


def test_pictures_of_several_sizes_each_begin_a_new_stream(tmp_path: Path) -> None:
    for number, size in enumerate([Size(160, 120), Size(160, 120), Size(120, 160)]):
        Image.fromarray(count_picture(number, size)).convert("RGB").save(tmp_path / f"{number}.png")
    frames = look(tmp_path, FilmOptions(rate_hz=5.0, encoder=EncoderSettings(rate_hz=5.0)))
    assert [frame.packets[0].keyframe for frame in frames] == [True, False, True]


def test_a_single_picture_is_a_film_of_one_look(tmp_path: Path) -> None:
    Image.fromarray(count_picture(7)).save(tmp_path / "still.png")
    (frame,) = look(tmp_path / "still.png")
    assert number_of(frame.picture) == 7


def test_a_large_film_is_made_to_fit_and_never_shows_what_is_hidden(tmp_path: Path) -> None:
    film = write_film(tmp_path / "large.mp4", Film(pictures=2, size=Size(640, 480)))
    left = ((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0))
    camera = FileCamera(film, Masks([left]), FilmOptions(within=Size(320, 180)))
    frame = next(camera.frames())
    camera.close()
    assert frame.size == Size(240, 180)
    assert not frame.picture[:, :120].any()


# --- times


@pytest.mark.parametrize("rate_hz", [1.0, 3.0, 5.0, 10.0])
def test_the_rate_is_never_more_than_asked_for(tmp_path: Path, rate_hz: float) -> None:
    film = write_film(tmp_path / "fast.mp4", Film(pictures=100, rate_hz=25))
    times_s = [frame.t_s for frame in look(film, FilmOptions(rate_hz=rate_hz))]
    assert len(times_s) <= 4.0 * rate_hz + 1
    assert len(times_s) >= 4.0 * rate_hz - 1
    for start in times_s:
        assert sum(start <= t_s < start + 1 for t_s in times_s) <= rate_hz + 1


def test_a_film_at_just_the_rate_loses_no_picture(tmp_path: Path) -> None:
    jitter = np.random.default_rng(1).uniform(-0.015, 0.015, 50)
    times_s = tuple(max(0.0, n / 10 + float(jitter[n])) for n in range(50))
    film = write_film(tmp_path / "jitter.mkv", Film(pictures=50, container="matroska", times_s=times_s))
    assert len(look(film, FilmOptions(rate_hz=10.0))) == 50


def test_varying_rate_and_pauses_keep_their_times(tmp_path: Path) -> None:
    times_s = tuple(n / 10 for n in range(10)) + tuple(8 + n / 4 for n in range(10))
    film = write_film(tmp_path / "pause.mkv", Film(pictures=20, container="matroska", times_s=times_s))
    assert [frame.t_s for frame in look(film)] == pytest.approx(times_s, abs=0.002)


@given(st.lists(st.tuples(st.none() | st.floats(-1e5, 1e5), st.none() | st.floats(-1e5, 1e5)), max_size=60))
def test_time_rises_whatever_the_file_says(stamps: list[tuple[float | None, float | None]]) -> None:
    times = RisingTimes(0.04)
    risen = [times.next(presented, decoded) for presented, decoded in stamps]
    assert all(before < after for before, after in itertools.pairwise(risen))
    assert all(after - before <= 600 for before, after in itertools.pairwise(risen))
    assert risen[:1] in ([], [0.0])


def test_a_recording_that_begins_anew_goes_on(tmp_path: Path) -> None:
    times = RisingTimes(0.1)
    seen = [times.next(stamp, None) for stamp in (50.0, 50.1, 50.2, 0.0, 0.1, 0.2)]
    assert seen == pytest.approx([0.0, 0.1, 0.2, 0.3, 0.4, 0.5])


def test_swapped_presentation_stamps_are_seen_through() -> None:
    # As in AVI files with packed B-frames: pictures come in order, their presentation stamps do not.
    presented = [1, 4, 6, 5, 7, 9, 8, 10, 12, 11, 13, 15, 14]
    times = RisingTimes(0.04)
    seen = [times.next(p * 0.04, n * 0.04) for n, p in enumerate(presented, start=1)]
    steps = [after - before for before, after in itertools.pairwise(seen)]
    assert max(steps[5:]) <= 0.081


def test_a_loop_goes_on_rising_until_it_is_closed(tmp_path: Path) -> None:
    film = write_film(tmp_path / "short.mp4", Film(pictures=5))
    camera = FileCamera(film, Masks(), FilmOptions(rate_hz=30.0, loop=True))
    frames = list(itertools.islice(camera.frames(), 23))
    assert [number_of(frame.picture) for frame in frames] == [n % 5 for n in range(23)]
    assert [frame.t_s for frame in frames] == pytest.approx([n / 10 for n in range(23)], abs=0.002)


# --- real time


@dataclass
class TestClock:
    """A clock that only waiting and looking move on."""

    __test__ = False
    now_s: float = 1000.0
    costs_s: float = 0.0
    waits_s: list[float] = field(default_factory=list)

    def monotonic_s(self) -> float:
        return self.now_s

    def wait(self, seconds: float) -> None:
        self.waits_s.append(seconds)
        self.now_s += seconds

    def options(self) -> FilmOptions:
        return FilmOptions(rate_hz=10.0, pace=RealTime(self.monotonic_s, self.wait))


def test_in_real_time_each_picture_comes_when_it_is_due(tmp_path: Path) -> None:
    clock = TestClock()
    came_s = []
    for frame in FileCamera(write_film(tmp_path / "film.mp4"), Masks(), clock.options()).frames():
        came_s.append((frame.t_s, clock.now_s))
    assert [t_s for t_s, _ in came_s] == pytest.approx([1000 + n / 10 for n in range(30)], abs=0.002)
    assert all(now_s == pytest.approx(t_s) for t_s, now_s in came_s)


def test_a_slow_loop_drops_pictures_and_never_lags(tmp_path: Path) -> None:
    clock = TestClock()
    camera = FileCamera(write_film(tmp_path / "film.mp4", Film(pictures=60)), Masks(), clock.options())
    lags_s = []
    for frame in camera.frames():
        lags_s.append(clock.now_s - frame.t_s)
        clock.now_s += 0.25  # the loop is busy
    assert max(lags_s) <= 0.1 + 1e-6
    assert camera.late + len(lags_s) == 60
    assert 20 <= len(lags_s) <= 30


def test_a_machine_that_cannot_follow_still_sees_something(tmp_path: Path) -> None:
    clock = TestClock()
    camera = FileCamera(write_film(tmp_path / "film.mp4", Film(pictures=60)), Masks(), clock.options())
    times_s = []
    for frame in camera.frames():
        times_s.append(frame.t_s)
        clock.now_s += 3.0
    assert len(times_s) >= 3
    assert all(before < after for before, after in itertools.pairwise(times_s))


def test_closing_ends_the_wait_for_the_next_picture(tmp_path: Path) -> None:
    film = write_film(tmp_path / "slow.mkv", Film(pictures=2, container="matroska", times_s=(0.0, 300.0)))
    camera = FileCamera(film, Masks(), FilmOptions(rate_hz=10.0, pace=RealTime()))
    seen, ended = threading.Event(), threading.Event()

    def watch() -> None:
        for _ in camera.frames():
            seen.set()
        ended.set()

    watcher = threading.Thread(target=watch)
    watcher.start()
    assert seen.wait(20)
    camera.close()
    assert ended.wait(20)
    watcher.join()


# --- what does not open, and what breaks off


def cut(source: Path, ratio: float) -> Path:
    data = source.read_bytes()
    short = source.with_name(f"cut-{source.name}")
    short.write_bytes(data[: int(len(data) * ratio)])
    return short


def noisy(number: int, size: Size) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    return np.random.default_rng(number).integers(0, 256, (size.height_px, size.width_px), dtype=np.uint8)


@pytest.mark.parametrize(
    ("name", "film"),
    [
        ("fast.mp4", Film(options=(("movflags", "faststart"),), draw=noisy)),
        ("film.mkv", Film(container="matroska", draw=noisy)),
        ("film.avi", Film(codec="mjpeg", pix_fmt="yuvj422p", container="avi", draw=noisy)),
        ("film.gif", Film(codec="gif", pix_fmt="gray", container="gif", draw=noisy)),
    ],
)
def test_a_film_that_was_cut_off_is_seen_up_to_there_and_then_told(tmp_path: Path, name: str, film: Film) -> None:
    path = cut(write_film(tmp_path / name, film), 0.6)
    frames, says = look_until_fault(path)
    assert 10 <= len(frames) <= 19
    assert str(path) in says
    assert f"after {frames[-1].t_s:.1f} s" in says


def test_a_film_that_lost_its_index_is_told(tmp_path: Path) -> None:
    path = cut(write_film(tmp_path / "phone.mp4"), 0.9)
    with pytest.raises(CameraError, match=r"cut-phone\.mp4: no film, or cut off before its index"):
        FileCamera(path, Masks(), EVERY)


def test_damage_in_the_middle_is_told_with_its_second(tmp_path: Path) -> None:
    path = write_film(tmp_path / "film.mp4", Film(options=(("movflags", "faststart"),), draw=noisy))
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    data[middle : middle + len(data) // 8] = b"\xff" * (len(data) // 8)
    path.write_bytes(data)
    frames, says = look_until_fault(path)
    assert 10 <= len(frames) <= 20
    assert "damaged or cut off after 1." in says


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("empty.mp4", b"", "the file is empty"),
        ("letter.txt", b"Dear sirs,\n" * 200, "there is no video in it"),
        ("letter.mp4", b"Dear sirs,\n" * 200, "no film"),
        ("noise.avi", np.random.default_rng(2).bytes(20_000), "no film"),
    ],
)
def test_what_is_no_film_is_told(tmp_path: Path, name: str, content: bytes, says: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(CameraError, match=says) as raised:
        FileCamera(path, Masks(), EVERY)
    assert str(raised.value).startswith(str(path))


def test_a_missing_film_is_told(tmp_path: Path) -> None:
    with pytest.raises(CameraError, match=r"nowhere\.mp4: there is no such film or folder"):
        FileCamera(tmp_path / "nowhere.mp4", Masks(), EVERY)


def test_a_folder_without_pictures_is_told(tmp_path: Path) -> None:
    (tmp_path / "film.mp4").write_bytes(b"x")
    with pytest.raises(CameraError, match="there are no pictures in it"):
        FileCamera(tmp_path, Masks(), EVERY)


def test_a_broken_picture_is_told_by_its_name(tmp_path: Path) -> None:
    Image.fromarray(count_picture(0)).save(tmp_path / "1.png")
    (tmp_path / "2.png").write_bytes((tmp_path / "1.png").read_bytes()[:60])
    frames, says = look_until_fault(tmp_path)
    assert len(frames) == 1
    assert "2.png: not a picture that can be read" in says
