"""The Pi camera driver's own logic, against a stand-in for picamera2 that behaves as its source says.

This proves nothing about a Raspberry Pi: that is what `pytest -m hardware` is for. It shows that masks come before the
encoder, that frames and packets have equal times, and that a camera stack that hangs holds nobody for ever (A14).
"""

import itertools
import sys
import threading
import time
import types
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import av
import numpy as np
import pytest

from firmware.config import CameraConfig
from firmware.core.privacy import Masks
from firmware.drivers.camera_picamera2 import CameraStuckError, Patience, PiCamera
from firmware.errors import CameraError
from firmware.messages import Size

QUICK = Patience(open_s=0.5, frame_s=0.3, close_s=0.5)
LEFT_HALF = ((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0))
CONFIG = CameraConfig(width_px=320, height_px=180, rate_hz=30.0)


@dataclass
class Stack:
    """The stand-in camera stack, and where it hangs or fails."""

    hangs_in: set[str] = field(default_factory=set)
    fails_in: dict[str, Exception] = field(default_factory=dict)
    pictures: int = 1_000_000
    release: threading.Event = field(default_factory=threading.Event)
    calls: list[str] = field(default_factory=list)
    encoded: list[np.ndarray[Any, Any]] = field(default_factory=list)
    forced: int = 0

    def call(self, name: str) -> None:
        self.calls.append(name)
        if name in self.fails_in:
            raise self.fails_in[name]
        if name in self.hangs_in:
            self.release.wait()


