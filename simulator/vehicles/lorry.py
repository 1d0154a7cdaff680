"""A delivery lorry: a cab, a box, six wheels."""

import numpy as np

from simulator.solid import Finish, Solid, joined
from simulator.vehicles import finishes as made
from simulator.vehicles.meshes import box, panel, patched
from simulator.vehicles.outlines import SIZES
from simulator.vehicles.vehicle import Model
from simulator.vehicles.wheels import wheel

_WHEEL_M = 0.40


def lorry(paint: Finish, plate: Finish) -> Solid:
    """In its own axes; paint is that of the cab, the box is white or grey."""
    size = SIZES[Model.LORRY]
    nose, tail, half = size.length_m / 2, -size.length_m / 2, size.width_m / 2
    load = Finish(0.52, gloss=0.08, roughness=0.4)
    back = nose - 1.75
    parts = [
        _cab(nose, back, half - 0.08, paint),
        box((tail + 0.1, -0.45, 0.55), (nose - 0.4, 0.45, 0.85), made.BLACK),
        box((tail, -half, 0.95), (back - 0.12, half, size.height_m), load),
        box((tail + 0.01, -half + 0.1, 0.86), (back - 0.2, half - 0.1, 0.95), made.STEEL),
        box((tail - 0.01, -0.015, 1.0), (tail, 0.015, size.height_m - 0.05), made.SEAM),
        box((tail - 0.004, -half + 0.05, 0.62), (tail + 0.12, half - 0.05, 0.76), made.STEEL),
    ]
    for side in (-1, 1):
        parts += [wheel(nose - 1.05, side * (half - 0.10), _WHEEL_M, 0.26, 0), _rear_lamps(tail, side * 0.8)]
        parts.append(wheel(tail + 1.55, side * (half - 0.02), _WHEEL_M, 0.50, 0))
        low, high = sorted((side * (half - 0.05), side * (half + 0.16)))
        parts.append(box((nose - 0.35, low, 1.55), (nose - 0.22, high, 2.0), made.TRIM))
        parts.append(
            box(
                (tail + 2.3, min(side * half, side * (half - 0.05)), 0.5),
                (back - 0.4, max(side * half, side * (half - 0.05)), 0.85),
                made.STEEL,
            )
        )
    for x, sign in ((nose + 0.012, 1), (tail - 0.012, -1)):
        y, z, high = 0.26 * sign, 0.50 if sign > 0 else 0.69, 0.0575
        parts.append(panel([(x, -y, z - high), (x, y, z - high), (x, y, z + high), (x, -y, z + high)], plate))
    return joined(parts)


def _rear_lamps(tail: float, y: float) -> Solid:
    lamps = []
    for shift, finish in ((0.16, made.BRAKE), (0.0, made.REAR_INDICATOR), (-0.16, made.REVERSE)):
        at = y + np.sign(y) * shift
        lamps.append(box((tail - 0.03, at - 0.075, 0.63), (tail - 0.006, at + 0.075, 0.75), finish))
    return joined(lamps)


def _cab(nose: float, back: float, half: float, paint: Finish) -> Solid:
    """Cross-sections along x from the nose back: a steep front with a large windscreen."""
    outline = [(nose, 0.36), (nose + 0.0, 0.80), (nose - 0.02, 1.30), (nose - 0.06, 1.36), (nose - 0.26, 2.18),
               (nose - 0.34, 2.28), (nose - 0.6, 2.34), (back, 2.36)]  # fmt: skip
    y = np.array([1.0, 0.86, 0.4, 0.0, -0.4, -0.86, -1.0]) * half
    x = np.array([point[0] for point in outline])
    z = np.array([point[1] for point in outline])
    front = np.stack([
        np.broadcast_to(x[:, None], (len(x), 7)) - (0.16 * np.abs(y / half) ** 2.5)[None],
        np.broadcast_to(y[None], (len(x), 7)),
        np.broadcast_to(z[:, None], (len(x), 7)),
    ], axis=-1)  # fmt: skip
    kinds = np.zeros((len(x) - 1, 6), dtype=np.uint8)
    kinds[3, 1:-1] = 1
    kinds[0, 1:-1] = 2
    kinds[0, 0] = kinds[0, -1] = kinds[0, 1] = kinds[0, -2] = 3
    kinds[1, 2:-2] = 2
    sides = []
    for side in (1, -1):
        yy = side * half
        door = [(nose - 0.16, yy, 0.36), (nose - 0.18, yy, 1.30), (nose - 0.42, yy, 2.18), (nose - 0.7, yy, 2.34),
                (back, yy, 2.36), (back, yy, 0.36)]  # fmt: skip
        sides.append(panel(door if side < 0 else door[::-1], paint))
        off = yy + side * 0.006
        glass = [(nose - 0.27, off, 1.34), (nose - 0.47, off, 2.10), (nose - 1.15, off, 2.12), (nose - 1.15, off, 1.34)]
        sides.append(panel(glass if side < 0 else glass[::-1], made.GLASS))
        seam = [(nose - 1.22, off, 0.5), (nose - 1.22, off, 2.15), (nose - 1.24, off, 2.15), (nose - 1.24, off, 0.5)]
        sides.append(panel(seam if side < 0 else seam[::-1], made.SEAM))
    rear = panel([(back, half, 0.36), (back, -half, 0.36), (back, -half, 2.36), (back, half, 2.36)], paint)
    return joined([patched(front, kinds, (paint, made.GLASS, made.TRIM, made.HEAD)), *sides, rear])
