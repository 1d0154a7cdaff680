"""Golden frames: small pictures in the bundle, with the detections that its network must give for them.

They catch what a hash cannot: a runtime, or a processor, on which the right file gives wrong numbers.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import msgspec

from firmware.core.boxes import overlap
from firmware.core.decode import Decoder
from firmware.core.written import WrittenDetection, written
from firmware.drivers.detector_tflite import TfliteDetector
from firmware.errors import ModelError
from firmware.messages import Box
from firmware.ports import Detector
from models.finds import read_grey
from models.manifest import Manifest
from models.stills import detect_still

FOLDER = "golden"
EXPECTED_FILE = "expected.json"
EXPECTED_LEAST_SCORE = 0.3  # what is written down; weaker finds may come and go with rounding


@dataclass(frozen=True, slots=True)
class Tolerance:
    """How far a find may be from what was written down: in score, and in overlap of the boxes."""

    score: float
    least_overlap: float


FLOAT = Tolerance(0.02, 0.95)
"""Both runtimes add up float32 in another order, which moves a score by 0.0001; the rest is for other processors."""

INT8 = Tolerance(0.15, 0.6)
"""XNNPACK and TFLite's own kernels round each layer differently: one number in 500 of the first layer by a step, and
over 60 layers that adds up. (TFLite's own kernels, optimised and reference, old and new, agree to a step.)

Measured on an early checkpoint of the shipped structure, over the 174 detections from 0.3 on in 23 rendered pictures:
none lost; half of the scores within 0.005, 99 of 100 within 0.06, the worst 0.135 off; the worst overlap 0.74 (a step
is 0.06 of a logit and 0.04 of a cell, and the boxes of far people are 10 px wide). The tolerance is a little beyond the
worst: a kernel that computes wrongly is off by whole objects.
"""


Frames = dict[str, tuple[WrittenDetection, ...]]
"""File name of a frame to what is to be seen in it."""


def see(detector: Detector, decoder: Decoder, folder: Path) -> Frames:
    """Detect in all golden frames of a bundle."""
    return {
        path.name: tuple(written(d) for d in detect_still(detector, decoder, read_grey(path)))
        for path in sorted((folder / FOLDER).glob("*.png"))
    }


def write(folder: Path, frames: Frames) -> None:
    """Write down what a bundle's golden frames show."""
    data = msgspec.json.format(msgspec.json.encode(frames), indent=1)
    (folder / FOLDER / EXPECTED_FILE).write_bytes(data + b"\n")


def read(folder: Path) -> Frames:
    """Read what a bundle's golden frames must show; raises `OSError` or `msgspec.DecodeError`."""
    return msgspec.json.decode((folder / FOLDER / EXPECTED_FILE).read_bytes(), type=Frames)


def tolerance(manifest: Manifest) -> Tolerance:
    """What two right runtimes may differ by on the network of a bundle."""
    return FLOAT if manifest.outputs.scores.dtype == "float32" else INT8


def faults(detector: TfliteDetector, folder: Path) -> list[str]:
    """Every way in which a detector does not see the golden frames of its bundle as they are written down.

    Raises `ModelError` where what is written down cannot be read.
    """
    allowed = tolerance(detector.manifest)
    try:
        wanted = read(folder)
    except (OSError, msgspec.DecodeError) as error:
        raise ModelError(f"{folder / FOLDER / EXPECTED_FILE}: cannot be read: {error}") from error
    decoder = detector.raw_decoder(EXPECTED_LEAST_SCORE - allowed.score)
    return differences(wanted, see(detector, decoder, folder), allowed)


def differences(wanted: Frames, seen: Frames, allowed: Tolerance) -> list[str]:
    """Every way in which `seen` is not `wanted`, within a tolerance; empty when all is well.

    `seen` may hold weaker finds than were written down: they are compared only from the written score on.
    """
    faults = [f"{name}: frame is missing" for name in wanted if name not in seen]
    for name, expected in wanted.items():
        rest = list(seen.get(name, ()))
        for item in expected:
            match = next((other for other in rest if _same(item, other, allowed)), None)
            if match is None:
                faults.append(f"{name}: expected {item.kind} {item.score:.3f} at {item.box}, not seen")
            else:
                rest.remove(match)
        limit = EXPECTED_LEAST_SCORE + allowed.score
        faults += [f"{name}: unexpected {o.kind} {o.score:.3f} at {o.box}" for o in rest if o.score > limit]
    return faults


def _same(one: WrittenDetection, other: WrittenDetection, allowed: Tolerance) -> bool:
    close = abs(one.score - other.score) <= allowed.score
    return close and one.kind == other.kind and overlap(Box(*one.box), Box(*other.box)) >= allowed.least_overlap
