"""`nattvakt model evaluate`, from pictures and labels to its tables, curves and sheets."""

import json
import shutil
import tarfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from firmware.errors import ModelError
from models import SHIPPED
from models.classes import LABELS
from models.cli import main
from models.data import Picture, read_folder
from models.evaluate import Subject, take_all
from models.finds import Colour, Finds
from tests.bundles import FLOAT, TINY

NAME = SHIPPED.name
EXPECTED = json.loads((SHIPPED / "golden" / "expected.json").read_text())


class Always:
    """Finds one box, always with the same score."""

    def __init__(self, score: float) -> None:
        self._score = score

    def detect(self, _: object) -> Finds:
        return Finds(np.array([[0, 0, 9, 9]], np.float32), np.zeros(1, np.int64), np.array([self._score], np.float32))


@pytest.fixture
def images(tmp_path: Path) -> Path:
    """A folder with one golden frame, of which it is known what the detector sees."""
    folder = tmp_path / "images"
    folder.mkdir()
    shutil.copy(SHIPPED / "golden" / frame_name(), folder)
    return folder


def frame_name() -> str:
    return sorted(EXPECTED)[0]


with Image.open(SHIPPED / "golden" / frame_name()) as _frame:
    WIDTH_PX, HEIGHT_PX = _frame.size


def seen(label: str) -> list[list[float]]:
    return [item["box"] for item in EXPECTED[frame_name()] if item["class"] == label]


def table(boxes: list[list[float]], **more: object) -> dict[str, Any]:
    return {
        "images": [{"id": 1, "file_name": frame_name(), "width": WIDTH_PX, "height": HEIGHT_PX}],
        "annotations": [{"id": i, "image_id": 1, "category_id": 2, "bbox": box, **more} for i, box in enumerate(boxes)],
        "info": {"source": "mine"},
    }


def evaluated(images: Path, tmp_path: Path, *more: str) -> dict[str, Any]:
    """All figures of a run over `images` with `labels.json` in it."""
    out = tmp_path / "figures.json"
    assert main(["evaluate", "--extra", str(images), "--json", str(out), *more]) == 0
    result: dict[str, Any] = json.loads(out.read_text())
    return result


def vehicles(figures: dict[str, Any]) -> dict[str, Any]:
    (row,) = (row for row in figures["ap50"] if (row["source"], row["label"]) == ("mine", "vehicle"))
    assert isinstance(row, dict)
    return row


