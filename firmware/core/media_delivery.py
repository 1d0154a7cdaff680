"""Stills and clips on their way: which piece next, how large, and what to do when the broker refuses one. Pure.

* Stills first, oldest first; then clips, oldest first, each as head, chunks, tail. A clip that is still being filmed
  lets the next one have its turn while it waits for bytes.
* At most two pieces are in flight, so that an alarm never waits behind more than two chunks.
* A chunk is at most 64 KiB and fits in the broker's Maximum Packet Size. One that the broker takes for too large halves
  the size, down to 4 KiB; refused there, the clip is given up and counted. On a slow link chunks shrink as well, until
  one takes about two seconds: what an alarm may wait.
* PUBACK is enough to go on; after the tail the centre says `clip-received` or asks for what it lacks. Until it does,
  the tail goes out again after 30 s, 60 s, 120 s, then every 300 s.
* A connection that dies with media in flight and nothing of it delivered makes media wait after the next one, longer
  each time: a clip never keeps a node in a loop of reconnecting.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from firmware.core.clip_progress import ClipProgress, Range, SendChunk, SendHead, SendTail

DONE = 0x00
NO_LISTENER = 0x10
QUOTA_EXCEEDED = 0x97
# Brokers differ: a PUBLISH above their limit is "packet too large" or an "implementation specific error".
TOO_LARGE = frozenset({0x95, 0x83})

LEAST_CHUNK_BYTES = 4 * 1024
MOST_CHUNK_BYTES = 64 * 1024
# PUBLISH around the payload: header, topic (at most 180 bytes), content type, expiry, `offset`.
OVERHEAD_BYTES = 512
IN_FLIGHT = 2
SLOW_S = 2.0
QUICK_S = 0.5
BARREN_WAIT_S = (0.0, 0.0, 5.0, 15.0, 60.0, 300.0)


@dataclass(frozen=True, slots=True)
class SendStill:
    """Publish the still."""

    alarm: str


Piece = SendStill | SendHead | SendChunk | SendTail


@dataclass(frozen=True, slots=True)
class StillStock:
    """A still in the media store."""

    alarm: str
    size: int


@dataclass(frozen=True, slots=True)
class ClipStock:
    """A clip in the media store: `size` bytes so far, of which an earlier run brought `resume_at` to the broker."""

    alarm: str
    size: int
    ended: bool
    resume_at: int = 0


@dataclass(frozen=True, slots=True)
class _Flight:
    piece: Piece
    since_s: float


class MediaQueue:
    """Decides about media; keeps no bytes of it. It knows what the media store holds, which is bounded."""

    def __init__(self, chunk_bytes: int, pause_s: float) -> None:
        self._cap = max(LEAST_CHUNK_BYTES, min(chunk_bytes, MOST_CHUNK_BYTES))
        self._chunk = self._cap
        self._pause_s = pause_s
        self._packet_bytes: int | None = None
        self._stills: dict[str, StillStock] = {}
        self._clips: dict[str, ClipProgress] = {}
        self._given_up: set[tuple[type, str]] = set()
        self._flying: dict[int, _Flight] = {}
        self._paused_until_s = float("-inf")
        self._barren = 0
        self.refused = 0
        """Stills and clips that the broker would not take in any size."""

    @property
    def filming(self) -> bool:
        """Whether a clip grows: the store is worth a look every now and then."""
        return any(not clip.ended for clip in self._clips.values())

    def stock(self, stills: Iterable[StillStock], clips: Iterable[ClipStock]) -> None:
        """All that the store holds now; what it no longer holds is forgotten."""
        held = {still.alarm: still for still in stills}
        grown = {clip.alarm: clip for clip in clips}
        self._given_up = {(kind, alarm) for kind, alarm in self._given_up if alarm in held or alarm in grown}
        self._stills = {alarm: still for alarm, still in held.items() if (SendStill, alarm) not in self._given_up}
        self._clips = {alarm: clip for alarm, clip in self._clips.items() if alarm in grown}
        for alarm, seen in grown.items():
            if (SendHead, alarm) in self._given_up:
                continue
            fresh = ClipProgress(alarm, frontier=min(seen.resume_at, seen.size))
            self._clips.setdefault(alarm, fresh).grown(seen.size, seen.ended)

    def resend(self, alarm: str, ranges: Iterable[Range]) -> bool:
        """The centre wants these bytes again (none named: all of it). False: there is no such clip."""
        clip = self._clips.get(alarm)
        if clip is not None:
            clip.wanted(ranges)
        return clip is not None

    def arrived_bytes(self, alarm: str) -> int:
        """Bytes from the start of the clip that the broker has without a gap."""
        clip = self._clips.get(alarm)
        return clip.arrived_bytes if clip is not None else 0

    def connected(self, max_packet_bytes: int | None, t_s: float) -> None:
        """A connection stands."""
        self._packet_bytes = max_packet_bytes
        self._chunk = max(LEAST_CHUNK_BYTES, min(self._chunk, self._most()))
        self._paused_until_s = t_s + BARREN_WAIT_S[min(self._barren, len(BARREN_WAIT_S) - 1)]

    def disconnected(self, reason: int | None) -> None:
        """The connection is gone, and with it what was in flight. `reason`: the broker's DISCONNECT code."""
        lost = [flight.piece for flight in self._flying.values()]
        self._flying.clear()
        for piece in lost:
            self._failed(piece)
        if lost:
            self._barren += 1
            # On a very slow link the pieces themselves may have been too much; quick answers bring the size back.
            self._chunk = max(LEAST_CHUNK_BYTES, self._chunk // 2)
            if reason in TOO_LARGE:
                self._too_large(max(lost, key=self._size))

    def next(self, t_s: float) -> Piece | None:
        """The next piece, if there is one and room in flight."""
        if len(self._flying) >= IN_FLIGHT or t_s < self._paused_until_s:
            return None
        flying = {flight.piece for flight in self._flying.values()}
        for still in list(self._stills.values()):
            if self._packet_bytes is not None and still.size + OVERHEAD_BYTES > self._packet_bytes:
                self._give_up(SendStill, still.alarm)
            elif SendStill(still.alarm) not in flying:
                return SendStill(still.alarm)
        if self._most() < LEAST_CHUNK_BYTES:
            for alarm in list(self._clips):
                self._give_up(SendHead, alarm)
        pieces = (clip.next(self._chunk, t_s) for clip in self._clips.values())
        return next((piece for piece in pieces if piece is not None), None)

    def due_s(self, t_s: float) -> float | None:
        """The next time after `t_s` at which a pause ends or a tail is due again."""
        tails = [clip.tail_due_s for clip in self._clips.values() if clip.all_there]
        return min((time_s for time_s in (self._paused_until_s, *tails) if time_s > t_s), default=None)

    def sent(self, piece: Piece, token: int, t_s: float) -> None:
        """What `next` gave is on its way; `token` will name it in `acked`."""
        self._flying[token] = _Flight(piece, t_s)
        if not isinstance(piece, SendStill):
            self._clips[piece.alarm].sent(piece)

    def gone(self, piece: Piece) -> None:
        """It is not there, or cannot be read; until the next `stock` says otherwise, it is forgotten."""
        if isinstance(piece, SendStill):
            self._stills.pop(piece.alarm, None)
        else:
            self._clips.pop(piece.alarm, None)

    def acked(self, token: int, reason: int, t_s: float) -> Piece | None:
        """The broker's PUBACK. Gives the piece where it has arrived; unknown tokens are ignored."""
        flight = self._flying.pop(token, None)
        if flight is None:
            return None
        if reason == DONE:
            self._barren = 0
            self._arrived(flight, t_s)
            return flight.piece
        self._failed(flight.piece)
        if reason in TOO_LARGE:
            self._too_large(flight.piece)
        elif reason in (NO_LISTENER, QUOTA_EXCEEDED):
            self._paused_until_s = t_s + self._pause_s
        else:
            self._refuse(flight.piece)
        return None

    def _arrived(self, flight: _Flight, t_s: float) -> None:
        piece = flight.piece
        if isinstance(piece, SendStill):
            self._stills.pop(piece.alarm, None)
            return
        if piece.alarm in self._clips:
            self._clips[piece.alarm].arrived(piece, t_s)
        if isinstance(piece, SendChunk) and piece.length >= self._chunk:
            took_s = t_s - flight.since_s
            if took_s > SLOW_S:
                self._chunk = max(LEAST_CHUNK_BYTES, self._chunk // 2)
            elif took_s < QUICK_S:
                self._chunk = min(self._chunk * 2, self._most())

    def _failed(self, piece: Piece) -> None:
        if not isinstance(piece, SendStill) and piece.alarm in self._clips:
            self._clips[piece.alarm].failed(piece)

    def _too_large(self, piece: Piece) -> None:
        if isinstance(piece, SendChunk) and piece.length > LEAST_CHUNK_BYTES:
            # By this chunk's own length: two refused in a row tell one thing, not two.
            self._cap = min(self._cap, max(LEAST_CHUNK_BYTES, piece.length // 2))
            self._chunk = min(self._chunk, self._cap)
        else:
            self._refuse(piece)

    def _refuse(self, piece: Piece) -> None:
        self._give_up(SendStill if isinstance(piece, SendStill) else SendHead, piece.alarm)

    def _give_up(self, kind: type, alarm: str) -> None:
        if (self._stills if kind is SendStill else self._clips).pop(alarm, None) is not None:
            self._given_up.add((kind, alarm))
            self.refused += 1

    def _most(self) -> int:
        return self._cap if self._packet_bytes is None else min(self._cap, self._packet_bytes - OVERHEAD_BYTES)

    def _size(self, piece: Piece) -> int:
        if isinstance(piece, SendChunk):
            return piece.length
        still = self._stills.get(piece.alarm) if isinstance(piece, SendStill) else None
        return still.size if still else 0
