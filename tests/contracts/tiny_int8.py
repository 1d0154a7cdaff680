"""Makes `tiny-int8.tflite`: a few kB of int8 network in the form of ours, its weights written by hand.

It calls every bright blob on dark ground a person, by the mean of each cell, at three strides: enough to go every way
that the int8 bundle goes. Needs the `maintainer` extra; `python -m tests.contracts.tiny_int8` writes the file anew.
"""

# PyTorch is typed as Any where it is not installed (everywhere but at a maintainer's).
# mypy: disallow-subclassing-any=False
from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

FILE = Path(__file__).parent / "tiny-int8.tflite"
WIDTH_PX, HEIGHT_PX = 64, 32
CLASSES = 6
DARK, BRIGHT = 60.0, 200.0  # grey levels at which a cell is surely empty, and surely a person


class Tiny(nn.Module):
    """Picture `[1, 32, 64, 1]`, 0..255, to boxes `[1, 42, 4]` and scores `[1, 42, 7]`."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(1, 2, 8, 8)
        self.boxes = nn.Conv2d(2, 4, 1)
        self.scores = nn.Conv2d(2, 1 + CLASSES, 1)
        with torch.no_grad():
            # Both channels hold the brightness of a cell between dark and bright, as 0..6.
            self.stem.weight.fill_(6 / (BRIGHT - DARK) / 64)
            self.stem.bias.fill_(-6 * DARK / (BRIGHT - DARK))
            # No filter may be all zeros: it has no scale per channel, and its bias would be lost.
            self.boxes.weight.zero_()
            self.boxes.weight[:, 0, 0, 0] = torch.tensor([0.01, 0.01, 0.01, 0.05])
            self.boxes.bias.copy_(torch.tensor([0.5, 0.5, 0.1, 0.4]))
            self.scores.weight.zero_()
            self.scores.weight[:, 0, 0, 0] = torch.tensor([2.0, 2.0, 0.1, 0.1, 0.1, 0.1, 0.1])
            self.scores.bias.copy_(torch.tensor([-6.0, -6.0, -4.0, -4.0, -4.0, -4.0, -4.0]))

    def forward(self, picture: Tensor) -> tuple[Tensor, Tensor]:
        """Look."""
        x = functional.relu6(self.stem(picture.permute(0, 3, 1, 2)))
        levels = [x, functional.avg_pool2d(x, 2), functional.avg_pool2d(x, 4)]
        outs = [torch.cat([_rows(head(level)) for level in levels], 1) for head in (self.boxes, self.scores)]
        return outs[0], outs[1]


def _rows(x: Tensor) -> Tensor:
    return x.permute(0, 2, 3, 1).reshape(1, -1, x.shape[1])


def main() -> None:
    """Convert, quantise, write."""
    import litert_torch
    from ai_edge_quantizer import quantizer, recipe

    picture = np.zeros((1, HEIGHT_PX, WIDTH_PX, 1), np.float32)
    picture[:, :, WIDTH_PX // 2 :] = 255  # both ends of every range, at every stride
    with tempfile.TemporaryDirectory() as folder:
        whole = Path(folder) / "float.tflite"
        litert_torch.convert(Tiny().eval(), (torch.from_numpy(picture),)).export(str(whole))
        work = quantizer.Quantizer(str(whole))
        work.load_quantization_recipe(recipe.static_wi8_ai8())
        found = work.calibrate({"serving_default": [{"args_0": picture}]})
        work.quantize(found).export_model(str(FILE), overwrite=True)


if __name__ == "__main__":
    main()
