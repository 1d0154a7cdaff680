"""`nattvakt simulate`: list the scenarios, play one into a film with labels, or make training pictures."""

import argparse
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from PIL import Image

from firmware.drivers.film_av import FilmWriter
from firmware.errors import NodeError
from firmware.messages import Size
from simulator.labels import Labels, Moment, as_json, as_toml
from simulator.stills import StillOptions, write_stills
from simulator.stories import SCENARIOS
from simulator.world import Scene, build_scene

_LEAST_PX, _MOST_PX = 160, 3840
_DEFAULT_SIZE = Size(896, 504)


def main(argv: list[str]) -> int:
    """Run one command. A wrong command exits with status 2 (argparse); a fault of the world raises NodeError."""
    if argv[:1] == ["list"]:
        return _list()
    if argv[:1] == ["stills"]:
        return _stills(_stills_parser().parse_args(argv[1:]))
    parser = _parser()
    options = parser.parse_args(argv)
    if not (options.video or options.labels or options.site):
        parser.error("nothing to write: name at least one of --video, --labels and --site")
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
        epilog="also: `nattvakt simulate list` (what there is), `nattvakt simulate stills --help` (training pictures)",
    )
    parser.add_argument("--scenario", choices=list(SCENARIOS), required=True, metavar="NAME", help=", ".join(SCENARIOS))
    parser.add_argument("--seed", type=_whole, default=7, help="same seed, same pixels and labels (7)")
    parser.add_argument("--size", type=size_of, default=_DEFAULT_SIZE, metavar="WxH")
    parser.add_argument("--rate", type=_rate, default=10.0, metavar="HZ", help="pictures a second (10)")
    parser.add_argument("--video", type=Path, metavar="FILE.mp4")
    parser.add_argument("--labels", type=Path, metavar="FILE.json", help="boxes of every picture, and the incidents")
    parser.add_argument("--site", type=Path, metavar="FILE.toml", help="the lot's zone and calibration")
    return parser


def _stills_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "nattvakt simulate stills", description="Random pictures with boxes in COCO's format."
    )
    parser.add_argument("--count", type=_positive, required=True)
    parser.add_argument(
        "--first-seed", type=_whole, default=1000, help="below 1000: kept for the demo and tests (1000)"
    )
    parser.add_argument("--size", type=size_of, default=_DEFAULT_SIZE, metavar="WxH")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR")
    return parser


def _whole(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 0 up")
    return int(text)


def _positive(text: str) -> int:
    if _whole(text) < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return int(text)


def _rate(text: str) -> float:
    try:
        rate_hz = float(text)
    except ValueError:
        rate_hz = 0.0
    if not 0.5 <= rate_hz <= 60:
        raise argparse.ArgumentTypeError(f"{text!r}: pictures a second must be between 0.5 and 60")
    return rate_hz


def _list() -> int:
    for name, (_, says) in SCENARIOS.items():
        print(f"{name:<14} {says}")
    return 0


def _play(options: argparse.Namespace) -> int:
    scene = build_scene(options.scenario, options.seed, options.size)
    times_s = [number / options.rate for number in range(int(scene.duration_s * options.rate))]
    _write_film(options.video, scene, times_s, options.rate)
    if options.labels:
        moments = tuple(Moment(t_s, scene.truth(t_s)) for t_s in times_s)
        size = options.size
        _write(options.labels, as_json(Labels(
            options.scenario, options.seed, size.width_px, size.height_px, options.rate, scene.duration_s,
            scene.incidents, moments,
        )))  # fmt: skip
    if options.site:
        _write(options.site, as_toml(scene.site()))
    for incident in scene.incidents:
        print(f"{incident.kind} from {incident.start_s:.1f} s to {incident.end_s:.1f} s: {incident.reason}")
    if not scene.incidents:
        print("no incident")
    return 0


def _write_film(path: Path | None, scene: Scene, times_s: list[float], rate_hz: float) -> None:
    if path is None:
        return
    show = _progress("film", len(times_s))
    with closing(FilmWriter(path, rate_hz)) as film:
        for number, t_s in enumerate(times_s, start=1):
            film.add(Image.fromarray(scene.render(t_s)), t_s)
            show(number)


def _write(path: Path, data: bytes) -> None:
    try:
        path.write_bytes(data)
    except OSError as error:
        raise NodeError(f"{path}: cannot be written: {error.strerror}; name a file in a folder that exists") from error


def _stills(options: argparse.Namespace) -> int:
    wanted = StillOptions(options.count, options.first_seed, options.size, options.out)
    show = _progress("stills", options.count)
    for done in write_stills(wanted):
        show(done)
    print(f"{options.count} pictures and labels.json in {options.out}")
    return 0


def _progress(label: str, count: int) -> Callable[[int], None]:
    """A line that is redrawn on a terminal; silent elsewhere."""
    began_s = time.monotonic()

    def show(done: int) -> None:
        if sys.stderr.isatty():
            rate = done / max(time.monotonic() - began_s, 1e-3)
            line = f"{label} [{'#' * round(24 * done / count):<24}] {done}/{count}, {rate:.1f} a second"
            print(f"\r{line}\x1b[K", end="\n" if done == count else "", file=sys.stderr, flush=True)

    return show