def test_labelled_with_its_own_finds_a_detector_has_full_marks(
    images: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (images / "labels.json").write_text(json.dumps(table(seen("vehicle"))))
    row = vehicles(evaluated(images, tmp_path))
    assert row["objects"] == len(seen("vehicle"))
    assert row["ap50"][NAME] == pytest.approx(1.0)
    said = capsys.readouterr().out
    assert "| mine | vehicle |" in said
    assert f"{NAME} at its thresholds" in said


def test_a_label_where_nothing_is_found_costs(images: Path, tmp_path: Path) -> None:
    (images / "labels.json").write_text(json.dumps(table([*seen("vehicle"), [0, 0, 5, 5]])))
    assert vehicles(evaluated(images, tmp_path))["ap50"][NAME] < 1.0


def test_the_file_of_a_bundle_finds_what_the_bundle_finds(images: Path, tmp_path: Path) -> None:
    """Two ways of running and decoding, one of them the node's: figures are the same to the last digit."""
    (images / "labels.json").write_text(json.dumps(table(seen("vehicle")[:-1])))
    figures = evaluated(images, tmp_path, "--bundle", str(SHIPPED), "--model", str(SHIPPED / "model.tflite"))
    for row in [*figures["ap50"], *figures["sizes"]]:
        assert row["ap50"][NAME] == row["ap50"]["model"]
        assert row["recall_p90"][NAME] == row["recall_p90"]["model"]


def test_a_class_that_a_bundle_does_not_know_is_a_dash(
    images: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Release 1 has five classes, the tables six."""
    labels = table(seen("vehicle"))
    labels["annotations"].append({"id": 9, "image_id": 1, "category_id": 6, "bbox": [10, 10, 20, 20]})
    (images / "labels.json").write_text(json.dumps(labels))
    figures = evaluated(images, tmp_path, "--bundle", str(FLOAT))
    (row,) = (row for row in figures["ap50"] if (row["source"], row["label"]) == ("mine", "animal"))
    assert (row["objects"], row["ap50"]) == (1, {})
    assert "| mine | animal | 1 | 1 | - |" in capsys.readouterr().out


def test_what_rendered_tables_know_is_told_without_asking(images: Path, tmp_path: Path) -> None:
    boxes = seen("vehicle")
    (images / "labels.json").write_text(json.dumps(table(boxes, distance_m=13.0, activity="parked")))
    rows = {row["what"]: row for row in evaluated(images, tmp_path)["recall"] if row["label"] == "vehicle"}
    assert rows["12-16 m"]["objects"] == rows["activity parked"]["objects"] == len(boxes)
    assert rows["12-16 m"]["recall"] == {NAME: 1.0}


def test_figures_are_told_by_condition_where_there_are_several(images: Path, tmp_path: Path) -> None:
    """The same picture twice, once with a label in the sky."""
    labels = table(seen("vehicle"))
    shutil.copy(images / frame_name(), images / "again.png")
    labels["images"].append(
        {"id": 2, "file_name": "again.png", "width": WIDTH_PX, "height": HEIGHT_PX, "condition": "snow"}
    )
    labels["images"][0]["condition"] = "rain"
    boxes = [*seen("vehicle"), [0, 0, 5, 5]]
    labels["annotations"] += [{"image_id": 2, "category_id": 2, "bbox": box} for box in boxes]
    (images / "labels.json").write_text(json.dumps(labels))
    figures = evaluated(images, tmp_path)
    found = {row["source"]: row["ap50"][NAME] for row in figures["ap50"] if row["label"] == "vehicle"}
    assert found["rain"] == pytest.approx(1.0)
    assert found["snow"] < found["mine"] == found["all"] < 1.0
    assert {point["source"] for point in figures["points"][NAME]} == {"mine", "all", "rain", "snow"}


def test_yolo_labels_give_the_same_figures_as_a_table(images: Path, tmp_path: Path) -> None:
    labels = tmp_path / "labels"
    labels.mkdir()
    rows = [
        f"1 {(x + w / 2) / WIDTH_PX} {(y + h / 2) / HEIGHT_PX} {w / WIDTH_PX} {h / HEIGHT_PX}"
        for x, y, w, h in seen("vehicle")
    ]
    (labels / frame_name()).with_suffix(".txt").write_text("\n".join(rows))
    (labels / "classes.txt").write_text("person\ncar\n")
    out = tmp_path / "figures.json"
    assert main(["evaluate", "--images", str(images), "--labels", str(labels), "--json", str(out)]) == 0
    (row,) = (row for row in json.loads(out.read_text())["ap50"] if row["source"] == "all")
    assert (row["label"], row["objects"]) == ("vehicle", len(rows))
    assert row["ap50"][NAME] == pytest.approx(1.0)


def test_curves_and_sheets_are_drawn(images: Path, tmp_path: Path) -> None:
    (images / "labels.json").write_text(json.dumps(table([*seen("vehicle")[1:], [0, 0, 5, 5]])))
    evaluated(images, tmp_path, "--plots", str(tmp_path / "plots"))
    drawn = {path.name for path in (tmp_path / "plots").iterdir()}
    assert drawn >= {
        "vehicle-precision-recall.png",
        "vehicle-recall-by-height.png",
        f"vehicle-missed-{NAME}.png",
        f"vehicle-false-{NAME}.png",
    }
    with Image.open(tmp_path / "plots" / f"vehicle-missed-{NAME}.png") as image:
        colours = {colour for _, colour in image.getcolors(1 << 20) or []}
    assert (0xF0, 0xC0, 0x20) in colours  # the frame of what was missed


def test_cost_is_told_of_every_file(images: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (images / "labels.json").write_text(json.dumps(table(seen("vehicle"))))
    (cost,) = evaluated(images, tmp_path, "--model", str(TINY), "--cost", "--runs", "2")["cost"]
    assert (cost["name"], cost["bytes"]) == ("tiny-int8", TINY.stat().st_size)
    assert {one["threads"] for one in cost["latencies"]} == {1, 2}
    assert "| tiny-int8 | int8 1x32x64x1 |" in capsys.readouterr().out


def test_what_peers_find_is_kept_and_taken_from_there(images: Path, tmp_path: Path) -> None:
    """The second time nobody looks; other pictures are looked at again."""
    (images / "labels.json").write_text(json.dumps(table(seen("vehicle"))))
    pictures = read_folder(images)

    def reading(pictures: list[Picture], score: float, *, own: bool = False) -> list[float]:
        subject = Subject("peer", Always(score), LABELS, file=TINY, own=own)
        (taken,) = take_all([subject], pictures, keep=tmp_path / "kept")
        return [float(found.scores[0]) for found in taken.finds]

    assert reading(pictures, 0.25) == [0.25]
    assert reading(pictures, 0.5) == [0.25]
    assert reading(pictures, 0.5, own=True) == [0.5]
    assert reading(pictures * 2, 0.75) == [0.75, 0.75]
    for broken in (tmp_path / "kept").iterdir():
        broken.write_bytes(broken.read_bytes()[:-9])
    assert reading(pictures, 0.5) == [0.5]


def test_siblings_of_a_file_are_used_and_told_when_asked(
    images: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (images / "labels.json").write_text(json.dumps(table(seen("vehicle"))))
    for name in ("a.tflite", "a@64x32.tflite"):
        shutil.copy(TINY, tmp_path / name)
    plain = evaluated(images, tmp_path, "--model", str(tmp_path / "a.tflite"))
    assert "several shapes" not in capsys.readouterr().out
    shaped = evaluated(images, tmp_path, "--model", str(tmp_path / "a.tflite"), "--shapes")
    assert "a in several shapes of equal cost, the best filled for each picture: 64x32: 1" in capsys.readouterr().out
    assert shaped["ap50"] == plain["ap50"]


def test_shapes_without_a_sibling_are_refused(images: Path) -> None:
    (images / "labels.json").write_text(json.dumps(table(seen("vehicle"))))
    with pytest.raises(ModelError, match=r"--shapes: no --model has a sibling <name>@<width>x<height>.tflite"):
        main(["evaluate", "--extra", str(images), "--model", str(TINY), "--shapes"])


def test_a_file_is_tuned_on_val_and_measured_on_test(
    images: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = tmp_path / "data"
    data.mkdir()
    for split in ("val", "test"):
        labels = table(seen("vehicle"))
        labels["images"][0]["shard"] = f"{split}.tar"
        (data / f"{split}-mine.json").write_text(json.dumps(labels))
        with tarfile.open(data / f"{split}.tar", "w") as tar:
            tar.add(images / frame_name(), frame_name())
    out = tmp_path / "figures.json"
    model = str(SHIPPED / "model.tflite")
    assert main(["evaluate", "--data", str(data), "--model", model, "--tune", "--json", str(out)]) == 0
    points = json.loads(out.read_text())["points"]["model"]
    (vehicle,) = (one for one in points if (one["source"], one["label"]) == ("mine", "vehicle"))
    assert (vehicle["precision"], vehicle["recall"]) == (1.0, 1.0)
    (fire,) = (one for one in points if (one["source"], one["label"]) == ("mine", "fire"))
    assert fire["bare"] == {"pictures": 1, "finds": 0, "pictures_with": 0}
    assert "model at thresholds chosen on val" in capsys.readouterr().out


class Sees:
    """Finds nothing, and remembers what it was shown."""

    def __init__(self) -> None:
        self.shown: list[Colour] = []

    def detect(self, picture: Colour) -> Finds:
        self.shown.append(picture)
        return Finds(np.zeros((0, 4), np.float32), np.zeros(0, np.int64), np.zeros(0, np.float32))


def test_detectors_are_shown_grey_or_colour_and_all_of_them_the_same(tmp_path: Path) -> None:
    Image.new("RGB", (64, 48), (200, 30, 30)).save(tmp_path / "a.png")
    labels = {"images": [{"id": 1, "file_name": "a.png", "width": 64, "height": 48}], "annotations": []}
    (tmp_path / "labels.json").write_text(json.dumps(labels))
    pictures = read_folder(tmp_path)
    first, second = Sees(), Sees()
    subjects = [Subject("first", first, LABELS), Subject("second", second, LABELS)]
    for grey in (True, False):
        take_all(subjects, pictures, grey=grey)
    assert first.shown[0].tolist() == second.shown[0].tolist()
    assert set(np.unique(first.shown[0])) == {81}  # 0.299 * 200 + 0.701 * 30
    assert first.shown[1][0, 0].tolist() == [200, 30, 30]


def test_pictures_without_labels_are_refused(images: Path) -> None:
    with pytest.raises(ModelError, match="--images and --labels go together"):
        main(["evaluate", "--images", str(images)])


def test_two_detectors_of_one_name_are_refused(images: Path) -> None:
    (images / "labels.json").write_text(json.dumps(table(seen("vehicle"))))
    with pytest.raises(ModelError, match=f"two detectors are called '{NAME}'"):
        main(["evaluate", "--extra", str(images), "--bundle", str(SHIPPED), "--bundle", str(SHIPPED)])


def test_a_picture_that_breaks_off_is_named(images: Path) -> None:
    """Its head is whole, so that only looking at it shows."""
    (images / "labels.json").write_text(json.dumps(table(seen("vehicle"))))
    frame = images / frame_name()
    frame.write_bytes(frame.read_bytes()[:5000])
    with pytest.raises(ModelError, match=rf"mine/{frame_name()}: cannot be read"):
        main(["evaluate", "--extra", str(images)])
