"""Detections in, tracks out: who is who from look to look.

A Kalman filter of constant velocity on the ground, and pairing in two stages: first the detections with a high score,
then those with a low one to the tracks that are left (Zhang et al., ByteTrack, ECCV 2022). A detection's uncertainty
on the ground is its uncertainty in the picture through the ground's Jacobian (Yi et al., UCMCTrack, AAAI 2024), so that
far away, where a pixel is half a metre deep, less is believed.
"""

import numpy as np
from numpy.typing import NDArray

from firmware.core import kalman
from firmware.core.assignment import UNPAIRED, assign
from firmware.core.boxes import as_array, overlap, overlaps
from firmware.core.ground import Ground
from firmware.core.second_look import NOTHING, Overlooked
from firmware.core.sight import Sight, TrackerSettings, without_twins
from firmware.core.trail import HOT, WHEELED, Trail
from firmware.messages import Detection, ObjectKind, Track

Array = NDArray[np.float64]

GATE = 9.21
"""Squared Mahalanobis distance that 99 of 100 right pairs keep (chi-square, 2 degrees of freedom)."""

OUT_OF_SIGHT_S = 2.0
"""So long an unseen thing's place grows uncertain; after that nobody is farther than where people walk to meanwhile."""

SLOW_DOWN_S = 1.0
"""Time constant with which an unseen thing is taken to slow down: nobody walks on for long behind one car."""


EXCUSED_S = 1.0
"""Somebody small who was seen so lately is not missed where nobody looked closely; after that, he is."""

KINDS = {kind: n for n, kind in enumerate(ObjectKind)}

UNLIKENESS = np.array(
    [[0.0 if a is b else 0.2 if {a, b} <= WHEELED else UNPAIRED for b in ObjectKind] for a in ObjectKind]
)
"""What a difference of kind adds to the cost: a motorcycle may pass for a car for a moment, a person never does."""

START_M_S = 1.5
"""Standard deviation of a newcomer's speed: people walk, some run, cars on a lot crawl."""


