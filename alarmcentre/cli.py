"""`nattvakt alarms`: prints alarms as they come, saves stills and clips, says when a node goes quiet."""

import argparse
import os
import signal
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from alarmcentre.clock import CentreClock, SystemClock
from alarmcentre.errors import CentreError
from alarmcentre.events import AlarmSeen, ClipComplete, ClipGivenUp, Event
from alarmcentre.lines import human, machine
from alarmcentre.subscriber import BrokerAddress, Subscriber
from alarmcentre.tls import CentreIdentity
from wire.topics import NodeTopics


def main(argv: Sequence[str]) -> int:
    """Run until Ctrl-C (0), or until `--count` alarms have come. Raises CentreError for what cannot work."""
    wanted = _parser().parse_args(argv)
    stop = threading.Event()
    screen = Screen(stop, wanted.json, _goal(wanted), SystemClock())
    subscriber = Subscriber(
        BrokerAddress(wanted.host, wanted.port),
        CentreIdentity(wanted.ca, wanted.cert, wanted.key),
        wanted.out,
        screen.show,
    )
    before = {number: signal.signal(number, _stopper(stop)) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        subscriber.run(stop)
    except BrokenPipeError:
        # Whoever read our lines has gone (`| head`): nothing is lost, all that was told is on disk.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return 0


@dataclass(frozen=True, slots=True)
class Goal:
    """When to end by itself: after so many alarms (0: never), and, where asked, their clips."""

    alarms: int = 0
    clips: bool = False


@dataclass(slots=True)
class Screen:
    """Prints events and watches for the goal."""

    stop: threading.Event
    json: bool
    goal: Goal
    clock: CentreClock
    alarms: set[tuple[NodeTopics, str]] = field(default_factory=set)
    clips: set[tuple[NodeTopics, str]] = field(default_factory=set)

    def show(self, event: Event) -> None:
        """One event."""
        line = (machine if self.json else human)(event, self.clock.now().t_utc)
        if line is not None:
            print(line, flush=True)
        if isinstance(event, AlarmSeen):
            self.alarms.add((event.topics, event.alarm.id))
        elif isinstance(event, (ClipComplete, ClipGivenUp)):
            self.clips.add((event.topics, event.alarm))
        if self.goal.alarms and self._reached():
            self.stop.set()

    def _reached(self) -> bool:
        done = self.alarms & self.clips if self.goal.clips else self.alarms
        return len(done) >= self.goal.alarms


def _goal(wanted: argparse.Namespace) -> Goal:
    return Goal(wanted.count or (1 if wanted.until_clip else 0), wanted.until_clip)


def _stopper(stop: threading.Event) -> "signal._HANDLER":
    def handle(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    return handle


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="nattvakt alarms",
        description="Print alarms as they come; save each alarm's still and clip; say when a node goes quiet.",
        epilog="Certificates come from: nattvakt provision centre. Ctrl-C ends it; later alarms wait at the broker.",
    )
    parser.add_argument("--host", required=True, help="the broker's name, as it stands in its certificate")
    parser.add_argument("--port", type=_port, default=8883, help="default 8883")
    parser.add_argument("--ca", type=Path, required=True, metavar="FILE", help="the authority's certificate")
    parser.add_argument("--cert", type=Path, required=True, metavar="FILE", help="this centre's certificate")
    parser.add_argument("--key", type=Path, required=True, metavar="FILE", help="its private key")
    parser.add_argument(
        "--out", type=Path, default=Path("alarms"), metavar="DIR", help="folder for files (default: alarms)"
    )
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    parser.add_argument("--count", type=_count, metavar="N", help="end after N alarms")
    parser.add_argument("--until-clip", action="store_true", help="end only when their clips are there as well")
    return parser


def _port(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text[:6]) <= 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port; give a number from 1 to 65535")
    return int(text)


def _count(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text[:9]) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of alarms; give 1 or more")
    return int(text[:9])


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except CentreError as error:
        sys.exit(f"nattvakt alarms: {error}")
