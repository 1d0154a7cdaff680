"""Writes what somebody does, one act after another."""

from dataclasses import dataclass, field

import numpy as np

from simulator.optics import F64
from simulator.people.gait import walk_duration_s
from simulator.play import Act, Activity, Role, Species
from simulator.scripts.ways import Ways

_LEAST_S = 1e-3


@dataclass(slots=True)
class Itinerary:
    """Somebody's acts so far: where they are (`place_m` [2]), when, which way they look, and how fast they walk.

    `gait` is what they do while they walk (walk, run, carry, push a pram).
    """

    number: int
    seed: int
    ways: Ways
    place_m: F64
    now_s: float
    speed_m_s: float
    gait: Activity = Activity.WALK
    guise: str = "any"
    species: Species | None = None
    heading_rad: float = 0.0
    acts: list[Act] = field(default_factory=list)

    def go(self, to_m: F64, speed_m_s: float | None = None, gait: Activity | None = None) -> None:
        """Walk to a ground point [2] round everything that stands in between."""
        self.walk(*self.ways.find(self.place_m, np.asarray(to_m))[1:], speed_m_s=speed_m_s, gait=gait)

    def walk(self, *corners_m: F64, speed_m_s: float | None = None, gait: Activity | None = None) -> None:
        """Walk straight through corners to the last of them. A walk after a walk goes on without a stop."""
        corners = np.stack([self.place_m, *corners_m]).astype(np.float64)
        speed, gait = speed_m_s or self.speed_m_s, gait or self.gait
        before = self.acts[-1] if self.acts else None
        if before is not None and before.path_m is not None and (before.speed_m_s, before.activity) == (speed, gait):
            corners = np.concatenate([before.path_m, corners[1:]])
            self.acts.pop()
            self.now_s, self.place_m = before.start_s, before.place_m
        corners = corners[np.concatenate([[True], np.linalg.norm(np.diff(corners, axis=0), axis=1) > 0.02])]
        duration = walk_duration_s(corners, speed) if len(corners) > 1 else 0.0
        if duration <= 0.0:
            return
        last = corners[-1] - corners[-2]
        self.heading_rad = float(np.arctan2(last[1], last[0]))
        self._add(gait, duration, path_m=corners, speed_m_s=speed)
        self.place_m = np.asarray(corners[-1])

    def stay(self, duration_s: float, activity: Activity = Activity.STAND, facing_m: F64 | None = None) -> None:
        """Stay and do something, looking towards a ground point (or on as before)."""
        if facing_m is not None:
            self.face(facing_m)
        if duration_s > _LEAST_S:
            self._add(activity, duration_s)

    def until(self, t_s: float, activity: Activity = Activity.STAND, facing_m: F64 | None = None) -> None:
        """Stay until a time; not at all where it is past."""
        self.stay(t_s - self.now_s, activity, facing_m)

    def face(self, point_m: F64) -> None:
        """Look towards a ground point from now on."""
        across = np.asarray(point_m) - self.place_m
        self.heading_rad = float(np.arctan2(across[1], across[0]))

    def slip(self, duration_s: float, activity: Activity, towards_m: F64) -> None:
        """Be moved to a place without walking: onto a car's seat, or off it."""
        shift = np.asarray(towards_m) - self.place_m
        self._add(activity, duration_s, shift_m=(float(shift[0]), float(shift[1])))
        self.place_m = np.asarray(towards_m, dtype=np.float64)

    def role(self) -> Role:
        """Who does all this. ValueError: nothing is done."""
        if not self.acts:
            raise ValueError(f"role {self.number} does nothing")
        return Role(self.number, self.seed, tuple(self.acts), self.guise, self.species)

    def _add(
        self,
        activity: Activity,
        duration_s: float,
        path_m: F64 | None = None,
        speed_m_s: float = 0.0,
        shift_m: tuple[float, float] = (0.0, 0.0),
    ) -> None:
        end_s = self.now_s + duration_s
        place = self.place_m if path_m is None else np.asarray(path_m[0])
        self.acts.append(Act(activity, self.now_s, end_s, place, self.heading_rad, path_m, speed_m_s, shift_m))
        self.now_s = end_s
