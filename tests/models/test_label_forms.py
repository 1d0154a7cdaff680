"""Labels of others: COCO tables and YOLO folders, and what is said of broken ones."""

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from firmware.errors import ModelError
from models.classes import ANIMAL, PERSON, TWO_WHEELER, VEHICLE
from models.data import EVERY_CLASS
from models.labels import About, our_class
from models.labels_coco import read_coco
from models.labels_yolo import parse_row, read_names, read_yolo


@pytest.fixture
def images(tmp_path: Path) -> Path:
    folder = tmp_path / "images"
    folder.mkdir()
    for name in ("a.png", "b.png"):
        Image.new("L", (200, 100)).save(folder / name)
    return folder


# --- names ---


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("person", PERSON),
        ("Pedestrian", PERSON),
        ("pickup truck", VEHICLE),
        ("VAN", VEHICLE),
        ("two_wheeler", TWO_WHEELER),
        ("motor-bike", TWO_WHEELER),
        ("Wild Boar", ANIMAL),
        ("kite", None),
        ("", None),
    ],
)
def test_classes_are_known_by_the_names_others_give_them(name: str, kind: int | None) -> None:
    assert our_class(name) == kind


# --- COCO ---


KNOWN = {"distance_m": 9.5, "activity": "parked", "contrast": 2.5}
HALF_KNOWN = {"pose": "kneeling", "visible_ratio": 0.5, "contrast": None}


def table() -> dict[str, Any]:
    return {
        "images": [
            {"id": 1, "file_name": "a.png", "width": 200, "height": 100, "condition": "rain", "sequence": "s"},
            {"id": 2, "file_name": "b.png", "width": 200, "height": 100, "labelled_categories": [3]},
        ],
        "annotations": [
            {
                "image_id": 1,
                "category_id": 3,
                "bbox": [1, 2, 3, 4],
                "distance_m": 9.5,
                "activity": "parked",
                "contrast": 2.5,
            },
            {"image_id": 1, "category_id": 38, "bbox": [1, 2, 3, 4]},
            {"image_id": 1, "category_id": 1, "bbox": [5, 6, 7, 8], "iscrowd": 1},
            {
                "image_id": 1,
                "category_id": 1,
                "bbox": [5, 6, 7, 8],
                "pose": "kneeling",
                "visible_ratio": 0.5,
                "contrast": None,
            },
        ],
        "categories": [{"id": 1, "name": "person"}, {"id": 3, "name": "car"}, {"id": 38, "name": "kite"}],
    }


def written(folder: Path, labels: object) -> Path:
    path = folder / "labels.json"
    path.write_text(json.dumps(labels, indent=1))
    return path


def test_a_table_is_read_by_the_names_of_its_categories(images: Path, tmp_path: Path) -> None:
    read = read_coco(written(tmp_path, table()), images)
    first, second = read.pictures
    assert first.classes.tolist() == [VEHICLE, PERSON]
    assert first.boxes.tolist() == [[1, 2, 4, 6], [5, 6, 12, 14]]
    assert first.ignored_classes.tolist() == [EVERY_CLASS]
    assert first.labelled == {PERSON, VEHICLE}
    assert second.labelled == {VEHICLE}
    assert (first.source, first.group, first.data) == ("images", "s", (images / "a.png").read_bytes())
    assert read.abouts == [
        [About(9.5, "rain", "parked", "", -1.0, 2.5), About(-1.0, "rain", "", "kneeling", 0.5)],
        [],
    ]
    assert read.conditions == ["rain", ""]
    (note,) = read.notes
    assert note.endswith("1 classes are none of ours and are left out: kite")


def test_a_table_without_categories_has_ours(images: Path, tmp_path: Path) -> None:
    labels = table()
    del labels["categories"]
    labels["annotations"] = [{"image_id": 2, "category_id": 6, "bbox": [1, 2, 3, 4]}]
    assert read_coco(written(tmp_path, labels), images).pictures[1].classes.tolist() == [ANIMAL]


def _without(key: str) -> Callable[[dict[str, Any]], None]:
    return lambda labels: labels.pop(key)


