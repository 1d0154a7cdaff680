"""The stream of training samples that PyTorch's loader reads."""

# PyTorch and OpenCV are typed as Any where they are not installed (everywhere but at a maintainer's).
# mypy: disallow-subclassing-any=False
from __future__ import annotations

from collections.abc import Iterator, Sequence

import cv2  # type: ignore[import-not-found,unused-ignore]
import numpy as np
import torch
from numpy.typing import NDArray

from models.canvas import WHOLE, Recipe, compose
from models.data import Picture, without_doubt
from models.decoded import Stock
from models.sample import Sample


class Samples(torch.utils.data.IterableDataset[Sample]):
    """An endless stream of samples; worker `w` of a run that starts at `step` draws from seed `(seed, step, w)`.

    All pictures are decoded when it is made, so that the loader's processes share them.
    """

    def __init__(
        self,
        pictures: Sequence[Picture],
        shares: NDArray[np.float64],
        seed: tuple[int, int],
        size_px: tuple[int, int],
        recipe: Recipe = WHOLE,
    ) -> None:
        self.stock, self.seed, self.size_px = Stock([without_doubt(p) for p in pictures], shares), seed, size_px
        self.recipe = recipe
        self.stock.fill()

    def __iter__(self) -> Iterator[Sample]:
        """Draw samples for ever."""
        cv2.setNumThreads(0)
        worker = torch.utils.data.get_worker_info()
        rng = np.random.default_rng((*self.seed, worker.id if worker else 0))
        while True:
            yield compose(self.stock, rng, self.size_px, self.recipe)
