"""Carries a trained SiLU network over into one of the same layout with ReLU6, layer by layer, by least squares.

Swapping the activation breaks a trained network: every layer then gets other inputs than it was trained for. Here each
convolution of the new network is fitted anew, from the first to the last, so that on real pictures its output before
the activation comes as close as a linear layer can to what the old one gives there; what earlier layers got wrong is
made up for as far as it can be. Three things are chosen per channel while at it:

* a shift, because SiLU is nearly linear around zero, where ReLU6 is not: the channel is moved to where ReLU6 tells most
  of what SiLU told (the largest correlation over a few candidates);
* a scale, so that all but one value in a thousand stay below `CEILING`: the ranges that int8 needs;
* a target that asks nothing where both are beyond the same end of ReLU6.
"""

# PyTorch is typed as Any where it is not installed (everywhere but at a maintainer's).
# mypy: disallow-subclassing-any=False, disallow-untyped-decorators=False
# mypy: warn-unused-ignores=False, warn-return-any=False
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from models.classes import LABELS
from models.network import CEILING, CrossStage, Detector, convolutions
from models.progress import progress

# COCO rows that stand for our classes; none: nothing in COCO looks like it.
COCO_ROWS: dict[str, tuple[int, ...]] = {
    "person": (0,),
    "vehicle": (2, 5, 7),
    "two-wheeler": (1, 3),
    "animal": (15, 16, 17, 18, 19, 20, 21),
}
FRESH_BIAS = -3.0  # of a class that COCO does not know
SHIFTS = (0.0, 0.25, 0.5, 1.0, 1.5, 2.0, 3.0)  # candidates, in standard deviations of a channel
HIGHEST = 5.5  # where the 99.9 % quantile of a channel goes; below CEILING, to leave room for training
POSITIONS = 30_000
RIDGE = 1e-4
ROUNDS = 4
FAINTEST = -7.0  # logits below this are all the same "no"


@dataclass(frozen=True, slots=True)
class Written:
    """How the channels of a layer of the old network are written in the new one: `(z + shift) / scale`, `[c]` each."""

    shift: Tensor
    scale: Tensor

    def of(self, z: Tensor) -> Tensor:
        """Rewrite `z` `[n, c, h, w]`."""
        return (z + self.shift[:, None, None]) / self.scale[:, None, None]


@torch.no_grad()
def transplant(teacher: Detector, student: Detector, pictures: Tensor) -> None:
    """Fit `student` (ReLU6) to `teacher` (SiLU, COCO's classes) on `pictures` `[n, 1, h, w]`, in place."""
    torch.manual_seed(3)
    old, new = convolutions(teacher), convolutions(student)
    before = _outputs(teacher, old, pictures)
    written = ways(student, new, before)
    sure: dict[int, Tensor] = {}
    for head in student.heads:
        rows = [new.index(layer) for layer in (head.class_out, head.box_out, head.object_out)]  # type: ignore[union-attr]
        chance = before[rows[2]].sigmoid() + 0.01
        sure |= dict.fromkeys(rows, chance[:, 0])
    for index, layer in enumerate(progress(new, "transplant")):
        way = written[index]
        if index == 0 and way is not None:
            layer.weight.copy_(old[0].weight / way.scale[:, None, None, None])
            layer.bias.copy_((old[0].bias + way.shift) / way.scale)  # type: ignore[union-attr,operator]
        elif way is not None:
            _fit(layer, _input(student, layer, pictures), way.of(before[index]), None)
        else:
            _fit_output(layer, _input(student, layer, pictures), before[index], sure[index])


def ways(student: Detector, layers: Sequence[nn.Conv2d], before: Sequence[Tensor]) -> list[Written | None]:
    """Choose shift and scale of every channel, by convolution in the order of `convolutions`; None for outputs.

    The layers of one chain of shortcuts share their scale.
    """
    outs = [layer for head in student.heads for layer in (head.class_out, head.box_out, head.object_out)]  # type: ignore[union-attr]
    written: list[Written | None] = [
        None if layer in outs else _way(z) for layer, z in zip(layers, before, strict=True)
    ]
    for block in student.modules():
        if not isinstance(block, CrossStage) or not block.bottlenecks[0].shortcut:
            continue
        chain = [block.through.conv, *(bottleneck.body[1][1].conv for bottleneck in block.bottlenecks)]  # type: ignore[union-attr,index]
        rows = [layers.index(layer) for layer in chain]
        shifts = [way.shift for row in rows if (way := written[row]) is not None]
        total = sum(functional.relu(before[r] + s[:, None, None]) for r, s in zip(rows, shifts, strict=True))
        assert isinstance(total, Tensor)
        scale = _scale(total)
        for row, shift in zip(rows, shifts, strict=True):
            written[row] = Written(shift, scale)
    return written


def _way(z: Tensor) -> Written:
    spread = z.std((0, 2, 3)).clamp(min=1e-3)
    rows = _some(z, 8000)
    told = functional.silu(rows)
    best, shift = torch.full_like(spread, -2.0), torch.zeros_like(spread)
    for candidate in SHIFTS:
        tried = functional.relu(rows + candidate * spread)
        match = _correlation(told, tried) - 0.01 * candidate  # a tie goes to the smaller shift
        shift = torch.where(match > best, candidate * spread, shift)
        best = torch.maximum(best, match)
    return Written(shift, _scale(functional.relu(z + shift[:, None, None])))


