"""Stills and clips on their way to the alarm centre, in a SQLite file that must lie in RAM: written by `node`, read by
`link`, gone at a power cut, as it should be: no clear recording ever touches the disk.

Bounded in bytes (default 64 MiB). When full, the oldest finished clip goes first, then the oldest still, then the
oldest clip of all; a clip that alone is larger is cut off there. Kept until the centre's `clip-received`, or for an
hour. What was dropped is counted.
"""

import hashlib
import logging
import os
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

from firmware.core.media_delivery import ClipStock, StillStock
from firmware.drivers.sqlite_file import Shape, SqliteFile
from firmware.errors import StoreError
from wire.errors import WireError
from wire.messages import STILL_LIMIT_BYTES, ClipHead, ClipTail, decode, encode
from wire.topics import check_name

log = logging.getLogger("nattvakt.store")

LIMIT_BYTES = 64 * 1024 * 1024
KEEP_S = 3600.0
RAM_KINDS = frozenset({"tmpfs", "ramfs"})

_SCHEMA = """
    CREATE TABLE IF NOT EXISTS stills (
        number INTEGER PRIMARY KEY AUTOINCREMENT, alarm TEXT UNIQUE NOT NULL, jpeg BLOB NOT NULL, size INTEGER NOT NULL,
        put_s REAL NOT NULL);
    CREATE TABLE IF NOT EXISTS clips (
        number INTEGER PRIMARY KEY AUTOINCREMENT, alarm TEXT UNIQUE NOT NULL, head BLOB NOT NULL, size INTEGER NOT NULL,
        sha256 TEXT NOT NULL, sent INTEGER NOT NULL, put_s REAL NOT NULL);
    CREATE TABLE IF NOT EXISTS chunks (
        alarm TEXT NOT NULL, start INTEGER NOT NULL, size INTEGER NOT NULL, data BLOB NOT NULL,
        UNIQUE (alarm, start));
"""
SHAPE = Shape("stills and clips", 1, _SCHEMA, "OFF", secret=True)


def require_ram(folder: Path) -> None:
    """Raises StoreError for a folder that does not lie in RAM."""
    try:
        device = os.stat(folder).st_dev
    except OSError as error:
        raise StoreError(f"{folder}: {error.strerror}; it must be a folder in RAM (tmpfs)") from error
    wanted = f"{os.major(device)}:{os.minor(device)}"
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        words = line.split()
        if words[2] == wanted and words[words.index("-") + 1] in RAM_KINDS:
            return
    raise StoreError(
        f"{folder} does not lie in RAM; clips must never touch the disk: choose a folder on tmpfs, as /run"
    )


