"""The contract of every detector: the shipped bundle's golden frames, in every runtime that is installed."""

import shutil
import sys
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from firmware.core.written import WrittenDetection
from firmware.drivers.detector_tflite import RUNTIMES, TfliteDetector, installed_runtimes
from firmware.errors import ModelError
from firmware.messages import Size
from models import golden
from models.stills import detect_still, read_grey
from tests.bundles import change, own_up

SHIPPED = Path(__file__).parents[2] / "models" / "first-1"
# Both runtimes compute in float32, in another order of summation; measured: 1e-4 of a cell, 1e-4 of a logit.
RAW_TOLERANCE = 2e-3


@pytest.fixture(params=RUNTIMES)
def runtime(request: pytest.FixtureRequest) -> str:
    name = str(request.param)
    if name not in installed_runtimes():
        pytest.skip(f"{name} is not installed here (its wheels are not for this Python or processor)")
    return name


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SHIPPED, tmp_path / "bundle"))


def test_at_least_one_runtime_is_installed() -> None:
    assert installed_runtimes()


def test_golden_frames_come_out_as_written_down(runtime: str) -> None:
    detector = TfliteDetector(SHIPPED, runtime)
    seen = golden.see(detector, detector.raw_decoder(golden.EXPECTED_LEAST_SCORE - golden.SCORE_TOLERANCE), SHIPPED)
    assert golden.differences(golden.read(SHIPPED), seen) == []


def test_golden_frames_show_people_and_cars() -> None:
    kinds = {item.kind for items in golden.read(SHIPPED).values() for item in items}
    assert {"person", "vehicle"} <= kinds


def test_a_changed_box_or_score_is_noticed() -> None:
    wanted = golden.read(SHIPPED)
    name, items = next((name, items) for name, items in wanted.items() if items)
    x, y, w, h = items[0].box
    moved = WrittenDetection(items[0].kind, items[0].score, (x + w / 5, y, w, h))
    weaker = WrittenDetection(items[0].kind, items[0].score - 0.1, items[0].box)
    for changed in (moved, weaker):
        assert golden.differences(wanted, {**wanted, name: (changed, *items[1:])})


@pytest.mark.skipif(len(installed_runtimes()) < 2, reason="needs both runtimes to compare them")
def test_both_runtimes_give_the_same_numbers() -> None:
    frame = read_grey(next((SHIPPED / "golden").glob("*.png")))
    first, second = (TfliteDetector(SHIPPED, name).infer(frame) for name in RUNTIMES)
    assert np.abs(first.boxes - second.boxes).max() < RAW_TOLERANCE
    assert np.abs(first.scores - second.scores).max() < RAW_TOLERANCE


def test_the_same_picture_gives_the_same_numbers(runtime: str) -> None:
    frame = read_grey(next((SHIPPED / "golden").glob("*.png")))
    detector = TfliteDetector(SHIPPED, runtime)
    first = detector.infer(frame)
    detector.infer(np.zeros((100, 700), np.uint8))
    assert np.array_equal(first.scores, detector.infer(frame).scores)


@pytest.mark.parametrize("shape", [(288, 512), (240, 320), (720, 1280), (17, 9)])
def test_any_picture_size_is_taken(runtime: str, shape: tuple[int, int]) -> None:
    raw = TfliteDetector(SHIPPED, runtime).infer(np.full(shape, 90, np.uint8))
    assert raw.boxes.shape == (3024, 4)
    assert raw.scores.shape == (3024, 6)
    assert raw.boxes.dtype == raw.scores.dtype == np.float32
    assert np.isfinite(raw.scores).all()


def test_a_flat_picture_shows_nothing(runtime: str) -> None:
    detector = TfliteDetector(SHIPPED, runtime)
    for level in (0, 60, 255):
        assert detect_still(detector, detector.raw_decoder(0.25), np.full((288, 512), level, np.uint8)) == ()


def test_the_input_size_is_the_manifests(runtime: str) -> None:
    assert TfliteDetector(SHIPPED, runtime).input_size == Size(512, 288)


def test_the_decoder_takes_the_bundles_thresholds_and_the_raw_one_none() -> None:
    detector = TfliteDetector(SHIPPED)
    assert detector.decoder().thresholds == tuple(item.threshold for item in detector.manifest.classes)
    raw = detector.raw_decoder(0.05)
    assert (raw.thresholds, raw.least_score) == ((0.5,) * 5, 0.05)


