"""The contract of every detector, in every runtime installed: the shipped bundle, a float one, a tiny int8 one."""

import shutil
import sys
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest

from firmware.core.written import WrittenDetection
from firmware.drivers.detector_tflite import RUNTIMES, Canvas, TfliteDetector, installed_runtimes
from firmware.errors import ModelError
from firmware.messages import ObjectKind, Size
from models import SHIPPED, golden
from models.finds import read_grey
from models.manifest import Input
from models.stills import detect_still
from tests.bundles import FLOAT, blob, change, own_up, tiny_bundle

# Float: both runtimes add up in another order; measured: 1e-4 of a cell, 1e-4 of a logit.
FLOAT_TOLERANCE = 2e-3
# Int8: each layer is rounded differently; measured on an early checkpoint: 998 of 1,000 numbers within 4 steps, all
# within 13 (`models/golden.py` says what that does to detections).
USUAL_STEPS, MOST_STEPS = 5, 25


@pytest.fixture(params=RUNTIMES)
def runtime(request: pytest.FixtureRequest) -> str:
    name = str(request.param)
    if name not in installed_runtimes():
        pytest.skip(f"{name} is not installed here (its wheels are not for this Python or processor)")
    return name


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SHIPPED, tmp_path / "bundle"))


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    return tiny_bundle(tmp_path / "tiny")


def test_at_least_one_runtime_is_installed() -> None:
    assert installed_runtimes()


@pytest.mark.parametrize("folder", [SHIPPED, FLOAT], ids=lambda folder: folder.name)
def test_golden_frames_come_out_as_written_down(runtime: str, folder: Path) -> None:
    assert golden.faults(TfliteDetector(folder, runtime), folder) == []


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
        assert golden.differences(wanted, {**wanted, name: (changed, *items[1:])}, golden.FLOAT)
    assert golden.differences(wanted, wanted, golden.FLOAT) == []


@pytest.mark.skipif(len(installed_runtimes()) < 2, reason="needs both runtimes to compare them")
@pytest.mark.parametrize("folder", [SHIPPED, FLOAT], ids=lambda folder: folder.name)
def test_both_runtimes_give_the_same_numbers(folder: Path) -> None:
    frame = read_grey(next((folder / "golden").glob("*.png")))
    detectors = [TfliteDetector(folder, name) for name in RUNTIMES]
    first, second = (detector.infer(frame) for detector in detectors)
    outputs = detectors[0].manifest.outputs
    for one, other, told in (
        (first.boxes, second.boxes, outputs.boxes),
        (first.scores, second.scores, outputs.scores),
    ):
        apart = np.abs(one - other)
        if told.dtype == "float32":
            assert apart.max() <= FLOAT_TOLERANCE
        else:
            assert np.quantile(apart, 0.99) <= USUAL_STEPS * told.scale
            assert apart.max() <= MOST_STEPS * told.scale


def test_the_same_picture_gives_the_same_numbers(runtime: str) -> None:
    frame = read_grey(next((SHIPPED / "golden").glob("*.png")))
    detector = TfliteDetector(SHIPPED, runtime)
    first = detector.infer(frame)
    detector.infer(np.zeros((100, 700), np.uint8))
    assert np.array_equal(first.scores, detector.infer(frame).scores)


@pytest.mark.parametrize("shape", [(288, 512), (240, 320), (720, 1280), (17, 9)])
def test_any_picture_size_is_taken(runtime: str, shape: tuple[int, int]) -> None:
    raw = TfliteDetector(SHIPPED, runtime).infer(np.full(shape, 90, np.uint8))
    manifest = TfliteDetector(SHIPPED).manifest
    assert raw.boxes.shape == (manifest.rows, 4)
    assert raw.scores.shape == (manifest.rows, 1 + len(manifest.classes))
    assert raw.boxes.dtype == raw.scores.dtype == np.float32
    assert np.isfinite(raw.scores).all()


def test_a_flat_picture_shows_nothing(runtime: str) -> None:
    detector = TfliteDetector(SHIPPED, runtime)
    for level in (0, 60, 255):
        assert detect_still(detector, detector.raw_decoder(0.25), np.full((288, 512), level, np.uint8)) == ()


