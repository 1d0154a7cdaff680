"""A detection as files hold it: `replay --detections`, `model detect`, the golden frames of a model bundle."""

import msgspec

from firmware.messages import Detection


class WrittenDetection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Class, score, and box: x, y, width, height in pixels of the picture."""

    kind: str = msgspec.field(name="class")
    score: float
    box: tuple[float, float, float, float]


def written(detection: Detection, decimals: int = 2) -> WrittenDetection:
    """The public form of a detection; `decimals` of the box, four of the score."""
    box = detection.box
    x, y, width, height = (round(value, decimals) for value in (box.x_px, box.y_px, box.w_px, box.h_px))
    return WrittenDetection(detection.kind.value, round(detection.score, 4), (x, y, width, height))
