"""Training loss: who is responsible for which box, and how wrong it is.

The score of a class is `sigmoid(objectness) * sigmoid(class)`, exactly what the node thresholds, and the loss is taken
on that product. That makes masking exact: where a picture says nothing about a class (`known` is false), this class
alone is left out of the loss, at every cell. Boxes are assigned as in SimOTA (YOLOX, arXiv 2107.08430): every object
takes its `k` cheapest cells, `k` being the sum of its best overlaps.
"""

# PyTorch and OpenCV are typed as Any where they are not installed (everywhere but at a maintainer's).
# mypy: disallow-untyped-decorators=False
from __future__ import annotations

from dataclasses import dataclass, field

import torch
from torch import Tensor
from torch.nn import functional

from models.cells import Cells, pair_iou
from models.network import STRIDES
from models.soft import Told, cross_entropy, soft_loss

CENTRE_RADIUS_CELLS = 1.5
CANDIDATES = 10
BOX_WEIGHT = 5.0
IOU_COST = 3.0
OUTSIDE_COST = 1e5


@dataclass(frozen=True, slots=True)
class Targets:
    """Labels of a batch: per picture boxes `[n, 4]` (corners, px) and classes `[n]`; known `[batch, classes, h, w]`.

    `told`: what the teacher says of the pictures numbered in `asked`.
    """

    boxes: list[Tensor]
    classes: list[Tensor]
    known: Tensor
    asked: list[int] = field(default_factory=list)
    told: Told | None = None


def detection_loss(raw: Tensor, scores: Tensor, targets: Targets, cells: Cells) -> tuple[Tensor, dict[str, float]]:
    """Loss of one batch and its parts; `raw` is `[batch, N, 4]`, `scores` `[batch, N, 1 + classes]`."""
    boxes = cells.decode(raw)
    log_score = functional.logsigmoid(scores[..., :1]) + functional.logsigmoid(scores[..., 1:])
    known = _known_at(targets.known, cells)
    wanted = torch.zeros_like(log_score)
    box_loss, positives = raw.new_zeros(()), 0
    for index, (truth, kinds) in enumerate(zip(targets.boxes, targets.classes, strict=True)):
        if not len(truth):
            continue
        rows, owners = assign(boxes[index].detach(), log_score[index].detach(), truth, kinds, cells)
        overlap = pair_iou(boxes[index, rows], truth[owners])
        box_loss = box_loss + (1 - overlap**2).sum()
        wanted[index, rows, kinds[owners]] = overlap.detach()
        known[index, rows, kinds[owners]] = True
        positives += len(rows)
    score_loss = (cross_entropy(log_score, wanted) * known).sum()
    norm = max(positives, 1)
    total = (BOX_WEIGHT * box_loss + score_loss) / norm
    parts = {"box": float(box_loss.detach()) / norm, "score": float(score_loss.detach()) / norm}
    if targets.told is not None:
        asked = targets.asked
        soft = soft_loss(boxes[asked], log_score[asked], wanted[asked], known[asked], targets.told)
        total, parts["soft"] = total + soft, float(soft.detach())
    return total, parts


def _known_at(known: Tensor, cells: Cells) -> Tensor:
    """Read the known-map `[batch, classes, h, w]` at every cell's centre: `[batch, N, classes]`."""
    spot = (cells.centre / STRIDES[0]).long()
    return known[:, :, spot[:, 1], spot[:, 0]].permute(0, 2, 1).clone()


@torch.no_grad()
def assign(boxes: Tensor, log_score: Tensor, truth: Tensor, kinds: Tensor, cells: Cells) -> tuple[Tensor, Tensor]:
    """Choose responsible rows: returns `rows [p]` and, for each, the index of the object it answers for `[p]`."""
    middle = (truth[:, :2] + truth[:, 2:]) / 2
    offset = (cells.centre[None] - middle[:, None]).abs()
    near = (offset < CENTRE_RADIUS_CELLS * cells.stride[None]).all(-1)
    inside = ((cells.centre[None] > truth[:, None, :2]) & (cells.centre[None] < truth[:, None, 2:])).all(-1)
    candidates = (near | inside).any(0).nonzero()[:, 0]
    overlap = pair_iou(truth[:, None], boxes[None, candidates])
    cost = -log_score[candidates][:, kinds].T - IOU_COST * overlap.clamp(min=1e-8).log()
    cost = cost + OUTSIDE_COST * ~(near & inside)[:, candidates] + OUTSIDE_COST * 10 * ~(near | inside)[:, candidates]
    count = min(CANDIDATES, len(candidates))
    wanted = overlap.topk(count, 1).values.sum(1).int().clamp(min=1)
    chosen = torch.zeros_like(cost, dtype=torch.bool)
    for row, (line, k) in enumerate(zip(cost, wanted.tolist(), strict=True)):
        chosen[row, line.topk(k, largest=False).indices] = True
    # A cell wanted by several objects goes to the one it is cheapest for.
    owner = cost.masked_fill(~chosen, float("inf")).argmin(0)
    taken = chosen.any(0).nonzero()[:, 0]
    return candidates[taken], owner[taken]
