"""Contact sheets of mistakes: the objects that a detector misses, and what it takes for one, in their surroundings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from models.chart import font
from models.data import Picture
from models.evaluate import Reading, Study
from models.finds import Boxes, read_colour

TILE_PX = 220
COLUMNS = 6
CAPTION_PX = 34
HEAD_PX = 32
MOST = 24
MOST_OF_A_SEQUENCE = 2  # the tenth mistake of one film says nothing more
WEAK = 0.5  # an object found with less is a miss
CONTEXT = 3.0  # how many sides of the box a tile shows
LEAST_SHOWN_PX = 96.0
TRUE_COLOUR, IGNORED_COLOUR = "#35d04a", "#9a9a9a"
MISSED_COLOUR, FALSE_COLOUR = "#f0c020", "#ff3030"


@dataclass(frozen=True, slots=True)
class Mistake:
    """One tile: a box `[4]` in a picture, whether a find (else an object that was missed), and what to write."""

    picture: int
    box: Boxes
    is_find: bool
    says: str


def misses(study: Study, reading: Reading, kind: int) -> list[Mistake]:
    """The worst misses: objects without any find, then those with the weakest; large ones first."""
    evidence = study.evidence(reading, kind)
    scores = np.maximum(evidence.object_scores(), 0.0)
    weak = np.flatnonzero(scores < WEAK)
    order = weak[np.lexsort((-evidence.object_sizes.height_px[weak], scores[weak].round(1)))]
    mistakes = []
    for row in _spread(study, evidence.object_picture, order):
        place, height_px = int(evidence.object_picture[row]), evidence.object_sizes.height_px[row]
        box = study.pictures[place].boxes[evidence.object_row[row]]
        found = f"score {scores[row]:.2f}" if scores[row] else "not found"
        mistakes.append(Mistake(place, box, False, f"{found}, {height_px:.0f} px"))
    return mistakes


def false_finds(study: Study, reading: Reading, kind: int) -> list[Mistake]:
    """The worst false finds: those with the highest scores."""
    evidence = study.evidence(reading, kind)
    wrong = np.flatnonzero(evidence.match < 0)
    order = wrong[np.argsort(-evidence.scores[wrong], kind="stable")]
    mistakes = []
    for row in _spread(study, evidence.find_picture, order):
        place, height_px = int(evidence.find_picture[row]), evidence.find_sizes.height_px[row]
        box = reading.finds[place].boxes[evidence.find_rows[row]]
        mistakes.append(Mistake(place, box, True, f"score {evidence.scores[row]:.2f}, {height_px:.0f} px"))
    return mistakes


def _spread(study: Study, places: NDArray[np.int64], order: NDArray[np.int64]) -> list[int]:
    """The first of some rows, at most one of a picture and a few of a sequence."""
    chosen: list[int] = []
    pictures: set[int] = set()
    sequences: Counter[tuple[str, str]] = Counter()
    for row in order:
        place = int(places[row])
        picture = study.pictures[place]
        sequence = (picture.source, picture.group or picture.name)
        if place not in pictures and sequences[sequence] < MOST_OF_A_SEQUENCE:
            pictures.add(place)
            sequences[sequence] += 1
            chosen.append(int(row))
        if len(chosen) == MOST:
            break
    return chosen


def sheet(title: str, study: Study, mistakes: Sequence[Mistake], kind: int, *, grey: bool) -> Image.Image:
    """All tiles, in grey where the detector was shown grey.

    Green: objects of the class; grey: ignored boxes; yellow: a missed object; red: a false find.
    """
    lines = max(1, -(-len(mistakes) // COLUMNS))
    image = Image.new("RGB", (COLUMNS * TILE_PX, HEAD_PX + lines * (TILE_PX + CAPTION_PX)), "white")
    ImageDraw.Draw(image).text((6, 4), title, "#222222", font(18))
    for number, mistake in enumerate(mistakes):
        line, column = divmod(number, COLUMNS)
        tile = _tile(study.pictures[mistake.picture], mistake, kind, grey=grey)
        image.paste(tile, (column * TILE_PX, HEAD_PX + line * (TILE_PX + CAPTION_PX)))
    return image


def _tile(picture: Picture, mistake: Mistake, kind: int, *, grey: bool) -> Image.Image:
    """The surroundings of a box, enlarged to a square, and two lines of text."""
    whole = Image.fromarray(read_colour(picture.data, picture.name))
    whole = whole.convert("L").convert("RGB") if grey else whole
    centre = (mistake.box[:2] + mistake.box[2:]) / 2
    side_px = max(float((mistake.box[2:] - mistake.box[:2]).max()) * CONTEXT, LEAST_SHOWN_PX)
    corner, scale = centre - side_px / 2, (TILE_PX - 4) / side_px
    left, top = float(corner[0]), float(corner[1])
    edges = (round(left), round(top), round(left + side_px), round(top + side_px))
    shown = whole.crop(edges).resize((TILE_PX - 4, TILE_PX - 4))
    draw = ImageDraw.Draw(shown)
    for box in picture.ignored:
        _frame(draw, (box.reshape(2, 2) - corner) * scale, IGNORED_COLOUR)
    for box in picture.boxes[picture.classes == kind]:
        _frame(draw, (box.reshape(2, 2) - corner) * scale, TRUE_COLOUR)
    wrong = FALSE_COLOUR if mistake.is_find else MISSED_COLOUR
    _frame(draw, (mistake.box.reshape(2, 2) - corner) * scale, wrong)
    tile = Image.new("RGB", (TILE_PX, TILE_PX + CAPTION_PX), "white")
    tile.paste(shown, (2, 0))
    text = ImageDraw.Draw(tile)
    text.text((4, TILE_PX - 2), mistake.says, "#222222", font(13))
    text.text((4, TILE_PX + 13), picture.name[-34:], "#777777", font(11))
    return tile


def _frame(draw: ImageDraw.ImageDraw, corners: NDArray[np.float32], colour: str) -> None:
    (x0, y0), (x1, y1) = corners.tolist()
    draw.rectangle((x0, y0, max(x1, x0 + 1), max(y1, y0 + 1)), outline=colour, width=2)