class MediaStore:
    """The node's end (ports.MediaStore). One at a time: it finishes what an earlier run of the node left unfinished.

    `now_s` is monotonic and common to all processes. Raises StoreError where the folder does not lie in RAM.
    """

    def __init__(self, path: Path, limit_bytes: int = LIMIT_BYTES, now_s: Callable[[], float] = time.monotonic) -> None:
        require_ram(path.parent)
        self.dropped = 0
        """Stills and clips that went, or were cut off, because the store was full."""
        self._file = SqliteFile(path, SHAPE)
        self._limit_bytes = limit_bytes
        self._now_s = now_s
        self._open: dict[str, hashlib._Hash] = {}
        for alarm, sha256 in self._file.run(_unfinished):
            log.warning("the clip of alarm %s was cut off by a restart; it ends there", alarm)
            self._finish(alarm, sha256)

    def put_still(self, alarm: str, jpeg: bytes) -> None:
        """One JPEG, at most 32 KiB. Raises StoreError."""
        _check_alarm(alarm)
        if len(jpeg) > STILL_LIMIT_BYTES:
            raise StoreError(f"the still of alarm {alarm} has {len(jpeg)} bytes; at most {STILL_LIMIT_BYTES} are sent")

        def put(connection: sqlite3.Connection) -> int:
            gone = self._make_room(connection, len(jpeg))
            row = (alarm, jpeg, len(jpeg), self._now_s())
            connection.execute("INSERT OR REPLACE INTO stills (alarm, jpeg, size, put_s) VALUES (?, ?, ?, ?)", row)
            return gone

        self.dropped += self._file.run(put)

    def begin_clip(self, alarm: str, head: ClipHead) -> None:
        """Open a clip; an older one of the same alarm is replaced. Raises StoreError."""
        _check_alarm(alarm)

        def begin(connection: sqlite3.Connection) -> None:
            _drop_clip(connection, alarm)
            query = "INSERT INTO clips (alarm, head, size, sha256, sent, put_s) VALUES (?, ?, 0, '', 0, ?)"
            connection.execute(query, (alarm, encode(head), self._now_s()))

        self._file.run(begin)
        self._open[alarm] = hashlib.sha256()

    def append_clip(self, alarm: str, data: bytes) -> None:
        """The next bytes; ignored for a clip that was dropped or cut off since it began. Raises StoreError."""
        digest = self._open.get(alarm)
        if digest is None or not data:
            return

        def append(connection: sqlite3.Connection) -> tuple[int, bool]:
            gone = self._make_room(connection, len(data), alarm)
            row = connection.execute("SELECT size FROM clips WHERE alarm = ? AND sha256 = ''", (alarm,)).fetchone()
            if row is None or _total(connection) + len(data) > self._limit_bytes:
                return gone, False
            connection.execute("INSERT INTO chunks VALUES (?, ?, ?, ?)", (alarm, row[0], len(data), data))
            connection.execute("UPDATE clips SET size = size + ? WHERE alarm = ?", (len(data), alarm))
            return gone, True

        gone, taken = self._file.run(append)
        self.dropped += gone
        if taken:
            digest.update(data)
        else:
            log.warning("the clip of alarm %s is cut off: the store is full", alarm)
            self.dropped += 1
            self.end_clip(alarm)

    def end_clip(self, alarm: str) -> None:
        """Size and SHA-256 of the whole are fixed now. Raises StoreError."""
        digest = self._open.pop(alarm, None)
        if digest is not None:
            self._finish(alarm, digest.hexdigest())

    def close(self) -> None:
        """Let the file go."""
        self._file.close()

    def _finish(self, alarm: str, sha256: str) -> None:
        query = "UPDATE clips SET sha256 = ? WHERE alarm = ?"
        self._file.run(lambda connection: connection.execute(query, (sha256, alarm)).rowcount)

    def _make_room(self, connection: sqlite3.Connection, size: int, keep: str = "") -> int:
        """Drop what the class says until `size` more bytes fit; gives how many stills and clips went."""
        gone = 0
        for query, drop in _VICTIMS:
            while _total(connection) + size > self._limit_bytes:
                row = connection.execute(query, (keep,)).fetchone()
                if row is None:
                    break
                drop(connection, row[0])
                gone += 1
        return gone


