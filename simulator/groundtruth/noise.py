"""Ground truth as a detector would see it: what is missed, how boxes waver, what is seen that is not there.

All of it in columns, and all of it from one seed.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from firmware.messages import Box, Detection, ObjectKind, Size
from simulator.conditions import Condition
from simulator.groundtruth.detector import DetectorModel, Illusion, illusions, recall
from simulator.groundtruth.merged import Finds, merged
from simulator.groundtruth.records import I32, KIND_CODES, KINDS, U8, Bools, TruthTable
from simulator.moment import Kind
from simulator.optics import F32, F64

FALSE = 0
"""`DetectionTable.track` of what is not there."""

OBJECT_KINDS = tuple(ObjectKind)
"""A detection table's `kind` is a place in here."""

LEAST_SCORE = 0.1
_CHUNK = 4000
_OWN = 881
_HOT_SPOTS = 4
_ANIMAL_PASSES_FOR = 0.12


@dataclass(frozen=True, slots=True)
class DetectionTable:
    """Detections of the looks at `t_s` [n], a row each, sorted by frame, best first in a frame.

    `kind` is a place in OBJECT_KINDS, `box` x, y, width, height [m, 4] in pixels of a picture of `size`, `track` the
    number of the thing that it really is (0: nothing).
    """

    size: Size
    t_s: F64
    frame: I32
    kind: U8
    score: F32
    box: F32
    track: I32

    def __len__(self) -> int:
        return len(self.frame)

    def looks(self) -> Iterator[tuple[Detection, ...]]:
        """The detections of each frame as a node's detector gives them, in order of time."""
        for chunk in self.chunks(_CHUNK):
            for first, end in chunk.edges:
                yield tuple(
                    Detection(OBJECT_KINDS[chunk.kinds[row]], chunk.scores[row], Box(*chunk.boxes[row]))
                    for row in range(first, end)
                )

    def chunks(self, frames: int) -> Iterator["Chunk"]:
        """Lists of so many frames at a time: all of a night at once would be millions of objects."""
        edges = np.searchsorted(self.frame, np.arange(len(self.t_s) + 1))
        scores, boxes = np.round(self.score, 4).astype(np.float64), np.round(self.box, 2).astype(np.float64)
        for start in range(0, len(self.t_s), frames):
            own = edges[start : start + frames + 1]
            rows = slice(int(own[0]), int(own[-1]))
            ends = (own - own[0]).tolist()
            yield Chunk(
                start,
                list(zip(ends[:-1], ends[1:], strict=True)),
                self.kind[rows].tolist(),
                np.round(scores[rows], 4).tolist(),
                list(zip(*np.round(boxes[rows], 2).T.tolist(), strict=True)),
            )


@dataclass(frozen=True, slots=True)
class Chunk:
    """Consecutive frames from `first` on: where each begins and ends in the lists of kinds, scores and boxes."""

    first: int
    edges: list[tuple[int, int]]
    kinds: list[int]
    scores: list[float]
    boxes: list[tuple[float, float, float, float]]


@dataclass(frozen=True, slots=True)
class _Found:
    """Rows of a table in the making."""

    frame: I32
    kind: U8
    score: F32
    box: F32
    track: I32


def detections(
    table: TruthTable, condition: Condition, seed: int, model: DetectorModel | None = None
) -> DetectionTable:
    """What a detector says of each of the table's frames. The same seed says the same."""
    model = model or DetectorModel()
    rng = np.random.default_rng([seed, _OWN])
    parts = [_real(table, condition, model, rng)]
    parts += [_imagined(table, one, rng) for one in illusions(condition)]
    frame = np.concatenate([part.frame for part in parts])
    score = np.concatenate([part.score for part in parts])
    # By frame, then the best first. Tracks are runs of rising frames, which a stable sort merges quickly.
    order = np.argsort(frame.astype(np.float64) - 0.9 * score, kind="stable")
    return DetectionTable(
        table.size, table.t_s, frame[order],
        np.concatenate([part.kind for part in parts])[order], score[order],
        np.concatenate([part.box for part in parts])[order], np.concatenate([part.track for part in parts])[order],
    )  # fmt: skip


