"""From a posture and two feet to the turns and places of all joints, at many times at once.

Limbs are solved as two bones with a hinge (law of cosines); the pelvis comes down as far as the feet need it.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from simulator.optics import F64
from simulator.people.body import JOINTS, PARENTS, Joint
from simulator.people.gait import Feet
from simulator.people.posture import P

_LONGEST = 0.996  # of a limb's two bones: never quite straight


@dataclass(frozen=True)
class Rig:
    """One body's joints in rest [21, 3], its height and how thick its soles are."""

    joints_m: F64
    height_m: float
    sole_m: float = 0.0

    def bone(self, joint: Joint) -> F64:
        """From the parent to the joint, in rest."""
        return np.asarray(self.joints_m[joint] - self.joints_m[PARENTS[joint]])

    @cached_property
    def arms(self) -> tuple["_Limb", "_Limb"]:
        """Left and right arm; an elbow's hinge lies as in rest."""
        return tuple(  # type: ignore[return-value]
            _limb(self.joints_m[[arm, arm + 1, arm + 2]], None) for arm in (Joint.ARM_L, Joint.ARM_R)
        )

    @cached_property
    def legs(self) -> tuple["_Limb", "_Limb"]:
        """Left and right leg; a knee's hinge goes from side to side."""
        return tuple(  # type: ignore[return-value]
            _limb(self.joints_m[[thigh, thigh + 1, thigh + 2]], np.array([0.0, 1.0, 0.0]))
            for thigh in (Joint.THIGH_L, Joint.THIGH_R)
        )


@dataclass(frozen=True, slots=True)
class _Limb:
    """Lengths of the two bones, and their frames in rest [3, 3] (rows: along the bone, hinge, across)."""

    upper_m: float
    lower_m: float
    upper: F64
    lower: F64


@dataclass(frozen=True, slots=True)
class Stance:
    """Where a body stands at n times: place on the ground [n, 2], heading [n], and its feet."""

    place_m: F64
    heading_rad: F64
    feet: Feet

    def some(self, chosen: NDArray[np.int64]) -> "Stance":
        """Some of the times."""
        feet = self.feet
        own = Feet(feet.ball_m[chosen], feet.heading_rad[chosen], feet.heel_rad[chosen], feet.carries[chosen])
        return Stance(self.place_m[chosen], self.heading_rad[chosen], own)


@dataclass(frozen=True, slots=True)
class Posed:
    """Joints at n times: rotations from rest [n, 21, 3, 3] and places in the world [n, 21, 3]."""

    turns: F64
    places_m: F64

    def some(self, chosen: NDArray[np.int64]) -> "Posed":
        """Some of the times."""
        return Posed(self.turns[chosen], self.places_m[chosen])


def pose(rig: Rig, rows: F64, stance: Stance) -> Posed:
    """All joints for postures [n, columns] on their feet."""
    count = len(rows)
    turns, places = np.zeros((count, len(JOINTS), 3, 3)), np.zeros((count, len(JOINTS), 3))
    facing = about_z(stance.heading_rad)
    pelvis = facing @ _turn(rows, P.YAW)
    turns[:, Joint.PELVIS] = pelvis
    off = rows[:, [P.HIP_X, P.HIP_Y]] * rig.height_m
    flat = stance.place_m + np.einsum("nab,nb->na", facing[:, :2, :2], off)
    high = rows[:, P.HIP_UP] * rig.joints_m[Joint.PELVIS, 2] + rig.sole_m
    places[:, Joint.PELVIS] = np.concatenate([flat, high[:, None]], axis=1)
    feet = _Feet(rig, rows, stance, pelvis)
    places[:, Joint.PELVIS, 2] = feet.lowered(places[:, Joint.PELVIS])
    for side in (0, 1):
        _leg(rig, rows, feet, side, (turns, places))
    _back(rig, rows, (turns, places))
    for side in (0, 1):
        _arm(rig, rows, (facing, stance.place_m), side, (turns, places))
    return Posed(turns, places)


