"""Pictures out of a folder, by Pillow: one look each, in the order of their names."""

import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from firmware.drivers.film_source_av import Shot
from firmware.errors import CameraError
from firmware.messages import Grey

SUFFIXES = frozenset({".bmp", ".jpeg", ".jpg", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp"})


class FolderSource:
    """A folder of pictures, `step_s` apart. Other files in it are left alone; no picture at all raises CameraError."""

    def __init__(self, folder: Path, step_s: float) -> None:
        self.step_s = step_s
        try:
            found = [path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES]
        except OSError as fault:
            raise CameraError(f"{folder}: cannot be read: {fault.strerror}") from fault
        if not found:
            raise CameraError(f"{folder}: there are no pictures in it ({', '.join(sorted(SUFFIXES))})")
        self._paths = sorted(found, key=_natural)

    def shots(self) -> Iterator[Shot]:
        """All pictures; `Shot.grey` raises CameraError for one that cannot be read."""
        for number, path in enumerate(self._paths):
            yield Shot(number * self.step_s, partial(read_grey, path))


def read_grey(path: Path) -> Grey:
    """One picture file as grey [h, w], turned upright. Raises CameraError naming the file."""
    try:
        with Image.open(path) as image:
            upright = ImageOps.exif_transpose(image)
            return np.asarray(upright.convert("L"))
    except (OSError, SyntaxError, ValueError, UnidentifiedImageError, Image.DecompressionBombError) as fault:
        raise CameraError(f"{path}: not a picture that can be read: {fault}") from fault


def _natural(path: Path) -> list[tuple[int, str]]:
    """So that picture 10 comes after picture 9."""
    return [(int(word), "") if word.isdigit() else (0, word) for word in re.split(r"(\d+)", path.name.lower()) if word]
