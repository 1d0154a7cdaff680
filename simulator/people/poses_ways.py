"""Going and being about: walking, running, standing, carrying, pushing, telephoning, smoking, lying."""

import numpy as np

from simulator.optics import F64
from simulator.people.cue import Cue, bend, fidget, glance, left, right
from simulator.people.gait import RUN_M_S
from simulator.people.posture import P, keyed


def walking(cue: Cue, rows: F64) -> None:
    """Arms against legs, the pelvis turns and drops with the steps; above `RUN_M_S` it is a run."""
    runs = cue.speed_m_s >= RUN_M_S
    brisk = min(1.0, cue.speed_m_s / 1.5)
    wave, side = np.cos(np.pi * cue.beat) * cue.going, np.sin(np.pi * cue.beat) * cue.going
    manner = cue.manner
    rows[:, P.HIP_Y] = -0.011 * side + 0.004 * manner.clumsy * manner.wander(cue.t_s, 1, 2.3)
    rows[:, P.YAW] = (0.10 + 0.06 * runs) * brisk * wave
    rows[:, P.BACK_YAW] = -(0.20 + 0.14 * runs) * brisk * wave
    rows[:, P.ROLL] = -0.045 * side
    rows[:, P.BACK_ROLL] = 0.05 * side
    twice = np.cos(2 * np.pi * cue.beat) * cue.going
    if runs:
        rows[:, P.HIP_UP] = 0.955 + 0.028 * twice
        rows[:, P.HIP_X] += 0.02 * cue.going
        bend(rows, 0.10 + 0.02 * cue.speed_m_s * cue.going, 0.1, -0.12)
    else:
        rows[:, P.HIP_UP] = 0.985 - (0.010 + 0.012 * brisk) * (1 + twice) * cue.going
        bend(rows, 0.02 + 0.03 * brisk, 0.04 + manner.stoop, -0.7 * manner.stoop + 0.05)
    swing = (0.75 if runs else 0.42 * brisk) * (0.75 + 0.5 * manner.phase)
    for first, sign in ((P.L_X, 1.0), (P.R_X, -1.0)):
        own = sign * wave * swing
        rows[:, first + 4] = own + (0.0 if runs else 0.03)
        rows[:, first + 5] = 1.45 + 0.35 * own if runs else 0.28 + 0.5 * np.maximum(own, 0.0)


def standing(cue: Cue, rows: F64) -> None:
    """Sways from foot to foot and looks about; hands hang, are in the pockets, or the arms are crossed."""
    manner = cue.manner
    sway = manner.wander(cue.t_s, 2, 6.0)
    rows[:, P.HIP_Y] = 0.022 * sway
    rows[:, P.ROLL] = 0.05 * sway
    rows[:, P.BACK_ROLL] = -0.05 * sway
    rows[:, P.LOOK_YAW] = 0.65 * manner.wander(cue.t_s, 3, 7.0)
    rows[:, P.BACK_YAW] = 0.12 * manner.wander(cue.t_s, 4, 9.0)
    bend(rows, 0.0, 0.05 + manner.stoop, 0.08 * manner.wander(cue.t_s, 5, 5.0) - 0.6 * manner.stoop + 0.05)
    habit = manner.pick(1, 4)
    if habit == 1:
        left(rows, 0.035, 0.115, 0.535)
        right(rows, 0.035, -0.115, 0.535)
        rows[:, P.L_FLARE] = rows[:, P.R_FLARE] = 0.45
    elif habit == 2:
        left(rows, 0.085, -0.03, 0.655)
        right(rows, 0.100, 0.03, 0.685)
        rows[:, P.L_FLARE] = rows[:, P.R_FLARE] = 0.5
    else:
        rows[:, P.L_SWING] += 0.06 * manner.wander(cue.t_s, 6, 4.0)
        rows[:, P.R_SWING] += 0.06 * manner.wander(cue.t_s, 7, 5.0)


