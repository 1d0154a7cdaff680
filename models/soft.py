"""Soft labels: what the published network says of every cell of a real canvas.

Labels of six thousand pictures do not hold up what COCO's 118,000 taught of people, vehicles and two-wheelers. So the
float network we start from looks at real canvases before the camera's look is laid over them, and ours, which sees them
afterwards, is to answer the same: scores by cross-entropy at every cell, boxes by their overlap where the teacher sees
something (learning without forgetting, arXiv 1606.09282). Where a label is surer than the teacher, or tells of a class
that it does not know, the label counts alone; where labels say nothing of a class (`Sample.known`), neither does the
teacher. Rendered canvases are left out: it is nearly blind there.
"""

# PyTorch is typed as Any where it is not installed (everywhere but at a maintainer's).
# mypy: disallow-untyped-decorators=False
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from models.cells import Cells, pair_iou
from models.heads import COCO_TO_OURS
from models.teacher import TAUGHT

COCO_KINDS = tuple(tuple(coco for coco, ours in COCO_TO_OURS.items() if ours == kind) for kind in TAUGHT)
SEEN = 0.1  # a score from which the teacher's box is worth learning
BOX_WEIGHT = 2.0
WEIGHT = 0.5  # beside the labels' loss: at 1 it outweighs them


@dataclass(frozen=True, slots=True)
class Told:
    """What the teacher says of some canvases: `scores` `[n, N, 3]`, `boxes` `[n, N, 4]` (corners, px)."""

    scores: Tensor
    boxes: Tensor


@torch.no_grad()
def told(teacher: Callable[[Tensor], tuple[Tensor, Tensor]], images: Tensor, cells: Cells) -> Told:
    """Ask the published network about canvases `[n, 1, h, w]`, 0..255."""
    raw, logits = teacher(images)
    chances = logits.sigmoid()
    kinds = [chances[..., [1 + number for number in numbers]].amax(-1) for numbers in COCO_KINDS]
    return Told(chances[..., :1] * torch.stack(kinds, -1), cells.decode(raw))


def soft_loss(boxes: Tensor, log_score: Tensor, wanted: Tensor, known: Tensor, teacher: Told) -> Tensor:
    """How far the network is from what the teacher says, beyond what the teacher's own doubt leaves; of the same rows.

    `boxes` `[n, N, 4]` corners; `log_score`, `wanted` (what the labels say) and `known` (bool) `[n, N, classes]`.
    """
    count = len(COCO_KINDS)
    aims, surest = teacher.scores, teacher.scores.amax(-1)
    free = (wanted.amax(-1) <= surest) & (wanted[..., count:].amax(-1) == 0)
    apart = cross_entropy(log_score[..., :count], aims) - _doubt(aims)
    apart = apart * (known[..., :count] & free[..., None])
    seen = free & ((aims > SEEN) & known[..., :count]).any(-1)
    off = surest[seen] * (1 - pair_iou(boxes[seen], teacher.boxes[seen]))
    return WEIGHT * (apart.sum() + BOX_WEIGHT * off.sum()) / aims[aims > SEEN].sum().clamp(min=1.0)


def cross_entropy(log_score: Tensor, aims: Tensor) -> Tensor:
    """Of scores, given by their logarithm, and what they should be."""
    log_rest = torch.log1p(-log_score.exp().clamp(max=1 - 1e-6))
    return -(aims * log_score + (1 - aims) * log_rest)


def _doubt(aims: Tensor) -> Tensor:
    """The entropy of scores: the least that a cross-entropy can be."""
    return -(torch.xlogy(aims, aims) + torch.xlogy(1 - aims, 1 - aims))
