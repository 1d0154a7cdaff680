"""How a body is held, as numbers that blend: one column for each, rows are times.

Lengths are shares of the body's height, in the body's own axes on the ground: ahead, to the left, up. Angles are in
radians: a pitch leans forward or nods, a yaw turns to the left, a roll drops the right side.
"""

from enum import IntEnum

import numpy as np

from simulator.optics import F64


class P(IntEnum):
    """The columns. `L_` and `R_` are left and right; a foot's place is off its place in standing side by side."""

    HIP_X = 0
    HIP_Y = 1
    HIP_UP = 2  # 1: as high as straight legs allow
    YAW = 3
    PITCH = 4
    ROLL = 5
    BACK_YAW = 6
    BACK_PITCH = 7
    BACK_ROLL = 8
    LOOK_YAW = 9
    LOOK_PITCH = 10
    LOOK_ROLL = 11
    KNEES = 12  # how far the knees point outward
    LOOSE = 13  # 1: the legs follow the pelvis instead of standing (lying, sitting)
    L_X = 14
    L_Y = 15
    L_Z = 16
    L_REACH = 17  # 0: the arm hangs or swings, 1: the hand is at its place
    L_SWING = 18  # of a hanging arm, forward
    L_ELBOW = 19  # of a hanging arm
    L_FLARE = 20  # 0: the elbow points down and back, 1: out to the side
    L_TWIST = 21  # of the forearm, thumb inward
    L_FOOT_X = 22
    L_FOOT_Y = 23
    L_HEEL = 24
    L_LIFT = 25
    L_TOES = 26  # toes turned outward
    R_X = 27
    R_Y = 28
    R_Z = 29
    R_REACH = 30
    R_SWING = 31
    R_ELBOW = 32
    R_FLARE = 33
    R_TWIST = 34
    R_FOOT_X = 35
    R_FOOT_Y = 36
    R_HEEL = 37
    R_LIFT = 38
    R_TOES = 39


COLUMNS = len(P)
_LEFT = np.arange(P.L_X, P.R_X)
_RIGHT = np.arange(P.R_X, COLUMNS)
_TURNED = [P.HIP_Y, P.YAW, P.ROLL, P.BACK_YAW, P.BACK_ROLL, P.LOOK_YAW, P.LOOK_ROLL, P.L_Y, P.R_Y]
LEGS = np.array(
    [P.HIP_X, P.HIP_Y, P.HIP_UP, P.YAW, P.ROLL, P.KNEES, P.LOOSE]
    + [P.L_FOOT_X, P.L_FOOT_Y, P.L_HEEL, P.L_LIFT, P.L_TOES, P.R_FOOT_X, P.R_FOOT_Y, P.R_HEEL, P.R_LIFT, P.R_TOES]
)

_HIPS_BEHIND_BALLS = -0.108


def upright(count: int) -> F64:
    """Standing at ease, [n, columns]."""
    rows = np.zeros((count, COLUMNS))
    rows[:, P.HIP_X] = _HIPS_BEHIND_BALLS
    rows[:, P.HIP_UP] = 0.99
    rows[:, P.BACK_PITCH] = 0.03
    rows[:, P.L_ELBOW] = rows[:, P.R_ELBOW] = 0.22
    rows[:, P.L_SWING] = rows[:, P.R_SWING] = 0.02
    rows[:, P.L_TOES] = rows[:, P.R_TOES] = 0.14
    for left in (P.L_X, P.R_X):
        rows[:, left] = 0.12
        rows[:, left + 2] = 0.45
    rows[:, P.L_Y], rows[:, P.R_Y] = 0.14, -0.14
    return rows


def mirrored(rows: F64) -> F64:
    """The same with left and right exchanged."""
    swapped = rows.copy()
    swapped[:, _LEFT], swapped[:, _RIGHT] = rows[:, _RIGHT], rows[:, _LEFT]
    swapped[:, _TURNED] *= -1.0
    return swapped


def ease(share: F64) -> F64:
    """Cubic from 0 to 1."""
    cut = np.clip(share, 0.0, 1.0)
    return np.asarray(cut * cut * (3 - 2 * cut))


def mix(a: F64, b: F64, share: F64) -> F64:
    """From rows `a` to rows `b`."""
    return np.asarray(a + share[:, None] * (b - a))


def keyed(phase: F64, *keys: tuple[float, float]) -> F64:
    """A smooth curve through (phase 0..1, value), repeated: eased from each key to the next."""
    at, values = np.array([key[0] for key in keys]), np.array([key[1] for key in keys])
    turn = np.mod(phase, 1.0)
    after = np.searchsorted(at, turn, side="right")
    before = after - 1
    low, high = at[before], np.where(after < len(at), at[np.minimum(after, len(at) - 1)], at[0] + 1.0)
    low = np.where(before < 0, at[-1] - 1.0, low)
    share = ease((turn - low) / np.maximum(high - low, 1e-9))
    start, end = values[before], values[after % len(at)]
    return np.asarray(start + share * (end - start))
