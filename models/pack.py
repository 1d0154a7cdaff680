"""Packing: a TFLite file becomes a bundle, with thresholds from `val`, golden frames and a verified manifest.

The same inputs give the same bytes: nothing in a bundle tells when or where it was packed, and times are handed in.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np

from firmware.drivers.detector_tflite import TfliteDetector, installed_runtimes
from firmware.errors import ModelError
from models import golden
from models.classes import LABELS
from models.cost import macs
from models.data import Picture, read_folder, read_sources
from models.evaluate import take
from models.graph import Graph, Tensor, read_graph
from models.manifest import (
    FILE_NAME,
    NETWORK_FILE,
    SCHEMA,
    DType,
    FirmwareRange,
    Input,
    Label,
    Latency,
    Manifest,
    Output,
    Outputs,
    describe,
    load_manifest,
)
from models.measure import Evidence, gather
from models.stills import BundleFinder
from models.thresholds import RULES, UNKNOWN, Bare, Rule, choose

STRIDES = (8, 16, 32)
FILL = 114
NMS_IOU = 0.6


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be packed; `frames` is a folder of golden frames (PNG)."""

    network: Path
    out: Path
    name: str
    release: int
    quantisation: str
    frames: Path
    firmware: FirmwareRange
    latency_ms: tuple[Latency, ...] = ()


@dataclass(frozen=True, slots=True)
class Grounds:
    """What thresholds are chosen on: pictures, and which of them were rendered by us and so labelled without gaps."""

    pictures: Sequence[Picture]
    rendered: frozenset[int]

    @classmethod
    def read(cls, data: Path, extra: Sequence[Path]) -> Grounds:
        """`val` of the packed sets, and folders of rendered pictures; raises `ModelError` for folders without any."""
        real = read_sources(data, "val")
        rendered = [picture for folder in extra for picture in read_folder(folder)]
        return cls([*real, *rendered], frozenset(range(len(real), len(real) + len(rendered))))


def pack(order: Order, grounds: Grounds) -> Manifest:
    """Write the bundle; everything in it but the model card. Returns the verified manifest. Raises `ModelError`."""
    graph = read_graph(order.network)
    labels = tuple(Label(label=label, threshold=UNKNOWN, reason="not chosen yet") for label in LABELS)
    _begin(order)
    _write(order, graph, labels, [NETWORK_FILE])
    return wrap(order, chosen(order.out, grounds))


def wrap(order: Order, labels: tuple[Label, ...]) -> Manifest:
    """The same with given thresholds. Raises `ModelError` where a runtime does not see what another one saw."""
    graph = read_graph(order.network)
    _begin(order)
    _write(order, graph, labels, [NETWORK_FILE])
    frames = sorted(order.frames.glob("*.png"))
    if not frames:
        raise ModelError(f"{order.frames}: holds no PNG; golden frames are pictures that we rendered ourselves")
    (order.out / golden.FOLDER).mkdir()
    for frame in frames:
        shutil.copyfile(frame, order.out / golden.FOLDER / frame.name)
    detector = TfliteDetector(order.out)
    golden.write(order.out, golden.see(detector, detector.raw_decoder(golden.EXPECTED_LEAST_SCORE), order.out))
    inside = [f"{golden.FOLDER}/{path.name}" for path in sorted((order.out / golden.FOLDER).iterdir())]
    _write(order, graph, labels, [NETWORK_FILE, *inside])
    for runtime in installed_runtimes():
        faults = golden.faults(TfliteDetector(order.out, runtime), order.out)
        if faults:
            raise ModelError(f"{order.out}: {runtime} does not see what {detector.runtime} saw: " + "; ".join(faults))
    return load_manifest(order.out)


