"""Opens what `link` needs, and looks at the certificates first."""

import queue
import random
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path

from firmware.config import BrokerConfig
from firmware.core.backoff import Backoff
from firmware.core.delivery import Pace
from firmware.drivers import certificates
from firmware.drivers.broker_paho import WILL_DELAY_S, Address, Broker, Event
from firmware.drivers.media_sqlite import MediaShelf
from firmware.drivers.node_socket import NodeWatch
from firmware.drivers.outbox_sqlite import Outbox
from firmware.errors import LinkError
from firmware.link import INBOX, Parts
from firmware.local import Say
from firmware.ports import Clock, Watchdog
from wire.topics import NodeTopics


@dataclass(frozen=True, slots=True)
class Stores:
    """Where node and link meet. `spare`, `media` and `socket` lie in RAM."""

    outbox: Path
    spare: Path
    media: Path
    socket: Path


@dataclass(frozen=True, slots=True)
class LinkSetup:
    """What is to be opened; the seconds are for tests."""

    topics: NodeTopics
    broker: BrokerConfig
    stores: Stores
    pace: Pace = Pace()
    will_delay_s: int = WILL_DELAY_S
    first_retry_s: float = 1.0


def check(setup: LinkSetup, clock: Clock) -> None:
    """Look at the certificates. Raises LinkError naming the file and what would be right."""
    certificates.check(identity(setup.broker), setup.topics.node, clock.now_utc() if clock.trusted() else None)


def open_link(setup: LinkSetup, clock: Clock, watchdog: Watchdog, stack: ExitStack) -> Parts:
    """Every part of the loop; `stack` closes them. Raises LinkError, StoreError."""
    check(setup, clock)
    stores = setup.stores
    inbox: queue.Queue[Event | Say | None] = queue.Queue(INBOX)
    outbox = stack.enter_context(closing(Outbox(stores.outbox, stores.spare)))
    shelf = stack.enter_context(closing(MediaShelf(stores.media)))
    address = Address(
        setup.broker.host, setup.broker.port, identity(setup.broker), setup.topics.node, setup.will_delay_s
    )  # fmt: skip
    broker = Broker(address, inbox.put_nowait)
    stack.callback(broker.drop)
    stack.enter_context(closing(NodeWatch(stores.socket, inbox.put_nowait)))
    # Not for secrets: nodes of a fleet only have to differ.
    backoff = Backoff(random.random, first_s=setup.first_retry_s)
    return Parts(setup.topics, clock, outbox, shelf, broker, inbox, watchdog, backoff, setup.pace)


def identity(broker: BrokerConfig) -> certificates.Identity:
    """The node's TLS files. Raises LinkError where one is not named."""
    files = {"broker.ca": broker.ca, "broker.cert": broker.cert, "broker.key": broker.key}
    missing = [key for key, path in files.items() if not path]
    if missing:
        raise LinkError(
            f"node.toml does not name {', '.join(missing)}: link speaks only TLS with a certificate of its own"
        )
    return certificates.Identity(Path(broker.ca), Path(broker.cert), Path(broker.key))
