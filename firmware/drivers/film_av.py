"""An H.264 film written to a file for people to look at: annotated replays, simulated nights. Never used on a pole."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from PIL import Image

from firmware.errors import NodeError

TIME_BASE = Fraction(1, 1000)


class FilmWriter:
    """Pictures with times in, an MP4 file out. The size is that of the first picture, made even."""

    def __init__(self, path: Path, rate_hz: float) -> None:
        try:
            self._sink = path.open("wb")
        except OSError as error:
            raise NodeError(f"{path}: cannot write the film: {error.strerror}") from error
        self._file = av.open(self._sink, "w", format="mp4")
        self._rate = Fraction(max(rate_hz, 1)).limit_denominator(1000)
        self._stream: av.VideoStream | None = None
        self._last_ms = -1

    def add(self, picture: Image.Image, t_s: float) -> None:
        """Append one picture, shown at `t_s` seconds."""
        stream = self._stream = self._stream or self._open(picture)
        pixels = np.asarray(picture.crop((0, 0, stream.width, stream.height)).convert("RGB"))
        frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
        # Times must rise, or the muxer refuses; two pictures within a millisecond are one too many for an eye anyway.
        self._last_ms = max(self._last_ms + 1, round(t_s * 1000))
        frame.pts, frame.time_base = self._last_ms, TIME_BASE
        self._file.mux(stream.encode(frame))

    def close(self) -> None:
        """Finish the file."""
        if self._stream is not None:
            self._file.mux(self._stream.encode(None))
        self._file.close()
        self._sink.close()

    def _open(self, picture: Image.Image) -> av.VideoStream:
        stream = self._file.add_stream("libx264", rate=self._rate, options={"preset": "veryfast", "crf": "23"})
        stream.width, stream.height = picture.width // 2 * 2, picture.height // 2 * 2
        stream.pix_fmt = "yuv420p"
        stream.codec_context.time_base = TIME_BASE
        return stream
