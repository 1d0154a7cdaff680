"""Keeps the seconds around an alarm: a still at once, then a clip that begins before the event and grows as it is made.

Nothing here may hold up or break the alarm itself, which is committed before: a store that fails costs the still or the
clip, is counted and told, and never raised.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from firmware.config import ClipConfig
from firmware.core.h264 import codec_name, parameter_sets
from firmware.core.prebuffer import Prebuffer
from firmware.errors import StoreError
from firmware.messages import AlarmEvent, Frame, Grey, Packet, Phase, Severity, Size
from firmware.ports import MediaStore, Muxer
from wire.messages import ClipHead

log = logging.getLogger("nattvakt.recorder")

MOST_CLIPS = 4
"""Clips filmed at the same time. One more, and the least severe of all goes: an open one is ended early and kept as far
as it came, a new one is not begun. Both are counted."""

MOST_CLIP_S = 60.0
"""Updates of an alarm prolong its clip up to this length (or pre-roll + post-roll, where that is longer)."""

_LAG_S = 2.0  # how far an encoder's packets may be behind its pictures before a clip is ended without them
_RANK = {severity: rank for rank, severity in enumerate((Severity.LOW, Severity.MEDIUM, Severity.HIGH))}


@dataclass(frozen=True, slots=True)
class RecorderTools:
    """What the recorder works with. `to_utc` maps a frame's `t_s` to wall time."""

    media: MediaStore
    open_muxer: Callable[[], Muxer]
    encode_still: Callable[[Grey], bytes]
    to_utc: Callable[[float], datetime]


@dataclass(slots=True)
class RecorderCounts:
    """Since the recorder was made."""

    stills: int = 0
    clips: int = 0
    clips_refused: int = 0
    clips_cut_short: int = 0
    clips_empty: int = 0
    store_faults: int = 0


@dataclass(slots=True)
class _Clip:
    """A clip being filmed; `muxer` is None until the first keyframe is there."""

    alarm: str
    severity: Severity
    trigger_s: float
    from_s: float
    end_s: float
    latest_end_s: float
    muxer: Muxer | None = None


