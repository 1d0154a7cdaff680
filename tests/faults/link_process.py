"""A real link, and a node's writing end, as processes that a test can kill at any moment.

`python -m tests.faults.link_process` is a nursery: it has everything imported and forks a process for each order, so
that a start costs some 20 ms, and a thousand kills are affordable.
"""

import logging
import os
import pickle
import queue
import random
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path

from firmware.config import BrokerConfig
from firmware.core.backoff import Backoff
from firmware.core.delivery import Pace
from firmware.drivers import certificates
from firmware.drivers.broker_paho import Address, Broker, Event
from firmware.drivers.clock_system import SystemClock
from firmware.drivers.media_sqlite import MediaShelf
from firmware.drivers.node_socket import NodeWatch
from firmware.drivers.outbox_sqlite import Outbox
from firmware.link import INBOX, Parts, run
from firmware.local import Say
from wire.messages import Alarm
from wire.topics import NodeTopics

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Stores:
    """Where node and link meet. `spare`, `media` and `socket` lie in RAM."""

    outbox: Path
    spare: Path
    media: Path
    socket: Path


@dataclass(frozen=True)
class LinkOrder:
    """Be a link until SIGTERM."""

    folder: Path
    stores: Stores
    broker: BrokerConfig
    topics: NodeTopics
    pace: Pace
    will_delay_s: int

    def carry_out(self) -> None:
        log = os.open(self.folder / "link.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.dup2(log, 2)
        logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
        stop = threading.Event()
        signal.signal(signal.SIGTERM, lambda *_: stop.set())
        with ExitStack() as stack:
            run(self._open(stack), stop)

    def _open(self, stack: ExitStack) -> Parts:
        stores, broker = self.stores, self.broker
        inbox: queue.Queue[Event | Say | None] = queue.Queue(INBOX)
        identity = certificates.Identity(Path(broker.ca), Path(broker.cert), Path(broker.key))
        address = Address(broker.host, broker.port, identity, self.topics.node, self.will_delay_s)
        outbox = stack.enter_context(closing(Outbox(stores.outbox, stores.spare)))
        shelf = stack.enter_context(closing(MediaShelf(stores.media)))
        stack.enter_context(closing(NodeWatch(stores.socket, inbox.put_nowait)))
        speaker = Broker(address, inbox.put_nowait)
        clock, backoff = SystemClock("host"), Backoff(random.random, first_s=0.1)
        return Parts(self.topics, clock, outbox, shelf, speaker, inbox, NoWatchdog(), backoff, self.pace)


@dataclass(frozen=True)
class WriteOrder:
    """Put alarms one after the other, and note in a file, a line each, those that `put` has taken."""

    stores: Stores
    alarms: tuple[Alarm, ...]
    noted: Path

    def carry_out(self) -> None:
        outbox = Outbox(self.stores.outbox, self.stores.spare)
        with self.noted.open("a") as notes:
            for alarm in self.alarms:
                outbox.put(alarm)
                print(f"{alarm.id} {alarm.seq}", file=notes, flush=True)


@dataclass(frozen=True)
class WaitOrder:
    """Give the exit status of a process that has ended or is about to."""

    pid: int


Order = LinkOrder | WriteOrder


class NoWatchdog:
    def alive(self) -> None:
        """Nobody watches."""


@dataclass
class Child:
    """A process of the nursery."""

    pid: int
    ask: Callable[[WaitOrder], int]
    status: int | None = None

    def kill(self) -> None:
        """kill -9."""
        self._end(signal.SIGKILL)

    def terminate(self) -> int | None:
        """SIGTERM, and wait; gives the exit status."""
        return self._end(signal.SIGTERM)

    def _end(self, how: signal.Signals) -> int | None:
        if self.status is None:
            os.kill(self.pid, how)
            self.status = self.ask(WaitOrder(self.pid))
        return self.status


class Nursery:
    """The test's end."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", __name__]
        self._process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def start(self, order: Order) -> Child:
        return Child(self._ask(order), self._ask)

    def close(self) -> None:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(10.0)
        self._process.stdout.close()

    def _ask(self, order: Order | WaitOrder) -> int:
        assert self._process.stdin is not None and self._process.stdout is not None
        pickle.dump(order, self._process.stdin)
        self._process.stdin.flush()
        return int(self._process.stdout.readline())


def serve() -> None:
    """The nursery itself: one thread, so that forking is safe."""
    with os.fdopen(0, "rb") as orders, os.fdopen(1, "w") as answers:
        while True:
            try:
                order = pickle.load(orders)
            except EOFError:
                return
            if isinstance(order, WaitOrder):
                answer = os.waitstatus_to_exitcode(os.waitpid(order.pid, 0)[1])
            else:
                answer = os.fork()
                if answer == 0:
                    os.close(0)
                    os.close(1)
                    order.carry_out()
                    os._exit(0)
            answers.write(f"{answer}\n")
            answers.flush()


if __name__ == "__main__":
    # Pickled orders name this module as the tests import it.
    from tests.faults import link_process

    link_process.serve()
