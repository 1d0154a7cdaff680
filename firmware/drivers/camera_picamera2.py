"""The Raspberry Pi's camera through picamera2 (0.3.31 or later; `force_keyframe` works from 0.3.32 on).

picamera2's own thread hands every request to `pre_callback` before any encoder sees it. There the masks are burnt into
both streams, and the luma is copied out. So there is no way past the masks, and the loop never holds a request: a loop
that stalls cannot stall the camera, and a camera that hangs is noticed by a wait that ends.

The encoder is the one that picamera2 chooses for the platform: the V4L2 hardware on a Pi 4, libx264 on a Pi 5. Its
packets come through an Output of our own and not through CircularOutput2, which gives a packet only when it is as old
as the buffer is long, so that a clip would begin late by its pre-roll.

Every call into the camera stack is known to hang at times, so each is made in a thread that nobody waits for without an
end. A stack that does not let the camera go raises CameraStuckError: only the end of the process makes it dark then.
"""

import atexit
import logging
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from firmware.config import CameraConfig
from firmware.core.privacy import Masks
from firmware.drivers.handover import Newest, PacketQueue
from firmware.drivers.scaling import DETECTOR_LUMA, fitted
from firmware.errors import CameraError
from firmware.messages import Frame, Grey, Packet, Size

log = logging.getLogger("nattvakt.camera")

_LOOKS_HELD = 2  # a loop that is later than this gets newer pictures, not all of them
_PACKETS_HELD = 300  # 30 s at 10 Hz: far longer than the watchdog lets the loop stall
_BUFFERS = 6
_NEUTRAL_CHROMA = 128
_LORES_GROW_PX = 1  # the ISP scales before we can mask: its filter carries light one pixel over the edge


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait for the camera stack. All together stay below 20 s: systemd's watchdog has no mercy."""

    open_s: float = 8.0
    frame_s: float = 5.0
    close_s: float = 4.0


@dataclass(frozen=True, slots=True)
class _Look:
    """What one request gave."""

    t_s: float
    picture: Grey
    luma: Grey


class CameraStuckError(RuntimeError):
    """The camera stack does not let the camera go, and only the end of the process makes the camera dark for sure.

    Therefore no NodeError: nobody retries, the process ends, and systemd starts it again.
    """


class PiCamera:
    """ports.Camera; `luma` is the network's input.

    `frames` raises CameraError where there is no camera, no picamera2, or no frame for 5 s.
    """

    def __init__(
        self, camera: CameraConfig, masks: Masks, patience: Patience | None = None, luma: Size = DETECTOR_LUMA
    ) -> None:
        self._camera = camera
        self._masks = masks
        self._luma = luma
        self._patience = patience or Patience()
        self._lock = threading.Lock()
        self._session: _Session | None = None
        self._stuck = False
        self.frames_dropped = 0
        self.packets_dropped = 0

    def frames(self) -> Iterator[Frame]:
        """Open the camera and yield frames until closed. `t_s` is when the sensor began the picture, monotonic."""
        session = _Session(self._camera, self._masks, self._luma)
        self._check_not_stuck()
        with self._lock:
            if self._session is not None:
                raise CameraError("the camera is open already: close it first")
            self._session = session
        return self._look(session)

    def force_keyframe(self) -> None:
        """Ask the encoder for a keyframe. Before picamera2 0.3.32 it cannot be asked; the next regular one will do."""
        session = self._session
        if session is not None:
            session.force_keyframe()

    def close(self) -> None:
        """Dark. Idempotent, from any thread. Raises CameraStuckError where the stack hangs: the process must end."""
        self._let_go()
        self._check_not_stuck()

    def _let_go(self) -> None:
        """Close the session, if there is one. A hang is remembered and not raised: Python swallows what a generator
        raises while it is thrown away, and this must not be lost."""
        with self._lock:
            session, self._session = self._session, None
        if session is not None:
            self.frames_dropped += session.looks.dropped
            self.packets_dropped += session.packets.dropped
            self._stuck |= not _in_time(session.close, self._patience.close_s)

    def _check_not_stuck(self) -> None:
        if self._stuck:
            raise CameraStuckError(f"the camera is not let go in {self._patience.close_s:.0f} s: end the process")

    def _look(self, session: "_Session") -> Iterator[Frame]:
        try:
            if not _in_time(session.open, self._patience.open_s):
                raise CameraError(f"the camera did not start within {self._patience.open_s:.0f} s: it hangs")
            number = 0
            while True:
                look = session.looks.get(self._patience.frame_s)
                if session.closed.is_set():
                    return
                if look is None:
                    raise CameraError(f"the camera gave no picture for {self._patience.frame_s:.0f} s: it hangs")
                yield Frame(number, look.t_s, look.picture, look.luma, session.packets.take())
                number += 1
        finally:
            if self._session is session:
                self._let_go()


