"""From a checkpoint to a TFLite file, by litert-torch and ai-edge-quantizer.

Two ways to keep the weights as int8 are offered; activations stay float in both:

* `weight-only`: int8 weights per channel, turned back into float when the file is loaded. Runs on the float kernels of
  either runtime and gives the same numbers in both. What the first bundle ships.
* `dynamic-range`: activations are quantised on the fly, too. Measured on the first bundle: twice as slow in
  `ai-edge-litert`, 6 to 27 times in `tflite-runtime` 2.14 on x86, and the two runtimes do not agree at all on what
  they see (40 of 44 detections differ).
"""

# PyTorch and OpenCV are typed as Any where they are not installed (everywhere but at a maintainer's).
# mypy: disallow-subclassing-any=False
from __future__ import annotations

import tempfile
from pathlib import Path

import torch
from torch import Tensor, nn

from firmware.errors import ModelError
from models.network import INPUT_HEIGHT_PX, INPUT_WIDTH_PX, Detector
from models.train import load_average

QUANTISATIONS = ("weight-only", "dynamic-range", "float")


class _ChannelsLast(nn.Module):
    """The network with TFLite's layout: `[1, h, w, 1]` in."""

    def __init__(self, network: Detector) -> None:
        super().__init__()
        self.network = network

    def forward(self, picture: Tensor) -> tuple[Tensor, Tensor]:
        """Detect in one picture, values 0..255."""
        boxes, scores = self.network(picture.permute(0, 3, 1, 2))
        return boxes, scores


def export(checkpoint: Path, out: Path, quantisation: str = "weight-only") -> None:
    """Write the averaged network of a checkpoint as a TFLite file; raises `ModelError` for an unknown quantisation."""
    if quantisation not in QUANTISATIONS:
        raise ModelError(f"quantisation {quantisation!r} is unknown; it must be one of {', '.join(QUANTISATIONS)}")
    import litert_torch

    sample = (torch.zeros(1, INPUT_HEIGHT_PX, INPUT_WIDTH_PX, 1),)
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

    recipes = {"weight-only": recipe.weight_only_wi8_afp32, "dynamic-range": recipe.dynamic_wi8_afp32}
    work = quantizer.Quantizer(str(whole))
    work.load_quantization_recipe(recipes[quantisation]())
    work.quantize().export_model(str(out), overwrite=True)
