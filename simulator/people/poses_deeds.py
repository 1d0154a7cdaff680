"""Blows, kicks, throws, pouring, spraying, climbing, posting: the large gestures."""

import numpy as np

from simulator.optics import F64
from simulator.people.cue import Cue, bend, glance, left, right
from simulator.people.posture import P, keyed


def swinging_bar(cue: Cue, rows: F64) -> None:
    """Takes aim, swings a bar from over the shoulder, strikes, and draws it back."""
    turn = cue.turn(1.9)
    back = keyed(turn, (0.0, 0.0), (0.22, 1.0), (0.40, 1.0), (0.50, 0.0))
    hit = keyed(turn, (0.0, 0.0), (0.42, 0.0), (0.52, 1.0), (0.62, 0.9), (0.85, 0.0))
    rest = 1.0 - np.maximum(back, hit)
    x = 0.13 * rest - 0.03 * back + 0.245 * hit
    y = -0.05 * rest - 0.135 * back + 0.02 * hit
    z = 0.62 * rest + 0.93 * back + 0.56 * hit
    right(rows, x, y - 0.02, z)
    left(rows, x + 0.035 * rest + 0.03 * hit, y + 0.05, z - 0.02 * back)
    rows[:, P.R_FLARE] = 0.5 + 0.4 * back
    rows[:, P.L_FLARE] = 0.4
    rows[:, P.BACK_YAW] = -0.65 * back + 0.35 * hit
    rows[:, P.YAW] = -0.25 * back + 0.15 * hit
    bend(rows, 0.06 - 0.08 * back + 0.26 * hit, 0.1 - 0.1 * back + 0.22 * hit, 0.05)
    rows[:, P.LOOK_YAW] = 0.6 * back - 0.2 * hit
    rows[:, P.HIP_X] += 0.05 * hit - 0.04 * back
    rows[:, P.HIP_UP] = 0.95 - 0.03 * hit
    rows[:, P.L_FOOT_X], rows[:, P.R_FOOT_X], rows[:, P.R_FOOT_Y] = 0.08, -0.12, 0.03
    rows[:, P.R_HEEL] = 0.15 + 0.35 * hit


def kicking(cue: Cue, rows: F64) -> None:
    """Draws the knee up, kicks ahead with the sole or the toes, and sets the foot down again."""
    turn = cue.turn(2.0)
    knee = keyed(turn, (0.0, 0.0), (0.25, 1.0), (0.36, 1.0), (0.62, 0.0))
    hit = keyed(turn, (0.0, 0.0), (0.25, 0.0), (0.36, 1.0), (0.46, 0.2), (0.62, 0.0))
    high = 0.18 + 0.14 * cue.manner.phase
    rows[:, P.R_LIFT] = knee * (0.16 + (high - 0.16) * hit)
    rows[:, P.R_FOOT_X] = -0.04 + 0.06 * knee + 0.29 * hit
    rows[:, P.R_HEEL] = 0.5 * knee * (1 - hit) - 0.75 * hit
    rows[:, P.L_FOOT_X] = 0.02
    rows[:, P.HIP_Y] = 0.045 * knee
    rows[:, P.HIP_X] += 0.05 * hit
    rows[:, P.HIP_UP] = 0.965
    rows[:, P.ROLL] = -0.08 * knee
    bend(rows, -0.05 * knee - 0.30 * hit, 0.16 * knee + 0.1 * hit, 0.2)
    rows[:, P.YAW] = 0.25 * hit
    left(rows, 0.10, 0.20, 0.66, 0.8 * knee)
    right(rows, -0.02, -0.24, 0.64, 0.8 * knee)
    rows[:, P.L_FLARE] = rows[:, P.R_FLARE] = 0.7


