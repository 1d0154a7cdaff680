"""A bundle is believed only when its manifest and every listed file are right, and a refusal says what is wrong."""

import copy
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from models.manifest import ManifestError, load_manifest, parse_manifest

SHIPPED = Path(__file__).parents[2] / "models" / "first-1"
Change = Callable[[dict[str, Any]], None]


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SHIPPED, tmp_path / "bundle"))


def shipped() -> dict[str, Any]:
    result: dict[str, Any] = json.loads((SHIPPED / "manifest.json").read_text())
    return result


def test_the_shipped_bundle_is_whole() -> None:
    manifest = load_manifest(SHIPPED)
    assert manifest.labels == ("person", "vehicle", "two-wheeler", "fire", "smoke")
    assert (manifest.input.width_px, manifest.input.height_px) == (512, 288)
    assert manifest.rows == 3024
    assert {item.name for item in manifest.files} >= {"model.tflite", "golden/expected.json"}


def test_the_shipped_network_is_small_enough_for_a_poor_link() -> None:
    (network,) = (item for item in load_manifest(SHIPPED).files if item.name == "model.tflite")
    assert network.bytes <= 2 * 1024 * 1024


def _set(path: str, value: object) -> Change:
    def change(manifest: dict[str, Any]) -> None:
        *way, last = path.split(".")
        place: Any = manifest
        for key in way:
            place = place[int(key)] if key.isdigit() else place[key]
        place[int(last) if last.isdigit() else last] = value

    return change


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (_set("schema", 2), ["schema is 2", "must be 1"]),
        (_set("release", 0), ["release is 0", "1 or more"]),
        (_set("release", "1"), ["$.release", "int"]),
        (_set("surprise", 1), ["surprise"]),
        (_set("input.fill", 300), ["input.fill is 300", "0..255"]),
        (_set("input.width_px", 500), ["(500, 288)", "multiples of 32"]),
        (_set("input.dtype", "int4"), ["int4", "$.input.dtype"]),
        (_set("strides", []), ["strides is ()", "positive"]),
        (_set("nms_iou", 0.0), ["nms_iou is 0.0", "above 0"]),
        (_set("classes", []), ["classes is ()", "one or more"]),
        (_set("classes.1.label", "person"), ["classes", "different labels"]),
        (_set("classes.0.threshold", 1.5), ["classes[person].threshold is 1.5", "between 0 and 1"]),
        (_set("outputs.boxes.shape", [1, 100, 4]), ["outputs.boxes.shape is (1, 100, 4)", "(1, 3024, 4)"]),
        (_set("outputs.scores.shape", [1, 3024, 7]), ["outputs.scores.shape", "(1, 3024, 6)"]),
        (_set("files", []), ["files is []", "model.tflite"]),
        (_set("files.1.name", "../../etc/passwd"), ["../../etc/passwd", "stays inside"]),
        (_set("files.1.name", "/etc/passwd"), ["/etc/passwd", "stays inside"]),
        (_set("files.1.name", "model.tflite"), ["without repetitions"]),
    ],
)
def test_a_wrong_manifest_is_refused_with_the_key_and_what_would_be_right(change: Change, says: list[str]) -> None:
    manifest = copy.deepcopy(shipped())
    change(manifest)
    with pytest.raises(ManifestError) as caught:
        parse_manifest(json.dumps(manifest).encode(), "there/manifest.json")
    for words in ["there/manifest.json", *says]:
        assert words in str(caught.value)


@pytest.mark.parametrize("key", list(shipped()) if SHIPPED.exists() else [])
def test_no_key_may_be_missing(key: str) -> None:
    manifest = shipped()
    del manifest[key]
    with pytest.raises(ManifestError, match=key):
        parse_manifest(json.dumps(manifest).encode(), "manifest.json")


def test_one_flipped_bit_is_noticed(bundle: Path) -> None:
    network = bundle / "model.tflite"
    data = bytearray(network.read_bytes())
    data[len(data) // 2] ^= 1
    network.write_bytes(data)
    with pytest.raises(ManifestError, match=r"model\.tflite: SHA-256 is .* says files\[model\.tflite\]\.sha256"):
        load_manifest(bundle)


def test_a_truncated_file_is_noticed(bundle: Path) -> None:
    network = bundle / "model.tflite"
    network.write_bytes(network.read_bytes()[:-1])
    with pytest.raises(ManifestError, match=r"model\.tflite: has \d+ bytes; .*\.bytes = \d+"):
        load_manifest(bundle)


def test_a_missing_file_is_named(bundle: Path) -> None:
    (bundle / "golden" / "expected.json").unlink()
    with pytest.raises(ManifestError, match=r"expected\.json: cannot be read \(No such file"):
        load_manifest(bundle)


def test_a_folder_that_is_no_bundle_is_named(tmp_path: Path) -> None:
    with pytest.raises(ManifestError, match=r"manifest\.json: cannot be read .* a model bundle is a folder"):
        load_manifest(tmp_path)


def test_broken_json_is_told_with_its_place(bundle: Path) -> None:
    (bundle / "manifest.json").write_text('{"schema": 1,')
    with pytest.raises(ManifestError, match=r"manifest\.json: .*truncated"):
        load_manifest(bundle)
