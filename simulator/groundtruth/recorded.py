"""Recorded detections as JSON lines: what `nattvakt replay --detections` writes, and what the recorded nights hold.

The first line names the picture's size, `{"size": [width, height]}`; then comes one look a line:
`{"t_s": .., "frame": .., "detections": [{"class": .., "score": .., "box": [x, y, width, height]}, ..]}`.
"""

from collections.abc import Iterator

import msgspec
import numpy as np

from firmware.core.written import WrittenDetection
from simulator.groundtruth.noise import OBJECT_KINDS, DetectionTable

_CHUNK = 4000


class _SizeLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    size: tuple[int, int]


class _LookLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    t_s: float
    frame: int
    detections: tuple[WrittenDetection, ...] | None


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
