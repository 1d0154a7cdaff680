"""The ground's texture: asphalt and its wear, markings, grass, footpaths, wet and snow."""

import cv2
import numpy as np

from simulator.lots import snow
from simulator.lots.canvas import Canvas, blank
from simulator.lots.lot import Bay, Lot, Point
from simulator.lots.surroundings import HEDGE, HOUSE
from simulator.moment import Ground
from simulator.optics import F32
from simulator.vehicles.vehicle import Vehicle

_ROAD_M = 70.0
_ASPHALT, _GRASS, _SLABS, _GRAVEL, _KERB, _PAINT = 0.155, 0.27, 0.24, 0.19, 0.30, 0.43


def texture(lot: Lot, parked: tuple[Vehicle, ...]) -> Ground:
    """What the camera sees of the ground up to 45 m; `parked` vehicles keep it dark and dry (or free of snow)."""
    canvas = blank(lot)
    paved = _zones(lot, canvas)
    _wear(lot, canvas, paved)
    _markings(lot, canvas)
    _shade(lot, canvas, parked)
    if lot.wet > 0.0:
        _wet(lot, canvas, paved)
    if lot.snow_cover > 0.0:
        snow.cover(lot, canvas, parked)
    np.clip(canvas.albedo, 0.015, 0.9, out=canvas.albedo)
    _even_edges(canvas)
    return Ground(canvas.albedo, canvas.gloss, canvas.origin_m, canvas.cell_m)


def _zones(lot: Lot, canvas: Canvas) -> F32:
    """Grass, asphalt, footpaths, kerbs. Returns where it is asphalt (0 or 1)."""
    rng = canvas.rng
    coarse, fine = canvas.noise(1.6), canvas.noise(0.12)
    grass = _GRASS * float(rng.uniform(0.8, 1.15))
    blades = 0.09 * fine + 0.17 * canvas.noise(canvas.cell_m)
    canvas.albedo[:] = grass * (1 + 0.10 * coarse + 0.10 * canvas.noise(4.0) + blades)
    paved = canvas.blank()
    for low, high in asphalt(lot):
        paved[canvas.window(low, high)] = 1.0
    size = max(3, 2 * round(0.15 / canvas.cell_m) + 1)
    edge = (cv2.dilate(paved, np.ones((size, size), np.uint8)) > 0) & (paved == 0)
    tone = _ASPHALT * float(rng.uniform(0.8, 1.3))
    rough = (
        1 + 0.08 * canvas.noise(5.0) + 0.06 * coarse + 0.07 * canvas.noise(0.35) + 0.13 * canvas.noise(canvas.cell_m)
    )
    canvas.albedo[:] = np.where(paved > 0, tone * rough, canvas.albedo)
    for low, high in lot.footpaths:
        _slabs(canvas, low, high, paved)
    canvas.albedo[edge] = (_KERB * (1 + 0.06 * fine))[edge]
    if lot.closed is not None:
        window = canvas.window(*lot.closed)
        canvas.albedo[window] = _GRAVEL * (1 + 0.10 * coarse[window] + 0.22 * fine[window])
    for block in lot.blocks:
        if block.name == HOUSE:
            window = canvas.window((block.low_m[0], block.low_m[1] - 0.5), (block.high_m[0], block.low_m[1]))
            canvas.albedo[window] = _GRAVEL * (1 + 0.25 * fine[window])
    return paved


def asphalt(lot: Lot) -> list[tuple[Point, Point]]:
    """Rectangles of asphalt: lanes and the roads beyond their mouths, bays, the place of the rack."""
    left, _, right, far = lot.ground_m
    found = []
    for lane in lot.lanes:
        low, high = lane.y_m
        if lane.mouth_x_m > (left + right) / 2:
            found.append(((left - 4.6, low), (lane.mouth_x_m + _ROAD_M, high)))
        else:
            found.append(((lane.mouth_x_m - _ROAD_M, low), (right + 4.6, high)))
    for bay in lot.bays:
        low, high = sorted((bay.opening_y_m, bay.inner_y_m))
        found.append(
            ((bay.middle_x_m - bay.width_m / 2 - 0.2, low - 0.2), (bay.middle_x_m + bay.width_m / 2 + 0.2, high + 0.2))
        )
    top = min(far, max(bay.opening_y_m for bay in lot.bays) + 5.2)
    right_side = lot.lanes[0].mouth_x_m > (left + right) / 2
    rack = (left - 4.5, left) if right_side else (right, right + 4.5)
    found.append(((rack[0], lot.lanes[-1].y_m[1]), (rack[1], top)))
    near_rows = [bay for bay in lot.bays if bay.inner_y_m < lot.lanes[0].y_m[0]]
    if near_rows and lot.seed % 2:
        found.append(((left, near_rows[0].inner_y_m), (right, lot.lanes[0].y_m[0])))
    return found


