"""What `node` and `link` have in common as commands: options, logging, an orderly end."""

import argparse
import logging
import signal
import threading
from pathlib import Path


def parse(argv: list[str], verb: str, about: str | None) -> argparse.Namespace:
    """The options of a process on the pole."""
    options = argparse.ArgumentParser(prog=f"nattvakt {verb}", description=about)
    options.add_argument("--config", type=Path, default=Path("/etc/nattvakt/node.toml"), help="default: %(default)s")
    options.add_argument("--check", action="store_true", help="tell whether everything is in order, and end")
    return options.parse_args(argv)


def stop_on_signals() -> threading.Event:
    """An event that SIGTERM (systemd) and SIGINT (Ctrl-C) set."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    return stop


def log_to_journal() -> None:
    """One line per event on standard error; systemd adds the time."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
