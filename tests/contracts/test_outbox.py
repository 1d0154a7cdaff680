"""What the outbox keeps: order, once each, bounds, and alarms in spite of a broken file or a full disk."""

import logging
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from firmware.core.alarm_life import Life, LifeError, LifeEvent
from firmware.core.delivery import AlarmRef
from firmware.drivers.outbox_rows import OutboxFullError, Told
from firmware.drivers.outbox_sqlite import RESERVE_BYTES, Outbox
from firmware.drivers.sqlite_file import DiskFullError
from firmware.errors import StoreError
from wire.messages import Alarm, PhaseName

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
Open = Callable[..., Outbox]


def alarm(number: int, seq: int = 0, phase: PhaseName | None = None) -> Alarm:
    return Alarm(
        id=f"watch-{number}",
        seq=seq,
        phase=phase or ("new", "update", "end")[min(seq, 2)],
        kind="fire",
        severity="high",
        t_utc=NOON + timedelta(seconds=number),
        zone="lot",
        reason="x" * 300,
    )


def refs(*numbers: int, seq: int = 0) -> tuple[AlarmRef, ...]:
    return tuple(AlarmRef(f"watch-{number}", seq) for number in numbers)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "outbox.sqlite"


@pytest.fixture
def ram() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(dir="/dev/shm", prefix="nattvakt-test-") as folder:
        yield Path(folder)


@pytest.fixture
def open_outbox(path: Path) -> Iterator[Open]:
    with ExitStack() as stack:
        yield lambda *spare, **how: stack.enter_context(closing(Outbox(path, *spare, **how)))


def test_what_is_put_is_shown_once_in_order_and_loaded_as_it_was(open_outbox: Open) -> None:
    node, link = open_outbox(), open_outbox()
    for number in (3, 1, 2):
        node.put(alarm(number))
    assert link.fresh() == refs(3, 1, 2)
    assert link.fresh() == ()
    node.put(alarm(4))
    assert link.fresh() == refs(4)
    assert open_outbox().fresh() == refs(3, 1, 2, 4)
    assert link.load(AlarmRef("watch-1", 0)) == alarm(1)
    assert link.load(AlarmRef("watch-9", 0)) is None
    assert link.waiting() == 4


def test_the_same_phase_twice_is_once(open_outbox: Open) -> None:
    outbox = open_outbox()
    outbox.put(alarm(1))
    outbox.put(alarm(1))
    assert outbox.waiting() == 1


def test_a_commit_is_on_the_disk_before_put_returns(open_outbox: Open) -> None:
    outbox = open_outbox()
    outbox.put(alarm(1))
    # 2: FULL. With WAL, each commit is synchronised then.
    assert outbox._disk.read(lambda connection: connection.execute("PRAGMA synchronous").fetchone()[0]) == 2
    assert outbox._disk.read(lambda connection: connection.execute("PRAGMA journal_mode").fetchone()[0]) == "wal"


def test_a_receipt_deletes_the_phase_and_moves_the_life_on(open_outbox: Open) -> None:
    node, link = open_outbox(), open_outbox()
    node.put(alarm(1))
    node.put(alarm(1, seq=1))
    assert link.life("watch-1") is Life.RAISED
    link.received("watch-1", 0, NOON)
    assert link.life("watch-1") is Life.RECEIVED
    assert open_outbox().fresh() == (AlarmRef("watch-1", 1),)
    link.received("watch-1", 0, NOON)  # a receipt comes at least once
    link.received("nobody", 7, NOON)
    assert link.waiting() == 1


def test_operators_acknowledge_and_close(open_outbox: Open) -> None:
    outbox = open_outbox()
    outbox.put(alarm(1))
    with pytest.raises(LifeError, match="'close' does not follow on 'raised'"):
        outbox.tell("watch-1", Told(LifeEvent.CLOSE, NOON, "anna", "false"))
    assert outbox.tell("watch-1", Told(LifeEvent.ACKNOWLEDGE, NOON, "anna")) is Life.ACKNOWLEDGED
    assert outbox.tell("watch-1", Told(LifeEvent.CLOSE, NOON, "anna", "false")) is Life.CLOSED
    assert open_outbox().life("watch-1") is Life.CLOSED
    with pytest.raises(LifeError, match="no alarm 'watch-2' here"):
        outbox.tell("watch-2", Told(LifeEvent.ACKNOWLEDGE, NOON, "anna"))


