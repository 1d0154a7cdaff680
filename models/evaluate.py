"""Ours and others on the same pictures, judged by the same code: readings, and the figures that follow from them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image

from firmware.errors import ModelError
from models.classes import LABELS
from models.data import Picture
from models.finds import Colour, Finder, Finds, read_colour
from models.kept import Kept
from models.measure import COCO_BANDS, HEIGHT_BANDS, Band, Curve, Evidence, FalseFinds, Mask, gather
from models.progress import progress
from models.thresholds import RULES, Bare, choose

ALL = "all"
FAIR_PRECISION = 0.9  # at which detectors with scales of score of their own are compared


@dataclass(frozen=True, slots=True)
class Subject:
    """A detector to be measured: the classes it knows, its shipped thresholds (none: empty) and its file.

    `own`: not a peer; its mistakes are drawn.
    """

    name: str
    finder: Finder
    labels: tuple[str, ...]
    thresholds: Mapping[str, float] = field(default_factory=dict)
    file: Path | None = None
    own: bool = False


@dataclass(frozen=True, slots=True)
class Reading:
    """All finds of one detector in one set of pictures; `labels` are the classes that it knows."""

    name: str
    finds: list[Finds]
    labels: tuple[str, ...] = LABELS


def take(name: str, finder: Finder, pictures: Sequence[Picture], *, grey: bool = True) -> Reading:
    """Run one detector over all pictures; `grey` hands it the luma in all three channels."""
    return take_all([Subject(name, finder, LABELS)], pictures, grey=grey)[0]


def take_all(
    subjects: Sequence[Subject], pictures: Sequence[Picture], *, grey: bool = True, keep: Path | None = None
) -> list[Reading]:
    """Run all detectors; every picture is decoded once. What peers find is kept in the folder `keep`."""
    kept = None if keep is None else Kept(keep, pictures, grey=grey)
    known = {one.name: kept.read(one.file) for one in subjects if kept and one.file and not one.own}
    finds = {name: found for name, found in known.items() if found is not None}
    new = [one for one in subjects if one.name not in finds]
    finds |= {one.name: [] for one in new}
    label = new[0].name if len(new) == 1 else f"{len(new)} detectors"
    for picture in progress(pictures, label) if new else ():
        shown = _shown(picture, grey=grey)
        for subject in new:
            finds[subject.name].append(subject.finder.detect(shown))
    for subject in new:
        if kept and subject.file and not subject.own:
            kept.write(subject.file, finds[subject.name])
    return [Reading(one.name, finds[one.name], one.labels) for one in subjects]


def _shown(picture: Picture, *, grey: bool) -> Colour:
    """A picture as detectors get it; raises `ModelError` where it is broken, or not what its labels say."""
    name = f"{picture.source}/{picture.name}"
    shown = read_colour(picture.data, name)
    height_px, width_px = shown.shape[:2]
    if (width_px, height_px) != picture.size_px:
        raise ModelError(f"{name}: is {width_px} x {height_px}; its labels say {picture.size_px}")
    if not grey:
        return shown
    luma = np.asarray(Image.fromarray(shown).convert("L"), np.uint8)
    return np.repeat(luma[:, :, None], 3, axis=2)


class Study:
    """Readings of the same pictures, matched with the labels once for each class and detector."""

    def __init__(
        self, pictures: Sequence[Picture], readings: Sequence[Reading], conditions: Sequence[str] = ()
    ) -> None:
        """`conditions`: of every picture, "" where it is not known; empty where they are of no interest."""
        self.pictures, self.readings = tuple(pictures), tuple(readings)
        self._evidence: dict[tuple[str, int], Evidence] = {}
        self._there: dict[int, Evidence] = {}
        self.sources = _parts([picture.source for picture in pictures])
        self.sources[ALL] = np.ones(len(pictures), np.bool_)
        known = _parts(conditions)
        self.parts = {**self.sources, **(known if len(known) > 1 else {})}

    def among(self, sources: Collection[str]) -> Mask:
        """Which pictures are of some sources."""
        return np.array([picture.source in sources for picture in self.pictures], np.bool_)

    def evidence(self, reading: Reading, kind: int) -> Evidence:
        """What one detector found of one class."""
        key = (reading.name, kind)
        if key not in self._evidence:
            self._evidence[key] = gather(self.pictures, reading.finds, kind)
        return self._evidence[key]

    def curves(self, kind: int, source: str = ALL, band: Band | None = None) -> dict[str, Curve]:
        """The curve of every detector that knows the class."""
        among = self.parts[source]
        return {
            reading.name: self.evidence(reading, kind).curve(among, band)
            for reading in self.readings
            if LABELS[kind] in reading.labels
        }

    def counts(self, kind: int, source: str = ALL, band: Band | None = None) -> Curve:
        """The curve of a detector that finds nothing: what there was to find."""
        return self.there(kind).curve(self.parts[source], band)

    def there(self, kind: int) -> Evidence:
        """The evidence of a detector that finds nothing."""
        if kind not in self._there:
            nothing = Finds(np.zeros((0, 4), np.float32), np.zeros(0, np.int64), np.zeros(0, np.float32))
            self._there[kind] = gather(self.pictures, [nothing] * len(self.pictures), kind)
        return self._there[kind]


def _parts(names: Sequence[str]) -> dict[str, Mask]:
    """Which pictures bear each name that there is."""
    all_names = np.array(names, np.str_)
    return {name: all_names == name for name in sorted(set(names) - {""})}


@dataclass(frozen=True, slots=True)
class Line:
    """One row of a table: AP50, and recall at a precision of 0.9, per detector that knows the class.

    `source` may also be a condition.
    """

    source: str
    label: str
    band: str
    pictures: int
    objects: int
    ap50: dict[str, float]
    recall_p90: dict[str, float]


def table(study: Study) -> list[Line]:
    """By source and condition and class; rows without a single object are left out."""
    rows = [_line(study, source, kind, None) for source in study.parts for kind in range(len(LABELS))]
    return [row for row in rows if row.objects]


def size_table(study: Study, bands: Sequence[Band] = (*HEIGHT_BANDS, *COCO_BANDS)) -> list[Line]:
    """By source and class and size."""
    kinds = range(len(LABELS))
    rows = [_line(study, source, kind, band) for source in study.sources for kind in kinds for band in bands]
    return [row for row in rows if row.objects]


def _line(study: Study, source: str, kind: int, band: Band | None) -> Line:
    curves = study.curves(kind, source, band)
    there = study.counts(kind, source, band)
    return Line(
        source=source,
        label=LABELS[kind],
        band="" if band is None else band.name,
        pictures=there.pictures,
        objects=there.objects,
        ap50={name: round(one.average_precision() or 0.0, 4) for name, one in curves.items()},
        recall_p90={name: round(one.recall_at(FAIR_PRECISION), 4) for name, one in curves.items()},
    )


def thresholds(study: Study, reading: Reading) -> dict[str, float]:
    """One threshold per class, by the rules by which bundles get theirs. Only ever from `val`."""
    chosen = {}
    for kind, label in enumerate(LABELS):
        if label in reading.labels:
            evidence, rule = study.evidence(reading, kind), RULES[label]
            where = study.sources[ALL] if rule.bare_in is None else study.among(rule.bare_in)
            bare = evidence.in_bare(where)
            chosen[label] = choose(evidence.curve(), Bare(bare.scores, bare.pictures), rule).threshold
    return chosen


@dataclass(frozen=True, slots=True)
class Operating:
    """One detector at its threshold, for one class and source. `bare`: where the class was seen to be absent."""

    source: str
    label: str
    threshold: float
    objects: int
    precision: float
    recall: float
    false_per_1000: float
    bare: FalseFinds


def operating_points(study: Study, reading: Reading, at: Mapping[str, float]) -> list[Operating]:
    """Precision, recall and false finds at the given thresholds, by source and condition and class."""
    return [
        _operating(study.evidence(reading, kind), source, among, label, at[label])
        for source, among in study.parts.items()
        for kind, label in enumerate(LABELS)
        if label in at and study.there(kind).curve(among).pictures
    ]


def _operating(evidence: Evidence, source: str, among: Mask, label: str, threshold: float) -> Operating:
    judged = evidence.curve(among)
    point = judged.at(threshold)
    return Operating(
        source=source,
        label=label,
        threshold=threshold,
        objects=judged.objects,
        precision=point.precision,
        recall=point.recall,
        false_per_1000=1000 * point.false_a_picture,
        bare=evidence.in_bare(among).at(threshold),
    )
