"""From what the courier decides to what is published: topic, payload and properties of each action."""

from collections.abc import Callable
from datetime import datetime

from msgspec.structs import replace

from firmware.core.clip_progress import SendChunk, SendHead
from firmware.core.delivery import Action, SendAlarm, is_delayed
from firmware.core.media_delivery import SendStill
from firmware.drivers.broker_paho import Message
from firmware.drivers.media_sqlite import MediaShelf
from firmware.drivers.outbox_sqlite import Outbox
from wire.media import CHUNK_TYPE, STILL_TYPE
from wire.messages import ALARM_EXPIRY_S, MEDIA_EXPIRY_S, ClipHead, ClipTail, encode, encode_alarm
from wire.topics import NodeTopics


class Letters:
    """Reads the stores."""

    def __init__(self, topics: NodeTopics, outbox: Outbox, shelf: MediaShelf, delayed_after_s: float) -> None:
        self._topics, self._outbox, self._shelf = topics, outbox, shelf
        self._delayed_after_s = delayed_after_s

    def write(self, action: Action, now_utc: datetime) -> Message | None:
        """The message for an action; None where what it should carry is gone. Raises StoreError."""
        if isinstance(action, SendAlarm):
            return self._alarm(action, now_utc)
        if isinstance(action, SendStill):
            jpeg = self._shelf.still(action.alarm)
            topic = self._topics.still(action.alarm)
            return None if jpeg is None else _media(topic, jpeg, STILL_TYPE)
        if isinstance(action, SendChunk):
            return self._chunk(action)
        read: Callable[[str], ClipHead | ClipTail | None] = (
            self._shelf.head if isinstance(action, SendHead) else self._shelf.tail
        )
        part = read(action.alarm)
        topic = self._topics.clip(action.alarm)
        return None if part is None else Message(topic, encode(part), expiry_s=MEDIA_EXPIRY_S)

    def _alarm(self, action: SendAlarm, now_utc: datetime) -> Message | None:
        alarm = self._outbox.load(action.ref)
        if alarm is None:
            return None
        # Once marked by the node, never unmarked.
        delayed = alarm.delayed or is_delayed(alarm.t_utc, now_utc, self._delayed_after_s)
        return Message(self._topics.alarm, encode_alarm(replace(alarm, delayed=delayed)), expiry_s=ALARM_EXPIRY_S)

    def _chunk(self, action: SendChunk) -> Message | None:
        data = self._shelf.read(action.alarm, action.offset, action.length)
        if len(data) < action.length:
            return None
        topic = self._topics.clip(action.alarm)
        return Message(topic, data, expiry_s=MEDIA_EXPIRY_S, content_type=CHUNK_TYPE, offset=action.offset)


def _media(topic: str, data: bytes, content_type: str) -> Message:
    return Message(topic, data, expiry_s=MEDIA_EXPIRY_S, content_type=content_type)
