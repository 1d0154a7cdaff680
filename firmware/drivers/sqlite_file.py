"""One SQLite file that two processes use at once, and that is never in the way: a broken one is replaced on the spot.

A broken file stays where it is, to be looked at; the work goes on in a new one of the next number (`outbox.sqlite`,
`outbox.1.sqlite`, ...) with all rows that could be read. It is not renamed: SQLite deletes a `-wal` by its name when it
closes a file, and would delete that of the new one. Who works holds a shared lock on the folder, who replaces a file
holds it alone, so nobody writes into a file that is being replaced.
"""

import contextlib
import fcntl
import logging
import os
import sqlite3
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeVar

from firmware.errors import StoreError

log = logging.getLogger("nattvakt.store")

T = TypeVar("T")
Salvage = Callable[[sqlite3.Connection, sqlite3.Connection], int]
BUSY_S = 5.0
LOG_PAGES = 256  # the write-ahead log stays at about 1 MiB
KEEP_BROKEN = 3
_BROKEN = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_FULL = frozenset({sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_SHMSIZE})
_LEAST_FREE_BYTES = 128 * 1024


class DiskFullError(StoreError):
    """There is no room for what should be written."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What kind of file it is.

    `schema` makes tables and indices where there are none. `salvage(broken, fresh)` copies what can be read and returns
    the number of rows; None: a broken file is of no use to anybody and is deleted.
    """

    what: str
    version: int
    schema: str
    synchronous: Literal["FULL", "OFF"]
    salvage: Salvage | None = None
    max_pages: int = 0
    """How many pages of 4 KiB the file may have, as if the disk were full then; 0: no limit."""
    secret: bool = False
    """Deleted rows are overwritten at once, and nothing is ever spilt into temporary files elsewhere."""