def _sets(path: str, value: object) -> Callable[[dict[str, Any]], None]:
    def change(labels: dict[str, Any]) -> None:
        *way, last = path.split(".")
        place: Any = labels
        for key in way:
            place = place[int(key)] if key.isdigit() else place[key]
        place[last] = value

    return change


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (_without("images"), r"missing required field `images`"),
        (_sets("images", []), "names no picture"),
        (_sets("categories", [{"id": 1, "name": "kite"}]), "none of its categories is one of ours"),
        (_sets("annotations.1.image_id", 7), r"annotations\[1\].image_id is 7; no picture has that id"),
        (_sets("annotations.2.bbox", [1, 2, 3]), r"\$.annotations\[2\].bbox"),
        (_sets("annotations.2.bbox", [1, 2, 0, 4]), r"annotations\[2\].bbox is \[1.0, 2.0, 0.0, 4.0\]; its sides"),
        (_sets("images.1.width", 300), r"b.png: is 200 x 100; .*labels.json says 300 x 100"),
        (_sets("images.0.file_name", "c.png"), r"c.png: is not there, but labels name it"),
    ],
)
def test_a_broken_table_is_told_of_with_the_place(
    change: Callable[[dict[str, Any]], None], says: str, images: Path, tmp_path: Path
) -> None:
    labels = table()
    change(labels)
    with pytest.raises(ModelError, match=says):
        read_coco(written(tmp_path, labels), images)


def test_a_table_that_is_no_json_is_told_of_with_the_line(images: Path, tmp_path: Path) -> None:
    path = written(tmp_path, table())
    path.write_text(path.read_text().replace('"height": 100', '"height": ', 1))
    line = next(n for n, text in enumerate(path.read_text().splitlines(), 1) if text.strip() == '"height": ,')
    with pytest.raises(ModelError, match=rf"labels.json: line {line}: "):
        read_coco(path, images)


def test_a_table_that_breaks_off_is_told_of(images: Path, tmp_path: Path) -> None:
    path = written(tmp_path, table())
    path.write_text(path.read_text()[:200])
    with pytest.raises(ModelError, match=r"labels.json: line \d+: "):
        read_coco(path, images)


def test_a_picture_that_is_none_is_named(images: Path, tmp_path: Path) -> None:
    (images / "a.png").write_bytes(b"no picture")
    with pytest.raises(ModelError, match=r"a.png: is not a picture"):
        read_coco(written(tmp_path, table()), images)


# --- YOLO ---


@pytest.fixture
def labels(tmp_path: Path) -> Path:
    folder = tmp_path / "labels"
    folder.mkdir()
    (tmp_path / "data.yaml").write_text("nc: 3\nnames: ['car', 'person', 'kite']\n")
    (folder / "a.txt").write_text("0 0.5 0.5 0.1 0.2\n\n2 0.5 0.5 0.1 0.2\n1 0.0 0.5 0.1 0.2\n")
    return folder


def test_text_files_are_read_in_pixels_and_cut_at_the_edge(labels: Path, images: Path) -> None:
    read = read_yolo(labels, images)
    first, second = read.pictures
    assert first.classes.tolist() == [VEHICLE, PERSON]
    assert first.boxes[0].tolist() == pytest.approx([90, 40, 110, 60], abs=1e-4)
    assert first.boxes[1].tolist() == pytest.approx([0, 40, 10, 60], abs=1e-4)
    assert first.labelled == second.labelled == {VEHICLE, PERSON}
    assert len(second.boxes) == 0
    assert [len(row) for row in read.abouts] == [2, 0]
    assert any("left out: kite" in note for note in read.notes)
    assert any("1 of 2 pictures have no text file" in note for note in read.notes)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("0 0.5 0.5 0.1", "has 3 numbers after the class; a box has 4"),
        ("0 0.5 0.5 0.1 0.2 0.9", "has 5 numbers after the class"),
        ("0 0.5 0.5 x 0.2", "could not convert string to float: 'x'"),
        ("car 0.5 0.5 0.1 0.2", "invalid literal.*'car'"),
        ("3 0.5 0.5 0.1 0.2", "class is 3; the list of names has 3, so it must be 0 to 2"),
        ("0 100 50 10 20", r"100 50 10 20 are no shares of the picture; they must lie in 0..1"),
        ("0 nan 0.5 0.1 0.2", "no shares"),
        ("0 0.5 0.5 0 0.2", "has no area"),
    ],
)
def test_a_broken_line_is_told_of_with_file_and_line(line: str, says: str, labels: Path, images: Path) -> None:
    (labels / "a.txt").write_text(f"0 0.5 0.5 0.1 0.2\n{line}\n")
    with pytest.raises(ModelError, match=rf"a.txt: line 2: .*{says}"):
        read_yolo(labels, images)


