"""Packing a network: thresholds on val, golden frames, and the same bytes every time."""

import io
import json
import tarfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from firmware.drivers.detector_tflite import TfliteDetector
from firmware.errors import ModelError
from models import SHIPPED, golden
from models.cli import main
from models.inspection import inspect, kernels
from models.manifest import FirmwareRange, Label, Latency, load_manifest
from models.pack import Grounds, Order, wrap
from tests.bundles import TINY, blob, save, tiny_bundle

EVERYTHING = [1, 2, 3, 4, 5, 6]
AT_HALF = tuple(
    Label(label, 0.5, "by hand") for label in ("person", "vehicle", "two-wheeler", "fire", "smoke", "animal")
)


def flat() -> np.ndarray:  # type: ignore[type-arg]
    return np.full((32, 64), 40, np.uint8)


def write_set(folder: Path, split: str, source: str, pictures: list[tuple[np.ndarray, list[list[float]]]]) -> None:  # type: ignore[type-arg]
    """A packed set of pictures with the boxes of the persons in them."""
    shard = f"{split}-{source}-000.tar"
    images, annotations = [], []
    with tarfile.open(folder / shard, "w") as tar:
        for number, (picture, boxes) in enumerate(pictures):
            data = io.BytesIO()
            Image.fromarray(picture).save(data, "PNG")
            name = f"{number}.png"
            member = tarfile.TarInfo(name)
            member.size = data.getbuffer().nbytes
            tar.addfile(member, io.BytesIO(data.getvalue()))
            about = {"id": number, "file_name": name, "width": 64, "height": 32, "shard": shard}
            images.append({**about, "labelled_categories": EVERYTHING})
            annotations += [
                {"id": len(annotations), "image_id": number, "category_id": 1, "bbox": box} for box in boxes
            ]
    info = {"source": source, "labelled_categories": EVERYTHING}
    (folder / f"{split}-{source}.json").write_text(
        json.dumps({"images": images, "annotations": annotations, "info": info})
    )


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Persons where the network sees bright cells; half as bright ones in the forest are none."""
    folder = tmp_path / "data"
    folder.mkdir()
    box = [16.0, 6.0, 9.4, 16.1]
    write_set(folder, "val", "street", [(blob(), [box]), (blob(40, 8), [[40.0, 6.0, 9.4, 16.1]]), (flat(), [])])
    write_set(folder, "val", "farmnight", [(flat(), [])] * 3)
    return folder


@pytest.fixture
def frames(tmp_path: Path) -> Path:
    folder = tmp_path / "frames"
    folder.mkdir()
    save(blob(), folder / "one.png")
    save(flat(), folder / "none.png")
    return folder


def order(out: Path, frames: Path, network: Path = TINY) -> Order:
    times = (Latency("ai_edge_litert", 2, "a machine", 7.5),)
    return Order(network, out, "tiny", 3, "int8", frames, FirmwareRange("0.1", "1"), times)


def packing(out: Path, frames: Path, data: Path, *more: str) -> list[str]:
    names = ["--name", "tiny", "--release", "3", "--golden", str(frames), "--data", str(data)]
    return ["pack", "--network", str(TINY), "--out", str(out), *names, *more]


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_same_inputs_give_the_same_bytes(tmp_path: Path, data: Path, frames: Path) -> None:
    assert main(packing(tmp_path / "one", frames, data)) == 0
    (tmp_path / "two" / "golden").mkdir(parents=True)
    save(blob(), tmp_path / "two" / "golden" / "of-yesterday.png")
    (tmp_path / "two" / "MODEL_CARD.md").write_text("words")
    assert main(packing(tmp_path / "two", frames, data)) == 0
    one, two = contents(tmp_path / "one"), contents(tmp_path / "two")
    assert two.pop("MODEL_CARD.md") == b"words"
    assert one == two
    assert set(one) == {"manifest.json", "model.tflite", "golden/expected.json", "golden/none.png", "golden/one.png"}


def test_a_packed_bundle_says_what_is_in_it(tmp_path: Path, data: Path, frames: Path) -> None:
    main(packing(tmp_path / "out", frames, data))
    manifest = load_manifest(tmp_path / "out")
    assert (manifest.name, manifest.release, manifest.macs, manifest.latency_ms) == ("tiny", 3, 5020, ())
    assert (manifest.input.width_px, manifest.input.height_px, manifest.input.dtype) == (64, 32, "int8")
    assert (manifest.input.scale, manifest.input.zero_point) == (1.0, -128)
    assert [item.label for item in manifest.classes] == [item.label for item in AT_HALF]
    person, vehicle = manifest.classes[:2]
    assert 0.1 < person.threshold < 0.99
    assert person.reason == "best F1 on val; at most 10 false finds in 1,000 pictures without any (3 looked at)"
    assert vehicle.reason.startswith("nothing right was found")
    seen = golden.read(tmp_path / "out")
    assert [item.kind for item in seen["one.png"]] == ["person"]
    assert seen["none.png"] == ()
    assert TfliteDetector(tmp_path / "out").decoder().thresholds[0] == person.threshold


def test_false_finds_on_rendered_pictures_raise_a_threshold(tmp_path: Path, data: Path, frames: Path) -> None:
    """The same bright cell, where our own labels say that nobody is."""
    extra = tmp_path / "extra"
    extra.mkdir()
    dim = blob(24, 16)
    dim[dim > 100] = 190
    save(dim, extra / "lamp.png")
    image = {"id": 1, "file_name": "lamp.png", "width": 64, "height": 32}
    (extra / "labels.json").write_text(json.dumps({"images": [image], "annotations": [], "info": {}}))
    main(packing(tmp_path / "without", frames, data))
    main(packing(tmp_path / "with", frames, data, "--extra", str(extra)))
    low, high = (load_manifest(tmp_path / name).classes[0] for name in ("without", "with"))
    assert high.threshold > low.threshold
    assert "(4 looked at)" in high.reason


def test_times_come_from_an_inspection_and_are_not_taken_while_packing(
    tmp_path: Path, data: Path, frames: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(packing(tmp_path / "out", frames, data))
    capsys.readouterr()
    assert main(["inspect", str(tmp_path / "out"), "--runs", "1", "--machine", "a desk", "--json"]) == 0
    told = tmp_path / "inspection.json"
    told.write_text(capsys.readouterr().out)
    main(packing(tmp_path / "timed", frames, data, "--latency", str(told)))
    times = load_manifest(tmp_path / "timed").latency_ms
    assert {one.machine for one in times} == {"a desk"}
    assert {one.threads for one in times} == {1, 2}
    assert all(one.median_ms > 0 for one in times)


def test_rubbish_for_times_is_named(tmp_path: Path, data: Path, frames: Path) -> None:
    (tmp_path / "times.json").write_text('{"fast": true}')
    with pytest.raises(ModelError, match=r"times\.json: .*it must be what `model inspect --json` prints"):
        main(packing(tmp_path / "out", frames, data, "--latency", str(tmp_path / "times.json")))


def test_a_folder_without_golden_frames_is_named(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(ModelError, match=r"empty: holds no PNG; golden frames are pictures that we rendered"):
        wrap(order(tmp_path / "out", tmp_path / "empty"), AT_HALF)


def test_a_network_of_other_classes_is_named(tmp_path: Path, frames: Path) -> None:
    with pytest.raises(ModelError, match=r"tiny-int8\.tflite: outputs end in sides \[4, 7\]; need 4 \(boxes\), 6"):
        wrap(order(tmp_path / "out", frames), AT_HALF[:5])


def test_a_file_that_is_no_network_is_named(tmp_path: Path, frames: Path) -> None:
    (tmp_path / "rubbish").write_bytes(b"no network")
    with pytest.raises(ModelError, match="rubbish: is no TFLite file"):
        wrap(order(tmp_path / "out", frames, tmp_path / "rubbish"), AT_HALF)


def test_a_runtime_that_sees_something_else_ends_the_packing(
    tmp_path: Path, frames: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(golden, "faults", lambda detector, folder: [f"one.png: {detector.runtime} is blind"])
    with pytest.raises(ModelError, match=r"does not see what \w+ saw: one\.png"):
        wrap(order(tmp_path / "out", frames), AT_HALF)


def test_val_alone_is_read_for_thresholds(data: Path) -> None:
    write_set(data, "test", "street", [(blob(), [])])
    grounds = Grounds.read(data, [])
    assert len(grounds.pictures) == 6
    assert not grounds.rendered


def test_an_inspection_tells_whose_kernels_run(tmp_path: Path) -> None:
    """ai-edge-litert's XNNPACK takes quantised networks as well; that of tflite-runtime, float ones only (x86)."""
    shipped = {trial.runtime: trial for trial in inspect(SHIPPED, runs=0).trials}
    tiny = tiny_bundle(tmp_path / "tiny")
    for runtime, trial in shipped.items():
        assert trial.latency_ms == ()
        told = kernels(TfliteDetector(tiny, runtime).interpreter)
        assert told is not None
        assert told.operators == told.delegated + sum(told.left.values()) == 23
        assert told.delegated > 15 or runtime != "ai_edge_litert"


def test_kernels_that_cannot_be_told_are_not_made_up() -> None:
    assert kernels(object()) is None