def renewed(table: TruthTable, memory_s: F64, rng: np.random.Generator) -> NDArray[np.int64]:
    """For each row the row at which its luck was last drawn, [m]; `memory_s` [m].

    Luck is drawn anew with chance 1 - exp(-dt / memory_s) between a track's rows. Found while luck < p, a thing is in
    a two-state Markov chain with stationary chance p and correlation exp(-dt / memory_s).
    """
    count = len(table)
    gap_s = np.diff(table.t_s[table.frame], prepend=0.0)
    fresh = rng.random(count) >= np.exp(-np.maximum(gap_s, 0.0) / memory_s)
    fresh |= np.diff(table.track, prepend=-1) != 0
    return np.asarray(np.maximum.accumulate(np.where(fresh, np.arange(count), 0)))


def _real(table: TruthTable, condition: Condition, model: DetectorModel, rng: np.random.Generator) -> _Found:
    table = _as_classes(table, rng)
    by_kind = _ByKind.of(model)
    luck_row = renewed(table, by_kind.memory_s[table.kind], rng)
    chance = recall(table, condition, model)
    luck = rng.random(len(table), dtype=np.float32)[luck_row]
    found = luck < chance
    weak = ~found & (rng.random(len(table), dtype=np.float32) < model.weak_share) & (chance > 0.02)
    rows = np.flatnonzero(found | weak)
    boxes = _wavered(table, rows, luck_row[rows], by_kind, rng)
    score = _scores(found[rows], table.kind[rows], by_kind, rng)
    joins = rng.random(len(table), dtype=np.float32)[luck_row[rows]] < model.merges
    keep, boxes = merged(table, rows, Finds(boxes, score, joins), model.merge_iou)
    classes = _CLASS_OF[table.kind[rows]]
    return _Found(
        table.frame[rows][keep], classes[keep], score[keep], boxes[keep].astype(np.float32), table.track[rows][keep]
    )


_CLASS_OF: U8 = np.array(
    [OBJECT_KINDS.index(ObjectKind(kind.value)) if kind is not Kind.ANIMAL else 0 for kind in KINDS], dtype=np.uint8
)


