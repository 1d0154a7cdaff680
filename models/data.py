"""Labelled pictures: reading them, and composing training samples out of them.

Two forms are read: the project's packed sets (`<split>-<source>.json` beside tar shards) and plain COCO folders of
rendered pictures (`labels.json` beside the images). Classes are numbered from 0 in the order of `LABELS`; the tables'
categories are one higher.
"""

from __future__ import annotations

import collections
import dataclasses
import json
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from firmware.errors import ModelError
from models.classes import FIRE, N_CLASSES, SMOKE

EVERY_CLASS = -1  # an ignored box that hides all classes
FILLS_THE_PICTURE = 0.8  # share of the picture from which a box of smoke is fog
Boxes = NDArray[np.float32]  # [n, 4] x0, y0, x1, y1 in pixels


@dataclass(frozen=True, slots=True)
class Picture:
    """One labelled picture, still compressed; `size_px` is width and height.

    `labelled` lists the classes for which "no box" means "no object"; of all others the picture says nothing.
    `ignored` holds boxes that are neither right nor wrong, `ignored_classes` their class or `EVERY_CLASS`.
    `group` names the pictures of one sequence that look alike ("": none does).
    """

    name: str
    source: str
    data: bytes
    size_px: tuple[int, int]
    boxes: Boxes
    classes: NDArray[np.int64]
    ignored: Boxes
    ignored_classes: NDArray[np.int64]
    labelled: frozenset[int]
    group: str = ""


def read_sources(folder: Path, split: str) -> list[Picture]:
    """Read all sources of one split; raises `ModelError` naming the folder when there are none."""
    tables = sorted(folder.glob(f"{split}-*.json"))
    if not tables:
        raise ModelError(f"{folder}: no {split}-<source>.json in it; give the folder of the packed sets")
    return [picture for table in tables for picture in _read_packed(table)]


def _read_packed(table: Path) -> Iterator[Picture]:
    """Read one packed table in the order of its shards."""
    coco = json.loads(table.read_text())
    by_shard = collections.defaultdict(list)
    for image in coco["images"]:
        by_shard[image["shard"]].append(image)
    labels = _by_image(coco)
    for shard, images in by_shard.items():
        with tarfile.open(table.parent / shard) as tar:
            for image in images:
                member = tar.extractfile(image["file_name"])
                if member is None:
                    raise ModelError(f"{table.parent / shard}: {image['file_name']} is not a plain file")
                yield _picture(image, labels[image["id"]], member.read(), coco["info"])


def read_folder(folder: Path) -> list[Picture]:
    """Read a plain COCO folder: `labels.json`, and images beside it or in a sub-folder."""
    coco = json.loads((folder / "labels.json").read_text())
    labels = _by_image(coco)
    return [
        _picture(image, labels[image["id"]], (folder / image["file_name"]).read_bytes(), coco.get("info", {}))
        for image in coco["images"]
    ]


def _by_image(coco: dict[str, list[dict[str, object]]]) -> dict[object, list[dict[str, object]]]:
    labels: dict[object, list[dict[str, object]]] = collections.defaultdict(list)
    for annotation in coco["annotations"]:
        labels[annotation["image_id"]].append(annotation)
    return labels


def _picture(image: dict, annotations: list, data: bytes, info: dict) -> Picture:  # type: ignore[type-arg]
    """Turn one COCO image with its annotations into a `Picture`."""
    kept = [a for a in annotations if not a.get("iscrowd") and a["category_id"] <= N_CLASSES]
    hidden = [a for a in annotations if a.get("iscrowd")]
    labelled = image.get(
        "labelled_categories", info.get("labelled_categories", range(1, N_CLASSES))
    )  # animals only where told
    return Picture(
        name=image["file_name"],
        source=info.get("source", "extra"),
        data=data,
        size_px=(image["width"], image["height"]),
        boxes=corners([a["bbox"] for a in kept]),
        classes=np.array([a["category_id"] - 1 for a in kept], np.int64),
        ignored=corners([a["bbox"] for a in hidden]),
        ignored_classes=np.full(len(hidden), EVERY_CLASS, np.int64),
        labelled=frozenset(int(c) - 1 for c in labelled if c <= N_CLASSES),
        group=f"{image.get('sequence', '')}/{image.get('group', '')}".strip("/"),
    )


def without_fog(picture: Picture) -> Picture:
    """Ignore smoke that fills the picture: it has no place, and teaches that any flat grey is smoke."""
    sides = picture.boxes[:, 2:] - picture.boxes[:, :2]
    fog = (picture.classes == SMOKE) & (sides.prod(1) > FILLS_THE_PICTURE * picture.size_px[0] * picture.size_px[1])
    return dataclasses.replace(
        picture,
        boxes=picture.boxes[~fog],
        classes=picture.classes[~fog],
        ignored=np.concatenate((picture.ignored, picture.boxes[fog])),
        ignored_classes=np.concatenate((picture.ignored_classes, picture.classes[fog])),
    )


def without_doubt(picture: Picture) -> Picture:
    """Leave open what a source is known to leave out: fire8 often does not box the thin smoke beside a fire."""
    if picture.source == "fire8" and (picture.classes == FIRE).any() and not (picture.classes == SMOKE).any():
        return dataclasses.replace(picture, labelled=picture.labelled - {SMOKE})
    return picture


def corners(boxes: list[list[float]]) -> Boxes:
    """`[x, y, w, h]` rows to `[x0, y0, x1, y1]`."""
    rows = np.array(boxes, np.float32).reshape(-1, 4)
    return np.concatenate((rows[:, :2], rows[:, :2] + rows[:, 2:]), 1)
