"""What every media store keeps: the real one in RAM between node and link, and the one in memory."""

import hashlib
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

import pytest

from firmware.drivers import media_sqlite
from firmware.drivers.media_memory import MemoryMediaStore
from firmware.errors import StoreError
from firmware.ports import MediaStore
from wire.messages import STILL_LIMIT_BYTES, ClipHead, ClipTail

HEAD = ClipHead(
    codec="avc1.64001f",
    width_px=1280,
    height_px=720,
    start_utc=datetime(2026, 11, 24, 19, 0, tzinfo=UTC),
    trigger_s=10.2,
)


class Reader(Protocol):
    """What a test asks of a store."""

    def still(self, alarm: str) -> bytes | None: ...
    def head(self, alarm: str) -> ClipHead | None: ...
    def tail(self, alarm: str) -> ClipTail | None: ...
    def data(self, alarm: str) -> bytes: ...
    def dropped(self) -> int: ...


@dataclass
class MemoryReader:
    store: MemoryMediaStore

    def still(self, alarm: str) -> bytes | None:
        return self.store.stills.get(alarm)

    def head(self, alarm: str) -> ClipHead | None:
        return self.store.clips[alarm].head if alarm in self.store.clips else None

    def tail(self, alarm: str) -> ClipTail | None:
        return self.store.clips[alarm].tail if alarm in self.store.clips else None

    def data(self, alarm: str) -> bytes:
        return bytes(self.store.clips[alarm].data) if alarm in self.store.clips else b""

    def dropped(self) -> int:
        return self.store.dropped


@dataclass
class ShelfReader:
    """Reads as `link` does: from its own end."""

    store: media_sqlite.MediaStore
    shelf: media_sqlite.MediaShelf

    def still(self, alarm: str) -> bytes | None:
        return self.shelf.still(alarm)

    def head(self, alarm: str) -> ClipHead | None:
        return self.shelf.head(alarm)

    def tail(self, alarm: str) -> ClipTail | None:
        return self.shelf.tail(alarm)

    def data(self, alarm: str) -> bytes:
        return self.shelf.read(alarm, 0, 1 << 30)

    def dropped(self) -> int:
        return self.store.dropped


@dataclass
class Opened:
    store: MediaStore
    read: Reader


Open = Callable[[int], Opened]


@pytest.fixture(params=["memory", "sqlite"])
def opened(request: pytest.FixtureRequest) -> Iterator[Open]:
    """`opened(most_bytes)`: a store and how to look into it."""
    with ExitStack() as stack:
        if request.param == "memory":

            def open_store(most_bytes: int) -> Opened:
                store = MemoryMediaStore(most_bytes)
                return Opened(store, MemoryReader(store))
        else:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(dir="/dev/shm")))

            def open_store(most_bytes: int) -> Opened:
                path = folder / "media.sqlite"
                store = stack.enter_context(closing(media_sqlite.MediaStore(path, most_bytes)))
                shelf = stack.enter_context(closing(media_sqlite.MediaShelf(path)))
                return Opened(store, ShelfReader(store, shelf))

        yield open_store


def test_a_clip_can_be_read_while_it_grows_and_is_sealed_at_its_end(opened: Open) -> None:
    media = opened(1_000_000)
    media.store.begin_clip("a", HEAD)
    assert media.read.head("a") == HEAD
    media.store.append_clip("a", b"first ")
    assert media.read.data("a") == b"first "
    media.store.append_clip("a", b"second")
    assert media.read.tail("a") is None
    media.store.end_clip("a")
    whole = b"first second"
    assert media.read.data("a") == whole
    assert media.read.tail("a") == ClipTail(size_bytes=len(whole), sha256=hashlib.sha256(whole).hexdigest())


def test_clips_of_several_alarms_grow_side_by_side(opened: Open) -> None:
    media = opened(1_000_000)
    for alarm in ("a", "b"):
        media.store.begin_clip(alarm, HEAD)
    for piece in (b"1", b"2", b"3"):
        media.store.append_clip("a", b"a" + piece)
        media.store.append_clip("b", b"b" + piece)
    assert media.read.data("a") == b"a1a2a3"
    assert media.read.data("b") == b"b1b2b3"


