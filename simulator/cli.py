"""`nattvakt simulate`: play a night that never happened, list what there is, or make training pictures."""

import argparse
import os
import sys
from pathlib import Path

from tqdm import tqdm

from firmware.errors import NodeError
from firmware.messages import Size
from simulator.conditions import CONDITIONS
from simulator.dataset.factory import DatasetSpec, make_dataset
from simulator.film import Outputs, play_out
from simulator.groundtruth.sheet import contact_sheet
from simulator.scene import DEFAULT_SIZE, NIGHT, Fidelity, SceneSpec, build_scene, library_of
from simulator.sheets import MOMENTS, SheetSpec, condition_tiles, scenario_tiles

_LEAST_PX, _MOST_PX = 160, 3840
_LIBRARIES = ("development", "evaluation")
_SMALL_TILE_PX = 224
_TRAINING_SEED, _EVALUATION_SEED = 1000, 300


def main(argv: list[str]) -> int:
    """Run one command. A wrong command exits with status 2 (argparse); a fault of the world raises NodeError."""
    if argv[:1] == ["list"]:
        return _list(_list_parser().parse_args(argv[1:]))
    if argv[:1] == ["dataset"]:
        parser = _dataset_parser()
        options = parser.parse_args(argv[1:])
        if options.library and not options.nights:
            parser.error("--library says whose scenarios --nights takes its pictures from: add --nights")
        return _dataset(options)
    if argv[:1] == ["sheet"]:
        return _sheet(_sheet_parser().parse_args(argv[1:]))
    parser = _parser()
    options = parser.parse_args(argv)
    if not (options.video or options.labels or options.site or options.detections):
        parser.error("nothing to write: name at least one of --video, --labels, --detections and --site")
    if options.fidelity is Fidelity.TRACKS and options.video:
        parser.error("--fidelity tracks draws no pictures: leave --video out, or take --fidelity fast or fine")
    return _play(options)


def size_of(text: str) -> Size:
    """`896x504` to a size; argparse turns the error into exit status 2."""
    try:
        width_px, height_px = (int(part) for part in text.lower().split("x"))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a size; write WIDTHxHEIGHT, such as 896x504") from None
    if not all(_LEAST_PX <= side <= _MOST_PX and side % 2 == 0 for side in (width_px, height_px)):
        raise argparse.ArgumentTypeError(f"{text}: both sides must be even and between {_LEAST_PX} and {_MOST_PX}")
    return Size(width_px, height_px)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "nattvakt simulate",
        description="Play a night that never happened into a film, with ground truth.",
        epilog="also: `nattvakt simulate list` (what there is), and with --help: `nattvakt simulate dataset` (training "
        "pictures), `nattvakt simulate sheet` (contact sheets)",
    )
    parser.add_argument(
        "--scenario", required=True, metavar="NAME", help="see `nattvakt simulate list`; `night` is a whole one"
    )
    parser.add_argument("--condition", default="clear", metavar="NAME", help="weather or the camera's state (clear)")
    parser.add_argument("--seed", type=_whole, default=7, help="same seed, same world, play and labels (7)")
    parser.add_argument("--library", choices=_LIBRARIES, default="development")
    parser.add_argument(
        "--fidelity",
        type=Fidelity,
        choices=[*Fidelity],
        default=Fidelity.FAST,
        help="tracks (boxes only), fast (OpenGL) or fine (path traced)",
    )
    parser.add_argument("--hours", type=_hours, default=10.0, help="how long `night` is (10)")
    parser.add_argument("--size", type=size_of, default=DEFAULT_SIZE, metavar="WxH")
    parser.add_argument("--rate", type=_rate, default=None, metavar="HZ", help="pictures a second (10; tracks: 5)")
    parser.add_argument("--video", type=Path, metavar="FILE.mp4")
    parser.add_argument("--annotate", action="store_true", help="draw the true boxes into the film")
    parser.add_argument(
        "--labels", type=Path, metavar="FILE.json", help="incidents, and boxes of every picture (not of `night`)"
    )
    parser.add_argument(
        "--detections", type=Path, metavar="FILE.jsonl", help="what a detector would find, for `nattvakt replay`"
    )
    parser.add_argument("--site", type=Path, metavar="FILE.toml", help="the lot's zone and calibration")
    return parser


def _list_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("nattvakt simulate list", description="Scenarios and conditions.")
    parser.add_argument("--library", choices=_LIBRARIES, default="development")
    return parser


