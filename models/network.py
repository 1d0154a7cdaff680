"""The detector network: YOLOX-Nano with one grey channel in and five classes out.

The layout follows YOLOX-Nano (Megvii-BaseDetection/YOLOX, Apache-2.0: depth 0.33, width 0.25, depthwise) with batch
norm already folded into the convolutions, as in the published ONNX file this network starts from. Convolutions are
constructed in the order in which that file runs them, so its weights can be read in one pass (`from_onnx`).

Shapes: input `[batch, 1, height, width]`, 0..255; out `boxes [batch, N, 4]` (dx, dy, log w, log h, in cells) and
`scores [batch, N, 1 + 5]` (objectness, then one logit per class). They leave as two tensors because their ranges are
far apart, which one quantisation scale could not serve. Decoding stays outside (`firmware/core/decode.py`).
"""

# PyTorch and OpenCV are typed as Any where they are not installed (everywhere but at a maintainer's).
# mypy: disallow-subclassing-any=False, warn-unused-ignores=False
from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from firmware.errors import ModelError

CLASSES = ("person", "vehicle", "two-wheeler", "fire", "smoke")
STRIDES = (8, 16, 32)
INPUT_WIDTH_PX, INPUT_HEIGHT_PX = 512, 288

# COCO rows that stand for our classes at the start; None: nothing in COCO looks like it.
COCO_ROWS: tuple[tuple[int, ...] | None, ...] = ((0,), (2, 5, 7), (3, 1), None, None)
FRESH_CLASS_BIAS = -2.0