class _Session:
    """From open to closed. `open` and `close` may hang; see `_in_time`."""

    def __init__(self, camera: CameraConfig, masks: Masks, luma: Size) -> None:
        self._camera = camera
        self._masks = masks
        self._luma = luma
        self._lores_masks = masks.grown(_LORES_GROW_PX)
        self._shift_us: int | None = None
        self._picam2: Any = None
        self._encoder: Any = None
        self._mapped: Any = None
        self._stack = threading.Lock()  # one call into the camera stack at a time: never close what is half open
        self.closed = threading.Event()
        self.looks: Newest[_Look] = Newest(_LOOKS_HELD)
        self.packets = PacketQueue(_PACKETS_HELD)

    def open(self) -> None:
        """Start streams, masks and encoder, unless closed by then. Raises CameraError."""
        with self._stack:
            if not self.closed.is_set():
                self._start()

    def close(self) -> None:
        """Stop and let the device go, as soon as an `open` that is under way has come back."""
        self.closed.set()
        self.looks.close()
        with self._stack:
            picam2, self._picam2 = self._picam2, None
            if picam2 is None:
                return
            atexit.unregister(picam2.close)  # picamera2 closes at exit, too: hanging there, no process could end
            try:
                picam2.stop_recording()
            except RuntimeError as fault:  # a half-started encoder cannot be stopped; the device is let go all the same
                log.warning("stopping the recording: %s", fault)
            picam2.close()

    def _start(self) -> None:
        try:
            from libcamera import ColorSpace
            from picamera2 import MappedArray, Picamera2
            from picamera2.encoders import H264Encoder
        except ImportError as fault:
            raise CameraError(
                f"picamera2 cannot be used here ({fault}): on a Raspberry Pi, `apt install python3-picamera2` and make "
                "the virtual environment with --system-site-packages"
            ) from fault
        self._mapped = MappedArray
        try:
            self._picam2 = Picamera2()
            self._picam2.configure(self._configuration(ColorSpace.Sycc()))
            self._picam2.pre_callback = self._seen
            self._encoder = H264Encoder(
                bitrate=self._camera.bitrate_bit_s,
                repeat=True,  # SPS and PPS in band at every keyframe
                iperiod=max(1, round(self._camera.rate_hz * self._camera.keyframe_interval_s)),
                # libx264's encoder (Pi 5) hands it to PyAV, which takes no float.
                framerate=Fraction(self._camera.rate_hz).limit_denominator(1000),
            )
            self._picam2.start_recording(self._encoder, _output(self._encoded))
        except (RuntimeError, OSError, IndexError, KeyError, ValueError) as fault:
            raise CameraError(
                f"the camera does not open ({fault}): is it plugged in, and does no other program use it? "
                "`rpicam-hello --list-cameras` tells"
            ) from fault

    def force_keyframe(self) -> None:
        """If this picamera2 can."""
        force = getattr(self._encoder, "force_key_frame", None)
        if force is not None:
            force()

    def _time_s(self, sensor_us: int) -> float:
        """A sensor time on the monotonic clock. libcamera counts from boot, with or without the time asleep."""
        if self._shift_us is None:
            asleep_us = (time.clock_gettime_ns(time.CLOCK_BOOTTIME) - time.monotonic_ns()) // 1000
            ahead_us = sensor_us - time.monotonic_ns() // 1000
            self._shift_us = asleep_us if abs(ahead_us - asleep_us) < abs(ahead_us) else 0
        return (sensor_us - self._shift_us) / 1_000_000

    def _configuration(self, full_range: Any) -> Any:
        frame_us = round(1_000_000 / self._camera.rate_hz)
        main = Size(self._camera.width_px, self._camera.height_px)
        lores = fitted(main, self._luma)
        return self._picam2.create_video_configuration(
            main={"size": (main.width_px, main.height_px), "format": "YUV420"},
            lores={"size": (lores.width_px, lores.height_px), "format": "YUV420"},
            colour_space=full_range,
            buffer_count=_BUFFERS,
            controls={"FrameDurationLimits": (frame_us, frame_us), "Saturation": 0.0},
            display=None,
            encode="main",
        )

    def _seen(self, request: Any) -> None:
        """In picamera2's thread, before any encoder: mask both streams in place and copy the luma out."""
        picture = self._masked_luma(request, "main", self._masks)
        luma = self._masked_luma(request, "lores", self._lores_masks)
        # As picamera2's encoders turn nanoseconds into microseconds, so that frames and packets have equal times.
        sensor_us = int(request.get_metadata()["SensorTimestamp"] / 1000)
        self.looks.put(_Look(self._time_s(sensor_us), picture, luma))

    def _masked_luma(self, request: Any, stream: str, masks: Masks) -> Grey:
        width_px, height_px = request.config[stream]["size"]
        with self._mapped(request, stream) as mapped:
            planes = mapped.array  # YUV420: [h * 3 / 2, stride], chroma below the luma
            masks.burn_into(planes[:height_px, :width_px])
            planes[height_px:] = _NEUTRAL_CHROMA  # grey by force: colour would show through the masks
            copied: Grey = planes[:height_px, :width_px].copy()
        return copied

    def _encoded(self, data: bytes, keyframe: bool, timestamp_us: int | None) -> None:
        """In the encoder's thread: one packet, its time counted from the encoder's first picture."""
        first_us = self._encoder.firsttimestamp
        if timestamp_us is not None and first_us is not None:
            self.packets.put(Packet(self._time_s(first_us + timestamp_us), keyframe, bytes(data)))


