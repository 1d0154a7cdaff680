"""Labels: what is read from COCO folders, and what the teacher may add."""

import io
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from models.data import EVERY_CLASS, Picture, read_folder, without_fog
from models.finds import Finds
from models.progress import ProgressLine, progress
from models.teacher import merged

BOX, FAR = (10.0, 10.0, 30.0, 50.0), (60.0, 10.0, 80.0, 50.0)


def picture(labelled: set[int], *, source: str = "s", kind: int = 0, box: tuple[float, ...] = BOX) -> Picture:
    return Picture(
        name="p",
        source=source,
        data=b"",
        size_px=(100, 100),
        boxes=np.array([box], np.float32),
        classes=np.array([kind]),
        ignored=np.zeros((0, 4), np.float32),
        ignored_classes=np.zeros(0, np.int64),
        labelled=frozenset(labelled),
    )


def found(score: float, box: tuple[float, ...] = FAR, kind: int = 0) -> Finds:
    return Finds(np.array([box], np.float32), np.array([kind]), np.array([score], np.float32))


def test_a_sure_find_becomes_a_label_where_the_source_has_none_for_its_class() -> None:
    result = merged(picture({3, 4}, kind=3), found(0.8, kind=1))
    assert result.classes.tolist() == [3, 1]
    assert result.labelled == {0, 1, 2, 3, 4}


def test_an_unsure_find_is_ignored_for_its_class_only() -> None:
    result = merged(picture({3, 4}, kind=3), found(0.3))
    assert result.classes.tolist() == [3]
    assert result.ignored_classes.tolist() == [0]


def test_a_find_that_contradicts_the_sources_labels_is_ignored_not_believed() -> None:
    result = merged(picture({0, 1, 2, 3, 4}), found(0.9))
    assert result.classes.tolist() == [0]
    assert result.ignored.tolist() == [pytest.approx(FAR)]


def test_a_find_that_the_source_has_too_changes_nothing() -> None:
    result = merged(picture({0, 1, 2, 3, 4}), found(0.9, box=BOX))
    assert (len(result.boxes), len(result.ignored)) == (1, 0)


def test_a_source_that_is_seen_to_be_complete_is_left_alone() -> None:
    before = picture({0, 1, 2, 3, 4}, source="farmnight")
    assert merged(before, found(0.9)) is before


def test_smoke_that_fills_the_picture_is_ignored() -> None:
    result = without_fog(picture({4}, kind=4, box=(0.0, 0.0, 100.0, 90.0)))
    assert (len(result.boxes), result.ignored_classes.tolist()) == (0, [4])
    assert len(without_fog(picture({4}, kind=4)).boxes) == 1


def test_a_rendered_folder_is_read_with_what_it_leaves_open(tmp_path: Path) -> None:
    out = io.BytesIO()
    Image.new("L", (64, 48)).save(out, "PNG")
    (tmp_path / "a.png").write_bytes(out.getvalue())
    labels = {
        "images": [{"id": 7, "file_name": "a.png", "width": 64, "height": 48, "labelled_categories": [1, 2, 6]}],
        "annotations": [
            {"image_id": 7, "category_id": 2, "bbox": [1, 2, 3, 4]},
            {"image_id": 7, "category_id": 1, "bbox": [5, 6, 7, 8], "iscrowd": 1},
            {"image_id": 7, "category_id": 6, "bbox": [5, 6, 7, 8]},
        ],
    }
    (tmp_path / "labels.json").write_text(json.dumps(labels))
    (read,) = read_folder(tmp_path)
    assert read.boxes.tolist() == [[1, 2, 4, 6], [5, 6, 12, 14]]
    assert read.classes.tolist() == [1, 5]
    assert read.ignored_classes.tolist() == [EVERY_CLASS]
    assert read.labelled == {0, 1, 5}
    assert read.data == out.getvalue()


def test_progress_in_a_log_is_whole_lines_and_not_many() -> None:
    stream = io.StringIO()
    line = ProgressLine("work", stream=stream)
    for step in range(1000):
        line.show(step / 1000, f"step {step}")
    line.show(1.0, "done", force=True)
    written = stream.getvalue().splitlines()
    assert written == ["work [                    ]   0 % step 0", "work [####################] 100 % done"]


def test_progress_gives_every_item_in_order() -> None:
    assert list(progress("abc", "letters")) == ["a", "b", "c"]
