"""What the centre has safe: a small SQLite log in the output folder. It makes receipts true and tells repeats.

WAL with synchronous=FULL: what `record` has returned is on the disk. One process at a time, by a lock.
"""

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from alarmcentre.errors import CentreError, JournalError
from alarmcentre.events import AlarmSeen
from wire.messages import Alarm, decode, encode
from wire.topics import NodeTopics

NAME = "centre.sqlite"
VERSION = 1

_SCHEMA = """
CREATE TABLE alarms (
    site TEXT NOT NULL, node TEXT NOT NULL, id TEXT NOT NULL, seq INTEGER NOT NULL,
    payload BLOB NOT NULL, received_utc TEXT NOT NULL, told INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (site, node, id, seq)
) WITHOUT ROWID;
CREATE INDEX untold ON alarms (received_utc) WHERE told = 0;
CREATE TABLE media (
    site TEXT NOT NULL, node TEXT NOT NULL, alarm TEXT NOT NULL, what TEXT NOT NULL, sha256 TEXT NOT NULL,
    file TEXT NOT NULL, saved_utc TEXT NOT NULL,
    PRIMARY KEY (site, node, alarm, what, sha256)
) WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True)
class Saved:
    """A still or a clip that lies in the output folder under the name `file`."""

    topics: NodeTopics
    alarm: str
    what: str
    sha256: str
    file: str


class Journal:
    """Raises CentreError where the folder cannot be used, JournalError where the log cannot be read or written."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / NAME
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._lock = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise CentreError(f"{folder}: {error.strerror}; give a folder that can be written with --out") from error
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._lock)
            raise CentreError(f"{folder} is in use by another alarm centre; give another folder with --out") from error
        try:
            self._database = self._open()
        except JournalError:
            os.close(self._lock)
            raise

    def close(self) -> None:
        """Idempotent."""
        self._database.close()
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    def record(self, seen: AlarmSeen) -> bool:
        """Make one phase of an alarm safe; False where it was already."""
        alarm, topics = seen.alarm, seen.topics
        row = (topics.site, topics.node, alarm.id, alarm.seq, encode(alarm), seen.received_utc.isoformat())
        with _explained(self.path):
            made = self._database.execute(
                "INSERT OR IGNORE INTO alarms (site, node, id, seq, payload, received_utc) VALUES (?, ?, ?, ?, ?, ?)",
                row,
            )
            return made.rowcount == 1

    def told(self, seen: AlarmSeen) -> None:
        """The application has been told of this phase: it is not told again after a restart."""
        key = (seen.topics.site, seen.topics.node, seen.alarm.id, seen.alarm.seq)
        with _explained(self.path):
            self._database.execute("UPDATE alarms SET told = 1 WHERE site = ? AND node = ? AND id = ? AND seq = ?", key)

    def untold(self) -> tuple[AlarmSeen, ...]:
        """What became safe just before the process died, so that nobody has been told of it; oldest first."""
        with _explained(self.path):
            rows = self._database.execute(
                "SELECT site, node, payload, received_utc FROM alarms WHERE told = 0 ORDER BY received_utc, id, seq"
            ).fetchall()
        return tuple(
            AlarmSeen(NodeTopics(site, node), decode(payload, Alarm), datetime.fromisoformat(received_utc))
            for site, node, payload, received_utc in rows
        )

    def first_phase(self, topics: NodeTopics, alarm: str) -> Alarm | None:
        """The earliest phase of an alarm that is safe."""
        with _explained(self.path):
            row = self._database.execute(
                "SELECT payload FROM alarms WHERE site = ? AND node = ? AND id = ? ORDER BY seq LIMIT 1",
                (topics.site, topics.node, alarm),
            ).fetchone()
        return decode(row[0], Alarm) if row else None

    def save(self, saved: Saved, saved_utc: datetime) -> None:
        """A still or a clip is on the disk."""
        topics = saved.topics
        row = (topics.site, topics.node, saved.alarm, saved.what, saved.sha256, saved.file, saved_utc.isoformat())
        with _explained(self.path):
            self._database.execute("INSERT OR IGNORE INTO media VALUES (?, ?, ?, ?, ?, ?, ?)", row)

    def saved(self, topics: NodeTopics, alarm: str, what: str) -> tuple[Saved, ...]:
        """Stills or clips of an alarm that are on the disk."""
        with _explained(self.path):
            rows = self._database.execute(
                "SELECT sha256, file FROM media WHERE site = ? AND node = ? AND alarm = ? AND what = ?",
                (topics.site, topics.node, alarm, what),
            ).fetchall()
        return tuple(Saved(topics, alarm, what, sha256, file) for sha256, file in rows)

    def _open(self) -> sqlite3.Connection:
        with _explained(self.path):
            database = sqlite3.connect(self.path, isolation_level=None, timeout=5.0, check_same_thread=False)
        try:
            self._prepare(database)
        except JournalError:
            database.close()
            raise
        return database

    def _prepare(self, database: sqlite3.Connection) -> None:
        with _explained(self.path):
            database.execute("PRAGMA journal_mode = WAL")
            database.execute("PRAGMA synchronous = FULL")
            version = database.execute("PRAGMA user_version").fetchone()[0]
            if version == 0:
                database.executescript(f"BEGIN; {_SCHEMA} PRAGMA user_version = {VERSION}; COMMIT;")
        if version not in (0, VERSION):
            raise JournalError(f"{self.path} is of version {version}; this program writes version {VERSION}")
        with suppress(OSError):
            self.path.chmod(0o600)


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise JournalError(f"the centre's log {path}: {error}") from error