def _as_classes(table: TruthTable, rng: np.random.Generator) -> TruthTable:
    """Animals have no class: some looks take them for people, as small ones low on the ground."""
    animal = table.kind == KIND_CODES[Kind.ANIMAL]
    if not animal.any():
        return table
    passes = rng.random(len(table)) < _ANIMAL_PASSES_FOR
    table = table.rows(~animal | passes)
    kinds = np.where(table.kind == KIND_CODES[Kind.ANIMAL], KIND_CODES[Kind.PERSON], table.kind).astype(np.uint8)
    return TruthTable(
        table.size, table.t_s, table.frame, table.track, kinds, table.box, table.shown, table.visible_ratio,
        table.distance_m, table.activity,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _ByKind:
    """A detector's parameters as columns over KINDS."""

    memory_s: F64
    held: F32
    quick: F32
    score: F32
    spread: F32
    least_px: float

    @classmethod
    def of(cls, model: DetectorModel) -> "_ByKind":
        kinds = [model.kinds[kind if kind in model.kinds else Kind.PERSON] for kind in KINDS]
        return cls(
            np.array([one.memory_s for one in kinds]),
            np.stack([one.held.column for one in kinds]),
            np.stack([one.quick.column for one in kinds]),
            np.array([one.score for one in kinds], dtype=np.float32),
            np.array([one.spread for one in kinds], dtype=np.float32),
            model.jitter_px,
        )


def _wavered(
    table: TruthTable, rows: NDArray[np.int64], luck_row: NDArray[np.int64], by_kind: _ByKind, rng: np.random.Generator
) -> F32:
    """Boxes of some rows with their four edges moved, cut to the picture."""
    shown, kind = table.shown[rows], table.kind[rows]
    least = np.float32(by_kind.least_px * table.size.height_px / 720.0)
    # A sliver beside a pillar does not waver by its height.
    extent = np.minimum(shown[:, 3], 3 * shown[:, 2])[:, None]
    held = np.maximum(by_kind.held[kind] * extent, least)
    held *= rng.standard_normal((len(table), 4), dtype=np.float32)[luck_row]
    quick = np.maximum(by_kind.quick[kind] * extent, 0.5 * least)
    quick *= rng.standard_normal((len(rows), 4), dtype=np.float32)
    corners = np.concatenate([shown[:, :2], shown[:, :2] + shown[:, 2:]], axis=1) + held + quick
    return _cut(corners, table.size)


def _cut(corners: F32, size: Size) -> F32:
    """Corners to boxes inside the picture, at least a pixel wide and high."""
    limit = np.array([size.width_px, size.height_px], dtype=np.float32)
    low = np.clip(np.minimum(corners[:, :2], corners[:, 2:]), 0, limit - 1)
    high = np.clip(np.maximum(corners[:, 2:], low + 1), low + 1, limit)
    return np.asarray(np.concatenate([low, high - low], axis=1), dtype=np.float32)


def _scores(found: Bools, kind: U8, by_kind: _ByKind, rng: np.random.Generator) -> F32:
    """From 0.5 on for what is found, below for what is nearly found."""
    luck = rng.standard_normal(len(found), dtype=np.float32)
    high = np.clip(by_kind.score[kind] + by_kind.spread[kind] * luck, 0.5, 0.98)
    low = np.clip(np.float32(0.32) + np.float32(0.08) * luck, LEAST_SCORE, 0.499)
    return np.where(found, high, low).astype(np.float32)


def _imagined(table: TruthTable, one: Illusion, rng: np.random.Generator) -> _Found:
    """False finds of one cause: events in time, each at a place for a while. Half of them return to a few places."""
    count = len(table.t_s)
    begin_s, end_s = (float(table.t_s[0]), float(table.t_s[-1])) if count else (0.0, 0.0)
    events = int(rng.poisson(one.per_min * (end_s - begin_s) / 60.0))
    starts = np.sort(rng.uniform(begin_s, end_s, events))
    first = np.searchsorted(table.t_s, starts)
    last = np.maximum(np.searchsorted(table.t_s, starts + rng.exponential(one.lasts_s, events)), first + 1)
    spots = rng.uniform([0.02, 0.15], [0.98, 0.95], (_HOT_SPOTS, 2))
    places = rng.uniform([0.02, 0.05], [0.98, 0.98], (events, 2))
    again = rng.random(events) < 0.5
    places[again] = spots[rng.integers(_HOT_SPOTS, size=int(again.sum()))]
    high = one.high_px * table.size.height_px / 720.0 * np.exp(0.4 * rng.standard_normal(events))
    event = np.repeat(np.arange(events), np.minimum(last, count) - np.minimum(first, count))
    within = np.arange(len(event)) - np.searchsorted(event, event)
    centre = places[event] * np.array([table.size.width_px, table.size.height_px])
    half = np.stack([high * one.aspect, high], axis=1)[event] / 2 * (1 + 0.06 * rng.standard_normal((len(event), 2)))
    centre = centre + 0.06 * high[event, None] * rng.standard_normal((len(event), 2))
    score = np.clip(one.score + 0.09 * rng.standard_normal(len(event)), LEAST_SCORE, 0.9)
    return _Found(
        (first[event] + within).astype(np.int32),
        np.full(len(event), OBJECT_KINDS.index(one.kind), np.uint8), score.astype(np.float32),
        _cut(np.concatenate([centre - half, centre + half], axis=1).astype(np.float32), table.size),
        np.full(len(event), FALSE, np.int32),
    )  # fmt: skip
