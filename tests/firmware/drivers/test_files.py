import os
import stat
from pathlib import Path

import pytest

from firmware.drivers.files import write_atomic


def test_new_content_whole_and_nothing_left_over(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    write_atomic(path, b"one")
    write_atomic(path, b"two", mode=0o600)
    assert path.read_bytes() == b"two"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [p.name for p in tmp_path.iterdir()] == ["a.json"]


def test_the_mode_does_not_depend_on_the_umask(tmp_path: Path) -> None:
    old = os.umask(0o077)
    try:
        write_atomic(tmp_path / "a", b"", mode=0o644)
    finally:
        os.umask(old)
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o644


def test_a_failure_leaves_the_old_file_and_no_half_one(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.mkdir()  # a folder cannot be replaced by a file
    (path / "inside").write_bytes(b"old")
    with pytest.raises(OSError, match="directory"):
        write_atomic(path, b"new")
    assert (path / "inside").read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["a"]


def test_a_reader_sees_the_old_or_the_new_and_never_half(tmp_path: Path) -> None:
    path = tmp_path / "a"
    write_atomic(path, b"x" * 1000)
    with path.open("rb") as reader:
        write_atomic(path, b"y" * 10)
        assert reader.read() == b"x" * 1000
    assert path.read_bytes() == b"y" * 10


def test_no_such_folder(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        write_atomic(tmp_path / "none" / "a", b"")


def test_a_link_waiting_in_the_temporary_name_is_not_followed(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_bytes(b"untouched")
    (tmp_path / f".a.{os.getpid()}.tmp").symlink_to(victim)
    with pytest.raises(OSError, match="symbolic"):
        write_atomic(tmp_path / "a", b"new")
    assert victim.read_bytes() == b"untouched"