def chosen(folder: Path, grounds: Grounds) -> tuple[Label, ...]:
    """The classes with their thresholds, by what the bundle finds in the pictures."""
    reading = take("thresholds", BundleFinder(folder), grounds.pictures)
    labels = []
    for kind, label in enumerate(LABELS):
        evidence = gather(grounds.pictures, reading.finds, kind)
        choice = choose(evidence.curve(), _bare(evidence, grounds, RULES[label]), RULES[label])
        labels.append(Label(label=label, threshold=choice.threshold, reason=choice.reason))
    return tuple(labels)


def _bare(evidence: Evidence, grounds: Grounds, rule: Rule) -> Bare:
    """The false finds where the rule counts them."""
    counted = [
        rule.bare_in is None or row in grounds.rendered or picture.source in rule.bare_in
        for row, picture in enumerate(grounds.pictures)
    ]
    found = evidence.in_bare(np.array(counted, np.bool_))
    return Bare(found.scores, found.pictures)


def _begin(order: Order) -> None:
    """An empty bundle, but for the network and a model card."""
    order.out.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(order.out / golden.FOLDER, ignore_errors=True)
    shutil.copyfile(order.network, order.out / NETWORK_FILE)
    (order.out / NETWORK_FILE).chmod(0o644)


def _write(order: Order, graph: Graph, labels: tuple[Label, ...], names: list[str]) -> None:
    """Write the manifest for these files of the bundle."""
    manifest = Manifest(
        schema=SCHEMA,
        name=order.name,
        release=order.release,
        firmware=order.firmware,
        quantisation=order.quantisation,
        macs=macs(graph),
        network_bytes=order.network.stat().st_size,
        latency_ms=order.latency_ms,
        input=_input(order.network, graph),
        strides=STRIDES,
        classes=labels,
        nms_iou=NMS_IOU,
        outputs=_outputs(order.network, graph, len(labels)),
        files=tuple(describe(order.out, name) for name in names),
    )
    data = msgspec.json.format(msgspec.json.encode(manifest), indent=2)
    (order.out / FILE_NAME).write_bytes(data + b"\n")


def _input(network: Path, graph: Graph) -> Input:
    tensors = [graph.tensors[number] for number in graph.inputs]
    shapes = [tensor.shape for tensor in tensors]
    if len(tensors) != 1 or len(shapes[0]) != 4 or (shapes[0][0], shapes[0][3]) != (1, 1):
        raise ModelError(f"{network}: inputs have shapes {shapes}; need one, [1, height, width, 1]")
    (tensor,) = tensors
    scale, zero_point = _numbers(tensor)
    return Input(
        tensor=tensor.name,
        width_px=tensor.shape[2],
        height_px=tensor.shape[1],
        dtype=_dtype(network, tensor),
        scale=scale,
        zero_point=zero_point,
        fill=FILL,
    )


def _outputs(network: Path, graph: Graph, classes: int) -> Outputs:
    """The two outputs, told apart by their last side: 4, and 1 + classes."""
    by_side = {tensor.shape[-1]: tensor for tensor in (graph.tensors[number] for number in graph.outputs)}
    if set(by_side) != {4, 1 + classes}:
        raise ModelError(f"{network}: outputs end in sides {sorted(by_side)}; need 4 (boxes), {1 + classes} (scores)")
    return Outputs(boxes=_output(network, by_side[4]), scores=_output(network, by_side[1 + classes]))


def _output(network: Path, tensor: Tensor) -> Output:
    scale, zero_point = _numbers(tensor)
    return Output(
        tensor=tensor.name, shape=tensor.shape, dtype=_dtype(network, tensor), scale=scale, zero_point=zero_point
    )


def _numbers(tensor: Tensor) -> tuple[float, int]:
    return (1.0, 0) if tensor.dtype == "float32" else (tensor.scale, tensor.zero_point)


def _dtype(network: Path, tensor: Tensor) -> DType:
    for known in ("float32", "uint8", "int8"):
        if tensor.dtype == known:
            return known
    raise ModelError(f"{network}: tensor {tensor.name!r} is {tensor.dtype}; it must be float32, uint8 or int8")
