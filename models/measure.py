"""Right and wrong finds, and what follows from them, with everything the labels leave open left open.

A picture counts for a class only if it is labelled for it. A find on an ignored box is neither right nor wrong.
Finds and objects are matched once (`gather`); every curve, band and group is a selection out of that evidence.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.data import EVERY_CLASS, Picture
from models.finds import Boxes, Finds, iou_matrix, share_inside

MATCH_IOU = 0.5
WIDTH_PX = 512  # heights are told in px of a picture of this width, whatever its own size
Floats = NDArray[np.float64]
Rows = NDArray[np.int64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Point:
    """A detector at one threshold; finds a picture, over the pictures that are labelled for the class."""

    precision: float
    recall: float
    false_a_picture: float


@dataclass(frozen=True, slots=True)
class Curve:
    """Precision and recall of one class as the threshold falls; `scores` `[n]` descending, `objects` the truths."""

    scores: NDArray[np.float32]
    right: Mask
    objects: int
    pictures: int

    @property
    def recall(self) -> Floats:
        """Share of the objects found with at least each score."""
        return np.cumsum(self.right) / max(self.objects, 1)

    @property
    def precision(self) -> Floats:
        """Share of the finds with at least each score that are right."""
        return np.cumsum(self.right) / np.arange(1, len(self.right) + 1)

    @property
    def envelope(self) -> Floats:
        """The best precision at no less than each recall."""
        return np.asarray(np.maximum.accumulate(self.precision[::-1])[::-1], np.float64)

    def average_precision(self) -> float | None:
        """Area under the precision envelope (as PASCAL VOC from 2010 on); None without a single object."""
        if not self.objects:
            return None
        if not len(self.scores):
            return 0.0
        steps = np.diff(np.concatenate(([0.0], self.recall)))
        return float((steps * self.envelope).sum())

    def at(self, threshold: float) -> Point:
        """The point at a threshold; precision is 1 where nothing is found."""
        count = int((self.scores >= threshold).sum())
        right = int(self.right[:count].sum())
        precision = right / count if count else 1.0
        return Point(precision, right / max(self.objects, 1), (count - right) / max(self.pictures, 1))

    def threshold_at(self, precision: float) -> float | None:
        """The lowest threshold that still gives this precision; None where none does.

        Finds of one score come and go together, so only the last of them is a threshold.
        """
        last = np.append(self.scores[1:] != self.scores[:-1], True)[: len(self.scores)]
        good = np.flatnonzero((self.precision >= precision) & last)
        return float(self.scores[good[-1]]) if len(good) else None

    def recall_at(self, precision: float) -> float:
        """The recall that is reached at this precision; 0 where it is not reached."""
        threshold = self.threshold_at(precision)
        return 0.0 if threshold is None else self.at(threshold).recall


@dataclass(frozen=True, slots=True)
class Band:
    """Sizes from `low` on and below `high`: heights in px of a 512-wide picture, or the root of areas in own px."""

    name: str
    low: float
    high: float
    by_area: bool = False


HEIGHT_BANDS = (
    Band("under 15 px", 0, 15),
    Band("15-30 px", 15, 30),
    Band("30-60 px", 30, 60),
    Band("over 60 px", 60, np.inf),
)
COCO_BANDS = (
    Band("small (COCO)", 0, 32, by_area=True),
    Band("medium (COCO)", 32, 96, by_area=True),
    Band("large (COCO)", 96, np.inf, by_area=True),
)


@dataclass(frozen=True, slots=True)
class Sizes:
    """Of boxes `[n]`: heights in px of a 512-wide picture, and sides of squares of their area in their own px."""

    height_px: Floats
    side_px: Floats

    def within(self, band: Band) -> Mask:
        """Which lie in a band."""
        values = self.side_px if band.by_area else self.height_px
        return np.asarray((values >= band.low) & (values < band.high), np.bool_)


@dataclass(frozen=True, slots=True)
class Evidence:
    """One class of one detector over a sequence of pictures, told by their places in it.

    `pictures` `[p]` are those that are labelled for the class, `bare` `[p]` those of them that show none of it outside
    of ignored boxes. `match` `[n]` is the object that a find hit, -1 none; `clear` `[n]` are finds that touch no
    ignored box; `find_rows` `[n]` and `object_row` `[m]` are rows in the picture's finds and boxes.
    """

    pictures: Rows
    bare: Mask
    find_picture: Rows
    scores: NDArray[np.float32]
    match: Rows
    clear: Mask
    find_rows: Rows
    find_sizes: Sizes
    object_picture: Rows
    object_row: Rows
    object_sizes: Sizes

    def curve(self, among: Mask | None = None, band: Band | None = None) -> Curve:
        """The curve over the pictures of a mask `[all]`, and over the objects of a band.

        As with COCO, a find on an object outside of the band does not count, nor does one that hit nothing and is
        itself outside.
        """
        hit = self.match >= 0
        counts, wanted = np.ones(len(hit), np.bool_), np.ones(len(self.object_picture), np.bool_)
        used = len(self.pictures)
        if among is not None:
            counts &= among[self.find_picture]
            wanted &= among[self.object_picture]
            used = int(among[self.pictures].sum())
        if band is not None:
            inside = self.object_sizes.within(band)
            wanted &= inside
            counts &= np.where(hit, np.append(inside, False)[self.match], self.find_sizes.within(band))
        order = np.flatnonzero(counts)
        order = order[np.argsort(-self.scores[order], kind="stable")]
        return Curve(self.scores[order], hit[order], int(wanted.sum()), used)

    def object_scores(self) -> NDArray[np.float32]:
        """The score with which each object was found `[m]`; -1 where it was not."""
        result = np.full(len(self.object_picture), -1.0, np.float32)
        hit = self.match >= 0
        result[self.match[hit]] = self.scores[hit]
        return result

    def in_bare(self, among: Mask | None = None) -> BareFinds:
        """Finds in pictures that show none of the class, beside ignored boxes: every one is false."""
        bare = self.pictures[self.bare]
        bare = bare if among is None else bare[among[bare]]
        found = np.isin(self.find_picture, bare) & self.clear
        return BareFinds(len(bare), self.find_picture[found], self.scores[found])


@dataclass(frozen=True, slots=True)
class BareFinds:
    """Finds in `pictures` pictures that show none of a class: the picture of each and its score `[n]`."""

    pictures: int
    find_picture: Rows
    scores: NDArray[np.float32]

    def at(self, threshold: float) -> FalseFinds:
        """How many reach a threshold."""
        found = self.find_picture[self.scores >= threshold]
        return FalseFinds(self.pictures, len(found), len(np.unique(found)))


@dataclass(frozen=True, slots=True)
class FalseFinds:
    """False finds in pictures without a single object: how many, and in how many pictures."""

    pictures: int
    finds: int
    pictures_with: int

    @property
    def per_1000(self) -> float:
        """False finds in 1,000 such pictures."""
        return 1000 * self.finds / max(self.pictures, 1)

    @property
    def per_1000_at_most(self) -> float:
        """What 1,000 others like them have at most, with 95 % confidence, if pictures were independent.

        Upper limit of a Poisson mean, by Wilson and Hilferty's approximation of the chi-squared quantile.
        """
        more = self.finds + 1
        upper: float = more * (1 - 1 / (9 * more) + 1.645 / (3 * more**0.5)) ** 3
        return 1000 * upper / max(self.pictures, 1)


def gather(pictures: Sequence[Picture], finds: Sequence[Finds], kind: int) -> Evidence:
    """Match the finds of one class with its objects, in every picture that is labelled for it."""
    used = [row for row, picture in enumerate(pictures) if kind in picture.labelled]
    judged = [_judge(pictures[row], finds[row], kind) for row in used]
    objects = [np.flatnonzero(pictures[row].classes == kind) for row in used]
    counts = [len(rows) for rows in objects]
    first = np.concatenate(([0], np.cumsum(counts)[:-1])) if used else np.zeros(0)
    matches = [np.where(one.match >= 0, one.match + int(start), -1) for one, start in zip(judged, first, strict=True)]
    found_boxes = [finds[row].boxes[one.rows] for row, one in zip(used, judged, strict=True)]
    object_boxes = [pictures[row].boxes[rows] for row, rows in zip(used, objects, strict=True)]
    widths_px = [pictures[row].size_px[0] for row in used]
    return Evidence(
        pictures=np.array(used, np.int64),
        bare=np.array([not count for count in counts], np.bool_),
        find_picture=np.repeat(np.array(used, np.int64), [len(one.rows) for one in judged]),
        scores=_joined([finds[row].scores[one.rows] for row, one in zip(used, judged, strict=True)], np.float32),
        match=_joined(matches, np.int64),
        clear=_joined([one.clear for one in judged], np.bool_),
        find_rows=_joined([one.rows for one in judged], np.int64),
        find_sizes=_sizes(found_boxes, widths_px),
        object_picture=np.repeat(np.array(used, np.int64), counts),
        object_row=_joined(objects, np.int64),
        object_sizes=_sizes(object_boxes, widths_px),
    )


def curve(pictures: Sequence[Picture], finds: Sequence[Finds], kind: int) -> Curve:
    """Judge all finds of one class over the pictures that are labelled for it."""
    return gather(pictures, finds, kind).curve()


@dataclass(frozen=True, slots=True)
class _Judged:
    """Of one picture: the rows of the finds that count, best first, the object that each hit (-1 none), and whether it
    touches no ignored box."""

    rows: Rows
    match: Rows
    clear: Mask


def _judge(picture: Picture, found: Finds, kind: int) -> _Judged:
    """The best find takes its object first; each object is found once."""
    rows = np.flatnonzero(found.classes == kind)
    rows = rows[np.argsort(-found.scores[rows], kind="stable")]
    boxes = found.boxes[rows]
    overlap = iou_matrix(boxes, picture.boxes[picture.classes == kind])
    inside = share_inside(boxes, _hidden(picture, kind)).max(1, initial=0.0)
    match = np.full(len(rows), -1, np.int64)
    for index in np.flatnonzero(overlap.max(1, initial=0.0) >= MATCH_IOU):
        best = int(overlap[index].argmax())
        if overlap[index, best] >= MATCH_IOU:
            match[index] = best
            overlap[:, best] = 0.0
    counts = (match >= 0) | (inside < MATCH_IOU)
    return _Judged(rows[counts], match[counts], inside[counts] == 0)


def _hidden(picture: Picture, kind: int) -> Boxes:
    """The boxes in which finds of a class are excused."""
    hides = (picture.ignored_classes == kind) | (picture.ignored_classes == EVERY_CLASS)
    return np.asarray(picture.ignored[hides], np.float32)


def _joined(parts: Sequence[NDArray[np.generic]], dtype: type) -> NDArray:  # type: ignore[type-arg]
    return np.concatenate([np.zeros(0, dtype), *parts])


def _sizes(boxes: Sequence[Boxes], widths_px: Sequence[int]) -> Sizes:
    sides = np.concatenate([np.zeros((0, 2)), *(one[:, 2:] - one[:, :2] for one in boxes)]).astype(np.float64)
    scale = np.repeat(WIDTH_PX / np.array(widths_px, np.float64), [len(one) for one in boxes])
    return Sizes(sides[:, 1] * scale, np.sqrt(np.clip(sides, 0, None).prod(1)))
