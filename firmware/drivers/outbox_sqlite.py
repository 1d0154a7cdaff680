"""Alarms on disk until the alarm centre has them: written by `node`, emptied by `link`.

Bounded to 20,000 phases (about 10 MB). When full, the oldest `update` goes first, then the oldest `end`; a `new` is
never dropped: where nothing else is left, `put` refuses. What was dropped is counted.

A full or dead disk does not stop an alarm: 1 MiB is kept in reserve and given up then; where even that is gone, the
alarm waits in a spare file in RAM, which survives the end of a process but not a power cut. `link` reads both.
"""

import contextlib
import logging
import os
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TypeVar

import msgspec

from firmware.core.alarm_life import Life, LifeError, LifeEvent
from firmware.core.delivery import AlarmRef
from firmware.drivers import outbox_rows as rows
from firmware.drivers.sqlite_file import DiskFullError, SqliteFile
from firmware.errors import StoreError
from wire.messages import Alarm

log = logging.getLogger("nattvakt.store")

T = TypeVar("T")
LIMIT_PHASES = 20_000
RESERVE_BYTES = 1024 * 1024
KEEP_LIVES_S = 7 * 24 * 3600


class Outbox:
    """Both ends' view of it. `path` is on disk; `spare`, in RAM, may be left out.

    `max_pages` bounds the file on disk as a full disk would (4 KiB each).
    """

    def __init__(self, path: Path, spare: Path | None = None, *, limit: int = LIMIT_PHASES, max_pages: int = 0) -> None:
        self.storage_fault = ""
        """Why the newest phase could not be written to disk; empty while the disk works."""
        self._limit = limit
        self._reserve = path.with_suffix(".reserve")
        self._disk = SqliteFile(path, replace(rows.SHAPE, max_pages=max_pages))
        self._spare_path = spare
        self._spare: SqliteFile | None = None
        self._shown: dict[SqliteFile, tuple[int, int]] = {}
        self._keep_reserve()

    def put(self, alarm: Alarm) -> None:
        """Commit one phase; doing it twice changes nothing. Raises StoreError where neither disk nor spare takes it."""
        message = msgspec.json.encode(alarm)

        def insert(connection: sqlite3.Connection) -> None:
            rows.insert(connection, alarm, message, self._limit)

        try:
            self._on_disk(insert)
        except rows.OutboxFullError:
            raise
        except StoreError as fault:
            spare = self._spare_file(make=True)
            if spare is None:
                raise
            self._say_fault(str(fault))
            spare.run(insert)
        else:
            self._say_fault("")

    def fresh(self) -> tuple[AlarmRef, ...]:
        """Phases that this object has not shown yet, oldest first; again all of them once the file was replaced."""
        return tuple(ref for found in self._each(self._fresh_in) for ref in found)

    def load(self, ref: AlarmRef) -> Alarm | None:
        """The phase itself; None where it is gone, or unreadable: then it is deleted, and the log says so.

        Raises StoreError where the disk cannot be read and the spare does not have it.
        """
        spare = self._spare_file()
        for file in (self._disk,) if spare is None else (spare, self._disk):
            message = file.read(lambda connection: rows.message(connection, ref))
            if message is not None:
                try:
                    return msgspec.json.decode(message, type=Alarm)
                except (msgspec.MsgspecError, UnicodeDecodeError) as error:
                    log.error("alarm %s, phase %d cannot be read and is dropped: %s", ref.alarm, ref.seq, error)
                    file.run(lambda connection: rows.forget(connection, ref))
        return None

    def received(self, alarm: str, seq: int, at_utc: datetime) -> None:
        """The centre has this phase: it is deleted here, and the alarm's life goes on. Raises StoreError."""
        ref, told = AlarmRef(alarm, seq), rows.Told(LifeEvent.RECEIPT, at_utc)
        self._each(lambda file: self._write(file, lambda connection: rows.receive(connection, ref, told)))

    def tell(self, alarm: str, told: rows.Told) -> Life:
        """An operator acknowledges or closes. Raises LifeError where that cannot be, StoreError."""
        lives = self._each(lambda file: self._write(file, lambda connection: rows.advance(connection, alarm, told)))
        life = next((life for life in lives if life is not None), None)
        if life is None:
            raise LifeError(f"no alarm {alarm!r} here; alarms are remembered for 7 days")
        return life

    def life(self, alarm: str) -> Life | None:
        """How far the centre has come with an alarm. Raises StoreError."""
        lives = self._each(lambda file: file.read(lambda connection: rows.life(connection, alarm)))
        return next((life for life in lives if life is not None), None)

    def next_birth(self, at_least: int = 0) -> int:
        """The number of the connection that is about to be made; counts up for good. Raises StoreError."""
        return self._on_disk(lambda connection: rows.count(connection, "birth", 1, at_least))

    def tidy(self, now_utc: datetime) -> None:
        """Forget lives older than 7 days, bring alarms from the spare to a disk that works again. Raises StoreError."""
        before_s = now_utc.timestamp() - KEEP_LIVES_S
        self._on_disk(lambda connection: rows.forget_lives(connection, before_s))
        self._keep_reserve()
        spare = self._spare_file()
        if spare is not None:
            for message in spare.read(rows.all_messages):
                self._bring_home(spare, message)

    def waiting(self) -> int:
        """Phases that the centre does not have. Raises StoreError."""
        return sum(self._each(lambda file: file.read(rows.waiting)))

    def dropped(self) -> int:
        """Phases that went because the outbox was full, over its whole life. Raises StoreError."""
        return sum(self._each(lambda file: file.read(rows.dropped)))

    def close(self) -> None:
        """Let the files go; idempotent."""
        for file in (self._disk, self._spare):
            if file is not None:
                file.close()

    def _fresh_in(self, file: SqliteFile) -> list[AlarmRef]:
        generation, last = self._shown.get(file, (0, 0))
        found = file.read(lambda connection: rows.refs_after(connection, last))
        if file.generation != generation and last:
            last = 0
            found = file.read(lambda connection: rows.refs_after(connection, last))
        self._shown[file] = file.generation, found[-1].number if found else last
        return [one.ref for one in found]

    def _bring_home(self, spare: SqliteFile, message: bytes) -> None:
        alarm = msgspec.json.decode(message, type=Alarm)
        self._disk.run(lambda connection: rows.insert(connection, alarm, message, self._limit))
        spare.run(lambda connection: rows.forget(connection, AlarmRef(alarm.id, alarm.seq)))

    def _each(self, work: Callable[[SqliteFile], T]) -> list[T]:
        """Do it with the disk's file and the spare; a dead disk does not hide what is in the spare."""
        spare = self._spare_file()
        try:
            done = [work(self._disk)]
        except StoreError:
            if spare is None:
                raise
            done = []
        return done if spare is None else [*done, work(spare)]

    def _write(self, file: SqliteFile, work: Callable[[sqlite3.Connection], T]) -> T:
        return self._on_disk(work) if file is self._disk else file.run(work)

    def _on_disk(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Making room where the disk is full: first the log's, then the reserve."""
        for make_room in (self._disk.shrink, self._give_up_reserve):
            try:
                return self._disk.run(work)
            except DiskFullError:
                with contextlib.suppress(StoreError):  # the next try tells
                    make_room()
        return self._disk.run(work)

    def _give_up_reserve(self) -> None:
        with contextlib.suppress(FileNotFoundError):
            self._reserve.unlink()
            log.error("%s: the disk is full; %d bytes of reserve are given up", self._reserve, RESERVE_BYTES)

    def _spare_file(self, *, make: bool = False) -> SqliteFile | None:
        if self._spare is None and self._spare_path is not None and (make or self._spare_path.exists()):
            self._spare = SqliteFile(self._spare_path, replace(rows.SHAPE, what="alarms, in RAM", synchronous="OFF"))
        return self._spare

    def _keep_reserve(self) -> None:
        if self._reserve.exists():
            return
        with contextlib.suppress(OSError):  # no room, no reserve; tried again every hour
            handle = os.open(self._reserve, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o660)
            try:
                os.posix_fallocate(handle, 0, RESERVE_BYTES)
            except OSError:
                self._reserve.unlink()
                raise
            finally:
                os.close(handle)

    def _say_fault(self, text: str) -> None:
        if text and not self.storage_fault:
            log.error("an alarm waits in RAM: %s", text)
        elif self.storage_fault and not text:
            log.warning("the disk takes alarms again")
        self.storage_fault = text
