"""node and link are two users who share a folder through a group, as the units set it up: here for real."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from firmware.drivers.outbox_sqlite import Outbox
from wire.messages import Alarm

pytestmark = [
    pytest.mark.skipif(os.geteuid() != 0, reason="only root can become two other users"),
    # Python 3.12 warns of fork beside threads; the child touches none of them.
    pytest.mark.filterwarnings("ignore:This process:DeprecationWarning"),
]

NODE, LINK, GROUP = 20001, 20002, 20000  # no such users are needed: the kernel knows numbers
NOW = datetime(2026, 12, 1, 22, tzinfo=UTC)


@pytest.fixture
def shared() -> Iterator[Path]:
    """The state folder as nattvakt-node.service and tmpfiles.d make it."""
    folder = Path(tempfile.mkdtemp(dir="/dev/shm"))  # below tmp_path nobody but root may go
    os.chown(folder, NODE, GROUP)
    folder.chmod(0o2770)
    own = folder / "node"
    own.mkdir()
    os.chown(own, NODE, GROUP)
    own.chmod(0o700)
    yield folder
    shutil.rmtree(folder)


def as_user(user: int, work: Callable[[], object], *, die: bool = False) -> bool:
    """Do it in a process of that user; `die`: it is killed the moment that it is done. Whether it went well."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            os.setgroups([])
            os.setgid(GROUP)
            os.setuid(user)
            os.umask(0o007)
            work()
            status = 0
            if die:
                os.kill(os.getpid(), 9)
        finally:
            os._exit(status)
    return os.waitpid(child, 0)[1] == (9 if die else 0)


def alarm(seq: int) -> Alarm:
    return Alarm(
        id="a-1", seq=seq, phase="update", kind="fire", severity="high", t_utc=NOW, zone="z", reason="flame at a car"
    )


@pytest.mark.parametrize("die", [False, True])
@pytest.mark.parametrize("first", [NODE, LINK])
def test_one_fills_the_outbox_and_the_other_empties_it(shared: Path, first: int, die: bool) -> None:
    path = shared / "outbox.sqlite"

    def put(seq: int) -> Callable[[], None]:
        def work() -> None:
            outbox = Outbox(path)
            outbox.put(alarm(seq))
            if not die:
                outbox.close()

        return work

    def receive(seq: int) -> Callable[[], None]:
        def work() -> None:
            outbox = Outbox(path)
            assert [ref.seq for ref in outbox.fresh()] == [seq]
            outbox.received("a-1", seq, NOW)
            if not die:
                outbox.close()

        return work

    if first == LINK:
        assert as_user(LINK, lambda: Outbox(path).fresh(), die=die)
    for seq in range(3):
        assert as_user(NODE, put(seq), die=die)
        assert as_user(LINK, receive(seq), die=die)


def test_link_cannot_touch_what_is_the_nodes_alone(shared: Path) -> None:
    floor = shared / "node/clock-floor"
    assert as_user(NODE, lambda: floor.write_text("2026-12-01T00:00:00+00:00"))
    assert not as_user(LINK, floor.read_text)
    assert not as_user(LINK, floor.unlink)
    assert not as_user(LINK, lambda: floor.write_text("1970-01-01T00:00:00+00:00"))
