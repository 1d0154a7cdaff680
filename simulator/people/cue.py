"""What a posture program is given, and small helpers that several programs share."""

from dataclasses import dataclass

import numpy as np

from simulator.optics import F64
from simulator.people.manner import Manner
from simulator.people.posture import P


@dataclass(frozen=True, slots=True)
class Cue:
    """`t_s` [n]: seconds since the act began; `share` [n]: of the whole act (0..1); `beat` and `going` [n] as in
    `gait.Steps` (0 for somebody who stays); `speed_m_s` of a walk."""

    t_s: F64
    share: F64
    beat: F64
    going: F64
    speed_m_s: float
    manner: Manner

    def turn(self, period_s: float) -> F64:
        """Cycles done [n], at the person's tempo; clumsy people lose the rhythm."""
        even = self.t_s * self.manner.tempo / period_s
        return np.asarray(even + 0.12 * self.manner.clumsy * np.sin(2 * np.pi * 0.37 * even + 7 * self.manner.phase))


def left(rows: F64, x: F64 | float, y: F64 | float, z: F64 | float, reach: F64 | float = 1.0) -> None:
    """Puts the left hand somewhere."""
    rows[:, P.L_X], rows[:, P.L_Y], rows[:, P.L_Z], rows[:, P.L_REACH] = x, y, z, reach


def right(rows: F64, x: F64 | float, y: F64 | float, z: F64 | float, reach: F64 | float = 1.0) -> None:
    """Puts the right hand somewhere."""
    rows[:, P.R_X], rows[:, P.R_Y], rows[:, P.R_Z], rows[:, P.R_REACH] = x, y, z, reach


def bend(rows: F64, pitch: F64 | float, back: F64 | float, look: F64 | float) -> None:
    """Leans the pelvis, rounds the back, and nods the head."""
    rows[:, P.PITCH], rows[:, P.BACK_PITCH], rows[:, P.LOOK_PITCH] = pitch, back, look


def fidget(cue: Cue, rows: F64, amount: float, period_s: float = 0.9) -> None:
    """Busy hands."""
    for number, column in enumerate((P.L_X, P.L_Y, P.L_Z, P.R_X, P.R_Y, P.R_Z)):
        rows[:, column] += amount * (0.6 + 0.6 * cue.manner.clumsy) * cue.manner.wander(cue.t_s, number, period_s)


def glance(cue: Cue, rows: F64, amount: float = 0.7) -> None:
    """Looks over the shoulder now and then."""
    waver = cue.manner.wander(cue.t_s, 9, 5.0)
    rows[:, P.LOOK_YAW] += amount * np.clip((np.abs(waver) - 0.25) / 0.35, 0.0, 1.0) * np.sign(waver)
