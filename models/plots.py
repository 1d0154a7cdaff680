"""Pictures of an evaluation: curves per class, recall by height, and contact sheets of the worst mistakes.

Sheets show the measured pictures themselves: where those must not be passed on, nor must the sheets.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from models.chart import Axis, Series, chart, shares
from models.classes import LABELS, PERSON
from models.evaluate import FAIR_PRECISION, Reading, Study
from models.measure import HEIGHT_BANDS, Band, Curve
from models.sheet import false_finds, misses, sheet

# Edges grow by about a third: as many bins for people far away as for those near.
HEIGHT_EDGES_PX = (8, 11, 15, 20, 27, 36, 48, 64, 85, 114, 152, 203)
SMALL = HEIGHT_BANDS[1]
ROUND_MACS = 125e6  # of which the doubles are round numbers, too
LEAST_OBJECTS = 5  # in a bin; recall of fewer is chance


def plot(
    folder: Path, study: Study, sheets_of: Sequence[str], macs: Mapping[str, int], *, grey: bool = True
) -> list[Path]:
    """Write all pictures of a study as PNG; returns the files.

    Contact sheets are drawn for the named detectors; those with multiply-adds stand in the picture of cost.
    """
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    if macs and study.there(PERSON).curve(band=SMALL).objects:
        written.append(_save(recall_by_cost(study, macs), folder / "small-people-recall-by-cost.png"))
    for kind, label in enumerate(LABELS):
        if study.there(kind).curve().objects:
            written.append(_save(precision_recall(study, kind), folder / f"{label}-precision-recall.png"))
            written.append(_save(recall_by_height(study, kind), folder / f"{label}-recall-by-height.png"))
        for reading in study.readings:
            if reading.name in sheets_of and label in reading.labels:
                written += _sheets(folder, study, reading, kind, grey=grey)
    return written


def _sheets(folder: Path, study: Study, reading: Reading, kind: int, *, grey: bool) -> list[Path]:
    """The contact sheets of one detector and class; none where there was no mistake."""
    written = []
    for what, title, mistakes in (
        ("missed", "not found at all, or with the lowest scores", misses(study, reading, kind)),
        ("false", "false finds with the highest scores", false_finds(study, reading, kind)),
    ):
        if mistakes:
            path = folder / f"{LABELS[kind]}-{what}-{reading.name}.png"
            image = sheet(f"{reading.name}, {LABELS[kind]}: {title}", study, mistakes, kind, grey=grey)
            written.append(_save(image, path))
    return written


def _save(image: Image.Image, path: Path) -> Path:
    image.save(path)
    return path


def precision_recall(study: Study, kind: int) -> Image.Image:
    """Precision over recall of every detector that knows the class, and its AP50."""
    curves = study.curves(kind)
    lines = [_line(f"{name}  {one.average_precision() or 0.0:.2f}", one) for name, one in curves.items()]
    there = study.there(kind).curve()
    title = f"{LABELS[kind]}: {there.objects} in {there.pictures} pictures, overlap of a half"
    return chart(title, shares("recall"), shares("precision"), lines)


def _line(name: str, judged: Curve) -> Series:
    """From a recall of 0 on; nothing for a detector that found nothing."""
    precision, recall = judged.precision, judged.recall
    start = recall[:1] * 0
    return Series(name, np.concatenate((start, recall)), np.concatenate((precision[:1], precision)))


def recall_by_height(study: Study, kind: int) -> Image.Image:
    """Recall over height, each detector where its precision over all heights is 0.9."""
    lines = []
    for reading in study.readings:
        if LABELS[kind] in reading.labels:
            evidence = study.evidence(reading, kind)
            threshold = evidence.curve().threshold_at(FAIR_PRECISION)
            found = evidence.object_scores() >= (2.0 if threshold is None else threshold)
            bins = []
            for low, high in zip(HEIGHT_EDGES_PX[:-1], HEIGHT_EDGES_PX[1:], strict=True):
                inside = evidence.object_sizes.within(Band("", low, high))
                if inside.sum() >= LEAST_OBJECTS:
                    bins.append((np.log2(np.sqrt(low * high)), float(found[inside].mean())))
            spots = np.array(bins, np.float64).reshape(-1, 2)
            lines.append(Series(reading.name, spots[:, 0], spots[:, 1], marks=True))
    ticks = tuple((float(np.log2(edge)), str(edge)) for edge in HEIGHT_EDGES_PX)
    heights = Axis("height in px of a picture 512 px wide", ticks[0][0], ticks[-1][0], ticks)
    return chart(f"{LABELS[kind]}: recall by height at a precision of 0.9", heights, shares("recall"), lines)


def recall_by_cost(study: Study, macs: Mapping[str, int]) -> Image.Image:
    """Recall of small people at a precision of 0.9 among finds of their size, over multiply-adds a look."""
    curves = study.curves(PERSON, band=SMALL)
    lines = [
        Series(name, np.array([np.log2(macs[name])]), np.array([one.recall_at(FAIR_PRECISION)]), marks=True)
        for name, one in curves.items()
        if name in macs
    ]
    doublings = np.log2(np.array(list(macs.values())) / ROUND_MACS)
    steps = range(int(np.floor(doublings.min() - 0.2)), int(np.ceil(doublings.max() + 0.2)) + 1)
    marks = [ROUND_MACS * 2.0**step for step in steps]
    ticks = tuple((float(np.log2(mark)), f"{mark / 1e6:g}") for mark in marks)
    across = Axis("million multiply-adds a look", ticks[0][0], ticks[-1][0], ticks)
    title = f"people of {SMALL.name} (512 wide): recall at a precision of 0.9"
    return chart(title, across, shares("recall"), lines)