class _Feet:
    """Where the ankles must be, and how the feet lie."""

    def __init__(self, rig: Rig, rows: F64, stance: Stance, pelvis: F64) -> None:
        self.rig, self.rows, self.pelvis = rig, rows, pelvis
        feet = stance.feet
        self.turn, self.toes, self.ankle = [], [], []
        for side, toes in ((0, Joint.TOES_L), (1, Joint.TOES_R)):
            heading, heel = about_z(feet.heading_rad[:, side]), feet.heel_rad[:, side]
            ball = feet.ball_m[:, side] + np.array([0.0, 0.0, rig.joints_m[toes, 2] + rig.sole_m])
            turn = heading @ about_y(heel)
            air = np.clip(feet.ball_m[:, side, 2] / 0.04, 0.0, 1.0) * 0.8
            self.toes.append(heading @ about_y(np.where(heel < 0, heel, heel * air)))
            self.turn.append(turn)
            self.ankle.append(ball - turn @ rig.bone(toes))

    def hip(self, side: int) -> F64:
        """From the pelvis to the hip joint, turned [n, 3]."""
        return np.asarray(self.pelvis @ self.rig.bone(Joint.THIGH_R if side else Joint.THIGH_L))

    def lowered(self, pelvis_m: F64) -> F64:
        """The pelvis' heights [n], so that both ankles are within a leg's length."""
        high = pelvis_m[:, 2]
        for side in (0, 1):
            limb = self.rig.legs[side]
            length = (limb.upper_m + limb.lower_m) * _LONGEST
            hip = pelvis_m + self.hip(side)
            flat_sq = ((hip - self.ankle[side])[:, :2] ** 2).sum(axis=1)
            reach = np.sqrt(np.maximum(length**2 - flat_sq, (0.3 * length) ** 2))
            limit = self.ankle[side][:, 2] + reach - self.hip(side)[:, 2]
            high = np.where(self.rows[:, P.LOOSE] > 0.5, high, np.minimum(high, limit))
        return np.asarray(high)

    def target(self, hip_m: F64, side: int) -> F64:
        """The ankle's place [n, 3]; loose legs stretch from the pelvis."""
        columns = [P.R_FOOT_X, P.R_FOOT_Y, P.R_LIFT] if side else [P.L_FOOT_X, P.L_FOOT_Y, P.L_LIFT]
        own = self.rows[:, columns] * self.rig.height_m
        limb = self.rig.legs[side]
        own[:, 1] *= -1.0 if side else 1.0
        own[:, 2] -= (limb.upper_m + limb.lower_m) * 0.98
        loose = hip_m + np.einsum("nab,nb->na", self.pelvis, own)
        loose[:, 2] = np.maximum(loose[:, 2], 0.055 * self.rig.height_m)
        return np.asarray(self.ankle[side] + self.rows[:, P.LOOSE, None] * (loose - self.ankle[side]))


def _leg(rig: Rig, rows: F64, feet: _Feet, side: int, out: tuple[F64, F64]) -> None:
    turns, places = out
    thigh = Joint.THIGH_R if side else Joint.THIGH_L
    hip = places[:, Joint.PELVIS] + feet.hip(side)
    ankle = feet.target(hip, side)
    sign = -1.0 if side else 1.0
    spread = rows[:, P.KNEES] * sign
    own = np.stack([np.cos(spread), np.sin(spread), np.zeros(len(rows))], axis=1)
    ahead = np.einsum("nab,nb->na", feet.pelvis, own)
    toes = feet.turn[side][:, :, 0]
    towards = ahead + (1 - rows[:, P.LOOSE, None]) * 0.6 * toes
    knee, ankle, upper, lower = _two_bones(rig.legs[side], hip, ankle, towards)
    places[:, thigh], places[:, thigh + 1], places[:, thigh + 2] = hip, knee, ankle
    turns[:, thigh], turns[:, thigh + 1] = upper, lower
    loose = rows[:, P.LOOSE] > 0.5
    turns[:, thigh + 2] = np.where(loose[:, None, None], lower @ about_y(np.full(1, 0.5)), feet.turn[side])
    turns[:, thigh + 3] = np.where(loose[:, None, None], turns[:, thigh + 2], feet.toes[side])
    places[:, thigh + 3] = ankle + turns[:, thigh + 2] @ rig.bone(Joint(thigh + 3))