def test_a_still_is_there_at_once(opened: Open) -> None:
    media = opened(1_000_000)
    media.store.put_still("a", b"\xff\xd8still")
    assert media.read.still("a") == b"\xff\xd8still"
    assert media.read.still("b") is None


def test_a_still_that_is_too_large_to_send_is_refused(opened: Open) -> None:
    media = opened(1_000_000)
    media.store.put_still("a", bytes(STILL_LIMIT_BYTES))
    with pytest.raises(StoreError, match=str(STILL_LIMIT_BYTES)):
        media.store.put_still("b", bytes(STILL_LIMIT_BYTES + 1))


def test_an_ended_clip_takes_no_more(opened: Open) -> None:
    media = opened(1_000_000)
    media.store.begin_clip("a", HEAD)
    media.store.append_clip("a", b"all")
    media.store.end_clip("a")
    media.store.append_clip("a", b" and more")
    media.store.end_clip("a")
    assert media.read.data("a") == b"all"
    assert media.read.tail("a") == ClipTail(size_bytes=3, sha256=hashlib.sha256(b"all").hexdigest())


def test_when_full_the_oldest_ended_clip_goes_first(opened: Open) -> None:
    media = opened(10_000)
    media.store.put_still("still", bytes(1000))
    for alarm in ("old", "older-but-open", "new"):
        media.store.begin_clip(alarm, HEAD)
        media.store.append_clip(alarm, bytes(2500))
        if alarm != "older-but-open":
            media.store.end_clip(alarm)
    media.store.begin_clip("now", HEAD)
    media.store.append_clip("now", bytes(2500))
    assert media.read.data("old") == b""
    assert len(media.read.data("new")) == len(media.read.data("now")) == len(media.read.data("older-but-open")) == 2500
    assert media.read.still("still") is not None
    assert media.read.dropped() == 1


def test_then_the_oldest_still_goes(opened: Open) -> None:
    media = opened(10_000)
    for alarm in ("s1", "s2"):
        media.store.put_still(alarm, bytes(3000))
    media.store.begin_clip("now", HEAD)
    media.store.append_clip("now", bytes(5000))
    assert media.read.still("s1") is None
    assert media.read.still("s2") is not None
    assert media.read.dropped() == 1


def test_a_clip_that_alone_is_too_large_is_cut_off_and_sealed(opened: Open) -> None:
    media = opened(10_000)
    media.store.begin_clip("now", HEAD)
    media.store.append_clip("now", bytes(6000))
    media.store.append_clip("now", bytes(6000))
    media.store.append_clip("now", bytes(100))
    assert len(media.read.data("now")) == 6000
    tail = media.read.tail("now")
    assert tail is not None
    assert tail.size_bytes == 6000
    assert media.read.dropped() == 1


def test_what_was_deleted_can_be_read_nowhere() -> None:
    """Neither in the file's free pages nor in its write-ahead log."""
    clock_s = [0.0]
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        path = Path(folder) / "media.sqlite"
        with (
            closing(media_sqlite.MediaStore(path, now_s=lambda: clock_s[0])) as store,
            closing(media_sqlite.MediaShelf(path, lambda: clock_s[0])) as shelf,
        ):

            def found() -> int:
                return sum(file.read_bytes().count(b"secret") for file in Path(folder).iterdir())

            def film(alarm: str) -> None:
                store.put_still(alarm, b"secret" * 1000)
                store.begin_clip(alarm, HEAD)
                for _ in range(10):
                    store.append_clip(alarm, b"secret" * 5000)
                store.end_clip(alarm)

            film("a")
            assert found() > 0
            shelf.clip_received("a")
            shelf.still_sent("a")
            assert found() == 0
            film("b")
            clock_s[0] = 2 * media_sqlite.KEEP_S
            assert shelf.expire() == 2
            assert found() == 0
