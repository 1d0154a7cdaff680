"""The manifest of a model bundle: what is in the folder, and how to talk to the network in it.

The lowest layer of the project: the node, the updater and the maintainers' tools all read bundles through here.
A bundle is a folder with `manifest.json`, the network, golden frames and a model card; `load_manifest` believes none
of them before size and SHA-256 of every listed file are right.
"""

from __future__ import annotations

import hashlib
import math
import re
from pathlib import Path
from typing import Literal

import msgspec

SCHEMA = 2
FILE_NAME = "manifest.json"
NETWORK_FILE = "model.tflite"


class ManifestError(Exception):
    """A bundle that must not be used; the message names the file, the key and what would be right."""


DType = Literal["float32", "uint8", "int8"]
INTEGERS: dict[str, tuple[int, int]] = {"uint8": (0, 255), "int8": (-128, 127)}
"""The least and the greatest number that a quantised tensor holds."""


class Input(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The one input: a grey picture `[1, height_px, width_px, 1]`, real values 0..255.

    A real value is `(number - zero_point) * scale`; a float tensor has scale 1 and zero point 0. A picture of another
    shape is scaled to fit and laid into the upper left corner; the rest is `fill` (a grey level).
    """

    tensor: str
    width_px: int
    height_px: int
    dtype: DType
    scale: float
    zero_point: int
    fill: int


class Output(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One output tensor, by name and shape; real values as in `Input`."""

    tensor: str
    shape: tuple[int, ...]
    dtype: DType
    scale: float
    zero_point: int


class Outputs(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`boxes` `[1, n, 4]` (dx, dy, log w, log h in cells) and `scores` `[1, n, 1 + classes]` (logits)."""

    boxes: Output
    scores: Output


class Label(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One class, in the order of the network's outputs, and the score from which it counts as seen.

    `reason` tells people how the threshold was chosen, and on which pictures.
    """

    label: str
    threshold: float
    reason: str


class FirmwareRange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which versions of this package may load the bundle: from `lowest` on, and `below` no more. Numbers and dots."""

    lowest: str
    below: str

    def holds(self, version: str) -> bool:
        """Whether a version lies in the range; of `0.2.0rc1` or `0.2.0.dev3+g1` the leading numbers count."""
        return version_numbers(self.lowest) <= version_numbers(version) < version_numbers(self.below)


class Latency(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What one look took: a median in ms, measured in `runtime` with `threads` on `machine` (words for people)."""

    runtime: str
    threads: int
    machine: str
    median_ms: float


class BundleFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One file of the bundle; `name` is relative to the bundle, with `/`."""

    name: str
    sha256: str
    bytes: int


class _Schema(msgspec.Struct, frozen=True):
    """What every manifest of any age begins with."""

    schema: int


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Everything the node must know about a bundle. `release` counts up; a node never goes back by itself.

    `macs` are multiply-adds of one look, `network_bytes` the size of the network's file.
    """

    schema: int
    name: str
    release: int
    firmware: FirmwareRange
    quantisation: str
    macs: int
    network_bytes: int
    latency_ms: tuple[Latency, ...]
    input: Input
    strides: tuple[int, ...]
    classes: tuple[Label, ...]
    nms_iou: float
    outputs: Outputs
    files: tuple[BundleFile, ...]

    @property
    def labels(self) -> tuple[str, ...]:
        """The class labels in the order of the network's outputs."""
        return tuple(item.label for item in self.classes)

    @property
    def rows(self) -> int:
        """How many boxes the network proposes: one per cell of every stride."""
        return sum((self.input.width_px // s) * (self.input.height_px // s) for s in self.strides)


def load_manifest(folder: Path) -> Manifest:
    """Read and verify the bundle in `folder`; raises `ManifestError`."""
    path = folder / FILE_NAME
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ManifestError(
            f"{path}: cannot be read ({error.strerror}); a model bundle is a folder with this file"
        ) from error
    manifest = parse_manifest(data, str(path))
    for item in manifest.files:
        _verify(folder, item, str(path))
    return manifest


def parse_manifest(data: bytes, source: str) -> Manifest:
    """Decode and check a manifest; `source` is what messages call it. Raises `ManifestError`."""
    try:
        schema = msgspec.json.decode(data, type=_Schema).schema
        if schema != SCHEMA:
            raise ManifestError(f"{source}: schema is {schema}; it must be {SCHEMA}, the one this version reads")
        manifest = msgspec.json.decode(data, type=Manifest)
    except msgspec.DecodeError as error:
        raise ManifestError(f"{source}: {error}") from error
    for key, wrong, right in _faults(manifest):
        raise ManifestError(f"{source}: {key} is {wrong}; it must be {right}")
    return manifest


Rule = tuple[bool, str, object, str]
"""Whether it is kept, the key, what stands there, what would be right."""


def _faults(manifest: Manifest) -> list[tuple[str, object, str]]:
    """All rules the types cannot express that are broken: key, what stands there, what would be right."""
    given, outputs, count = manifest.input, manifest.outputs, len(manifest.classes)
    names = [item.name for item in manifest.files]
    rules: list[Rule] = [
        (manifest.release >= 1, "release", manifest.release, "1 or more"),
        (0 <= given.fill <= 255, "input.fill", given.fill, "0..255"),
        (0 < manifest.nms_iou <= 1, "nms_iou", manifest.nms_iou, "above 0 and at most 1"),
        (0 < count == len(set(manifest.labels)), "classes", manifest.labels, "one or more different labels"),
        (NETWORK_FILE in names, "files", names, f"a list that holds {NETWORK_FILE}"),
        (len(set(names)) == len(names), "files", names, "a list without repetitions"),
    ]
    rules += [
        (0 < item.threshold < 1, f"classes[{item.label}].threshold", item.threshold, "between 0 and 1")
        for item in manifest.classes
    ]
    rules += [
        (_stays_inside(name), "files", repr(name), "a relative path that stays inside the bundle") for name in names
    ]
    rules += _firmware_rules(manifest.firmware) + _size_rules(manifest)
    for key, tensor in (("input", given), ("outputs.boxes", outputs.boxes), ("outputs.scores", outputs.scores)):
        rules += _number_rules(key, tensor)
    rules += _shape_rules(manifest)
    return [(key, wrong, right) for good, key, wrong, right in rules if not good]


def _shape_rules(manifest: Manifest) -> list[Rule]:
    given, outputs = manifest.input, manifest.outputs
    if not manifest.strides or min(manifest.strides) <= 0:
        return [(False, "strides", manifest.strides, "positive")]
    step = math.lcm(*manifest.strides)
    fits = given.width_px > 0 and given.height_px > 0 and not (given.width_px % step or given.height_px % step)
    size = (given.width_px, given.height_px)
    boxes, scores = (1, manifest.rows, 4), (1, manifest.rows, 1 + len(manifest.classes))
    return [
        (fits, "input width_px, height_px", size, f"positive multiples of {step}"),
        (outputs.boxes.shape == boxes, "outputs.boxes.shape", outputs.boxes.shape, str(boxes)),
        (outputs.scores.shape == scores, "outputs.scores.shape", outputs.scores.shape, str(scores)),
    ]


def _firmware_rules(given: FirmwareRange) -> list[Rule]:
    plain = [(f"firmware.{key}", text) for key, text in (("lowest", given.lowest), ("below", given.below))]
    rules: list[Rule] = [
        (bool(re.fullmatch(r"\d+(\.\d+)*", text)), key, repr(text), "numbers and dots, as in 0.1.0")
        for key, text in plain
    ]
    ordered = version_numbers(given.lowest) < version_numbers(given.below)
    return [*rules, (ordered, "firmware.below", repr(given.below), f"a later version than lowest, {given.lowest}")]


def _size_rules(manifest: Manifest) -> list[Rule]:
    listed = next((item.bytes for item in manifest.files if item.name == NETWORK_FILE), manifest.network_bytes)
    rules: list[Rule] = [
        (manifest.macs > 0, "macs", manifest.macs, "positive: the multiply-adds of one look"),
        (manifest.network_bytes == listed, "network_bytes", manifest.network_bytes, f"{listed}, as files says"),
    ]
    for item in manifest.latency_ms:
        good = item.median_ms > 0 and item.threads > 0
        rules.append((good, "latency_ms", item, "positive times of one thread or more"))
    return rules


def _number_rules(key: str, tensor: Input | Output) -> list[Rule]:
    """How a tensor's numbers stand for real values."""
    scale, zero_point = tensor.scale, tensor.zero_point
    if tensor.dtype == "float32":
        plain = (scale, zero_point) == (1.0, 0)
        return [(plain, f"{key} scale, zero_point", (scale, zero_point), "(1.0, 0) where dtype is float32")]
    least, greatest = INTEGERS[tensor.dtype]
    rules: list[Rule] = [
        (0 < scale < math.inf, f"{key}.scale", scale, "positive"),
        (least <= zero_point <= greatest, f"{key}.zero_point", zero_point, f"{least}..{greatest}"),
    ]
    if isinstance(tensor, Input):
        low, high = (least - zero_point) * scale, (greatest - zero_point) * scale
        holds = low < scale / 2 and high > 255 - scale / 2
        said = f"{low:g}..{high:g} in real values"
        rules.append((holds, f"{key} scale, zero_point", said, "such that the grey levels 0..255 fit in"))
    return rules


def version_numbers(version: str) -> tuple[int, ...]:
    """The leading numbers of a version without trailing zeros, for comparing: `0.2.0rc1` is `(0, 2)`."""
    found = re.match(r"\d+(\.\d+)*", version)
    numbers = [int(part) for part in found.group().split(".")] if found else []
    while numbers and not numbers[-1]:
        numbers.pop()
    return tuple(numbers)


def _stays_inside(name: str) -> bool:
    """Whether a listed name is a plain relative path; a bundle must not be able to point elsewhere."""
    parts = name.split("/")
    return bool(name) and "\\" not in name and all(part not in ("", ".", "..") for part in parts)


def _verify(folder: Path, item: BundleFile, source: str) -> None:
    """Compare one file with what the manifest says of it."""
    path = folder / item.name
    try:
        found = describe(folder, item.name)
    except OSError as error:
        raise ManifestError(f"{path}: cannot be read ({error.strerror}), but {source} lists it") from error
    if found.bytes != item.bytes:
        raise ManifestError(f"{path}: has {found.bytes} bytes; {source} says files[{item.name}].bytes = {item.bytes}")
    if found.sha256 != item.sha256:
        raise ManifestError(
            f"{path}: SHA-256 is {found.sha256}; {source} says files[{item.name}].sha256 = {item.sha256}"
        )


def describe(folder: Path, name: str) -> BundleFile:
    """Size and hash of one file of a bundle, as the manifest lists it; raises `OSError`."""
    data = (folder / name).read_bytes()
    return BundleFile(name=name, sha256=hashlib.sha256(data).hexdigest(), bytes=len(data))
