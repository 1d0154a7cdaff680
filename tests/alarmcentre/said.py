"""What a node says, as the centre's rules take it: for tests without a broker."""

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from alarmcentre.events import Incoming, Moment, Order, Output
from wire.media import CHUNK_TYPE, JSON_TYPE, STILL_TYPE, cut
from wire.messages import Alarm, ClipHead, ClipTail, Command, SeenObject, encode, encode_alarm
from wire.topics import NodeTopics

START_UTC = datetime(2026, 11, 24, 21, 3, 4, tzinfo=UTC)
N01 = NodeTopics("lot", "n01")
E = TypeVar("E")
JPEG = b"\xff\xd8\xff\xe0 a still \xff\xd9"


def at(t_s: float) -> Moment:
    """`t_s` after the alarm."""
    return Moment(5000 + t_s, START_UTC + timedelta(seconds=t_s))


def alarm(id: str = "a-1", seq: int = 0, **fields: object) -> Alarm:
    values: dict[str, object] = {
        "phase": "new" if seq == 0 else "update", "kind": "prowling", "severity": "medium", "t_utc": START_UTC,
        "zone": "row-a", "reason": "at three cars", "objects": (SeenObject(kind="person", track=4),),
    }  # fmt: skip
    return Alarm(id=id, seq=seq, **(values | fields))  # type: ignore[arg-type]


def alarm_in(message: Alarm, topics: NodeTopics = N01) -> Incoming:
    return Incoming(topics.alarm, encode_alarm(message), content_type=JSON_TYPE)


def still_in(id: str = "a-1", jpeg: bytes = JPEG, topics: NodeTopics = N01) -> Incoming:
    return Incoming(topics.still(id), jpeg, content_type=STILL_TYPE)


HEAD = ClipHead(codec="avc1.64001f", width_px=1280, height_px=720, start_utc=START_UTC, trigger_s=10.0)


def tail_of(data: bytes) -> ClipTail:
    return ClipTail(size_bytes=len(data), sha256=hashlib.sha256(data).hexdigest())


def part_in(part: ClipHead | ClipTail, id: str = "a-1", topics: NodeTopics = N01) -> Incoming:
    return Incoming(topics.clip(id), encode(part), content_type=JSON_TYPE)


def chunk_in(offset: int, data: bytes, id: str = "a-1", topics: NodeTopics = N01) -> Incoming:
    return Incoming(topics.clip(id), data, content_type=CHUNK_TYPE, offset=str(offset))


def clip_in(data: bytes, id: str = "a-1", topics: NodeTopics = N01, chunk_bytes: int = 1000) -> Iterator[Incoming]:
    yield part_in(HEAD, id, topics)
    for chunk in cut(data, chunk_bytes):
        yield chunk_in(chunk.offset, chunk.data, id, topics)
    yield part_in(tail_of(data), id, topics)


def commands(outputs: tuple[Output, ...]) -> list[Command]:
    return [output.command for output in outputs if isinstance(output, Order)]


def of(kind: type[E], outputs: tuple[Output, ...]) -> list[E]:
    return [output for output in outputs if isinstance(output, kind)]