class SqliteFile:
    """Runs pieces of work as transactions. Opens the file when first needed, and the next one once it was replaced."""

    def __init__(self, path: Path, shape: Shape) -> None:
        self.generation = 0
        """Counts openings: row numbers remembered from before are void."""
        self._base = path
        self._shape = shape
        self._connection: sqlite3.Connection | None = None
        self._mutex = threading.Lock()
        try:
            self._folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError as error:
            raise StoreError(f"{path.parent}: {error.strerror}; it must be a folder that this user can use") from error
        self._number = self._newest()

    @property
    def path(self) -> Path:
        """The file in use."""
        return self._name(self._number)

    def run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Do `work` in one transaction; in a new file, once more, where the old one turns out to be broken.

        Raises DiskFullError, or StoreError for whatever else is wrong with the file.
        """
        return self._run(work, "BEGIN IMMEDIATE")

    def read(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """As `run`, for work that changes nothing: it does not wait for the other process's writing."""
        return self._run(work, "BEGIN")

    def shrink(self) -> None:
        """Bring what is in the write-ahead log into the file, so that the log takes no more room. Raises StoreError."""
        with self._mutex:
            try:
                with self._held(fcntl.LOCK_SH):
                    (self._connection or self._connect()).execute("PRAGMA wal_checkpoint(TRUNCATE)")
            except (sqlite3.Error, OSError) as error:
                raise self._explained(error) from error

    def close(self) -> None:
        """Let the file go; idempotent. `run` would open it again."""
        with self._mutex:
            self._disconnect()

    def _run(self, work: Callable[[sqlite3.Connection], T], begin: str) -> T:
        with self._mutex:
            try:
                try:
                    return self._attempt(work, begin)
                except sqlite3.Error as error:
                    if _code(error) not in _BROKEN:
                        raise
                    self._replace(error)
                return self._attempt(work, begin)
            except (sqlite3.Error, OSError) as error:
                raise self._explained(error) from error

    def _attempt(self, work: Callable[[sqlite3.Connection], T], begin: str) -> T:
        with self._held(fcntl.LOCK_SH):
            if self._name(self._number + 1).exists():
                self._disconnect()
                self._number = self._newest()
            connection = self._connection or self._connect()
            connection.execute(begin)
            try:
                result = work(connection)
                connection.execute("COMMIT")
            except BaseException:
                _roll_back(connection)
                raise
            return result

    def _connect(self) -> sqlite3.Connection:
        # For user and group (umask willing); -wal and -shm get the file's mode. Never opened where it exists: to close
        # it would drop the locks that another connection of this process holds on it (POSIX).
        with contextlib.suppress(FileExistsError):
            os.close(os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o660))
        connection = _open(self.path)
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute(f"PRAGMA synchronous = {self._shape.synchronous}")
            connection.execute(f"PRAGMA wal_autocheckpoint = {LOG_PAGES}")
            if self._shape.secret:
                connection.execute("PRAGMA secure_delete = ON")
                connection.execute("PRAGMA temp_store = MEMORY")
            if self._shape.max_pages:
                connection.execute(f"PRAGMA max_page_count = {self._shape.max_pages}")
            self._check(connection)
        except BaseException:
            connection.close()
            raise
        self._connection = connection
        self.generation += 1
        return connection

    def _check(self, connection: sqlite3.Connection) -> None:
        (says,) = connection.execute("PRAGMA quick_check(1)").fetchone()
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if says != "ok":
            raise _BrokenError(says)
        if version not in (0, self._shape.version):
            raise _BrokenError(f"version {version} of its tables, must be {self._shape.version}")
        if version == 0:
            self._make_tables(connection)

    def _make_tables(self, connection: sqlite3.Connection) -> None:
        version = self._shape.version
        connection.executescript(f"BEGIN IMMEDIATE; {self._shape.schema} PRAGMA user_version = {version}; COMMIT;")

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _replace(self, error: sqlite3.Error) -> None:
        """Begin the next file with what can be read of the broken one, unless somebody else has just done so."""
        broken = self.path
        self._disconnect()
        with self._held(fcntl.LOCK_EX):
            if self._newest() > self._number:
                return
            fresh = self._name(self._number + 1)
            made = fresh.with_name(fresh.name + ".new")
            _delete(made)
            os.close(os.open(made, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o660))
            with contextlib.closing(_open(made)) as connection:
                self._make_tables(connection)
                rows = self._salvage(broken, connection)
            os.replace(made, fresh)
            os.fsync(self._folder)
            for number in range(self._number + 1 - (KEEP_BROKEN if self._shape.salvage else 0)):
                _delete(self._name(number))
        log.error(
            "%s (%s) is broken: %s; going on in %s with %d rows that could be read",
            broken, self._shape.what, error, fresh, rows,
        )  # fmt: skip

    def _salvage(self, broken: Path, fresh: sqlite3.Connection) -> int:
        if self._shape.salvage is None:
            return 0
        try:
            with contextlib.closing(_open(broken)) as old:
                # Makes SQLite read a file that is shorter than its header says.
                old.execute("PRAGMA writable_schema = ON")
                fresh.execute("BEGIN IMMEDIATE")
                rows = self._shape.salvage(old, fresh)
                fresh.execute("COMMIT")
                return rows
        except sqlite3.Error as error:
            _roll_back(fresh)
            if _code(error) not in _BROKEN:
                raise
            return 0

    def _name(self, number: int) -> Path:
        return self._base.with_suffix(f".{number}{self._base.suffix}") if number else self._base

    def _newest(self) -> int:
        numbers = [
            path.name.split(".")[-2] for path in self._base.parent.glob(f"{self._base.stem}.*{self._base.suffix}")
        ]
        return max((int(number) for number in numbers if number.isdecimal()), default=0)

    @contextlib.contextmanager
    def _held(self, how: int) -> Iterator[None]:
        fcntl.flock(self._folder, how)
        try:
            yield
        finally:
            fcntl.flock(self._folder, fcntl.LOCK_UN)

    def _explained(self, error: Exception) -> StoreError:
        text = f"{self.path} ({self._shape.what}): {error}"
        stat = os.fstatvfs(self._folder)
        free_bytes = stat.f_bavail * stat.f_frsize
        # Without room, SQLite says anything from "disk is full" to "cannot open": ask the disk itself.
        if _code(error) in _FULL or free_bytes < _LEAST_FREE_BYTES:
            return DiskFullError(f"{text}; {free_bytes} bytes are free on its disk")
        return StoreError(text)


class _BrokenError(sqlite3.DatabaseError):
    sqlite_errorcode = sqlite3.SQLITE_CORRUPT


def readable_rows(connection: sqlite3.Connection, table: str, columns: str) -> list[tuple[object, ...]]:
    """All rows of a perhaps broken table that can be reached from its beginning or from its end, in order."""
    rows: dict[int, tuple[object, ...]] = {}
    for order in ("ASC", "DESC"):
        with contextlib.suppress(sqlite3.Error):
            for row in connection.execute(f"SELECT rowid, {columns} FROM {table} ORDER BY rowid {order}"):
                if row[0] in rows:
                    break
                rows[row[0]] = tuple(row[1:])
    return [rows[number] for number in sorted(rows)]


def _open(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=BUSY_S, isolation_level=None, check_same_thread=False)
    connection.text_factory = lambda raw: raw.decode(
        "utf-8", "replace"
    )  # a flipped bit in a name must not stop the rest
    return connection


def _roll_back(connection: sqlite3.Connection) -> None:
    if connection.in_transaction:
        with contextlib.suppress(sqlite3.Error):  # the error that led here tells more
            connection.execute("ROLLBACK")


def _code(error: Exception) -> int | None:
    code: int | None = getattr(error, "sqlite_errorcode", None)
    return code if code is None or code in _FULL else code & 0xFF


def _delete(path: Path) -> None:
    for suffix in ("", "-wal", "-shm", "-journal"):
        with contextlib.suppress(FileNotFoundError):
            os.unlink(f"{path}{suffix}")
