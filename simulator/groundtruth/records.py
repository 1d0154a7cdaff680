"""What is really in a picture: one thing as a record, and the things of many pictures in columns."""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from firmware.messages import Box, Size
from simulator.moment import Kind
from simulator.optics import F32, F64
from simulator.play import Activity

I32 = NDArray[np.int32]
U8 = NDArray[np.uint8]
Bools = NDArray[np.bool_]

PARKED, DRIVING, BURNING, SMOKING, BEAST = "parked", "driving", "burning", "smoking", "beast"
KINDS = (Kind.PERSON, Kind.VEHICLE, Kind.TWO_WHEELER, Kind.FIRE, Kind.SMOKE, Kind.ANIMAL)
"""A table's `kind` is a place in here."""

ACTIVITIES = (PARKED, DRIVING, BURNING, SMOKING, BEAST, *(activity.value for activity in Activity))
"""A table's `activity` is a place in here."""

KIND_CODES = {kind: code for code, kind in enumerate(KINDS)}
ACTIVITY_CODES = {activity: code for code, activity in enumerate(ACTIVITIES)}


@dataclass(frozen=True, slots=True)
class TruthObject:
    """One thing in one picture, in pixels of that picture.

    `box` is its whole outline cut to the picture, `shown` the box around the part of it that nothing hides, and
    `visible_ratio` that part's share of the outline; what lies outside the picture counts as hidden. `hidden_by` is the
    number of the body that hides most of it (0: scenery), None where nothing does. `distance_m` is from the lens to
    0.8 m above `place_m`, its place on the ground. `facing_rad` is the heading of its front: 0 towards the lens,
    positive counter-clockwise from above. `clarity` is what fog, rain and snow leave of its contrast under the pole's
    own lamp.
    """

    kind: Kind
    track: int
    box: Box
    shown: Box
    visible_ratio: float
    hidden_by: int | None
    distance_m: float
    place_m: tuple[float, float]
    activity: str
    facing_rad: float
    speed_m_s: float
    clarity: float

    def mirrored(self, width_px: int) -> Self:
        """The same in the picture's mirror image (`place_m` stays the world's)."""
        return replace(
            self,
            box=_flipped(self.box, width_px),
            shown=_flipped(self.shown, width_px),
            facing_rad=-self.facing_rad,
        )


def _flipped(box: Box, width_px: int) -> Box:
    return replace(box, x_px=width_px - box.x_px - box.w_px)


@dataclass(frozen=True, slots=True)
class TruthTable:
    """Everything of which something shows in the pictures at `t_s` [n], a row for each thing in each picture.

    Rows are sorted by track, then frame (a place in `t_s`). `box` and `shown` are x, y, width, height [m, 4] in pixels
    of a picture of `size`, as `TruthObject` has them; `kind` and `activity` are places in KINDS and ACTIVITIES.
    """

    size: Size
    t_s: F64
    frame: I32
    track: I32
    kind: U8
    box: F32
    shown: F32
    visible_ratio: F32
    distance_m: F32
    activity: U8

    def __len__(self) -> int:
        return len(self.frame)

    @classmethod
    def of(cls, size: Size, t_s: F64, number: int, kind: Kind, columns: "Columns") -> "TruthTable":
        """One thing's rows."""
        count = len(columns.frame)
        return cls(
            size, t_s, columns.frame, np.full(count, number, np.int32), np.full(count, KIND_CODES[kind], np.uint8),
            _boxes(columns.box_px), _boxes(columns.shown_px), columns.visible_ratio.astype(np.float32),
            np.broadcast_to(columns.distance_m, count).astype(np.float32),
            np.broadcast_to(columns.activity, count).astype(np.uint8),
        )  # fmt: skip

    def rows(self, chosen: Bools | NDArray[np.int64]) -> "TruthTable":
        """Some of its rows; the order must stay by track and frame."""
        return TruthTable(
            self.size, self.t_s, self.frame[chosen], self.track[chosen], self.kind[chosen], self.box[chosen],
            self.shown[chosen], self.visible_ratio[chosen], self.distance_m[chosen], self.activity[chosen],
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Columns:
    """One thing in some frames [n]: corners of its outline and of what shows, left, top, right, bottom [n, 4], cut to
    the picture; share [n]; distance and activity code [n], or one for all."""

    frame: I32
    box_px: F64
    shown_px: F64
    visible_ratio: F64 | F32
    distance_m: F64
    activity: NDArray[np.int32]


def _boxes(corners_px: F64) -> F32:
    """Corners [n, 4] as x, y, width, height."""
    boxes = np.concatenate([corners_px[:, :2], corners_px[:, 2:] - corners_px[:, :2]], axis=1)
    return np.asarray(boxes, dtype=np.float32)


def limits(size: Size) -> F64:
    """The picture's right and lower edges, as corners [4] are cut to them."""
    return np.array([size.width_px, size.height_px, size.width_px, size.height_px], dtype=np.float64)


def area(corners_px: F64) -> F64:
    """Of rectangles [n, 4] given by their corners."""
    return np.asarray((corners_px[:, 2] - corners_px[:, 0]) * (corners_px[:, 3] - corners_px[:, 1]))


def stacked(size: Size, t_s: F64, parts: list[TruthTable]) -> TruthTable:
    """Parts of one table as one, sorted by track and frame."""
    if not parts:
        none, bytes_ = np.zeros(0, np.int32), np.zeros(0, np.uint8)
        boxes, ratios = np.zeros((0, 4), np.float32), np.zeros(0, np.float32)
        return TruthTable(size, t_s, none, none, bytes_, boxes, boxes, ratios, ratios, bytes_)
    firsts = [(int(part.track[0]), int(part.frame[0])) if len(part) else (0, 0) for part in parts]
    parts = [parts[place] for place in sorted(range(len(parts)), key=lambda place: firsts[place])]
    whole = TruthTable(
        size, t_s,
        np.concatenate([part.frame for part in parts]), np.concatenate([part.track for part in parts]),
        np.concatenate([part.kind for part in parts]), np.concatenate([part.box for part in parts]),
        np.concatenate([part.shown for part in parts]), np.concatenate([part.visible_ratio for part in parts]),
        np.concatenate([part.distance_m for part in parts]), np.concatenate([part.activity for part in parts]),
    )  # fmt: skip
    place = whole.track.astype(np.int64) * (len(t_s) + 1) + whole.frame
    return whole if bool((np.diff(place) > 0).all()) else whole.rows(np.argsort(place, kind="stable"))
