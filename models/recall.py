"""Who finds what, and how far away: recall of rendered things by distance, height, condition and activity.

Rendered tables (`nattvakt simulate dataset`) say of every box how far it is, what it does and in which weather; real
ones do not, and are counted by height alone. At one score for all detectors: this compares pictures, not detectors.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.classes import N_CLASSES
from models.data import Picture
from models.evaluate import LABELS, Reading
from models.measure import MATCH_IOU
from models.peers import Finds, iou_matrix

DISTANCES_M = (0.0, 8.0, 12.0, 16.0, 20.0, 25.0, 30.0, 60.0)
HEIGHT_SHARES = (0.0, 0.04, 0.06, 0.09, 0.13, 0.20, 0.35, 1.01)


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of one labelled box. `height_ratio` is its share of the picture's height; -1 m: not known."""

    label: str
    height_ratio: float
    distance_m: float
    condition: str
    activity: str


def known(folder: Path) -> list[list[Known]]:
    """Of every picture of a COCO folder, its boxes in the order in which `data.read_folder` gives them."""
    coco = json.loads((folder / "labels.json").read_text())
    boxes: dict[int, list[dict[str, object]]] = {image["id"]: [] for image in coco["images"]}
    for annotation in coco["annotations"]:
        if not annotation.get("iscrowd") and annotation["category_id"] <= N_CLASSES:
            boxes[annotation["image_id"]].append(annotation)
    return [[_known(one, image) for one in boxes[image["id"]]] for image in coco["images"]]


def _known(annotation: dict, image: dict) -> Known:  # type: ignore[type-arg]
    return Known(
        LABELS[annotation["category_id"] - 1],
        annotation["bbox"][3] / image["height"],
        annotation.get("distance_m", -1.0),
        image.get("condition", "?"),
        annotation.get("activity", "?"),
    )


def by_height(pictures: Sequence[Picture]) -> list[list[Known]]:
    """The same for real pictures, of which only the boxes are known."""
    return [
        [
            Known(LABELS[kind], float(box[3] - box[1]) / picture.size_px[1], -1.0, "real", "?")
            for box, kind in zip(picture.boxes, picture.classes, strict=True)
        ]
        for picture in pictures
    ]


def found(picture: Picture, finds: Finds, score: float) -> NDArray[np.bool_]:
    """Which boxes [n] of a picture have a find of their class over them; each find serves one box, best first."""
    got = np.zeros(len(picture.boxes), np.bool_)
    keep = np.flatnonzero(finds.scores >= score)
    for row in keep[np.argsort(-finds.scores[keep], kind="stable")]:
        mine = (picture.classes == finds.classes[row]) & ~got
        overlap = np.where(mine, iou_matrix(finds.boxes[row : row + 1], picture.boxes)[0], 0.0)
        if len(overlap) and overlap.max() >= MATCH_IOU:
            got[overlap.argmax()] = True
    return got


def table(
    pictures: Sequence[Picture], about: Sequence[Sequence[Known]], readings: Sequence[Reading], score: float
) -> str:
    """Markdown: one row a class and bin (distance, height, condition, activity), one column a detector."""
    flat = [one for picture in about for one in picture]
    hits = {
        reading.name: np.concatenate([found(p, f, score) for p, f in zip(pictures, reading.finds, strict=True)])
        for reading in readings
    }
    lines = [f"| class | what | n | {' | '.join(hits)} |", f"|---|---|---|{'---|' * len(hits)}"]
    for label in sorted({one.label for one in flat}, key=LABELS.index):
        for what, chosen in _groups(flat, label):
            rows = np.flatnonzero(chosen)
            if len(rows):
                shares = " | ".join(f"{mask[rows].mean():.2f}" for mask in hits.values())
                lines.append(f"| {label} | {what} | {len(rows)} | {shares} |")
    return "\n".join(lines)


def _groups(flat: Sequence[Known], label: str) -> list[tuple[str, NDArray[np.bool_]]]:
    def where(says: Callable[[Known], bool]) -> NDArray[np.bool_]:
        return np.array([one.label == label and says(one) for one in flat])

    groups = [("all", where(lambda one: True))]
    for low, high in zip(DISTANCES_M[:-1], DISTANCES_M[1:], strict=True):
        groups.append((f"{low:.0f}-{high:.0f} m", where(lambda one, a=low, b=high: a <= one.distance_m < b)))  # type: ignore[misc]
    for low, high in zip(HEIGHT_SHARES[:-1], HEIGHT_SHARES[1:], strict=True):
        says = f"{100 * low:.0f}-{100 * min(high, 1):.0f} % of the height"
        groups.append((says, where(lambda one, a=low, b=high: a <= one.height_ratio < b)))  # type: ignore[misc]
    for condition in sorted({one.condition for one in flat} - {"?", "real"}):
        groups.append((condition, where(lambda one, c=condition: one.condition == c)))  # type: ignore[misc]
    for activity in sorted({one.activity for one in flat} - {"?", ""}):
        groups.append((activity, where(lambda one, a=activity: one.activity == a)))  # type: ignore[misc]
    return groups
