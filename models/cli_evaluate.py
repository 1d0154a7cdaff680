"""`nattvakt model evaluate`: ours and others on the same pictures."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import msgspec

from firmware.errors import ModelError
from models import SHIPPED

if TYPE_CHECKING:
    from models.cost import Cost
    from models.evaluate import Line, Operating, Study, Subject
    from models.labels import Labelled
    from models.recall import Group


def add_evaluate(parser: argparse.ArgumentParser) -> None:
    """Describe the options of `evaluate`."""
    pictures = parser.add_mutually_exclusive_group(required=True)
    pictures.add_argument("--data", type=Path, metavar="DIR", help="the packed sets")
    pictures.add_argument("--extra", type=Path, metavar="DIR", help="a folder of rendered pictures (labels.json)")
    pictures.add_argument("--images", type=Path, metavar="DIR", help="a folder of pictures, with --labels")
    parser.add_argument("--labels", type=Path, metavar="PATH", help="a table in COCO's format, or a folder of YOLO's")
    parser.add_argument("--split", choices=("val", "test"), default="test", help="of --data (default: test)")
    parser.add_argument("--bundle", type=Path, action="append", default=[], metavar="DIR", help="may be repeated")
    parser.add_argument(
        "--model",
        type=Path,
        action="append",
        default=[],
        metavar="FILE",
        help="a TFLite file with our head, an SSD's or a YOLO's; may be repeated",
    )
    parser.add_argument(
        "--shapes", action="store_true", help="each picture to the --model or sibling NAME@WxH.tflite it fills best"
    )
    parser.add_argument("--peers", type=Path, metavar="DIR", help="also the detectors in this folder (maintainer)")
    parser.add_argument("--start", type=Path, help="also the ONNX weights that ours started from (maintainer)")
    parser.add_argument("--colour", action="store_true", help="give detectors colour; default: grey")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument(
        "--tune", action="store_true", help="choose thresholds on val of --data for detectors that are shipped none"
    )
    parser.add_argument(
        "--recall-at", type=float, metavar="SCORE", help="recall by height, distance and so on at this score"
    )
    parser.add_argument("--cost", action="store_true", help="also multiply-adds, size, operators and time of the files")
    parser.add_argument("--runs", type=int, default=50, help="looks to time for --cost (default 50; 0: none)")
    parser.add_argument(
        "--keep", type=Path, metavar="DIR", help="keep what peers find here, and look only once as long as it holds"
    )
    parser.add_argument("--plots", type=Path, metavar="DIR", help="also curves and the worst mistakes as PNG")
    parser.add_argument("--json", type=Path, metavar="FILE", help="all figures as JSON")
    parser.set_defaults(command=_evaluate)


def _evaluate(options: argparse.Namespace) -> int:
    from models import evaluate, plots
    from models.labels import About

    labelled = _labelled(options)
    for note in labelled.notes:
        sys.stderr.write(f"nattvakt model evaluate: {note}\n")
    subjects = _subjects(options)
    readings = evaluate.take_all(subjects, labelled.pictures, grey=not options.colour, keep=options.keep)
    study = evaluate.Study(labelled.pictures, readings, labelled.conditions)
    print(f"{len(labelled.pictures)} pictures, {'colour' if options.colour else 'grey'}\n")
    _say_shapes(subjects)
    lines, sizes = evaluate.table(study), evaluate.size_table(study)
    _say_tables(study, lines, sizes)
    points = dict(_operating(options, study, subjects))
    groups = []
    if options.recall_at is not None or any(about != About() for row in labelled.abouts for about in row):
        groups = _recall(options, study, labelled)
    costs = _costs(options, subjects)
    if options.plots:
        own = [one.name for one in subjects if one.own]
        plots.plot(options.plots, study, own, _macs(subjects), grey=not options.colour)
    if options.json:
        whole = {"ap50": lines, "sizes": sizes, "points": points, "recall": groups, "cost": costs}
        options.json.write_bytes(msgspec.json.format(msgspec.json.encode(whole), indent=1) + b"\n")
    return 0


def _labelled(options: argparse.Namespace) -> Labelled:
    """The pictures that the options name."""
    from models import data, labels
    from models.labels_coco import FILE_NAME, read_coco
    from models.labels_yolo import read_yolo

    if (options.labels is None) != (options.images is None):
        raise ModelError("--images and --labels go together: a folder of pictures, and a COCO table or a YOLO folder")
    if options.data:
        return labels.plain(data.read_sources(options.data, options.split))
    if options.extra:
        return read_coco(options.extra / FILE_NAME, options.extra)
    if not options.images.is_dir():
        raise ModelError(f"{options.images}: is not a folder; --images must name a folder of pictures")
    read = read_yolo if options.labels.is_dir() else read_coco
    return read(options.labels, options.images)


def _subjects(options: argparse.Namespace) -> list[Subject]:
    """The detectors that the options name: bundles, files, peers; without any, the shipped bundle."""
    from models.evaluate import Subject
    from models.networks import TfliteFinder, shaped, siblings
    from models.peers import PEER_FILES, YOLOX_NAME, YoloxOnnx, peers

    bundles = options.bundle or ([] if options.model else [SHIPPED])
    subjects = [_bundle(folder, options.threads) for folder in bundles]
    if options.shapes and not any(siblings(file) for file in options.model):
        raise ModelError("--shapes: no --model has a sibling <name>@<width>x<height>.tflite beside it")
    for file in options.model:
        several = options.shapes and siblings(file)
        finder = shaped(file, options.threads) if several else TfliteFinder(file, options.threads)
        subjects.append(Subject(file.stem, finder, finder.labels, file=file, own=True))
    if options.peers:
        for name, peer in peers(options.peers, options.threads).items():
            subjects.append(Subject(name, peer, peer.labels, file=options.peers / PEER_FILES[name]))
    if options.start:
        subjects.append(
            Subject(YOLOX_NAME, YoloxOnnx(options.start, options.threads), YoloxOnnx.labels, file=options.start)
        )
    names = [one.name for one in subjects]
    for name in names:
        if names.count(name) > 1:
            raise ModelError(f"two detectors are called {name!r}; give their files or folders different names")
    return subjects


def _bundle(folder: Path, threads: int) -> Subject:
    """A bundle as the node runs it, at its thresholds."""
    from models.evaluate import Subject
    from models.manifest import NETWORK_FILE
    from models.stills import BundleFinder

    finder = BundleFinder(folder, threads=threads)
    classes = finder.detector.manifest.classes
    at = {item.label: item.threshold for item in classes}
    return Subject(folder.resolve().name, finder, tuple(at), at, folder / NETWORK_FILE, own=True)


Row = TypeVar("Row", "Line", "Operating")


def _single(study: Study) -> bool:
    """Whether all pictures are of one source."""
    return len(study.sources) == 2


def _worth_saying(study: Study, rows: Sequence[Row]) -> list[Row]:
    """What holds for all sources is not said again of a single one."""
    from models.evaluate import ALL

    return [row for row in rows if not (_single(study) and row.source == ALL)]


def _say_tables(study: Study, lines: Sequence[Line], sizes: Sequence[Line]) -> None:
    """AP50 and sizes; of single sources without the sizes of COCO."""
    from models import report
    from models.evaluate import ALL
    from models.measure import COCO_BANDS

    names = [reading.name for reading in study.readings]
    coco = {band.name for band in COCO_BANDS}
    if not _single(study):
        sizes = [one for one in sizes if one.source == ALL or one.band not in coco]
    lines, sizes = _worth_saying(study, lines), _worth_saying(study, sizes)
    print(f"AP50\n\n{report.ap_table(lines, names)}")
    print(f"AP50 / recall at a precision of 0.9; px of a picture 512 px wide\n\n{report.size_table(sizes, names)}")


def _say_shapes(subjects: Sequence[Subject]) -> None:
    from models.networks import ShapedFinder

    for subject in subjects:
        if isinstance(subject.finder, ShapedFinder):
            used = ", ".join(f"{shape}: {count}" for shape, count in subject.finder.used.most_common())
            print(f"{subject.name} in several shapes of equal cost, the best filled for each picture: {used}\n")


def _operating(
    options: argparse.Namespace, study: Study, subjects: Sequence[Subject]
) -> Iterator[tuple[str, list[Operating]]]:
    """The operating points of detectors that are shipped thresholds, or get them here."""
    from models import evaluate, report

    tuned: dict[str, dict[str, float]] = {}
    if options.tune:
        tuned = _tuned(options, [one for one in subjects if not one.thresholds])
    for subject, reading in zip(subjects, study.readings, strict=True):
        at = subject.thresholds or tuned.get(subject.name)
        if at:
            points = evaluate.operating_points(study, reading, at)
            chosen = "its thresholds" if subject.thresholds else "thresholds chosen on val"
            print(f"{subject.name} at {chosen}\n\n{report.operating_table(_worth_saying(study, points))}")
            yield subject.name, points


def _tuned(options: argparse.Namespace, subjects: Sequence[Subject]) -> dict[str, dict[str, float]]:
    """Thresholds chosen on `val` as for a bundle."""
    from models import data, evaluate

    if not options.data:
        raise ModelError("--tune chooses thresholds on val of the packed sets; give --data")
    pictures = data.read_sources(options.data, "val")
    study = evaluate.Study(pictures, evaluate.take_all(subjects, pictures, grey=not options.colour, keep=options.keep))
    return {reading.name: evaluate.thresholds(study, reading) for reading in study.readings}


def _recall(options: argparse.Namespace, study: Study, labelled: Labelled) -> list[Group]:
    from models import recall, report

    fair = options.recall_at is None
    at = recall.fair_thresholds(study) if fair else recall.same_thresholds(study, options.recall_at)
    groups = recall.groups(study, labelled.abouts, at)
    where = "where each class's precision is 0.9" if fair else f"at score {options.recall_at}"
    print(f"recall {where}\n\n{report.recall_table(groups, [one.name for one in study.readings])}")
    return groups


def _costs(options: argparse.Namespace, subjects: Sequence[Subject]) -> list[Cost]:
    from firmware.drivers.detector_tflite import installed_runtimes
    from models import cost, report

    if not options.cost:
        return []
    files = [(one.name, one.file) for one in subjects if one.file is not None and one.file.suffix == ".tflite"]
    costs = [cost.cost(name, file, installed_runtimes(), options.runs) for name, file in files]
    print(f"cost (median of {options.runs} looks)\n\n{report.cost_table(costs)}")
    return costs


def _macs(subjects: Sequence[Subject]) -> dict[str, int]:
    """Multiply-adds of the detectors that are TFLite files."""
    from models.cost import macs
    from models.graph import read_graph

    return {one.name: macs(read_graph(one.file)) for one in subjects if one.file and one.file.suffix == ".tflite"}
