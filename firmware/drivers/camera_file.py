"""A film, or a folder of pictures, in the camera's place: in real time, or as fast as it goes."""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from firmware.core.privacy import Masks
from firmware.drivers.encoder_av import EncoderSettings
from firmware.drivers.film_source_av import FilmSource, Shot
from firmware.drivers.folder_source_pillow import FolderSource
from firmware.drivers.scaling import DETECTOR_LUMA, fitted, scaled
from firmware.drivers.studio import FrameMaker
from firmware.errors import CameraError
from firmware.messages import Frame, Grey, Size

_STARVED_S = 1.0  # a machine too slow for the film still gets a frame this often; the film then runs slower


@dataclass(frozen=True, slots=True)
class RealTime:
    """The pace of a live camera. `wait` replaces the wait that `close` interrupts (a test's own clock)."""

    monotonic_s: Callable[[], float] = time.monotonic
    wait: Callable[[float], object] | None = None


@dataclass(frozen=True, slots=True)
class FilmOptions:
    """`rate_hz`: at most so many frames a second of film. `encoder` None: frames carry no packets. `within`: larger
    pictures are made smaller to fit. `pace` None: as fast as it goes. `luma`: the network's input."""

    rate_hz: float = 10.0
    encoder: EncoderSettings | None = None
    within: Size | None = None
    loop: bool = False
    pace: RealTime | None = None
    luma: Size = DETECTOR_LUMA


class FileCamera:
    """ports.Camera over a film that FFmpeg opens, or over a folder of pictures (`rate_hz` of them a second).

    `t_s` is the film's own time from 0 (looped: it goes on rising), or in real time the monotonic clock at which that
    picture is due; a picture that comes later than the next one is due is dropped and counted in `late`.

    The constructor raises CameraError where there is no film; `frames` where the film is damaged, after all that comes
    before the damage. `frames` may be called again after `close`: it begins the film anew.
    """

    def __init__(self, source: Path, masks: Masks, options: FilmOptions) -> None:
        self._masks = masks
        self._options = options
        self._source = _source(source, options.rate_hz)
        self._closed = threading.Event()
        self._maker = FrameMaker(masks, options.encoder, options.luma)
        self._timing = _Timing(options, self._closed)

    def frames(self) -> Iterator[Frame]:
        """Frames until the film is over, or closed. Raises CameraError where the film is damaged."""
        self._closed.clear()
        self._maker = FrameMaker(self._masks, self._options.encoder, self._options.luma)
        self._timing = _Timing(self._options, self._closed)
        return self._play(self._timing)

    @property
    def late(self) -> int:
        """Pictures dropped since `frames` was called, because they came too late."""
        return self._timing.late

    def force_keyframe(self) -> None:
        """Make the next frame a keyframe."""
        self._maker.force_keyframe()

    def close(self) -> None:
        """No frame comes after this; a wait for the next one ends at once."""
        self._closed.set()

    def _play(self, timing: "_Timing") -> Iterator[Frame]:
        begin_s, number = 0.0, -1
        while True:
            film_s = begin_s
            for shot in self._source.shots():
                number += 1
                film_s = begin_s + shot.t_s
                if self._closed.is_set():
                    return
                t_s = timing.due(film_s)
                if self._closed.is_set():
                    return
                if t_s is not None:
                    yield self._maker.make(self._grey(shot), t_s, number)
            if not self._options.loop:
                return
            begin_s = film_s + self._source.step_s

    def _grey(self, shot: Shot) -> Grey:
        picture = shot.grey()
        if self._options.within is None:
            return picture
        height_px, width_px = picture.shape
        size = fitted(Size(width_px, height_px), self._options.within)
        return scaled(self._masks.burn(picture), size)  # masked first: scaling would smear what must not be seen


class _Timing:
    """Which pictures of the film are looked at, and when."""

    def __init__(self, options: FilmOptions, closed: threading.Event) -> None:
        self._step_s = 1 / options.rate_hz
        self._pace = options.pace
        self._closed = closed
        self._next_s = 0.0
        self._began_s: float | None = None
        self._given_s = 0.0
        self.late = 0

    def due(self, film_s: float) -> float | None:
        """The `t_s` of the picture at `film_s`, after waiting until it is due; None where it is passed over."""
        # A fifth of a step early is in time: films are rarely exact, and every other picture would be lost.
        if film_s < self._next_s - 0.2 * self._step_s:
            return None
        self._next_s = max(self._next_s, film_s - self._step_s) + self._step_s
        return film_s if self._pace is None else self._in_real_time(self._pace, film_s)

    def _in_real_time(self, pace: RealTime, film_s: float) -> float | None:
        now_s = pace.monotonic_s()
        if self._began_s is None:
            self._began_s = self._given_s = now_s - film_s
        late_s = now_s - (self._began_s + film_s)
        if late_s < 0:
            (pace.wait or self._closed.wait)(-late_s)
        elif late_s > self._step_s:
            if now_s - self._given_s < _STARVED_S:
                self.late += 1
                return None
            self._began_s += late_s
        self._given_s = max(now_s, self._began_s + film_s)
        return self._began_s + film_s


def _source(path: Path, rate_hz: float) -> FilmSource | FolderSource:
    if path.is_dir():
        return FolderSource(path, 1 / rate_hz)
    if not path.exists():
        raise CameraError(f"{path}: there is no such film or folder of pictures")
    return FilmSource(path)