def _output(take: Callable[[bytes, bool, int | None], None]) -> Any:
    """A picamera2 Output that gives every packet away at once."""
    from picamera2.outputs import Output

    class Handover(Output):  # type: ignore[misc]
        """Raw video packets only: there is no microphone here, and there must be none."""

        def outputframe(
            self,
            frame: bytes,
            keyframe: bool = True,
            timestamp: int | None = None,
            packet: Any = None,
            audio: bool = False,
        ) -> None:
            """Called by the encoder for every packet."""
            if not audio:
                take(frame, keyframe, timestamp)

    return Handover()


def _in_time(call: Callable[[], None], patience_s: float) -> bool:
    """Make a call into the camera stack that may never come back; whether it did. Raises its CameraError.

    It runs in a daemon thread, which the end of the process need not wait for.
    """
    outcome: list[CameraError | None] = []

    def run() -> None:
        try:
            call()
        except CameraError as fault:
            outcome.append(fault)
        else:
            outcome.append(None)

    thread = threading.Thread(target=run, name="camera-stack", daemon=True)
    thread.start()
    thread.join(patience_s)
    if thread.is_alive():
        return False
    if not outcome:
        raise RuntimeError("a call into the camera stack failed; its traceback stands above")
    if outcome[0] is not None:
        raise outcome[0]
    return True
