"""Boxes drawn into pictures, and pictures side by side: for looking at."""

from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image, ImageDraw

from firmware.messages import Box, Grey
from simulator.groundtruth.records import TruthObject
from simulator.moment import Kind

COLOURS = {
    Kind.PERSON: (80, 255, 80),
    Kind.VEHICLE: (90, 160, 255),
    Kind.TWO_WHEELER: (255, 90, 255),
    Kind.FIRE: (255, 70, 50),
    Kind.SMOKE: (255, 220, 60),
    Kind.ANIMAL: (255, 255, 255),
}
_TITLE_PX = 16


def annotated(picture: Grey, truth: Sequence[TruthObject]) -> Image.Image:
    """A picture with its truth: the whole outline thin and dark, what shows of it bright, number and share above it."""
    drawn = Image.fromarray(picture).convert("RGB")
    draw = ImageDraw.Draw(drawn)
    for thing in sorted(truth, key=lambda thing: -thing.distance_m):
        colour = COLOURS.get(thing.kind, (160, 160, 160))
        dark = tuple(part // 3 for part in colour)
        draw.rectangle(_corners(thing.box), outline=dark)
        if thing.visible_ratio <= 0.0:
            continue
        draw.rectangle(_corners(thing.shown), outline=colour)
        words = f"{thing.track} {thing.visible_ratio:.0%}"
        if thing.activity not in ("parked", "burning", "smoking"):
            words += f" {thing.activity}"
        draw.text((thing.shown.x_px + 2, max(0.0, thing.shown.y_px - 11)), words, fill=colour)
    return drawn


@dataclass(frozen=True, slots=True)
class Tile:
    """A picture and what to write above it."""

    title: str
    picture: Image.Image


def contact_sheet(tiles: Sequence[Tile], columns: int, tile_width_px: int = 448) -> Image.Image:
    """Pictures in rows, scaled to one width, each with its title. ValueError: no pictures."""
    if not tiles:
        raise ValueError("a contact sheet of no pictures")
    heights = [round(tile.picture.height * tile_width_px / tile.picture.width) for tile in tiles]
    high = max(heights) + _TITLE_PX
    rows = -(-len(tiles) // columns)
    sheet = Image.new("RGB", (columns * tile_width_px, rows * high), (24, 24, 24))
    draw = ImageDraw.Draw(sheet)
    for place, (tile, height) in enumerate(zip(tiles, heights, strict=True)):
        left, top = place % columns * tile_width_px, place // columns * high
        small = tile.picture.convert("RGB").resize((tile_width_px, height), Image.Resampling.LANCZOS)
        sheet.paste(small, (left, top + _TITLE_PX))
        draw.text((left + 3, top + 2), tile.title, fill=(230, 230, 230))
    return sheet


def _corners(box: Box) -> tuple[float, float, float, float]:
    return box.x_px, box.y_px, box.x_px + box.w_px - 1, box.y_px + box.h_px - 1
