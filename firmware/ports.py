"""One Protocol per device. Real and fake drivers pass the same contract tests (tests/contracts)."""

from collections.abc import Iterator
from datetime import datetime
from typing import Protocol

from firmware.messages import Frame, Grey, Packet, RawDetections, Size
from wire.messages import Alarm, ClipHead


class Clock(Protocol):
    """Two clocks: one that never steps, and one that the law reads."""

    def monotonic_s(self) -> float:
        """Seconds since some fixed moment; never steps, on the same base as `Frame.t_s` of a live camera."""
        ...

    def now_utc(self) -> datetime:
        """Wall time, aware, in UTC. May step."""
        ...

    def trusted(self) -> bool:
        """Whether wall time is known to be right. Untrusted: the node stays dark."""
        ...

    def distrust(self) -> str:
        """Why wall time is not trusted, in words; empty while it is."""
        ...

    def remember(self) -> None:
        """Keep wall time, so that no later start trusts an earlier one. Cheap: call it in every turn."""
        ...


class Camera(Protocol):
    """A source of masked frames. Opened by its constructor's owner calling `frames`; dark once closed."""

    def frames(self) -> Iterator[Frame]:
        """Open the camera and yield frames until closed or, for a film, until its end. Raises CameraError."""
        ...

    def force_keyframe(self) -> None:
        """Ask the encoder for a keyframe as soon as possible."""
        ...

    def close(self) -> None:
        """Stop at once and let the device go; idempotent, callable from another thread."""
        ...


class Detector(Protocol):
    """A network behind a runtime."""

    @property
    def input_size(self) -> Size:
        """The network's input."""
        ...

    def infer(self, luma: Grey) -> RawDetections:
        """Look at one grey picture [h, w] of any size that fits the input once letterboxed."""
        ...


class Illuminator(Protocol):
    """The infrared lamp behind a dead man's switch: dark again `hold_s` after the last `hold(True)`."""

    def hold(self, on: bool) -> None:
        """Keep the lamp lit for another `hold_s`, or put it out now."""
        ...

    @property
    def lit(self) -> bool:
        """Whether the lamp is lit now."""
        ...

    def close(self) -> None:
        """Dark, and let the pin go; idempotent."""
        ...


class Stop(Protocol):
    """What ends a process's loop: a threading.Event."""

    def is_set(self) -> bool:
        """Whether to end."""
        ...

    def wait(self, timeout: float) -> bool:
        """Wait at most `timeout` seconds; whether to end."""
        ...


class Watchdog(Protocol):
    """Whoever restarts a process that has stopped making progress."""

    def ready(self) -> None:
        """Start-up is done."""
        ...

    def alive(self) -> None:
        """Tell that one whole turn of the loop is done."""
        ...

    def status(self, text: str) -> None:
        """The line that an administrator sees."""
        ...


class Outbox(Protocol):
    """Where alarms are safe: on disk before all else. Emptied by `link` on the centre's receipt."""

    @property
    def storage_fault(self) -> str:
        """Why the newest phase had to be kept in RAM instead; empty while the disk works."""
        ...

    def put(self, alarm: Alarm) -> None:
        """Commit one phase of an alarm to disk. Raises StoreError."""
        ...


class MediaStore(Protocol):
    """Stills and clips on their way to the centre. In RAM only: no clear recording ever touches the disk.

    Bounded: when full, the oldest clip goes first, then the oldest still; what was dropped is counted.
    """

    def put_still(self, alarm: str, jpeg: bytes) -> None:
        """One JPEG, at most 32 KiB."""
        ...

    def begin_clip(self, alarm: str, head: ClipHead) -> None:
        """Open a clip; its bytes follow while they are filmed."""
        ...

    def append_clip(self, alarm: str, data: bytes) -> None:
        """The next bytes of the file (fragmented MP4, playable from the first)."""
        ...

    def end_clip(self, alarm: str) -> None:
        """No more bytes will come; size and SHA-256 of the whole are fixed now."""
        ...


class Muxer(Protocol):
    """Encoded packets in, bytes of a fragmented MP4 out, without re-encoding. One muxer, one clip."""

    def add(self, packets: tuple[Packet, ...]) -> bytes:
        """The bytes that these packets complete (may be empty). The first packet must be a keyframe."""
        ...

    def finish(self) -> bytes:
        """The last bytes."""
        ...
