"""Fragmented MP4 by libavformat through PyAV: H.264 packets in, bytes of a film out, nothing encoded again."""

import io
from fractions import Fraction

import av
import av.error
from av.container import InputContainer, OutputContainer

from firmware.errors import StoreError
from firmware.messages import Packet

FRAGMENT_S = 0.25
"""How much film waits in the muxer until it comes out: the price is some 140 bytes per fragment."""

_TICKS_PER_S = 90_000
_OPTIONS = {
    # Everything that a player needs stands first; each fragment can be played when it is there.
    "movflags": "empty_moov+default_base_moof",
    "frag_duration": str(round(FRAGMENT_S * 1_000_000)),
    "video_track_timescale": str(_TICKS_PER_S),
    "fflags": "bitexact",  # no library version and no date in the film
}


class _Sink(io.RawIOBase):
    """Takes bytes in order and gives them away once; cannot seek, as a broker cannot."""

    def __init__(self) -> None:
        self._bytes = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: bytes, /) -> int:  # type: ignore[override]
        self._bytes += data
        return len(data)

    def take(self) -> bytes:
        taken = bytes(self._bytes)
        self._bytes.clear()
        return taken


class FragmentedMp4:
    """ports.Muxer. The film's first picture has time 0, the others keep their distance from it to 1/90000 s.

    There is one track, of video; sound is not recorded and could not be added. Raises StoreError where the packets
    cannot be put in a film.
    """

    def __init__(self) -> None:
        self._sink = _Sink()
        self._film: OutputContainer | None = None
        self._first_s = 0.0
        self._last_ticks = -1

    def add(self, packets: tuple[Packet, ...]) -> bytes:
        """The bytes that these packets complete. The first packet of all must be a keyframe (else ValueError)."""
        try:
            for packet in packets:
                if self._film is None:
                    self._begin(packet)
                self._mux(packet)
        except av.error.FFmpegError as fault:
            raise StoreError(f"the clip takes no more packets: {fault}") from fault
        return self._sink.take()

    def finish(self) -> bytes:
        """The last fragment and the index of fragments; the muxer takes no more packets after this."""
        try:
            if self._film is not None:
                self._film.close()
        except av.error.FFmpegError as fault:
            raise StoreError(f"the clip cannot be ended: {fault}") from fault
        return self._sink.take()

    def _begin(self, packet: Packet) -> None:
        if not packet.keyframe:
            raise ValueError("a film must begin with a keyframe")
        # Size, profile and parameter sets are read from the keyframe itself, so the film says what it really holds.
        with av.open(io.BytesIO(packet.data), format="h264") as keyframe:
            assert isinstance(keyframe, InputContainer)
            self._film = av.open(self._sink, "w", format="mp4", options=_OPTIONS)
            self._film.add_stream_from_template(keyframe.streams.video[0], opaque=True)
        self._first_s = packet.t_s

    def _mux(self, packet: Packet) -> None:
        assert self._film is not None
        sample = av.Packet(packet.data)
        sample.stream = self._film.streams.video[0]
        sample.time_base = Fraction(1, _TICKS_PER_S)
        ticks = max(round((packet.t_s - self._first_s) * _TICKS_PER_S), self._last_ticks + 1)
        sample.pts = sample.dts = ticks
        sample.duration = ticks - self._last_ticks if self._last_ticks >= 0 else 0  # shown so long if it is the last
        sample.is_keyframe = packet.keyframe
        self._last_ticks = ticks
        self._film.mux(sample)
