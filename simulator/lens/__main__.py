"""python -m simulator.lens TABLE.json|FILM ... : statistics of labelled pictures and of films, one line each.

A table is COCO; its pictures lie beside it, in tar shards that its images name or as files.
"""

import argparse
import io
import json
import tarfile
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
from PIL import Image

from firmware.messages import Box, Grey
from simulator.lens import measure


@dataclass(frozen=True, slots=True)
class Labelled:
    """A picture [h, w] and the people in it."""

    picture: Grey
    people: tuple[Box, ...]


def labelled(table: Path, most: int) -> Iterator[Labelled]:
    """At most so many pictures of a COCO table, spread over all of it, in grey."""
    coco = json.loads(table.read_text(encoding="utf-8"))
    person = {entry["id"] for entry in coco["categories"] if entry["name"] == "person"}
    boxes: dict[int, list[Box]] = defaultdict(list)
    for entry in coco["annotations"]:
        if entry["category_id"] in person and not entry.get("iscrowd"):
            boxes[entry["image_id"]].append(Box(*map(float, entry["bbox"])))
    for image in coco["images"][:: max(1, -(-len(coco["images"]) // most))]:
        data = _bytes(table.parent, image.get("shard"), image["file_name"])
        grey = np.asarray(Image.open(io.BytesIO(data)).convert("L"), dtype=np.uint8)
        yield Labelled(grey, tuple(boxes[image["id"]]))


def film(path: Path, most: int) -> Iterator[Grey]:
    """A film's first pictures in grey."""
    with av.open(str(path)) as container:
        for number, frame in enumerate(container.decode(video=0)):
            if number >= most:
                return
            yield np.asarray(frame.to_ndarray(format="gray"), dtype=np.uint8)


def _bytes(folder: Path, shard: str | None, name: str) -> bytes:
    if shard is None:
        return (folder / name).read_bytes()
    with tarfile.open(folder / shard) as tar:
        member = tar.extractfile(name)
        assert member is not None
        return member.read()


def _table_line(path: Path, most: int, margin: float) -> str:
    looks: list[measure.Luminance] = []
    noise: list[float] = []
    figures: list[measure.Figure] = []
    for one in labelled(path, most):
        height, width = one.picture.shape
        down, across = int(height * margin), int(width * margin)
        inner = np.ascontiguousarray(one.picture[down : height - down, across : width - across])
        looks.append(measure.luminance(inner))
        noise.append(measure.spatial_noise(inner).median)
        figures += [found for box in one.people if (found := measure.figure(one.picture, box)) is not None]
    return _line(looks, noise) + (_people(measure.people(figures)) if figures else "")


def _film_line(path: Path, most: int) -> str:
    pictures = list(film(path, most))
    pairs = zip(pictures[:-1], pictures[1:], strict=True)
    temporal = float(np.nanmedian([measure.temporal_noise(first, second).median for first, second in pairs]))
    spatial = [measure.spatial_noise(picture).median for picture in pictures[::10]]
    return _line([measure.luminance(picture) for picture in pictures[::10]], spatial) + f", temporal {temporal:.2f}"


def _line(looks: list[measure.Luminance], noise: list[float]) -> str:
    look = measure.mean_luminance(looks)
    return (
        f"{len(looks)} pictures: mean {look.mean:.0f}, std {look.std:.0f}, near black {look.near_black:.1%}, "
        f"burnt out {look.burnt_out:.1%}, spatial noise {float(np.nanmedian(noise)):.2f}"
    )


def _people(people: measure.People) -> str:
    return (
        f"; {people.count} people: height {people.height_ratio:.1%}, torso brighter {people.torso_brighter:.0%} "
        f"by {people.torso_over_ground:.0f}, upper body burnt out {people.upper_burnt_out:.0%}, edge {people.edge:.0f}"
    )


def main() -> None:
    """Print a line for each file named."""
    parser = argparse.ArgumentParser(prog="python -m simulator.lens", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("files", nargs="+", type=Path, help="COCO tables (.json) or films")
    parser.add_argument("--most", type=int, default=200, help="pictures of each (default 200)")
    parser.add_argument("--margin", type=float, default=0.0, help="share of each side to leave out (rotated pictures)")
    options = parser.parse_args()
    for path in options.files:
        if path.suffix == ".json":
            print(f"{path.name}: {_table_line(path, options.most, options.margin)}")
        else:
            print(f"{path.name}: {_film_line(path, options.most)}")


if __name__ == "__main__":
    main()
