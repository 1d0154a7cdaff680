"""What people do at a vehicle, honest or not. They face it; it is about half a metre ahead."""

import numpy as np

from simulator.optics import F64
from simulator.people.cue import Cue, bend, fidget, glance, left, right
from simulator.people.posture import P, ease, keyed


def trying_handle(cue: Cue, rows: F64) -> None:
    """Pulls at a door handle and looks over the shoulder."""
    pull = keyed(cue.turn(1.3), (0.0, 0.0), (0.15, 1.0), (0.3, 0.1), (0.42, 1.0), (0.6, 0.0))
    bend(rows, 0.10, 0.20, 0.25)
    right(rows, 0.215 - 0.035 * pull, -0.04, 0.535 + 0.008 * pull)
    rows[:, P.R_FLARE] = 0.15
    rows[:, P.BACK_YAW] = 0.18 - 0.12 * pull
    rows[:, P.R_FOOT_X] = -0.05
    fidget(cue, rows, 0.004)
    glance(cue, rows)


def unlocking(cue: Cue, rows: F64) -> None:
    """A key or a button at the lock, eyes on it."""
    bend(rows, 0.05, 0.15, 0.45)
    right(rows, 0.19, -0.03, 0.565)
    left(rows, 0.10, 0.07, 0.58, 0.6)
    rows[:, P.BACK_YAW] = 0.12
    fidget(cue, rows, 0.006, 0.7)


def looking_in(cue: Cue, rows: F64) -> None:
    """Bent to the window, the hands as blinkers beside the eyes, the head from side to side."""
    side = cue.manner.wander(cue.t_s, 21, 2.5)
    rows[:, P.HIP_X] -= 0.02
    rows[:, P.HIP_UP] = 0.95
    bend(rows, 0.48, 0.42, -0.55)
    rows[:, P.HIP_Y] = 0.02 * side
    rows[:, P.LOOK_YAW] = 0.25 * side
    left(rows, 0.215, 0.075 + 0.02 * side, 0.73)
    if cue.manner.pick(5, 3) == 0:
        right(rows, 0.24, -0.16, 0.74)
    else:
        right(rows, 0.215, -0.075 + 0.02 * side, 0.73)
    rows[:, P.L_FLARE] = rows[:, P.R_FLARE] = 0.65
    rows[:, P.L_FOOT_Y] = rows[:, P.R_FOOT_Y] = 0.03
    rows[:, P.R_FOOT_X] = -0.05


def looking_in_with_lamp(cue: Cue, rows: F64) -> None:
    """The same with a lamp held beside the head, shone about in the car."""
    looking_in(cue, rows)
    sweep = cue.manner.wander(cue.t_s, 22, 2.0)
    right(rows, 0.15, -0.13 + 0.03 * sweep, 0.755 + 0.02 * cue.manner.wander(cue.t_s, 23, 2.7))
    rows[:, P.R_FLARE] = 0.8


def prying(cue: Cue, rows: F64) -> None:
    """Both hands on a bar at the door's edge; the whole body rocks."""
    rock = np.sin(2 * np.pi * cue.turn(1.1))
    effort = 0.75 + 0.25 * cue.manner.wander(cue.t_s, 24, 4.0)
    rows[:, P.HIP_X] += 0.030 * rock * effort - 0.03
    rows[:, P.HIP_UP] = 0.93
    bend(rows, 0.28 + 0.09 * rock * effort, 0.28, 0.1)
    left(rows, 0.185 + 0.015 * rock, 0.02 + 0.03 * rock * effort, 0.545)
    right(rows, 0.085 + 0.025 * rock, -0.06 + 0.05 * rock * effort, 0.56)
    rows[:, P.L_FLARE] = rows[:, P.R_FLARE] = 0.45
    rows[:, P.BACK_YAW] = 0.12 * rock
    rows[:, P.L_FOOT_X], rows[:, P.R_FOOT_X], rows[:, P.R_FOOT_Y] = 0.04, -0.13, 0.03
    rows[:, P.R_HEEL] = 0.25
    glance(cue, rows, 0.35)


def crouching(cue: Cue, rows: F64) -> None:
    """Low on the balls of the feet, the hands at the wheel."""
    rows[:, P.HIP_X] = -0.145
    rows[:, P.HIP_UP] = 0.37 + 0.02 * cue.manner.wander(cue.t_s, 25, 4.0)
    rows[:, P.KNEES] = 0.38
    rows[:, P.L_HEEL], rows[:, P.R_HEEL] = 0.35, 0.62
    rows[:, P.L_FOOT_X], rows[:, P.R_FOOT_X] = 0.03, -0.06
    rows[:, P.L_FOOT_Y] = rows[:, P.R_FOOT_Y] = 0.035
    bend(rows, 0.42, 0.48, -0.25)
    left(rows, 0.17, 0.07, 0.22)
    right(rows, 0.18, -0.05, 0.20)
    fidget(cue, rows, 0.018)
    glance(cue, rows, 0.5)


def lighting_fire(cue: Cue, rows: F64) -> None:
    """Crouched, one hand shields the lighter in the other; then both are drawn back."""
    crouching(cue, rows)
    flick = keyed(cue.turn(0.8), (0.0, 0.0), (0.2, 1.0), (0.4, 0.0))
    left(rows, 0.17, 0.035, 0.175)
    right(rows, 0.175, -0.035, 0.15 + 0.008 * flick)
    rows[:, P.LOOK_PITCH] = 0.1


