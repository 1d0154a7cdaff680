"""What `node` says reaches `link`, and neither ever waits for the other."""

import queue
import socket
import stat
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from firmware.drivers.node_socket import NodeSocket, NodeWatch
from firmware.errors import StoreError
from firmware.local import Report, Say, Wake

Heard = Callable[[], Say | None]


def report(frames: int) -> Report:
    return Report(state="watching", since_utc=datetime(2026, 11, 24, 19, tzinfo=UTC), frames=frames)


@pytest.fixture
def path() -> Iterator[Path]:
    # Unix socket paths have at most 107 characters; pytest's folders may be longer.
    with tempfile.TemporaryDirectory(prefix="nattvakt-") as folder:
        yield Path(folder) / "node.sock"


@pytest.fixture
def inbox() -> "queue.Queue[Say | None]":
    return queue.Queue(100)


@pytest.fixture
def watch(path: Path, inbox: "queue.Queue[Say | None]") -> Iterator[NodeWatch]:
    with closing(NodeWatch(path, inbox.put_nowait)) as watch:
        yield watch


def next_of(inbox: "queue.Queue[Say | None]", right: Callable[[Say | None], bool]) -> Say | None:
    deadline_s = time.monotonic() + 10.0
    while True:
        heard = inbox.get(timeout=max(0.0, deadline_s - time.monotonic()))
        if right(heard):
            return heard


def test_who_connects_is_told_the_last_report_and_then_every_new_one(
    path: Path, inbox: "queue.Queue[Say | None]"
) -> None:
    with closing(NodeSocket(path)) as node:
        node.say(report(1))
        node.say(report(2))
        with closing(NodeWatch(path, inbox.put_nowait)):
            assert next_of(inbox, lambda heard: isinstance(heard, Report)) == report(2)
            node.say(report(3))
            assert next_of(inbox, lambda heard: isinstance(heard, Report)) == report(3)
            node.wake()
            assert next_of(inbox, lambda heard: isinstance(heard, Wake)) == Wake()


def test_a_node_that_goes_is_told_once_and_its_coming_back_by_its_report(
    path: Path, inbox: "queue.Queue[Say | None]", watch: NodeWatch
) -> None:
    assert next_of(inbox, lambda heard: heard is None) is None
    with closing(NodeSocket(path)) as node:
        node.say(report(1))
        assert next_of(inbox, lambda heard: isinstance(heard, Report)) == report(1)
    assert next_of(inbox, lambda heard: heard is None) is None
    with closing(NodeSocket(path)) as node:
        node.say(report(2))
        assert next_of(inbox, lambda heard: True) in (report(2), Wake())


def test_only_user_and_group_may_listen_and_the_socket_goes_with_the_node(path: Path) -> None:
    with closing(NodeSocket(path)):
        assert stat.S_IMODE(path.stat().st_mode) == 0o660
    assert not path.exists()


def test_the_socket_of_a_killed_node_is_taken_over(path: Path, inbox: "queue.Queue[Say | None]") -> None:
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(path))
    with closing(NodeSocket(path)) as node, closing(NodeWatch(path, inbox.put_nowait)):
        node.say(report(1))
        assert next_of(inbox, lambda heard: isinstance(heard, Report)) == report(1)


def test_the_socket_of_a_living_node_is_not_taken_away(path: Path, inbox: "queue.Queue[Say | None]") -> None:
    with closing(NodeSocket(path)) as node:
        with pytest.raises(StoreError, match="another node answers"):
            NodeSocket(path)
        node.say(report(1))
        with closing(NodeWatch(path, inbox.put_nowait)):
            assert next_of(inbox, lambda heard: isinstance(heard, Report)) == report(1)


def test_a_listener_that_reads_nothing_never_holds_the_node_up_and_then_hears_the_newest(path: Path) -> None:
    with closing(NodeSocket(path)) as node, socket.socket(socket.AF_UNIX) as deaf:
        deaf.connect(str(path))
        deaf.settimeout(10.0)
        began_s = time.monotonic()
        last = 20_000
        for number in range(last + 1):
            node.say(report(number))
            node.wake()
        assert time.monotonic() - began_s < 10.0
        pending, reports, wakes = b"", [], 0
        while not reports or reports[-1] < last or not wakes:
            *lines, pending = (pending + deaf.recv(65536)).split(b"\n")
            said = [msgspec.json.decode(line, type=Say) for line in lines]
            reports += [one.frames for one in said if isinstance(one, Report)]
            wakes += sum(isinstance(one, Wake) for one in said)
        assert reports == sorted(reports)
        # What the kernel's buffer took, and the newest: the rest was dropped for newer ones.
        assert len(reports) < last


def test_a_fifth_listener_takes_the_place_of_the_oldest(path: Path) -> None:
    with closing(NodeSocket(path)) as node:
        node.say(report(1))
        listeners = [socket.socket(socket.AF_UNIX) for _ in range(5)]
        try:
            for listener in listeners:
                listener.settimeout(10.0)
                listener.connect(str(path))
                assert listener.recv(65536)
            while listeners[0].recv(65536):
                pass
            node.wake()
            assert listeners[4].recv(65536)
        finally:
            for listener in listeners:
                listener.close()


def test_rubbish_from_the_other_side_is_survived(
    path: Path, inbox: "queue.Queue[Say | None]", watch: NodeWatch
) -> None:
    with socket.socket(socket.AF_UNIX) as stranger:
        stranger.bind(str(path))
        stranger.listen()
        stranger.settimeout(10.0)
        for rubbish in (b"rubbish\n", b'{"say":"what"}\n', b"x" * 70_000):
            sock, _ = stranger.accept()
            with sock:
                sock.sendall(rubbish)
                while sock.recv(4096):  # until the watch hangs up
                    pass
    assert not [heard for heard in inbox.queue if heard is not None]


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"cannot listen on .*: No such file or directory; its folder must exist"):
        NodeSocket(tmp_path / "no" / "node.sock")
