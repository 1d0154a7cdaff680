"""The seconds before an alarm: a ring of encoded packets in RAM that always begins with a keyframe."""

from collections import deque
from dataclasses import dataclass
from math import inf

from firmware.config import CameraConfig, ClipConfig
from firmware.messages import Packet

_SLACK_S = 1.0  # an alarm may speak of a frame that is a little older than the newest packet
_BURST = 1.5  # encoders overshoot their bit rate for some seconds when a still lot comes alive


@dataclass(frozen=True, slots=True)
class PrebufferLimits:
    """`keep_s`: how far back `since` must reach. `most_s` and `most_bytes`: what the ring never exceeds."""

    keep_s: float
    most_s: float
    most_bytes: int

    @classmethod
    def of(cls, clip: ClipConfig, camera: CameraConfig) -> "PrebufferLimits":
        """Room for the pre-roll and the keyframe interval before it: 4.2 MB for 10 s at 1.5 Mbit/s."""
        keep_s = clip.preroll_s + _SLACK_S
        most_s = keep_s + 2 * camera.keyframe_interval_s + 2.0
        return cls(keep_s, most_s, int(most_s * camera.bitrate_bit_s / 8 * _BURST))


class Prebuffer:
    """Holds the packets of the last `keep_s` seconds and those back to the keyframe before them.

    Where that would be longer than `most_s` or larger than `most_bytes`, the oldest keyframe and what hangs on it goes
    first, and is counted in `dropped`: the pre-roll is then shorter, never broken. Packets before the first keyframe
    cannot be shown; they are refused and counted in `refused`.
    """

    def __init__(self, limits: PrebufferLimits) -> None:
        self._limits = limits
        self._packets: deque[Packet] = deque()
        self._keyframes_s: deque[float] = deque()
        self.size_bytes = 0
        self.dropped = 0
        self.refused = 0

    def add(self, packet: Packet) -> None:
        """The next packet. One that is older than the newest means another clock: the ring begins anew with it."""
        if self._packets and packet.t_s <= self._packets[-1].t_s:
            self.clear()
        if not self._packets and not packet.keyframe:
            self.refused += 1
            return
        self._packets.append(packet)
        self.size_bytes += len(packet.data)
        if packet.keyframe:
            self._keyframes_s.append(packet.t_s)
        while self._second_keyframe_s() <= packet.t_s - self._limits.keep_s:
            self._drop_oldest()
        while self._packets and self._too_much():
            self.dropped += self._drop_oldest()

    def since(self, t_s: float) -> tuple[Packet, ...]:
        """All packets from the last keyframe at or before `t_s`; from the oldest keyframe if none is that old."""
        begin_s = max((key_s for key_s in self._keyframes_s if key_s <= t_s), default=-inf)
        return tuple(packet for packet in self._packets if packet.t_s >= begin_s)

    def clear(self) -> None:
        """Forget everything: the watch is over, or the encoder began anew."""
        self._packets.clear()
        self._keyframes_s.clear()
        self.size_bytes = 0

    @property
    def held_s(self) -> float:
        """Seconds between the oldest and the newest packet."""
        return self._packets[-1].t_s - self._packets[0].t_s if self._packets else 0.0

    def _second_keyframe_s(self) -> float:
        return self._keyframes_s[1] if len(self._keyframes_s) > 1 else inf

    def _too_much(self) -> bool:
        return self.held_s > self._limits.most_s or self.size_bytes > self._limits.most_bytes

    def _drop_oldest(self) -> int:
        """Drop the oldest keyframe and all up to the next one; how many packets that was."""
        end_s = self._second_keyframe_s()
        self._keyframes_s.popleft()
        count = 0
        while self._packets and self._packets[0].t_s < end_s:
            self.size_bytes -= len(self._packets.popleft().data)
            count += 1
        return count
