"""The loop that speaks, without a broker: what it does with its stores as time goes by."""

import queue
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from firmware.core.backoff import Backoff
from firmware.drivers.broker_paho import Address, Broker, Event
from firmware.drivers.certificates import Identity
from firmware.drivers.clock_fake import FakeClock
from firmware.drivers.media_sqlite import KEEP_S, MediaShelf, MediaStore
from firmware.drivers.outbox_sqlite import Outbox
from firmware.drivers.watchdog_systemd import SystemdWatchdog
from firmware.link import Link, Parts
from firmware.link_state import truth
from firmware.local import Report, Say
from wire.messages import ClipHead
from wire.topics import NodeTopics

EVENING_UTC = datetime(2026, 11, 24, 19, 0, tzinfo=UTC)
HEAD = ClipHead(codec="avc1.64001f", width_px=1280, height_px=720, start_utc=EVENING_UTC, trigger_s=10.0)


class Stage:
    """A link that nobody lets in, and the node's end of the media store, on one clock."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.clock = FakeClock(EVENING_UTC)
        media = folder / "media.sqlite"
        self.store = stack.enter_context(closing(MediaStore(media, now_s=self.clock.monotonic_s)))
        self.shelf = stack.enter_context(closing(MediaShelf(media, self.clock.monotonic_s)))
        outbox = stack.enter_context(closing(Outbox(folder / "outbox.sqlite")))
        inbox: queue.Queue[Event | Say | None] = queue.Queue(10)
        nobody = Address("localhost", 1, Identity(folder / "ca", folder / "cert", folder / "key"), "n")
        broker, watchdog = Broker(nobody, inbox.put_nowait), SystemdWatchdog(self.clock, {})
        topics, backoff = NodeTopics("lot", "n"), Backoff(lambda: 0.0)
        self.link = Link(Parts(topics, self.clock, outbox, self.shelf, broker, inbox, watchdog, backoff))


@pytest.fixture
def stage() -> Iterator[Stage]:
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder, ExitStack() as stack:
        yield Stage(Path(folder), stack)


def test_a_clip_that_nobody_fetches_is_gone_after_an_hour_and_not_after_two(stage: Stage) -> None:
    stage.link.look()
    stage.clock.advance(KEEP_S / 2)
    stage.store.begin_clip("a", HEAD)
    stage.store.append_clip("a", b"film")
    stage.store.end_clip("a")
    stage.clock.advance(KEEP_S - 1)
    stage.link.look()
    assert stage.shelf.clips() != ()
    for _ in range(2):
        stage.clock.advance(60)
        stage.link.look()
    assert stage.shelf.clips() == ()


def test_times_in_the_state_are_told_in_milliseconds() -> None:
    since_utc = EVENING_UTC.replace(microsecond=123_456)
    state = truth(Report(state="watching", since_utc=since_utc), 1, (), None)
    assert state.since_utc == EVENING_UTC.replace(microsecond=123_000)
