"""Hints of the published network to ours: what its layers say, written the way ours writes it."""

# PyTorch is typed as Any where it is not installed (everywhere but at a maintainer's).
# mypy: disallow-subclassing-any=False, disallow-untyped-decorators=False
# mypy: warn-unused-ignores=False, warn-return-any=False
from __future__ import annotations

import torch
from torch import Tensor, nn

from models.network import CEILING, Conv, Detector, convolutions
from models.transplant import Written


def hinted(network: Detector) -> list[Conv]:
    """The layers that are compared: ends of stages, of the pyramid's blocks, and of the heads' branches."""
    ends: list[nn.Module] = [network.dark3[1].merge, network.dark4[1].merge, network.dark5[2].merge]  # type: ignore[list-item]
    ends += [network.lateral5, network.up4.merge, network.lateral4]
    ends += [network.up3.merge, network.out4.merge, network.out5.merge]
    for head in network.heads:
        ends += [head.class_convs[1][1], head.box_convs[1][1]]  # type: ignore[index]
    return [end for end in ends if isinstance(end, Conv)]


class Hints:
    """Keeps what both networks' layers gave for the last batch; `close()` takes the hooks off again."""

    def __init__(self, teacher: Detector, student: Detector, written: list[Written | None]) -> None:
        self.teacher = teacher
        order = convolutions(teacher)
        theirs, ours = hinted(teacher), hinted(student)
        self._ways = [written[order.index(layer.conv)] for layer in theirs]
        self._told: dict[int, Tensor] = {}
        self._said: dict[int, Tensor] = {}
        self._hooks = [
            layer.conv.register_forward_hook(lambda _m, _x, z, i=i: self._told.__setitem__(i, z))
            for i, layer in enumerate(theirs)
        ]
        self._hooks += [
            layer.register_forward_hook(lambda _m, _x, y, i=i: self._said.__setitem__(i, y))
            for i, layer in enumerate(ours)
        ]

    @torch.no_grad()
    def listen(self, images: Tensor) -> None:
        """Run the teacher on a batch."""
        self.teacher(images)

    def loss(self) -> Tensor:
        """Mean squared difference over all compared layers, for the batch that both have seen."""
        parts = []
        for index, way in enumerate(self._ways):
            if way is not None:
                wanted = way.of(self._told[index]).clamp(0.0, CEILING)
                parts.append((self._said[index] - wanted).square().mean())
        return torch.stack(parts).sum()

    def close(self) -> None:
        """Stop listening."""
        for hook in self._hooks:
            hook.remove()
        self._told.clear()
        self._said.clear()
