"""How often each training picture is drawn."""

from __future__ import annotations

import collections
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from models.data import Picture


def source_shares(pictures: Sequence[Picture], weights: dict[str, float]) -> NDArray[np.float64]:
    """Probability of each picture: a source weighs the root of its size, so that big ones do not drown small ones."""
    counts = collections.Counter(picture.source for picture in pictures)
    share = np.array([weights.get(p.source, 1.0) / np.sqrt(counts[p.source]) for p in pictures])
    return np.asarray(share / share.sum(), np.float64)
