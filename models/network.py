"""The detector network: YOLOX-Nano's layout, rebuilt for int8, with one grey channel in and six classes out.

The layout follows YOLOX-Nano (Megvii-BaseDetection/YOLOX, Apache-2.0: depth 0.33, width 0.25, depthwise) with batch
norm folded into the convolutions, as in the published ONNX file. Two things differ, both for int8:

* SiLU, which becomes two operators and loses most of the accuracy, is ReLU6 here: it fuses into the convolution.
* Every activation lies in 0..6, sums of shortcuts too. So all inner tensors share one scale (6 / 255) and one zero
  point: nothing has to be calibrated, and concatenations move bytes only.

`Detector(activation="silu")` is the published network itself, as a teacher. `models/transplant.py` carries its
knowledge over.

Shapes: input `[batch, 1, height, width]`, 0..255; out `boxes [batch, N, 4]` (dx, dy, log w, log h, in cells) and
`scores [batch, N, 1 + classes]` (objectness, then one logit per class). They leave as two tensors because their ranges
are far apart, which one quantisation scale could not serve. Decoding stays outside (`firmware/core/decode.py`).
"""

# PyTorch and OpenCV are typed as Any where they are not installed (everywhere but at a maintainer's).
# mypy: disallow-subclassing-any=False, warn-unused-ignores=False, warn-return-any=False
from __future__ import annotations

from pathlib import Path
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

from firmware.errors import ModelError
from models.classes import LABELS
from models.quantise import BOX_RANGE, SCORE_RANGE, rounded, rounded_weight

STRIDES = (8, 16, 32)
CEILING = 6.0  # no activation is larger
COCO_CLASSES = 80
Activation = Literal["relu6", "silu"]


class Rounding(nn.Conv2d):
    """A convolution that can be told to use the weights that int8 would leave of it."""

    as_int8 = False

    def forward(self, x: Tensor) -> Tensor:
        """Convolve `[batch, inputs, h, w]`."""
        weight = rounded_weight(self.weight) if self.as_int8 else self.weight
        return self._conv_forward(x, weight, self.bias)