def changing_wheel(cue: Cue, rows: F64) -> None:
    """On one knee; both hands turn a wrench."""
    crank = 2 * np.pi * cue.turn(1.5)
    rows[:, P.HIP_X] = -0.13
    rows[:, P.HIP_UP] = 0.525
    rows[:, P.L_FOOT_X], rows[:, P.R_FOOT_X] = 0.10, -0.235
    rows[:, P.L_FOOT_Y], rows[:, P.R_FOOT_Y] = 0.02, 0.01
    rows[:, P.R_HEEL] = 1.05
    rows[:, P.KNEES] = 0.12
    bend(rows, 0.30, 0.38, -0.1)
    left(rows, 0.165, 0.05, 0.235)
    right(rows, 0.155 + 0.03 * np.cos(crank), -0.06, 0.235 + 0.045 * np.sin(crank))
    rows[:, P.BACK_YAW] = 0.06 * np.sin(crank)
    fidget(cue, rows, 0.006)


def scraping_ice(cue: Cue, rows: F64) -> None:
    """Bent over the windscreen: quick strokes of one arm, the other leans on the car."""
    stroke = np.sin(2 * np.pi * cue.turn(0.75))
    slow = cue.manner.wander(cue.t_s, 26, 5.0)
    rows[:, P.HIP_X] += 0.03
    bend(rows, 0.30 + 0.05 * stroke, 0.34, -0.1)
    right(rows, 0.235 + 0.055 * stroke, -0.02 + 0.07 * slow, 0.665 + 0.035 * stroke)
    left(rows, 0.20, 0.12, 0.60)
    rows[:, P.R_FLARE] = 0.5
    rows[:, P.BACK_YAW] = 0.10 + 0.10 * stroke
    rows[:, P.R_FOOT_X] = -0.06
    rows[:, P.R_HEEL] = 0.2


def loading_boot(cue: Cue, rows: F64) -> None:
    """Bends for a bag beside the feet, lifts it, and pushes it into the boot."""
    turn = cue.turn(4.6)
    down = keyed(turn, (0.0, 0.0), (0.18, 1.0), (0.28, 1.0), (0.48, 0.0))
    into = keyed(turn, (0.0, 0.0), (0.48, 0.2), (0.64, 1.0), (0.74, 1.0), (0.92, 0.0))
    rows[:, P.HIP_X] -= 0.06 * down + 0.03 * into
    rows[:, P.HIP_UP] = 0.985 - 0.22 * down
    rows[:, P.KNEES] = 0.15 * down
    bend(rows, 0.05 + 0.62 * down + 0.38 * into, 0.08 + 0.42 * down + 0.2 * into, 0.0)
    rows[:, P.BACK_YAW] = -0.35 * down
    x, z = 0.12 - 0.02 * down + 0.17 * into, 0.50 - 0.30 * down + 0.00 * into
    left(rows, x, 0.07 - 0.06 * down, z)
    right(rows, x, -0.09 - 0.08 * down, z)
    rows[:, P.R_FOOT_X] = -0.04


def under_bonnet(cue: Cue, rows: F64) -> None:
    """Leans far over the engine, both hands in it."""
    rows[:, P.HIP_X] -= 0.04
    rows[:, P.HIP_UP] = 0.97
    bend(rows, 0.62, 0.42, -0.25)
    left(rows, 0.27, 0.09, 0.535)
    right(rows, 0.28, -0.07, 0.525)
    rows[:, P.L_FLARE] = rows[:, P.R_FLARE] = 0.4
    rows[:, P.L_FOOT_Y] = rows[:, P.R_FOOT_Y] = 0.03
    fidget(cue, rows, 0.02, 1.4)


def getting_in(cue: Cue, rows: F64) -> None:
    """Opens the door, ducks, and lets down onto the seat."""
    opened, down = ease(cue.share / 0.3), ease((cue.share - 0.25) / 0.6)
    pull = np.sin(np.pi * opened)
    rows[:, P.HIP_X] -= 0.03 * down
    rows[:, P.HIP_UP] = 0.985 - 0.40 * down
    duck = np.sin(np.pi * np.clip((cue.share - 0.2) / 0.8, 0.0, 1.0))
    bend(rows, 0.06 + 0.5 * duck, 0.15 + 0.35 * duck, 0.1 + 0.2 * duck)
    right(rows, 0.20 - 0.10 * opened, -0.05 - 0.05 * opened, 0.54 + 0.02 * opened, np.maximum(1 - down, 0.5))
    left(rows, 0.18, 0.12, 0.62, 0.8 * down)
    rows[:, P.BACK_YAW] = 0.2 * pull
    rows[:, P.KNEES] = 0.1 * down


def sitting(cue: Cue, rows: F64) -> None:
    """In a seat, hands at a steering wheel."""
    rows[:, P.LOOSE] = 1.0
    rows[:, P.HIP_X] = 0.0
    rows[:, P.HIP_UP] = 0.56
    bend(rows, -0.22, 0.12, 0.08)
    left(rows, 0.19, 0.09, 0.56)
    right(rows, 0.19, -0.09, 0.56)
    rows[:, P.L_FOOT_X], rows[:, P.R_FOOT_X] = 0.30, 0.27
    rows[:, P.L_LIFT], rows[:, P.R_LIFT] = 0.30, 0.28
    rows[:, P.L_FOOT_Y] = rows[:, P.R_FOOT_Y] = 0.02
    rows[:, P.LOOK_YAW] = 0.4 * cue.manner.wander(cue.t_s, 27, 6.0)