def _back(rig: Rig, rows: F64, out: tuple[F64, F64]) -> None:
    turns, places = out
    half, look = rows.copy(), rows.copy()
    half[:, P.BACK_YAW : P.LOOK_YAW] *= 0.5
    look[:, P.LOOK_YAW : P.KNEES] *= 0.45
    pelvis = turns[:, Joint.PELVIS]
    turns[:, Joint.SPINE] = pelvis @ _turn(half, P.BACK_YAW)
    turns[:, Joint.CHEST] = pelvis @ _turn(rows, P.BACK_YAW)
    turns[:, Joint.NECK] = turns[:, Joint.CHEST] @ _turn(look, P.LOOK_YAW)
    turns[:, Joint.HEAD] = turns[:, Joint.CHEST] @ _turn(rows, P.LOOK_YAW)
    for joint in (Joint.SPINE, Joint.CHEST, Joint.NECK, Joint.HEAD):
        parent = PARENTS[joint]
        places[:, joint] = places[:, parent] + turns[:, parent] @ rig.bone(joint)


def _arm(rig: Rig, rows: F64, ground: tuple[F64, F64], side: int, out: tuple[F64, F64]) -> None:
    turns, places = out
    facing, place = ground
    clavicle, sign = (Joint.CLAVICLE_R, -1.0) if side else (Joint.CLAVICLE_L, 1.0)
    first = P.R_X if side else P.L_X
    x, reach, swing, elbow, flare, twist = (rows[:, first + k] for k in (0, 3, 4, 5, 6, 7))
    chest = turns[:, Joint.CHEST]
    places[:, clavicle] = places[:, Joint.CHEST] + chest @ rig.bone(clavicle)
    own = np.stack([x, rows[:, first + 1], rows[:, first + 2]], axis=1) * rig.height_m
    wanted = np.einsum("nab,nb->na", facing, own)
    wanted[:, :2] += place
    # A raised hand takes its shoulder along.
    resting = places[:, clavicle] + chest @ rig.bone(Joint(clavicle + 1))
    raised = np.clip((wanted[:, 2] - resting[:, 2]) / (0.3 * rig.height_m), 0.0, 1.0) * reach * 0.4
    turns[:, clavicle] = chest @ about_x(sign * raised)
    shoulder = places[:, clavicle] + turns[:, clavicle] @ rig.bone(Joint(clavicle + 1))
    limb = rig.arms[side]
    out_rad = 0.13 + 0.5 * flare * (1 - reach)
    hang = _hanging(swing, sign * out_rad) * limb.upper_m + _hanging(swing + elbow, sign * 0.06) * limb.lower_m
    yaw = facing @ about_z(0.7 * (rows[:, P.YAW] + rows[:, P.BACK_YAW]))
    hanging = shoulder + np.einsum("nab,nb->na", yaw, hang)
    target = hanging + reach[:, None] * (wanted - hanging)
    hint = np.stack([-0.65 + 0.3 * flare, sign * (0.25 + 0.9 * flare), -0.55 + 0.35 * flare], axis=1)
    elbow_m, wrist, upper, lower = _two_bones(limb, shoulder, target, np.einsum("nab,nb->na", chest, hint))
    places[:, clavicle + 1], places[:, clavicle + 2], places[:, clavicle + 3] = shoulder, elbow_m, wrist
    turns[:, clavicle + 1] = upper
    axis = unit(wrist - elbow_m)
    # Half of a twist lies in the forearm, else the skin of the wrist collapses.
    turns[:, clavicle + 2] = _about(axis, 0.5 * sign * twist) @ lower
    turns[:, clavicle + 3] = _about(axis, sign * twist) @ lower


def _hanging(swing_rad: F64, out_rad: F64 | float) -> F64:
    """A unit vector down, swung forward and out to the side, [n, 3]."""
    flat = np.cos(out_rad)
    return np.stack(
        [flat * np.sin(swing_rad), np.sin(out_rad) + 0 * swing_rad, -flat * np.cos(swing_rad)], axis=1
    )  # fmt: skip


def _limb(joints_m: F64, hinge: F64 | None) -> _Limb:
    a, b, c = joints_m
    upper, lower = b - a, c - b
    if hinge is None:
        hinge = cross(upper, c - a)
    return _Limb(
        float(np.linalg.norm(upper)), float(np.linalg.norm(lower)),
        _frames(upper[None], hinge[None])[0], _frames(lower[None], hinge[None])[0],
    )  # fmt: skip


