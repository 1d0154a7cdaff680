"""Two-wheelers: bicycle, motorbike, moped. They stand on their wheels, upright."""

from collections.abc import Callable

import numpy as np

from simulator.solid import Finish, Solid, joined
from simulator.vehicles import finishes as made
from simulator.vehicles.meshes import Triple, box, ellipsoid, panel, ring, tube
from simulator.vehicles.outlines import SIZES
from simulator.vehicles.vehicle import Model


def bicycle(paint: Finish, plate: Finish) -> Solid:
    """A town bicycle with mudguards, rack, basket and reflectors."""
    radius, rear, front = 0.335, -0.535, 0.535
    crank, seat, head = (-0.10, 0.0, 0.30), (-0.28, 0.0, 0.86), (0.36, 0.0, 0.84)
    parts = [_spoked((x, 0.0, radius), radius) for x in (rear, front)]
    for points in (
        [crank, seat], [crank, (0.39, 0.0, 0.68)], [(-0.235, 0.0, 0.74), (0.37, 0.0, 0.80)],
    ):  # fmt: skip
        parts.append(tube(points, 0.019, paint))
    parts.append(tube([(0.34, 0.0, 0.98), head, (0.42, 0.0, 0.62)], 0.021, paint))
    for side in (-0.05, 0.05):
        parts.append(tube([(0.42, side, 0.62), (0.47, side, 0.50), (front, side, radius)], 0.012, paint))
        parts.append(tube([(rear, side, radius), crank], 0.011, paint))
        parts.append(tube([(rear, side, radius), (-0.26, side * 0.5, 0.80)], 0.010, paint))
        parts.append(tube([(-0.28, side, 0.70), (-0.78, side, 0.70), (rear, side, radius)], 0.007, made.STEEL))
    parts += [_mudguard((x, 0.0, radius), radius + 0.025, paint) for x in (rear, front)]
    parts.append(ellipsoid((-0.30, 0.0, 0.93), (0.14, 0.085, 0.04), made.LEATHER, 5, 8))
    parts.append(
        tube(
            [(0.20, 0.29, 1.00), (0.32, 0.22, 1.04), (0.35, 0.0, 1.0), (0.32, -0.22, 1.04), (0.20, -0.29, 1.00)],
            0.014,
            made.CHROME,
        )
    )
    parts.append(ellipsoid((-0.10, 0.045, 0.30), (0.10, 0.012, 0.10), made.STEEL, 5, 10))
    parts += [
        tube([(-0.10, 0.05, 0.30), (0.06, 0.06, 0.24)], 0.01, made.STEEL),
        box((0.02, 0.06, 0.22), (0.11, 0.14, 0.25), made.TRIM),
    ]
    parts += [
        tube([(-0.10, -0.05, 0.30), (-0.26, -0.06, 0.36)], 0.01, made.STEEL),
        box((-0.31, -0.14, 0.35), (-0.22, -0.06, 0.38), made.TRIM),
    ]
    parts.append(_basket())
    parts.append(box((-0.80, -0.04, 0.62), (-0.78, 0.04, 0.68), made.REFLECTOR))
    parts.append(box((-0.815, -0.03, 0.55), (-0.80, 0.03, 0.60), made.BRAKE))
    parts.append(ellipsoid((0.47, 0.0, 0.84), (0.05, 0.04, 0.04), made.HEAD, 5, 8))
    return joined(parts)


def _spoked(hub: Triple, radius: float) -> Solid:
    """A bicycle's wheel: tyre, rim, spokes as thin blades, two reflectors in them."""
    x, _, z = hub
    parts = [ring(hub, radius - 0.016, 0.016, made.TYRE, 22), ring(hub, radius - 0.036, 0.009, made.CHROME, 18)]
    for angle in np.arange(9) * 2 * np.pi / 9:
        out = np.array([np.cos(angle), 0.0, np.sin(angle)]) * (radius - 0.03)
        side = np.array([-np.sin(angle), 0.0, np.cos(angle)]) * 0.0022
        at = np.array([x, 0.0, z])
        blade = np.stack([at - side, at + out - side, at + out + side, at + side])
        parts += [panel(blade, made.STEEL), panel(blade[::-1], made.STEEL)]
    for angle in (0.6, 3.7):
        at = np.array([x, 0.0, z]) + 0.6 * radius * np.array([np.cos(angle), 0.0, np.sin(angle)])
        parts.append(box(at - [0.045, 0.006, 0.016], at + [0.045, 0.006, 0.016], made.REFLECTOR))
    parts.append(ellipsoid(hub, (0.03, 0.05, 0.03), made.STEEL, 5, 6))
    return joined(parts)


