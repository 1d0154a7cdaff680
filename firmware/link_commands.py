"""The alarm centre's commands, carried out. Whatever comes, only the answer can be bad."""

import logging
from collections.abc import Callable
from datetime import datetime
from functools import singledispatchmethod

from firmware.core.alarm_life import LifeError, LifeEvent
from firmware.core.delivery import AlarmRef, Courier
from firmware.drivers.media_sqlite import MediaShelf
from firmware.drivers.outbox_rows import Told
from firmware.drivers.outbox_sqlite import Outbox
from firmware.errors import NodeError, StoreError
from wire.errors import WireError
from wire.messages import Acknowledge, ClipReceived, ClipResend, Close, Command, Received, Response, decode

log = logging.getLogger("nattvakt.link")

MOST_UNFORGOTTEN = 1000


class Commands:
    """`now_utc` is asked for when a command is carried out."""

    def __init__(self, outbox: Outbox, shelf: MediaShelf, courier: Courier, now_utc: Callable[[], datetime]) -> None:
        self._outbox, self._shelf, self._courier, self._now_utc = outbox, shelf, courier, now_utc
        # Receipts that a full disk would not note. At most 1000, the oldest go first: such a phase would be sent once
        # more after a restart, and the centre knows it.
        self._unforgotten: dict[AlarmRef, None] = {}

    def carry_out(self, payload: bytes) -> Response:
        """Read a command and do what it says."""
        try:
            self._do(decode(payload, Command))  # type: ignore[arg-type]  # a union is a type to msgspec
        except (NodeError, WireError) as error:
            log.warning("a command was refused: %s", error)
            return Response(ok=False, error=str(error))
        return Response(ok=True)

    def retry(self) -> None:
        """Note receipts that could not be noted before. Raises StoreError where it still cannot be."""
        for ref in list(self._unforgotten):
            self._outbox.received(ref.alarm, ref.seq, self._now_utc())
            del self._unforgotten[ref]

    @singledispatchmethod
    def _do(self, command: object) -> None:
        raise AssertionError(f"no handler for {type(command).__name__}")

    @_do.register
    def _(self, command: Received) -> None:
        ref = AlarmRef(command.alarm, command.seq)
        self._courier.alarm_received(ref)
        try:
            self._outbox.received(command.alarm, command.seq, self._now_utc())
        except StoreError:
            self._unforgotten[ref] = None
            if len(self._unforgotten) > MOST_UNFORGOTTEN:
                del self._unforgotten[next(iter(self._unforgotten))]
            raise

    @_do.register
    def _(self, command: ClipReceived) -> None:
        self._shelf.clip_received(command.alarm)
        self._courier.media.stock(self._shelf.stills(), self._shelf.clips())

    @_do.register
    def _(self, command: ClipResend) -> None:
        self._courier.media.stock(self._shelf.stills(), self._shelf.clips())
        if not self._courier.media.resend(command.alarm, command.ranges):
            raise LifeError(f"no clip of alarm {command.alarm!r} here; clips are kept for an hour")

    @_do.register
    def _(self, command: Acknowledge) -> None:
        self._outbox.tell(command.alarm, Told(LifeEvent.ACKNOWLEDGE, self._now_utc(), command.operator))

    @_do.register
    def _(self, command: Close) -> None:
        told = Told(LifeEvent.CLOSE, self._now_utc(), command.operator, command.reason)
        self._outbox.tell(command.alarm, told)
