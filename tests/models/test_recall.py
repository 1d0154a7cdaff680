import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from models.evaluate import Reading, Study
from models.finds import Finds
from models.labels import Labelled
from models.labels_coco import read_coco
from models.recall import Group, fair_thresholds, groups, same_thresholds


def _annotation(number: int, box: list[float], **more: object) -> dict[str, object]:
    return {"id": number, "image_id": 1, "category_id": 1, "bbox": box, "iscrowd": 0, **more}


@pytest.fixture
def labelled(tmp_path: Path) -> Labelled:
    Image.new("L", (200, 100)).save(tmp_path / "a.png")
    labels = {
        "images": [{"id": 1, "file_name": "a.png", "width": 200, "height": 100, "condition": "snow"}],
        "annotations": [
            _annotation(1, [10, 10, 10, 30], distance_m=9.0, activity="walk", visible_ratio=1.0, contrast=3.0),
            _annotation(2, [80, 10, 5, 8], distance_m=28.0, activity="pry", pose="crouching", visible_ratio=0.5),
            _annotation(3, [150, 10, 5, 8], iscrowd=1),
        ],
    }
    (tmp_path / "labels.json").write_text(json.dumps(labels))
    return read_coco(tmp_path / "labels.json", tmp_path)


def _finds(boxes: list[list[float]], scores: list[float]) -> Finds:
    return Finds(
        np.array(boxes, np.float32).reshape(-1, 4), np.zeros(len(boxes), np.int64), np.array(scores, np.float32)
    )


NEAR, FAR = [10.0, 10.0, 20.0, 40.0], [80.0, 10.0, 85.0, 18.0]


def _told(labelled: Labelled, *finds: Finds, score: float = 0.1) -> dict[str, list[float]]:
    """Recall of people by group, a detector a place in the list."""
    study = Study(labelled.pictures, [Reading(f"d{place}", [one]) for place, one in enumerate(finds)])
    rows = groups(study, labelled.abouts, same_thresholds(study, score))
    assert all(isinstance(row, Group) and row.label == "person" for row in rows)
    return {row.what: list(row.recall.values()) for row in rows}


def test_recall_is_told_by_distance_height_condition_activity_and_pose(labelled: Labelled) -> None:
    told = _told(labelled, _finds([NEAR], [0.9]), _finds([NEAR, FAR], [0.9, 0.2]))
    assert told == {
        "all": [0.5, 1.0],
        "8-12 m": [1.0, 1.0],
        "25-30 m": [0.0, 1.0],
        "20-25 px": [0.0, 1.0],  # 8 px of 200 are 20.5 of 512
        "60-100 px": [1.0, 1.0],
        "35-65 % to be seen": [0.0, 1.0],
        "90-100 % to be seen": [1.0, 1.0],
        "contrast 2-4": [1.0, 1.0],
        "condition snow": [0.5, 1.0],
        "activity pry": [0.0, 1.0],
        "activity walk": [1.0, 1.0],
        "pose crouching": [0.0, 1.0],
    }


def test_a_find_below_the_score_or_beside_its_thing_finds_nothing(labelled: Labelled) -> None:
    low, beside, nothing = _finds([NEAR], [0.2]), _finds([[14, 10, 30, 40]], [0.9]), _finds([], [])
    assert _told(labelled, low, beside, nothing, score=0.3)["all"] == [0.0, 0.0, 0.0]


def test_two_finds_on_one_thing_find_one_thing(labelled: Labelled) -> None:
    assert _told(labelled, _finds([NEAR, [10, 10, 20, 39]], [0.9, 0.8]), score=0.3)["all"] == [0.5]


def test_detectors_are_compared_where_their_precision_is_the_same(labelled: Labelled) -> None:
    """The first is right at 0.9 and wrong at 0.5; the second's scores lie lower, and it is never wrong."""
    wrong = [120.0, 50.0, 140.0, 80.0]
    first, second = _finds([NEAR, wrong, FAR], [0.9, 0.5, 0.4]), _finds([NEAR, FAR], [0.2, 0.1])
    study = Study(labelled.pictures, [Reading("first", [first]), Reading("second", [second])])
    at = fair_thresholds(study)
    assert [at["first"]["person"], at["second"]["person"]] == pytest.approx([0.9, 0.1])
    assert at["first"]["vehicle"] is None
    (everything, *_) = groups(study, labelled.abouts, at)
    assert everything.recall == {"first": 0.5, "second": 1.0}
