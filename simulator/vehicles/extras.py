"""What a car carries: a roof box, a trailer, snow."""

import numpy as np

from simulator.solid import Finish, Solid, joined
from simulator.vehicles import finishes as made
from simulator.vehicles.body import Shell
from simulator.vehicles.meshes import box, panel, patched, sheet, tube
from simulator.vehicles.outlines import Outline
from simulator.vehicles.wheels import wheel

_RAILS = slice(8, 15)  # rows from the left roof rail over the middle to the right one
TRAILER_M = 3.1  # how far a trailer reaches behind the tail


def roof_box(outline: Outline, rng: np.random.Generator) -> Solid:
    """A box for skis or luggage on two bars, 1.9 m long."""
    x = float(outline.x_m((outline.roof_from + outline.roof_to) / 2))
    z = outline.size.height_m
    finish = Finish(0.07 if rng.random() < 0.7 else 0.35, gloss=0.25, roughness=0.3)
    station = np.linspace(-1, 1, 13)
    around = np.linspace(0, np.pi, 9)
    narrow = (1 - np.abs(station) ** 3.5) ** 0.6
    points = np.zeros((13, 11, 3))
    points[..., 0] = x - 0.98 * station[:, None]
    points[:, 1:-1, 1] = 0.36 * narrow[:, None] * np.sign(np.cos(around)) * np.abs(np.cos(around)) ** 0.5
    points[:, 1:-1, 2] = z + 0.10 + 0.30 * narrow[:, None] * np.abs(np.sin(around)) ** 0.5
    points[:, 0] = points[:, -1] = [0, 0, z + 0.10]
    points[:, 0, 0] = points[:, -1, 0] = x - 0.98 * station
    half = 0.36 * outline.size.width_m
    bars = [box((x + at - 0.02, -half, z), (x + at + 0.02, half, z + 0.09), made.STEEL) for at in (-0.4, 0.4)]
    return joined([sheet(points, finish), *bars])


def trailer(outline: Outline, plate: Finish) -> Solid:
    """A small open trailer on a drawbar, behind the tail."""
    tail = -outline.size.length_m / 2
    front, rear, half, low, high = tail - 1.0, tail - TRAILER_M, 0.72, 0.46, 0.86
    middle = (front + rear) / 2
    parts = [
        tube([(tail + 0.1, 0, 0.42), (front + 0.1, 0, 0.44)], 0.035, made.STEEL),
        box((rear, -half, low), (front, half, low + 0.03), made.BOARD),
        box((rear, -half, low), (front, -half + 0.03, high), made.STEEL),
        box((rear, half - 0.03, low), (front, half, high), made.STEEL),
        box((rear, -half, low), (rear + 0.03, half, high), made.STEEL),
        box((front - 0.03, -half, low), (front, half, high), made.STEEL),
        *(wheel(middle, side * 0.86, 0.28, 0.15, 0) for side in (-1, 1)),
    ]
    back = rear - 0.01
    for side in (-1, 1):
        inner, outer = sorted((side * 0.72, side * 0.88))
        parts.append(box((middle - 0.34, inner, 0.56), (middle + 0.34, outer, 0.60), made.TRIM))
        parts.append(_facing_back(back, side * 0.58, 0.38, (0.16, 0.09), made.BRAKE))
        parts.append(_facing_back(back, side * 0.42, 0.38, (0.10, 0.09), made.REAR_INDICATOR))
    parts.append(_facing_back(back, 0.0, 0.40, (0.52, 0.115), plate))
    return joined(parts)


def _facing_back(x: float, y: float, z: float, size_m: tuple[float, float], finish: Finish) -> Solid:
    wide, high = size_m[0] / 2, size_m[1] / 2
    return panel(
        [(x, y + wide, z - high), (x, y - wide, z - high), (x, y - wide, z + high), (x, y + wide, z + high)], finish
    )


def snow_cover(shell: Shell, amount: float, rng: np.random.Generator) -> Solid:
    """Snow on roof, bonnet and boot, up to 14 cm; with much of it the glass that leans is covered too."""
    outline = shell.outline
    thick = np.full(len(shell.stations), 0.14 * amount)
    thick *= 1 + 0.25 * np.interp(shell.stations, np.linspace(0, 1, 12), rng.standard_normal(12))
    for low, high in ((outline.cowl, outline.roof_from), (outline.roof_to, outline.glass_to)):
        inside = (shell.stations > low + 0.01) & (shell.stations < high - 0.005)
        thick[inside] *= 0.5 if amount > 0.6 else 0.0
    thick[(shell.stations < 0.03) | (shell.stations > 0.985)] = 0.0
    points = shell.points_m[:, _RAILS].copy()
    across = np.array([0.0, 0.75, 1.0, 1.05, 1.0, 0.75, 0.0])
    rise = np.maximum(thick, 0.0)[:, None] * across
    points[..., 2] += rise + np.where(rise > 0.004, 0.004, -0.03)
    kinds = np.zeros((points.shape[0] - 1, points.shape[1] - 1), dtype=np.uint8)
    solid = patched(points, kinds, (made.SNOW,))
    high = (rise > 0.006).reshape(-1)
    kept = high[solid.triangles].any(axis=1)
    return Solid(
        solid.vertices_m, solid.normals, solid.shade, solid.triangles[kept], solid.finish[kept], solid.finishes
    )
