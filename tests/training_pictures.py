"""Made-up labelled pictures for tests of the training code."""

import io

import numpy as np
from PIL import Image

from models.classes import N_CLASSES
from models.data import EVERY_CLASS, Picture

ALL = frozenset(range(N_CLASSES))


def jpeg(seed: int, height_px: int = 120, width_px: int = 160) -> bytes:
    """Noise in colour."""
    rng = np.random.default_rng(seed)
    out = io.BytesIO()
    Image.fromarray(rng.integers(0, 255, (height_px, width_px, 3), np.uint8)).save(out, "JPEG")
    return out.getvalue()


def picture(labelled: frozenset[int] = ALL, *, kind: int = 0, source: str = "s") -> Picture:
    """One box of a kind, one ignored box."""
    return Picture(
        name="p",
        source=source,
        data=jpeg(1),
        size_px=(160, 120),
        boxes=np.array([[20, 20, 100, 110]], np.float32),
        classes=np.array([kind]),
        ignored=np.array([[120, 20, 150, 60]], np.float32),
        ignored_classes=np.array([EVERY_CLASS]),
        labelled=labelled,
    )