def test_the_input_size_is_the_manifests(runtime: str, tiny: Path) -> None:
    assert TfliteDetector(tiny, runtime).input_size == Size(64, 32)


def test_the_decoder_takes_the_bundles_thresholds_and_the_raw_one_none() -> None:
    detector = TfliteDetector(SHIPPED)
    assert detector.decoder().thresholds == tuple(item.threshold for item in detector.manifest.classes)
    raw = detector.raw_decoder(0.05)
    assert (raw.thresholds, raw.least_score) == ((0.5,) * len(detector.manifest.classes), 0.05)


def test_an_int8_network_finds_what_it_was_built_for(runtime: str, tiny: Path) -> None:
    detector = TfliteDetector(tiny, runtime)
    (found,) = detect_still(detector, detector.raw_decoder(0.3), blob(16, 8))
    assert found.kind is ObjectKind.PERSON
    assert found.score == pytest.approx(0.99, abs=0.02)
    # The full 6 gives dx = dy = 0.56 cells, a width of exp(0.16) and a height of exp(0.7), about the cell at (2, 1).
    assert found.box.centre == pytest.approx((8 * 2.56, 8 * 1.56), abs=0.1)
    assert (found.box.w_px, found.box.h_px) == pytest.approx((8 * np.exp(0.16), 8 * np.exp(0.7)), rel=0.02)


def test_int8_numbers_come_out_as_real_values(runtime: str, tiny: Path) -> None:
    detector = TfliteDetector(tiny, runtime)
    raw = detector.infer(blob())
    for values, told in ((raw.boxes, detector.manifest.outputs.boxes), (raw.scores, detector.manifest.outputs.scores)):
        assert values.dtype == np.float32
        numbers = values / np.float32(told.scale) + told.zero_point
        assert np.abs(numbers - np.rint(numbers)).max() < 1e-3
        assert numbers.min() > -128.5
        assert numbers.max() < 127.5
    # An empty cell is dark: -6 by its bias; a bright one 2 * 6 - 6. The three other strides see it dimmed.
    assert raw.scores[0, 0] == pytest.approx(-6, abs=0.05)
    assert raw.scores[1 * 8 + 2, 0] == pytest.approx(6, abs=0.05)


@pytest.mark.skipif(len(installed_runtimes()) < 2, reason="needs both runtimes to compare them")
def test_int8_runtimes_differ_by_a_step_at_most_where_the_network_is_shallow(tiny: Path) -> None:
    first, second = (TfliteDetector(tiny, name) for name in RUNTIMES)
    outputs = first.manifest.outputs
    rng = np.random.default_rng(4)
    for _ in range(20):
        picture = rng.integers(0, 256, (32, 64), np.uint8)
        one, other = first.infer(picture), second.infer(picture)
        assert np.abs(one.scores - other.scores).max() < 1.01 * outputs.scores.scale
        assert np.abs(one.boxes - other.boxes).max() < 1.01 * outputs.boxes.scale


@pytest.mark.parametrize(
    ("key", "numbers", "says"),
    [
        ("scores", {"scale": 0.05}, r"output_1_output' has scale and zero point \(0\.047\d+, 0\); its .* \(0\.05, 0\)"),
        ("boxes", {"zero_point": 0}, r"output_0_output' has scale and zero point \(0\.0027\d+, -128\); its .* 0\)"),
        ("boxes", {"dtype": "float32", "scale": 1.0, "zero_point": 0}, r"has type int8; its manifest says float32"),
    ],
)
def test_another_quantisation_than_the_manifests_is_refused(
    runtime: str, tiny: Path, key: str, numbers: dict[str, object], says: str
) -> None:
    change(tiny, lambda manifest: manifest["outputs"][key].update(numbers))
    with pytest.raises(ModelError, match=says):
        TfliteDetector(tiny, runtime)


