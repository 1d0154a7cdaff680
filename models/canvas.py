"""Training samples: one canvas of the network's input size, at the scales of a pole and in the camera's look.

A rendered picture is a whole view of the camera: it fills the canvas, uncropped or in part. Real pictures are laid in
rows. One row shows them at their natural scale, as the test sets do; more rows make people and cars as small as a pole
sees them: the number of rows follows from the height that one object, drawn at random, shall have.
"""

# OpenCV is typed as Any where it is not installed.
# mypy: warn-return-any=False
from __future__ import annotations

from dataclasses import dataclass

import cv2  # type: ignore[import-not-found,unused-ignore]
import numpy as np
from numpy.typing import NDArray

from models import look
from models.classes import ANIMAL, FIRE, N_CLASSES, SMOKE, VEHICLE
from models.data import Boxes, Picture
from models.decoded import Stock, is_rendered
from models.pasted_flames import Flame, flame_from, paste_at, paste_fire, rendered_flames
from models.pasted_lights import paste_lights
from models.sample import MAP_STRIDE, Sample, hide, leave_faint, tell
from models.teacher import TRUSTED

FILL = 114
VISIBLE_SHARE = 0.4  # a box cut down further than this is ignored rather than learnt
SMALLEST_PX = 4.0
EMPTY_CHANCE = 0.04  # cells left flat: fog, a covered lens, a wall; nothing may be found there
NATURAL_CHANCE = 0.45  # one row at natural scale
TILED_CHANCE = 0.08  # rendered pictures laid in rows, too
MOST_ROWS = 4
LIGHTS_CHANCE = 0.3  # lamps that are no fire; half as often on rendered views, which have their own
FIRE_CHANCE = 0.2
BURNS_FROM_PX = 14  # height of a vehicle
PLAIN_LEVELS = 15  # grey levels by which a flame must change its place to be learnt
LARGEST_CROP = 1.75  # 896 px wide pictures at full size on 512 px
# Height (least, most) in pixels of a canvas 288 px high that objects shall have, by class: 10-40 m from a pole's lens.
WANTED_PX = ((11, 75), (14, 150), (12, 100), (10, 110), (25, 200), (8, 60))


@dataclass(frozen=True, slots=True)
class Cell:
    """A rectangle of the canvas, in pixels."""

    x_px: int
    y_px: int
    width_px: int
    height_px: int


@dataclass(frozen=True, slots=True)
class Recipe:
    """What is done to a canvas; all of it, but for measuring what a part is worth."""

    pasting: bool = True
    look: bool = True


WHOLE = Recipe()