def _frames(along: F64, hinge: F64) -> F64:
    """Orthonormal rows [n, 3, 3]: along, the hinge square to it, and across."""
    first = unit(along)
    second = unit(hinge - (hinge * first).sum(axis=1, keepdims=True) * first)
    return np.stack([first, second, cross(first, second)], axis=1)


def _two_bones(limb: _Limb, start: F64, end: F64, towards: F64) -> tuple[F64, F64, F64, F64]:
    """Middle joint and end [n, 3], and the turns of both bones [n, 3, 3]; the middle goes `towards`."""
    line = end - start
    distance = _length(line)
    axis = line / np.maximum(distance, 1e-6)[:, None]
    most = (limb.upper_m + limb.lower_m) * _LONGEST
    reach = np.clip(distance, abs(limb.upper_m - limb.lower_m) + 0.22 * limb.upper_m, most)
    along = (limb.upper_m**2 - limb.lower_m**2 + reach**2) / (2 * reach)
    out = unit(towards - (towards * axis).sum(axis=1, keepdims=True) * axis)
    rise = np.sqrt(np.maximum(limb.upper_m**2 - along**2, 0.0))
    middle = start + along[:, None] * axis + rise[:, None] * out
    end = start + reach[:, None] * axis
    hinge = cross(out, axis)
    upper = _frames(middle - start, hinge).transpose(0, 2, 1) @ limb.upper
    lower = _frames(end - middle, hinge).transpose(0, 2, 1) @ limb.lower
    return middle, end, upper, lower


def unit(vectors: F64) -> F64:
    """Vectors [n, 3] at length 1."""
    return np.asarray(vectors / np.maximum(_length(vectors), 1e-9)[..., None])


def _length(vectors: F64) -> F64:
    return np.asarray(np.sqrt((vectors * vectors).sum(axis=-1)))


def cross(a: F64, b: F64) -> F64:
    """As `np.cross`, which is slow for few vectors."""
    return np.asarray(a[..., _NEXT] * b[..., _LAST] - a[..., _LAST] * b[..., _NEXT])


_NEXT, _LAST = np.array([1, 2, 0]), np.array([2, 0, 1])


def _turn(rows: F64, first: int) -> F64:
    """Yaw, then pitch, then roll, from three columns: [n, 3, 3]."""
    angles = rows[:, first : first + 3]
    (sy, sp, sr), (cy, cp, cr) = np.sin(angles).T, np.cos(angles).T
    turn = np.empty((len(rows), 3, 3))
    turn[:, 0, 0], turn[:, 0, 1], turn[:, 0, 2] = cy * cp, cy * sp * sr - sy * cr, cy * sp * cr + sy * sr
    turn[:, 1, 0], turn[:, 1, 1], turn[:, 1, 2] = sy * cp, sy * sp * sr + cy * cr, sy * sp * cr - cy * sr
    turn[:, 2, 0], turn[:, 2, 1], turn[:, 2, 2] = -sp, cp * sr, cp * cr
    return turn


def about_x(angle_rad: F64) -> F64:
    """Rotations about x [n, 3, 3]: the left side goes up."""
    return _plane(angle_rad, 1, 2)


def about_y(angle_rad: F64) -> F64:
    """Rotations about y [n, 3, 3]: the top leans forward."""
    return _plane(angle_rad, 2, 0)


def about_z(angle_rad: F64) -> F64:
    """Rotations about z [n, 3, 3]: to the left."""
    return _plane(angle_rad, 0, 1)


def _plane(angle_rad: F64, i: int, j: int) -> F64:
    turn = np.zeros((len(angle_rad), 3, 3))
    k = 3 - i - j
    turn[:, k, k] = 1.0
    turn[:, i, i] = turn[:, j, j] = np.cos(angle_rad)
    turn[:, j, i] = np.sin(angle_rad)
    turn[:, i, j] = -turn[:, j, i]
    return turn


def _about(axis: F64, angle_rad: F64) -> F64:
    """Rotations about unit axes [n, 3] (Rodrigues)."""
    cross = np.zeros((len(axis), 3, 3))
    cross[:, 2, 1], cross[:, 0, 2], cross[:, 1, 0] = axis.T
    cross -= cross.transpose(0, 2, 1)
    sin, cos = np.sin(angle_rad)[:, None, None], np.cos(angle_rad)[:, None, None]
    return np.asarray(np.eye(3) + sin * cross + (1 - cos) * cross @ cross)