def throwing(cue: Cue, rows: F64) -> None:
    """Draws the arm back behind the head, throws, follows through."""
    turn = cue.turn(2.8)
    back = keyed(turn, (0.0, 0.0), (0.25, 1.0), (0.38, 1.0), (0.46, 0.0))
    go = keyed(turn, (0.0, 0.0), (0.38, 0.0), (0.46, 1.0), (0.54, 0.3), (0.70, 0.0))
    after = keyed(turn, (0.0, 0.0), (0.46, 0.0), (0.58, 1.0), (0.68, 0.8), (0.88, 0.0))
    rest = np.maximum(1.0 - back - go - after, 0.0)
    total = rest + back + go + after
    places = ((0.08, -0.14, 0.52), (-0.13, -0.17, 0.87), (0.21, -0.06, 0.90), (0.15, 0.09, 0.52))
    weights = (rest / total, back / total, go / total, after / total)
    x, y, z = (sum(w * spot[axis] for w, spot in zip(weights, places, strict=True)) for axis in range(3))
    right(rows, np.asarray(x), np.asarray(y), np.asarray(z))
    rows[:, P.R_FLARE] = 0.3 + 0.7 * back
    left(rows, 0.17, 0.11, 0.75, 0.9 * back)
    rows[:, P.BACK_YAW] = -0.6 * back + 0.45 * np.maximum(go, after)
    rows[:, P.YAW] = -0.3 * back + 0.2 * np.maximum(go, after)
    bend(rows, -0.10 * back + 0.22 * np.maximum(go, after), 0.05 - 0.1 * back + 0.15 * after, 0.0)
    rows[:, P.LOOK_YAW] = 0.7 * back - 0.3 * after
    rows[:, P.HIP_X] += 0.06 * np.maximum(go, after) - 0.05 * back
    rows[:, P.HIP_UP] = 0.955
    rows[:, P.L_FOOT_X], rows[:, P.R_FOOT_X], rows[:, P.R_FOOT_Y] = 0.11, -0.12, 0.02
    rows[:, P.R_HEEL] = 0.1 + 0.5 * np.maximum(go, after)


def pouring(cue: Cue, rows: F64) -> None:
    """A can in both hands, tipped, swung to and fro."""
    sweep = cue.manner.wander(cue.t_s, 31, 2.6)
    bend(rows, 0.14, 0.26, 0.28)
    rows[:, P.BACK_YAW] = 0.30 * sweep
    right(rows, 0.14, -0.09 + 0.08 * sweep, 0.575)
    left(rows, 0.19, 0.05 + 0.08 * sweep, 0.50 + 0.01 * sweep)
    rows[:, P.R_FLARE] = 0.6
    rows[:, P.HIP_Y] = 0.02 * sweep
    rows[:, P.L_FOOT_X], rows[:, P.R_FOOT_X] = 0.04, -0.07
    glance(cue, rows, 0.3)


def spraying(cue: Cue, rows: F64) -> None:
    """An arm stretched out with a can, in arcs."""
    arc = 2 * np.pi * cue.turn(1.6)
    high = 0.66 + 0.20 * cue.manner.phase
    bend(rows, 0.05, 0.06, -0.05)
    right(rows, 0.21, -0.07 + 0.09 * np.sin(arc), high + 0.05 * np.sin(2 * arc + 1.0))
    rows[:, P.R_FLARE] = 0.3
    rows[:, P.BACK_YAW] = 0.2 + 0.15 * np.sin(arc)
    rows[:, P.LOOK_YAW] = -0.1 * np.sin(arc)
    rows[:, P.R_FOOT_X] = -0.05


def climbing(cue: Cue, rows: F64) -> None:
    """Over something chest-high: hands on top, up, and down again."""
    up = np.sin(np.pi * np.clip((cue.share - 0.1) / 0.8, 0.0, 1.0)) ** 1.3
    turn = keyed(cue.turn(1.8), (0.0, 0.0), (0.25, 1.0), (0.5, 0.0), (0.75, -1.0))
    rows[:, P.HIP_UP] = 0.97 + 0.62 * up
    rows[:, P.L_LIFT] = 0.30 * up + 0.10 * up * np.maximum(turn, 0.0)
    rows[:, P.R_LIFT] = 0.30 * up + 0.10 * up * np.maximum(-turn, 0.0)
    rows[:, P.L_FOOT_X] = 0.05 * up
    rows[:, P.R_FOOT_X] = 0.02 * up - 0.06 * up * turn
    rows[:, P.L_HEEL] = rows[:, P.R_HEEL] = 0.5 * up
    rows[:, P.KNEES] = 0.35 * up
    bend(rows, 0.15 + 0.45 * up, 0.1 + 0.3 * up, -0.25)
    left(rows, 0.20, 0.11, 0.86 + 0.02 * turn)
    right(rows, 0.20, -0.11, 0.86 - 0.02 * turn)
    rows[:, P.L_FLARE] = rows[:, P.R_FLARE] = 0.5
    rows[:, P.ROLL] = 0.1 * turn * up


def posting_paper(cue: Cue, rows: F64) -> None:
    """Takes a paper from the bag at the hip and pushes it through a slot."""
    out = keyed(cue.turn(3.2), (0.0, 0.0), (0.3, 1.0), (0.5, 1.0), (0.8, 0.0))
    bend(rows, 0.05 + 0.12 * out, 0.1 + 0.12 * out, 0.2)
    right(rows, 0.06 + 0.165 * out, -0.10 + 0.09 * out, 0.52 + 0.10 * out)
    left(rows, 0.05, 0.12, 0.53, 0.8)
    rows[:, P.BACK_YAW] = -0.15 + 0.3 * out
    rows[:, P.R_FOOT_X] = -0.03