def _scale(values: Tensor) -> Tensor:
    rows = _some(values, 60_000)
    return rows.quantile(0.999, dim=0).clamp(min=1e-2) / HIGHEST


def _correlation(a: Tensor, b: Tensor) -> Tensor:
    a, b = a - a.mean(0), b - b.mean(0)
    return (a * b).sum(0) / (a.norm(dim=0) * b.norm(dim=0)).clamp(min=1e-9)


def _some(values: Tensor, most: int) -> Tensor:
    """Channels at some positions of `[n, c, h, w]`: `[positions, c]`."""
    rows = values.permute(0, 2, 3, 1).flatten(0, 2)
    return rows if len(rows) <= most else rows[torch.randint(len(rows), (most,))]


def _outputs(network: Detector, layers: Sequence[nn.Conv2d], pictures: Tensor) -> list[Tensor]:
    """What every convolution gives, before its activation."""
    kept: dict[int, Tensor] = {}
    hooks = [
        layer.register_forward_hook(lambda _m, _x, y, i=index: kept.__setitem__(i, y.contiguous()))
        for index, layer in enumerate(layers)
    ]
    network(pictures)
    for hook in hooks:
        hook.remove()
    return [kept[index] for index in range(len(layers))]


class _Reached(Exception):
    pass


def _input(network: Detector, layer: nn.Conv2d, pictures: Tensor) -> Tensor:
    """What `layer` gets when the network runs up to it."""
    kept: list[Tensor] = []

    def keep(_module: nn.Module, given: tuple[Tensor, ...]) -> None:
        kept.append(given[0])
        raise _Reached

    hook = layer.register_forward_pre_hook(keep)
    try:
        network(pictures)
    except _Reached:
        pass
    finally:
        hook.remove()
    return kept[0]


def _fit(layer: nn.Conv2d, inputs: Tensor, wanted: Tensor, chance: Tensor | None, *, bounded: bool = True) -> None:
    """Least squares with a small ridge towards nothing; `chance` `[n, h, w]` says which positions matter."""
    channels = wanted.shape[1]
    if layer.groups > 1:  # nine taps a channel need fewer pictures
        inputs, wanted = inputs[:16], wanted[:16]
    odds = torch.ones(wanted[:, 0].numel()) if chance is None else chance[: len(wanted)].flatten()
    pick = torch.multinomial(odds, min(POSITIONS, len(odds)), replacement=True)
    goals = wanted.permute(0, 2, 3, 1).flatten(0, 2)[pick]
    if layer.kernel_size == (1, 1):
        rows = inputs.permute(0, 2, 3, 1).flatten(0, 2)[pick]
    else:
        patches = functional.unfold(inputs, layer.kernel_size, 1, layer.padding, layer.stride)
        rows = patches.transpose(1, 2).flatten(0, 1)[pick]
    groups = layer.groups
    x = rows.reshape(len(rows), groups, -1).transpose(0, 1)
    x = torch.cat((x, x.new_ones(groups, len(rows), 1)), 2).double()  # [groups, positions, taps + 1]
    y = goals.reshape(len(goals), groups, -1).transpose(0, 1).double()
    gram = x.transpose(1, 2) @ x
    gram = gram + RIDGE * gram.diagonal(dim1=1, dim2=2).mean(1)[:, None, None] * torch.eye(gram.shape[-1]).double()
    factor = torch.linalg.cholesky(gram)
    goal = y
    for _ in range(ROUNDS if bounded else 1):
        solved = torch.cholesky_solve(x.transpose(1, 2) @ goal, factor)
        seen = x @ solved
        free = ((y < 0) & (seen < 0)) | ((y > CEILING) & (seen > CEILING))
        goal = torch.where(free, seen, y)
    found = solved.transpose(1, 2).reshape(channels, -1).float()  # [c, taps + 1]
    layer.weight.copy_(found[:, :-1].reshape(layer.weight.shape))
    layer.bias.copy_(found[:, -1])  # type: ignore[union-attr]


def _fit_output(layer: nn.Conv2d, inputs: Tensor, wanted: Tensor, sure: Tensor) -> None:
    """Fit boxes, objectness or classes where the teacher is sure that there is something, and a little elsewhere."""
    if layer.out_channels != len(LABELS):
        _fit(layer, inputs, wanted.clamp(min=FAINTEST), sure, bounded=False)
        return
    known = [label for label in LABELS if label in COCO_ROWS]
    goals = torch.stack([wanted[:, list(COCO_ROWS[label])].amax(1) for label in known], 1)
    part = nn.Conv2d(layer.in_channels, len(known), 1)
    _fit(part, inputs, goals.clamp(min=FAINTEST), sure, bounded=False)
    layer.weight.mul_(0.1)
    layer.bias.fill_(FRESH_BIAS)  # type: ignore[union-attr,operator]
    rows = [LABELS.index(label) for label in known]
    layer.weight[rows] = part.weight
    layer.bias[rows] = part.bias  # type: ignore[index,assignment]
