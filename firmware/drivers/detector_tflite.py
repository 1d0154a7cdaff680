"""The detector behind either TFLite runtime: `ai_edge_litert`, or `tflite_runtime` (ends at Python 3.11).

Both give the same `Interpreter`; which one is there is settled by the extras' markers. A bundle is believed only after
its manifest and hashes are right and it is meant for this firmware, and the network only after its tensors are what
the manifest says.
"""

import importlib
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from firmware.core.decode import Decoder, letterboxed_size
from firmware.drivers.scaling import scaled
from firmware.errors import ModelError
from firmware.messages import Grey, ObjectKind, RawDetections, Size
from models.manifest import FILE_NAME, INTEGERS, NETWORK_FILE, Input, Manifest, ManifestError, Output, load_manifest

RUNTIMES = ("ai_edge_litert", "tflite_runtime")
"""Module names, the preferred one first: on x86 `ai_edge_litert` is faster, on ARM this was not measured."""


class TfliteDetector:
    """One network in one runtime. Not for use from several threads at once."""

    def __init__(self, folder: Path, runtime: str | None = None, threads: int = 1) -> None:
        """Open the bundle in `folder`. `runtime` forces one of `RUNTIMES`. Raises ModelError."""
        self.manifest = _manifest(folder)
        self.runtime, interpreter_class = _interpreter_class(runtime)
        path = folder / NETWORK_FILE
        try:
            self.interpreter: Any = interpreter_class(model_path=str(path), num_threads=threads)
            self.interpreter.allocate_tensors()
        except (ValueError, RuntimeError) as error:
            raise ModelError(f"{path}: {self.runtime} cannot run it: {error}") from error
        given, outputs = self.manifest.input, self.manifest.outputs
        shape = (1, given.height_px, given.width_px, 1)
        self._input = _index(path, given, shape, self.interpreter.get_input_details())
        out = self.interpreter.get_output_details()
        self._boxes = _Values(_index(path, outputs.boxes, outputs.boxes.shape, out), outputs.boxes)
        self._scores = _Values(_index(path, outputs.scores, outputs.scores.shape, out), outputs.scores)
        self._canvas = Canvas(given)

    @property
    def input_size(self) -> Size:
        """The network's input."""
        return Size(self.manifest.input.width_px, self.manifest.input.height_px)

    def infer(self, luma: Grey) -> RawDetections:
        """Look at one grey picture [h, w] of any size; it is letterboxed into the upper left corner."""
        height_px, width_px = luma.shape
        inside = letterboxed_size(Size(width_px, height_px), self.input_size)
        self.interpreter.set_tensor(self._input, self._canvas.holding(scaled(luma, inside)))
        self.interpreter.invoke()
        return RawDetections(self._boxes.of(self.interpreter), self._scores.of(self.interpreter))

    def decoder(self) -> Decoder:
        """The decoder that belongs to this network, at the bundle's thresholds."""
        return self._decoder_at(tuple(item.threshold for item in self.manifest.classes), 0.1)

    def raw_decoder(self, least_score: float) -> Decoder:
        """The same with the network's own scores, from `least_score` on: for measuring."""
        return self._decoder_at((0.5,) * len(self.manifest.classes), least_score)

    def _decoder_at(self, thresholds: tuple[float, ...], least_score: float) -> Decoder:
        kinds = tuple(ObjectKind(label) for label in self.manifest.labels)
        strides, nms_iou = self.manifest.strides, self.manifest.nms_iou
        return Decoder(self.input_size, strides, kinds, thresholds, nms_iou, least_score)


class Canvas:
    """The input tensor, kept between looks. Where a picture has the size of the one before, nothing is filled anew."""

    def __init__(self, given: Input) -> None:
        self._levels = _levels(given)
        self._fill = self._levels[given.fill]
        self.values = np.full((1, given.height_px, given.width_px, 1), self._fill, given.dtype)
        self._inside: tuple[int, ...] = ()
        self._turned = _turned_bit(self._levels)

    def holding(self, picture: Grey) -> NDArray[Any]:
        """The tensor with a picture [h, w] in its upper left corner; valid until the next call."""
        if picture.shape != self._inside:
            self.values[...] = self._fill
            self._inside = picture.shape
        place = self.values[0, : picture.shape[0], : picture.shape[1], 0]
        if self._turned is not None:
            np.bitwise_xor(picture, np.uint8(self._turned), out=place.view(np.uint8))
        elif place.dtype == np.float32:
            place[...] = picture
        else:
            place[...] = self._levels[picture]
        return self.values


