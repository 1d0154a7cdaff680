"""What every camera keeps: films, folders, scenes, and on a Raspberry Pi the real one."""

import itertools
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from PIL import Image

from firmware.config import CameraConfig
from firmware.core.privacy import Masks
from firmware.drivers.camera_file import FileCamera, FilmOptions
from firmware.drivers.camera_picamera2 import PiCamera
from firmware.drivers.encoder_av import EncoderSettings
from firmware.messages import Frame, Packet, Size
from firmware.ports import Camera
from simulator.camera import SceneCamera
from tests.pictures import Film, decode_h264, lot, write_film

SIZE = Size(320, 180)
LUMA = Size(256, 128)  # the input of some network
LEFT_HALF = ((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0))
ENCODER = EncoderSettings(rate_hz=10.0, keyframe_interval_s=1.0)
PATIENCE_S = 20.0


@dataclass(frozen=True)
class Maker:
    """Opens one kind of camera, and what its pictures are like."""

    open: Callable[[Masks], Camera]
    size: Size


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("film")
    return write_film(folder / "lot.mp4", Film(pictures=40, size=SIZE, draw=lot))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("folder")
    for number in range(40):
        Image.fromarray(lot(number, SIZE)).save(made / f"picture-{number}.png")
    return made


@pytest.fixture(params=["film", "folder", "scene", pytest.param("pi", marks=pytest.mark.hardware)])
def maker(request: pytest.FixtureRequest) -> Maker:
    if request.param == "scene":
        config = CameraConfig(driver="scene", source="prowling", width_px=SIZE.width_px, height_px=SIZE.height_px)
        return Maker(lambda masks: SceneCamera(config, masks, luma=LUMA), SIZE)
    if request.param == "pi":
        config = CameraConfig(driver="picamera2")
        return Maker(lambda masks: PiCamera(config, masks, luma=LUMA), Size(config.width_px, config.height_px))
    source = request.getfixturevalue(request.param)
    options = FilmOptions(rate_hz=10.0, encoder=ENCODER, luma=LUMA)
    return Maker(lambda masks: FileCamera(source, masks, options), SIZE)


def take(camera: Camera, count: int) -> list[Frame]:
    frames = list(itertools.islice(camera.frames(), count))
    camera.close()
    assert len(frames) == count
    return frames


def packets_of(frames: list[Frame]) -> list[Packet]:
    return [packet for frame in frames for packet in frame.packets]


def test_time_rises_numbers_count_and_sizes_hold(maker: Maker) -> None:
    frames = take(maker.open(Masks()), 30)
    times_s = [frame.t_s for frame in frames]
    assert all(before < after for before, after in itertools.pairwise(times_s))
    assert (times_s[-1] - times_s[0]) / 29 == pytest.approx(0.1, rel=0.1)
    assert [frame.number for frame in frames] == list(range(30))
    assert {frame.size for frame in frames} == {maker.size}
    for frame in frames:
        height_px, width_px = frame.luma.shape
        assert (width_px, height_px) == (226, 128)  # as large as fits in LUMA: 16:9, even


def test_packets_make_a_stream_that_begins_with_a_keyframe_and_has_the_frames_times(maker: Maker) -> None:
    frames = take(maker.open(Masks()), 35)
    packets = packets_of(frames)
    assert len(packets) >= 30  # an encoder may lag by some pictures
    assert packets[0].keyframe
    assert all(before.t_s < after.t_s for before, after in itertools.pairwise(packets))
    assert {packet.t_s for packet in packets} <= {frame.t_s for frame in frames}
    keyframes_s = [packet.t_s for packet in packets if packet.keyframe]
    assert max(after - before for before, after in itertools.pairwise(keyframes_s)) <= 1.0 + 0.1
    decoded = decode_h264(packet.data for packet in packets)
    assert len(decoded) == len(packets)
    assert decoded[-1].shape == (maker.size.height_px, maker.size.width_px)


def test_masks_are_burnt_into_picture_luma_and_film(maker: Maker) -> None:
    frames = take(maker.open(Masks([LEFT_HALF])), 15)
    half_px = maker.size.width_px // 2
    for frame in frames:
        assert not frame.picture[:, :half_px].any()
        assert not frame.luma[:, : frame.luma.shape[1] // 2 - 2].any()
        assert frame.picture[:, half_px + 1 :].any()
        assert frame.luma[:, frame.luma.shape[1] // 2 + 2 :].any()
    decoded = decode_h264(packet.data for packet in packets_of(frames))
    assert decoded
    for picture in decoded:
        assert picture[:, : half_px - 16].max() <= 8
        assert picture[:, half_px + 16 :].max() > 20


def test_a_keyframe_comes_when_it_is_asked_for(maker: Maker) -> None:
    camera = maker.open(Masks())
    frames = []
    for frame in itertools.islice(camera.frames(), 12):
        frames.append(frame)
        if frame.number == 3:
            camera.force_keyframe()
    camera.close()
    asked_s = frames[3].t_s
    assert any(packet.keyframe and asked_s < packet.t_s <= asked_s + 0.55 for packet in packets_of(frames))


def test_it_can_be_closed_from_another_thread(maker: Maker) -> None:
    camera = maker.open(Masks())
    ended = threading.Event()
    first = threading.Event()

    def watch() -> None:
        for _ in camera.frames():
            first.set()
            closed.wait(PATIENCE_S)
        ended.set()

    closed = threading.Event()
    watcher = threading.Thread(target=watch)
    watcher.start()
    assert first.wait(PATIENCE_S)
    camera.close()
    camera.close()
    closed.set()
    assert ended.wait(PATIENCE_S)
    watcher.join()


def test_it_can_be_opened_again(maker: Maker) -> None:
    camera = maker.open(Masks())
    for _ in range(2):
        frames = take(camera, 4)
        assert frames[0].number == 0
        assert packets_of(frames)[0].keyframe


def test_closing_what_was_never_opened_is_nothing(maker: Maker) -> None:
    maker.open(Masks()).close()
