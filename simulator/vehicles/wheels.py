"""Wheels of cars: tyre, rim and spokes."""

import numpy as np

from simulator.solid import Finish, Solid
from simulator.vehicles import finishes as made
from simulator.vehicles.meshes import lathe, mirrored

_SECTORS = 20


def wheel(
    x_m: float, y_m: float, radius_m: float, width_m: float = 0.21, spokes: int = 5, rim: Finish = made.RIM
) -> Solid:
    """One wheel whose outer face is at `y_m` (its sign says which side). Steel rims have no spokes (0)."""
    half = width_m / 2
    r = radius_m
    profile = [
        (half - 0.022, 0.001), (half - 0.022, 0.17 * r), (half - 0.040, 0.60 * r), (half - 0.012, 0.66 * r),
        (half - 0.006, 0.70 * r), (half, 0.80 * r), (half - 0.010, 0.95 * r), (half - 0.035, r), (-half, r),
    ]  # fmt: skip
    kinds = np.full((len(profile) - 1, _SECTORS), 1, dtype=np.uint8)
    kinds[:4] = 0
    if spokes:
        sector = (np.arange(_SECTORS) * spokes / _SECTORS) % 1.0
        kinds[1] = np.where(sector < 0.5, 0, 2)
    solid = lathe(profile, _SECTORS, (rim, made.TYRE, made.BLACK), kinds)
    if y_m < 0:
        solid = mirrored(solid)
    turn = np.eye(3, dtype=np.float32)
    return solid.placed(turn, np.array([x_m, y_m - np.sign(y_m) * half, radius_m], dtype=np.float32))
