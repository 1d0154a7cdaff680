"""The ground truth of many times at once, for nights: what stands is worked out once for each stretch of time in which
no vehicle starts or stops, and only what moves costs something for each picture."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from firmware.messages import Box, Size
from simulator.conditions import Condition
from simulator.groundtruth import bodies, seeing
from simulator.groundtruth.bodies import Being
from simulator.groundtruth.cover import Shares, StandPoints, hide_behind, hide_behind_standing, moved_in
from simulator.groundtruth.depth import Grid, Layers, Sight, StandingMap, sight
from simulator.groundtruth.flames import Burning, flame_table
from simulator.groundtruth.parked import Stand, Stretch, stretches
from simulator.groundtruth.records import (
    ACTIVITY_CODES,
    DRIVING,
    I32,
    PARKED,
    Bools,
    Columns,
    TruthTable,
    area,
    limits,
    stacked,
)
from simulator.groundtruth.samples import Samples, Way, of_skeleton, of_vehicle
from simulator.lots.lot import Lot
from simulator.optics import F64
from simulator.people import cast
from simulator.play import Play, Role
from simulator.vehicles import driving
from simulator.vehicles.vehicle import Vehicle

LEAST_VISIBLE = 0.02
_NEAR_M = 0.3
_CHUNK = 1500


@dataclass(frozen=True, slots=True)
class Watch:
    """What is watched: the map of what never moves in this play belongs to it."""

    lot: Lot
    play: Play
    condition: Condition
    standing: StandingMap
    burning: Burning

    @property
    def size(self) -> Size:
        """The picture's."""
        return self.standing.grid.picture.size


def watched(watch: Watch, t_s: F64) -> TruthTable:
    """Everything of which something shows at ascending times [n]."""
    parts: list[TruthTable] = []
    for stretch in stretches(watch.lot, watch.play, watch.standing.grid, t_s):
        layers = watch.standing.layers.copy()
        # Branches sway about where they are now; over a stretch that is as good as any other time.
        wind_m_s, begin_s = watch.condition.wind_m_s, float(t_s[stretch.frames[0]])
        bodies.add_branches(layers, watch.standing.grid, watch.lot, wind_m_s, begin_s)
        for stand in stretch.standing:
            layers.add(stand.patch, stand.being.number)
        moving = [Shares.of(samples) for samples in _movers(watch, stretch, t_s)]
        for shares in moving:
            hide_behind_standing(shares, layers)
        for shares in moving:
            for other in moving:
                if other is not shares:
                    hide_behind(shares, other.samples)
        parts += _standing_rows(watch, stretch, layers, [shares.samples for shares in moving], t_s)
        parts += [_moving_rows(watch, shares, t_s) for shares in moving]
        parts += flame_table(watch.burning, layers, stretch.frames, t_s)
    return stacked(watch.size, t_s, [part for part in parts if len(part)])


def _movers(watch: Watch, stretch: Stretch, t_s: F64) -> Iterator[Samples]:
    """Everything that moves in a stretch, in chunks of bounded memory."""
    grid = watch.standing.grid
    for drive in stretch.driving:
        for frames in _chunks(drive.frame):
            rows = frames - drive.frame[0]
            vehicle = watch.lot.vehicle(drive.being.number)
            way = Way(frames, drive.place_m[rows], _driving(watch, vehicle, t_s[frames]))
            samples = of_vehicle(grid, drive.being, vehicle, drive.heading_rad[rows], way)
            yield from _before_lens(samples)
    for role in watch.play.roles:
        first, last = np.searchsorted(t_s, [role.start_s, role.end_s])
        frames = np.arange(max(first, stretch.frames[0]), min(last + 1, stretch.frames[-1] + 1), dtype=np.int32)
        for chunk in _chunks(frames):
            yield from _person(grid, role, chunk, t_s)


def _driving(watch: Watch, vehicle: Vehicle, t_s: F64) -> I32:
    """Activity codes [n] of a vehicle on its way: it still stands at the first moment, and again at the last."""
    before, after = (
        driving.pose_at(vehicle, watch.play.drives, t_s + side * bodies.STEP_S / 2).place_m for side in (-1, 1)
    )
    moves = np.linalg.norm(after - before, axis=1) / bodies.STEP_S > bodies.MOVES_M_S
    return np.where(moves, ACTIVITY_CODES[DRIVING], ACTIVITY_CODES[PARKED]).astype(np.int32)


def _chunks(frames: I32) -> list[I32]:
    return [frames[start : start + _CHUNK] for start in range(0, len(frames), _CHUNK)]


