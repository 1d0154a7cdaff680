"""Pictures out of a film file, by PyAV: whatever FFmpeg opens, with times that rise, and faults that are told."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import av
import av.error
import numpy as np
from av.container import InputContainer

from firmware.errors import CameraError
from firmware.messages import Grey

_NOT_FILMS = {"tty", "srt", "ass", "webvtt"}  # FFmpeg draws text files as pictures; nobody means that
_LONGEST_GAP_S = 600.0  # a longer step is a broken timestamp, not a pause
_OUT_OF_ORDER_S = 1.0  # a longer step back is a film that begins anew, not two pictures swapped
_LEAST_STEP_S = 0.001
_GIF_TRAILER = b"\x3b"
_MAY_LACK_S = 1.0  # containers round their duration; what lacks more was cut off


@dataclass(frozen=True, slots=True)
class Shot:
    """One picture of a film, `t_s` seconds from its beginning. `grey` makes it, [h, w]: call it at once or never."""

    t_s: float
    grey: Callable[[], Grey]


class FilmSource:
    """A film file. Raises CameraError where it is no film; so does `shots`, at the point where the film is damaged."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with self._open() as container:
            self.step_s = _nominal_step_s(container)
            """Seconds from one picture to the next as the film declares it."""

    def shots(self) -> Iterator[Shot]:
        """All pictures of the film from its beginning."""
        with self._open() as container:
            stream = container.streams.video[0]
            stream.thread_type = "AUTO"
            times = RisingTimes(self.step_s)
            pictures = 0
            for frame in self._decoded(container, times):
                pictures += 1
                yield Shot(times.next(*_stamps_s(frame)), partial(_grey, frame))
            if not pictures:
                raise CameraError(f"{self._path}: no picture in it can be decoded")
            self._check_complete(container, times.last_s)

    def _open(self) -> InputContainer:
        try:
            if self._path.stat().st_size == 0:
                raise CameraError(f"{self._path}: the file is empty")
            container = av.open(str(self._path), metadata_errors="replace")
        except (OSError, av.error.FFmpegError) as fault:
            raise CameraError(
                f"{self._path}: no film, or cut off before its index ({_reason(fault)}); any that FFmpeg plays will do"
            ) from fault
        videos = container.streams.video
        if container.format.name in _NOT_FILMS or not videos or videos[0].codec_context is None:
            container.close()
            raise CameraError(f"{self._path}: there is no video in it that can be decoded")
        return container

    def _decoded(self, container: InputContainer, times: "RisingTimes") -> Iterator[av.VideoFrame]:
        """Frames until the end or the first damage, which raises CameraError.

        What comes before the first whole picture may fail: a recording begun in the middle of a stream has such.
        """
        begun = False
        packets = container.demux(container.streams.video[0])
        while True:
            try:
                packet = next(packets, None)
                if packet is None:
                    return
                if packet.is_corrupt and begun:
                    raise self._damaged(times.last_s, "a packet is incomplete")
                frames = packet.decode()
            except av.error.FFmpegError as fault:
                if begun:
                    raise self._damaged(times.last_s, _reason(fault)) from fault
                continue
            for frame in frames:
                assert isinstance(frame, av.VideoFrame)
                if frame.is_corrupt and begun:
                    raise self._damaged(times.last_s, "a picture is incomplete")
                if not frame.is_corrupt:
                    begun = True
                    yield frame

    def _check_complete(self, container: InputContainer, last_s: float) -> None:
        declared_s = _declared_s(container)
        lacks_s = declared_s - (last_s + self.step_s)
        if lacks_s > max(_MAY_LACK_S, 0.02 * declared_s):
            raise self._damaged(last_s, f"the film says that it is {declared_s:.1f} s long")
        if container.format.name == "gif" and not _ends_with(self._path, _GIF_TRAILER):
            raise self._damaged(last_s, "the GIF's end is missing")

    def _damaged(self, last_s: float, why: str) -> CameraError:
        return CameraError(f"{self._path}: damaged or cut off after {last_s:.1f} s: {why}")


class RisingTimes:
    """Makes a film's timestamps, which may lack, repeat, jump or begin anew, into seconds that begin at 0 and rise.

    Where presentation stamps fall more often than decoding stamps, the latter are the true ones, as in libavcodec's
    `guess_correct_pts`: old AVI files have their presentation stamps swapped.
    """

    def __init__(self, step_s: float) -> None:
        self._step_s = step_s
        self._shift_s: float | None = None
        self._faults = [0, 0]
        self._newest_s: list[float | None] = [None, None]
        self.last_s = 0.0

    def next(self, presented_s: float | None, decoded_s: float | None) -> float:
        """The time of the next picture."""
        stamp_s = self._truest(presented_s, decoded_s)
        if self._shift_s is None:
            self._shift_s = stamp_s or 0.0
            return self.last_s
        next_s = self.last_s + self._step_s
        if stamp_s is not None:
            gap_s = stamp_s - self._shift_s - self.last_s
            if -_OUT_OF_ORDER_S < gap_s < _LONGEST_GAP_S:
                next_s = self.last_s + max(gap_s, _LEAST_STEP_S)
            else:
                self._shift_s = stamp_s - next_s
        self.last_s = next_s
        return next_s

    def _truest(self, presented_s: float | None, decoded_s: float | None) -> float | None:
        for which, stamp_s in enumerate((presented_s, decoded_s)):
            newest_s = self._newest_s[which]
            if stamp_s is not None:
                self._faults[which] += newest_s is not None and stamp_s <= newest_s
                self._newest_s[which] = stamp_s
        if presented_s is None or (decoded_s is not None and self._faults[0] > self._faults[1]):
            return decoded_s
        return presented_s


def _grey(frame: av.VideoFrame) -> Grey:
    """The luma in full range, turned upright where the film says how it was held."""
    picture = np.asarray(frame.to_ndarray(format="gray"), np.uint8)
    turns = round(frame.rotation / 90) % 4
    return np.ascontiguousarray(np.rot90(picture, turns)) if turns else picture


def _stamps_s(frame: av.VideoFrame) -> tuple[float | None, float | None]:
    """When the picture is to be shown, and when it was to be decoded."""
    base = frame.time_base
    presented_s = None if frame.pts is None or base is None else float(frame.pts * base)
    decoded_s = None if frame.dts is None or base is None else float(frame.dts * base)
    return presented_s, decoded_s


def _nominal_step_s(container: InputContainer) -> float:
    stream = container.streams.video[0]
    rate = stream.average_rate or stream.guessed_rate
    return min(1 / float(rate), 10.0) if rate else 0.04


def _declared_s(container: InputContainer) -> float:
    """How long the film says it is; 0 where it does not say (or where other streams may be longer)."""
    stream = container.streams.video[0]
    if stream.duration is not None and stream.time_base is not None:
        return float(stream.duration * stream.time_base)
    if container.duration is not None and len(container.streams) == 1:
        return float(container.duration / 1_000_000)
    return 0.0


def _ends_with(path: Path, end: bytes) -> bool:
    with path.open("rb") as file:
        file.seek(-len(end), 2)
        return file.read() == end


def _reason(fault: Exception) -> str:
    """The fault in words, without the path and the library's number."""
    return str(getattr(fault, "strerror", None) or fault)
