"""Parked cars: parametric bodies lofted from side profiles, and what each spot of them is made of.

A car's own axes: x ahead (the nose is at +length / 2), y to its left, z up from the ground. Fine details (glass,
pillars, seams, lamps, plates, wheel arches) are painted by place, not modelled.
"""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from simulator.materials import Material
from simulator.mesh import Mesh, box, disc, flat, grid, joined, rotation
from simulator.optics import F32, F64


class Body(StrEnum):
    """Kinds of body."""

    HATCH = "hatch"
    ESTATE = "estate"
    SALOON = "saloon"
    VAN = "van"
    OFFROAD = "offroad"


@dataclass(frozen=True, slots=True)
class Shape:
    """A body's outline. Stations are ratios of the length from the nose; heights are in metres.

    `outline` is the upper edge in side view. `cowl`, `roof_from`, `roof_to`, `rear_glass_to` are the stations where
    windscreen, roof and rear window begin and end; `pillars` those of the dark posts between the side windows.
    """

    length_m: float
    width_m: float
    belt_m: float
    outline: tuple[tuple[float, float], ...]
    cowl: float
    roof_from: float
    roof_to: float
    rear_glass_to: float
    pillars: tuple[float, ...]
    wheel_m: float = 0.32

    @property
    def height_m(self) -> float:
        """Height of the roof."""
        return max(height for _, height in self.outline)