def _slabs(canvas: Canvas, low: Point, high: Point, paved: F32) -> None:
    """Concrete slabs of half a metre with dark joints; each slab has its own tone."""
    window = canvas.window(low, high)
    rows, columns = window[0].stop - window[0].start, window[1].stop - window[1].start
    if rows < 2 or columns < 2:
        return
    step = max(3, round(0.5 / canvas.cell_m))
    tones = canvas.rng.normal(1.0, 0.06, (rows // step + 1, columns // step + 1)).astype(np.float32)
    slabs = np.repeat(np.repeat(tones, step, axis=0), step, axis=1)[:rows, :columns]
    slabs = slabs * (1 + 0.06 * canvas.rng.standard_normal((rows, columns), dtype=np.float32))
    slabs[::step] *= 0.62
    slabs[:, ::step] *= 0.62
    free = paved[window] == 0
    canvas.albedo[window] = np.where(free, _SLABS * slabs, canvas.albedo[window])


def _wear(lot: Lot, canvas: Canvas, paved: F32) -> None:
    """Patches, cracks, oil, worn tracks, a manhole and a drain."""
    rng = canvas.rng
    left, near, right, far = lot.ground_m
    factor = np.ones(canvas.shape, dtype=np.float32)
    for _ in range(int(rng.integers(3, 9))):
        x, y = rng.uniform(left - 3, right), rng.uniform(near, far)
        corner = (float(x + rng.uniform(0.5, 5.0)), float(y + rng.uniform(0.4, 2.5)))
        window = canvas.window((float(x), float(y)), corner)
        factor[window] *= float(rng.uniform(0.72, 1.22))
        outline = canvas.blank()[window]
        if min(outline.shape) > 6:
            outline[[0, -1]] = outline[:, [0, -1]] = 1.0
            factor[window] *= 1 - 0.4 * outline
    for lane in lot.lanes:
        middle = sum(lane.y_m) / 2
        for off in (-1.55, -0.2, 0.2, 1.55):
            window = canvas.window((left - 4, middle + off - 0.28), (right + 60, middle + off + 0.28))
            factor[window] *= 0.94 if abs(off) > 1 else 0.90
    cracks = canvas.blank()
    for _ in range(int(rng.integers(2, 8))):
        start = np.array([rng.uniform(left, right), rng.uniform(near, far)])
        steps = np.cumsum(rng.normal(0, 0.25, (int(rng.integers(8, 40)), 2)) + rng.normal(0, 0.22, 2), axis=0)
        canvas.stroke(cracks, start + steps, 0.03)
    factor *= 1 - 0.45 * cracks
    factor *= _oil(lot, canvas)
    canvas.albedo *= np.where(paved > 0, factor, 1.0)
    hole = (float(rng.uniform(left, right)), sum(lot.lanes[0].y_m) / 2 + float(rng.uniform(-1, 1)))
    column, row = (int(round(at)) for at in canvas.cells(np.array(hole)).tolist())
    for reach_m, value in ((0.33, 0.07), (0.30, 0.15)):
        spot = canvas.blank()
        cv2.circle(spot, (column, row), round(reach_m / canvas.cell_m), (1.0,), -1)
        canvas.albedo[spot > 0] = value * (1 + 0.2 * rng.standard_normal(int((spot > 0).sum()), dtype=np.float32))
    drain = canvas.window((hole[0] + 3.0, lot.lanes[0].y_m[0] + 0.1), (hole[0] + 3.5, lot.lanes[0].y_m[0] + 0.5))
    canvas.albedo[drain] = 0.04


def _oil(lot: Lot, canvas: Canvas) -> F32:
    """Dark drips where engines stand, and the dirt of tyres."""
    rng = canvas.rng
    factor = np.ones(canvas.shape, dtype=np.float32)
    for bay in lot.bays:
        middle = (bay.opening_y_m + bay.inner_y_m) / 2
        for _ in range(int(rng.integers(1, 4))):
            at = (bay.middle_x_m + float(rng.normal(0, 0.3)), middle + float(rng.uniform(-1.7, 1.7)))
            wide, depth = float(rng.uniform(0.12, 0.5)), float(rng.uniform(0.15, 0.6))
            window = canvas.window((at[0] - 1.2, at[1] - 1.2), (at[0] + 1.2, at[1] + 1.2))
            rows, columns = np.mgrid[window]
            x = canvas.origin_m[0] + columns * canvas.cell_m - at[0]
            y = canvas.origin_m[1] + rows * canvas.cell_m - at[1]
            factor[window] *= (1 - depth * np.exp(-((x**2 + (y * rng.uniform(0.6, 1.4)) ** 2) / wide**2))).astype(
                np.float32
            )
    return factor * np.clip(1 + 0.05 * canvas.noise(0.6), 0.7, 1.3)


def _markings(lot: Lot, canvas: Canvas) -> None:
    """Lines between bays, worn; in some lots a line along the openings, too."""
    rng = canvas.rng
    paint = canvas.blank()
    wide = float(rng.uniform(0.08, 0.12))
    full = rng.random() < 0.25
    share = 1.0 if rng.random() < 0.6 else float(rng.uniform(0.3, 0.6))
    for bay in lot.bays:
        for side in (-1, 1):
            x = bay.middle_x_m + side * bay.width_m / 2
            inner = bay.opening_y_m + share * (bay.inner_y_m - bay.opening_y_m)
            _line(canvas, paint, (x, bay.opening_y_m), (x, inner), wide)
        if full:
            half = bay.width_m / 2
            for y in (bay.opening_y_m, bay.inner_y_m):
                _line(canvas, paint, (bay.middle_x_m - half, y), (bay.middle_x_m + half, y), wide)
    if rng.random() < 0.3:
        _hatched(canvas, paint, lot.bays[int(rng.integers(len(lot.bays)))], wide)
    fresh = float(rng.uniform(0.45, 0.95))
    worn = np.clip(fresh + 0.30 * canvas.noise(0.25) + 0.22 * canvas.noise(1.3) + 0.12 * canvas.noise(0.07), 0.05, 1.0)
    strong = paint * worn
    canvas.albedo += strong * (_PAINT - canvas.albedo)


def _line(canvas: Canvas, mask: F32, start: Point, end: Point, wide: float) -> None:
    """Along an axis: a filled rectangle whose edge cells are part covered."""
    low = (min(start[0], end[0]) - wide / 2, min(start[1], end[1]) - wide / 2)
    high = (max(start[0], end[0]) + wide / 2, max(start[1], end[1]) + wide / 2)
    part = canvas.window(low, high)
    if part[0].stop > part[0].start:
        columns = max(1, part[1].stop - part[1].start)
        mask[part[0], part[1].start : part[1].start + columns] = 1.0


def _hatched(canvas: Canvas, mask: F32, bay: Bay, wide: float) -> None:
    """A strip beside a bay where nobody may stop."""
    x, step = bay.middle_x_m + bay.width_m / 2, 0.6
    low, high = sorted((bay.opening_y_m, bay.inner_y_m))
    for y in np.arange(low, high - 0.5, step):
        canvas.stroke(mask, np.array([[x, y], [x + 0.45, y + 0.45]]), wide)


def _shade(lot: Lot, canvas: Canvas, parked: tuple[Vehicle, ...]) -> None:
    """Dirt and little light below parked vehicles and along hedges; gentle, as renderers have shadows of their own."""
    for vehicle in parked:
        reach = vehicle.size.length_m / 2 + 1.0
        x, y = vehicle.place_m
        window = canvas.window((x - reach, y - reach), (x + reach, y + reach))
        rows, columns = np.mgrid[window]
        if rows.size:
            spots = np.stack([columns.ravel() * canvas.cell_m + canvas.origin_m[0],
                              rows.ravel() * canvas.cell_m + canvas.origin_m[1]], axis=-1)  # fmt: skip
            outside = vehicle.outside_m(spots).reshape(rows.shape)
            gentle = 0.75 if vehicle.two_wheeler else 0.55
            canvas.albedo[window] *= np.clip(gentle + 0.3 + outside * 0.9, gentle, 1.0).astype(np.float32)
    for block in lot.blocks:
        if block.name == HEDGE:
            (x0, y0), (x1, y1) = block.low_m, block.high_m
            canvas.albedo[canvas.window((x0 - 0.12, y0 - 0.12), (x1 + 0.12, y1 + 0.12))] *= 0.55


def _wet(lot: Lot, canvas: Canvas, paved: F32) -> None:
    """Wet ground is darker and shines; puddles stand in hollows of the asphalt."""
    wet = float(lot.wet)
    hard = np.maximum(paved, 0.35)
    film = np.clip(0.8 + 0.35 * canvas.noise(0.8), 0.2, 1.2)
    canvas.albedo *= 1 - 0.42 * wet * hard
    canvas.gloss += np.float32(0.16 * wet) * hard * film
    hollow = canvas.noise(2.6) + 0.45 * canvas.noise(0.7) + 0.12 * canvas.noise(0.2)
    line = 2.3 - 1.0 * wet
    deep = np.clip((hollow - line) / 0.10, 0.0, 1.0) * (paved > 0)
    canvas.albedo += deep * (0.03 - canvas.albedo)
    canvas.gloss += deep * (0.9 - canvas.gloss)


def _even_edges(canvas: Canvas) -> None:
    """Beyond the texture its edge goes on, as roads do; grain would run to the horizon in streaks, so towards the edge
    it is smoothed away along it."""
    reach = 2.5 / canvas.cell_m
    size = 2 * round(0.7 / canvas.cell_m) + 1
    for values in (canvas.albedo, canvas.gloss):
        for turned in (values, values.T):
            count = turned.shape[0]
            share = np.clip(np.arange(int(reach)) / reach, 0.0, 1.0).astype(np.float32)[:, None]
            for strip in (turned[: int(reach)], turned[: count - int(reach) - 1 : -1]):
                line = np.median(strip[: int(reach / 2)], axis=0)
                even = cv2.blur(np.ascontiguousarray(line)[None], (size, 1), borderType=cv2.BORDER_REPLICATE)
                strip += (1 - share) * (even - strip)