class Conv(nn.Module):
    """Convolution with folded batch norm, then the activation."""

    def __init__(
        self, inputs: int, outputs: int, size: int = 1, stride: int = 1, *, groups: int = 1, act: Activation
    ) -> None:
        super().__init__()
        # The stem reads a 6x6 window (see `grey_stem`); every other layer is padded to keep its size.
        self.conv = Rounding(inputs, outputs, size, stride, padding=(size - 1) // 2, groups=groups)
        self.act = act

    def forward(self, x: Tensor) -> Tensor:
        """Run the layer on `[batch, inputs, h, w]`."""
        z = self.conv(x)
        if self.act == "silu":
            return functional.silu(z)
        if self.conv.as_int8:
            return rounded(z, 0.0, CEILING)
        return functional.relu6(z, inplace=True)


def depthwise(inputs: int, outputs: int, stride: int = 1, *, act: Activation) -> nn.Sequential:
    """3x3 depthwise convolution followed by a 1x1 one."""
    return nn.Sequential(Conv(inputs, inputs, 3, stride, groups=inputs, act=act), Conv(inputs, outputs, act=act))


class Bottleneck(nn.Module):
    """1x1 then depthwise 3x3, with an optional shortcut whose sum is held in the activations' range."""

    def __init__(self, width: int, *, shortcut: bool, act: Activation) -> None:
        super().__init__()
        self.body = nn.Sequential(Conv(width, width, act=act), depthwise(width, width, act=act))
        self.shortcut = shortcut
        self.bounded = act == "relu6"

    def forward(self, x: Tensor) -> Tensor:
        """Run the block; the shape is kept."""
        y: Tensor = self.body(x)
        if not self.shortcut:
            return y
        return functional.relu6(y + x) if self.bounded else y + x


class CrossStage(nn.Module):
    """Cross-stage-partial block: half of the channels pass the bottlenecks, half go around."""

    def __init__(self, inputs: int, outputs: int, depth: int, *, shortcut: bool, act: Activation) -> None:
        super().__init__()
        half = outputs // 2
        self.through = Conv(inputs, half, act=act)
        self.around = Conv(inputs, half, act=act)
        self.bottlenecks = nn.Sequential(*(Bottleneck(half, shortcut=shortcut, act=act) for _ in range(depth)))
        self.merge = Conv(outputs, outputs, act=act)

    def forward(self, x: Tensor) -> Tensor:
        """Run the block on `[batch, inputs, h, w]`."""
        y: Tensor = self.merge(torch.cat((self.bottlenecks(self.through(x)), self.around(x)), 1))
        return y


class PyramidPool(nn.Module):
    """Spatial pyramid pooling with windows of 5, 9 and 13 cells: one, two and three poolings of 5 in a row."""

    def __init__(self, width: int, *, act: Activation) -> None:
        super().__init__()
        self.reduce = Conv(width, width // 2, act=act)
        self.pool = nn.MaxPool2d(5, 1, 2)
        self.merge = Conv(width * 2, width, act=act)

    def forward(self, x: Tensor) -> Tensor:
        """Run the block; the shape is kept."""
        x5 = self.pool(x1 := self.reduce(x))
        x9 = self.pool(x5)
        y: Tensor = self.merge(torch.cat((x1, x5, x9, self.pool(x9)), 1))
        return y


class Head(nn.Module):
    """Decoupled head of one stride."""

    def __init__(self, inputs: int, classes: int, width: int = 64, *, act: Activation) -> None:
        super().__init__()
        self.stem = Conv(inputs, width, act=act)
        self.class_convs = nn.Sequential(depthwise(width, width, act=act), depthwise(width, width, act=act))
        self.class_out = Rounding(width, classes, 1)
        self.box_convs = nn.Sequential(depthwise(width, width, act=act), depthwise(width, width, act=act))
        self.box_out = Rounding(width, 4, 1)
        self.object_out = Rounding(width, 1, 1)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Give boxes `[batch, h * w, 4]` and scores `[batch, h * w, 1 + classes]` of this stride."""
        x = self.stem(x)
        box = self.box_convs(x)
        scores = torch.cat((self.object_out(box), self.class_out(self.class_convs(x))), 1)
        boxes = self.box_out(box)
        if self.box_out.as_int8:
            boxes, scores = rounded(boxes, *BOX_RANGE), rounded(scores, *SCORE_RANGE)
        return _rows(boxes), _rows(scores)


def _rows(x: Tensor) -> Tensor:
    """`[batch, c, h, w]` to `[batch, h * w, c]`."""
    return x.permute(0, 2, 3, 1).reshape(x.shape[0], -1, x.shape[1])


class Detector(nn.Module):
    """Backbone, feature pyramid and three heads."""

    def __init__(self, classes: int = len(LABELS), *, act: Activation = "relu6") -> None:
        super().__init__()
        self.stem = Conv(1, 16, 6, 2, act=act)
        self.dark2 = _stage(16, 32, 1, act)
        self.dark3 = _stage(32, 64, 3, act)
        self.dark4 = _stage(64, 128, 3, act)
        self.dark5 = nn.Sequential(
            depthwise(128, 256, 2, act=act),
            PyramidPool(256, act=act),
            CrossStage(256, 256, 1, shortcut=False, act=act),
        )
        self.lateral5 = Conv(256, 128, act=act)
        self.up4 = CrossStage(256, 128, 1, shortcut=False, act=act)
        self.lateral4 = Conv(128, 64, act=act)
        self.up3 = CrossStage(128, 64, 1, shortcut=False, act=act)
        self.down3 = depthwise(64, 64, 2, act=act)
        self.out4 = CrossStage(128, 128, 1, shortcut=False, act=act)
        self.down4 = depthwise(128, 128, 2, act=act)
        self.out5 = CrossStage(256, 256, 1, shortcut=False, act=act)
        self.upsample = nn.Upsample(scale_factor=2, mode="nearest")
        self.heads = nn.ModuleList(Head(width, classes, act=act) for width in (64, 128, 256))

    def as_int8(self, *, on: bool = True) -> None:
        """From now on round as the integer network does (`models/quantise.py`), or no longer."""
        for layer in convolutions(self):
            layer.as_int8 = on

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Detect in `[batch, 1, height, width]`; both sides must be multiples of 32."""
        p3 = self.dark3(self.dark2(self.stem(x)))
        p4 = self.dark4(p3)
        p5 = self.dark5(p4)
        top5 = self.lateral5(p5)
        top4 = self.lateral4(self.up4(torch.cat((self.upsample(top5), p4), 1)))
        level3 = self.up3(torch.cat((self.upsample(top4), p3), 1))
        level4 = self.out4(torch.cat((self.down3(level3), top4), 1))
        level5 = self.out5(torch.cat((self.down4(level4), top5), 1))
        outs = [head(level) for head, level in zip(self.heads, (level3, level4, level5), strict=True)]
        return torch.cat([boxes for boxes, _ in outs], 1), torch.cat([scores for _, scores in outs], 1)


def _stage(inputs: int, outputs: int, depth: int, act: Activation) -> nn.Sequential:
    """Halve the picture and think about it."""
    return nn.Sequential(
        depthwise(inputs, outputs, 2, act=act), CrossStage(outputs, outputs, depth, shortcut=True, act=act)
    )


def grey_stem(weight: Tensor) -> Tensor:
    """Rewrite YOLOX's 'focus' stem for one grey channel.

    The original gathers four pixels of each 2x2 block into 12 channels (the four corners, each B, G, R) and then runs
    a 3x3 convolution `[16, 12, 3, 3]`. On grey, where B = G = R, that equals one 6x6 convolution of stride 2
    `[16, 1, 6, 6]`, which is also a single operator in TFLite.
    """
    corners = weight.reshape(weight.shape[0], 4, 3, 3, 3).sum(2)  # corner order: top/bottom-left, top/bottom-right
    grey = weight.new_zeros(weight.shape[0], 1, 6, 6)
    for corner, (row, column) in enumerate(((0, 0), (1, 0), (0, 1), (1, 1))):
        grey[:, 0, row::2, column::2] = corners[:, corner]
    return grey


def published(path: Path) -> Detector:
    """The published YOLOX-Nano (ONNX) on grey pictures, all COCO classes; `ModelError` where its layers do not fit."""
    import onnx
    from onnx import numpy_helper

    graph = onnx.load(str(path)).graph
    weights = {item.name: torch.from_numpy(numpy_helper.to_array(item).copy()) for item in graph.initializer}
    sources = [node.input for node in graph.node if node.op_type == "Conv"]
    network = Detector(COCO_CLASSES, act="silu")
    layers = convolutions(network)
    if len(sources) != len(layers):
        raise ModelError(f"{path}: has {len(sources)} convolutions, YOLOX-Nano has {len(layers)}")
    for index, (source, layer) in enumerate(zip(sources, layers, strict=True)):
        weight, bias = weights[source[1]], weights[source[2]]
        if index == 0:
            weight = grey_stem(weight)
        if weight.shape != layer.weight.shape:
            raise ModelError(f"{path}: convolution {index} is {tuple(weight.shape)}, not {tuple(layer.weight.shape)}")
        layer.weight.data.copy_(weight)
        layer.bias.data.copy_(bias)  # type: ignore[union-attr]
    return network.eval()


def convolutions(network: nn.Module) -> list[Rounding]:
    """All convolutions in the order in which they run, which is that of the published file."""
    return [module for module in network.modules() if isinstance(module, Rounding)]