BAG, BOX, WHEEL, SHOULDER = range(4)


def load_of(cue: Cue) -> int:
    """What somebody carries."""
    return cue.manner.pick(2, 4)


def carrying(cue: Cue, rows: F64) -> None:
    """A bag in one hand, a box (a television) or a wheel before the belly, or a sack over the shoulder."""
    load = load_of(cue)
    if load == BAG:
        rows[:, P.R_SWING] *= 0.25
        rows[:, P.R_ELBOW] = 0.08
        rows[:, P.BACK_ROLL] += 0.07
    elif load in (BOX, WHEEL):
        high = 0.60 if load == BOX else 0.50
        wide = 0.135 if load == BOX else 0.12
        left(rows, 0.13, wide, high)
        right(rows, 0.13, -wide, high)
        rows[:, P.BACK_PITCH] -= 0.13
        rows[:, P.BACK_YAW] *= 0.3
    else:
        right(rows, 0.07, -0.10, 0.76)
        rows[:, P.R_FLARE] = 0.1
        rows[:, P.BACK_PITCH] += 0.12
        rows[:, P.LOOK_PITCH] -= 0.1


def pushing_pram(cue: Cue, rows: F64) -> None:
    """Both hands on the handle; the arms give a little with the steps."""
    give = 0.008 * np.cos(np.pi * cue.beat) * cue.going
    left(rows, 0.14 + give, 0.10, 0.56)
    right(rows, 0.14 - give, -0.10, 0.56)
    rows[:, P.BACK_YAW] *= 0.3
    rows[:, P.BACK_PITCH] += 0.06


def walking_dog(cue: Cue, rows: F64) -> None:
    """One hand before the hip, tugged by the leash now and then."""
    tug = np.maximum(cue.manner.wander(cue.t_s, 8, 3.0), 0.0)
    right(rows, 0.08 + 0.06 * tug, -0.14, 0.52 + 0.02 * tug, 0.9)


def telephoning(cue: Cue, rows: F64) -> None:
    """The telephone at the ear, or held before the chest and looked at."""
    manner = cue.manner
    if manner.pick(3, 2) == 0:
        right(rows, 0.005, -0.105, 0.865)
        rows[:, P.R_FLARE] = 0.25
        rows[:, P.LOOK_ROLL] = 0.08
        rows[:, P.LOOK_YAW] *= 0.4
    else:
        right(rows, 0.10, -0.05, 0.70)
        rows[:, P.R_FLARE] = 0.2
        rows[:, P.LOOK_PITCH] = 0.5 + 0.05 * manner.wander(cue.t_s, 10, 3.0)
        rows[:, P.LOOK_YAW] *= 0.2


def smoking(cue: Cue, rows: F64) -> None:
    """The hand goes to the mouth every nine seconds or so."""
    up = keyed(cue.turn(9.0) + cue.manner.phase, (0.0, 0.0), (0.08, 1.0), (0.22, 1.0), (0.30, 0.0))
    right(rows, 0.06 + 0.01 * up, -0.13 + 0.09 * up, 0.57 + 0.27 * up, 0.95)
    rows[:, P.R_FLARE] = 0.2 + 0.2 * up
    rows[:, P.LOOK_YAW] *= 1 - 0.7 * up


def shining_torch(cue: Cue, rows: F64) -> None:
    """A torch before the chest, swept from side to side."""
    sweep = cue.manner.wander(cue.t_s, 11, 3.5)
    right(rows, 0.13, -0.09 + 0.04 * sweep, 0.66)
    rows[:, P.R_FLARE] = 0.25
    rows[:, P.BACK_YAW] += 0.25 * sweep
    rows[:, P.LOOK_YAW] = 0.3 * sweep
    rows[:, P.LOOK_PITCH] = 0.15


