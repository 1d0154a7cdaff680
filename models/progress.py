"""A progress line for long jobs: drawn on a terminal, a line a minute elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from typing import TextIO, TypeVar

Item = TypeVar("Item")


class ProgressLine:
    """Rewrites one line on a terminal; in a log file it adds a line at most every `log_every_s`."""

    def __init__(self, label: str, *, log_every_s: float = 60.0, stream: TextIO | None = None) -> None:
        self._label = label
        self._stream = sys.stderr if stream is None else stream
        self._every_s = 0.2 if self._stream.isatty() else log_every_s
        self._last_s = -1e9

    def show(self, share: float, text: str, *, force: bool = False) -> None:
        """Draw `share` (0..1) and a text."""
        now_s = time.monotonic()
        if not force and now_s - self._last_s < self._every_s:
            return
        self._last_s = now_s
        bar = "#" * round(20 * share)
        start, end = ("\r", "\x1b[K") if self._stream.isatty() else ("", "\n")
        self._stream.write(f"{start}{self._label} [{bar:<20}] {100 * share:3.0f} % {text}{end}")
        self._stream.flush()

    def close(self) -> None:
        """Leave the line standing."""
        if self._stream.isatty():
            self._stream.write("\n")


def progress(items: Sequence[Item], label: str) -> Iterator[Item]:
    """Iterate over `items` and show how far it is."""
    line = ProgressLine(label)
    for index, item in enumerate(items):
        line.show(index / max(len(items), 1), f"{index}/{len(items)}")
        yield item
    line.show(1.0, f"{len(items)}/{len(items)}", force=True)
    line.close()
