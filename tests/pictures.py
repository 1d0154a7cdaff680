"""Pictures and films for tests: a lot in grey with something bright that moves, and films made of it by PyAV."""

import io
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from firmware.messages import Grey, Size

SMALL = Size(320, 180)


def lot(number: int, size: Size = SMALL) -> Grey:
    """Picture `number` of a still, noisy lot over which a bright square walks 4 px a picture."""
    rng = np.random.default_rng(12)
    picture = rng.integers(40, 90, (size.height_px, size.width_px), dtype=np.uint8)
    left = 4 * number % (size.width_px - 24)
    picture[size.height_px // 2 : size.height_px // 2 + 24, left : left + 24] = 230
    return picture


def count_picture(number: int, size: Size = SMALL) -> Grey:
    """A picture that says its own number: the left half's grey is 10 + 2 * number."""
    picture = np.full((size.height_px, size.width_px), 128, np.uint8)
    picture[:, : size.width_px // 2] = 10 + 2 * number
    return picture


def number_of(picture: Grey) -> int:
    """The number that `count_picture` put in."""
    height_px, width_px = picture.shape
    patch = picture[height_px // 4 : height_px // 2, width_px // 8 : width_px // 4]
    return round((float(patch.mean()) - 10) / 2)


@dataclass(frozen=True, slots=True)
class Film:
    """How `write_film` makes a film."""

    pictures: int = 30
    rate_hz: int = 10
    size: Size = SMALL
    codec: str = "libx264"
    pix_fmt: str = "yuv420p"
    container: str = "mp4"
    options: tuple[tuple[str, str], ...] = ()
    draw: Callable[[int, Size], Grey] = count_picture
    times_s: tuple[float, ...] | None = None


def write_film(path: Path, film: Film | None = None) -> Path:
    """A film file; `times_s` gives each picture's own time (else `rate_hz`)."""
    film = film or Film()
    with av.open(str(path), "w", format=film.container, options=dict(film.options)) as out:
        stream = out.add_stream(film.codec, rate=film.rate_hz)
        stream.width, stream.height, stream.pix_fmt = film.size.width_px, film.size.height_px, film.pix_fmt
        if film.times_s is not None:
            stream.codec_context.time_base = Fraction(1, 1000)
        for number in range(film.pictures):
            grey = film.draw(number, film.size)
            frame = av.VideoFrame.from_ndarray(np.repeat(grey[:, :, None], 3, axis=2), format="rgb24")
            if film.times_s is not None:
                frame.pts, frame.time_base = round(film.times_s[number] * 1000), Fraction(1, 1000)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return path


@dataclass(frozen=True, slots=True)
class Decoded:
    """A film as a player sees it."""

    size: Size
    times_s: tuple[float, ...]
    pictures: tuple[Grey, ...]
    streams: tuple[str, ...]


def decode(film: bytes, kind: str | None = None) -> Decoded:
    """Play a film from memory, all of it."""
    with av.open(io.BytesIO(film), format=kind) as played:
        video = played.streams.video[0]
        frames = list(played.decode(video))
        return Decoded(
            Size(video.width, video.height),
            tuple(float(frame.time or 0.0) for frame in frames),
            tuple(np.asarray(frame.to_ndarray(format="gray"), np.uint8) for frame in frames),
            tuple(stream.type for stream in played.streams),
        )


def decode_h264(packets: Iterable[bytes]) -> tuple[Grey, ...]:
    """Decode bare Annex B packets."""
    codec = av.CodecContext.create("h264", "r")
    frames = [frame for data in packets for frame in codec.decode(av.Packet(data))]  # type: ignore[attr-defined]
    frames += codec.decode(None)  # type: ignore[attr-defined]
    return tuple(np.asarray(frame.to_ndarray(format="gray"), np.uint8) for frame in frames)