class Tracker:
    """Follows everything. Give it every look in order; `update` never looks ahead."""

    def __init__(self, ground: Ground, settings: TrackerSettings | None = None) -> None:
        self._ground = ground
        self._settings = settings or TrackerSettings()
        self._trails: list[Trail] = []
        self._state: Array = np.zeros((0, 4))
        self._covariance: Array = np.zeros((0, 4, 4))
        self._last_s: float | None = None
        self._next_id = 1

    def update(
        self, detections: tuple[Detection, ...] | None, t_s: float, overlooked: Overlooked = NOTHING
    ) -> tuple[Track, ...]:
        """One look: all confirmed tracks, also those that coast unseen (`seen_s` < `t_s`), in order of id.

        `detections` is None where the motion gate let the detector rest: tracks coast, and nothing counts as missed.
        `overlooked` tells where this look may have overlooked small things: those are not missed either, for a while.
        Raises ValueError where time runs backwards.
        """
        if self._last_s is not None and t_s < self._last_s:
            raise ValueError(f"a look at {t_s} s after one at {self._last_s} s: looks must come in order of time")
        dt_s = 0.0 if self._last_s is None else t_s - self._last_s
        self._last_s = t_s
        self._coast(dt_s, t_s)
        if detections is not None:
            self._look(without_twins(detections, self._settings), overlooked, dt_s, t_s)
        return self._tracks()

    def _coast(self, dt_s: float, t_s: float) -> None:
        if not self._trails or dt_s <= 0:
            return
        accel = [self._units(trail) * trail.accel_m_s2(t_s) for trail in self._trails]
        accel = [a * (trail.missing_s < OUT_OF_SIGHT_S) for a, trail in zip(accel, self._trails, strict=True)]
        slowing = np.array([trail.missing_s > 0 or trail.parked(t_s) for trail in self._trails])
        keep = np.where(slowing, np.exp(-dt_s / SLOW_DOWN_S), 1.0)
        self._state, self._covariance = kalman.predict(self._state, self._covariance, dt_s, np.array(accel), keep)

    def _units(self, trail: Trail) -> float:
        """Ground units per metre."""
        return 1.0 if self._ground.calibrated else trail.px_per_m

    def _look(self, detections: list[Detection], overlooked: Overlooked, dt_s: float, t_s: float) -> None:
        sight = Sight(detections, self._ground, [trail for trail in self._trails if trail.parked(t_s)])
        places = self._places(sight)
        cost = self._cost(sight, places, t_s)
        good = [d.score >= self._settings.wanted(d.kind) for d in sight.detections]
        high, low = np.flatnonzero(good).tolist(), np.flatnonzero(np.logical_not(good)).tolist()
        pairs = _pair(cost, list(range(len(self._trails))), high)
        taken = {i for i, _ in pairs}
        pairs += _pair(cost, [i for i in range(len(self._trails)) if i not in taken], low)
        self._correct(pairs, sight, places, t_s)
        taken = {i for i, _ in pairs}
        for i, trail in enumerate(self._trails):
            if i not in taken and not self._excused(trail, overlooked, t_s):
                trail.miss(dt_s)
        self._confirm(pairs)
        self._forget(t_s)
        used = {j for _, j in pairs}
        self._start([j for j in high if j not in used], sight, t_s)

    def _excused(self, trail: Trail, overlooked: Overlooked, t_s: float) -> bool:
        """Whether nothing follows from its not being seen: it is small, and nobody looked closely there."""
        return t_s - trail.seen_s <= EXCUSED_S and trail.kind not in HOT and overlooked.excuses(trail.box)

    def _places(self, sight: Sight) -> Array:
        """Where each detection stands if it is each track's, [tracks, detections, 2].

        That differs only where feet are hidden and no calibration tells how tall people are: then a track's own height
        leads from the head to the feet."""
        places = np.repeat(sight.places[None], len(self._trails), axis=0)
        if not self._ground.calibrated:
            for j in np.flatnonzero(sight.hidden):
                box = sight.detections[j].box
                places[:, j, 1] = [box.y_px + max(trail.tall_px, box.h_px) for trail in self._trails]
        return places

    def _cost(self, sight: Sight, places: Array, t_s: float) -> Array:
        """[tracks, detections]: how unlike, 0..1 and a little more, or UNPAIRED."""
        if not self._trails or not sight.detections:
            return np.zeros((len(self._trails), len(sight.detections)))
        apart = kalman.distances(self._state, self._covariance, places, sight.noise)
        parked = np.array([trail.parked(t_s) for trail in self._trails])[:, None]
        shared = self._shared(sight, parked)
        kinds = UNLIKENESS[np.ix_(_codes(self._trails), _codes(sight.detections))]
        # What stands parked is where it was; anything else may also be where its velocity leads.
        near = np.where(parked, shared >= 0.5, (shared >= 0.3) | (apart <= GATE))
        near &= (kinds == 0) | ((kinds < UNPAIRED) & (shared >= 0.5))
        cost = 0.5 * (1 - shared) + 0.5 * np.minimum(apart / GATE, 1) + kinds
        result: Array = np.where(near, cost, UNPAIRED)
        return result

    def _shared(self, sight: Sight, parked: NDArray[np.bool_]) -> Array:
        """Overlap [tracks, detections] of each track's whole box, moved to where it should be now, with each detection;
        of its upper part alone where the detection's feet are hidden."""
        feet = self._ground.pixels(self._state[:, :2])
        sizes = np.array([(trail.box.w_px, trail.tall_px) for trail in self._trails])
        low, high = feet - sizes * (0.5, 1), feet + sizes * (0.5, 0)
        expected = np.hstack([low, high])
        seen = as_array([d.box for d in sight.detections])
        shared = overlaps(expected, seen)
        # A parked vehicle's box is a mean; when it pulls out, the latest box is the one to go by.
        shared = np.maximum(shared, overlaps(as_array([trail.latest for trail in self._trails]), seen) * parked)
        for j in np.flatnonzero(sight.hidden):
            upper = np.hstack([low, high[:, :1], np.minimum(high[:, 1:], seen[j, 3])])
            shared[:, j] = overlaps(upper, seen[j : j + 1])[:, 0]
        return shared

    def _correct(self, pairs: list[tuple[int, int]], sight: Sight, places: Array, t_s: float) -> None:
        if not pairs:
            return
        rows, columns = [i for i, _ in pairs], [j for _, j in pairs]
        self._state[rows], self._covariance[rows] = kalman.correct(
            self._state[rows], self._covariance[rows], places[rows, columns], sight.noise[columns]
        )
        for i, j in pairs:
            trail = self._trails[i]
            if sight.detections[j].score >= self._settings.wanted(trail.kind):
                trail.good_s = t_s
            if trail.see(sight.detections[j], t_s, sight.hidden[j]):
                self._state[i], self._covariance[i] = self._unknown(trail, places[i, j], sight.noise[j])

    def _confirm(self, pairs: list[tuple[int, int]]) -> None:
        """Believe in what was seen for long enough, often enough and well enough.

        Three sightings at least: a span of time with nothing between its ends proves nothing."""
        wanted = self._settings
        for i, _ in pairs:
            trail = self._trails[i]
            if trail.id or trail.sightings < 3 or trail.score < wanted.confirm_score:
                continue
            lasted_s = trail.seen_s - trail.first_s
            if lasted_s >= wanted.confirm_s - 1e-6 and trail.missed_s <= wanted.missed_ratio * lasted_s:
                trail.id = self._next_id
                self._next_id += 1

    def _patience_s(self, trail: Trail, t_s: float) -> float:
        if trail.id == 0:
            return self._settings.doubt_s
        if trail.parked(t_s):
            return self._settings.parked_s
        return self._settings.hidden_s if trail.hidden else self._settings.forget_s

    def _believed(self, trail: Trail, t_s: float) -> bool:
        faint = trail.seen_s - trail.good_s > self._settings.faint_s and not trail.parked(t_s)
        return trail.missing_s <= self._patience_s(trail, t_s) and not faint

    def _forget(self, t_s: float) -> None:
        kept = [i for i, trail in enumerate(self._trails) if self._believed(trail, t_s)]
        if len(kept) < len(self._trails):
            self._trails = [self._trails[i] for i in kept]
            self._state, self._covariance = self._state[kept], self._covariance[kept]

    def _start(self, columns: list[int], sight: Sight, t_s: float) -> None:
        seen = [trail for trail in self._trails if trail.seen_s == t_s]
        for j in columns:
            new = sight.detections[j]
            # A second box around what has just been seen is a double, not a newcomer.
            alike = [t for t in seen if UNLIKENESS[KINDS[t.kind], KINDS[new.kind]] < UNPAIRED]
            if any(overlap(t.box, new.box) > 0.6 for t in alike):
                continue
            trail = Trail(new, t_s, sight.hidden[j])
            state, covariance = self._unknown(trail, sight.places[j], sight.noise[j])
            self._trails.append(trail)
            seen.append(trail)
            self._state = np.vstack([self._state, state])
            self._covariance = np.concatenate([self._covariance, covariance[None]])

    def _unknown(self, trail: Trail, place: Array, noise: Array) -> tuple[Array, Array]:
        """State [4] and covariance [4, 4] of something whose place was just measured and whose velocity is unknown."""
        covariance = np.zeros((4, 4))
        covariance[:2, :2] = noise
        covariance[(2, 3), (2, 3)] = (START_M_S * self._units(trail)) ** 2
        return np.array([*place, 0.0, 0.0]), covariance

    def _tracks(self) -> tuple[Track, ...]:
        rows = sorted((t.id, t, s) for t, s in zip(self._trails, self._state.tolist(), strict=True) if t.id)
        return tuple(
            Track(t.id, t.kind, t.box, t.score, x, y, vx, vy, t.first_s, t.seen_s) for _, t, (x, y, vx, vy) in rows
        )


def _codes(things: list[Trail] | list[Detection]) -> list[int]:
    """Each thing's row or column of UNLIKENESS."""
    return [KINDS[thing.kind] for thing in things]


def _pair(cost: Array, rows: list[int], columns: list[int]) -> list[tuple[int, int]]:
    """The cheapest pairs. Where two have nobody but each other, as most parked vehicles, there is nothing to weigh."""
    if not rows or not columns:
        return []
    part = cost[np.ix_(rows, columns)]
    may = part < UNPAIRED
    alone = may & (may.sum(axis=1, keepdims=True) == 1) & (may.sum(axis=0) == 1)
    pairs = [(rows[i], columns[j]) for i, j in np.argwhere(alone).tolist()]
    rest_rows = np.flatnonzero(may.any(axis=1) & ~alone.any(axis=1)).tolist()
    rest_columns = np.flatnonzero(may.any(axis=0) & ~alone.any(axis=0)).tolist()
    found = assign(part[np.ix_(rest_rows, rest_columns)])
    return pairs + [(rows[rest_rows[i]], columns[rest_columns[j]]) for i, j in found]