@pytest.mark.parametrize("which", ["shipped", "tiny"])
def test_nothing_of_the_picture_before_is_left(runtime: str, tiny: Path, which: str) -> None:
    """Pictures of changing size and shape are laid on one canvas."""
    folder = SHIPPED if which == "shipped" else tiny
    used = TfliteDetector(folder, runtime)
    rng = np.random.default_rng(6)
    for shape in ((32, 64), (20, 60), (32, 20), (90, 160), (32, 64)):
        picture = rng.integers(0, 256, shape, np.uint8)
        fresh, again = TfliteDetector(folder, runtime).infer(picture), used.infer(picture)
        assert np.array_equal(fresh.scores, again.scores)
        assert np.array_equal(fresh.boxes, again.boxes)


@pytest.mark.parametrize(
    ("dtype", "scale", "zero_point", "numbers"),
    [
        ("int8", 1.0, -128, [-128, -28, 127]),
        ("uint8", 1.0, 0, [0, 100, 255]),
        ("int8", 2.0, -128, [-128, -78, 0]),  # 255 / 2 is rounded to even
        ("uint8", 2.0, 100, [100, 150, 228]),
        ("float32", 1.0, 0, [0, 100, 255]),
    ],
)
def test_grey_levels_become_the_inputs_numbers(
    dtype: Literal["float32", "uint8", "int8"], scale: float, zero_point: int, numbers: list[int]
) -> None:
    canvas = Canvas(Input("x", 5, 2, dtype, scale, zero_point, fill=0))
    values = canvas.holding(np.array([[0, 100, 255]], np.uint8))
    assert values.dtype == np.dtype(dtype)
    assert values.shape == (1, 2, 5, 1)
    assert values[0, 0, :3, 0].tolist() == numbers
    assert values[0, 1, :, 0].tolist() == [numbers[0]] * 5


def _flip(bundle: Path) -> None:
    data = bytearray((bundle / "model.tflite").read_bytes())
    data[1000] ^= 0xFF
    (bundle / "model.tflite").write_bytes(data)


def _cut(bundle: Path) -> None:
    """The runtimes would not notice: they read on beyond the end."""
    data = (bundle / "model.tflite").read_bytes()
    (bundle / "model.tflite").write_bytes(data[: len(data) // 2])


def _lose(bundle: Path) -> None:
    (bundle / "model.tflite").unlink()


def _rename_class(manifest: dict[str, Any]) -> None:
    manifest["classes"][4]["label"] = "dragon"


def _rename_tensor(manifest: dict[str, Any]) -> None:
    manifest["outputs"]["boxes"]["tensor"] = "elsewhere"


def _rename_scores(manifest: dict[str, Any]) -> None:
    outputs = manifest["outputs"]
    outputs["scores"]["tensor"] = outputs["boxes"]["tensor"]


def _take_for_float(manifest: dict[str, Any]) -> None:
    manifest["input"].update(dtype="float32", scale=1.0, zero_point=0)


def _resize(manifest: dict[str, Any]) -> None:
    manifest["input"].update(width_px=32, height_px=64)


def _for_later_firmware(manifest: dict[str, Any]) -> None:
    manifest["firmware"] = {"lowest": "900", "below": "901"}


def _for_earlier_firmware(manifest: dict[str, Any]) -> None:
    manifest["firmware"] = {"lowest": "0", "below": "0.0.1"}


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (_flip, r"model\.tflite: SHA-256 is"),
        (_cut, r"model\.tflite: has \d+ bytes; .*\.bytes = \d+"),
        (_lose, r"model\.tflite: cannot be read"),
    ],
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
        (_rename_scores, r"output_0_output' has shape \(1, 42, 4\); its manifest says \(1, 42, 7\)"),
        (_take_for_float, r"args_0' has type int8; its manifest says float32"),
        (_resize, r"args_0' has shape \(1, 32, 64, 1\); its manifest says \(1, 64, 32, 1\)"),
        (_for_later_firmware, r"manifest\.json: is for firmware from 900 on and below 901; this is \d"),
        (_for_earlier_firmware, r"manifest\.json: is for firmware from 0 on and below 0\.0\.1; this is \d"),
    ],
)
def test_a_wrong_bundle_is_refused_and_says_why(
    runtime: str, tiny: Path, wrong: Callable[[dict[str, Any]], None], says: str
) -> None:
    change(tiny, wrong)
    with pytest.raises(ModelError, match=says):
        TfliteDetector(tiny, runtime)


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
