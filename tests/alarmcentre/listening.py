"""A subscriber at work in a thread of its own, and what it has told."""

import threading
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import TypeVar

from alarmcentre.clock import CentreClock
from alarmcentre.events import BrokerBack, Event
from alarmcentre.subscriber import BrokerAddress, Subscriber
from alarmcentre.tls import CentreIdentity
from provisioning.authority import Identity
from provisioning.broker import Broker

E = TypeVar("E")
DEADLINE_S = 20.0


class Listening:
    """Works inside `with`, and is connected there."""

    def __init__(
        self,
        broker: Broker,
        identity: Identity,
        folder: Path,
        *,
        clock: CentreClock | None = None,
        connect: bool = True,
    ) -> None:
        self.events: list[Event] = []
        self.error: Exception | None = None
        self._changed = threading.Condition()
        self._stop = threading.Event()
        self._connect = connect
        self.subscriber = Subscriber(
            BrokerAddress(broker.host, broker.port),
            CentreIdentity(identity.ca, identity.cert, identity.key),
            folder,
            self._heard,
            clock=clock,
        )
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> "Listening":
        self._thread.start()
        if self._connect:
            self.wait_for(BrokerBack)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join(DEADLINE_S)
        assert not self._thread.is_alive()
        if kind is None and self.error is not None:
            raise self.error

    def of(self, kind: type[E]) -> list[E]:
        """Events of one kind."""
        with self._changed:
            return [event for event in self.events if isinstance(event, kind)]

    def wait_for(self, kind: type[E], count: int = 1, such: Callable[[E], bool] = lambda _: True) -> list[E]:
        """Wait until so many events of one kind have been told."""

        def found() -> list[E]:
            return [event for event in self.events if isinstance(event, kind) and such(event)]

        with self._changed:
            ready = self._changed.wait_for(lambda: len(found()) >= count or self.error is not None, DEADLINE_S)
            if self.error is not None:
                raise self.error
            assert ready, f"waited {DEADLINE_S} s in vain for {count} x {kind.__name__}; told: {self.events[-20:]}"
            return found()

    def _run(self) -> None:
        try:
            self.subscriber.run(self._stop)
        except Exception as error:  # noqa: BLE001 - handed to the test
            self.error = error
        with self._changed:
            self._changed.notify_all()

    def _heard(self, event: Event) -> None:
        with self._changed:
            self.events.append(event)
            self._changed.notify_all()
