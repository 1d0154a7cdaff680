"""Other detectors, to stand in the same table as ours. Measuring only: no peer is shipped.

None but YOLOX-Nano (Apache-2.0) may label anything. Each is given what it was built for: its own input size and order
of colours; in grey the evaluation hands it the luma in all channels.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from models.finds import Colour, Finds, clipped, suppress
from models.heads import COCO_LABELS, Canvas, cell_boxes, from_coco
from models.networks import TfliteFinder, fit

PEER_FILES = {
    "SSD MobileNetV1": "ssd_mobilenet_v1_coco_quant.tflite",
    "YOLOv8n int8 224": "yolov8n_full_int8_224.tflite",
    "YOLOv8n int8 416": "yolov8n_full_int8_416.tflite",
}
YOLOX_NAME = "YOLOX-Nano float 416"


def peers(folder: Path, threads: int = 2) -> dict[str, TfliteFinder]:
    """The detectors of the peers' folder by the names that tables give them."""
    return {name: TfliteFinder(folder / file, threads) for name, file in PEER_FILES.items()}


class YoloxOnnx:
    """The published YOLOX-Nano, float, 416x416, through onnxruntime."""

    labels = COCO_LABELS
    canvas = Canvas(416, 416, 3, white=255.0)

    def __init__(self, path: Path, threads: int = 2) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        self._session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])

    def detect(self, picture: Colour) -> Finds:
        """Find objects; the network reads BGR, 0..255."""
        fitted = fit(picture, self.canvas, sharp=False)
        values = fitted.pixels[:, :, ::-1].transpose(2, 0, 1)[None].astype(np.float32)
        raw = self._session.run(None, {"images": values})[0][0]
        found = from_coco(cell_boxes(raw[:, :4], self.canvas), raw[:, 4:5] * raw[:, 5:])
        back = np.array((fitted.scale_x, fitted.scale_y) * 2, np.float32)
        height_px, width_px = picture.shape[:2]
        return suppress(clipped(Finds(found.boxes * back, found.classes, found.scores), width_px, height_px))