SHAPES = {
    Body.HATCH: Shape(
        4.25, 1.79, 0.93,
        ((0, 0.60), (0.02, 0.68), (0.09, 0.80), (0.26, 0.97), (0.43, 1.40), (0.55, 1.47), (0.82, 1.42), (0.94, 1.06),
         (0.985, 0.98), (1, 0.66)),
        0.26, 0.43, 0.83, 0.93, (0.56, 0.74),
    ),
    Body.ESTATE: Shape(
        4.72, 1.83, 0.94,
        ((0, 0.60), (0.02, 0.68), (0.09, 0.80), (0.25, 0.97), (0.39, 1.40), (0.50, 1.47), (0.86, 1.43), (0.95, 1.10),
         (0.985, 1.0), (1, 0.66)),
        0.25, 0.39, 0.87, 0.95, (0.51, 0.66, 0.82),
    ),
    Body.SALOON: Shape(
        4.75, 1.83, 0.92,
        ((0, 0.60), (0.02, 0.68), (0.09, 0.79), (0.27, 0.95), (0.42, 1.36), (0.53, 1.43), (0.68, 1.39), (0.83, 1.06),
         (0.97, 1.02), (1, 0.70)),
        0.27, 0.42, 0.68, 0.82, (0.53, 0.70),
    ),
    Body.VAN: Shape(
        5.0, 1.93, 1.08,
        ((0, 0.72), (0.02, 0.86), (0.06, 1.02), (0.15, 1.16), (0.27, 1.80), (0.36, 1.94), (0.95, 1.94), (0.985, 1.75),
         (1, 0.95)),
        0.14, 0.28, 0.96, 0.99, (0.34, 0.55, 0.77), 0.34,
    ),
    Body.OFFROAD: Shape(
        4.5, 1.88, 1.06,
        ((0, 0.70), (0.02, 0.82), (0.07, 0.95), (0.25, 1.10), (0.40, 1.60), (0.50, 1.67), (0.86, 1.62), (0.95, 1.25),
         (0.985, 1.1), (1, 0.75)),
        0.25, 0.40, 0.87, 0.95, (0.52, 0.70, 0.85), 0.36,
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Car:
    """One parked car: `place_m` its middle on the ground, `heading_rad` of its nose counter-clockwise from x."""

    number: int
    body: Body
    place_m: tuple[float, float]
    heading_rad: float
    paint: float
    gloss: float
    plate: float
    own: bool = False

    @property
    def shape(self) -> Shape:
        """Its outline."""
        return SHAPES[self.body]

    def to_world(self, points_m: F64) -> F64:
        """Points [n, 3] in the car's axes to the world's."""
        return np.asarray(points_m @ rotation(self.heading_rad).T + np.array([*self.place_m, 0.0]))

    def to_car(self, points_m: F32) -> F32:
        """World points [n, 3] to the car's axes."""
        shifted = points_m - np.array([*self.place_m, 0.0], dtype=np.float32)
        return np.asarray(shifted @ rotation(self.heading_rad).astype(np.float32))

    @property
    def corners_m(self) -> F64:
        """Its footprint on the ground [4, 2], counter-clockwise from the left front corner."""
        x, y = self.shape.length_m / 2, self.shape.width_m / 2
        corners = np.array([[x, y, 0.0], [-x, y, 0.0], [-x, -y, 0.0], [x, -y, 0.0]])
        return np.asarray(self.to_world(corners)[:, :2])

    def outside_m(self, points_m: F32) -> F32:
        """Distance of ground points [n, 2] to the footprint; negative inside."""
        spot = np.concatenate([points_m, np.zeros((len(points_m), 1), dtype=np.float32)], axis=1)
        local = np.abs(self.to_car(spot)[:, :2]) - np.array([self.shape.length_m / 2, self.shape.width_m / 2])
        along, across = local[:, 0], local[:, 1]
        outside = np.hypot(np.maximum(along, 0), np.maximum(across, 0))
        return np.asarray(outside + np.minimum(np.maximum(along, across), 0), dtype=np.float32)

    def mesh(self) -> Mesh:
        """Its body, wheels and mirrors, in the world."""
        return _solid(self.shape).moved(self.heading_rad, np.array([*self.place_m, 0.0]))


def _solid(shape: Shape) -> Mesh:
    half, radius = shape.width_m / 2, shape.wheel_m
    wheels = [
        disc(np.array([(0.5 - station) * shape.length_m, side * (half - 0.10), radius]), radius, 0.22)
        for station in _axles(shape)
        for side in (-1, 1)
    ]
    ahead = (0.5 - shape.cowl - 0.05) * shape.length_m
    mirrors = [
        box(np.array([ahead - 0.09, min(side * half, side * (half + 0.2)), shape.belt_m]),
            np.array([ahead + 0.06, max(side * half, side * (half + 0.2)), shape.belt_m + 0.15]))
        for side in (-1, 1)
    ]  # fmt: skip
    return joined([_body(shape), *wheels, *mirrors])


def _axles(shape: Shape) -> tuple[float, float]:
    return 0.19, 0.805


def _body(shape: Shape) -> Mesh:
    """The shell: cross-sections from the left sill over the roof to the right sill, nose to tail, ends closed."""
    breaks = [station for station, _ in shape.outline]
    stations = np.unique(np.concatenate([np.linspace(0, 1, 31), breaks, [0.005, 0.012, 0.988, 0.995]]))
    sections = np.stack([_section(shape, float(station)) for station in stations])
    ends = [flat(sections[0]), flat(sections[-1][::-1])]
    return joined([grid(sections), *ends])


def _section(shape: Shape, station: float) -> F64:
    """One cross-section [p, 3], from the left sill up and over to the right sill."""
    heights = np.array(shape.outline)
    top = float(np.interp(station, heights[:, 0], heights[:, 1]))
    end = abs(2 * station - 1)
    half = shape.width_m / 2 * (1 - 0.04 * end**2 - 0.16 * end**14)
    belt = min(shape.belt_m + 0.05 * (station - 0.5), top - 0.03)
    sill = 0.20 + 0.08 * end**8
    rise = max(0.0, (top - belt) / (shape.height_m - shape.belt_m))
    lean = half * (0.95 - (0.13 if shape.height_m > 1.8 else 0.24) * min(rise, 1.0))
    soft = min(0.06, (top - belt) / 3)
    left = [
        (0.86 * half, sill), (0.95 * half, sill + 0.04), (0.99 * half, sill + 0.16), (half, 0.52 * (sill + belt)),
        (0.985 * half, belt - 0.08 * (belt - sill)), (0.95 * half, belt), ((0.95 * half + lean) / 2, (belt + top) / 2),
        (lean, top - soft), (lean - 0.05, top - soft / 3), (0.6 * lean, top + 0.012), (0.25 * lean, top + 0.022),
    ]  # fmt: skip
    across = np.array(left + [(-y, z) for y, z in reversed(left)])
    x = np.full((len(across), 1), (0.5 - station) * shape.length_m)
    return np.concatenate([x, across], axis=1)


def paint(car: Car, spots_m: F32, normal: F32) -> Material:
    """What the car is made of at spots [n, 3] with normals [n, 3], both in the car's own axes."""
    shape = car.shape
    station = 0.5 - spots_m[:, 0] / shape.length_m
    side, height = np.abs(spots_m[:, 1]), spots_m[:, 2]
    material = Material.even(len(spots_m), albedo=car.paint, gloss=car.gloss, sharpness=24.0)
    _details(shape, material, station, side, height)
    _glass(shape, material, np.stack([station, side, height], -1), normal)
    _wheels(shape, material, spots_m)
    _lamps_and_plates(car, material, np.stack([station, side, height], -1))
    return material


def _details(shape: Shape, material: Material, station: F32, side: F32, height: F32) -> None:
    half = shape.width_m / 2
    skirt = height < 0.30
    bumper = ((station < 0.03) | (station > 0.97)) & (height > 0.50) & (height < 0.56)
    grille = (station < 0.012) & (side < 0.6 * half) & (height > 0.50) & (height < 0.66)
    seams = [shape.cowl + 0.02, *shape.pillars[:2]]
    on_side = (side > 0.9 * half) & (height > 0.3) & (height < shape.belt_m)
    seam = np.zeros(len(station), dtype=bool)
    for at in seams:
        seam |= on_side & (np.abs(station - at) * shape.length_m < 0.012)
    handle = on_side & (np.abs(height - shape.belt_m + 0.14) < 0.02)
    for at in shape.pillars[:2]:
        seam |= handle & (np.abs(station - at + 0.03) * shape.length_m < 0.09)
    material.fill(skirt, albedo=0.06, gloss=0.1)
    material.fill(bumper | grille, albedo=0.05, gloss=0.1)
    material.fill(seam, albedo=0.04, gloss=0.05)


def _glass(shape: Shape, material: Material, spot: F32, normal: F32) -> None:
    station, side, height = spot[:, 0], spot[:, 1], spot[:, 2]
    half = shape.width_m / 2
    upright = np.abs(normal[:, 1]) > 0.6
    cabin = (station > shape.cowl + 0.05) & (station < shape.rear_glass_to - 0.03)
    window = upright & cabin & (height > shape.belt_m + 0.04) & (height < shape.height_m - 0.13)
    post = np.zeros(len(station), dtype=bool)
    for at in shape.pillars:
        post |= np.abs(station - at) * shape.length_m < 0.035
    if shape.height_m > 1.8:
        window &= station < shape.pillars[1]
    screen = ~upright & (station > shape.cowl + 0.005) & (station < shape.roof_from - 0.012) & (side < 0.80 * half)
    rear = ~upright & (station > shape.roof_to + 0.015) & (station < shape.rear_glass_to) & (side < 0.70 * half)
    rear &= height > shape.belt_m + 0.08
    material.fill((window & ~post) | screen | rear, albedo=0.025, gloss=0.5, sharpness=90.0)
    material.fill(window & post, albedo=0.04, gloss=0.1)


def _wheels(shape: Shape, material: Material, spots_m: F32) -> None:
    side = np.abs(spots_m[:, 1])
    for station in _axles(shape):
        along = spots_m[:, 0] - (0.5 - station) * shape.length_m
        up = spots_m[:, 2] - shape.wheel_m
        radius = np.hypot(along, up)
        reach = side > shape.width_m / 2 - 0.30
        arch = reach & (radius < shape.wheel_m + 0.055) & (spots_m[:, 2] < shape.belt_m - 0.1)
        wheel = reach & (radius <= shape.wheel_m) & (side > shape.width_m / 2 + 0.004)
        spoke = np.cos(5 * np.arctan2(up, along)) > -0.35
        material.fill(arch, albedo=0.02, gloss=0.0)
        material.fill(wheel, albedo=0.07, gloss=0.02)
        material.fill(
            wheel & (radius < 0.68 * shape.wheel_m) & (spoke | (radius > 0.58 * shape.wheel_m)), albedo=0.5, gloss=0.25
        )


def _lamps_and_plates(car: Car, material: Material, spot: F32) -> None:
    shape = car.shape
    station, side, height = spot[:, 0], spot[:, 1], spot[:, 2]
    half, nose = shape.width_m / 2, shape.outline[0][1]
    head = (station < 0.085) & (side > 0.52 * half) & (height > nose + 0.005) & (height < nose + 0.15)
    tail_low = shape.belt_m - (0.18 if shape.height_m < 1.8 else 0.05)
    tail = (station > 0.955) & (side > 0.62 * half) & (height > tail_low) & (height < tail_low + 0.20)
    plate = (side < 0.26) & (np.abs(height - 0.43) < 0.056)
    rear_plate = (side < 0.26) & (np.abs(height - nose + 0.03) < 0.056)
    material.fill(head, albedo=0.45, gloss=0.9, retro=0.6, sharpness=30.0)
    material.fill(tail, albedo=0.30, gloss=0.4, retro=1.6)
    material.fill((station < 0.01) & plate, albedo=0.6, retro=car.plate)
    material.fill((station > 0.99) & rear_plate, albedo=0.6, retro=car.plate)
