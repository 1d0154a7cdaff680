"""Training pictures: random lots, poles, lenses, lights and people, with boxes in COCO's format."""

import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from firmware.errors import NodeError
from firmware.messages import Grey, ObjectKind, Size
from simulator.crowds import LENGTH_S, crowd
from simulator.lot import random_lot
from simulator.sensor import random_sensor
from simulator.truth import TruthObject
from simulator.world import Scene, Stage

PER_LOT = 5
LEAST_VISIBLE = 0.3
_CATEGORIES = ((1, "person"), (2, "vehicle"), (3, "two-wheeler"), (4, "fire"), (5, "smoke"), (6, "animal"))
_CATEGORY_OF = {ObjectKind.PERSON: 1, ObjectKind.VEHICLE: 2, ObjectKind.FIRE: 4, ObjectKind.SMOKE: 5}


@dataclass(frozen=True, slots=True)
class Still:
    """One picture, what is in it, and where it comes from: lots share a `sequence`."""

    name: str
    sequence: str
    picture: Grey
    truth: tuple[TruthObject, ...]


@dataclass(frozen=True, slots=True)
class StillOptions:
    """How many, from which seed on, how large, and where to."""

    count: int
    first_seed: int
    size: Size
    folder: Path


def stills(options: StillOptions) -> Iterator[Still]:
    """Pictures one after another, `PER_LOT` of each lot. The same options give the same pictures."""
    for number in range(options.count):
        seed, turn = options.first_seed + number // PER_LOT, number % PER_LOT
        if turn == 0:
            stage = Stage(random_lot(seed, wild=True), options.size)
        rng = np.random.default_rng([seed, 108, turn])
        scene = Scene(stage, crowd(stage.lot, turn), random_sensor(rng, wild=True))
        t_s = float(rng.uniform(0.0, LENGTH_S * 0.6))
        picture, truth = scene.render(t_s), scene.truth(t_s)
        if rng.random() < 0.5:
            picture, truth = _mirrored(picture, truth)
        yield Still(f"still-{seed:06d}-{turn}.jpg", f"lot-{seed:06d}", picture, truth)


def write_stills(options: StillOptions) -> Iterator[int]:
    """Write the pictures and `labels.json` into the folder; yields how many are done. Raises NodeError."""
    images: list[dict[str, object]] = []
    annotations: list[dict[str, object]] = []
    try:
        options.folder.mkdir(parents=True, exist_ok=True)
        for number, still in enumerate(stills(options), start=1):
            rng = np.random.default_rng([options.first_seed, 109, number])
            (options.folder / still.name).write_bytes(_jpeg(still.picture, int(rng.integers(45, 96))))
            height_px, width_px = still.picture.shape
            images.append({
                "id": number, "file_name": still.name, "width": width_px, "height": height_px,
                "sequence": still.sequence, "labelled_categories": [1, 2, 3, 4, 5, 6],
            })  # fmt: skip
            annotations += [_annotation(thing, number, len(annotations) + i + 1) for i, thing in enumerate(still.truth)]
            yield number
        (options.folder / "labels.json").write_text(json.dumps(_table(images, annotations)), encoding="utf-8")
    except OSError as error:
        raise NodeError(f"{options.folder}: cannot be written ({error.strerror}); name a folder that can") from error


def _table(images: list[dict[str, object]], annotations: list[dict[str, object]]) -> dict[str, object]:
    return {
        "info": {"source": "simulator", "licence": "Apache-2.0", "labelled_categories": [1, 2, 3, 4, 5, 6]},
        "categories": [{"id": number, "name": name} for number, name in _CATEGORIES],
        "images": images,
        "annotations": annotations,
    }


def _annotation(thing: TruthObject, image: int, number: int) -> dict[str, object]:
    box = thing.shown
    return {
        "id": number, "image_id": image, "category_id": _CATEGORY_OF[thing.kind],
        "bbox": [round(box.x_px, 1), round(box.y_px, 1), round(box.w_px, 1), round(box.h_px, 1)],
        "area": round(box.w_px * box.h_px, 1),
        "iscrowd": 0 if thing.visible_ratio >= LEAST_VISIBLE else 1,
        "visible_ratio": round(thing.visible_ratio, 3),
        "distance_m": round(thing.distance_m, 2),
        "activity": thing.activity,
    }  # fmt: skip


def _mirrored(picture: Grey, truth: tuple[TruthObject, ...]) -> tuple[Grey, tuple[TruthObject, ...]]:
    width_px = picture.shape[1]
    return np.ascontiguousarray(picture[:, ::-1]), tuple(thing.mirrored(width_px) for thing in truth)


def _jpeg(picture: Grey, quality: int) -> bytes:
    out = io.BytesIO()
    Image.fromarray(picture).save(out, format="JPEG", quality=quality)
    return out.getvalue()