def lying(cue: Cue, rows: F64) -> None:
    """On the back, on the face or half on a side; hardly moves."""
    manner = cue.manner
    kind = manner.pick(4, 3)
    breath = 0.01 * np.sin(2 * np.pi * cue.t_s / 4.0)
    rows[:, P.LOOSE] = 1.0
    rows[:, P.HIP_X] = 0.0
    rows[:, P.HIP_UP] = 0.135
    rows[:, P.L_FOOT_Y], rows[:, P.R_FOOT_Y] = 0.03, 0.01
    stir = 0.02 * manner.wander(cue.t_s, 12, 3.0)
    if kind == 1:
        bend(rows, 1.53, 0.05 + breath, -0.25)
        rows[:, P.LOOK_YAW] = 0.7
        left(rows, 0.42 + stir, 0.22, 0.045)
        right(rows, 0.10, -0.20, 0.045)
    else:
        bend(rows, -1.5, -0.05 + breath, 0.1)
        rows[:, P.ROLL] = 0.5 if kind == 2 else 0.0
        rows[:, P.LOOK_YAW] = 0.4
        left(rows, -0.05 + stir, 0.23, 0.05)
        right(rows, -0.22, -0.20 + stir, 0.05)
        rows[:, P.L_LIFT] = 0.07
        if kind == 2:
            rows[:, P.L_LIFT], rows[:, P.L_FOOT_X], rows[:, P.L_FOOT_Y] = 0.15, -0.02, 0.08
            rows[:, P.HIP_UP] = 0.14
            left(rows, -0.14, 0.02, 0.16 + stir)
    rows[:, P.L_FLARE] = rows[:, P.R_FLARE] = 0.9


def fighting(cue: Cue, rows: F64) -> None:
    """Guard, blows with either hand, and grappling by turns; the body gives way and presses on."""
    manner = cue.manner
    turn = cue.turn(1.15) + manner.phase
    blow = keyed(turn, (0.0, 0.0), (0.18, -0.25), (0.34, 1.0), (0.52, 0.0))
    hand = np.mod(np.floor(turn) * 0.618 + manner.phase, 1.0) < 0.5
    leads, trails = np.where(hand, blow, 0.0), np.where(hand, 0.0, blow)
    grapple = np.clip(2.5 * manner.wander(cue.t_s, 13, 6.0), 0.0, 1.0)
    press = manner.wander(cue.t_s, 14, 1.6)
    for put, own, y in ((left, leads, 0.07), (right, trails, -0.07)):
        reach = 0.10 + 0.20 * np.maximum(own, grapple * 0.85) + 0.02 * press
        put(rows, reach, y * (1 - 0.5 * np.maximum(own, 0.0)) + 0.05 * grapple * np.sign(y), 0.77 + 0.03 * own)
    rows[:, P.L_FLARE] = rows[:, P.R_FLARE] = 0.35
    rows[:, P.BACK_YAW] = 0.45 * (trails - leads) + 0.15 * grapple * press
    bend(rows, 0.14 + 0.16 * grapple + 0.06 * press, 0.2, -0.1)
    rows[:, P.HIP_X] += 0.035 * press + 0.03 * np.maximum(blow, 0.0)
    rows[:, P.HIP_Y] = 0.03 * manner.wander(cue.t_s, 15, 1.3)
    rows[:, P.HIP_UP] = 0.93 + 0.02 * manner.wander(cue.t_s, 16, 0.9)
    step = 0.04 * manner.wander(cue.t_s, 17, 1.9)
    rows[:, P.L_FOOT_X], rows[:, P.R_FOOT_X] = 0.10, -0.10
    rows[:, P.L_FOOT_Y] = rows[:, P.R_FOOT_Y] = 0.03
    rows[:, P.L_FOOT_X] += np.maximum(step, 0.0)
    rows[:, P.R_FOOT_X] += np.minimum(step, 0.0)
    rows[:, P.R_HEEL] = 0.35
    fidget(cue, rows, 0.01)


def looking_about(cue: Cue, rows: F64) -> None:
    """For somebody who goes: looks about a little."""
    glance(cue, rows, 0.35)
