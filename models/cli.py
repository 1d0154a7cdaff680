"""`nattvakt model`: train, export, evaluate, pack and inspect detectors; detect in stills.

`detect` and `inspect` need what a node has; the others need the `maintainer` extra (PyTorch, OpenCV, litert-torch).
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
import numpy as np

from firmware.core.written import written
from firmware.drivers.detector_tflite import RUNTIMES, TfliteDetector, installed_runtimes
from firmware.errors import ModelError
from models import golden
from models.manifest import load_manifest
from models.progress import progress
from models.stills import PICTURE_SUFFIXES, BundleFinder, PictureError, detect_still, read_grey

SHIPPED = Path(__file__).parent / "first-1"
LEAST_SCORE = 0.05
TIMED_RUNS = 50


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
    _add_inspect(verbs.add_parser("inspect", help="verify a bundle, try its golden frames in every runtime, time it"))
    _add_evaluate(verbs.add_parser("evaluate", help="AP50 by source and class, beside other detectors"))
    _add_train(verbs.add_parser("train", help="train or go on training (maintainer)"))
    _add_export(verbs.add_parser("export", help="a checkpoint to a TFLite file (maintainer)"))
    _add_pack(verbs.add_parser("pack", help="a TFLite file to a bundle (maintainer)"))
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


def _add_inspect(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("bundle", type=Path, nargs="?", default=SHIPPED)
    parser.add_argument("--runs", type=int, default=TIMED_RUNS, help=f"looks to time (default {TIMED_RUNS})")
    parser.set_defaults(command=_inspect)


def _inspect(options: argparse.Namespace) -> int:
    """Verify, try and time a bundle; exit code 1 when a golden frame comes out wrong."""
    manifest = load_manifest(options.bundle)
    print(f"{manifest.name} release {manifest.release}: {manifest.quantisation}, ", end="")
    print(f"{manifest.input.width_px} x {manifest.input.height_px} grey; all {len(manifest.files)} files verified")
    print("thresholds: " + ", ".join(f"{item.label} {item.threshold:.2f}" for item in manifest.classes))
    runtimes = installed_runtimes()
    if not runtimes:
        raise ModelError(
            f"no TFLite runtime: none of {', '.join(RUNTIMES)} can be imported; pip install 'nattvakt[node]'"
        )
    wrong = 0
    for runtime in runtimes:
        detector = TfliteDetector(options.bundle, runtime)
        seen = golden.see(
            detector, detector.raw_decoder(golden.EXPECTED_LEAST_SCORE - golden.SCORE_TOLERANCE), options.bundle
        )
        faults = golden.differences(golden.read(options.bundle), seen)
        wrong += len(faults)
        times = ", ".join(f"{n} threads {_median_ms(options.bundle, runtime, n, options.runs):.1f} ms" for n in (1, 2))
        print(f"{runtime}: golden frames {'as expected' if not faults else 'WRONG'}; {times}")
        for fault in faults:
            print(f"  {fault}")
    return 1 if wrong else 0


def _median_ms(bundle: Path, runtime: str, threads: int, runs: int) -> float:
    """Median time of one look at a picture of the network's own size."""
    detector = TfliteDetector(bundle, runtime, threads)
    size = detector.input_size
    picture = np.full((size.height_px, size.width_px), 60, np.uint8)
    times_ms = []
    for _ in range(runs):
        start_s = time.perf_counter()
        detector.infer(picture)
        times_ms.append(1000 * (time.perf_counter() - start_s))
    return statistics.median(times_ms)


def _add_evaluate(parser: argparse.ArgumentParser) -> None:
    pictures = parser.add_mutually_exclusive_group(required=True)
    pictures.add_argument("--data", type=Path, metavar="DIR", help="the packed sets")
    pictures.add_argument("--extra", type=Path, metavar="DIR", help="a folder of rendered pictures instead")
    parser.add_argument("--split", choices=("val", "test"), default="test")
    parser.add_argument("--bundle", type=Path, action="append", default=[], metavar="DIR", help="may be repeated")
    parser.add_argument("--peers", type=Path, metavar="DIR", help="also the detectors in this folder (maintainer)")
    parser.add_argument("--start", type=Path, help="also the ONNX weights that ours started from (maintainer)")
    parser.add_argument("--colour", action="store_true", help="give the peers colour; default: grey")
    parser.add_argument("--json", type=Path, metavar="FILE", help="the table as JSON")
    parser.add_argument(
        "--recall-at", type=float, metavar="SCORE", help="also recall by distance, height, condition and activity"
    )
    parser.set_defaults(command=_evaluate)


