"""Training as if in int8: what the integer network cannot hold is rounded, and the gradient passes as if it were not.

The scales are fixed, not learnt or calibrated: inner activations 6 / 255, outputs over the ranges below, weights
symmetric per output channel. `models/export.py` writes exactly these into the TFLite file.
"""

# PyTorch is typed as Any where it is not installed (everywhere but at a maintainer's).
# mypy: disallow-subclassing-any=False, warn-unused-ignores=False, warn-return-any=False
from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

LEVELS = 255
BOX_RANGE = (-4.0, 6.0)  # dx, dy, log w, log h in cells: a centre 4 cells off, a side of exp(6) cells, are beyond use
SCORE_RANGE = (-10.2, 5.1)  # logits: a chance of 0.00004 is none, 0.994 is certain


class _Rounded(torch.autograd.Function):
    """Round to multiples of `step`; the gradient is handed through (Bengio et al., arXiv 1308.3432)."""

    @staticmethod
    def forward(_context: Any, values: Tensor, step: Tensor) -> Tensor:
        return (values / step).round_().mul_(step)

    @staticmethod
    def backward(_context: Any, gradient: Tensor) -> tuple[Tensor, None]:  # type: ignore[override]
        return gradient, None


def rounded_weight(weight: Tensor) -> Tensor:
    """Weights `[out, in, h, w]` as int8 holds them: 127 steps either side of zero, per output channel."""
    step = weight.detach().abs().amax((1, 2, 3), keepdim=True).clamp(min=1e-8) / 127
    return _Rounded.apply(weight, step)  # type: ignore[no-any-return,no-untyped-call]


def rounded(values: Tensor, low: float, high: float) -> Tensor:
    """Values as one of 256 levels from `low` to `high`."""
    step = torch.tensor((high - low) / LEVELS, dtype=values.dtype)
    return _Rounded.apply(values.clamp(low, high), step)  # type: ignore[no-any-return,no-untyped-call]