@dataclass(frozen=True, slots=True)
class _Values:
    """An output tensor and what its numbers stand for."""

    index: int
    told: Output

    def of(self, interpreter: Any) -> NDArray[np.float32]:
        """Real values, without the batch."""
        numbers: NDArray[Any] = interpreter.get_tensor(self.index)[0]
        if numbers.dtype == np.float32:
            return numbers
        result: NDArray[np.float32] = numbers.astype(np.float32)
        result -= np.float32(self.told.zero_point)
        result *= np.float32(self.told.scale)
        return result


_GREYS: Grey = np.arange(256, dtype=np.uint8)


def _levels(given: Input) -> NDArray[Any]:
    """The number of each grey level, `[256]`."""
    if given.dtype not in INTEGERS:
        return _GREYS.astype(given.dtype)
    least, greatest = INTEGERS[given.dtype]
    numbers = np.rint(_GREYS / given.scale) + given.zero_point
    result: NDArray[Any] = np.clip(numbers, least, greatest).astype(given.dtype)
    return result


def _turned_bit(levels: NDArray[Any]) -> int | None:
    """The one bit, if any, in which every integer differs from its grey level: 0 in uint8, 128 in int8 as a rule.

    Turning it takes 0.01 ms a picture; looking each pixel up in a table takes 0.2 to 0.4 (x86, 576 x 320).
    """
    if levels.itemsize != 1:
        return None
    bytes_ = levels.view(np.uint8)
    return next((bit for bit in (0, 128) if np.array_equal(bytes_, _GREYS ^ np.uint8(bit))), None)


def _index(path: Path, told: Input | Output, shape: tuple[int, ...], details: list[dict[str, Any]]) -> int:
    """The index of a tensor that the manifest names, once shape, type and quantisation are what it says."""
    by_name = {str(item["name"]): item for item in details}
    if told.tensor not in by_name:
        raise ModelError(f"{path}: has no tensor {told.tensor!r}, which its manifest names; it has {sorted(by_name)}")
    found = by_name[told.tensor]
    dtype = np.dtype(found["dtype"]).name
    # A float tensor's scale reads as 0 in the file: it has none.
    numbers = tuple(found["quantization"]) if dtype in INTEGERS else (1.0, 0)
    for what, real, said in (
        ("shape", tuple(int(side) for side in found["shape"]), shape),
        ("type", dtype, told.dtype),
        ("scale and zero point", numbers, (told.scale, told.zero_point)),
    ):
        if real != said:
            raise ModelError(f"{path}: tensor {told.tensor!r} has {what} {real}; its manifest says {said}")
    return int(found["index"])


def _manifest(folder: Path) -> Manifest:
    """The bundle's manifest, if it is meant for this firmware and this node knows its classes."""
    try:
        manifest = load_manifest(folder)
    except ManifestError as error:
        raise ModelError(str(error)) from error
    known = {kind.value for kind in ObjectKind}
    strange = [label for label in manifest.labels if label not in known]
    if strange:
        raise ModelError(f"{folder / FILE_NAME}: classes {strange} are unknown; this node knows {sorted(known)}")
    here, meant = _installed_version(), manifest.firmware
    if here is not None and not meant.holds(here):
        wanted = f"is for firmware from {meant.lowest} on and below {meant.below}; this is {here}"
        raise ModelError(f"{folder / FILE_NAME}: {wanted}")
    return manifest


def _installed_version() -> str | None:
    """This package's version; None in a bare checkout, which has none and is believed to fit."""
    try:
        return version("nattvakt")
    except PackageNotFoundError:
        return None


def installed_runtimes() -> tuple[str, ...]:
    """The runtimes that can be imported here, the preferred one first."""
    return tuple(name for name in RUNTIMES if _import(name) is not None)


def _import(name: str) -> Any | None:
    try:
        return importlib.import_module(f"{name}.interpreter").Interpreter
    except ImportError:
        return None


def _interpreter_class(runtime: str | None) -> tuple[str, Any]:
    """The runtime to use; raises ModelError that says what to install."""
    if runtime is not None and runtime not in RUNTIMES:
        raise ModelError(f"runtime {runtime!r} is unknown; it must be one of {', '.join(RUNTIMES)}")
    for name in RUNTIMES if runtime is None else (runtime,):
        found = _import(name)
        if found is not None:
            return name, found
    wanted = " or ".join(RUNTIMES) if runtime is None else runtime
    raise ModelError(f"no TFLite runtime: {wanted} cannot be imported; pip install 'nattvakt[node]'")
