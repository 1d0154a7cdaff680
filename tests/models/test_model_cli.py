"""`nattvakt model detect` and `inspect`, on golden frames and on what is no picture."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from firmware.errors import ModelError
from models import SHIPPED
from models.classes import LABELS
from models.cli import main

GOLDEN = SHIPPED / "golden"


@pytest.fixture
def images(tmp_path: Path) -> Path:
    folder = tmp_path / "images"
    folder.mkdir()
    for frame in GOLDEN.glob("*.png"):
        shutil.copy(frame, folder)
    return folder


def lines(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def detect(images: Path, out: Path, *more: str) -> int:
    return main(["detect", "--images", str(images), "--out", str(out), *more])


def test_one_line_a_picture_with_everything_down_to_a_twentieth(images: Path, tmp_path: Path) -> None:
    assert detect(images, tmp_path / "out.jsonl", "--grey") == 0
    found = lines(tmp_path / "out.jsonl")
    assert [line["image"] for line in found] == sorted(path.name for path in images.iterdir())
    scores = []
    for line in found:
        assert set(line) == {"image", "detections"}
        assert isinstance(line["detections"], list)
        with Image.open(images / str(line["image"])) as image:
            width_px, height_px = image.size
        for detection in line["detections"]:
            assert set(detection) == {"class", "score", "box"}
            assert detection["class"] in LABELS
            x, y, w, h = detection["box"]
            assert 0 <= x <= x + w <= width_px + 0.01
            assert 0 <= y <= y + h <= height_px + 0.01
            scores.append(detection["score"])
    assert min(scores) >= 0.05
    assert min(scores) < 0.2 < max(scores)


def test_boxes_are_in_pixels_of_the_source(images: Path, tmp_path: Path) -> None:
    """A picture of twice the size gives the same boxes, twice as large."""
    (frame,) = sorted(images.iterdir())[:1]
    large = tmp_path / "large"
    large.mkdir()
    with Image.open(frame) as image:
        image.resize((2 * image.width, 2 * image.height), Image.Resampling.NEAREST).save(large / frame.name)
    assert detect(images, tmp_path / "one.jsonl") == 0
    assert detect(large, tmp_path / "two.jsonl") == 0
    best = [
        max(lines(tmp_path / name)[0]["detections"], key=lambda d: d["score"]) for name in ("one.jsonl", "two.jsonl")
    ]  # type: ignore[attr-defined]
    assert best[1]["box"] == pytest.approx([2 * value for value in best[0]["box"]], abs=3)


def test_colour_pictures_are_read_as_grey(images: Path, tmp_path: Path) -> None:
    (frame,) = sorted(images.iterdir())[:1]
    with Image.open(frame) as image:
        image.convert("RGB").save(images / "colour.png")
    assert detect(images, tmp_path / "out.jsonl") == 0
    by_name = {line["image"]: line["detections"] for line in lines(tmp_path / "out.jsonl")}
    assert by_name["colour.png"] == by_name[frame.name]


def test_broken_pictures_are_told_of_and_the_others_still_done(
    images: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = sorted(images.iterdir())
    (images / "rubbish.jpg").write_bytes(b"no picture")
    (images / "empty.png").write_bytes(b"")
    (images / "cut.png").write_bytes(whole[0].read_bytes()[:5000])
    assert detect(images, tmp_path / "out.jsonl") == 1
    assert len(lines(tmp_path / "out.jsonl")) == len(whole)
    said = capsys.readouterr().err
    for name in ("rubbish.jpg", "empty.png", "cut.png"):
        assert said.count(name) == 1
    assert "3 broken" in said


def test_a_folder_that_is_none_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"nowhere: is not a folder; --images must name"):
        detect(tmp_path / "nowhere", tmp_path / "out.jsonl")


def test_a_folder_without_pictures_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="holds no picture"):
        detect(tmp_path, tmp_path / "out.jsonl")


def test_an_output_that_cannot_be_written_is_named(images: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="cannot be written"):
        detect(images, tmp_path / "no" / "such" / "out.jsonl")


def test_detect_needs_no_torch_and_no_opencv(images: Path, tmp_path: Path) -> None:
    code = (
        "import sys\n"
        "for name in ('torch', 'cv2', 'onnxruntime'): sys.modules[name] = None\n"
        "from models.cli import main\n"
        f"sys.exit(main(['detect', '--images', {str(images)!r}, '--out', {str(tmp_path / 'out.jsonl')!r}]))"
    )
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_inspect_tells_what_the_bundle_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["inspect", "--runs", "3"]) == 0
    said = capsys.readouterr().out
    assert f"{SHIPPED.name.replace('-', ' release ')}: " in said
    assert "golden frames as expected" in said
    assert "WRONG" not in said


def test_inspect_fails_where_the_golden_frames_differ(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A right hash does not help a network that sees something else than was written down."""
    from models.manifest import describe

    bundle = Path(shutil.copytree(GOLDEN.parent, tmp_path / "bundle"))
    frame = sorted((bundle / "golden").glob("*.png"))[0]
    Image.fromarray(np.full((288, 512), 60, np.uint8)).save(frame)
    path = bundle / "manifest.json"
    manifest = json.loads(path.read_text())
    for item in manifest["files"]:
        found = describe(bundle, item["name"])
        item["sha256"], item["bytes"] = found.sha256, found.bytes
    path.write_text(json.dumps(manifest))
    assert main(["inspect", str(bundle), "--runs", "1"]) == 1
    assert f"{frame.name}: expected" in capsys.readouterr().out


def test_a_folder_without_sets_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"no test-<source>\.json in it"):
        main(["evaluate", "--data", str(tmp_path)])


def test_without_the_maintainers_packages_the_extra_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    for name in [name for name in sys.modules if name.startswith("models.")]:
        if name.rpartition(".")[2] in {"train", "compose", "loss", "network", "teacher"}:
            monkeypatch.delitem(sys.modules, name)
    arguments = ["--data", str(tmp_path), "--start", "none.onnx", "--run", str(tmp_path), "--budget-minutes", "1"]
    with pytest.raises(ModelError, match=r"needs the Python package 'torch': pip install 'nattvakt\[maintainer\]'"):
        main(["train", *arguments])