def _dataset_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "nattvakt simulate dataset",
        description="Random pictures with boxes in COCO's format. Stopped and started again, it goes on where it was.",
    )
    parser.add_argument("--images", type=_positive, required=True)
    parser.add_argument(
        "--nights", action="store_true", help="stills of scripted scenarios by an ordinary camera, not random crowds"
    )
    parser.add_argument("--library", choices=_LIBRARIES, help="whose scenarios, with --nights (evaluation)")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR")
    parser.add_argument("--fidelity", type=Fidelity, choices=[Fidelity.FAST, Fidelity.FINE], default=Fidelity.FAST)
    parser.add_argument(
        "--first-seed",
        type=_whole,
        help="below 1000: kept for demo, tests and evaluation (1000; nights of the evaluation library: 300)",
    )
    parser.add_argument("--size", type=size_of, default=DEFAULT_SIZE, metavar="WxH")
    parser.add_argument("--workers", type=_positive, default=None, help="processes on this machine (all cores)")
    parser.add_argument("--scheduler", metavar="tcp://HOST:PORT", help="an existing Dask cluster instead")
    return parser


def _sheet_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("nattvakt simulate sheet", description="Contact sheets to look at.")
    parser.add_argument("--of", choices=("scenarios", "conditions"), required=True)
    parser.add_argument("--library", choices=_LIBRARIES, default="development")
    parser.add_argument("--seed", type=_whole, default=7)
    parser.add_argument("--fidelity", type=Fidelity, choices=[Fidelity.FAST, Fidelity.FINE], default=Fidelity.FAST)
    parser.add_argument("--out", type=Path, required=True, metavar="FILE.jpg")
    return parser


def _whole(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 0 up")
    return int(text)


def _positive(text: str) -> int:
    if _whole(text) < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return int(text)


def _between(text: str, low: float, high: float, what: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not low <= value <= high:
        raise argparse.ArgumentTypeError(f"{text!r}: {what} must be between {low:g} and {high:g}")
    return value


def _rate(text: str) -> float:
    return _between(text, 0.5, 60.0, "pictures a second")


def _hours(text: str) -> float:
    return _between(text, 0.01, 24.0, "hours")


def _list(options: argparse.Namespace) -> int:
    print(f"scenarios ({options.library} library)")
    for name, scenario in sorted(library_of(options.library).items()):
        print(f"  {name:<24} {scenario.says}")
    print(f"  {NIGHT:<24} a whole night's timetable of them (--hours)\n\nconditions")
    for name, condition in CONDITIONS.items():
        print(f"  {name:<24} {condition.says}")
    return 0


def _play(options: argparse.Namespace) -> int:
    spec = SceneSpec(
        options.scenario, options.seed, options.condition, options.size, options.fidelity, options.library,
        options.hours,
    )  # fmt: skip
    rate_hz = options.rate or (5.0 if options.fidelity is Fidelity.TRACKS else 10.0)
    outputs = Outputs(
        video=options.video,
        labels=options.labels,
        detections=options.detections,
        site=options.site,
        annotate=options.annotate,
    )
    scene = build_scene(spec)
    try:
        play_out(scene, spec, rate_hz, outputs)
    finally:
        scene.close()
    for incident in scene.incidents:
        print(f"{incident.kind} from {incident.start_s:.1f} s to {incident.end_s:.1f} s: {incident.reason}")
    if not scene.incidents:
        print("no incident")
    return 0


def _dataset(options: argparse.Namespace) -> int:
    library = (options.library or "evaluation") if options.nights else None
    first_seed = options.first_seed
    if first_seed is None:
        first_seed = _EVALUATION_SEED if library == "evaluation" else _TRAINING_SEED
    spec = DatasetSpec(
        options.images, first_seed, options.size, options.fidelity, options.out, options.scheduler,
        options.workers or 0, library,
    )  # fmt: skip
    with tqdm(total=options.images, unit=" pictures", disable=not sys.stderr.isatty()) as bar:
        for done in make_dataset(spec):
            bar.update(done - bar.n)
    print(f"{options.images} pictures and labels.json in {options.out}")
    return 0


def _sheet(options: argparse.Namespace) -> int:
    if not os.access(options.out.parent, os.W_OK):
        raise NodeError(f"{options.out}: cannot be written; name a file in a folder that exists and is yours")
    spec = SheetSpec(options.library, options.seed, options.fidelity)
    if options.of == "scenarios":
        sheet = contact_sheet(list(scenario_tiles(spec)), 2 * MOMENTS, _SMALL_TILE_PX)
    else:
        sheet = contact_sheet(list(condition_tiles(spec)), 4)
    try:
        sheet.save(options.out, quality=80)
    except (OSError, ValueError) as error:
        raise NodeError(
            f"{options.out}: cannot be written ({error}); name a .jpg or .png in a folder that exists"
        ) from error
    return 0
