"""A bundle is believed only when its manifest and every listed file are right, and a refusal says what is wrong."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from models import SHIPPED
from models.classes import LABELS
from models.manifest import FirmwareRange, ManifestError, load_manifest, parse_manifest
from nattvakt import version
from tests.bundles import tiny_manifest

Change = Callable[[dict[str, Any]], None]


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SHIPPED, tmp_path / "bundle"))


def right() -> dict[str, Any]:
    """A manifest in which nothing is wrong: int8, of 64 x 32 px."""
    result: dict[str, Any] = json.loads(msgspec.json.encode(tiny_manifest()))
    result["files"].append({"name": "golden/expected.json", "sha256": 64 * "0", "bytes": 9})
    return result


def as_float(manifest: dict[str, Any]) -> dict[str, Any]:
    """The same of a float network."""
    for tensor in (manifest["input"], *manifest["outputs"].values()):
        tensor.update(dtype="float32", scale=1.0, zero_point=0)
    return manifest


def test_the_shipped_bundle_is_whole() -> None:
    manifest = load_manifest(SHIPPED)
    assert manifest.labels == LABELS[: len(manifest.labels)]
    assert {"person", "vehicle", "fire"} <= set(manifest.labels)
    assert manifest.firmware.holds(version())
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
        (_set("schema", 1), ["schema is 1", "must be 2"]),
        (_set("schema", 3), ["schema is 3", "must be 2"]),
        (_set("release", 0), ["release is 0", "1 or more"]),
        (_set("release", "1"), ["$.release", "int"]),
        (_set("surprise", 1), ["surprise"]),
        (_set("input.fill", 300), ["input.fill is 300", "0..255"]),
        (_set("input.width_px", 500), ["(500, 32)", "multiples of 32"]),
        (_set("input.dtype", "int4"), ["int4", "$.input.dtype"]),
        (_set("outputs.scores.scale", 0.0), ["outputs.scores.scale is 0.0", "positive"]),
        (_set("outputs.scores.zero_point", 128), ["outputs.scores.zero_point is 128", "-128..127"]),
        (_set("outputs.boxes.dtype", "uint8"), ["outputs.boxes.zero_point is -128", "0..255"]),
        (_set("input.zero_point", 0), ["input scale, zero_point is -128..127 in real values", "0..255 fit in"]),
        (_set("input.scale", 1 / 255), ["input scale, zero_point is 0..1 in real values", "0..255 fit in"]),
        (_set("firmware.lowest", "0.1rc1"), ["firmware.lowest is '0.1rc1'", "numbers and dots"]),
        (_set("firmware.below", "0.1.0"), ["firmware.below is '0.1.0'", "a later version than lowest, 0.1"]),
        (_set("macs", 0), ["macs is 0", "positive"]),
        (_set("network_bytes", 5), ["network_bytes is 5", ", as files says"]),
        (_set("latency_ms.0.median_ms", 0.0), ["latency_ms is Latency(", "positive times"]),
        (_set("strides", []), ["strides is ()", "positive"]),
        (_set("strides", [8, 0]), ["strides is (8, 0)", "positive"]),
        (_set("nms_iou", 0.0), ["nms_iou is 0.0", "above 0"]),
        (_set("classes", []), ["classes is ()", "one or more"]),
        (_set("classes.1.label", "person"), ["classes", "different labels"]),
        (_set("classes.0.threshold", 1.5), ["classes[person].threshold is 1.5", "between 0 and 1"]),
        (_set("outputs.boxes.shape", [1, 100, 4]), ["outputs.boxes.shape is (1, 100, 4)", "(1, 42, 4)"]),
        (_set("outputs.scores.shape", [1, 42, 6]), ["outputs.scores.shape", "(1, 42, 7)"]),
        (_set("files", []), ["files is []", "model.tflite"]),
        (_set("files.1.name", "../../etc/passwd"), ["../../etc/passwd", "stays inside"]),
        (_set("files.1.name", "/etc/passwd"), ["/etc/passwd", "stays inside"]),
        (_set("files.1.name", "model.tflite"), ["without repetitions"]),
    ],
)
def test_a_wrong_manifest_is_refused_with_the_key_and_what_would_be_right(change: Change, says: list[str]) -> None:
    manifest = right()
    change(manifest)
    with pytest.raises(ManifestError) as caught:
        parse_manifest(json.dumps(manifest).encode(), "there/manifest.json")
    for words in ["there/manifest.json", *says]:
        assert words in str(caught.value)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (_set("input.scale", 2.0), "input scale, zero_point is (2.0, 0); it must be (1.0, 0) where dtype is float32"),
        (_set("outputs.boxes.zero_point", 3), "outputs.boxes scale, zero_point is (1.0, 3)"),
    ],
)
def test_float_tensors_hold_real_values(change: Change, says: str) -> None:
    manifest = as_float(right())
    parse_manifest(json.dumps(manifest).encode(), "manifest.json")
    change(manifest)
    with pytest.raises(ManifestError) as caught:
        parse_manifest(json.dumps(manifest).encode(), "manifest.json")
    assert says in str(caught.value)


@pytest.mark.parametrize(
    ("version", "holds"),
    [
        ("0.1.0", True),
        ("0.1", True),
        ("0.1.7.dev3+g12ab", True),
        ("0.9.9", True),
        ("0.10.1", True),
        ("0.0.9", False),
        ("1.0.0", False),
        ("1", False),
        ("2.0rc1", False),
        ("nonsense", False),
    ],
)
def test_the_firmware_range_ends_before_its_upper_bound(version: str, holds: bool) -> None:
    assert FirmwareRange(lowest="0.1.0", below="1").holds(version) is holds


def test_a_manifest_of_the_first_schema_is_named_as_such() -> None:
    """It lacks keys of today; what is wrong with it is its age."""
    with pytest.raises(ManifestError, match="schema is 1; it must be 2, the one this version reads"):
        parse_manifest(b'{"schema": 1, "name": "first", "release": 1}', "manifest.json")


@pytest.mark.parametrize("key", list(right()))
def test_no_key_may_be_missing(key: str) -> None:
    manifest = right()
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
