"""Where flames and smoke are, for the ground truth."""

from dataclasses import dataclass

import numpy as np

from simulator.optics import F64


@dataclass(frozen=True, slots=True)
class Extent:
    """Where flames or smoke are in the world: an ellipsoid whose layers are shifted by `lean` [2] (metres along x and y
    per metre up); its middle and, before that, its half axes [3]."""

    middle_m: F64
    half_m: F64
    lean: F64

    @property
    def points_m(self) -> F64:
        """Points on it [n, 3]: what is projected to get its rectangle in a picture."""
        turn = np.linspace(0, 2 * np.pi, 16, endpoint=False)
        lift = np.linspace(-np.pi / 2, np.pi / 2, 13)
        ring = np.cos(lift)[:, None]
        unit = np.stack([ring * np.cos(turn), ring * np.sin(turn), np.sin(lift)[:, None] + 0 * turn], axis=-1)
        off = unit.reshape(-1, 3) * self.half_m
        off[:, :2] += off[:, 2:] * self.lean
        return np.asarray(self.middle_m + off)