class MediaShelf:
    """The link's end: what waits, its bytes, and what has arrived."""

    def __init__(self, path: Path, now_s: Callable[[], float] = time.monotonic) -> None:
        require_ram(path.parent)
        self._file = SqliteFile(path, SHAPE)
        self._now_s = now_s

    def stills(self) -> tuple[StillStock, ...]:
        """Stills that the broker does not have, oldest first. Raises StoreError, as all that follow."""
        query = "SELECT alarm, size FROM stills ORDER BY number"
        return tuple(StillStock(alarm, size) for alarm, size in self._rows(query))

    def clips(self) -> tuple[ClipStock, ...]:
        """Clips that the centre does not have, oldest first; those being filmed grow from call to call."""
        query = "SELECT alarm, size, sha256 <> '', sent FROM clips ORDER BY number"
        return tuple(ClipStock(alarm, size, bool(ended), sent) for alarm, size, ended, sent in self._rows(query))

    def still(self, alarm: str) -> bytes | None:
        """The JPEG; None where it is gone."""
        rows = self._rows("SELECT jpeg FROM stills WHERE alarm = ?", alarm)
        return bytes(rows[0][0]) if rows else None

    def head(self, alarm: str) -> ClipHead | None:
        """The clip's head; None where it is gone."""
        rows = self._rows("SELECT head FROM clips WHERE alarm = ?", alarm)
        return decode(bytes(rows[0][0]), ClipHead) if rows else None

    def tail(self, alarm: str) -> ClipTail | None:
        """The clip's tail; None where it is gone or still being filmed."""
        rows = self._rows("SELECT size, sha256 FROM clips WHERE alarm = ? AND sha256 <> ''", alarm)
        return ClipTail(size_bytes=rows[0][0], sha256=rows[0][1]) if rows else None

    def read(self, alarm: str, offset: int, length: int) -> bytes:
        """Bytes of the clip from `offset`; fewer where there are no more, none where it is gone."""
        query = "SELECT start, data FROM chunks WHERE alarm = ? AND start + size > ? AND start < ? ORDER BY start"
        rows = self._rows(query, alarm, offset, offset + length)
        if not rows or rows[0][0] > offset:
            return b""
        skip = offset - rows[0][0]
        return b"".join(bytes(data) for _, data in rows)[skip : skip + length]

    def still_sent(self, alarm: str) -> None:
        """The broker has it; it is deleted."""
        self._change("DELETE FROM stills WHERE alarm = ?", alarm)
        self._file.shrink()

    def clip_sent(self, alarm: str, size: int) -> None:
        """The broker has so many bytes of it: where the next run of the link goes on."""
        self._change("UPDATE clips SET sent = ? WHERE alarm = ?", size, alarm)

    def clip_received(self, alarm: str) -> None:
        """The centre has it; it is deleted, also from the write-ahead log, which would keep it readable for hours."""
        self._file.run(lambda connection: _drop_clip(connection, alarm))
        self._file.shrink()

    def expire(self) -> int:
        """Delete what has waited for an hour, but nothing that is being filmed; gives how many went."""
        before_s = self._now_s() - KEEP_S

        def expire(connection: sqlite3.Connection) -> int:
            old = connection.execute("SELECT alarm FROM clips WHERE put_s < ? AND sha256 <> ''", (before_s,)).fetchall()
            for (alarm,) in old:
                _drop_clip(connection, alarm)
            return len(old) + connection.execute("DELETE FROM stills WHERE put_s < ?", (before_s,)).rowcount

        gone = self._file.run(expire)
        if gone:
            self._file.shrink()
        return gone

    def waiting_bytes(self) -> int:
        """All that is in the store."""
        return self._file.read(_total)

    def close(self) -> None:
        """Let the file go."""
        self._file.close()

    def _rows(self, query: str, *values: str | int) -> list[sqlite3.Row]:
        return self._file.read(lambda connection: connection.execute(query, values).fetchall())

    def _change(self, query: str, *values: str | int) -> None:
        self._file.run(lambda connection: connection.execute(query, values).rowcount)


def _check_alarm(alarm: str) -> None:
    try:
        check_name("alarm", alarm)
    except WireError as error:
        raise StoreError(f"media cannot be sent under such a name: {error}") from error


def _total(connection: sqlite3.Connection) -> int:
    query = "SELECT (SELECT coalesce(sum(size), 0) FROM stills) + (SELECT coalesce(sum(size), 0) FROM clips)"
    return int(connection.execute(query).fetchone()[0])


def _drop_clip(connection: sqlite3.Connection, alarm: str) -> None:
    connection.execute("DELETE FROM chunks WHERE alarm = ?", (alarm,))
    connection.execute("DELETE FROM clips WHERE alarm = ?", (alarm,))


def _drop_still(connection: sqlite3.Connection, alarm: str) -> None:
    connection.execute("DELETE FROM stills WHERE alarm = ?", (alarm,))


# In this order; `?` is the alarm whose clip is being written.
_VICTIMS = (
    ("SELECT alarm FROM clips WHERE sha256 <> '' AND alarm <> ? ORDER BY number LIMIT 1", _drop_clip),
    ("SELECT alarm FROM stills WHERE alarm <> ? ORDER BY number LIMIT 1", _drop_still),
    ("SELECT alarm FROM clips WHERE alarm <> ? ORDER BY number LIMIT 1", _drop_clip),
)


def _unfinished(connection: sqlite3.Connection) -> list[tuple[str, str]]:
    """Alarms of clips without an end, each with the SHA-256 of what there is."""
    alarms = [alarm for (alarm,) in connection.execute("SELECT alarm FROM clips WHERE sha256 = ''")]
    return [(alarm, _hash_of(connection, alarm)) for alarm in alarms]


def _hash_of(connection: sqlite3.Connection, alarm: str) -> str:
    digest = hashlib.sha256()
    for (data,) in connection.execute("SELECT data FROM chunks WHERE alarm = ? ORDER BY start", (alarm,)):
        digest.update(data)
    return digest.hexdigest()