def compose(stock: Stock, rng: np.random.Generator, size_px: tuple[int, int], recipe: Recipe = WHOLE) -> Sample:
    """Draw one sample of `size_px` (width, height; multiples of 8)."""
    width_px, height_px = size_px
    image = np.full((height_px, width_px), FILL if rng.random() < 0.5 else rng.integers(0, 200), np.uint8)
    known = np.ones((N_CLASSES, height_px // MAP_STRIDE, width_px // MAP_STRIDE), np.bool_)
    sample = Sample(image, np.zeros((0, 4), np.float32), np.zeros(0, np.int64), known)
    first = stock.draw(rng)
    rendered = is_rendered(stock.pictures[first])
    if not rendered:
        sample.clean = image.copy()
    whole = rendered and rng.random() >= TILED_CHANCE
    if whole:
        cell = Cell(0, 0, width_px, height_px)
        _place(sample, stock, first, cell, _view(stock, first, cell, rng), rng)
    else:
        _lay_rows(sample, stock, first, rng)
    if recipe.pasting and rng.random() < (LIGHTS_CHANCE / 2 if whole else LIGHTS_CHANCE):
        paste_lights(sample.image, sample.boxes[sample.classes == VEHICLE], rng)
    if recipe.pasting and rng.random() < FIRE_CHANCE:
        _set_fire(sample, stock, rng)
    if recipe.look:
        sample.image = look.light_look(sample.image, rng) if whole else look.night_look(sample.image, rng)
    leave_faint(sample)
    return sample


def _set_fire(sample: Sample, stock: Stock, rng: np.random.Generator) -> None:
    """Let a vehicle of the sample burn, or, now and then, something else; learnt only where it can be told apart."""
    before = sample.image.copy()
    flames = [_flame(stock, rng) for _ in range(int(rng.choice((1, 2, 3), p=(0.5, 0.3, 0.2))))]
    tall = sample.boxes[:, 3] - sample.boxes[:, 1]
    vehicles = sample.boxes[(sample.classes == VEHICLE) & (tall >= BURNS_FROM_PX)]
    if len(vehicles) and rng.random() < 0.85:
        burning = paste_at(sample.image, flames, vehicles[int(rng.integers(len(vehicles)))], rng)
    else:
        height_px, width_px = sample.image.shape
        foot = (float(rng.uniform(0, width_px)), float(rng.uniform(0.2, 1.0) * height_px))
        burning = paste_fire(sample.image, flames, foot, float(np.exp(rng.uniform(2.2, 4.5))), rng)
    x0, y0, x1, y1 = burning.box.astype(int)
    if min(x1 - x0, y1 - y0) < SMALLEST_PX or cv2.absdiff(sample.image, before)[y0:y1, x0:x1].mean() < PLAIN_LEVELS:
        hide(sample.known, burning.box, FIRE)
        return
    sample.boxes = np.concatenate((sample.boxes, burning.box[None]))
    sample.classes = np.append(sample.classes, FIRE)
    if burning.smoke is not None:
        hide(sample.known, burning.smoke, SMOKE)


def _flame(stock: Stock, rng: np.random.Generator) -> Flame:
    """One of the simulator's, or one cut out of a fire picture."""
    if len(stock.fires) and rng.random() < 0.5:
        number = int(stock.fires[int(rng.integers(len(stock.fires)))])
        picture, decoded = stock.pictures[number], stock.decoded(number)
        rows = np.flatnonzero(picture.classes == FIRE)
        cut = flame_from(decoded.levels[0], picture.boxes[int(rows[int(rng.integers(len(rows)))])] * decoded.scale)
        if cut is not None:
            return cut
    flames = rendered_flames()
    return flames[int(rng.integers(len(flames)))]


def _lay_rows(sample: Sample, stock: Stock, first: int, rng: np.random.Generator) -> None:
    """Fill the canvas with rows of pictures, `first` among them."""
    height_px, width_px = sample.image.shape
    rows = 1 if rng.random() < NATURAL_CHANCE else _rows_for(stock.pictures[first], height_px, rng)
    lead_row = int(rng.integers(rows))
    for row in range(rows):
        y_px = height_px * row // rows
        row_px = height_px * (row + 1) // rows - y_px
        x_px, is_lead = 0, row == lead_row
        while width_px - x_px > row_px // 4:
            number = first if is_lead else stock.draw_like(first, row_px, rng)
            is_lead = False
            wide, tall = stock.pictures[number].size_px
            cell_px = int(row_px * wide / tall * np.exp(rng.uniform(-0.1, 0.25)))
            cell = Cell(x_px, y_px, min(max(cell_px, row_px // 3), width_px - x_px), row_px)
            crowded = rows > 1 or cell.width_px < 0.7 * cell_px  # what is left of a row: a part of a picture fills it
            x_px += cell.width_px
            if rows == 1 or rng.random() >= EMPTY_CHANCE:
                _place(sample, stock, number, cell, _mapping((wide, tall), cell, rng, crowded=crowded), rng)


def _rows_for(picture: Picture, height_px: int, rng: np.random.Generator) -> int:
    """How many rows give one of the picture's objects a height that a pole sees."""
    if not len(picture.boxes):
        return int(rng.integers(1, MOST_ROWS))
    one = int(rng.integers(len(picture.boxes)))
    least, most = WANTED_PX[int(picture.classes[one])]
    wanted_px = float(np.exp(rng.uniform(np.log(least), np.log(most)))) * height_px / 288
    share = float(picture.boxes[one, 3] - picture.boxes[one, 1]) / picture.size_px[1]
    rows = int(np.clip(round(share * height_px / wanted_px), 1, MOST_ROWS))
    return rows if rng.random() < 0.75 else int(rng.integers(1, rows + 1))


def _place(
    sample: Sample, stock: Stock, number: int, cell: Cell, matrix: NDArray[np.float64], rng: np.random.Generator
) -> None:
    """Draw a picture into `cell` of the sample, with its boxes and what it says about each class."""
    picture = stock.pictures[number]
    spot = np.s_[cell.y_px : cell.y_px + cell.height_px, cell.x_px : cell.x_px + cell.width_px]
    sample.image[spot] = _drawn(stock, number, cell, matrix, int(sample.image[cell.y_px, cell.x_px]), rng)
    if sample.clean is not None and picture.source not in TRUSTED:
        sample.clean[spot] = sample.image[spot]
    offset = np.array((cell.x_px, cell.y_px), np.float32)
    frame = _moved(np.array([[0, 0, *picture.size_px]], np.float32), matrix, cell, offset)[0][0]
    for kind in set(range(N_CLASSES)) - picture.labelled:
        hide(sample.known, frame, kind)
    boxes, seen = _moved(picture.boxes, matrix, cell, offset)
    sides = np.minimum(boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1])
    good = (seen >= VISIBLE_SHARE) & (sides >= SMALLEST_PX)
    for box, kind in zip(boxes[good], picture.classes[good], strict=True):
        if kind != ANIMAL:  # hardly a source labels animals, but what it labels as something else is none
            tell(sample.known, box, ANIMAL)
    for box, kind in zip(boxes[~good], picture.classes[~good], strict=True):
        hide(sample.known, box, int(kind))
    ignored, _ = _moved(picture.ignored, matrix, cell, offset)
    for box, kind in zip(ignored, picture.ignored_classes, strict=True):
        hide(sample.known, box, int(kind))
    sample.boxes = np.concatenate((sample.boxes, boxes[good]))
    sample.classes = np.concatenate((sample.classes, picture.classes[good]))


def _drawn(
    stock: Stock, number: int, cell: Cell, matrix: NDArray[np.float64], fill: int, rng: np.random.Generator
) -> NDArray[np.uint8]:
    """A picture warped into a cell, grey `[h, w]`, from the level of its pyramid that is scaled least."""
    decoded = stock.decoded(number)
    levels = decoded.levels
    shrink = decoded.scale / max(float(np.abs(matrix[:, :2]).max()), 1e-3)
    level = int(np.clip(np.floor(np.log2(max(shrink, 1.0)) + 0.4), 0, len(levels) - 1))
    pixels = levels[level]
    wide, tall = stock.pictures[number].size_px
    matrix = matrix.copy()
    matrix[:, 0] *= wide / pixels.shape[1]
    matrix[:, 1] *= tall / pixels.shape[0]
    view = cv2.warpAffine(pixels, matrix, (cell.width_px, cell.height_px), borderValue=(fill, fill, fill))
    return look.to_grey(np.asarray(view, np.uint8), rng) if view.ndim == 3 else np.asarray(view, np.uint8)


def _view(stock: Stock, number: int, cell: Cell, rng: np.random.Generator) -> NDArray[np.float64]:
    """Matrix that covers the cell with a camera's view: half of them whole, the others a part of it."""
    wide, tall = stock.pictures[number].size_px
    crop = rng.uniform(1.0, 1.06) if rng.random() < 0.5 else np.exp(rng.uniform(0.0, np.log(LARGEST_CROP)))
    scale = float(max(cell.width_px / wide, cell.height_px / tall) * crop)
    return _at((wide, tall), cell, (scale * float(rng.uniform(1.0, 1.05)), scale), rng)


def _mapping(size_px: tuple[int, int], cell: Cell, rng: np.random.Generator, *, crowded: bool) -> NDArray[np.float64]:
    """Matrix from a real picture to its cell: about fitting, or (`crowded`: mostly) covering, or wildly scaled."""
    wide, tall = size_px
    stretch = float(np.exp(rng.uniform(-0.15, 0.15))) * (1.33 if wide == tall and rng.random() < 0.25 else 1.0)
    fit = min(cell.width_px / (wide * stretch), cell.height_px / tall)
    cover = max(cell.width_px / (wide * stretch), cell.height_px / tall)
    kind = rng.random()
    if kind < 0.12:
        scale = np.exp(rng.uniform(np.log(0.5 * fit), np.log(1.8 * cover)))
    elif kind < (0.3 if crowded else 0.7):
        scale = rng.uniform(0.92, 1.08) * fit
    else:
        scale = rng.uniform(0.97, 1.25) * cover
    return _at(size_px, cell, (float(scale) * stretch, float(scale)), rng)


def _at(
    size_px: tuple[int, int], cell: Cell, scale: tuple[float, float], rng: np.random.Generator
) -> NDArray[np.float64]:
    """2x3 matrix from picture to cell with the given scales, at a random place, half of the times mirrored."""
    scale_x, scale_y = scale
    room_x, room_y = cell.width_px - size_px[0] * scale_x, cell.height_px - size_px[1] * scale_y
    matrix = np.array([[scale_x, 0, room_x * rng.random()], [0, scale_y, room_y * rng.random()]])
    if rng.random() < 0.5:
        matrix[0] = (-scale_x, 0, matrix[0, 2] + size_px[0] * scale_x)
    return matrix


def _moved(boxes: Boxes, matrix: NDArray[np.float64], cell: Cell, offset: NDArray[np.float32]) -> tuple[Boxes, Boxes]:
    """Map boxes into the cell and clip them; also give the share of each that is still visible."""
    x = boxes[:, 0::2] * matrix[0, 0] + matrix[0, 2]
    y = boxes[:, 1::2] * matrix[1, 1] + matrix[1, 2]
    x.sort(1)
    area = np.maximum((x[:, 1] - x[:, 0]) * (y[:, 1] - y[:, 0]), 1e-6)
    x, y = np.clip(x, 0, cell.width_px), np.clip(y, 0, cell.height_px)
    seen = (x[:, 1] - x[:, 0]) * (y[:, 1] - y[:, 0]) / area
    moved = np.stack((x[:, 0], y[:, 0], x[:, 1], y[:, 1]), 1) + np.tile(offset, 2)
    return moved.astype(np.float32), seen.astype(np.float32)
