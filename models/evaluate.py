"""The table: average precision of ours and of others, on the same pictures, judged by the same code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np
from PIL import Image

from models.data import Picture
from models.measure import best_threshold, curve
from models.peers import Colour, Finder, Finds, SsdTflite, YoloV8Tflite, YoloxOnnx, read_colour
from models.progress import progress

LABELS = ("person", "vehicle", "two-wheeler", "fire", "smoke")
ALL = "all"

# What a threshold is chosen for: beta of the F-score. A guard's time is dear, so precision goes first; fire most of
# all, because every lamp looks like one in grey.
BETAS: Mapping[str, float] = {"person": 1.0, "vehicle": 1.0, "two-wheeler": 1.0, "fire": 0.5, "smoke": 0.5}
PEER_FILES = {
    "SSD MobileNetV1": "ssd_mobilenet_v1_coco_quant.tflite",
    "YOLOv8n int8 224": "yolov8n_full_int8_224.tflite",
    "YOLOv8n int8 416": "yolov8n_full_int8_416.tflite",
}


@dataclass(frozen=True, slots=True)
class Reading:
    """All finds of one detector in one set of pictures."""

    name: str
    finds: list[Finds]


class Line(msgspec.Struct, frozen=True):
    """One row of the table; `ap50` per detector."""

    source: str
    label: str
    pictures: int
    objects: int
    ap50: dict[str, float]


def peers(folder: Path, start: Path | None, threads: int = 2) -> dict[str, Finder]:
    """The detectors to stand beside ours: those of the peers' folder, and the weights that ours started from."""
    found: dict[str, Finder] = {}
    for name, file in PEER_FILES.items():
        kind = SsdTflite if file.startswith("ssd") else YoloV8Tflite
        found[name] = kind(folder / file, threads)
    if start is not None:
        found["YOLOX-Nano float 416"] = YoloxOnnx(start, threads)
    return found


def take(name: str, finder: Finder, pictures: Sequence[Picture], *, grey: bool = True) -> Reading:
    """Run one detector over all pictures; `grey` hands it the luma in all three channels."""
    finds = [finder.detect(_prepared(read_colour(picture.data), grey=grey)) for picture in progress(pictures, name)]
    return Reading(name, finds)


def _prepared(picture: Colour, *, grey: bool) -> Colour:
    if not grey:
        return picture
    luma = np.asarray(Image.fromarray(picture).convert("L"), np.uint8)
    return np.repeat(luma[:, :, None], 3, axis=2)


def table(pictures: Sequence[Picture], readings: Sequence[Reading]) -> list[Line]:
    """AP50 by source and class, then over all sources; rows without a single object are left out."""
    lines = []
    for source in [*sorted({picture.source for picture in pictures}), ALL]:
        rows = [index for index, picture in enumerate(pictures) if source in (ALL, picture.source)]
        chosen = [pictures[index] for index in rows]
        for kind, label in enumerate(LABELS):
            curves = {r.name: curve(chosen, [r.finds[i] for i in rows], kind) for r in readings}
            first = next(iter(curves.values()))
            if first.objects:
                values = {name: round(c.average_precision() or 0.0, 4) for name, c in curves.items()}
                lines.append(Line(source, label, first.pictures, first.objects, values))
    return lines


def markdown(lines: Sequence[Line]) -> str:
    """The table as Markdown."""
    names = list(lines[0].ap50) if lines else []
    head = ["source", "class", "pictures", "objects", *names]
    rows = [head, ["---"] * len(head)]
    rows += [
        [line.source, line.label, str(line.pictures), str(line.objects), *(f"{line.ap50[n]:.2f}" for n in names)]
        for line in lines
    ]
    return "\n".join("| " + " | ".join(row) + " |" for row in rows) + "\n"


def thresholds(pictures: Sequence[Picture], reading: Reading) -> dict[str, float]:
    """One threshold per class, by the best F-score over all pictures labelled for it. Only ever from `val`."""
    return {
        label: round(best_threshold(curve(pictures, reading.finds, kind), BETAS[label]), 3)
        for kind, label in enumerate(LABELS)
    }


def operating_points(pictures: Sequence[Picture], reading: Reading, at: Mapping[str, float]) -> str:
    """Precision, recall and false finds a picture at the given thresholds, by source, as Markdown."""
    rows = ["| source | class | threshold | precision | recall | false finds a picture |", "|---|---|---|---|---|---|"]
    for source in [*sorted({picture.source for picture in pictures}), ALL]:
        index = [i for i, picture in enumerate(pictures) if source in (ALL, picture.source)]
        for kind, label in enumerate(LABELS):
            judged = curve([pictures[i] for i in index], [reading.finds[i] for i in index], kind)
            if judged.pictures:
                precision, recall, false = judged.at(at[label])
                shown = f"{precision:.2f} | {recall:.2f}" if judged.objects else "- | -"
                rows.append(f"| {source} | {label} | {at[label]:.2f} | {shown} | {false:.3f} |")
    return "\n".join(rows) + "\n"
