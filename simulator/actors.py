"""People's evenings: who walks where, stays, and does what, second by second."""

from dataclasses import dataclass, field

import numpy as np

from simulator.body import UPRIGHT, Capsules, Person, Posture, figure
from simulator.gait import Step, Walk, standing
from simulator.optics import F64

_TURN_S = 0.7
_BLEND_S = 0.6


@dataclass(frozen=True, slots=True)
class Act:
    """One thing somebody does from `start_s` to `end_s`: a walk, or staying at `place_m` and facing `heading_rad`.

    `shift_m` is how far the body is moved while it stays (getting into a seat).
    """

    start_s: float
    end_s: float
    activity: str
    place_m: F64
    heading_rad: float
    posture: Posture = UPRIGHT
    walk: Walk | None = None
    shift_m: tuple[float, float] = (0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Actor:
    """A person and their acts, without gaps. Before the first and after the last they are not in the world."""

    person: Person
    acts: tuple[Act, ...]

    @property
    def start_s(self) -> float:
        """When they enter the world."""
        return self.acts[0].start_s

    @property
    def end_s(self) -> float:
        """When they have left it."""
        return self.acts[-1].end_s

    def act(self, t_s: float) -> Act | None:
        """What they do at a time; None while they are not there."""
        if not self.start_s <= t_s < self.end_s:
            return None
        return next(act for act in self.acts if t_s < act.end_s)

    def step(self, t_s: float) -> Step | None:
        """Where they stand or walk."""
        act = self.act(t_s)
        if act is None:
            return None
        if act.walk is not None:
            return act.walk.at(t_s - act.start_s)
        heading, turning = self._heading(act, t_s)
        share = (t_s - act.start_s) / max(act.end_s - act.start_s, 1e-6)
        return standing(act.place_m + share * np.array(act.shift_m), heading, turning)

    def capsules(self, t_s: float) -> Capsules | None:
        """The body at a time; None while they are not there."""
        step, act = self.step(t_s), self.act(t_s)
        if step is None or act is None:
            return None
        return figure(self.person, step, self._posture(act, t_s), t_s)

    def _heading(self, act: Act, t_s: float) -> tuple[float, bool]:
        """Staying: turn from where the walk before led, and at the end towards where the next one goes."""
        number = self.acts.index(act)
        before = self.acts[number - 1] if number else act
        after = self.acts[number + 1] if number + 1 < len(self.acts) else act
        came = before.walk.heading(before.walk.length_m) if before.walk else before.heading_rad
        goes = after.walk.heading(0.0) if after.walk else act.heading_rad
        into, out = _ease((t_s - act.start_s) / _TURN_S), _ease((act.end_s - t_s) / _TURN_S)
        heading = came + into * _turn(came, act.heading_rad)
        heading += (1 - out) * _turn(heading, goes)
        turning = (into < 1 and _turn(came, act.heading_rad) != 0) or (out < 1 and _turn(act.heading_rad, goes) != 0)
        return heading, turning

    def _posture(self, act: Act, t_s: float) -> Posture:
        number = self.acts.index(act)
        before = self.acts[number - 1].posture if number else act.posture
        after = self.acts[number + 1].posture if number + 1 < len(self.acts) else act.posture
        if act.walk is not None:
            return act.posture
        held = before.towards(act.posture, _ease((t_s - act.start_s) / _BLEND_S))
        walks_next = number + 1 < len(self.acts) and self.acts[number + 1].walk is not None
        return held.towards(after, 1 - _ease((act.end_s - t_s) / _BLEND_S)) if walks_next else held


def _ease(share: float) -> float:
    share = min(1.0, max(0.0, share))
    return share * share * (3 - 2 * share)


def _turn(a_rad: float, b_rad: float) -> float:
    """The shorter way round from one heading to another."""
    return float(np.angle(np.exp(1j * (b_rad - a_rad))))


@dataclass(slots=True)
class Itinerary:
    """Writes an actor's acts one after another."""

    place_m: F64
    now_s: float
    speed_m_s: float
    heading_rad: float = 0.0
    acts: list[Act] = field(default_factory=list)

    def walk(self, *corners_m: F64, speed_m_s: float | None = None) -> None:
        """Go through corners to the last of them. A walk right after a walk goes on without a stop."""
        corners = np.stack([self.place_m, *corners_m])
        speed = speed_m_s or self.speed_m_s
        if self.acts and self.acts[-1].walk is not None:
            before = self.acts.pop()
            assert before.walk is not None
            corners = np.concatenate([before.walk.corners_m, corners[1:]])
            self.now_s, self.place_m = before.start_s, before.place_m
        walk = Walk(corners, speed, 0.34 + 0.29 * speed)
        self.heading_rad = walk.heading(walk.length_m)
        self._add("walk", walk.duration_s, UPRIGHT, walk=walk)
        self.place_m = np.asarray(corners[-1])

    def stay(
        self, duration_s: float, activity: str = "stand", posture: Posture = UPRIGHT, facing_m: F64 | None = None
    ) -> None:
        """Stay and do something, looking towards a ground point (or on as before)."""
        if facing_m is not None:
            across = facing_m - self.place_m
            self.heading_rad = float(np.arctan2(across[1], across[0]))
        self._add(activity, duration_s, posture)

    def slip(self, duration_s: float, activity: str, posture: Posture, towards_m: F64) -> None:
        """Be moved to a place without walking: onto a car's seat."""
        shift = towards_m - self.place_m
        self._add(activity, duration_s, posture, shift_m=(float(shift[0]), float(shift[1])))
        self.place_m = towards_m

    def _add(
        self,
        activity: str,
        duration_s: float,
        posture: Posture,
        walk: Walk | None = None,
        shift_m: tuple[float, float] = (0.0, 0.0),
    ) -> None:
        end_s = self.now_s + duration_s
        self.acts.append(Act(self.now_s, end_s, activity, self.place_m, self.heading_rad, posture, walk, shift_m))
        self.now_s = end_s

    def actor(self, person: Person) -> Actor:
        """The person who does all this."""
        return Actor(person, tuple(self.acts))
