"""The detector behind either TFLite runtime: `ai_edge_litert`, or `tflite_runtime` (ends at Python 3.11).

Both give the same `Interpreter`; which one is there is settled by the extras' markers. A bundle is believed only after
its manifest and hashes are right, and the network only after its tensors are what the manifest says.
"""

import importlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from firmware.core.decode import Decoder, letterboxed_size
from firmware.drivers.scaling import scaled
from firmware.errors import ModelError
from firmware.messages import Grey, ObjectKind, RawDetections, Size
from models.manifest import NETWORK_FILE, Manifest, ManifestError, load_manifest

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
            self._interpreter: Any = interpreter_class(model_path=str(path), num_threads=threads)
            self._interpreter.allocate_tensors()
        except (ValueError, RuntimeError) as error:
            raise ModelError(f"{path}: {self.runtime} cannot run it: {error}") from error
        given, outputs = self.manifest.input, self.manifest.outputs
        self._input = self._tensor(
            path, given.tensor, (1, given.height_px, given.width_px, 1), self._interpreter.get_input_details()
        )
        out = self._interpreter.get_output_details()
        self._boxes = self._tensor(path, outputs.boxes.tensor, outputs.boxes.shape, out)
        self._scores = self._tensor(path, outputs.scores.tensor, outputs.scores.shape, out)
        self._canvas = np.full((given.height_px, given.width_px), given.fill, np.uint8)

    @property
    def input_size(self) -> Size:
        """The network's input."""
        return Size(self.manifest.input.width_px, self.manifest.input.height_px)

    def infer(self, luma: Grey) -> RawDetections:
        """Look at one grey picture [h, w] of any size; it is letterboxed into the upper left corner."""
        height_px, width_px = luma.shape
        inside = letterboxed_size(Size(width_px, height_px), self.input_size)
        self._canvas[:] = self.manifest.input.fill
        self._canvas[: inside.height_px, : inside.width_px] = scaled(luma, inside)
        values = self._canvas.astype(self.manifest.input.dtype)[None, :, :, None]
        self._interpreter.set_tensor(self._input, values)
        self._interpreter.invoke()
        return RawDetections(self._output(self._boxes), self._output(self._scores))

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

    def _output(self, index: int) -> NDArray[np.float32]:
        values: NDArray[np.float32] = self._interpreter.get_tensor(index)[0]
        return values

    def _tensor(self, path: Path, name: str, shape: tuple[int, ...], details: list[dict[str, Any]]) -> int:
        """The index of a tensor that the manifest names, once its shape is right."""
        shapes = {str(item["name"]): (tuple(int(n) for n in item["shape"]), int(item["index"])) for item in details}
        if name not in shapes:
            raise ModelError(f"{path}: has no tensor {name!r}, which its manifest names; it has {sorted(shapes)}")
        found, index = shapes[name]
        if found != shape:
            raise ModelError(f"{path}: tensor {name!r} has shape {found}; its manifest says {shape}")
        return index


def _manifest(folder: Path) -> Manifest:
    """The bundle's manifest, if this node knows its classes."""
    try:
        manifest = load_manifest(folder)
    except ManifestError as error:
        raise ModelError(str(error)) from error
    known = {kind.value for kind in ObjectKind}
    strange = [label for label in manifest.labels if label not in known]
    if strange:
        raise ModelError(f"{folder}/manifest.json: classes {strange} are unknown; this node knows {sorted(known)}")
    return manifest


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
