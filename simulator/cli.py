"""`nattvakt simulate`: list the scenarios, play one into a film with labels, or make training pictures."""

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path

from firmware.messages import Size
from simulator.stills import StillOptions, write_stills
from simulator.stories import SCENARIOS

_LEAST_PX, _MOST_PX = 160, 3840


def main(argv: list[str]) -> int:
    """Run one command; exit status 2 for a wrong command, 1 (by NodeError) for a fault of the world."""
    parser = _parser()
    options = parser.parse_args(argv)
    if options.command == "list":
        return _list()
    if options.command == "stills":
        return _stills(options)
    parser.print_usage(sys.stderr)
    return 2


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
    parser = argparse.ArgumentParser("nattvakt simulate", description="Nights that never happened, with ground truth.")
    commands = parser.add_subparsers(dest="command", metavar="list | stills")
    commands.add_parser("list", help="what can be played")
    stills = commands.add_parser("stills", help="random pictures with boxes (COCO), to train on")
    stills.add_argument("--count", type=_positive, required=True)
    stills.add_argument("--first-seed", type=_positive, default=1000, help="below 1000: kept for the demo and tests")
    stills.add_argument("--size", type=size_of, default=Size(896, 504))
    stills.add_argument("--out", type=Path, required=True, metavar="DIR")
    return parser


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number above 0")
    return int(text)


def _list() -> int:
    for name, (_, says) in SCENARIOS.items():
        print(f"{name:<14} {says}")
    return 0


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
            bar = "#" * round(24 * done / count)
            end = "\n" if done == count else ""
            print(f"\r{label} [{bar:<24}] {done}/{count}, {rate:.1f} a second\x1b[K", end=end, file=sys.stderr, flush=True)

    return show
