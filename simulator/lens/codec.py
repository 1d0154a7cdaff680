"""What compression leaves of a picture: JPEG for stills, temporal denoising and the node's own H.264 for sequences."""

import io
from collections.abc import Callable, Iterator, Sequence

import av
import cv2
import numpy as np
from PIL import Image

from firmware.drivers.encoder_av import EncoderSettings, H264Encoder
from firmware.messages import Grey, Packet, Size
from simulator.lens.settings import CodecSettings

_MOVED_GREY = 12.0


def through_jpeg(picture: Grey, quality: int) -> Grey:
    """A still [h, w] as it comes back from JPEG of a quality (1..95)."""
    out = io.BytesIO()
    Image.fromarray(picture).save(out, format="JPEG", quality=quality)
    return np.asarray(Image.open(out), dtype=np.uint8)


class Denoiser:
    """A camera's temporal noise filter: where nothing has moved, `strength` (0..1) of the last picture is kept. Motion
    is a difference, smoothed over some pixels, of many times the noise; there it fades, so people keep their noise."""

    def __init__(self, strength: float) -> None:
        self._strength = strength
        self._kept: np.ndarray | None = None  # type: ignore[type-arg]

    def denoised(self, picture: Grey) -> Grey:
        """The next picture [h, w], filtered."""
        fresh = picture.astype(np.float32)
        if self._kept is None or self._kept.shape != fresh.shape:
            self._kept = fresh
            return picture
        change = self._kept - fresh
        moved = cv2.blur(np.abs(cv2.blur(change, (3, 3))), (5, 5)) / _MOVED_GREY
        keep = np.float32(self._strength) * np.clip(1.5 - moved * 1.5, 0.0, 1.0)
        self._kept = fresh + keep * change
        return np.asarray(np.round(self._kept), dtype=np.uint8)


def through_h264(pictures: Sequence[Grey], settings: EncoderSettings) -> Iterator[Grey]:
    """A sequence [h, w] at `settings.rate_hz` as it comes back from the node's own encoder; one picture for each, but
    not at once. ValueError: pictures of different or odd sizes."""
    height, width = pictures[0].shape
    encoder = H264Encoder(Size(width, height), settings)
    decoder = av.CodecContext.create("h264", "r")
    assert isinstance(decoder, av.VideoCodecContext)
    decoder.thread_count = 1
    for number, picture in enumerate(pictures):
        yield from _decoded(decoder, encoder.encode(picture, number / settings.rate_hz))
    yield from _decoded(decoder, encoder.finish())
    yield from (_luma(frame) for frame in decoder.decode(None))


def sequence(pictures: Sequence[Grey], settings: CodecSettings) -> Iterator[Grey]:
    """A sequence as the node stores it: denoised, then through H.264."""
    denoiser = Denoiser(settings.denoise)
    clean = [denoiser.denoised(picture) for picture in pictures]
    return through_h264(clean, EncoderSettings(settings.rate_hz, settings.bitrate_bit_s))


def still(take: Callable[[float], Grey], t_s: float, settings: CodecSettings, before: int = 4) -> Grey:
    """One picture of a scene that stood still for a while, as the node stores it: `take` gives the raw picture at a
    time; so many are taken before it."""
    taken = [take(max(0.0, t_s - back / settings.rate_hz)) for back in range(before, -1, -1)]
    return list(sequence(taken, settings))[-1]


def _decoded(decoder: av.VideoCodecContext, packets: Sequence[Packet]) -> Iterator[Grey]:
    for packet in packets:
        yield from (_luma(frame) for frame in decoder.decode(av.Packet(packet.data)))


def _luma(frame: av.VideoFrame) -> Grey:
    plane = frame.planes[0]
    rows = np.frombuffer(bytes(plane), dtype=np.uint8).reshape(plane.height, plane.line_size)
    return np.ascontiguousarray(rows[:, : plane.width], dtype=np.uint8)
