"""The float network of a checkpoint as a detector, to tell what quantisation costs. Needs torch."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from PIL import Image

from firmware.core.decode import Decoder, letterboxed_size
from firmware.drivers.scaling import scaled
from firmware.messages import Grey, ObjectKind, RawDetections, Size
from models.network import CLASSES, INPUT_HEIGHT_PX, INPUT_WIDTH_PX, STRIDES
from models.pack import FILL, NMS_IOU
from models.peers import LEAST_SCORE, Colour, Finds
from models.stills import as_finds, detect_still
from models.train import load_average


class CheckpointFinder:
    """A `Detector` and a `Finder` in one."""

    def __init__(self, checkpoint: Path) -> None:
        self._network = load_average(checkpoint)
        kinds = tuple(ObjectKind(label) for label in CLASSES)
        self._decoder = Decoder(self.input_size, STRIDES, kinds, (0.5,) * len(kinds), NMS_IOU, LEAST_SCORE)

    @property
    def input_size(self) -> Size:
        """The network's input."""
        return Size(INPUT_WIDTH_PX, INPUT_HEIGHT_PX)

    def infer(self, luma: Grey) -> RawDetections:
        """Look at one grey picture, letterboxed as the driver does it."""
        inside = letterboxed_size(Size(luma.shape[1], luma.shape[0]), self.input_size)
        canvas = np.full((INPUT_HEIGHT_PX, INPUT_WIDTH_PX), FILL, np.uint8)
        canvas[: inside.height_px, : inside.width_px] = scaled(luma, inside)
        with torch.no_grad():
            boxes, scores = self._network(torch.from_numpy(canvas)[None, None].float())
        return RawDetections(boxes[0].numpy(), scores[0].numpy())

    def detect(self, picture: Colour) -> Finds:
        """Find objects in a colour picture; it is turned grey first."""
        grey = np.asarray(Image.fromarray(picture).convert("L"), np.uint8)
        return as_finds(detect_still(self, self._decoder, grey), CLASSES)
