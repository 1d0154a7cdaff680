"""Other detectors, brought to one form so that they stand in the same table as ours.

Measuring only: no peer is shipped, and none but YOLOX-Nano (Apache-2.0) may label anything. Each peer is given what it
was built for (its own input size, RGB or BGR); with `--grey` the evaluation hands it a grey picture in all channels.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from models.data import Boxes

LEAST_SCORE = 0.02
NMS_IOU = 0.6
COCO_TO_OURS = {0: 0, 2: 1, 5: 1, 7: 1, 1: 2, 3: 2}
# SSD's label file keeps the gaps of COCO's 91 numbers; only these six matter and they have the same numbers.
Colour = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Finds:
    """What a detector found: boxes `[n, 4]` (corners, px of the picture), our class numbers `[n]`, scores `[n]`."""

    boxes: Boxes
    classes: NDArray[np.int64]
    scores: NDArray[np.float32]


class Finder(Protocol):
    """Anything that finds our classes in a colour picture `[h, w, 3]` RGB."""

    def detect(self, picture: Colour) -> Finds:
        """Find objects down to `LEAST_SCORE`."""
        ...


def read_colour(data: bytes) -> Colour:
    """Decode a picture to RGB."""
    with Image.open(io.BytesIO(data)) as image:
        return np.asarray(image.convert("RGB"), np.uint8)


def letterboxed(picture: Colour, width_px: int, height_px: int) -> tuple[Colour, float]:
    """Scale into the top left corner of a canvas filled with 114; also give the scale."""
    scale = min(width_px / picture.shape[1], height_px / picture.shape[0])
    size = (max(1, round(picture.shape[1] * scale)), max(1, round(picture.shape[0] * scale)))
    canvas = np.full((height_px, width_px, 3), 114, np.uint8)
    canvas[: size[1], : size[0]] = np.asarray(Image.fromarray(picture).resize(size, Image.Resampling.BILINEAR))
    return canvas, scale


def iou_matrix(a: Boxes, b: Boxes) -> NDArray[np.float32]:
    """Intersection over union of every pair: `[len(a), len(b)]`."""
    low = np.maximum(a[:, None, :2], b[None, :, :2])
    high = np.minimum(a[:, None, 2:], b[None, :, 2:])
    shared = np.clip(high - low, 0, None).prod(-1)
    area = (a[:, 2:] - a[:, :2]).prod(-1)[:, None] + (b[:, 2:] - b[:, :2]).prod(-1)[None]
    return np.asarray(shared / np.maximum(area - shared, 1e-6), np.float32)


def suppress(finds: Finds, iou: float = NMS_IOU, most: int = 300) -> Finds:
    """Class-wise non-maximum suppression, best first."""
    order = np.argsort(-finds.scores, kind="stable")
    boxes, classes, scores = finds.boxes[order], finds.classes[order], finds.scores[order]
    overlap = iou_matrix(boxes, boxes) * (classes[:, None] == classes[None])
    keep = np.ones(len(boxes), np.bool_)
    for index in range(len(boxes)):
        if keep[index]:
            keep[index + 1 :] &= overlap[index, index + 1 :] <= iou
    rows = np.flatnonzero(keep)[:most]
    return Finds(boxes[rows], classes[rows], scores[rows])


def _to_ours(boxes: Boxes, class_scores: NDArray[np.float32]) -> Finds:
    """Take our classes out of COCO's 80 columns; a row may carry several of them."""
    merged = np.stack(
        [class_scores[:, [c for c, ours in COCO_TO_OURS.items() if ours == kind]].max(1) for kind in range(3)], 1
    )
    rows, kinds = np.nonzero(merged >= LEAST_SCORE)
    return suppress(Finds(boxes[rows], kinds.astype(np.int64), merged[rows, kinds].astype(np.float32)))


class YoloxOnnx:
    """The published YOLOX-Nano, float, 416x416, through onnxruntime."""

    def __init__(self, path: Path, threads: int = 2) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        self._session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])

    def detect(self, picture: Colour) -> Finds:
        """Find objects; the network reads BGR, 0..255."""
        canvas, scale = letterboxed(picture, 416, 416)
        raw = self._session.run(None, {"images": canvas[:, :, ::-1].transpose(2, 0, 1)[None].astype(np.float32)})[0][0]
        grids = [
            (np.stack(np.meshgrid(np.arange(416 // s), np.arange(416 // s)), -1).reshape(-1, 2), s) for s in (8, 16, 32)
        ]
        corner = np.concatenate([grid for grid, _ in grids])
        stride = np.concatenate([np.full((len(grid), 1), s) for grid, s in grids])
        centre = (raw[:, :2] + corner) * stride
        half = np.exp(raw[:, 2:4]) * stride / 2
        boxes = np.concatenate((centre - half, centre + half), 1) / scale
        return _to_ours(boxes.astype(np.float32), raw[:, 4:5] * raw[:, 5:])


class _Tflite:
    """A TFLite file in `ai-edge-litert`."""

    def __init__(self, path: Path, threads: int = 2) -> None:
        from ai_edge_litert.interpreter import Interpreter

        self._interpreter: Any = Interpreter(model_path=str(path), num_threads=threads)
        self._interpreter.allocate_tensors()
        self._input = self._interpreter.get_input_details()[0]
        self._outputs = self._interpreter.get_output_details()

    def _run(self, values: NDArray[Any]) -> list[NDArray[np.float32]]:
        self._interpreter.set_tensor(self._input["index"], values)
        self._interpreter.invoke()
        outs = []
        for detail in self._outputs:
            scale, zero = detail["quantization"]
            values = self._interpreter.get_tensor(detail["index"])[0]
            outs.append(((values.astype(np.float32) - zero) * scale if scale else values).astype(np.float32))
        return outs


class SsdTflite(_Tflite):
    """SSD MobileNetV1 COCO, uint8, 300x300 (squeezed, not letterboxed), at most 10 boxes."""

    def detect(self, picture: Colour) -> Finds:
        """Find objects."""
        small = Image.fromarray(picture).resize((300, 300), Image.Resampling.BILINEAR)
        boxes, kinds, scores, _ = self._run(np.asarray(small, np.uint8)[None])
        ours = [COCO_TO_OURS.get(int(kind), -1) for kind in kinds]
        rows = [index for index, kind in enumerate(ours) if kind >= 0 and scores[index] >= LEAST_SCORE]
        size = np.array((picture.shape[1], picture.shape[0]) * 2, np.float32)
        return Finds(boxes[rows][:, (1, 0, 3, 2)] * size, np.array([ours[r] for r in rows], np.int64), scores[rows])


class YoloV8Tflite(_Tflite):
    """YOLOv8n, full int8; size read from the file."""

    def detect(self, picture: Colour) -> Finds:
        """Find objects."""
        side_px = int(self._input["shape"][1])
        canvas, scale = letterboxed(picture, side_px, side_px)
        raw = self._run((canvas.astype(np.int16) - 128).astype(np.int8)[None])[0].T
        centre, half = raw[:, :2] * side_px, raw[:, 2:4] * side_px / 2
        return _to_ours(np.concatenate((centre - half, centre + half), 1) / scale, raw[:, 4:])
