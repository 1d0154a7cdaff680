"""The shell of a car: cross-sections lofted from nose to tail, closed by a nose and a tail, with crisp borders.

Rows of a cross-section run from the underside on the left over the roof to the right; cells between rows and stations
have a finish each, so that glass, lamps and seams end where mesh lines are.
"""

from dataclasses import dataclass

import numpy as np

from simulator.optics import F64
from simulator.solid import U8, Finish, Solid, joined
from simulator.vehicles import finishes as made
from simulator.vehicles.meshes import box, ellipsoid, panel, patched
from simulator.vehicles.outlines import Outline

_SEAM_M = 0.020
_PILLAR_M = 0.075
_ARCH_M = 0.062  # from the tyre to the arch's edge
_HALF_ROWS = 12
_SOFT = (0.0, 0.006, 0.016, 0.035)  # stations at either end, where the shell is rounded
# Strips between rows: underside, sill, lower and upper door, shoulder, belt trim, window, its frame, rail, roof.
_UNDER, _SILL, _LOW, _DOOR, _SHOULDER, _BELT, _WINDOW, _FRAME, _RAIL, _ROOF, _MIDDLE = range(11)

PAINT, TRIM, GLASS, SEAM, HEAD, BRAKE, REVERSE, REAR_INDICATOR, FRONT_INDICATOR, BLACK, CHROME = range(11)


