"""Stills and clips on the centre's disk, under names that people can read and that nobody else can choose.

`<site>_<node>_<20261124T210304Z>_<kind>_<alarm id>.jpg`: the time is UTC, when the alarm began. Every part was checked
against the wire's pattern for names, so no path can hide in it. Files are for their owner only; none is overwritten.
"""

import hashlib
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from alarmcentre.events import Moment, StillSaved
from alarmcentre.journal import Journal, Saved
from firmware.drivers.files import sync_folder, write_atomic
from wire.errors import WireError
from wire.messages import STILL_LIMIT_BYTES
from wire.topics import NodeTopics, check_name

STILL = "still"
CLIP = "clip"

# So many different stills, or clips, are kept for one alarm; a node that sends more has gone wrong.
VERSIONS_LIMIT = 5


class Album:
    """The files in one folder, and the journal that knows them."""

    def __init__(self, folder: Path, journal: Journal) -> None:
        self.folder = folder
        self._journal = journal

    def save_still(self, topics: NodeTopics, alarm: str, jpeg: bytes, at: Moment) -> StillSaved | None:
        """Put a still on disk; None where it lies there already. Raises WireError, OSError, JournalError."""
        if len(jpeg) > STILL_LIMIT_BYTES:
            raise WireError(f"the still has {len(jpeg)} bytes; at most {STILL_LIMIT_BYTES} are taken")
        if not jpeg.startswith(b"\xff\xd8"):
            raise WireError(f"the still is not a JPEG (it starts {jpeg[:8]!r})")
        sha256 = hashlib.sha256(jpeg).hexdigest()
        before = {one.sha256 for one in self._journal.saved(topics, alarm, STILL)}
        if sha256 in before:
            return None
        if len(before) >= VERSIONS_LIMIT:
            raise WireError(f"alarm {alarm!r} has {VERSIONS_LIMIT} different stills; no more are taken")
        path = self.free_path(topics, alarm, ".jpg", at)
        write_atomic(path, jpeg, 0o600)
        self._journal.save(Saved(topics, alarm, STILL, sha256, path.name), at.t_utc)
        return StillSaved(topics, alarm, path, len(jpeg))

    def has_clip(self, topics: NodeTopics, alarm: str) -> bool:
        """Whether the whole clip of this alarm lies on disk."""
        return bool(self._journal.saved(topics, alarm, CLIP))

    def begin_clip(self, topics: NodeTopics, alarm: str, at: Moment) -> tuple[Path, BinaryIO]:
        """An empty `.part` file for a clip; an unfinished one of the same alarm is begun anew. Raises OSError."""
        path = self.free_path(topics, alarm, ".mp4", at).with_suffix(".mp4.part")
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        return path, os.fdopen(descriptor, "w+b")

    def finish_clip(self, saved: Saved, part: Path, file: BinaryIO, at: Moment) -> Path:
        """Give a verified clip its final name, durably. Raises OSError, WireError, JournalError."""
        path = self.free_path(saved.topics, saved.alarm, ".mp4", at)
        file.flush()
        os.fsync(file.fileno())
        part.rename(path)
        sync_folder(self.folder)
        self._journal.save(Saved(saved.topics, saved.alarm, CLIP, saved.sha256, path.name), at.t_utc)
        return path

    def free_path(self, topics: NodeTopics, alarm: str, suffix: str, at: Moment) -> Path:
        """A name that no file has yet. Raises WireError where an alarm has had too many."""
        check_name("alarm", alarm)
        first = self._journal.first_phase(topics, alarm)
        stamp = _stamp(first.t_utc if first else at.t_utc)
        stem = f"{topics.site}_{topics.node}_{stamp}_{first.kind if first else 'unknown'}_{alarm}"
        for number in range(1, VERSIONS_LIMIT + 1):
            path = self.folder / (f"{stem}{suffix}" if number == 1 else f"{stem}-{number}{suffix}")
            if not path.exists():
                return path
        raise WireError(f"alarm {alarm!r} has {VERSIONS_LIMIT} different {suffix} files; no more are taken")


def _stamp(t_utc: datetime) -> str:
    return t_utc.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
