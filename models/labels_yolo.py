"""Labels from YOLO's text files: `<stem>.txt` with `class cx cy w h` (shares of the picture) beside a list of names."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from firmware.errors import ModelError
from models.classes import LABELS
from models.data import Picture
from models.labels import Labelled, left_out, our_class, plain, size_px
from models.stills import PICTURE_SUFFIXES

NAMES_FILES = ("data.yaml", "data.yml", "classes.txt")
ROUNDING = 0.002  # by which a share may leave 0..1: what writers round to, and half a pixel


def read_yolo(folder: Path, images: Path) -> Labelled:
    """Read the labels in `folder` of the pictures in `images`; raises `ModelError` with file and line.

    A picture without a text file is one without objects, as everywhere with YOLO; how many there are is noted. Classes
    that the list names are labelled throughout.
    """
    names_file = _names_file(folder)
    names = read_names(names_file)
    ours = [our_class(name) for name in names]
    labelled = frozenset(kind for kind in ours if kind is not None)
    if not labelled:
        raise ModelError(f"{names_file}: none of its classes {names} is one of ours ({', '.join(LABELS)})")
    paths = sorted(path for path in images.iterdir() if path.suffix.lower() in PICTURE_SUFFIXES)
    if not paths:
        raise ModelError(f"{images}: holds no picture ({', '.join(sorted(PICTURE_SUFFIXES))})")
    texts = {path.stem: path for path in folder.glob("*.txt") if path.name not in NAMES_FILES}
    without = [path for path in paths if path.stem not in texts]
    if len(without) == len(paths):
        raise ModelError(f"{folder}: holds no <stem>.txt for any picture in {images}; looked for {paths[0].stem}.txt")
    pictures = [_picture(path, texts.get(path.stem), ours, labelled) for path in paths]
    notes = left_out(names, names_file)
    if without:
        notes += (f"{folder}: {len(without)} of {len(paths)} pictures have no text file: taken as without objects",)
    return plain(pictures, notes)


def _picture(path: Path, text: Path | None, ours: Sequence[int | None], labelled: frozenset[int]) -> Picture:
    width_px, height_px = size_px(path)
    rows = [] if text is None else _rows(text, len(ours))
    kept = [row for row in rows if ours[row.kind] is not None]
    boxes = np.array([row.corners for row in kept], np.float32).reshape(-1, 4)
    return Picture(
        name=path.name,
        source=path.parent.resolve().name,
        data=path.read_bytes(),
        size_px=(width_px, height_px),
        boxes=boxes * np.array((width_px, height_px) * 2, np.float32),
        classes=np.array([ours[row.kind] for row in kept], np.int64),
        ignored=np.zeros((0, 4), np.float32),
        ignored_classes=np.zeros(0, np.int64),
        labelled=labelled,
    )


Corners = tuple[float, float, float, float]  # x0, y0, x1, y1


@dataclass(frozen=True, slots=True)
class Row:
    """One line: the number of its class in the list of names, and corners as shares of the picture."""

    kind: int
    corners: Corners


def _rows(path: Path, classes: int) -> list[Row]:
    """The lines of one text file that are not empty."""
    return [
        parse_row(line.split(), f"{path}: line {number}", classes)
        for number, line in enumerate(_text(path).splitlines(), 1)
        if line.strip()
    ]


def parse_row(words: Sequence[str], where: str, classes: int) -> Row:
    """One line; of an outline (more than five numbers) the box is taken. Raises `ModelError` naming `where`."""
    try:
        kind, values = int(words[0]), [float(word) for word in words[1:]]
    except ValueError as error:
        raise ModelError(f"{where}: {error}; it must be 'class cx cy w h', numbers") from error
    if not 0 <= kind < classes:
        raise ModelError(f"{where}: class is {kind}; the list of names has {classes}, so it must be 0 to {classes - 1}")
    if len(values) != 4 and (len(values) < 6 or len(values) % 2):
        raise ModelError(
            f"{where}: has {len(values)} numbers after the class; a box has 4, an outline pairs, 3 or more"
        )
    if not all(math.isfinite(value) and -ROUNDING <= value <= 1 + ROUNDING for value in values):
        raise ModelError(f"{where}: {' '.join(words[1:])} are no shares of the picture; they must lie in 0..1")
    around = _box(values) if len(values) == 4 else _hull(values)
    x0, y0, x1, y1 = (min(max(value, 0.0), 1.0) for value in around)
    if not (x1 > x0 and y1 > y0):
        raise ModelError(f"{where}: the box has no area; w and h must be above 0")
    return Row(kind, (x0, y0, x1, y1))


def _box(values: Sequence[float]) -> Corners:
    x, y, w, h = values
    return x - w / 2, y - h / 2, x + w / 2, y + h / 2


def _hull(values: Sequence[float]) -> Corners:
    return min(values[::2]), min(values[1::2]), max(values[::2]), max(values[1::2])


def _names_file(folder: Path) -> Path:
    """The list of names: in the folder of labels, or up to two above it, where training sets keep it."""
    places = (folder, folder.resolve().parent, folder.resolve().parent.parent)
    for place in places:
        for name in NAMES_FILES:
            if (place / name).is_file():
                return place / name
    raise ModelError(
        f"{folder}: no {' or '.join(NAMES_FILES)} in it or in the two folders above; it must name the classes"
    )


def read_names(path: Path) -> list[str]:
    """Names of classes in their order: a line each, or `names:` of a `data.yaml` (a list, or numbers and names)."""
    text = _text(path)
    if path.suffix == ".txt":
        return [line.strip() for line in text.splitlines() if line.strip()]
    lines = [line.partition(" #")[0].rstrip() for line in text.splitlines()]
    starts = [number for number, line in enumerate(lines) if line.startswith("names:")]
    if not starts:
        raise ModelError(f"{path}: has no line 'names:'; it must list the classes")
    rest = lines[starts[0]].partition(":")[2].strip()
    body = lines[starts[0] + 1 :]
    names = _inline(" ".join([rest, *body])) if rest else _block(body)
    if not names:
        raise ModelError(f"{path}: line {starts[0] + 1}: 'names:' lists no class; write names: [person, car]")
    return names


def _inline(text: str) -> list[str]:
    """`[a, 'b']` or `{0: a, 1: 'b'}`, perhaps over several lines."""
    inner = text[1:].partition("]" if text.startswith("[") else "}")[0]
    return [
        _unquoted(item.rpartition(":")[2] if text.startswith("{") else item)
        for item in inner.split(",")
        if item.strip()
    ]


def _block(lines: Sequence[str]) -> list[str]:
    """`- a` or `0: a`, a line each, up to the next key."""
    names = []
    for line in lines:
        item = line.strip()
        if item.startswith("- "):
            names.append(_unquoted(item[2:]))
        elif line[:1] in (" ", "\t") and item.partition(":")[0].strip().isdigit():
            names.append(_unquoted(item.partition(":")[2]))
        elif item and not item.startswith("#"):
            break
    return names


def _unquoted(text: str) -> str:
    return text.strip().strip("'\"")


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ModelError(f"{path}: is no UTF-8 text (byte {error.start})") from error
