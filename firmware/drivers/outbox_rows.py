"""The outbox's tables, and what is done with them; each function is work for one transaction."""

import sqlite3
from dataclasses import dataclass
from datetime import datetime

from firmware.core.alarm_life import Life, LifeEvent, after
from firmware.core.delivery import AlarmRef
from firmware.drivers.sqlite_file import Shape, readable_rows
from firmware.errors import StoreError
from wire.messages import Alarm

_SCHEMA = """
    CREATE TABLE IF NOT EXISTS phases (
        number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL, seq INTEGER NOT NULL, phase TEXT NOT NULL,
        message BLOB NOT NULL, UNIQUE (id, seq));
    CREATE INDEX IF NOT EXISTS phases_by_phase ON phases (phase, number);
    CREATE TABLE IF NOT EXISTS lives (
        id TEXT PRIMARY KEY, life TEXT NOT NULL, operator TEXT NOT NULL DEFAULT '', reason TEXT NOT NULL DEFAULT '',
        changed_s REAL NOT NULL);
    CREATE TABLE IF NOT EXISTS counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL);
"""


class OutboxFullError(StoreError):
    """The outbox holds as many `new` alarms as it may, and nobody has received one."""


@dataclass(frozen=True, slots=True)
class Told:
    """What the alarm centre says of one alarm, and when it was heard."""

    event: LifeEvent
    at_utc: datetime
    operator: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """A phase and its place in the order."""

    number: int
    ref: AlarmRef


def insert(connection: sqlite3.Connection, alarm: Alarm, message: bytes, limit: int) -> None:
    """Add a phase, making room for it if need be. Raises OutboxFullError."""
    for phase in ("update", "end"):
        excess = waiting(connection) - limit + 1
        if excess > 0:
            query = (
                "DELETE FROM phases WHERE number IN (SELECT number FROM phases WHERE phase = ? ORDER BY number LIMIT ?)"
            )
            count(connection, "dropped", connection.execute(query, (phase, excess)).rowcount)
    if waiting(connection) >= limit:
        raise OutboxFullError(f"{limit} new alarms wait for the centre's receipt; the outbox takes no more")
    row = (alarm.id, alarm.seq, alarm.phase, message)
    connection.execute("INSERT OR IGNORE INTO phases (id, seq, phase, message) VALUES (?, ?, ?, ?)", row)
    life = (alarm.id, Life.RAISED.value, alarm.t_utc.timestamp())
    connection.execute("INSERT OR IGNORE INTO lives (id, life, changed_s) VALUES (?, ?, ?)", life)


def refs_after(connection: sqlite3.Connection, number: int) -> list[Row]:
    """Phases younger than that, in order."""
    query = "SELECT number, id, seq FROM phases WHERE number > ? ORDER BY number"
    return [Row(number, AlarmRef(alarm, seq)) for number, alarm, seq in connection.execute(query, (number,))]


def message(connection: sqlite3.Connection, ref: AlarmRef) -> bytes | None:
    """What was put."""
    query = "SELECT message FROM phases WHERE id = ? AND seq = ?"
    row = connection.execute(query, (ref.alarm, ref.seq)).fetchone()
    return None if row is None else bytes(row[0])


def all_messages(connection: sqlite3.Connection) -> list[bytes]:
    """All that were put, in order."""
    return [bytes(row[0]) for row in connection.execute("SELECT message FROM phases ORDER BY number")]


def waiting(connection: sqlite3.Connection) -> int:
    """How many phases there are."""
    return _number(connection, "SELECT count(*) FROM phases")


def dropped(connection: sqlite3.Connection) -> int:
    """How many were dropped for others."""
    return _number(connection, "SELECT coalesce(sum(value), 0) FROM counters WHERE name = 'dropped'")


def forget(connection: sqlite3.Connection, ref: AlarmRef) -> None:
    """Delete a phase."""
    connection.execute("DELETE FROM phases WHERE id = ? AND seq = ?", (ref.alarm, ref.seq))


def receive(connection: sqlite3.Connection, ref: AlarmRef, told: Told) -> None:
    """Delete a phase that the centre has."""
    forget(connection, ref)
    advance(connection, ref.alarm, told)


def life(connection: sqlite3.Connection, alarm: str) -> Life | None:
    """How far the centre has come with it."""
    row = connection.execute("SELECT life FROM lives WHERE id = ?", (alarm,)).fetchone()
    if row is None:
        return None
    return Life(row[0]) if row[0] in set(Life) else Life.RAISED  # a salvaged file may hold anything


def advance(connection: sqlite3.Connection, alarm: str, told: Told) -> Life | None:
    """The alarm's life goes on; None: there is no such alarm. Raises LifeError."""
    before = life(connection, alarm)
    if before is None:
        return None
    now = after(before, told.event)
    if now is not before:
        row = (now.value, told.operator, told.reason, told.at_utc.timestamp(), alarm)
        connection.execute("UPDATE lives SET life = ?, operator = ?, reason = ?, changed_s = ? WHERE id = ?", row)
    return now


def forget_lives(connection: sqlite3.Connection, before_s: float) -> None:
    """Delete lives that nothing has happened in since, and that no phase waits for."""
    connection.execute("DELETE FROM lives WHERE changed_s < ? AND id NOT IN (SELECT id FROM phases)", (before_s,))


def count(connection: sqlite3.Connection, name: str, more: int, at_least: int = 0) -> int:
    """Add to a counter, and lift it to `at_least`; gives what it is then."""
    query = """INSERT INTO counters VALUES (?1, max(?2, ?3))
        ON CONFLICT (name) DO UPDATE SET value = max(value + ?2, ?3)"""
    connection.execute(query, (name, more, at_least))
    return int(connection.execute("SELECT value FROM counters WHERE name = ?", (name,)).fetchone()[0])


def _number(connection: sqlite3.Connection, query: str) -> int:
    return int(connection.execute(query).fetchone()[0])


def _salvage(broken: sqlite3.Connection, fresh: sqlite3.Connection) -> int:
    phases = readable_rows(broken, "phases", "number, id, seq, phase, message")
    fresh.executemany("INSERT OR IGNORE INTO phases (number, id, seq, phase, message) VALUES (?, ?, ?, ?, ?)", phases)
    lives = readable_rows(broken, "lives", "id, life, operator, reason, changed_s")
    fresh.executemany("INSERT OR IGNORE INTO lives VALUES (?, ?, ?, ?, ?)", lives)
    counters = readable_rows(broken, "counters", "name, value")
    fresh.executemany("INSERT OR IGNORE INTO counters VALUES (?, ?)", counters)
    return len(phases)


SHAPE = Shape("alarms", 1, _SCHEMA, "FULL", _salvage)
