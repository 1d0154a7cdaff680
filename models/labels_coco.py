"""Labels from a table in COCO's format, and what our simulator adds to it (distance, activity, condition, ...)."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np

from firmware.errors import ModelError
from models.classes import LABELS
from models.data import EVERY_CLASS, Picture, corners
from models.labels import About, Labelled, left_out, our_class, size_px

FILE_NAME = "labels.json"


class _Image(msgspec.Struct, frozen=True):
    id: int | str
    file_name: str
    width: int
    height: int
    labelled_categories: list[int] | None = None
    condition: str = ""
    sequence: str = ""


class _Annotation(msgspec.Struct, frozen=True):
    image_id: int | str
    category_id: int
    bbox: tuple[float, float, float, float]
    iscrowd: int | bool = 0
    distance_m: float = -1.0
    condition: str = ""
    activity: str = ""
    pose: str = ""
    visible_ratio: float = -1.0
    contrast: float | None = None


class _Category(msgspec.Struct, frozen=True):
    id: int
    name: str


class _Info(msgspec.Struct, frozen=True):
    source: str = ""
    labelled_categories: list[int] | None = None


class _Table(msgspec.Struct, frozen=True):
    images: list[_Image]
    annotations: list[_Annotation]
    categories: list[_Category] = []
    info: _Info = _Info()


@dataclass(frozen=True, slots=True)
class _Terms:
    """What holds for a whole table: our number of each of its categories, and which it labels throughout."""

    source: str
    ours: Mapping[int, int]
    labelled: Sequence[int]


def read_coco(table: Path, images: Path) -> Labelled:
    """Read a table and the pictures that it names, in `images`; raises `ModelError` for what is broken, with place."""
    coco = _table(table)
    categories = coco.categories or [_Category(number, label) for number, label in enumerate(LABELS, 1)]
    ours = {one.id: kind for one in categories if (kind := our_class(one.name)) is not None}
    if not ours:
        raise ModelError(f"{table}: none of its categories is one of ours ({', '.join(LABELS)})")
    if not coco.images:
        raise ModelError(f"{table}: names no picture")
    throughout = list(ours) if coco.info.labelled_categories is None else coco.info.labelled_categories
    terms = _Terms(coco.info.source or images.resolve().name, ours, throughout)
    boxes = _by_image(table, coco)
    pictures = [_picture(one, boxes[one.id], _read(table, images / one.file_name, one), terms) for one in coco.images]
    abouts = [[_about(box, one) for box in _kept(boxes[one.id], terms)] for one in coco.images]
    conditions = [one.condition for one in coco.images]
    return Labelled(pictures, abouts, conditions, left_out([one.name for one in categories], table))


def _table(path: Path) -> _Table:
    data = path.read_bytes()
    try:
        return msgspec.json.decode(data, type=_Table)
    except msgspec.ValidationError as error:
        raise ModelError(f"{path}: {error}; it must be a table in COCO's format") from error
    except msgspec.DecodeError as error:
        byte = re.search(r"byte (\d+)", str(error))
        line = data[: int(byte[1])].count(b"\n") + 1 if byte else data.count(b"\n") + 1
        raise ModelError(f"{path}: line {line}: {error}") from error


def _by_image(path: Path, coco: _Table) -> Mapping[int | str, list[_Annotation]]:
    """The boxes of every picture."""
    known = {one.id for one in coco.images}
    result: dict[int | str, list[_Annotation]] = defaultdict(list)
    for number, one in enumerate(coco.annotations):
        if one.image_id not in known:
            raise ModelError(f"{path}: annotations[{number}].image_id is {one.image_id!r}; no picture has that id")
        if not (one.bbox[2] > 0 and one.bbox[3] > 0):
            raise ModelError(f"{path}: annotations[{number}].bbox is {list(one.bbox)}; its sides must be above 0")
        result[one.image_id].append(one)
    return result


def _read(table: Path, path: Path, image: _Image) -> bytes:
    """A picture's file, once it is what the table says of it."""
    found = size_px(path)
    if found != (image.width, image.height):
        raise ModelError(f"{path}: is {found[0]} x {found[1]}; {table} says {image.width} x {image.height}")
    return path.read_bytes()


def _kept(annotations: Sequence[_Annotation], terms: _Terms) -> list[_Annotation]:
    """The boxes that are to be found."""
    return [one for one in annotations if not one.iscrowd and one.category_id in terms.ours]


def _picture(image: _Image, annotations: Sequence[_Annotation], data: bytes, terms: _Terms) -> Picture:
    """One picture with the boxes of our classes."""
    kept = _kept(annotations, terms)
    hidden = [one for one in annotations if one.iscrowd]
    labelled = terms.labelled if image.labelled_categories is None else image.labelled_categories
    return Picture(
        name=image.file_name,
        source=terms.source,
        data=data,
        size_px=(image.width, image.height),
        boxes=corners([list(one.bbox) for one in kept]),
        classes=np.array([terms.ours[one.category_id] for one in kept], np.int64),
        ignored=corners([list(one.bbox) for one in hidden]),
        ignored_classes=np.full(len(hidden), EVERY_CLASS, np.int64),
        labelled=frozenset(terms.ours[number] for number in labelled if number in terms.ours),
        group=image.sequence,
    )


def _about(one: _Annotation, image: _Image) -> About:
    return About(
        distance_m=one.distance_m,
        condition=one.condition or image.condition,
        activity=one.activity,
        pose=one.pose,
        visible_ratio=one.visible_ratio,
        contrast=-1.0 if one.contrast is None else one.contrast,
    )
