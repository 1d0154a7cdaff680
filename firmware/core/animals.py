"""A deer is not a prowler: what the detector takes for an animal is no person.

Animals are seen, and shown to whoever looks at detections; they are neither followed nor told of.
"""

from firmware.core.boxes import overlap
from firmware.messages import Detection, ObjectKind

SAME_THING_IOU = 0.5
"""A person and an animal whose boxes share more than this are one thing called by two names."""


def undisguised(detections: tuple[Detection, ...]) -> tuple[Detection, ...]:
    """The detections without those persons that an animal with a better score covers; the order is kept."""
    animals = [d for d in detections if d.kind is ObjectKind.ANIMAL]
    if not animals:
        return detections
    return tuple(d for d in detections if d.kind is not ObjectKind.PERSON or not _covered(d, animals))


def _covered(person: Detection, animals: list[Detection]) -> bool:
    return any(a.score > person.score and overlap(a.box, person.box) > SAME_THING_IOU for a in animals)