def _mudguard(hub: Triple, radius: float, finish: Finish, from_rad: float = 0.3, to_rad: float = 2.9) -> Solid:
    angles = np.linspace(from_rad, to_rad, 9)
    points = np.stack([hub[0] + radius * np.cos(angles), 0 * angles, hub[2] + radius * np.sin(angles)], axis=-1)
    return tube(points, 0.022, finish, 5)


def _basket() -> Solid:
    x0, x1, y, z0, z1 = 0.42, 0.70, 0.17, 0.80, 1.00
    wire = Finish(0.10, gloss=0.1)
    return joined([
        box((x0, -y, z0), (x1, y, z0 + 0.01), wire), box((x0, -y, z0), (x0 + 0.01, y, z1), wire),
        box((x1 - 0.01, -y, z0), (x1, y, z1), wire), box((x0, -y, z0), (x1, -y + 0.01, z1), wire),
        box((x0, y - 0.01, z0), (x1, y, z1), wire),
    ])  # fmt: skip


def _fat_wheel(hub: Triple, radius: float, thick: float, rim: Finish) -> list[Solid]:
    """A motorcycle's: tyre, rim, brake disc, spokes as a star."""
    parts = [ring(hub, radius - thick, thick, made.TYRE, 22), ring(hub, radius - 2 * thick, 0.022, rim, 18)]
    for angle in np.arange(5) * 2 * np.pi / 5:
        out = np.array([np.cos(angle), 0.0, np.sin(angle)]) * (radius - 2 * thick)
        parts.append(tube(np.stack([np.array(hub), np.array(hub) + out]), 0.016, rim, 4))
    parts.append(ellipsoid(hub, (0.13, 0.045, 0.13), made.STEEL, 5, 12))
    return parts


def motorbike(paint: Finish, plate: Finish) -> Solid:
    """A roadster: tank, seat, engine, exhaust, round head lamp."""
    radius, rear, front = 0.315, -0.70, 0.735
    parts = _fat_wheel((rear, 0, radius), radius, 0.075, made.STEEL)
    parts += _fat_wheel((front, 0, radius), radius, 0.058, made.STEEL)
    parts.append(ellipsoid((0.16, 0.0, 0.83), (0.32, 0.155, 0.155), paint, 9, 14))
    parts.append(ellipsoid((-0.34, 0.0, 0.80), (0.38, 0.14, 0.075), made.LEATHER, 7, 12))
    parts.append(ellipsoid((-0.72, 0.0, 0.84), (0.18, 0.09, 0.07), paint, 7, 10))
    parts.append(box((-0.14, -0.14, 0.24), (0.28, 0.14, 0.50), made.STEEL, 0.7))
    parts.append(box((0.06, -0.17, 0.46), (0.32, 0.17, 0.68), made.STEEL))
    parts += [box((0.04, -0.19, z), (0.34, 0.19, z + 0.012), made.CHROME) for z in (0.49, 0.54, 0.59, 0.64)]
    parts.append(
        tube([(0.36, 0.13, 0.50), (0.38, 0.16, 0.28), (0.10, 0.19, 0.22), (-0.35, 0.20, 0.30)], 0.026, made.CHROME)
    )
    parts.append(tube([(-0.35, 0.20, 0.30), (-0.88, 0.20, 0.40)], 0.05, made.CHROME, 8))
    parts.append(tube([(-0.35, -0.20, 0.30), (-0.88, -0.20, 0.40)], 0.05, made.CHROME, 8))
    for side in (-0.10, 0.10):
        parts.append(tube([(0.40, side, 0.98), (front, side, radius)], 0.026, made.CHROME))
        parts.append(tube([(-0.12, side, 0.36), (rear, side * 1.1, radius)], 0.024, made.STEEL, 5))
        parts.append(tube([(-0.62, side * 1.3, 0.34), (-0.50, side * 1.2, 0.74)], 0.03, made.BLACK, 6))
        parts.append(ellipsoid((0.56, side * 2.2, 0.84), (0.035, 0.03, 0.03), made.FRONT_INDICATOR, 5, 6))
        parts.append(ellipsoid((-0.86, side * 1.8, 0.76), (0.03, 0.03, 0.03), made.REAR_INDICATOR, 5, 6))
        parts.append(tube([(0.38, side * 2.2, 1.02), (0.42, side * 3.0, 1.14)], 0.008, made.STEEL, 4))
        parts.append(ellipsoid((0.42, side * 3.1, 1.16), (0.015, 0.06, 0.04), made.CHROME, 5, 8))
    parts.append(
        tube(
            [(0.26, 0.38, 1.00), (0.36, 0.26, 1.03), (0.40, 0.0, 1.0), (0.36, -0.26, 1.03), (0.26, -0.38, 1.0)],
            0.017,
            made.STEEL,
        )
    )
    parts.append(ellipsoid((0.53, 0.0, 0.88), (0.10, 0.095, 0.095), made.CHROME, 7, 10))
    parts.append(ellipsoid((0.60, 0.0, 0.88), (0.045, 0.085, 0.085), made.HEAD, 7, 10))
    parts.append(_mudguard((front, 0.0, radius), radius + 0.03, paint, 0.6, 2.5))
    parts.append(box((-0.90, -0.07, 0.78), (-0.87, 0.07, 0.84), made.BRAKE))
    parts.append(tube([(-0.86, 0.0, 0.80), (-1.0, 0.0, 0.60)], 0.02, made.TRIM, 4))
    parts.append(_plate(-1.01, 0.60, plate))
    return joined(parts)


