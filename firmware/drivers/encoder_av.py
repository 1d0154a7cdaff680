"""H.264 by libx264 through PyAV: for cameras that have no encoder of their own (films, scenes)."""

from dataclasses import dataclass
from fractions import Fraction
from math import inf

import av
import numpy as np
from av.video.frame import PictureType

from firmware.config import CameraConfig
from firmware.messages import Grey, Packet, Size

_TICKS_PER_S = 1_000_000
_JITTER_S = 0.005
_NEUTRAL_CHROMA = 128
_FULL_RANGE = 2  # AVCOL_RANGE_JPEG: a camera's grey uses 0..255, and a player must know


@dataclass(frozen=True, slots=True)
class EncoderSettings:
    """How the main stream is encoded. `bitrate_bit_s` is a ceiling (one second's buffer): a still lot costs less."""

    rate_hz: float = 10.0
    bitrate_bit_s: int = 1_500_000
    keyframe_interval_s: float = 1.0

    @classmethod
    def of(cls, camera: CameraConfig) -> "EncoderSettings":
        """As the site's camera is configured."""
        return cls(camera.rate_hz, camera.bitrate_bit_s, camera.keyframe_interval_s)


class H264Encoder:
    """Grey pictures of one size in, Annex B packets out, one per picture and at once.

    No B-frames; SPS and PPS stand in band before every keyframe. Keyframes are at most `keyframe_interval_s` apart by
    the pictures' own times, also at a varying rate (unless the pictures themselves stop for longer). Raises ValueError
    for a picture of another size, or one that is not later than the last (bugs of the caller's).
    """

    def __init__(self, size: Size, settings: EncoderSettings) -> None:
        if size.width_px % 2 or size.height_px % 2:
            raise ValueError(f"H.264 needs an even width and height, not {size.width_px}x{size.height_px}")
        self.size = size
        self._interval_s = settings.keyframe_interval_s
        self._codec = _open_codec(size, settings)
        self._yuv = np.full((size.height_px * 3 // 2, size.width_px), _NEUTRAL_CHROMA, np.uint8)
        self._times_s: dict[int, float] = {}  # holds only pictures inside the encoder: one at most, it has no delay
        self._first_s: float | None = None
        self._last_pts = -1
        self._last_s = -inf
        self._last_keyframe_s = -inf
        self._keyframe_wanted = True

    def encode(self, picture: Grey, t_s: float) -> tuple[Packet, ...]:
        """Encode one picture [h, w] seen at `t_s`, which must be later than the one before by a microsecond."""
        if picture.shape != (self.size.height_px, self.size.width_px):
            raise ValueError(f"the encoder was opened for {self.size}, not for a picture of shape {picture.shape}")
        if self._first_s is None:
            self._first_s = t_s
        pts = round((t_s - self._first_s) * _TICKS_PER_S)
        if pts <= self._last_pts:
            raise ValueError(f"picture at {t_s} s is not later than the one before")
        self._last_pts = pts
        self._times_s[pts] = t_s
        self._yuv[: self.size.height_px] = picture
        frame = av.VideoFrame.from_ndarray(self._yuv, format="yuv420p")
        frame.pts = pts
        frame.time_base = Fraction(1, _TICKS_PER_S)
        if self._keyframe_wanted or self._keyframe_due(t_s):
            frame.pict_type = PictureType.I
            self._last_keyframe_s = t_s
            self._keyframe_wanted = False
        self._last_s = t_s
        return self._packets(frame)

    def force_keyframe(self) -> None:
        """Make the next picture a keyframe. May be called from another thread."""
        self._keyframe_wanted = True

    def finish(self) -> tuple[Packet, ...]:
        """What the encoder still holds; it takes no more pictures after this."""
        return self._packets(None)

    def _keyframe_due(self, t_s: float) -> bool:
        """Whether the picture after this one, as far away as the one before, would come too late: a clip starts at
        most one interval before its pre-roll."""
        next_s = t_s + (t_s - self._last_s)
        return next_s - self._last_keyframe_s > self._interval_s + _JITTER_S

    def _packets(self, frame: av.VideoFrame | None) -> tuple[Packet, ...]:
        return tuple(
            Packet(self._times_s.pop(packet.pts or 0), packet.is_keyframe, bytes(packet))
            for packet in self._codec.encode(frame)
        )


def _open_codec(size: Size, settings: EncoderSettings) -> av.VideoCodecContext:
    """libx264, one thread, no delay, constant quality under a bit rate ceiling; we alone decide on keyframes."""
    codec = av.CodecContext.create("libx264", "w")
    assert isinstance(codec, av.VideoCodecContext)
    codec.width, codec.height = size.width_px, size.height_px
    codec.pix_fmt = "yuv420p"
    codec.color_range = _FULL_RANGE
    codec.time_base = Fraction(1, _TICKS_PER_S)
    codec.framerate = Fraction(settings.rate_hz).limit_denominator(1000)
    codec.thread_count = 1
    codec.max_b_frames = 0
    codec.gop_size = 1_000_000
    codec.options = {
        "preset": "superfast",  # a third dearer than ultrafast, a quarter fewer bytes over the mobile link
        "tune": "zerolatency",
        "crf": "28",  # sensor noise costs a third of what it costs at 26, and people look the same
        "maxrate": str(settings.bitrate_bit_s),
        "bufsize": str(settings.bitrate_bit_s),
        "forced-idr": "1",
        "x264-params": "scenecut=0",
    }
    return codec
