import json
from pathlib import Path

import numpy as np

from models import recall
from models.data import Picture, read_folder
from models.evaluate import Reading
from models.peers import Finds


def _annotation(number: int, box: list[float], **more: object) -> dict[str, object]:
    return {"id": number, "image_id": 1, "category_id": 1, "bbox": box, "iscrowd": 0, **more}


def _folder(tmp_path: Path) -> Path:
    (tmp_path / "a.jpg").write_bytes(b"not looked at")
    labels = {
        "images": [{"id": 1, "file_name": "a.jpg", "width": 200, "height": 100, "condition": "snow"}],
        "annotations": [
            _annotation(1, [10, 10, 10, 30], distance_m=9.0, activity="walk"),
            _annotation(2, [80, 10, 5, 8], distance_m=28.0, activity="pry"),
            _annotation(3, [150, 10, 5, 8], iscrowd=1),
        ],
    }
    (tmp_path / "labels.json").write_text(json.dumps(labels))
    return tmp_path


def _finds(boxes: list[list[float]], scores: list[float]) -> Finds:
    return Finds(np.array(boxes, np.float32), np.zeros(len(boxes), np.int64), np.array(scores, np.float32))


def test_recall_is_told_by_distance_condition_and_activity(tmp_path: Path) -> None:
    folder = _folder(tmp_path)
    pictures = read_folder(folder)
    near = Reading("near", [_finds([[10, 10, 20, 40]], [0.9])])
    both = Reading("both", [_finds([[10, 10, 20, 40], [80, 10, 85, 18]], [0.9, 0.2])])
    lines = recall.table(pictures, recall.known(folder), [near, both], 0.1).splitlines()
    assert "| person | all | 2 | 0.50 | 1.00 |" in lines
    assert "| person | 8-12 m | 1 | 1.00 | 1.00 |" in lines
    assert "| person | 25-30 m | 1 | 0.00 | 1.00 |" in lines
    assert "| person | snow | 2 | 0.50 | 1.00 |" in lines
    assert "| person | pry | 1 | 0.00 | 1.00 |" in lines


def test_a_find_below_the_score_or_beside_its_thing_finds_nothing(tmp_path: Path) -> None:
    picture: Picture = read_folder(_folder(tmp_path))[0]
    assert recall.found(picture, _finds([[10, 10, 20, 40]], [0.2]), 0.3).tolist() == [False, False]
    assert recall.found(picture, _finds([[14, 10, 30, 40]], [0.9]), 0.3).tolist() == [False, False]
    assert recall.found(
        picture, Finds(np.zeros((0, 4), np.float32), np.zeros(0, np.int64), np.zeros(0, np.float32)), 0.3
    ).tolist() == [False, False]


def test_two_finds_on_one_thing_find_one_thing(tmp_path: Path) -> None:
    picture = read_folder(_folder(tmp_path))[0]
    twice = _finds([[10, 10, 20, 40], [10, 10, 20, 39]], [0.9, 0.8])
    assert recall.found(picture, twice, 0.3).tolist() == [True, False]