def moped(paint: Finish, plate: Finish) -> Solid:
    """A scooter with a step-through frame."""
    radius, rear, front = 0.235, -0.60, 0.64
    parts = _fat_wheel((rear, 0, radius), radius, 0.06, made.RIM) + _fat_wheel(
        (front, 0, radius), radius, 0.055, made.RIM
    )
    parts.append(ellipsoid((-0.48, 0.0, 0.58), (0.42, 0.185, 0.20), paint, 9, 14))
    parts.append(ellipsoid((-0.36, 0.0, 0.78), (0.38, 0.15, 0.075), made.LEATHER, 7, 12))
    parts.append(box((-0.16, -0.17, 0.24), (0.36, 0.17, 0.31), made.TRIM))
    parts.append(box((-0.40, -0.12, 0.22), (-0.05, 0.12, 0.45), made.BLACK))
    shield = np.array([(0.36, 0.30), (0.42, 0.55), (0.46, 0.80), (0.42, 0.98)])
    parts += [
        ellipsoid((0.43, 0.0, 0.64), (0.085, 0.20, 0.36), paint, 9, 12),
        tube([(0.47, 0.0, 0.80), (front, 0.0, radius)], 0.032, made.STEEL),
        ellipsoid((front - 0.01, 0.0, 0.43), (0.24, 0.085, 0.09), paint, 7, 10),
        ellipsoid((float(shield[3, 0]), 0.0, 1.0), (0.12, 0.12, 0.09), paint, 7, 10),
        ellipsoid((0.525, 0.0, 1.0), (0.03, 0.085, 0.06), made.HEAD, 5, 10),
        tube([(0.30, 0.31, 1.01), (0.40, 0.0, 1.03), (0.30, -0.31, 1.01)], 0.016, made.TRIM),
        box((-0.90, -0.09, 0.58), (-0.86, 0.09, 0.65), made.BRAKE),
        tube([(-0.35, -0.19, 0.26), (-0.78, -0.19, 0.32)], 0.045, made.STEEL, 8),
        box((-0.84, -0.13, 0.74), (-0.62, 0.13, 0.76), made.STEEL),
        _plate(-0.885, 0.46, plate),
    ]
    for side in (-1, 1):
        parts.append(ellipsoid((0.50, side * 0.13, 0.86), (0.025, 0.05, 0.025), made.FRONT_INDICATOR, 5, 6))
        parts.append(ellipsoid((-0.87, side * 0.13, 0.60), (0.025, 0.035, 0.03), made.REAR_INDICATOR, 5, 6))
        parts.append(tube([(0.36, side * 0.26, 1.02), (0.38, side * 0.30, 1.13)], 0.008, made.STEEL, 4))
        parts.append(ellipsoid((0.38, side * 0.30, 1.15), (0.015, 0.055, 0.04), made.CHROME, 5, 8))
    return joined(parts)


def _plate(x: float, z: float, finish: Finish) -> Solid:
    half, high = 0.10, 0.075
    return panel([(x, half, z - high), (x, -half, z - high), (x, -half, z + high), (x, half, z + high)], finish)


CYCLES: dict[Model, Callable[[Finish, Finish], Solid]] = {
    Model.BICYCLE: bicycle,
    Model.MOTORBIKE: motorbike,
    Model.MOPED: moped,
}
assert all(model in SIZES for model in CYCLES)
