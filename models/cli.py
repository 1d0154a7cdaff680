"""`nattvakt model`: train, export, evaluate, pack and inspect detectors; detect in stills.

`detect` and `inspect` need what a node has; the others need the `maintainer` extra (PyTorch, OpenCV, litert-torch).
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec

from firmware.core.written import written
from firmware.drivers.detector_tflite import RUNTIMES, TfliteDetector
from firmware.errors import ModelError
from models import SHIPPED
from models.cli_bundle import add_inspect, add_pack
from models.cli_evaluate import add_evaluate
from models.cli_train import add_export, add_train
from models.finds import PictureError, read_grey
from models.progress import progress
from models.stills import PICTURE_SUFFIXES, detect_still

LEAST_SCORE = 0.05


def main(argv: list[str]) -> int:
    """Run `nattvakt model ...`; returns the exit code. Raises ModelError or ManifestError for wrong input."""
    options = _parser().parse_args(argv)
    command: Callable[[argparse.Namespace], int] = options.command
    try:
        return command(options)
    except ModuleNotFoundError as missing:
        wanted = f"needs the Python package {missing.name!r}: pip install 'nattvakt[maintainer]'"
        raise ModelError(wanted) from missing
    except OSError as error:
        raise ModelError(f"{error.filename}: {error.strerror}") from error


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="nattvakt model", description="The detector: train, measure, pack, use.")
    verbs = parser.add_subparsers(required=True, metavar="VERB")
    _add_detect(verbs.add_parser("detect", help="detect in a folder of pictures, one JSON line each"))
    add_inspect(verbs.add_parser("inspect", help="verify a bundle, try its golden frames in every runtime, time it"))
    add_evaluate(verbs.add_parser("evaluate", help="AP50 by source and class, beside other detectors"))
    add_train(verbs.add_parser("train", help="train or go on training (maintainer)"))
    add_export(verbs.add_parser("export", help="a checkpoint to a TFLite file (maintainer)"))
    add_pack(verbs.add_parser("pack", help="a TFLite file to a bundle (maintainer)"))
    return parser


def _add_detect(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--images", type=Path, required=True, metavar="DIR", help="folder of pictures")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="JSON lines")
    parser.add_argument("--grey", action="store_true", help="turn pictures grey first (this detector always does)")
    parser.add_argument("--bundle", type=Path, default=SHIPPED, metavar="DIR")
    parser.add_argument("--runtime", choices=RUNTIMES, help="default: the first one installed")
    parser.add_argument("--threads", type=int, default=2)
    parser.set_defaults(command=_detect)


def _detect(options: argparse.Namespace) -> int:
    """One line a picture; broken pictures are told of, and make the exit code 1 at the end."""
    if not options.images.is_dir():
        raise ModelError(f"{options.images}: is not a folder; --images must name a folder of pictures")
    paths = sorted(p for p in options.images.iterdir() if p.suffix.lower() in PICTURE_SUFFIXES)
    if not paths:
        raise ModelError(f"{options.images}: holds no picture ({', '.join(sorted(PICTURE_SUFFIXES))})")
    detector = TfliteDetector(options.bundle, options.runtime, options.threads)
    decoder = detector.raw_decoder(LEAST_SCORE)
    broken = 0
    try:
        with options.out.open("w", encoding="utf-8") as out:
            for path in progress(paths, "detect"):
                try:
                    picture = read_grey(path)
                except PictureError as error:
                    broken += 1
                    sys.stderr.write(f"nattvakt model detect: {error}\n")
                    continue
                found = [msgspec.to_builtins(written(one)) for one in detect_still(detector, decoder, picture)]
                out.write(json.dumps({"image": path.name, "detections": found}) + "\n")
    except OSError as error:
        raise ModelError(f"{options.out}: cannot be written ({error.strerror}); --out must name a file") from error
    sys.stderr.write(f"{len(paths) - broken} pictures in {options.out}, {broken} broken\n")
    return 1 if broken else 0