class Recorder:
    """One watch's recorder: give it every frame with the alarms that it led to; close it when the watch is over."""

    def __init__(self, tools: RecorderTools, config: ClipConfig, prebuffer: Prebuffer) -> None:
        self.counts = RecorderCounts()
        self.fault = ""
        """What the media store last refused; empty while it works."""
        self._tools = tools
        self._config = config
        self._ring = prebuffer
        self._clips: list[_Clip] = []  # at most MOST_CLIPS
        self._parameter_sets = b""
        self._newest_s: float | None = None
        self._news = False

    def keep(self, frame: Frame, alarms: tuple[AlarmEvent, ...]) -> bool:
        """Film on, and begin what the alarms ask for; whether the media store has something new to send."""
        self._news = False
        for packet in frame.packets:
            self._film(packet, frame.size)
        for alarm in alarms:
            if alarm.phase is Phase.NEW:
                self._keep_still(alarm, frame)
                self._admit(alarm, frame.size)
            elif alarm.phase is Phase.UPDATE:
                self._prolong(alarm)
        for clip in list(self._clips):
            if self._over(clip, frame.t_s):
                self._end(clip)
        return self._news

    def close(self) -> None:
        """End all clips as they are and forget the pre-roll: at 06.00 nothing of the night is left in RAM here."""
        self._cut()
        for clip in list(self._clips):
            self._end(clip)

    # --- filming

    def _film(self, packet: Packet, size: Size) -> None:
        if self._began_anew(packet):
            self._cut()
        self._newest_s = packet.t_s
        self._ring.add(packet)
        for clip in list(self._clips):
            if clip.muxer is None:
                self._begin(clip, size)
            else:
                self._append(clip, clip.muxer, (packet,))

    def _began_anew(self, packet: Packet) -> bool:
        """Whether the encoder was restarted with other parameters or on another clock: one film cannot hold both."""
        began_anew = self._newest_s is not None and packet.t_s <= self._newest_s
        if packet.keyframe:
            parameters = parameter_sets(packet.data)
            began_anew |= self._parameter_sets not in (b"", parameters)
            self._parameter_sets = parameters
        return began_anew

    def _cut(self) -> None:
        """End every clip that has begun; packets from before can go with none from after."""
        for clip in list(self._clips):
            if clip.muxer is not None:
                self._end(clip)
        self._ring.clear()
        self._newest_s = None

    # --- clips

    def _admit(self, alarm: AlarmEvent, size: Size) -> None:
        if any(clip.alarm == alarm.id for clip in self._clips):
            return
        if len(self._clips) >= MOST_CLIPS:
            least = min(self._clips, key=lambda clip: (_RANK[clip.severity], clip.trigger_s))
            if _RANK[alarm.severity] <= _RANK[least.severity]:
                self.counts.clips_refused += 1
                return
            self.counts.clips_cut_short += 1
            self._end(least)
        from_s = alarm.t_s - self._config.preroll_s
        end_s = alarm.t_s + self._config.postroll_s
        clip = _Clip(alarm.id, alarm.severity, alarm.t_s, from_s, end_s, max(end_s, from_s + MOST_CLIP_S))
        self._clips.append(clip)
        self._begin(clip, size)

    def _begin(self, clip: _Clip, size: Size) -> None:
        """Open the clip and hand over its whole pre-roll, if there is a keyframe to begin with."""
        packets = self._ring.since(clip.from_s)
        if not packets:
            return
        first = packets[0]
        try:
            head = ClipHead(
                codec=codec_name(first.data),
                width_px=size.width_px,
                height_px=size.height_px,
                start_utc=self._tools.to_utc(first.t_s),
                trigger_s=round(clip.trigger_s - first.t_s, 3),
            )
            clip.muxer = self._tools.open_muxer()
            self._tools.media.begin_clip(clip.alarm, head)
        except StoreError as fault:
            self._clips.remove(clip)
            self._failed(f"clip of alarm {clip.alarm}", fault)
            return
        self.counts.clips += 1
        self._append(clip, clip.muxer, packets)

    def _append(self, clip: _Clip, muxer: Muxer, packets: tuple[Packet, ...]) -> None:
        try:
            self._put(clip, muxer.add(packets))
        except StoreError as fault:
            # A film with a hole in it does not play: it ends where it is.
            self._clips.remove(clip)
            self._failed(f"clip of alarm {clip.alarm}", fault)
            self._end_in_store(clip)

    def _prolong(self, alarm: AlarmEvent) -> None:
        for clip in self._clips:
            if clip.alarm == alarm.id:
                clip.severity = max(clip.severity, alarm.severity, key=_RANK.__getitem__)
                clip.end_s = min(max(clip.end_s, alarm.t_s + self._config.postroll_s), clip.latest_end_s)

    def _over(self, clip: _Clip, now_s: float) -> bool:
        filmed_s = self._newest_s if self._newest_s is not None else now_s - _LAG_S
        return max(filmed_s, now_s - _LAG_S) >= clip.end_s

    def _end(self, clip: _Clip) -> None:
        self._clips.remove(clip)
        if clip.muxer is None:
            self.counts.clips_empty += 1
            return
        try:
            self._put(clip, clip.muxer.finish())
        except StoreError as fault:
            self._failed(f"clip of alarm {clip.alarm}", fault)
        self._end_in_store(clip)

    # --- the store

    def _keep_still(self, alarm: AlarmEvent, frame: Frame) -> None:
        try:
            self._tools.media.put_still(alarm.id, self._tools.encode_still(frame.picture))
        except StoreError as fault:
            self._failed(f"still of alarm {alarm.id}", fault)
            return
        self.counts.stills += 1
        self._news = True
        self._works()

    def _put(self, clip: _Clip, data: bytes) -> None:
        if data:
            self._tools.media.append_clip(clip.alarm, data)
            self._news = True
            self._works()

    def _end_in_store(self, clip: _Clip) -> None:
        try:
            self._tools.media.end_clip(clip.alarm)
        except StoreError as fault:
            self._failed(f"end of clip of alarm {clip.alarm}", fault)
            return
        self._news = True

    def _failed(self, what: str, fault: StoreError) -> None:
        self.counts.store_faults += 1
        if not self.fault:
            log.error("%s is lost: %s", what, fault)
        self.fault = str(fault)

    def _works(self) -> None:
        if self.fault:
            log.warning("the media store works again")
        self.fault = ""
