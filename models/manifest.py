"""The manifest of a model bundle: what is in the folder, and how to talk to the network in it.

The lowest layer of the project: the node, the updater and the maintainers' tools all read bundles through here.
A bundle is a folder with `manifest.json`, the network, golden frames and a model card; `load_manifest` believes none
of them before size and SHA-256 of every listed file are right.
"""

from __future__ import annotations

import hashlib
import math
from pathlib import Path
from typing import Literal

import msgspec

SCHEMA = 1
FILE_NAME = "manifest.json"
NETWORK_FILE = "model.tflite"


class ManifestError(Exception):
    """A bundle that must not be used; the message names the file, the key and what would be right."""


class Input(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The one input: a grey picture `[1, height_px, width_px, 1]`, values 0..255.

    A picture of another shape is scaled to fit and laid into the upper left corner; the rest is `fill`.
    """

    tensor: str
    width_px: int
    height_px: int
    dtype: Literal["float32", "uint8"]
    fill: int


class Output(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One output tensor, by name and shape."""

    tensor: str
    shape: tuple[int, ...]


class Outputs(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`boxes` `[1, n, 4]` (dx, dy, log w, log h in cells) and `scores` `[1, n, 1 + classes]` (logits)."""

    boxes: Output
    scores: Output


class Label(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One class, in the order of the network's outputs, and the score from which it counts as seen."""

    label: str
    threshold: float


class BundleFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One file of the bundle; `name` is relative to the bundle, with `/`."""

    name: str
    sha256: str
    bytes: int


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Everything the node must know about a bundle. `release` counts up; a node never goes back by itself."""

    schema: int
    name: str
    release: int
    quantisation: str
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
        manifest = msgspec.json.decode(data, type=Manifest)
    except msgspec.DecodeError as error:
        raise ManifestError(f"{source}: {error}") from error
    for key, wrong, right in _faults(manifest):
        raise ManifestError(f"{source}: {key} is {wrong}; it must be {right}")
    return manifest


def _faults(manifest: Manifest) -> list[tuple[str, object, str]]:
    """All rules the types cannot express: (key, what stands there, what would be right)."""
    given, rows, count = manifest.input, manifest.rows, len(manifest.classes)
    names = [item.name for item in manifest.files]
    rules: list[tuple[bool, str, object, str]] = [
        (manifest.schema == SCHEMA, "schema", manifest.schema, f"{SCHEMA}, the one this version reads"),
        (manifest.release >= 1, "release", manifest.release, "1 or more"),
        (bool(manifest.strides) and min(manifest.strides) > 0, "strides", manifest.strides, "positive"),
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
    if bool(manifest.strides) and min(manifest.strides) > 0:
        step = math.lcm(*manifest.strides)
        fits = given.width_px > 0 and given.height_px > 0 and not (given.width_px % step or given.height_px % step)
        size = (given.width_px, given.height_px)
        rules += [
            (fits, "input width_px, height_px", size, f"positive multiples of {step}"),
            (
                manifest.outputs.boxes.shape == (1, rows, 4),
                "outputs.boxes.shape",
                manifest.outputs.boxes.shape,
                f"(1, {rows}, 4)",
            ),
            (
                manifest.outputs.scores.shape == (1, rows, 1 + count),
                "outputs.scores.shape",
                manifest.outputs.scores.shape,
                f"(1, {rows}, {1 + count})",
            ),
        ]
    return [(key, wrong, right) for good, key, wrong, right in rules if not good]


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
