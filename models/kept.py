"""What detectors have found, kept on disk: peers do not change, and a processor has better things to do.

A file belongs to one detector, one set of pictures and one way of running and decoding; if any of them changes, so
does its name. It holds numbers only, and no picture.
"""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from models import finds as finds_module
from models import heads, networks, peers
from models.data import Picture
from models.finds import Finds

CODE = (finds_module, heads, networks, peers)  # whose change makes other finds


class Kept:
    """Finds in a folder, for one set of pictures in grey or in colour."""

    def __init__(self, folder: Path, pictures: Sequence[Picture], *, grey: bool) -> None:
        self._folder = folder
        sources = [Path(str(module.__file__)).read_bytes() for module in CODE]
        self._about = _hash([*sources, *(picture.data for picture in pictures), b"grey" if grey else b"colour"])

    def read(self, network: Path) -> list[Finds] | None:
        """What a network found; None where it has not been kept, or only in part."""
        try:
            with self._path(network).open("rb") as file, np.load(file) as kept:
                ends = np.cumsum(kept["counts"])[:-1]
                columns = [np.split(kept[name], ends) for name in ("boxes", "classes", "scores")]
        except (OSError, zipfile.BadZipFile, KeyError, ValueError, EOFError):
            return None
        return [Finds(*row) for row in zip(*columns, strict=True)]

    def write(self, network: Path, finds: Sequence[Finds]) -> None:
        """Keep what a network found in every picture."""
        self._folder.mkdir(parents=True, exist_ok=True)
        with self._path(network).open("wb") as out:
            np.savez_compressed(
                out,
                counts=np.array([len(one.scores) for one in finds], np.int64),
                boxes=np.concatenate([one.boxes for one in finds]),
                classes=np.concatenate([one.classes for one in finds]),
                scores=np.concatenate([one.scores for one in finds]),
            )

    def _path(self, network: Path) -> Path:
        return self._folder / f"{network.stem}-{_hash([self._about.encode(), network.read_bytes()])[:24]}.npz"


def _hash(parts: Iterable[bytes]) -> str:
    """One hash of all parts; each is hashed by itself, so that their borders count."""
    whole = hashlib.sha256()
    for part in parts:
        whole.update(hashlib.sha256(part).digest())
    return whole.hexdigest()