class Conv(nn.Module):
    """Convolution with folded batch norm, then SiLU."""

    def __init__(self, inputs: int, outputs: int, size: int = 1, stride: int = 1, *, groups: int = 1) -> None:
        super().__init__()
        # The stem reads a 6x6 window (see `grey_stem`); every other layer is padded to keep its size.
        self.conv = nn.Conv2d(inputs, outputs, size, stride, padding=(size - 1) // 2, groups=groups)

    def forward(self, x: Tensor) -> Tensor:
        """Run the layer on `[batch, inputs, h, w]`."""
        return functional.silu(self.conv(x))


def depthwise(inputs: int, outputs: int, stride: int = 1) -> nn.Sequential:
    """3x3 depthwise convolution followed by a 1x1 one."""
    return nn.Sequential(Conv(inputs, inputs, 3, stride, groups=inputs), Conv(inputs, outputs))


class Bottleneck(nn.Module):
    """1x1 then depthwise 3x3, with an optional shortcut."""

    def __init__(self, width: int, *, shortcut: bool) -> None:
        super().__init__()
        self.body = nn.Sequential(Conv(width, width), depthwise(width, width))
        self.shortcut = shortcut

    def forward(self, x: Tensor) -> Tensor:
        """Run the block; the shape is kept."""
        y: Tensor = self.body(x)
        return y + x if self.shortcut else y


class CrossStage(nn.Module):
    """Cross-stage-partial block: half of the channels pass the bottlenecks, half go around."""

    def __init__(self, inputs: int, outputs: int, depth: int, *, shortcut: bool) -> None:
        super().__init__()
        half = outputs // 2
        self.through = Conv(inputs, half)
        self.around = Conv(inputs, half)
        self.bottlenecks = nn.Sequential(*(Bottleneck(half, shortcut=shortcut) for _ in range(depth)))
        self.merge = Conv(outputs, outputs)

    def forward(self, x: Tensor) -> Tensor:
        """Run the block on `[batch, inputs, h, w]`."""
        y: Tensor = self.merge(torch.cat((self.bottlenecks(self.through(x)), self.around(x)), 1))
        return y


class PyramidPool(nn.Module):
    """Spatial pyramid pooling with windows of 5, 9 and 13 cells."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.reduce = Conv(width, width // 2)
        self.pools = nn.ModuleList(nn.MaxPool2d(size, 1, size // 2) for size in (5, 9, 13))
        self.merge = Conv(width * 2, width)

    def forward(self, x: Tensor) -> Tensor:
        """Run the block; the shape is kept."""
        x = self.reduce(x)
        y: Tensor = self.merge(torch.cat((x, *(pool(x) for pool in self.pools)), 1))
        return y


class Head(nn.Module):
    """Decoupled head of one stride."""

    def __init__(self, inputs: int, classes: int, width: int = 64) -> None:
        super().__init__()
        self.stem = Conv(inputs, width)
        self.class_convs = nn.Sequential(depthwise(width, width), depthwise(width, width))
        self.class_out = nn.Conv2d(width, classes, 1)
        self.box_convs = nn.Sequential(depthwise(width, width), depthwise(width, width))
        self.box_out = nn.Conv2d(width, 4, 1)
        self.object_out = nn.Conv2d(width, 1, 1)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Give boxes `[batch, h * w, 4]` and scores `[batch, h * w, 1 + classes]` of this stride."""
        x = self.stem(x)
        box = self.box_convs(x)
        scores = torch.cat((self.object_out(box), self.class_out(self.class_convs(x))), 1)
        return _rows(self.box_out(box)), _rows(scores)


def _rows(x: Tensor) -> Tensor:
    """`[batch, c, h, w]` to `[batch, h * w, c]`."""
    return x.permute(0, 2, 3, 1).reshape(x.shape[0], -1, x.shape[1])


class Detector(nn.Module):
    """Backbone, feature pyramid and three heads."""

    def __init__(self, classes: int = len(CLASSES)) -> None:
        super().__init__()
        self.stem = Conv(1, 16, 6, 2)
        self.dark2 = nn.Sequential(depthwise(16, 32, 2), CrossStage(32, 32, 1, shortcut=True))
        self.dark3 = nn.Sequential(depthwise(32, 64, 2), CrossStage(64, 64, 3, shortcut=True))
        self.dark4 = nn.Sequential(depthwise(64, 128, 2), CrossStage(128, 128, 3, shortcut=True))
        self.dark5 = nn.Sequential(depthwise(128, 256, 2), PyramidPool(256), CrossStage(256, 256, 1, shortcut=False))
        self.lateral5 = Conv(256, 128)
        self.up4 = CrossStage(256, 128, 1, shortcut=False)
        self.lateral4 = Conv(128, 64)
        self.up3 = CrossStage(128, 64, 1, shortcut=False)
        self.down3 = depthwise(64, 64, 2)
        self.out4 = CrossStage(128, 128, 1, shortcut=False)
        self.down4 = depthwise(128, 128, 2)
        self.out5 = CrossStage(256, 256, 1, shortcut=False)
        self.upsample = nn.Upsample(scale_factor=2, mode="nearest")
        self.heads = nn.ModuleList(Head(width, classes) for width in (64, 128, 256))

    def early(self) -> list[nn.Module]:
        """The layers up to stride 8: edges and textures, which COCO has taught well, and most of the work."""
        return [self.stem, self.dark2, self.dark3]

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


def _class_rows(weight: Tensor, bias: Tensor) -> tuple[Tensor, Tensor]:
    """Pick and average the COCO rows of our classes; fresh classes start small and improbable."""
    rows, biases = [], []
    for source in COCO_ROWS:
        if source is None:
            rows.append(torch.randn_like(weight[0]) * 0.01)
            biases.append(torch.tensor(FRESH_CLASS_BIAS))
        else:
            rows.append(weight[source[0]].clone())
            biases.append(bias[source[0]].clone())
    return torch.stack(rows), torch.stack(biases)


def from_onnx(path: Path) -> Detector:
    """Start from the published YOLOX-Nano ONNX file; raises `ModelError` when its convolutions do not fit."""
    import onnx
    from onnx import numpy_helper

    graph = onnx.load(str(path)).graph
    weights = {item.name: torch.from_numpy(numpy_helper.to_array(item).copy()) for item in graph.initializer}
    sources = [node.input for node in graph.node if node.op_type == "Conv"]
    network = Detector()
    layers = [module for module in network.modules() if isinstance(module, nn.Conv2d)]
    if len(sources) != len(layers):
        raise ModelError(f"{path}: has {len(sources)} convolutions, YOLOX-Nano has {len(layers)}")
    for index, (source, layer) in enumerate(zip(sources, layers, strict=True)):
        weight, bias = weights[source[1]], weights[source[2]]
        if index == 0:
            weight = grey_stem(weight)
        elif layer.out_channels == len(CLASSES):
            weight, bias = _class_rows(weight, bias)
        if weight.shape != layer.weight.shape:
            raise ModelError(f"{path}: convolution {index} is {tuple(weight.shape)}, not {tuple(layer.weight.shape)}")
        layer.weight.data.copy_(weight)
        layer.bias.data.copy_(bias)  # type: ignore[union-attr]
    return network
