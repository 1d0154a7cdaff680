"""From a role's acts to postures and feet at any times: blends between acts, steps on the spot, places."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulator.optics import F64
from simulator.people.cue import Cue
from simulator.people.gait import Feet, Walk, half_track_m, walk_along
from simulator.people.manner import Manner, manner_of
from simulator.people.poses import PROGRAMS
from simulator.people.poses_ways import shining_torch, standing, walking
from simulator.people.posture import LEGS, P, ease, mirrored, mix, upright
from simulator.people.rig import Stance
from simulator.play import Act, Activity, Role

I64 = NDArray[np.int64]

_AT_EASE = frozenset(
    {Activity.STAND, Activity.WALK, Activity.TELEPHONE, Activity.SMOKE, Activity.SHINE_TORCH, Activity.WALK_DOG,
     Activity.CARRY, Activity.PUSH_PRAM}
)  # fmt: skip
_BLEND_S = 0.5
_SLOW_S = {
    Activity.LIE: 1.1, Activity.CROUCH: 0.75, Activity.CHANGE_WHEEL: 0.9, Activity.LIGHT_FIRE: 0.75,
    Activity.SIT: 0.8, Activity.FIGHT: 0.35,
}  # fmt: skip
_STEP_TURN_RAD = 0.85
_STEP_S = 0.55
_STEP_LIFT_M = 0.035


@dataclass(frozen=True, slots=True)
class Movement:
    """A role at those of the asked times [m] at which they are there: which times, which act, the posture's rows
    [m, columns] and the stance."""

    present: NDArray[np.bool_]
    act: I64
    since_s: F64
    rows: F64
    stance: Stance

    def some(self, chosen: I64) -> "Movement":
        """Some of the times at which they are there."""
        return Movement(
            self.present, self.act[chosen], self.since_s[chosen], self.rows[chosen], self.stance.some(chosen)
        )  # fmt: skip


def acts_at(role: Role, t_s: F64) -> I64:
    """The number of the act at times [n]; -1 while they are not there."""
    ends = np.array([act.end_s for act in role.acts])
    number = np.searchsorted(ends, t_s, side="right")
    there = (t_s >= role.start_s) & (number < len(ends))
    return np.where(there, number, -1)


def places_of(role: Role, t_s: F64) -> F64:
    """Where they stand or walk [n, 2]; NaN while they are not there."""
    numbers = acts_at(role, t_s)
    places = np.full((len(t_s), 2), np.nan)
    height_m = manner_of(role).height_m
    for number in np.unique(numbers[numbers >= 0]):
        act, now = role.acts[number], numbers == number
        places[now] = _place(act, t_s[now] - act.start_s, height_m)
    return places


def movement(role: Role, t_s: F64) -> Movement:
    """Everything at times [n]."""
    numbers = acts_at(role, t_s)
    present = numbers >= 0
    times, numbers = t_s[present], numbers[present]
    manner = manner_of(role)
    rows, places, headings = upright(len(times)), np.zeros((len(times), 2)), np.zeros(len(times))
    balls, toes, heels = np.zeros((len(times), 2, 3)), np.zeros((len(times), 2)), np.zeros((len(times), 2))
    carries = np.zeros((len(times), 2), dtype=bool)
    for number in np.unique(numbers):
        now = numbers == number
        part, stance = _Doing(role, manner, int(number)).at(times[now] - role.acts[number].start_s)
        rows[now], places[now], headings[now] = part, stance.place_m, stance.heading_rad
        balls[now], toes[now] = stance.feet.ball_m, stance.feet.heading_rad
        heels[now], carries[now] = stance.feet.heel_rad, stance.feet.carries
    starts = np.array([act.start_s for act in role.acts])[numbers]
    stance = Stance(places, headings, Feet(balls, toes, heels, carries))
    return Movement(present, numbers, times - starts, rows, stance)


def _walk(act: Act, height_m: float) -> Walk | None:
    return None if act.path_m is None else walk_along(act.path_m, act.speed_m_s, height_m)


def _place(act: Act, since_s: F64, height_m: float) -> F64:
    walk = _walk(act, height_m)
    if walk is not None:
        return walk.place(since_s)
    share = ease(since_s / max(act.end_s - act.start_s, 1e-6))
    return np.asarray(np.asarray(act.place_m, dtype=np.float64) + share[:, None] * np.array(act.shift_m))


def rows_of(role: Role, manner: Manner, act: Act, since_s: F64) -> F64:
    """The posture of one act alone, without blends, [n, columns]."""
    walk = _walk(act, manner.height_m)
    count = len(since_s)
    rows = upright(count)
    rows[:, P.BACK_PITCH] += 0.6 * manner.stoop
    still = np.zeros(count)
    lasts_s = max(act.end_s - act.start_s, 1e-6)
    share = np.clip(since_s / lasts_s, 0.0, 1.0)
    if walk is not None:
        beat = walk.beats(since_s)
        cue = Cue(since_s, share, beat, walk.going(beat), act.speed_m_s, manner)
        walking(cue, rows)
    else:
        cue = Cue(since_s, share, still, still, 0.0, manner)
        if act.activity in _AT_EASE:
            standing(cue, rows)
    legs = rows[:, LEGS].copy()
    PROGRAMS[act.activity](cue, rows)
    if role.guise == "guard" and act.activity in (Activity.WALK, Activity.STAND):
        shining_torch(cue, rows)
    if walk is not None:
        rows[:, LEGS] = legs
    if not manner.left_handed:
        return rows
    # Arms that swing with the steps, and the steps themselves, are not a matter of hands.
    turned = mirrored(rows)
    if walk is not None:
        swings = [P.L_SWING, P.L_ELBOW, P.R_SWING, P.R_ELBOW, P.BACK_YAW, P.BACK_ROLL]
        turned[:, LEGS], turned[:, swings] = legs, rows[:, swings]
    return turned


class _Doing:
    """One act of a role with what comes before and after it."""

    def __init__(self, role: Role, manner: Manner, number: int) -> None:
        self.role, self.manner, self.act = role, manner, role.acts[number]
        self.before = role.acts[number - 1] if number else None
        self.after = role.acts[number + 1] if number + 1 < len(role.acts) else None
        self.lasts_s = max(self.act.end_s - self.act.start_s, 1e-6)

    def at(self, since_s: F64) -> tuple[F64, Stance]:
        """Rows and stance, seconds [n] into the act."""
        walk = _walk(self.act, self.manner.height_m)
        if walk is None:
            return self._stays(since_s)
        steps = walk.at(since_s)
        rows = rows_of(self.role, self.manner, self.act, since_s)
        out = np.stack([rows[:, P.L_TOES], -rows[:, P.R_TOES]], axis=1)
        feet = Feet(steps.feet.ball_m, steps.feet.heading_rad + out, steps.feet.heel_rad, steps.feet.carries)
        return rows, Stance(steps.place_m, steps.heading_rad, feet)

    def _stays(self, since_s: F64) -> tuple[F64, Stance]:
        rows = rows_of(self.role, self.manner, self.act, since_s)
        moved = np.zeros((len(since_s), 2))
        blend_s = self._blend_s(self.act)
        early, late = np.flatnonzero(since_s < blend_s), np.flatnonzero(self.lasts_s - since_s < blend_s)
        if self.before is not None and len(early):
            end_s = self.before.end_s - self.before.start_s
            old = rows_of(self.role, self.manner, self.before, end_s + since_s[early])
            rows[early], moved[early] = self._blended(old, rows[early], since_s[early] / blend_s, moved[early])
        if self.after is not None and self.after.path_m is not None and len(late):
            new = rows_of(self.role, self.manner, self.after, np.zeros(len(late)))
            share = 1.0 - (self.lasts_s - since_s[late]) / blend_s
            rows[late], moved[late] = self._blended(rows[late], new, share, moved[late])
        return rows, self._stance(rows, since_s, moved)

    def _blend_s(self, act: Act) -> float:
        return min(_SLOW_S.get(act.activity, _BLEND_S), 0.45 * self.lasts_s)

    def _blended(self, old: F64, new: F64, share: F64, moved: F64) -> tuple[F64, F64]:
        """One foot after the other, the rest at once; `moved` [n, 2] says how much each foot is on its way."""
        rows = mix(old, new, ease(share))
        ways = moved.copy()
        for side, first in ((0, P.L_FOOT_X), (1, P.R_FOOT_X)):
            own = ease(1.7 * share - 0.7 * side)
            columns = slice(first, first + 5)
            rows[:, columns] = mix(old[:, columns], new[:, columns], own)
            far = np.abs(new[:, first : first + 2] - old[:, first : first + 2]).sum(axis=1)
            ways[:, side] = np.maximum(ways[:, side], 4 * own * (1 - own) * np.minimum(1.0, far / 0.05))
        return rows, ways

    def _stance(self, rows: F64, since_s: F64, moved: F64) -> Stance:
        place = _place(self.act, since_s, self.manner.height_m)
        body, feet_rad, turning = self._headings(since_s)
        moved = np.maximum(moved, turning)
        if self.act.shift_m != (0.0, 0.0):
            pace = np.sin(2 * np.pi * since_s / 0.9)
            moved = np.maximum(moved, np.stack([np.maximum(pace, 0.05), np.maximum(-pace, 0.05)], axis=1))
        high = self.manner.height_m
        balls = np.zeros((len(rows), 2, 3))
        heels, toes = np.zeros((len(rows), 2)), np.zeros((len(rows), 2))
        for side, first, sign in ((0, P.L_FOOT_X, 1.0), (1, P.R_FOOT_X, -1.0)):
            angle = feet_rad[:, side]
            x = rows[:, first] * high
            y = sign * (half_track_m(high) + rows[:, first + 1] * high)
            balls[:, side, 0] = place[:, 0] + np.cos(angle) * x - np.sin(angle) * y
            balls[:, side, 1] = place[:, 1] + np.sin(angle) * x + np.cos(angle) * y
            balls[:, side, 2] = rows[:, first + 3] * high + _STEP_LIFT_M * moved[:, side]
            heels[:, side] = rows[:, first + 2] + 0.3 * moved[:, side]
            toes[:, side] = angle + sign * rows[:, first + 4]
        carries = (balls[:, :, 2] <= 0.0) & (rows[:, P.LOOSE, None] < 0.5)
        return Stance(place, body, Feet(balls, toes, heels, carries))

    def _headings(self, since_s: F64) -> tuple[F64, F64, F64]:
        """The body's heading [n], the feet's [n, 2], and how much each foot is on its way [n, 2]."""
        facing = self.act.heading_rad
        came, goes = self._came(facing), self._goes(facing)
        body, feet = np.full(len(since_s), facing), np.full((len(since_s), 2), facing)
        moved = np.zeros((len(since_s), 2))
        for turn_rad, base, reverse in ((_shorter(came, facing), came, False), (_shorter(facing, goes), facing, True)):
            if abs(turn_rad) < 1e-3:
                continue
            count = max(1, int(np.ceil(abs(turn_rad) / _STEP_TURN_RAD)))
            lasts = min(count * _STEP_S / self.manner.tempo, 0.45 * self.lasts_s)
            share = 1.0 - (self.lasts_s - since_s) / lasts if reverse else since_s / lasts
            active = share > 0.0 if reverse else share < 1.0
            body = np.where(active, base + turn_rad * ease(share), body)
            for side in (0, 1):
                stairs, way = _stairs(np.asarray(np.clip(share, 0.0, 1.0) * count), 0.5 * side)
                feet[:, side] = np.where(active, base + turn_rad * stairs / count, feet[:, side])
                far = min(1.0, abs(turn_rad) / count / 0.3)
                moved[:, side] = np.maximum(moved[:, side], np.where(active, way * far, 0.0))
        return body, feet, moved

    def _came(self, facing: float) -> float:
        if self.before is None:
            return facing
        walk = _walk(self.before, self.manner.height_m)
        return self.before.heading_rad if walk is None or walk.duration_s <= 0.0 else walk.last_heading_rad

    def _goes(self, facing: float) -> float:
        walk = None if self.after is None else _walk(self.after, self.manner.height_m)
        return facing if walk is None or walk.duration_s <= 0.0 else walk.first_heading_rad


def _stairs(turn: F64, late: float) -> tuple[F64, F64]:
    """From 0 to n in n eased steps, each in one half of its cycle, and how much it is on its way (0..1)."""
    whole = np.floor(turn)
    share = np.clip((turn - whole - late) / 0.5, 0.0, 1.0)
    own = ease(share)
    return np.asarray(whole + own), np.asarray(4 * own * (1 - own))


def _shorter(a_rad: float, b_rad: float) -> float:
    """The shorter way round from one heading to another."""
    return float(np.angle(np.exp(1j * (b_rad - a_rad))))