def test_lives_are_forgotten_after_a_week_but_not_while_a_phase_waits(open_outbox: Open) -> None:
    outbox = open_outbox()
    for number in (1, 2):
        outbox.put(alarm(number))
    outbox.received("watch-1", 0, NOON)
    outbox.tidy(NOON + timedelta(days=6))
    assert outbox.life("watch-1") is Life.RECEIVED
    outbox.tidy(NOON + timedelta(days=7, seconds=1))
    assert outbox.life("watch-1") is None
    assert outbox.life("watch-2") is Life.RAISED


def test_births_count_up_for_good_and_can_be_lifted(open_outbox: Open) -> None:
    outbox = open_outbox()
    assert [outbox.next_birth() for _ in range(3)] == [1, 2, 3]
    outbox.close()
    assert open_outbox().next_birth() == 4
    assert outbox.next_birth(at_least=500) == 500
    assert outbox.next_birth(at_least=7) == 501


def test_when_full_updates_go_first_then_ends_and_never_a_new(open_outbox: Open) -> None:
    outbox = open_outbox(limit=6)
    for number in (1, 2):
        for seq in range(3):
            outbox.put(alarm(number, seq))
    outbox.put(alarm(3))
    outbox.put(alarm(4))
    assert outbox.dropped() == 2
    assert open_outbox().fresh() == (
        AlarmRef("watch-1", 0), AlarmRef("watch-1", 2), AlarmRef("watch-2", 0), AlarmRef("watch-2", 2), *refs(3, 4),
    )  # fmt: skip
    outbox.put(alarm(5))
    outbox.put(alarm(6))
    assert open_outbox().fresh() == refs(1, 2, 3, 4, 5, 6)
    with pytest.raises(OutboxFullError, match="6 new alarms wait"):
        outbox.put(alarm(7))
    assert outbox.dropped() == 4
    outbox.received("watch-1", 0, NOON)
    outbox.put(alarm(7))


def test_a_missing_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="nowhere: No such file or directory; it must be a folder"):
        Outbox(tmp_path / "nowhere" / "outbox.sqlite")


def test_two_processes_put_and_receive_at_once(open_outbox: Open, path: Path) -> None:
    count = 150
    script = (
        "import sys; from pathlib import Path\n"
        "from firmware.drivers.outbox_sqlite import Outbox\n"
        "from tests.contracts.test_outbox import alarm\n"
        "outbox = Outbox(Path(sys.argv[1]))\n"
        f"for number in range({count}): outbox.put(alarm(number))\n"
    )
    writer = subprocess.Popen([sys.executable, "-c", script, str(path)], cwd=Path(__file__).parents[2])
    link, seen = open_outbox(), []
    tick = threading.Event()
    while len(seen) < count:
        new = link.fresh()
        for ref in new:
            assert link.load(ref) is not None
            link.received(ref.alarm, ref.seq, NOON)
        seen += new
        assert new or writer.poll() in (None, 0)
        tick.wait(0.002)
    assert writer.wait(30) == 0
    assert tuple(seen) == refs(*range(count))
    assert link.waiting() == 0


# Broken files


def fill(path: Path, count: int = 400) -> None:
    with closing(Outbox(path)) as outbox:
        for number in range(count):
            outbox.put(alarm(number))
        outbox.received("watch-0", 0, NOON)
        outbox.next_birth(at_least=70)