def test_of_an_outline_the_box_is_taken() -> None:
    row = parse_row(["1", "0.2", "0.3", "0.6", "0.3", "0.6", "0.9", "0.2", "0.5"], "here", 2)
    assert (row.kind, row.corners) == (1, (0.2, 0.3, 0.6, 0.9))


def test_a_folder_without_names_is_told_of(labels: Path, images: Path) -> None:
    (labels.parent / "data.yaml").unlink()
    with pytest.raises(ModelError, match="it must name the classes"):
        read_yolo(labels, images)


def test_a_folder_of_other_labels_is_told_of(labels: Path, images: Path) -> None:
    (labels / "a.txt").rename(labels / "z.txt")
    with pytest.raises(ModelError, match=r"no <stem>.txt for any picture .* looked for a.txt"):
        read_yolo(labels, images)


def test_text_that_is_none_is_told_of(labels: Path, images: Path) -> None:
    (labels / "a.txt").write_bytes(b"0 0.5\xff")
    with pytest.raises(ModelError, match=r"a.txt: is no UTF-8 text \(byte 5\)"):
        read_yolo(labels, images)


@pytest.mark.parametrize(
    "text",
    [
        "names: [car, 'two wheeler', \"dog\"]\nnc: 3\n",
        "train: x\nnames:\n- car\n- two wheeler\n- 'dog'\nnc: 3\n",
        "names:\n  0: car\n  1: two wheeler  # all of them\n  2: dog\n\nroboflow:\n  version: 3\n",
        "names: ['car',\n  'two wheeler',\n  'dog']\n",
        "names: {0: car, 1: two wheeler, 2: 'dog'}\n",
    ],
)
def test_names_are_read_in_all_the_forms_they_are_written_in(text: str, tmp_path: Path) -> None:
    (tmp_path / "data.yaml").write_text(text)
    assert read_names(tmp_path / "data.yaml") == ["car", "two wheeler", "dog"]


@pytest.mark.parametrize(
    ("text", "says"), [("nc: 3\n", "no line 'names:'"), ("nc: 0\nnames:\nx: 1\n", "line 2: .* no")]
)
def test_a_file_without_names_is_told_of(text: str, says: str, tmp_path: Path) -> None:
    (tmp_path / "data.yaml").write_text(text)
    with pytest.raises(ModelError, match=says):
        read_names(tmp_path / "data.yaml")


@settings(deadline=None)
@given(st.lists(st.text(alphabet="0123456789.-+enaif ", max_size=8), max_size=9))
def test_whatever_stands_in_a_line_it_is_a_box_in_the_picture_or_an_error_with_its_place(words: list[str]) -> None:
    split = [word for word in " ".join(words).split()] or ["0"]
    try:
        x0, y0, x1, y1 = parse_row(split, "f.txt: line 3", 2).corners
    except ModelError as error:
        assert str(error).startswith("f.txt: line 3: ")
    else:
        assert 0 <= x0 < x1 <= 1
        assert 0 <= y0 < y1 <= 1


def test_pictures_need_not_be_png(tmp_path: Path, labels: Path) -> None:
    folder = tmp_path / "photos"
    folder.mkdir()
    out = io.BytesIO()
    Image.new("RGB", (64, 48)).save(out, "JPEG")
    (folder / "a.JPG").write_bytes(out.getvalue())
    (picture,) = read_yolo(labels, folder).pictures
    assert (picture.name, picture.size_px) == ("a.JPG", (64, 48))
