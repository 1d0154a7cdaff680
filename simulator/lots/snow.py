"""Snow on the ground: thin patches or a white cover, tracks of tyres and feet in it, bare ground below cars."""

import cv2
import numpy as np

from simulator.lots.canvas import Canvas
from simulator.lots.lot import Lot
from simulator.optics import F32, F64
from simulator.vehicles.driving import rounded, way_in
from simulator.vehicles.vehicle import Vehicle

_WHITE = 0.76
_TRACK_M = 0.76  # half the distance between a car's wheels


def cover(lot: Lot, canvas: Canvas, parked: tuple[Vehicle, ...]) -> None:
    """Lays `lot.snow_cover` (0..1) of snow on the texture."""
    amount = float(lot.snow_cover)
    lumps = canvas.noise(2.2) + 0.7 * canvas.noise(0.6) + 0.5 * canvas.noise(0.17) + 0.35 * canvas.noise(canvas.cell_m)
    # noise has a deviation of about 1.4: little snow lies in the hollows, much leaves few bare spots
    line = 2.3 - 6.0 * amount
    lies = np.clip((lumps - line) / 0.9 + 0.5, 0.0, 1.0)
    worn = np.clip(_tyres(lot, canvas) + _feet(lot, canvas), 0.0, 1.0)
    lies *= 1 - worn * float(np.clip(1.25 - 0.75 * amount, 0.45, 0.95))
    bare = _below(canvas, parked)
    lies *= 1 - bare * 0.93
    white = _WHITE * (1 + 0.025 * canvas.noise(0.5) + 0.03 * canvas.noise(canvas.cell_m)) * (1 - 0.22 * worn)
    canvas.albedo += lies * (white - canvas.albedo)
    canvas.gloss *= 1 - lies


def _tyres(lot: Lot, canvas: Canvas) -> F32:
    """Where cars drove: into bays of some cars that stand there, some bays of cars that left, along the lane."""
    mask = canvas.blank()
    for number, bay in enumerate(lot.bays):
        if canvas.rng.random() < 0.6:
            for way in way_in(lot, bay, bool(canvas.rng.random() < 0.6)):
                _wheel_marks(
                    canvas, mask, way.path_m + canvas.rng.normal(0, 0.35, 2), float(0.5 + 0.5 * (number % 3) / 2)
                )
    return _soft(canvas, mask, 0.10)


def _wheel_marks(canvas: Canvas, mask: F32, path_m: F64, strength: float) -> None:
    line = rounded(path_m)
    along = np.gradient(line, axis=0)
    along /= np.maximum(np.linalg.norm(along, axis=1, keepdims=True), 1e-9)
    across = np.stack([-along[:, 1], along[:, 0]], axis=-1) * _TRACK_M
    for side in (-1, 1):
        canvas.stroke(mask, line + side * across, 0.2, strength)


def _feet(lot: Lot, canvas: Canvas) -> F32:
    """Trodden ways: along the footpaths, and from there to some vehicles."""
    mask = canvas.blank()
    rng = canvas.rng
    for (x0, y0), (x1, y1) in lot.footpaths:
        lengthwise = x1 - x0 > y1 - y0
        for _ in range(2):
            share = np.linspace(0, 1, 12)
            wobble = rng.normal(0, 0.10, 12) + rng.normal(0, 0.2)
            if lengthwise:
                line = np.stack([x0 + share * (x1 - x0), (y0 + y1) / 2 + wobble], axis=-1)
            else:
                line = np.stack([(x0 + x1) / 2 + wobble, y0 + share * (y1 - y0)], axis=-1)
            canvas.stroke(mask, line, 0.3, 0.9)
    for vehicle in lot.vehicles:
        if rng.random() < 0.6 and not vehicle.two_wheeler:
            side = 1 if rng.random() < 0.5 else -1
            line = np.stack([vehicle.beside(side, station, 0.45) for station in (0.35, 0.7, 1.15)])
            if vehicle.bay is not None:
                bay = lot.bays[vehicle.bay]
                line = line if abs(line[-1, 1] - bay.opening_y_m) < abs(line[0, 1] - bay.opening_y_m) else line[::-1]
            canvas.stroke(mask, line + rng.normal(0, 0.08, line.shape), 0.35, 0.8)
    return _soft(canvas, mask, 0.12) * np.clip(0.75 + 0.5 * canvas.noise(0.25), 0.1, 1.2)


def _below(canvas: Canvas, parked: tuple[Vehicle, ...]) -> F32:
    """1 below parked vehicles, soft at the edges."""
    mask = canvas.blank()
    for vehicle in parked:
        if not vehicle.two_wheeler:
            corners = np.round(canvas.cells(vehicle.corners_m)).astype(np.int32)
            cv2.fillPoly(mask, [corners], (1.0,))
    return _soft(canvas, mask, 0.22)


def _soft(canvas: Canvas, mask: F32, wide_m: float) -> F32:
    size = 2 * max(1, round(wide_m / canvas.cell_m)) + 1
    return np.asarray(cv2.blur(mask, (size, size)), dtype=np.float32)