class Request:
    def __init__(self, config: dict[str, Any], sensor_ns: int) -> None:
        self.config = config
        self.sensor_ns = sensor_ns
        self.buffers = {}
        for stream in ("main", "lores"):
            width, height = config[stream]["size"]
            stride = (width + 63) // 64 * 64
            self.buffers[stream] = np.full((height * 3 // 2, stride), 200, np.uint8)

    def get_metadata(self) -> dict[str, int]:
        return {"SensorTimestamp": self.sensor_ns}


class MappedArray:
    def __init__(self, request: Request, stream: str) -> None:
        self.array = request.buffers[stream]

    def __enter__(self) -> "MappedArray":
        return self

    def __exit__(self, *_: object) -> None:
        pass


class Output:
    def outputframe(self, frame: bytes, keyframe: bool, timestamp: int | None, packet: Any, audio: bool) -> None:
        raise NotImplementedError


class H264Encoder:
    stack: Stack

    def __init__(self, bitrate: int, repeat: bool, iperiod: int, framerate: Any) -> None:
        assert repeat
        with av.open("/dev/null", "w", format="null") as container:  # as the encoder of a Pi 5 begins
            container.add_stream("libx264", rate=framerate)
        self.iperiod = iperiod
        self.firsttimestamp: int | None = None
        self.count = 0
        self.output: Output

    def force_key_frame(self) -> None:
        self.stack.forced += 1

    def encode(self, request: Request) -> None:
        stamp_us = int(request.sensor_ns / 1000)
        if self.firsttimestamp is None:
            self.firsttimestamp = stamp_us
        self.stack.encoded.append(request.buffers["main"].copy())
        keyframe = self.count % self.iperiod == 0
        self.count += 1
        self.output.outputframe(b"\0\0\1packet", keyframe, stamp_us - self.firsttimestamp, None, False)
        self.output.outputframe(b"sound", True, 0, None, True)


class Picamera2:
    stack: Stack

    def __init__(self) -> None:
        self.stack.call("open")
        self.pre_callback: Callable[[Request], None]
        self.config: dict[str, Any] = {}
        self.stopped = threading.Event()

    def create_video_configuration(self, **config: Any) -> dict[str, Any]:
        assert config["main"]["format"] == config["lores"]["format"] == "YUV420"
        return config

    def configure(self, config: dict[str, Any]) -> None:
        self.config = config

    def start_recording(self, encoder: H264Encoder, output: Output) -> None:
        self.stack.call("start")
        encoder.output = output
        threading.Thread(target=self._run, args=(encoder,), name="stand-in-camera", daemon=True).start()

    def _run(self, encoder: H264Encoder) -> None:
        for _ in range(self.stack.pictures):
            if self.stopped.wait(0.005):
                return
            request = Request(self.config, time.monotonic_ns())
            self.pre_callback(request)
            encoder.encode(request)

    def stop_recording(self) -> None:
        self.stack.call("stop")
        self.stopped.set()

    def close(self) -> None:
        self.stack.call("close")
        self.stopped.set()


def install(monkeypatch: pytest.MonkeyPatch, stack: Stack) -> None:
    """Put the stand-in where the driver imports the real libraries from."""
    monkeypatch.setattr(H264Encoder, "stack", stack, raising=False)
    monkeypatch.setattr(Picamera2, "stack", stack, raising=False)
    contents: dict[str, dict[str, Any]] = {
        "picamera2": {"Picamera2": Picamera2, "MappedArray": MappedArray},
        "picamera2.encoders": {"H264Encoder": H264Encoder},
        "picamera2.outputs": {"Output": Output},
        "libcamera": {"ColorSpace": types.SimpleNamespace(Sycc=lambda: "full range")},
    }
    for name, names in contents.items():
        module = types.ModuleType(name)
        vars(module).update(names)
        monkeypatch.setitem(sys.modules, name, module)


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stack]:
    made = Stack()
    install(monkeypatch, made)
    yield made
    made.release.set()
    for thread in threading.enumerate():  # what hung must not outlive its test
        if thread.name in ("camera-stack", "stand-in-camera"):
            thread.join(5.0)


def test_masks_are_in_the_camera_s_own_buffer_before_the_encoder_sees_it(stack: Stack) -> None:
    camera = PiCamera(CONFIG, Masks([LEFT_HALF]), QUICK)
    frames = list(itertools.islice(camera.frames(), 5))
    camera.close()
    for frame in frames:
        assert frame.picture.shape == frame.luma.shape == (180, 320)
        assert not frame.picture[:, :160].any()
        assert (frame.picture[:, 161:] == 200).all()
        assert not frame.luma[:, :162].any()  # one pixel wider: the ISP had scaled it already
    for buffer in stack.encoded:
        assert not buffer[:180, :160].any()
        assert (buffer[180:] == 128).all()  # no colour


def test_the_small_stream_fits_in_the_network_s_input(stack: Stack) -> None:
    camera = PiCamera(CONFIG, Masks(), QUICK, luma=Size(160, 96))
    frame = next(iter(camera.frames()))
    camera.close()
    assert frame.luma.shape == (90, 160)


def test_packets_have_their_frames_times_and_no_sound_gets_through(stack: Stack) -> None:
    camera = PiCamera(CONFIG, Masks(), QUICK)
    frames = list(itertools.islice(camera.frames(), 40))
    camera.close()
    packets = [packet for frame in frames for packet in frame.packets]
    assert packets[0].keyframe
    assert {packet.data for packet in packets} == {b"\0\0\1packet"}
    times_s = {frame.t_s for frame in frames}
    assert camera.frames_dropped or {packet.t_s for packet in packets if packet.t_s >= frames[0].t_s} <= times_s
    assert abs(frames[-1].t_s - time.monotonic()) < 5.0


def test_a_keyframe_can_be_asked_for(stack: Stack) -> None:
    camera = PiCamera(CONFIG, Masks(), QUICK)
    camera.force_keyframe()  # closed: nothing to ask
    for _ in itertools.islice(camera.frames(), 2):
        camera.force_keyframe()
    camera.close()
    assert stack.forced == 2


def test_a_camera_that_stops_giving_pictures_is_told_and_let_go(stack: Stack) -> None:
    stack.pictures = 3
    camera = PiCamera(CONFIG, Masks(), QUICK)
    began_s = time.monotonic()
    with pytest.raises(CameraError, match="it hangs"):
        list(camera.frames())
    assert time.monotonic() - began_s < 5.0
    assert stack.calls == ["open", "start", "stop", "close"]


@pytest.mark.parametrize("where", ["open", "start"])
def test_a_camera_that_hangs_while_opening_holds_nobody(stack: Stack, where: str) -> None:
    stack.hangs_in = {where}
    camera = PiCamera(CONFIG, Masks(), QUICK)
    began_s = time.monotonic()
    with pytest.raises(CameraError, match="did not start"):
        list(camera.frames())
    # It may come on yet, when nobody looks: only the end of the process is safe.
    with pytest.raises(CameraStuckError):
        camera.close()
    assert time.monotonic() - began_s < 5.0


@pytest.mark.parametrize("where", ["stop", "close"])
def test_a_camera_that_does_not_let_go_ends_the_process_and_holds_nobody(stack: Stack, where: str) -> None:
    stack.hangs_in = {where}
    camera = PiCamera(CONFIG, Masks(), QUICK)
    began_s = time.monotonic()
    next(camera.frames())  # thrown away at once, as a loop that returns does
    with pytest.raises(CameraStuckError):
        camera.close()
    with pytest.raises(CameraStuckError):
        camera.frames()
    assert time.monotonic() - began_s < 5.0


def test_an_opening_that_comes_too_late_is_closed_again(stack: Stack) -> None:
    stack.hangs_in = {"open"}
    camera = PiCamera(CONFIG, Masks(), Patience(open_s=0.1, frame_s=0.3, close_s=10.0))
    threading.Timer(0.3, stack.release.set).start()
    with pytest.raises(CameraError, match="did not start"):
        list(camera.frames())
    assert stack.calls[-1] == "close"


@pytest.mark.parametrize("where", ["open", "start"])
def test_a_camera_that_does_not_open_is_told_and_let_go(stack: Stack, where: str) -> None:
    stack.fails_in = {where: RuntimeError("Camera __init__ sequence did not complete.")}
    camera = PiCamera(CONFIG, Masks(), QUICK)
    with pytest.raises(CameraError, match="rpicam-hello"):
        list(camera.frames())
    assert "close" in stack.calls or where == "open"


def test_an_encoder_that_cannot_be_stopped_does_not_keep_the_camera_on(stack: Stack) -> None:
    stack.fails_in = {"stop": RuntimeError("Encoder already stopped")}
    camera = PiCamera(CONFIG, Masks(), QUICK)
    next(camera.frames())
    camera.close()
    assert stack.calls[-1] == "close"


def test_it_is_opened_once_at_a_time(stack: Stack) -> None:
    camera = PiCamera(CONFIG, Masks(), QUICK)
    frames = camera.frames()
    next(frames)
    with pytest.raises(CameraError, match="open already"):
        camera.frames()
    camera.close()
    assert list(frames) == []


def test_without_picamera2_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "libcamera", None)
    with pytest.raises(CameraError, match="apt install python3-picamera2"):
        list(PiCamera(CONFIG, Masks(), QUICK).frames())
