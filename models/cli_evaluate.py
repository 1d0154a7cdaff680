"""`nattvakt model evaluate`: ours and others on the same pictures."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from models import SHIPPED
from models.stills import BundleFinder


def add_evaluate(parser: argparse.ArgumentParser) -> None:
    """Describe the options of `evaluate`."""
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
