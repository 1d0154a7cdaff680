"""A unit of work and what it gives: pictures as bytes, with their truth."""

import io
from dataclasses import dataclass

from PIL import Image

from firmware.messages import Grey, Size
from simulator.groundtruth.witness import TruthObject
from simulator.scene import Fidelity


@dataclass(frozen=True, slots=True)
class BatchSpec:
    """One lot's pictures: which lot, how many, how large, how drawn. `library`: whose scenario is played there
    ("development" or "evaluation"); None: a crowd by chance."""

    lot_seed: int
    count: int
    size: Size
    fidelity: Fidelity
    library: str | None = None


@dataclass(frozen=True, slots=True)
class Still:
    """One picture as JPEG, its truth and where it comes from: pictures of a lot share a `sequence`."""

    name: str
    sequence: str
    condition: str
    size: Size
    jpeg: bytes
    truth: tuple[TruthObject, ...]


def jpeg(picture: Grey, quality: int) -> bytes:
    """A picture [h, w] as JPEG of a quality (1..95)."""
    out = io.BytesIO()
    Image.fromarray(picture).save(out, format="JPEG", quality=quality)
    return out.getvalue()
