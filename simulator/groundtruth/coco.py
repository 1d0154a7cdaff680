"""Truth in COCO's format, and in its form for video (frames of one sequence belong together).

Categories are those of the real pictures: 1 person, 2 vehicle, 3 two-wheeler, 4 fire, 5 smoke, 6 animal. All six are
labelled throughout, so a picture's `labelled_categories` holds all of them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import msgspec

from firmware.messages import Box, Size
from simulator.groundtruth.records import TruthObject
from simulator.moment import Kind

CATEGORY_OF = {Kind.PERSON: 1, Kind.VEHICLE: 2, Kind.TWO_WHEELER: 3, Kind.FIRE: 4, Kind.SMOKE: 5, Kind.ANIMAL: 6}
LABELLED = tuple(CATEGORY_OF.values())

LEAST_VISIBLE = 0.3
"""Of what shows less, nobody is asked whether it is there: `iscrowd` 1, neither right nor wrong."""

LEAST_CLARITY = 0.02
"""The contrast at which the eye loses a thing in fog (Koschmieder's threshold)."""

LEAST_SIDE_PX = 2.0


class Category(msgspec.Struct, frozen=True):
    """A class."""

    id: int
    name: str


class Image(msgspec.Struct, frozen=True):
    """A picture. `frame_id` counts the pictures of a video from 0; `video_id` is 0 for a still."""

    id: int
    file_name: str
    width: int
    height: int
    sequence: str
    condition: str
    labelled_categories: tuple[int, ...] = LABELLED
    video_id: int = 0
    frame_id: int = 0


class Video(msgspec.Struct, frozen=True):
    """A sequence of pictures."""

    id: int
    name: str


class Annotation(msgspec.Struct, frozen=True):
    """One thing in one picture. `bbox`: x, y, width, height of what shows of it. `track` and its COCO-video name
    `instance_id` are the same in all pictures of a sequence. `contrast`: how plainly it differs from what is around it
    in the picture, 1 being the least that is seen (see `faint`); None: not measured."""

    id: int
    image_id: int
    category_id: int
    bbox: tuple[float, float, float, float]
    area: float
    iscrowd: int
    visible_ratio: float
    distance_m: float
    activity: str
    condition: str
    track: int
    instance_id: int
    contrast: float | None = None


class Info(msgspec.Struct, frozen=True):
    """Where the table comes from."""

    source: str = "simulator"
    licence: str = "Apache-2.0"
    labelled_categories: tuple[int, ...] = LABELLED


def _categories() -> tuple[Category, ...]:
    return tuple(Category(number, kind.value) for kind, number in CATEGORY_OF.items())


class Table(msgspec.Struct, frozen=True):
    """A COCO table."""

    images: tuple[Image, ...]
    annotations: tuple[Annotation, ...]
    videos: tuple[Video, ...] = ()
    categories: tuple[Category, ...] = msgspec.field(default_factory=_categories)
    info: Info = Info()


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture's file and truth. Pictures of one lot share a `sequence`; `frame` is its place in a video, if any."""

    name: str
    sequence: str
    condition: str
    size: Size
    truth: tuple[TruthObject, ...]
    frame: int | None = None


def table(pictures: Sequence[Picture]) -> Table:
    """Pictures with their boxes. Sequences whose pictures have frame numbers become videos."""
    films = dict.fromkeys(picture.sequence for picture in pictures if picture.frame is not None)
    videos = {name: Video(number, name) for number, name in enumerate(films, start=1)}
    images: list[Image] = []
    annotations: list[Annotation] = []
    for number, picture in enumerate(pictures, start=1):
        video = videos.get(picture.sequence)
        images.append(Image(
            number, picture.name, picture.size.width_px, picture.size.height_px, picture.sequence, picture.condition,
            video_id=video.id if video else 0, frame_id=picture.frame or 0,
        ))  # fmt: skip
        for thing in picture.truth:
            if _shows(thing):
                annotations.append(_annotation(thing, number, len(annotations) + 1, picture.condition))
    return Table(tuple(images), tuple(annotations), tuple(videos.values()))


def joined(tables: Iterable[Table]) -> Table:
    """Several tables as one, numbered anew in their order."""
    images: list[Image] = []
    annotations: list[Annotation] = []
    videos: dict[str, Video] = {}
    for one in tables:
        for video in one.videos:
            videos.setdefault(video.name, Video(len(videos) + 1, video.name))
        names = {video.id: video.name for video in one.videos}
        first = len(images)
        ids = {image.id: first + place for place, image in enumerate(one.images, start=1)}
        for image in one.images:
            film = videos[names[image.video_id]].id if image.video_id else 0
            images.append(msgspec.structs.replace(image, id=ids[image.id], video_id=film))
        for note in one.annotations:
            number = len(annotations) + 1
            annotations.append(msgspec.structs.replace(note, id=number, image_id=ids[note.image_id]))
    return Table(tuple(images), tuple(annotations), tuple(videos.values()))


def merged(tables: Iterable[Table]) -> bytes:
    """Several tables as one file."""
    return encoded(joined(tables))


def encoded(table_: Table) -> bytes:
    """As JSON."""
    return msgspec.json.encode(table_)


def read(data: bytes) -> Table:
    """From JSON. Raises msgspec.DecodeError (or its ValidationError), which names the field."""
    return msgspec.json.decode(data, type=Table)


def _shows(thing: TruthObject) -> bool:
    box = thing.shown
    return thing.visible_ratio > 0.0 and min(box.w_px, box.h_px) >= LEAST_SIDE_PX and thing.kind in CATEGORY_OF


def _annotation(thing: TruthObject, image: int, number: int, condition: str) -> Annotation:
    clear = thing.visible_ratio >= LEAST_VISIBLE and thing.clarity >= LEAST_CLARITY
    box = _rounded(thing.shown)
    return Annotation(
        number, image, CATEGORY_OF[thing.kind], box, round(box[2] * box[3], 1), 0 if clear else 1,
        round(thing.visible_ratio, 3), round(thing.distance_m, 2), thing.activity, condition, thing.track, thing.track,
    )  # fmt: skip


def _rounded(box: Box) -> tuple[float, float, float, float]:
    """To a tenth of a pixel, never beyond the box's own right and lower edge (or it would leave the picture)."""
    left, top = round(box.x_px, 1), round(box.y_px, 1)
    right, bottom = _down(box.x_px + box.w_px), _down(box.y_px + box.h_px)
    return left, top, round(right - left, 1), round(bottom - top, 1)


def _down(value: float) -> float:
    return int(value * 10 + 1e-6) / 10
