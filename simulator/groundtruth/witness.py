"""Knows what is to be seen of one played scene from one view: exactly at one time, or in columns over many."""

from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property

import numpy as np

from simulator.conditions import Condition
from simulator.groundtruth import bodies, seeing
from simulator.groundtruth.along import Watch, watched
from simulator.groundtruth.bodies import Being
from simulator.groundtruth.depth import Layers, Patch, Sight, StandingMap, overlay_sight, sight
from simulator.groundtruth.flames import THICK_M, Burning, flames
from simulator.groundtruth.records import Bools, TruthTable, stacked
from simulator.groundtruth.records import TruthObject as TruthObject
from simulator.lots.lot import Lot
from simulator.optics import F64, View
from simulator.play import CameraEvent, CameraHarm, Play
from simulator.weather import wind


class Witness:
    """One lot, one play, one view, one condition. What it says depends on the picture's size in nothing but pixels."""

    def __init__(self, lot: Lot, play: Play, view: View, condition: Condition) -> None:
        self._lot = lot
        self._play = play
        self._view = view
        self._condition = condition

    @cached_property
    def standing(self) -> StandingMap:
        """Depth and owner of every point of what never moves in this play."""
        return bodies.map_of(self._lot, self._view).without(bodies.driven(self._play))

    def at(self, t_s: float) -> tuple[TruthObject, ...]:
        """Everything of which at least a pixel's breadth is in the picture, what is hidden altogether included.

        Vehicles, two-wheelers, people and animals by their numbers, then fire and smoke. Behind a covered or sprayed
        lens nothing shows; a camera that was turned sees what it then looks at.
        """
        turn = self._turn
        if turn is not None and t_s >= turn.start_s + turn.lasts_s:
            return self._turned.at(t_s)
        found = self._found(t_s)
        if t_s < self._veiled_s:
            return found
        return tuple(replace(thing, shown=thing.box, visible_ratio=0.0, hidden_by=None) for thing in found)

    def _found(self, t_s: float) -> tuple[TruthObject, ...]:
        moving, layers = self._moving(t_s)
        found: dict[int, TruthObject] = {}
        for being, patch in (*self._parked(), *moving):
            seen = sight(self.standing.grid, patch, being.number, layers)
            if seen is not None:
                found[being.number] = self._described(being, seen)
        for flame in flames(self._burning, t_s):
            outline = flame.patch(self.standing.grid)
            seen = overlay_sight(self.standing.grid, outline, layers, THICK_M) if outline is not None else None
            if seen is not None:
                found[flame.being.number] = self._described(flame.being, seen)
        order = sorted(found, key=lambda number: (200 <= number < 300, number))
        return tuple(found[number] for number in order)

    def along(self, t_s: F64) -> TruthTable:
        """The same at ascending times [n], from skeletons: boxes of what shows to a few pixels, without the hidden."""
        times = np.asarray(t_s, dtype=np.float64)
        turned_s = np.inf if self._turn is None else self._turn.start_s + self._turn.lasts_s
        table = self._watched(times, times < min(turned_s, self._veiled_s))
        if not (times >= turned_s).any() or turned_s >= self._veiled_s:
            return table
        rest = self._turned._watched(times, (times >= turned_s) & (times < self._veiled_s))
        return stacked(self._view.size, times, [part for part in (table, rest) if len(part)])

    def _watched(self, t_s: F64, wanted: Bools) -> TruthTable:
        """A table of all times, with rows for the wanted (consecutive) ones only."""
        watch = Watch(self._lot, self._play, self._condition, self.standing, self._burning)
        frames = np.flatnonzero(wanted)
        part = watched(watch, t_s[frames])
        first = np.int32(frames[0]) if len(frames) else np.int32(0)
        return replace(part, t_s=t_s, frame=part.frame + first)

    @cached_property
    def _turn(self) -> CameraEvent | None:
        return next((event for event in self._play.camera if event.harm is CameraHarm.TURNED), None)

    @cached_property
    def _turned(self) -> "Witness":
        """Of what the camera sees after it was turned."""
        assert self._turn is not None
        play = replace(self._play, camera=tuple(event for event in self._play.camera if event is not self._turn))
        return Witness(self._lot, play, self._view.turned(self._turn.amount), self._condition)

    @property
    def _veiled_s(self) -> float:
        """From when on the lens is covered or sprayed."""
        harms = (CameraHarm.COVERED, CameraHarm.SPRAYED)
        return min((one.start_s + one.lasts_s for one in self._play.camera if one.harm in harms), default=np.inf)

    @cached_property
    def _burning(self) -> Burning:
        return Burning(self._play, wind.of(self._condition, self._view), self.standing.grid)

    def _moving(self, t_s: float) -> tuple[list[tuple[Being, Patch]], Layers]:
        layers = self.standing.layers.copy()
        bodies.add_branches(layers, self.standing.grid, self._lot, self._condition.wind_m_s, t_s)
        moving = []
        for mover in bodies.movers(self._lot, self._play, t_s):
            patch = self.standing.grid.patch(mover.solid)
            if patch is not None:
                layers.add(patch, mover.being.number)
                moving.append((mover.being, patch))
        return moving, layers

    def _parked(self) -> Iterator[tuple[Being, Patch]]:
        for number, patch in self.standing.outlines.items():
            if 1 <= number <= bodies.LAST_VEHICLE:
                yield bodies.parked(self._lot.vehicle(number)), patch

    def _described(self, being: Being, seen: Sight) -> TruthObject:
        away_m = seeing.distance_m(self._view, being.place_m)
        return TruthObject(
            kind=being.kind,
            track=being.number,
            box=seen.box,
            shown=seen.shown,
            visible_ratio=seen.visible_ratio,
            hidden_by=seen.hidden_by,
            distance_m=away_m,
            place_m=being.place_m,
            activity=being.activity,
            facing_rad=seeing.facing(being.heading_rad, being.place_m, self._view),
            speed_m_s=being.speed_m_s,
            clarity=float(seeing.clarity(self._condition, np.array(away_m))),
        )
