"""Outlines of bodies in side view, by model."""

from dataclasses import dataclass

import numpy as np

from simulator.optics import F64
from simulator.vehicles.vehicle import Dimensions, Model

Profile = tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Outline:
    """A body's outline. Stations are shares of the shell's length from the nose; heights are in metres.

    `profile` is the upper edge. `cowl`, `roof_from`, `roof_to`, `glass_to` are the stations where windscreen, roof and
    rear window begin and end; side windows reach from `windows[0]` to `windows[1]`, parted by `pillars`; `doors` are
    seams. `axles` are stations of the wheels, `lean` how far the cabin leans in (share of half the width), `bulge_m`
    how far nose and tail swell beyond the shell. `sill_m` is the body's lower edge.
    """

    size: Dimensions
    belt_m: float
    profile: Profile
    cowl: float
    roof_from: float
    roof_to: float
    glass_to: float
    windows: tuple[float, float]
    pillars: tuple[float, ...]
    doors: tuple[float, ...]
    axles: tuple[float, float]
    wheel_m: float = 0.315
    lean: float = 0.22
    sill_m: float = 0.21
    bulge_m: tuple[float, float] = (0.10, 0.07)
    cladding: bool = False
    bed: tuple[float, float] | None = None
    tail_windows: bool = False

    @property
    def shell_m(self) -> float:
        """Length between nose and tail edges."""
        return self.size.length_m - sum(self.bulge_m)

    def x_m(self, station: F64 | float) -> F64:
        """Own x of stations."""
        return np.asarray(self.size.length_m / 2 - self.bulge_m[0] - np.asarray(station) * self.shell_m)

    def top_m(self, station: F64) -> F64:
        """Heights of the upper edge at stations [n]."""
        table = np.array(self.profile)
        return np.asarray(np.interp(station, table[:, 0], table[:, 1]))


OUTLINES: dict[Model, Outline] = {
    Model.HATCH: Outline(
        Dimensions(4.25, 1.79, 1.47), 0.93,
        ((0, 0.66), (0.03, 0.74), (0.10, 0.84), (0.18, 0.92), (0.255, 0.97), (0.34, 1.18), (0.43, 1.38), (0.49, 1.435),
         (0.58, 1.47), (0.70, 1.46), (0.82, 1.41), (0.86, 1.36), (0.935, 1.08), (0.965, 1.00), (1, 0.95)),
        0.255, 0.43, 0.85, 0.935, (0.335, 0.875), (0.565, 0.765), (0.30, 0.565, 0.775), (0.185, 0.800),
        bulge_m=(0.11, 0.09),
    ),
    Model.ESTATE: Outline(
        Dimensions(4.72, 1.83, 1.47), 0.94,
        ((0, 0.66), (0.03, 0.74), (0.10, 0.84), (0.17, 0.91), (0.245, 0.97), (0.32, 1.18), (0.395, 1.38), (0.45, 1.44),
         (0.54, 1.47), (0.70, 1.47), (0.86, 1.42), (0.89, 1.37), (0.955, 1.09), (0.975, 1.01), (1, 0.96)),
        0.245, 0.395, 0.885, 0.955, (0.31, 0.925), (0.505, 0.675, 0.82), (0.28, 0.505, 0.685), (0.19, 0.790),
        bulge_m=(0.11, 0.08),
    ),
    Model.SALOON: Outline(
        Dimensions(4.75, 1.83, 1.44), 0.92,
        ((0, 0.66), (0.03, 0.73), (0.10, 0.83), (0.18, 0.90), (0.26, 0.95), (0.34, 1.17), (0.42, 1.35), (0.47, 1.41),
         (0.55, 1.44), (0.64, 1.42), (0.70, 1.37), (0.78, 1.18), (0.84, 1.04), (0.90, 1.015), (0.97, 1.00), (1, 0.95)),
        0.26, 0.42, 0.70, 0.84, (0.33, 0.765), (0.535, 0.70), (0.295, 0.535, 0.71), (0.185, 0.785),
        bulge_m=(0.11, 0.09),
    ),
    Model.MINI: Outline(
        Dimensions(3.55, 1.64, 1.48), 0.92,
        ((0, 0.68), (0.04, 0.78), (0.12, 0.88), (0.21, 0.97), (0.30, 1.18), (0.39, 1.38), (0.46, 1.45), (0.60, 1.48),
         (0.78, 1.45), (0.88, 1.39), (0.945, 1.12), (0.97, 1.02), (1, 0.96)),
        0.21, 0.39, 0.875, 0.945, (0.295, 0.90), (0.60,), (0.265, 0.61), (0.165, 0.815),
        wheel_m=0.285, lean=0.18, bulge_m=(0.09, 0.06),
    ),
    Model.OFFROAD: Outline(
        Dimensions(4.55, 1.90, 1.70), 1.08,
        ((0, 0.78), (0.02, 0.88), (0.07, 0.98), (0.17, 1.06), (0.245, 1.11), (0.32, 1.35), (0.395, 1.58), (0.45, 1.66),
         (0.55, 1.70), (0.75, 1.69), (0.88, 1.63), (0.905, 1.57), (0.955, 1.27), (0.975, 1.16), (1, 1.10)),
        0.245, 0.395, 0.895, 0.955, (0.315, 0.915), (0.515, 0.685, 0.825), (0.28, 0.515, 0.695), (0.185, 0.800),
        wheel_m=0.365, lean=0.18, sill_m=0.30, bulge_m=(0.08, 0.06), cladding=True,
    ),
    Model.VAN: Outline(
        Dimensions(5.15, 1.96, 1.97), 1.10,
        ((0, 0.82), (0.02, 0.94), (0.06, 1.04), (0.12, 1.12), (0.155, 1.18), (0.22, 1.52), (0.28, 1.80), (0.32, 1.90),
         (0.40, 1.95), (0.60, 1.97), (0.96, 1.95), (0.985, 1.91), (1, 1.80)),
        0.155, 0.28, 0.97, 0.985, (0.215, 0.375), (0.365,), (0.19, 0.375, 0.58), (0.165, 0.775),
        wheel_m=0.335, lean=0.13, sill_m=0.26, bulge_m=(0.10, 0.02), cladding=True, tail_windows=True,
    ),
    Model.PICKUP: Outline(
        Dimensions(5.25, 1.87, 1.80), 1.10,
        ((0, 0.82), (0.02, 0.92), (0.07, 1.02), (0.16, 1.09), (0.225, 1.13), (0.29, 1.40), (0.35, 1.66), (0.40, 1.75),
         (0.48, 1.80), (0.57, 1.78), (0.60, 1.70), (0.625, 1.30), (0.635, 1.13), (0.65, 1.12), (0.98, 1.12), (1, 1.08)),
        0.225, 0.35, 0.602, 0.625, (0.285, 0.607), (0.455,), (0.255, 0.455, 0.60), (0.175, 0.770),
        wheel_m=0.385, lean=0.18, sill_m=0.34, bulge_m=(0.08, 0.03), cladding=True, bed=(0.65, 0.975),
    ),
}  # fmt: skip

SIZES: dict[Model, Dimensions] = {
    **{model: outline.size for model, outline in OUTLINES.items()},
    Model.LORRY: Dimensions(6.9, 2.25, 3.05),
    Model.BICYCLE: Dimensions(1.78, 0.58, 1.06),
    Model.MOTORBIKE: Dimensions(2.10, 0.78, 1.14),
    Model.MOPED: Dimensions(1.80, 0.68, 1.12),
}