def _flip(bundle: Path) -> None:
    data = bytearray((bundle / "model.tflite").read_bytes())
    data[1000] ^= 0xFF
    (bundle / "model.tflite").write_bytes(data)


def _lose(bundle: Path) -> None:
    (bundle / "model.tflite").unlink()


def _rename_class(manifest: dict[str, Any]) -> None:
    manifest["classes"][4]["label"] = "dragon"


def _rename_tensor(manifest: dict[str, Any]) -> None:
    manifest["outputs"]["boxes"]["tensor"] = "elsewhere"


def _rename_scores(manifest: dict[str, Any]) -> None:
    outputs = manifest["outputs"]
    outputs["scores"]["tensor"] = outputs["boxes"]["tensor"]


def _take_for_int8(manifest: dict[str, Any]) -> None:
    manifest["input"].update(dtype="int8", scale=1.0, zero_point=-128)


def _resize(manifest: dict[str, Any]) -> None:
    manifest["input"].update(width_px=288, height_px=512)


def _for_later_firmware(manifest: dict[str, Any]) -> None:
    manifest["firmware"] = {"lowest": "900", "below": "901"}


def _for_earlier_firmware(manifest: dict[str, Any]) -> None:
    manifest["firmware"] = {"lowest": "0", "below": "0.0.1"}


@pytest.mark.parametrize(
    ("damage", "says"), [(_flip, r"model\.tflite: SHA-256 is"), (_lose, r"model\.tflite: cannot be read")]
)
def test_a_damaged_file_is_refused_and_says_why(bundle: Path, damage: Callable[[Path], None], says: str) -> None:
    damage(bundle)
    with pytest.raises(ModelError, match=says):
        TfliteDetector(bundle)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (_rename_class, r"classes \['dragon'\] are unknown; this node knows \['animal', 'fire'"),
        (_rename_tensor, r"model\.tflite: has no tensor 'elsewhere', which its manifest names"),
        (_rename_scores, r"output_0_output' has shape \(1, 3024, 4\); its manifest says \(1, 3024, 6\)"),
        (_take_for_int8, r"args_0' has type float32; its manifest says int8"),
        (_resize, r"args_0' has shape \(1, 288, 512, 1\); its manifest says \(1, 512, 288, 1\)"),
        (_for_later_firmware, r"manifest\.json: is for firmware from 900 on and below 901; this is \d"),
        (_for_earlier_firmware, r"manifest\.json: is for firmware from 0 on and below 0\.0\.1; this is \d"),
    ],
)
def test_a_wrong_bundle_is_refused_and_says_why(
    runtime: str, bundle: Path, wrong: Callable[[dict[str, Any]], None], says: str
) -> None:
    change(bundle, wrong)
    with pytest.raises(ModelError, match=says):
        TfliteDetector(bundle, runtime)


def test_where_no_version_is_known_a_bundle_is_believed_to_fit(monkeypatch: pytest.MonkeyPatch, bundle: Path) -> None:
    def unknown(name: str) -> str:
        raise PackageNotFoundError(name)

    monkeypatch.setattr("firmware.drivers.detector_tflite.version", unknown)
    change(bundle, _for_later_firmware)
    assert TfliteDetector(bundle).manifest.firmware.lowest == "900"


def test_a_missing_bundle_is_refused_with_its_path(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=str(tmp_path / "nowhere")):
        TfliteDetector(tmp_path / "nowhere")


def test_a_file_that_is_no_network_is_refused(runtime: str, bundle: Path) -> None:
    (bundle / "model.tflite").write_bytes(b"no network at all" * 100)
    own_up(bundle)
    with pytest.raises(ModelError, match=f"{runtime} cannot run it"):
        TfliteDetector(bundle, runtime)


def test_an_unknown_runtime_is_refused() -> None:
    with pytest.raises(ModelError, match="'abacus' is unknown; it must be one of ai_edge_litert, tflite_runtime"):
        TfliteDetector(SHIPPED, "abacus")


def test_without_any_runtime_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in RUNTIMES:
        monkeypatch.setitem(sys.modules, f"{name}.interpreter", None)
    assert installed_runtimes() == ()
    with pytest.raises(ModelError, match=r"pip install 'nattvakt\[node\]'"):
        TfliteDetector(SHIPPED)


def test_the_other_runtime_is_taken_where_one_is_missing(monkeypatch: pytest.MonkeyPatch, runtime: str) -> None:
    for name in RUNTIMES:
        if name != runtime:
            monkeypatch.setitem(sys.modules, f"{name}.interpreter", None)
    assert TfliteDetector(SHIPPED).runtime == runtime
