"""Packing: a TFLite file becomes a bundle, with thresholds from `val`, golden frames and a verified manifest."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import msgspec

from firmware.drivers.detector_tflite import TfliteDetector
from firmware.errors import ModelError
from models import golden
from models.data import read_sources
from models.evaluate import LABELS, Reading, take, thresholds
from models.manifest import (
    FILE_NAME,
    NETWORK_FILE,
    SCHEMA,
    Input,
    Label,
    Manifest,
    Output,
    Outputs,
    describe,
    load_manifest,
)
from models.stills import BundleFinder

STRIDES = (8, 16, 32)
WIDTH_PX, HEIGHT_PX = 512, 288
FILL = 114
NMS_IOU = 0.6
UNSET_THRESHOLD = 0.5


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be packed; `frames` is a folder of golden frames (PNG), `data` the packed sets."""

    network: Path
    out: Path
    name: str
    release: int
    quantisation: str
    frames: Path
    data: Path


def pack(order: Order) -> Manifest:
    """Write the bundle; everything in it but the model card. Returns the verified manifest."""
    folder = order.out
    (folder / golden.FOLDER).mkdir(parents=True, exist_ok=True)
    shutil.copyfile(order.network, folder / NETWORK_FILE)
    (folder / NETWORK_FILE).chmod(0o644)
    _write(order, dict.fromkeys(LABELS, UNSET_THRESHOLD), [NETWORK_FILE])
    chosen = thresholds(*_on_val(folder, order.data))
    for old in (folder / golden.FOLDER).iterdir():
        old.unlink()
    for frame in sorted(order.frames.glob("*.png")):
        shutil.copyfile(frame, folder / golden.FOLDER / frame.name)
    detector = TfliteDetector(folder)
    golden.write(folder, golden.see(detector, detector.raw_decoder(golden.EXPECTED_LEAST_SCORE), folder))
    inside = [f"{golden.FOLDER}/{path.name}" for path in sorted((folder / golden.FOLDER).iterdir())]
    _write(order, chosen, [NETWORK_FILE, *inside])
    return load_manifest(folder)


def _on_val(folder: Path, data: Path) -> tuple[list, Reading]:  # type: ignore[type-arg]
    pictures = read_sources(data, "val")
    return pictures, take("thresholds on val", BundleFinder(folder), pictures)


def _write(order: Order, at: dict[str, float], names: list[str]) -> None:
    """Write the manifest with these thresholds, for these files of the bundle."""
    given, boxes, scores = _tensors(order.network)
    manifest = Manifest(
        schema=SCHEMA,
        name=order.name,
        release=order.release,
        quantisation=order.quantisation,
        input=Input(tensor=given, width_px=WIDTH_PX, height_px=HEIGHT_PX, dtype="float32", fill=FILL),
        strides=STRIDES,
        classes=tuple(Label(label=label, threshold=at[label]) for label in LABELS),
        nms_iou=NMS_IOU,
        outputs=Outputs(boxes=boxes, scores=scores),
        files=tuple(describe(order.out, name) for name in names),
    )
    data = msgspec.json.format(msgspec.json.encode(manifest), indent=2)
    (order.out / FILE_NAME).write_bytes(data + b"\n")


def _tensors(network: Path) -> tuple[str, Output, Output]:
    """Names and shapes of input, boxes and scores; told apart by their last side, 4 and 1 + classes."""
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(model_path=str(network))
    outputs = {
        int(item["shape"][-1]): Output(tensor=str(item["name"]), shape=tuple(int(n) for n in item["shape"]))
        for item in interpreter.get_output_details()
    }
    try:
        return str(interpreter.get_input_details()[0]["name"]), outputs[4], outputs[1 + len(LABELS)]
    except KeyError as error:
        raise ModelError(
            f"{network}: outputs end in sides {sorted(outputs)}; need 4 (boxes) and {1 + len(LABELS)} (scores)"
        ) from error
