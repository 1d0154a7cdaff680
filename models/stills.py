"""Detection in stills, and the detector of a bundle as a `Finder`. Needs no torch."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from firmware.core.decode import Decoder
from firmware.drivers.detector_tflite import TfliteDetector
from firmware.drivers.scaling import detector_luma
from firmware.messages import Detection, Frame, Grey
from firmware.ports import Detector
from models.finds import LEAST_SCORE, Colour, Finds

PICTURE_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".webp", ".pgm", ".ppm", ".tif", ".tiff"})


def detect_still(detector: Detector, decoder: Decoder, picture: Grey) -> tuple[Detection, ...]:
    """Everything the detector finds in one picture, boxes in its pixels, as if the node's camera had taken it."""
    frame = Frame(number=0, t_s=0.0, picture=picture, luma=detector_luma(picture, detector.input_size))
    return decoder.decode(detector.infer(frame.luma), frame)


class BundleFinder:
    """A bundle, measured exactly as the node runs it."""

    def __init__(self, folder: Path, runtime: str | None = None, threads: int = 2) -> None:
        self.detector = TfliteDetector(folder, runtime, threads)
        self._decoder = self.detector.raw_decoder(LEAST_SCORE)

    def detect(self, picture: Colour) -> Finds:
        """Find objects in a colour picture `[h, w, 3]`; it is turned grey first."""
        grey = np.asarray(Image.fromarray(picture).convert("L"), np.uint8)
        return as_finds(detect_still(self.detector, self._decoder, grey), self.detector.manifest.labels)


def as_finds(detections: tuple[Detection, ...], labels: tuple[str, ...]) -> Finds:
    """Detections as arrays."""
    boxes = [(d.box.x_px, d.box.y_px, d.box.x_px + d.box.w_px, d.box.y_px + d.box.h_px) for d in detections]
    return Finds(
        np.array(boxes, np.float32).reshape(-1, 4),
        np.array([labels.index(d.kind) for d in detections], np.int64),
        np.array([d.score for d in detections], np.float32),
    )
