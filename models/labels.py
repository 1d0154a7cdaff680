"""Labelled pictures in the forms that others keep them in: a COCO table, or YOLO's folder of text files.

Classes are matched by name; what has another name is left out, and said. Of a picture from a table without
`labelled_categories` every class that the table has a name for counts as labelled throughout.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, UnidentifiedImageError

from firmware.errors import ModelError
from models.classes import LABELS
from models.data import Picture

_SAME_AS = {
    "person": "people pedestrian human man woman child rider",
    "vehicle": "car bus truck lorry van minivan minibus suv pickup pickuptruck ambulance taxi jeep trailer",
    "two-wheeler": "bicycle bike cycle motorbike motorcycle moped scooter",
    "fire": "flame flames",
    "smoke": "",
    "animal": "animals bird cat dog horse sheep cow elephant bear zebra giraffe deer boar wildboar fox pig",
}


@dataclass(frozen=True, slots=True)
class About:
    """What is known of one labelled box, beside what a detector is to find out. -1 and "": not known.

    `contrast`: how plainly it differs from what is around it, 1 being the least that is seen (our simulator says so).
    """

    distance_m: float = -1.0
    condition: str = ""
    activity: str = ""
    pose: str = ""
    visible_ratio: float = -1.0
    contrast: float = -1.0


Abouts = Sequence[Sequence[About]]  # of every picture, its boxes in the order of `Picture.boxes`


@dataclass(frozen=True, slots=True)
class Labelled:
    """Pictures, what is known of their boxes, and what the user should know of how they were read.

    `conditions` is the weather or light of every picture, "" where it is not known.
    """

    pictures: list[Picture]
    abouts: list[list[About]]
    conditions: list[str]
    notes: tuple[str, ...] = ()


def plain(pictures: list[Picture], notes: tuple[str, ...] = ()) -> Labelled:
    """Pictures of which nothing is known but the boxes."""
    return Labelled(pictures, [[About()] * len(one.boxes) for one in pictures], [""] * len(pictures), notes)


def _plain(name: str) -> str:
    return "".join(letter for letter in name.lower() if letter.isalnum())


_OURS = {_plain(name): LABELS.index(label) for label, names in _SAME_AS.items() for name in (label, *names.split())}


def our_class(name: str) -> int | None:
    """Our number of a class by the name that others give it (car: vehicle); None where it is none of ours."""
    return _OURS.get(_plain(name))


def left_out(names: Sequence[str], source: Path) -> tuple[str, ...]:
    """The note on names that are none of ours."""
    strange = sorted(name for name in set(names) if our_class(name) is None)
    if not strange:
        return ()
    listed = ", ".join(strange[:8]) + (", ..." if len(strange) > 8 else "")
    return (f"{source}: {len(strange)} classes are none of ours and are left out: {listed}",)


def size_px(path: Path) -> tuple[int, int]:
    """Width and height of a picture, from its head alone; raises `ModelError` for what is none."""
    try:
        with Image.open(path) as image:
            return image.size
    except FileNotFoundError as error:
        raise ModelError(f"{path}: is not there, but labels name it") from error
    except UnidentifiedImageError as error:
        raise ModelError(f"{path}: is not a picture that can be read") from error
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise ModelError(f"{path}: cannot be read: {error}") from error
