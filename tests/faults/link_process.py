"""A real link, and a node's writing end, as processes that a test can kill at any moment.

Forked from a server that has everything imported: a start costs some 20 ms, and so a thousand kills are affordable.
"""

import logging
import multiprocessing
import os
import signal
import sys
import threading
from contextlib import ExitStack
from dataclasses import dataclass
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from firmware.config import BrokerConfig
from firmware.core.delivery import Pace
from firmware.drivers.clock_system import SystemClock
from firmware.drivers.outbox_sqlite import Outbox
from firmware.link import run
from firmware.link_parts import LinkSetup, Stores, open_link
from wire.messages import Alarm
from wire.topics import NodeTopics

CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload([__name__])


@dataclass(frozen=True)
class Orders:
    """What the process is told."""

    folder: Path
    ram: Path
    broker: BrokerConfig
    topics: NodeTopics
    pace: Pace
    will_delay_s: int


class NoWatchdog:
    def alive(self) -> None:
        """Nobody watches."""


def start_link(orders: Orders) -> ForkServerProcess:
    process = CONTEXT.Process(target=_link, args=(orders,), daemon=True)
    process.start()
    return process


def start_writer(orders: Orders, alarms: list[Alarm], noted: Path) -> ForkServerProcess:
    """Puts alarms one after the other, and notes in a file, a line each, those that `put` has taken."""
    process = CONTEXT.Process(target=_write, args=(orders, alarms, noted), daemon=True)
    process.start()
    return process


def stores_of(orders: Orders) -> Stores:
    ram = orders.ram
    return Stores(orders.folder / "outbox.sqlite", ram / "spare.sqlite", ram / "media.sqlite", ram / "node.sock")


def _link(orders: Orders) -> None:
    log = os.open(orders.folder / "link.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(log, sys.stderr.fileno())
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s", force=True)
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    setup = LinkSetup(orders.topics, orders.broker, stores_of(orders), orders.pace, orders.will_delay_s, 0.1)
    with ExitStack() as stack:
        clock = SystemClock("host", orders.folder / "clock-floor")
        run(open_link(setup, clock, NoWatchdog(), stack), stop)


def _write(orders: Orders, alarms: list[Alarm], noted: Path) -> None:
    stores = stores_of(orders)
    outbox = Outbox(stores.outbox, stores.spare)
    with noted.open("a") as notes:
        for alarm in alarms:
            outbox.put(alarm)
            print(f"{alarm.id} {alarm.seq}", file=notes, flush=True)
