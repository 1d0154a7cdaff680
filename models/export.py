"""From a checkpoint to a TFLite file, by litert-torch and ai-edge-quantizer.

* `int8`: weights and activations, input and outputs. All scales are those that training rounded to
  (`models/quantise.py`); nothing is calibrated. What is shipped.
* `weight-only`: int8 weights, turned back into float when the file is loaded; activations are float.
* `float`: to tell what int8 costs.

The network is fully convolutional: `size_px` may be any multiple of 32, and costs in proportion to its area.
"""

# PyTorch is typed as Any where it is not installed (everywhere but at a maintainer's).
# mypy: disallow-subclassing-any=False
from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from firmware.errors import ModelError
from models.checkpoint import load_average
from models.choices import QUANTISATIONS
from models.classes import N_CLASSES
from models.network import CEILING, STRIDES, Detector
from models.quantise import BOX_RANGE, SCORE_RANGE

GREY_RANGE = (0.0, 255.0)
BOX_CHANNELS = frozenset({4})
SCORE_CHANNELS = frozenset({1, N_CLASSES, 1 + N_CLASSES})  # objectness, classes, both


class _ChannelsLast(nn.Module):
    """The network with TFLite's layout: `[1, h, w, 1]` in."""

    def __init__(self, network: Detector) -> None:
        super().__init__()
        self.network = network

    def forward(self, picture: Tensor) -> tuple[Tensor, Tensor]:
        """Detect in one picture, values 0..255."""
        boxes, scores = self.network(picture.permute(0, 3, 1, 2))
        return boxes, scores


def export(checkpoint: Path, out: Path, size_px: tuple[int, int], quantisation: str = "int8") -> None:
    """Write the averaged network of a checkpoint for pictures of `size_px` (width, height) as a TFLite file.

    Raises `ModelError` for an unknown quantisation or a size that the strides do not divide.
    """
    if quantisation not in QUANTISATIONS:
        raise ModelError(f"quantisation {quantisation!r} is unknown; it must be one of {', '.join(QUANTISATIONS)}")
    if any(side <= 0 or side % STRIDES[-1] for side in size_px):
        raise ModelError(f"size {size_px[0]}x{size_px[1]}: both sides must be multiples of {STRIDES[-1]}")
    import litert_torch

    sample = (torch.zeros(1, size_px[1], size_px[0], 1),)
    converted = litert_torch.convert(_ChannelsLast(load_average(checkpoint)).eval(), sample)
    if quantisation == "float":
        converted.export(str(out))
        return
    with tempfile.TemporaryDirectory() as folder:
        whole = Path(folder) / "float.tflite"
        converted.export(str(whole))
        _quantise(whole, out, quantisation)


def _quantise(whole: Path, out: Path, quantisation: str) -> None:
    from ai_edge_quantizer import quantizer, recipe

    work = quantizer.Quantizer(str(whole))
    if quantisation == "weight-only":
        work.load_quantization_recipe(recipe.weight_only_wi8_afp32())
        result = work.quantize()
    else:
        work.load_quantization_recipe(recipe.static_wi8_ai8())
        result = work.quantize(_ranges(whole, work))
    result.export_model(str(out), overwrite=True)
    out.chmod(0o644)


def _ranges(whole: Path, work: Any) -> dict[str, dict[str, NDArray[np.float32]]]:
    """The range of every inner tensor by its name, as training took it: told apart by the number of channels.

    What needs a range is asked of the quantiser, by a calibration whose figures are thrown away.
    """
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(model_path=str(whole))
    given = interpreter.get_input_details()[0]
    shapes = {str(item["name"]): tuple(int(n) for n in item["shape"]) for item in interpreter.get_tensor_details()}
    (signature,) = interpreter.get_signature_list().items()
    flat = {signature[1]["inputs"][0]: np.zeros(given["shape"], np.float32)}
    asked = work.calibrate({signature[0]: [flat]})
    picture_px = int(np.prod(given["shape"]))
    ranges = {}
    for name in asked:
        low, high = _range(shapes[name], picture_px)
        side = (1,) * len(shapes[name])
        ranges[name] = {"min": np.full(side, low, np.float32), "max": np.full(side, high, np.float32)}
    return ranges


def _range(shape: tuple[int, ...], picture_px: int) -> tuple[float, float]:
    if shape[-1] == 1 and np.prod(shape) >= picture_px:  # the picture, or the picture with a margin
        return GREY_RANGE
    if shape[-1] in BOX_CHANNELS:
        return BOX_RANGE
    return SCORE_RANGE if shape[-1] in SCORE_CHANNELS else (0.0, CEILING)
