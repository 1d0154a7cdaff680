"""An alarm centre in a thread of this process: what it hears comes out of a queue, with the moment it came."""

import queue
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from alarmcentre.events import Event
from alarmcentre.subscriber import BrokerAddress, Subscriber
from alarmcentre.tls import CentreIdentity
from nattvakt.stand import Stand

MOST_EVENTS = 10_000  # far more than a demo or a bench run makes; a full queue is a bug here and raises


@dataclass(frozen=True, slots=True)
class Heard:
    """One event, and when it came on this machine's monotonic clock."""

    event: Event
    t_s: float


@contextmanager
def audience(stand: Stand, folder: Path) -> Iterator["queue.Queue[Heard]"]:
    """Listen at the stand's broker; stills and clips go to `folder`."""
    heard: queue.Queue[Heard] = queue.Queue(MOST_EVENTS)
    stop = threading.Event()
    who = CentreIdentity(stand.centre.ca, stand.centre.cert, stand.centre.key)
    subscriber = Subscriber(
        BrokerAddress("localhost", stand.broker.port),
        who,
        folder,
        lambda event: heard.put_nowait(Heard(event, time.monotonic())),
    )
    thread = threading.Thread(target=subscriber.run, args=(stop,), name="alarm-centre")
    thread.start()
    try:
        yield heard
    finally:
        stop.set()
        thread.join()