def _evaluate(options: argparse.Namespace) -> int:
    from models import data, evaluate, recall
    from models.peers import Finder

    pictures = data.read_folder(options.extra) if options.extra else data.read_sources(options.data, options.split)
    finders: dict[str, Finder] = {}
    for folder in options.bundle or [SHIPPED]:
        finders[folder.name] = BundleFinder(folder)
    if options.peers:
        finders |= evaluate.peers(options.peers, options.start)
    readings = [evaluate.take(name, finder, pictures, grey=not options.colour) for name, finder in finders.items()]
    lines = evaluate.table(pictures, readings)
    print(evaluate.markdown(lines))
    for reading, finder in zip(readings, finders.values(), strict=True):
        if isinstance(finder, BundleFinder):
            at = {item.label: item.threshold for item in finder.detector.manifest.classes}
            print(f"{reading.name} at its thresholds:\n\n{evaluate.operating_points(pictures, reading, at)}")
    if options.recall_at is not None:
        about = recall.known(options.extra) if options.extra else recall.by_height(pictures)
        print(f"\nrecall at score {options.recall_at}\n\n{recall.table(pictures, about, readings, options.recall_at)}")
    if options.json:
        rows = [{"source": n.source, "class": n.label, "objects": n.objects, "ap50": n.ap50} for n in lines]
        options.json.write_text(json.dumps(rows, indent=1) + "\n")
    return 0


def _add_train(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="the packed sets")
    parser.add_argument("--start", type=Path, required=True, help="yolox_nano_coco_416.onnx")
    parser.add_argument(
        "--run", type=Path, required=True, metavar="DIR", help="checkpoints; resumed when there are any"
    )
    parser.add_argument("--budget-minutes", type=float, required=True)
    parser.add_argument("--extra", type=Path, action="append", default=[], metavar="DIR", help="rendered pictures")
    parser.add_argument("--extra-share", type=float, default=0.35, help="share of rendered pictures (default 0.35)")
    parser.add_argument("--rate", type=float, default=4e-4)
    parser.add_argument("--no-anneal", action="store_true", help="keep the rate: a later run goes on and ends it")
    parser.add_argument(
        "--freeze-early", action="store_true", help="keep the layers up to stride 8 as they are: half the time"
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    parser.set_defaults(command=_train)


def _train(options: argparse.Namespace) -> int:
    from models.train import Plan, train

    plan = Plan(
        data=options.data,
        start=options.start,
        run_folder=options.run,
        budget_minutes=options.budget_minutes,
        extra=tuple(options.extra),
        extra_share=options.extra_share,
        rate=options.rate,
        anneal=not options.no_anneal,
        freeze_early=options.freeze_early,
        seed=options.seed,
        threads=options.threads,
    )
    print(train(plan))
    return 0


def _add_export(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--checkpoint", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True, metavar="FILE")
    parser.add_argument("--quantisation", choices=("weight-only", "dynamic-range", "float"), default="weight-only")
    parser.set_defaults(command=_export)


def _export(options: argparse.Namespace) -> int:
    from models.export import export

    export(options.checkpoint, options.out, options.quantisation)
    return 0


def _add_pack(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--network", type=Path, required=True, help="the TFLite file")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR")
    parser.add_argument("--name", required=True)
    parser.add_argument("--release", type=int, required=True)
    parser.add_argument("--quantisation", default="weight-only", help="how the weights are kept, for the record")
    parser.add_argument("--golden", type=Path, required=True, metavar="DIR", help="golden frames (our own, PNG)")
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="the packed sets; thresholds from val")
    parser.set_defaults(command=_pack)


def _pack(options: argparse.Namespace) -> int:
    from models.pack import Order, pack

    manifest = pack(
        Order(
            network=options.network,
            out=options.out,
            name=options.name,
            release=options.release,
            quantisation=options.quantisation,
            frames=options.golden,
            data=options.data,
        )
    )
    print("thresholds: " + ", ".join(f"{item.label} {item.threshold:.2f}" for item in manifest.classes))
    return 0
