"""Labels that a source leaves out, filled in by the network we start from.

Most sources label only some classes: a fire picture full of unboxed cars would teach that cars are background. The
float YOLOX-Nano (COCO, Apache-2.0) is run once over every training picture, in colour. Its sure finds become labels
where the source has none for that class; its unsure finds, and finds that contradict a source's own labels, become
ignored boxes. Sources listed in `TRUSTED` are seen to be complete and are left as they are.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from models.data import Boxes, Picture
from models.finds import Finds, iou_matrix, read_colour
from models.peers import YoloxOnnx
from models.progress import progress

TAUGHT = (0, 1, 2)  # person, vehicle, two-wheeler: the classes that COCO knows
SURE, UNSURE, CONTRADICTS = 0.5, 0.12, 0.3
TRUSTED = frozenset({"farmnight"})  # nothing but animals: the teacher's "people" there are its mistakes


def taught(pictures: Sequence[Picture], weights: Path, cache_folder: Path) -> list[Picture]:
    """Return the pictures with the teacher's labels merged in; its finds are kept in `cache_folder`."""
    names = hashlib.sha256("\n".join(picture.name for picture in pictures).encode()).hexdigest()[:16]
    cache = cache_folder / f"teacher-{names}.json"
    if cache.exists():
        rows = json.loads(cache.read_text())
    else:
        teacher = YoloxOnnx(weights)
        rows = []
        for picture in progress(pictures, "teacher"):
            finds = teacher.detect(read_colour(picture.data))
            rows.append([finds.boxes.tolist(), finds.classes.tolist(), finds.scores.tolist()])
        cache.write_text(json.dumps(rows))
    return [merged(picture, _finds(row)) for picture, row in zip(pictures, rows, strict=True)]


def _finds(row: list[list[float]]) -> Finds:
    boxes, classes, scores = row
    return Finds(np.array(boxes, np.float32).reshape(-1, 4), np.array(classes, np.int64), np.array(scores, np.float32))


def merged(picture: Picture, finds: Finds) -> Picture:
    """Add the teacher's finds to one picture."""
    if picture.source in TRUSTED:
        return picture
    new_boxes: list[Boxes] = []
    new_ignored: list[Boxes] = []
    new_kinds: list[int] = []
    new_ignored_kinds: list[int] = []
    for kind in TAUGHT:
        of_kind = finds.classes == kind
        boxes, scores = finds.boxes[of_kind], finds.scores[of_kind]
        known = picture.boxes[picture.classes == kind]
        alone = iou_matrix(boxes, known).max(1, initial=0.0) < CONTRADICTS
        if kind in picture.labelled:
            sure = np.zeros(len(boxes), np.bool_)
            doubted = alone & (scores >= CONTRADICTS)
        else:
            sure = alone & (scores >= SURE)
            doubted = alone & (scores >= UNSURE) & ~sure
        new_boxes.append(boxes[sure])
        new_kinds += [kind] * int(sure.sum())
        new_ignored.append(boxes[doubted])
        new_ignored_kinds += [kind] * int(doubted.sum())
    return dataclasses.replace(
        picture,
        boxes=np.concatenate((picture.boxes, *new_boxes)),
        classes=np.concatenate((picture.classes, np.array(new_kinds, np.int64))),
        ignored=np.concatenate((picture.ignored, *new_ignored)),
        ignored_classes=np.concatenate((picture.ignored_classes, np.array(new_ignored_kinds, np.int64))),
        labelled=picture.labelled | frozenset(TAUGHT),
    )