def _person(grid: Grid, role: Role, frames: I32, t_s: F64) -> Iterator[Samples]:
    skeleton = cast.skeleton(role, t_s[frames])
    there = skeleton.present
    if not there.any():
        return
    frames, times = frames[there], t_s[frames][there]
    ends = np.array([act.end_s for act in role.acts])
    codes = np.array([ACTIVITY_CODES[bodies.activity_of(role, act)] for act in role.acts], dtype=np.int32)
    doing = codes[np.minimum(np.searchsorted(ends, times, side="right"), len(codes) - 1)]
    way = Way(frames, cast.place(role, times), doing)
    being = Being(role.number, role.kind, (0.0, 0.0), "", 0.0)
    spheres = cast.Skeleton(skeleton.points_m[there], skeleton.radius_m, there[there])
    yield from _before_lens(of_skeleton(grid, being, spheres, way))


def _before_lens(samples: Samples) -> Iterator[Samples]:
    """Only those frames in which all of it is before the lens."""
    inside: Bools = samples.depth_m.min(axis=1) > _NEAR_M
    if inside.any():
        yield samples if bool(inside.all()) else samples.some(inside)


def _standing_rows(
    watch: Watch, stretch: Stretch, layers: Layers, moving: list[Samples], t_s: F64
) -> Iterator[TruthTable]:
    """A row in each of the stretch's frames for every vehicle that stands in it."""
    grid = watch.standing.grid
    parked = [
        Stand(bodies.parked(watch.lot.vehicle(number)), patch)
        for number, patch in watch.standing.outlines.items()
        if 1 <= number <= bodies.LAST_VEHICLE
    ]
    for stand in (*parked, *stretch.standing):
        seen = sight(grid, stand.patch, stand.being.number, layers)
        if seen is None or seen.visible_ratio < LEAST_VISIBLE:
            continue
        points = StandPoints.of(stand.patch, stand.being.number, layers)
        shows = points.shown_behind(moving, stretch.frames)
        yield _stand_rows(watch, stand.being, seen, _Crossed(stretch.frames, points, shows), t_s)


@dataclass(frozen=True, slots=True)
class _Crossed:
    """Points of a standing thing and which of them [n, p] show in frames [n] while others pass before it."""

    frames: I32
    points: StandPoints
    shows: Bools


def _stand_rows(watch: Watch, being: Being, seen: Sight, crossed: _Crossed, t_s: F64) -> TruthTable:
    grid, count = watch.standing.grid, len(crossed.frames)
    away_m = np.array(seeing.distance_m(grid.picture, being.place_m))
    left = crossed.shows.mean(axis=1)
    shown = np.tile(_corners(seen.shown), (count, 1))
    part = left < 1.0
    if part.any():
        moved = moved_in(crossed.points.points_px[None], crossed.shows[part]) * grid.scale
        shown[part] = np.clip(
            shown[part] + moved, _corners(seen.shown)[[0, 1, 0, 1]], _corners(seen.shown)[[2, 3, 2, 3]]
        )
    ratio = seen.visible_ratio * left
    columns = Columns(
        crossed.frames, np.tile(_corners(seen.box), (count, 1)), shown, ratio, away_m,
        np.array(ACTIVITY_CODES[PARKED], dtype=np.int32),
    )  # fmt: skip
    return TruthTable.of(watch.size, t_s, being.number, being.kind, columns).rows(ratio >= LEAST_VISIBLE)


def _corners(box: Box) -> F64:
    return np.array([box.x_px, box.y_px, box.x_px + box.w_px, box.y_px + box.h_px])


def _moving_rows(watch: Watch, shares: Shares, t_s: F64) -> TruthTable:
    grid, samples = watch.standing.grid, shares.samples
    whole = _in_picture(grid, samples.outline_px)
    cut = np.clip(whole, 0, limits(watch.size))
    shown = np.clip(_in_picture(grid, shares.shown_px()), cut[:, [0, 1, 0, 1]], cut[:, [2, 3, 2, 3]])
    ratio = np.minimum(shares.visible() * area(cut) / np.maximum(area(whole), 1e-9), 1.0)
    side = np.minimum(cut[:, 2] - cut[:, 0], cut[:, 3] - cut[:, 1])
    keep = (side >= 1.0) & (ratio >= LEAST_VISIBLE) & (area(shown) > 0)
    columns = Columns(samples.frame, cut, shown, ratio, samples.distance_m, samples.activity)
    return TruthTable.of(watch.size, t_s, samples.being.number, samples.being.kind, columns).rows(keep)


def _in_picture(grid: Grid, corners_px: F64) -> F64:
    """Corners [n, 4] of the grid in pixels of the picture."""
    return np.concatenate([grid.to_picture(corners_px[:, :2]), grid.to_picture(corners_px[:, 2:])], axis=1)
