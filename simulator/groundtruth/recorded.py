"""Recorded detections as JSON lines: what `nattvakt replay --detections` writes, and what the recorded nights hold.

The first line names the picture's size, `{"size": [width, height]}`; then comes one look a line:
`{"t_s": .., "frame": .., "detections": [{"class": .., "score": .., "box": [x, y, width, height]}, ..]}`.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import msgspec
import numpy as np

from firmware.core.written import WrittenDetection
from firmware.messages import Box, Detection, ObjectKind, Size
from simulator.groundtruth.noise import OBJECT_KINDS, DetectionTable

_CHUNK = 4000


class _SizeLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    size: tuple[int, int]


class _LookLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    t_s: float
    frame: int
    detections: tuple[WrittenDetection, ...] | None


@dataclass(frozen=True, slots=True)
class Look:
    """What a detector said at one time; None where it rested."""

    t_s: float
    detections: tuple[Detection, ...] | None


@dataclass(frozen=True, slots=True)
class Recording:
    """Looks in order of time. Boxes are pixels of a picture of `size`."""

    size: Size
    looks: tuple[Look, ...]


def lines(table: DetectionTable) -> Iterator[bytes]:
    """A detection table as JSON lines, the size first. Boxes are rounded to 0.01 px, scores to 0.0001."""
    encode = msgspec.json.Encoder().encode
    yield encode(_SizeLine((table.size.width_px, table.size.height_px))) + b"\n"
    names = [kind.value for kind in OBJECT_KINDS]
    times_s = np.round(table.t_s, 3).tolist()
    for chunk in table.chunks(_CHUNK):
        for frame, (first, end) in enumerate(chunk.edges, start=chunk.first):
            found = tuple(
                WrittenDetection(names[chunk.kinds[row]], chunk.scores[row], chunk.boxes[row])
                for row in range(first, end)
            )
            yield encode(_LookLine(times_s[frame], frame, found)) + b"\n"


def parsed(data: bytes) -> Recording:
    """Read it back. Raises msgspec.DecodeError or ValueError, which name what is wrong."""
    rows = data.splitlines()
    if not rows:
        raise ValueError('no line: the first must be {"size": [width, height]}')
    size = msgspec.json.decode(rows[0], type=_SizeLine).size
    decoder = msgspec.json.Decoder(_LookLine)
    return Recording(Size(*size), tuple(_look(decoder.decode(row)) for row in rows[1:]))


def _look(line: _LookLine) -> Look:
    if line.detections is None:
        return Look(line.t_s, None)
    return Look(line.t_s, tuple(Detection(ObjectKind(one.kind), one.score, Box(*one.box)) for one in line.detections))
