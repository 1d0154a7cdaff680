"""What is really in a picture: boxes, how much of each thing shows, how far it is, and what it does.

Shares and boxes of what shows are measured on a fixed grid of `_GRID_PX` columns: they do not depend on the picture's
size.
"""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from firmware.messages import Box, ObjectKind, Size
from simulator import cast
from simulator.actors import Actor
from simulator.backplate import CarSight, surfaces
from simulator.body import Capsules
from simulator.effects import flame_box
from simulator.lot import Lot
from simulator.optics import F64, View
from simulator.raster import Surfaces
from simulator.stories import FIRE_TRACK, Blaze, Story

_GRID_PX = 960


@dataclass(frozen=True, slots=True)
class TruthObject:
    """One thing. `box` is its whole outline cut to the picture, `shown` the box around the part that is not hidden.

    `visible_ratio` is that part's share of the outline; what lies outside the picture counts as hidden.
    """

    kind: ObjectKind
    track: int
    box: Box
    shown: Box
    visible_ratio: float
    distance_m: float
    activity: str

    def mirrored(self, width_px: int) -> "TruthObject":
        """The same in the picture's mirror image."""
        return replace(self, box=_flipped(self.box, width_px), shown=_flipped(self.shown, width_px))


def _flipped(box: Box, width_px: int) -> Box:
    return replace(box, x_px=width_px - box.x_px - box.w_px)


class Witness:
    """Knows what is to be seen of one lot from one view."""

    def __init__(self, lot: Lot, view: View) -> None:
        self._lot = lot
        self._view = view
        rows = round(_GRID_PX * view.size.height_px / view.size.width_px)
        self._grid = View(view.pose, Size(_GRID_PX, rows))

    def at(self, story: Story, t_s: float) -> tuple[TruthObject, ...]:
        """Cars, people by their numbers, then fire: all that is at least partly in the picture."""
        people = [self._person(actor, t_s) for actor in story.actors]
        found = (*self._cars, *(person for person in people if person is not None))
        fire = self._fire(story.blaze, t_s) if story.blaze is not None else None
        return found if fire is None else (*found, fire)

    @cached_property
    def _standing(self) -> tuple[Surfaces, tuple[CarSight, ...]]:
        return surfaces(self._lot, self._grid)

    @cached_property
    def _cars(self) -> tuple[TruthObject, ...]:
        seen, sights = self._standing
        found = []
        for car, sight in zip(self._lot.cars, sights, strict=True):
            points_px, depth = self._grid.project(car.mesh().vertices_m)
            if depth.min() < 0.3 or not sight.pixels:
                continue
            shown = _around(seen.tag == car.number)
            outline = self._outline(points_px.min(axis=0), points_px.max(axis=0))
            if outline is None or shown is None:
                continue
            box, inside = outline
            away = float(np.linalg.norm(np.array([*car.place_m, 0.7]) - self._grid.origin_m))
            found.append(
                TruthObject(
                    ObjectKind.VEHICLE,
                    car.number,
                    self._scaled(box),
                    self._scaled(shown),
                    sight.visible_ratio * inside,
                    away,
                    "parked",
                )  # fmt: skip
            )
        return tuple(found)

    def _person(self, actor: Actor, t_s: float) -> TruthObject | None:
        body, act = actor.capsules(t_s), actor.act(t_s)
        if body is None or act is None or self._grid.project(body.a_m)[1].min() < 0.3:
            return None
        outline = self._outline(*cast.bounds(self._grid, body))
        if outline is None:
            return None
        box, inside = outline
        shown, share = self._shown(body)
        away = float(np.linalg.norm(body.a_m.mean(axis=0) - self._grid.origin_m))
        return TruthObject(
            ObjectKind.PERSON,
            actor.person.number,
            self._scaled(box),
            self._scaled(shown or box),
            share * inside,
            away,
            act.activity,
        )

    def _fire(self, blaze: Blaze, t_s: float) -> TruthObject | None:
        box = flame_box(self._grid, blaze, t_s)
        if box is None:
            return None
        low = np.array([box.x_px, box.y_px])
        outline = self._outline(low, low + np.array([box.w_px, box.h_px]))
        if outline is None:
            return None
        cut, inside = outline
        window = self._grid.clip(np.array([cut.x_px, cut.y_px]), np.array([cut.x_px + cut.w_px, cut.y_px + cut.h_px]))
        away = np.array([*blaze.place_m, 0.3]) - self._grid.origin_m
        before = self._standing[0].depth_m[window.slices] > float(away @ self._grid.axes[2]) - 0.5
        share = inside * float(before.mean())
        distance_m = float(np.linalg.norm(away))
        fire = self._scaled(cut)
        return TruthObject(ObjectKind.FIRE, FIRE_TRACK, fire, fire, share, distance_m, "burning")

    def _shown(self, body: Capsules) -> tuple[Box | None, float]:
        """The box around what shows of a body, in the grid, and its share of the body's outline in the picture."""
        window = self._grid.clip(*cast.bounds(self._grid, body))
        hits = cast.cast(self._grid, window, body, samples=1)
        whole = hits.part >= 0
        shown = whole & (hits.depth_m < self._standing[0].depth_m[window.slices])
        around = _around(shown)
        if around is None:
            return None, 0.0
        moved = Box(around.x_px + window.left_px, around.y_px + window.top_px, around.w_px, around.h_px)
        return moved, float(shown.sum() / whole.sum())

    def _outline(self, low_px: F64, high_px: F64) -> tuple[Box, float] | None:
        """A rectangle of the grid cut to the picture, and the share of it that is inside. None: nothing is."""
        limit = np.array([self._grid.size.width_px, self._grid.size.height_px], dtype=np.float64)
        low, high = np.clip(low_px, 0, limit), np.clip(high_px, 0, limit)
        if (high - low).min() < 1.0:
            return None
        inside = float((high - low).prod() / max((high_px - low_px).prod(), 1e-9))
        return Box(float(low[0]), float(low[1]), float(high[0] - low[0]), float(high[1] - low[1])), inside

    def _scaled(self, box: Box) -> Box:
        """From the grid to the picture."""
        scale = self._view.size.width_px / _GRID_PX
        return Box(box.x_px * scale, box.y_px * scale, box.w_px * scale, box.h_px * scale)


def _around(mask: NDArray[np.bool_]) -> Box | None:
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not len(rows):
        return None
    return Box(float(columns[0]), float(rows[0]), float(columns[-1] - columns[0] + 1), float(rows[-1] - rows[0] + 1))