def palette(paint: Finish) -> tuple[Finish, ...]:
    """Finishes in the order of the constants above."""
    return (
        paint, made.TRIM, made.GLASS, made.SEAM, made.HEAD, made.BRAKE, made.REVERSE, made.REAR_INDICATOR,
        made.FRONT_INDICATOR, made.BLACK, made.CHROME,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Shell:
    """Cross-sections [stations, rows, 3] of one outline."""

    outline: Outline
    stations: F64
    points_m: F64

    @classmethod
    def of(cls, outline: Outline) -> "Shell":
        """With a station wherever something begins or ends."""
        stations = _stations(outline)
        return cls(outline, stations, sections(outline, stations))

    def between(self, low: float, high: float) -> slice:
        """The cells between two stations (the nearest ones, as those that nearly coincide are one)."""
        first, last = (int(np.abs(self.stations - station).argmin()) for station in (low, high))
        return slice(first, max(last, first + 1))


def _stations(outline: Outline) -> F64:
    seam, pillar = _SEAM_M / outline.shell_m / 2, _PILLAR_M / outline.shell_m / 2
    marks = [station for station, _ in outline.profile] + list(_SOFT) + [1 - soft for soft in _SOFT]
    marks += [outline.cowl, outline.cowl + 0.012, outline.roof_from, outline.roof_to, outline.glass_to, 0.055, 0.968]
    marks += [*outline.windows, *(outline.bed or ())]
    for door in outline.doors:
        marks += [door - seam, door + seam]
    for post in outline.pillars:
        marks += [post - pillar, post + pillar]
    for axle in outline.axles:
        radius = (outline.wheel_m + _ARCH_M) / outline.shell_m
        marks += (axle + radius * np.cos(np.linspace(0, np.pi, 9))).tolist()
        marks += [axle - radius - 0.0025, axle + radius + 0.0025]
    marks += np.linspace(0.05, 0.95, 6).tolist()
    ordered = np.unique(np.clip(marks, 0.0, 1.0).round(5))
    kept = np.concatenate([[True], np.diff(ordered) > 0.0018])
    return np.asarray(ordered[kept])


def _edge_m(outline: Outline, station: F64) -> F64:
    """Height of the body's lower edge: the sill, higher at the ends, over the wheels the arch."""
    end = np.abs(2 * station - 1)
    low = outline.sill_m + 0.07 * end**8
    for axle in outline.axles:
        off = (station - axle) * outline.shell_m
        radius = outline.wheel_m + _ARCH_M
        over = np.abs(off) <= radius + 1e-4
        low = np.where(over, outline.wheel_m + np.sqrt(np.maximum(radius**2 - off**2, 0.0)), low)
    return np.asarray(low)


def sections(outline: Outline, station: F64) -> F64:
    """Cross-sections [n, 2 * 12 - 1, 3] at stations [n]."""
    top, low = outline.top_m(station), _edge_m(outline, station)
    end = np.abs(2 * station - 1)
    half = outline.size.width_m / 2 * (1 - 0.03 * end**2 - 0.13 * end**18)
    belt = np.minimum(outline.belt_m + 0.06 * (station - 0.5), top - 0.05)
    rise = np.clip((top - belt) / (outline.size.height_m - outline.belt_m), 0.0, 1.0)
    lean = half * (0.955 - outline.lean * rise)
    cabin = top - belt
    sill = outline.sill_m
    middle = sill + 0.45 * (belt - sill)
    shoulder = belt - 0.15
    heights = [low, low, np.maximum(sill + 0.11, low + 0.02), np.maximum(middle, low + 0.035)]
    heights += [np.maximum(shoulder, low + 0.05), np.maximum(belt, low + 0.065)]
    heights += [belt + np.minimum(0.03, 0.3 * cabin), top - np.minimum(0.10, 0.45 * cabin)]
    heights += [top - np.minimum(0.045, 0.3 * cabin), top - np.minimum(0.012, 0.1 * cabin), top + 0.014, top + 0.024]
    heights = [*heights[:10], heights[10] - 0.024 * (rise > 0.5), heights[11] - 0.024 * (rise > 0.5)]
    z = np.stack(heights, axis=1)
    z[:, 6:] = np.maximum(z[:, 6:], z[:, 5:6])
    slope = (z[:, 1:6] - sill) / np.maximum(belt - sill, 0.1)[:, None]
    flare = np.interp(slope, [0.0, 0.15, 0.45, 0.78, 0.86, 1.0], [0.93, 0.985, 1.0, 0.995, 0.978, 0.955])
    y = np.empty_like(z)
    y[:, 0] = 0.60 * half
    y[:, 1:6] = flare * half[:, None]
    edge = 0.955 * half
    for row in (6, 7, 8):
        share = np.clip((z[:, row] - belt) / np.maximum(cabin, 0.05), 0.0, 1.0)
        y[:, row] = edge + (lean - edge) * share - 0.012 * half * np.sin(np.pi * share) * -1
    y[:, 9] = y[:, 8] - np.minimum(0.055, 0.3 * cabin) - 0.01
    y[:, 10], y[:, 11] = 0.55 * y[:, 9], 0.0
    x = np.broadcast_to(outline.x_m(station)[:, None], z.shape)
    left = np.stack([x, y, z], axis=-1)
    right = left[:, -2::-1] * np.array([1.0, -1.0, 1.0])
    return np.concatenate([left, right], axis=1)


def _mark(kinds: U8, cells: slice, first: int, last: int, kind: int) -> None:
    """Strips `first` to `last` on both sides."""
    strips = kinds.shape[1]
    kinds[cells, first : last + 1] = kind
    kinds[cells, strips - 1 - last : strips - first] = kind


def _shell(shell: Shell, paint: Finish) -> Solid:
    outline, at = shell.outline, shell.between
    kinds = np.full((len(shell.stations) - 1, 2 * _HALF_ROWS - 2), PAINT, dtype=np.uint8)
    whole = slice(None)
    _mark(kinds, whole, _UNDER, _UNDER, BLACK)
    _mark(kinds, whole, _SILL, _SILL, TRIM)
    if outline.cladding:
        for axle in outline.axles:
            radius = (outline.wheel_m + _ARCH_M) / outline.shell_m
            _mark(kinds, at(axle - radius - 0.0025, axle + radius + 0.0025), _SILL, _LOW, TRIM)
        _mark(kinds, at(0.0, 0.03), _SILL, _LOW, TRIM)
        _mark(kinds, at(0.97, 1.0), _SILL, _LOW, TRIM)
    _glazing(shell, kinds)
    seam = _SEAM_M / outline.shell_m / 2
    for door in outline.doors:
        _mark(kinds, at(door - seam, door + seam), _LOW, _SHOULDER, SEAM)
    _mark(kinds, at(outline.cowl, outline.cowl + 0.012), _RAIL, _MIDDLE, TRIM)
    _mark(kinds, at(0.0, 0.055), _SHOULDER, _BELT, HEAD)
    low = _DOOR if outline.tail_windows else _SHOULDER
    _mark(kinds, at(0.968, 1.0), low, _SHOULDER, BRAKE)
    if outline.bed is not None:
        _mark(kinds, at(*outline.bed), _ROOF, _MIDDLE, BLACK)
    return patched(shell.points_m, kinds, palette(paint))


def _glazing(shell: Shell, kinds: U8) -> None:
    outline, at = shell.outline, shell.between
    _mark(kinds, at(outline.cowl + 0.012, outline.roof_from), _ROOF, _MIDDLE, GLASS)
    if not outline.tail_windows:
        _mark(kinds, at(outline.roof_to, outline.glass_to), _ROOF, _MIDDLE, GLASS)
    _mark(kinds, at(*outline.windows), _BELT, _BELT, TRIM)
    _mark(kinds, at(*outline.windows), _WINDOW, _WINDOW, GLASS)
    pillar = _PILLAR_M / outline.shell_m / 2
    for post in outline.pillars:
        _mark(kinds, at(post - pillar, post + pillar), _WINDOW, _WINDOW, TRIM)


_COLUMNS = np.array([1.0, 0.89, 0.77, 0.65, 0.50, 0.25, 0.0, -0.25, -0.50, -0.65, -0.77, -0.89, -1.0])


def _end_points(section: F64, bulge_m: float) -> F64:
    """Points [rows, columns, 3] of an end, from its lower edge up, left to right; its middle swells by `bulge_m`."""
    left = section[1:_HALF_ROWS]
    y = left[:, 1:2] * _COLUMNS[None]
    high = (left[:, 2] - left[0, 2]) / max(float(left[-1, 2] - left[0, 2]), 1e-6)
    swell = bulge_m * np.sin(np.pi * np.clip(0.25 + 0.55 * high, 0, 1)) ** 0.5
    x = left[:, 0:1] + swell[:, None] * (1 - np.abs(_COLUMNS) ** 3)[None]
    return np.stack([x, y, np.broadcast_to(left[:, 2:3], y.shape)], axis=-1)


def _nose(shell: Shell, paint: Finish) -> Solid:
    points = _end_points(shell.points_m[0], shell.outline.bulge_m[0])
    kinds = np.full((points.shape[0] - 1, len(_COLUMNS) - 1), PAINT, dtype=np.uint8)
    kinds[0, 1:-1] = TRIM
    kinds[1, 3:-3] = BLACK
    if shell.outline.cladding:
        kinds[:2] = TRIM
    kinds[3, 4:-4] = BLACK
    kinds[4, 4:-4] = CHROME
    kinds[3, :3] = kinds[3, -3:] = HEAD
    kinds[4, :2] = kinds[4, -2:] = HEAD
    kinds[1, 0] = kinds[1, -1] = FRONT_INDICATOR
    return patched(points, kinds, palette(paint))


def _tail(shell: Shell, paint: Finish) -> Solid:
    outline = shell.outline
    section = shell.points_m[-1]
    points = _end_points(section * np.array([-1.0, 1.0, 1.0]), outline.bulge_m[1]) * np.array([-1.0, 1.0, 1.0])
    points = points[:, ::-1]
    kinds = np.full((points.shape[0] - 1, len(_COLUMNS) - 1), PAINT, dtype=np.uint8)
    kinds[0] = TRIM
    kinds[1, 2:-2] = TRIM
    if outline.cladding:
        kinds[1] = TRIM
    for side in (0, -1):
        if outline.tail_windows:
            kinds[2, side], kinds[3, side], kinds[4, side] = REVERSE, REAR_INDICATOR, BRAKE
        else:
            kinds[3, side] = kinds[4, side] = BRAKE
            kinds[3, 1 if side == 0 else -2] = REAR_INDICATOR
            kinds[3, 2 if side == 0 else -3] = REVERSE
    if outline.tail_windows:
        kinds[5:7, 1:-1] = GLASS
        kinds[5:7, 5:7] = TRIM
    return patched(points, kinds, palette(paint))


def _underbody(outline: Outline) -> Solid:
    """A dark block that closes the wheel wells towards the middle."""
    x, y = outline.size.length_m / 2 - 0.25, 0.595 * outline.size.width_m / 2
    return box((-x, -y, outline.sill_m - 0.02), (x, y, 2 * outline.wheel_m + 0.09), made.BLACK)


def _plates(outline: Outline, plate: Finish) -> list[Solid]:
    """Number plates, 52 cm x 11 cm (Swedish ones), each a finger's breadth off the body, and reflectors behind."""
    half, high = 0.26, 0.0575
    front = outline.size.length_m / 2 + 0.006
    low = outline.sill_m + 0.22
    ahead = [(front, -half, low - high), (front, half, low - high), (front, half, low + high),
             (front, -half, low + high)]  # fmt: skip
    rear = -outline.size.length_m / 2 - 0.006
    up = min(outline.belt_m, outline.top_m(np.array([1.0]))[0]) - (0.30 if not outline.tail_windows else 0.50)
    behind = [(rear, half, up - high), (rear, -half, up - high), (rear, -half, up + high), (rear, half, up + high)]
    parts = [panel(ahead, plate), panel(behind, plate)]
    z = outline.sill_m + 0.20
    for y in (-0.66 * outline.size.width_m / 2, 0.66 * outline.size.width_m / 2):
        x = rear + 0.45 * outline.bulge_m[1]
        parts.append(box((x - 0.02, y - 0.05, z - 0.02), (x + 0.03, y + 0.05, z + 0.02), made.REFLECTOR))
    return parts


def _fittings(outline: Outline, paint: Finish) -> list[Solid]:
    """Mirrors and door handles."""
    half = outline.size.width_m / 2
    x = float(outline.x_m(outline.windows[0] + 0.035))
    z = outline.belt_m + 0.02
    parts = []
    for side in (-1, 1):
        parts.append(ellipsoid((x + 0.02, side * (half + 0.07), z + 0.07), (0.065, 0.10, 0.075), paint, 6, 10))
        low, high = sorted((side * (0.93 * half), side * (half + 0.02)))
        parts.append(box((x - 0.02, low, z + 0.01), (x + 0.05, high, z + 0.06), made.TRIM))
        for door in outline.doors[1:]:
            at = float(outline.x_m(door)) + 0.10
            low, high = sorted((side * 0.975 * half, side * (0.985 * half + 0.022)))
            parts.append(box((at, low, z - 0.13), (at + 0.17, high, z - 0.10), made.TRIM))
    return parts


def car(outline: Outline, paint: Finish, plate: Finish) -> tuple[Shell, Solid]:
    """A car without its wheels."""
    shell = Shell.of(outline)
    parts = [_shell(shell, paint), _nose(shell, paint), _tail(shell, paint), _underbody(outline)]
    return shell, joined([*parts, *_plates(outline, plate), *_fittings(outline, paint)])
