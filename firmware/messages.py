"""Frozen records between the stages, in the order in which they flow.

    Frame -> RawDetections -> Detection -> Track -> AlarmEvent -> StepResult

Times are seconds on the frame's monotonic clock (`t_s`). Boxes are pixels of the main picture.
"""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.uint8]
"""A grey picture, shape [height, width]."""


class ObjectKind(StrEnum):
    """What the detector may know. Animals are seen, and neither followed nor told of."""

    PERSON = "person"
    VEHICLE = "vehicle"
    TWO_WHEELER = "two-wheeler"
    FIRE = "fire"
    SMOKE = "smoke"
    ANIMAL = "animal"


class AlarmKind(StrEnum):
    """Deviant behaviour that a node tells of (ACCEPTANCE.md, section 1)."""

    FIRE = "fire"
    TAMPERING = "tampering"
    PROWLING = "prowling"
    LOITERING = "loitering"


class Phase(StrEnum):
    """One incident is one alarm id: `new` once, `update` while it goes on, `end` once."""

    NEW = "new"
    UPDATE = "update"
    END = "end"


class Severity(StrEnum):
    """How soon somebody should look."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


@dataclass(frozen=True, slots=True)
class Size:
    """Width and height of a picture in pixels."""

    width_px: int
    height_px: int


@dataclass(frozen=True, slots=True)
class Packet:
    """One encoded H.264 access unit (Annex B) of the main stream; a keyframe carries SPS and PPS in band."""

    t_s: float
    keyframe: bool
    data: bytes


@dataclass(frozen=True, slots=True)
class Frame:
    """One look of the camera, privacy masks already burnt in.

    `number` counts the camera's pictures from 0; of a film, also those that were passed over.
    `picture` is the main stream's luma [h, w], `luma` the smaller one for the detector (same field of view, fits in
    its input), `packets` what the encoder has given since the frame before (may be empty: an encoder may lag).
    """

    number: int
    t_s: float
    picture: Grey
    luma: Grey
    packets: tuple[Packet, ...] = ()

    @property
    def size(self) -> Size:
        """The main picture's size."""
        height_px, width_px = self.picture.shape
        return Size(width_px, height_px)


@dataclass(frozen=True, slots=True)
class RawDetections:
    """What the network gives, undecoded: `boxes` float32 [n, 4], `scores` float32 [n, 1 + classes]."""

    boxes: NDArray[np.float32]
    scores: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in pixels of the main picture; x, y is the upper left corner."""

    x_px: float
    y_px: float
    w_px: float
    h_px: float

    @property
    def foot(self) -> tuple[float, float]:
        """Middle of the lower edge: where a thing stands on the ground."""
        return self.x_px + self.w_px / 2, self.y_px + self.h_px

    @property
    def centre(self) -> tuple[float, float]:
        """Middle of the box."""
        return self.x_px + self.w_px / 2, self.y_px + self.h_px / 2


SEEN_SCORE = 0.5
"""Where the decoder puts every class's threshold."""


@dataclass(frozen=True, slots=True)
class Detection:
    """One object in one frame; `score` in 0..1 on a scale that all classes share: from `SEEN_SCORE` on it counts as
    seen, and below it only helps to follow what was seen before."""

    kind: ObjectKind
    score: float
    box: Box


@dataclass(frozen=True, slots=True)
class Track:
    """One thing followed through time.

    `x`, `y` is its foot point and `vx`, `vy` its velocity on the ground: metres and m/s where the site is calibrated,
    else pixels and px/s. `seen_s` is when it was last really seen; between looks and behind a car a track coasts.
    `score` is the median of its latest detections' scores.
    """

    id: int
    kind: ObjectKind
    box: Box
    score: float
    x: float
    y: float
    vx: float
    vy: float
    first_s: float
    seen_s: float


@dataclass(frozen=True, slots=True)
class AlarmObject:
    """A thing that takes part in an incident."""

    kind: ObjectKind
    track: int


@dataclass(frozen=True, slots=True)
class AlarmEvent:
    """One phase of one incident. `seq` counts up from 0 within `id`; `t_s` is when this phase happened.

    `began_s` is when the behaviour began (a prowler is known as one only at the third car).
    """

    id: str
    seq: int
    phase: Phase
    kind: AlarmKind
    severity: Severity
    t_s: float
    began_s: float
    zone: str
    reason: str
    objects: tuple[AlarmObject, ...]


@dataclass(frozen=True, slots=True)
class StepResult:
    """What one frame led to. `detections` is None where the motion gate let the detector rest."""

    detections: tuple[Detection, ...] | None
    tracks: tuple[Track, ...]
    alarms: tuple[AlarmEvent, ...]
    ir_on: bool
