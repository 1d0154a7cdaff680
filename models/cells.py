"""Where the network's answers sit in the picture, and how far boxes overlap."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from models.network import STRIDES


@dataclass(frozen=True, slots=True)
class Cells:
    """Where the network's N rows sit: `centre` `[N, 2]` px, `corner` `[N, 2]` in cells, `stride` `[N, 1]` px."""

    centre: Tensor
    corner: Tensor
    stride: Tensor

    @staticmethod
    def of(width_px: int, height_px: int) -> Cells:
        """Lay the grids of all strides out, row by row, finest first."""
        corners, strides = [], []
        for stride in STRIDES:
            y, x = torch.meshgrid(torch.arange(height_px // stride), torch.arange(width_px // stride), indexing="ij")
            corners.append(torch.stack((x, y), -1).reshape(-1, 2).float())
            strides.append(torch.full((corners[-1].shape[0], 1), float(stride)))
        corner, stride_px = torch.cat(corners), torch.cat(strides)
        return Cells((corner + 0.5) * stride_px, corner, stride_px)

    def decode(self, raw: Tensor) -> Tensor:
        """Raw boxes `[..., N, 4]` to corners in pixels."""
        centre = (raw[..., :2] + self.corner) * self.stride
        half = raw[..., 2:].clamp(max=8.0).exp() * self.stride / 2
        return torch.cat((centre - half, centre + half), -1)


def pair_iou(a: Tensor, b: Tensor) -> Tensor:
    """Intersection over union of broadcast boxes `[..., 4]` (corners)."""
    low, high = torch.maximum(a[..., :2], b[..., :2]), torch.minimum(a[..., 2:], b[..., 2:])
    shared = (high - low).clamp(min=0).prod(-1)
    area = (a[..., 2:] - a[..., :2]).prod(-1) + (b[..., 2:] - b[..., :2]).prod(-1)
    return shared / (area - shared).clamp(min=1e-6)