def break_short(data: bytearray) -> None:
    del data[len(data) * 2 // 3 :]


def break_page(data: bytearray) -> None:
    middle = len(data) // 2 // 4096 * 4096
    data[middle : middle + 4096] = b"\x07" * 4096


def break_header(data: bytearray) -> None:
    data[:4096] = b"\x07" * 4096


@pytest.mark.parametrize(("break_it", "least"), [(break_short, 100), (break_page, 300), (break_header, 0)])
def test_a_broken_file_is_kept_aside_and_what_can_be_read_goes_on(
    path: Path,
    open_outbox: Open,
    caplog: pytest.LogCaptureFixture,
    break_it: Callable[[bytearray], None],
    least: int,
) -> None:
    fill(path)
    data = bytearray(path.read_bytes())
    break_it(data)
    path.write_bytes(data)
    outbox = open_outbox()
    with caplog.at_level(logging.ERROR):
        outbox.put(alarm(1000))
    assert "outbox.sqlite (alarms) is broken: " in caplog.text
    assert "going on in " in caplog.text and "outbox.1.sqlite with " in caplog.text
    assert path.read_bytes() == bytes(data)
    found = open_outbox().fresh()
    assert found[-1] == AlarmRef("watch-1000", 0)
    assert len(found) > least
    numbers = [int(ref.alarm.split("-")[1]) for ref in found]
    assert numbers == sorted(set(numbers))
    assert all(outbox.load(ref) == alarm(int(ref.alarm.split("-")[1])) for ref in found)
    assert f"with {len(found) - 1} rows that could be read" in caplog.text


def test_the_birth_count_survives_a_broken_page(path: Path, open_outbox: Open) -> None:
    fill(path)
    data = bytearray(path.read_bytes())
    break_page(data)
    path.write_bytes(data)
    assert open_outbox().next_birth() == 71


def test_whoever_has_the_broken_file_open_follows_to_the_new_one(path: Path, open_outbox: Open) -> None:
    link = open_outbox()
    link.put(alarm(0))
    assert link.fresh() == refs(0)
    link.close()
    path.write_bytes(b"this is no database, and much longer than a header" * 100)
    node = open_outbox()
    node.put(alarm(1))
    assert link.fresh() == refs(1)
    link.put(alarm(2))
    assert node.waiting() == 2
    link.received("watch-1", 0, NOON)
    assert open_outbox().fresh() == refs(2)


def test_a_file_that_breaks_under_two_open_connections_loses_nothing_that_is_put_later(
    path: Path, open_outbox: Open
) -> None:
    node, link = open_outbox(), open_outbox()
    for number in range(200):
        node.put(alarm(number))
    link.fresh()
    # The card rots: everything that is on it turns to rubbish under the open file.
    node._disk.shrink()
    with path.open("r+b") as file:
        file.write(b"\x07" * path.stat().st_size)
    third = open_outbox()
    third.put(alarm(1000))
    node.put(alarm(1001))
    link.put(alarm(1002))
    assert {AlarmRef(f"watch-{number}", 0) for number in (1000, 1001, 1002)} <= set(open_outbox().fresh())
    assert set(link.fresh()) >= set(refs(1000, 1001, 1002))


def test_a_phase_that_cannot_be_read_is_dropped_with_a_word_and_the_next_goes_on(
    open_outbox: Open, caplog: pytest.LogCaptureFixture
) -> None:
    outbox = open_outbox()
    outbox.put(alarm(1))
    outbox.put(alarm(2))
    outbox._disk.run(lambda connection: connection.execute("UPDATE phases SET message = x'07' WHERE id = 'watch-1'"))
    assert outbox.load(AlarmRef("watch-1", 0)) is None
    assert "alarm watch-1, phase 0 cannot be read and is dropped" in caplog.text
    assert open_outbox().fresh() == refs(2)


def test_only_the_last_broken_files_are_kept(path: Path) -> None:
    for number in range(6):
        with closing(Outbox(path)) as outbox:
            outbox.put(alarm(number))
            newest = outbox._disk.path
        newest.write_bytes(b"\x07" * 8192)
    kept = sorted(one.name for one in path.parent.glob("outbox*.sqlite"))
    assert kept == ["outbox.2.sqlite", "outbox.3.sqlite", "outbox.4.sqlite", "outbox.5.sqlite"]


# A full disk


def test_on_a_full_disk_an_alarm_waits_in_ram_and_comes_home_when_there_is_room(path: Path, ram: Path) -> None:
    spare = ram / "spare.sqlite"
    with closing(Outbox(path, spare, max_pages=12)) as node, closing(Outbox(path, spare)) as link:
        for number in range(40):
            node.put(alarm(number))
        assert "is full" in node.storage_fault
        assert spare.exists()
        assert link.fresh() == refs(*range(40))
        assert link.load(AlarmRef("watch-39", 0)) == alarm(39)
        assert link.waiting() == 40
        link.received("watch-39", 0, NOON)
        link.received("watch-0", 0, NOON)
        assert link.life("watch-39") is Life.RECEIVED
        assert link.waiting() == 38
        link.tidy(NOON)  # for this end there is room
        assert link._spare is not None and link._spare.read(
            lambda c: c.execute("SELECT count(*) FROM phases").fetchone()
        ) == (0,)
        assert link.waiting() == 38
    with closing(Outbox(path)) as later:
        assert later.fresh() == refs(*range(1, 39))


def test_without_a_spare_a_full_disk_is_told(path: Path) -> None:
    with closing(Outbox(path, max_pages=12)) as outbox:
        with pytest.raises(
            DiskFullError, match=r"outbox.sqlite \(alarms\): database or disk is full; \d+ bytes are free"
        ):
            for number in range(40):
                outbox.put(alarm(number))
        outbox.received("watch-0", 0, NOON)
        assert outbox.storage_fault == ""


def test_the_reserve_is_kept_given_up_and_made_again(path: Path) -> None:
    reserve = path.with_suffix(".reserve")
    with closing(Outbox(path, max_pages=12)) as outbox:
        assert reserve.stat().st_size == RESERVE_BYTES
        assert reserve.stat().st_blocks * 512 >= RESERVE_BYTES
        with pytest.raises(DiskFullError):
            for number in range(40):
                outbox.put(alarm(number))
        assert not reserve.exists()
    with closing(Outbox(path)) as outbox:
        assert reserve.exists()


FULL_DISK = """
import os, sys
from pathlib import Path
from tests.contracts.test_outbox import alarm, NOON
from firmware.drivers.outbox_sqlite import Outbox
disk, ram = Path(sys.argv[1]), Path(sys.argv[2])
outbox = Outbox(disk / "outbox.sqlite", ram / "spare.sqlite")
outbox.put(alarm(0))
with open(disk / "filler", "wb", buffering=0) as filler:
    try:
        while filler.write(bytes(4096)):
            pass
    except OSError:
        pass
for number in range(1, 3000):
    outbox.put(alarm(number))
assert not (disk / "outbox.reserve").exists()
assert outbox.storage_fault, "the disk should be full"
link = Outbox(disk / "outbox.sqlite", ram / "spare.sqlite")
assert len(link.fresh()) == 3000
os.unlink(disk / "filler")
outbox.put(alarm(3000))
assert outbox.storage_fault == ""
link.received("watch-0", 0, NOON)
link.tidy(NOON)
assert link.waiting() == 3000
assert (disk / "outbox.reserve").exists()
outbox.close(); link.close()
again = Outbox(disk / "outbox.sqlite")
assert len(again.fresh()) == 3000
"""


def can_mount() -> bool:
    tried = subprocess.run(["unshare", "--mount", "true"], capture_output=True, check=False)
    return tried.returncode == 0


@pytest.mark.skipif(not can_mount(), reason="needs the right to mount a small disk of its own (unshare --mount)")
def test_a_disk_that_is_really_full_stops_no_alarm(tmp_path: Path, ram: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    command = f'mount -t tmpfs -o size=6m tmpfs "{disk}" && exec "{sys.executable}" -c "$1" "{disk}" "{ram}"'
    done = subprocess.run(
        ["unshare", "--mount", "sh", "-c", command, "sh", FULL_DISK],
        cwd=Path(__file__).parents[2], capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
