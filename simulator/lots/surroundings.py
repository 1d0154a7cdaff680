"""What stands round the rows: houses with doors, hedges, trees, fences, lamps, bins; footpaths; ways in on foot."""

from dataclasses import dataclass, field

import numpy as np

from simulator.lots.layout import Plan, islands, reserved
from simulator.lots.lot import Block, Door, Point, PostLamp

HOUSE, HEDGE, TREE, CONIFER, BIN, BIN_STORE, FENCE, TROLLEY, SIGN, GRIT, CABINET = (
    "house", "hedge", "tree", "conifer", "bin", "bin store", "fence", "trolley", "sign", "grit box", "cabinet",
)  # fmt: skip
SIDE_M = 34.0
KERB_OFF_M = 0.25


@dataclass(slots=True)
class Surroundings:
    """Collected while a lot is planned."""

    doors: list[Door] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)
    lamps: list[PostLamp] = field(default_factory=list)
    entries: list[Point] = field(default_factory=list)
    footpaths: list[tuple[Point, Point]] = field(default_factory=list)
    closed: tuple[Point, Point] | None = None
    reserved: list[tuple[Point, Point]] = field(default_factory=list)
    rack: tuple[Point, float] | None = None  # where two-wheelers stand: the first place, and the direction of the next

    def block(self, name: str, low: Point, high: Point, height_m: float) -> None:
        """One more solid thing."""
        self.blocks.append(Block(name, low, high, height_m))


def surround(rng: np.random.Generator, plan: Plan) -> Surroundings:
    """Everything but vehicles and poles."""
    found = Surroundings(reserved=reserved(plan))
    back = 4.2 if plan.long_bay is not None else 0.0
    path_y = plan.far_m + back + float(rng.uniform(3.0, 4.5))
    wall_y = path_y + float(rng.uniform(2.6, 6.5))
    _houses(rng, found, wall_y)
    gaps = _footpaths(rng, plan, found, path_y)
    _far_hedge(rng, plan, found, gaps)
    _closed_end(rng, plan, found)
    _near_side(rng, plan, found)
    _lamps(rng, plan, found, path_y)
    _trees(rng, plan, found, path_y, wall_y)
    _things(rng, plan, found)
    mouth = plan.lanes[0].mouth_x_m
    for lane in plan.lanes:
        found.entries.append((mouth + plan.side * 5.0, lane.y_m[1] - 0.8))
    return found


def _houses(rng: np.random.Generator, found: Surroundings, wall_y: float) -> None:
    """One long house or two with a passage between them."""
    split = float(rng.uniform(-9, 9))
    passage = float(rng.uniform(3.0, 6.0)) if rng.random() < 0.6 else 0.0
    spans = [(-SIDE_M, split - passage / 2), (split + passage / 2, SIDE_M)] if passage else [(-SIDE_M, SIDE_M)]
    for left, right in spans:
        height = float(rng.choice([3.4, 6.2, 8.8, 11.5], p=[0.25, 0.30, 0.30, 0.15]))
        step = float(rng.uniform(-1.0, 1.5)) if passage else 0.0
        near = wall_y + max(step, -0.8)
        found.block(HOUSE, (left, near), (right, near + 9.0), height)
        places = np.arange(left + 5.0, right - 4.0, float(rng.uniform(9.0, 14.0))) + float(rng.uniform(-1.5, 1.5))
        for x in places.tolist():
            if abs(x) < 22.0 and left + 1.5 < x < right - 1.5:
                found.doors.append(Door((float(x), near - 0.05), -np.pi / 2))
    if passage:
        found.footpaths.append(((split - 0.9, wall_y - 3.0), (split + 0.9, wall_y + 12.0)))
        found.entries.append((split, wall_y + 9.0))


def _footpaths(rng: np.random.Generator, plan: Plan, found: Surroundings, path_y: float) -> list[tuple[float, float]]:
    """Along the houses, from it to the doors, and through gaps in the hedge to the rows. Returns the gaps along x."""
    half = float(rng.uniform(0.75, 1.1))
    found.footpaths.append(((-SIDE_M, path_y - half), (SIDE_M, path_y + half)))
    found.entries += [(-24.0, path_y), (24.0, path_y)]
    for door in found.doors:
        x, y = door.place_m
        found.footpaths.append(((x - 0.75, path_y), (x + 0.75, y + 0.05)))
        found.entries.append((x, y - 0.3))
    gaps: list[tuple[float, float]] = []
    low, high = plan.rows_m
    count = int(rng.integers(1, 3))
    islets = [((left + right) / 2) for (left, _), (right, top) in islands(plan.bays) if abs(top - plan.far_m) < 0.1]
    places = islets[:1] + [float(x) for x in rng.uniform(low + 1.5, high - 1.5, 3)]
    for x in places:
        taken = any(left - 1.6 < x < right + 1.6 for (left, _), (right, _) in found.reserved)
        if not taken and len(gaps) < count and all(abs(x - (left + right) / 2) > 6.0 for left, right in gaps):
            wide = float(rng.uniform(1.6, 2.2))
            gaps.append((x - wide / 2, x + wide / 2))
            found.footpaths.append(((x - wide / 2 + 0.15, plan.far_m + KERB_OFF_M), (x + wide / 2 - 0.15, path_y)))
    return sorted(gaps)


def _far_hedge(
    rng: np.random.Generator, plan: Plan, found: Surroundings, gaps: list[tuple[float, float]]
) -> None:  # fmt: skip
    """Behind the far row, with gaps; it may be a fence of boards in part, or missing."""
    kind = rng.choice([HEDGE, FENCE, ""], p=[0.72, 0.16, 0.12])
    if not kind:
        return
    low, high = plan.rows_m
    left, right = float(rng.uniform(-24, low - 1)), float(rng.uniform(high + 1, 24))
    if plan.long_bay is not None:
        bay = plan.bays[plan.long_bay]
        edge = bay.middle_x_m + plan.side * (bay.width_m / 2 + 0.3)
        left, right = (edge, right) if plan.side > 0 else (left, edge)
    near = plan.far_m + KERB_OFF_M + float(rng.uniform(0.75, 1.0))
    thick = float(rng.uniform(0.8, 1.2)) if kind == HEDGE else 0.08
    height = float(rng.uniform(0.9, 1.9)) if kind == HEDGE else float(rng.uniform(1.1, 1.8))
    start = left
    for gap_left, gap_right in [*gaps, (right, right)]:
        end = min(gap_left, right)
        if end - start > 1.0:
            found.block(str(kind), (start, near), (end, near + thick), height)
        start = max(start, gap_right)


def _closed_end(rng: np.random.Generator, plan: Plan, found: Surroundings) -> None:
    """Away from the mouths: a rack for two-wheelers, then a hedge across the lanes' end or a yard that is closed."""
    x, out = plan.closed_end_m, -plan.side
    top = plan.far_m if plan.long_bay is None else plan.far_m - 1.0
    found.rack = ((x + out * 0.75, top - 1.3), out)
    end = x + out * float(rng.uniform(4.6, 5.8))
    low_y = min(lane.y_m[0] for lane in plan.lanes)
    if rng.random() < 0.45:
        _yard(rng, found, (end, low_y + 1.0, out, plan.far_m))
    else:
        wide = float(rng.uniform(0.8, 1.1))
        left, right = sorted((end, end + out * wide))
        found.block(HEDGE, (left, low_y - 1.0), (right, plan.far_m - 2.2), float(rng.uniform(1.0, 2.0)))


def _yard(rng: np.random.Generator, found: Surroundings, where: tuple[float, float, float, float]) -> None:
    """A fenced yard with a gate in its side towards the lot; closed at night."""
    x, near, out, far = where
    deep = float(rng.uniform(6.0, 9.0))
    left, right = sorted((x, x + out * deep))
    far = max(far, near + 7.0)
    high = float(rng.uniform(1.6, 2.2))
    gate = float(rng.uniform(near + 1.5, far - 3.0))
    found.block(FENCE, (x - 0.03, near), (x + 0.03, gate), high)
    found.block(FENCE, (x - 0.03, gate + 1.4), (x + 0.03, far), high)
    found.block(FENCE, (left, near - 0.03), (right, near + 0.03), high)
    found.block(FENCE, (left, far - 0.03), (right, far + 0.03), high)
    outer = x + out * deep
    found.block(FENCE, (outer - 0.03, near), (outer + 0.03, far), high)
    found.closed = ((left + 0.2, near + 0.2), (right - 0.2, far - 0.2))
    for _ in range(int(rng.integers(1, 4))):
        cx, cy = float(rng.uniform(left + 2.4, right - 1.4)), float(rng.uniform(near + 1.2, far - 1.4))
        if abs(cx - x) > 2.4:
            found.block(CABINET, (cx - 0.6, cy - 0.45), (cx + 0.6, cy + 0.45), float(rng.uniform(0.8, 1.5)))


def _near_side(rng: np.random.Generator, plan: Plan, found: Surroundings) -> None:
    """Between the pole and the lot: a path that crosses the picture below, or grass only."""
    if plan.near_m > 5.5 and rng.random() < 0.6:
        y = plan.near_m - float(rng.uniform(2.2, 2.8))
        found.footpaths.append(((-SIDE_M, y - 0.9), (SIDE_M, y + 0.9)))
        found.entries += [(-11.0, y), (11.0, y)]
    else:
        found.entries.append((-plan.side * 9.0, plan.near_m - 1.5))


def _lamps(rng: np.random.Generator, plan: Plan, found: Surroundings, path_y: float) -> None:
    sodium = bool(rng.random() < 0.4)
    y = plan.far_m + KERB_OFF_M + 0.45
    places = [(float(rng.uniform(-9, -3)), y), (float(rng.uniform(4, 11)), y)]
    places.append((float(rng.uniform(-18, 18)), path_y - 1.5))
    for x, at in places[: int(rng.integers(1, 4))]:
        shift = next((0.5 * (right - left) + 0.3 for (left, low), (right, high) in found.footpaths
                      if left - 0.3 < x < right + 0.3 and low - 0.3 < at < high + 0.3), 0.0)  # fmt: skip
        strength = float(rng.uniform(4.0, 14.0) * (1.6 if sodium else 1.0))
        lamp = PostLamp((x + shift, at), float(rng.uniform(3.8, 5.2)), strength, sodium)
        if free(found, lamp.place_m, lamp.place_m, 0.12):
            found.lamps.append(lamp)


def _trees(rng: np.random.Generator, plan: Plan, found: Surroundings, path_y: float, wall_y: float) -> None:
    spots = [
        ((left + right) / 2, (low + high) / 2 + float(rng.uniform(-0.8, 0.8)))
        for (left, low), (right, high) in islands(plan.bays)
    ]  # fmt: skip
    for x in rng.uniform(-22, 22, int(rng.integers(1, 5))).tolist():
        spots.append((x, (path_y + wall_y) / 2 + 0.4))
    for x, y in spots:
        conifer = rng.random() < 0.22
        thick = float(rng.uniform(0.11, 0.2))
        height = float(rng.uniform(4.0, 8.0))
        spot = ((x - thick, y - thick), (x + thick, y + thick))
        if free(found, spot[0], spot[1], 0.6):
            found.block(CONIFER if conifer else TREE, *spot, height)


def _things(rng: np.random.Generator, plan: Plan, found: Surroundings) -> None:
    """Small things at the edges: bins, a bin store, a grit box, a sign, a cabinet, a forgotten trolley."""
    low, high = plan.rows_m
    edge = plan.far_m + KERB_OFF_M + 0.3
    tries = [
        (BIN, (0.45, 0.45), 0.95, 0.6), (GRIT, (1.1, 0.75), 0.85, 0.35), (CABINET, (0.9, 0.35), 1.1, 0.4),
        (SIGN, (0.07, 0.07), 2.2, 0.7), (SIGN, (0.07, 0.07), 1.9, 0.3),
    ]  # fmt: skip
    for name, (wide, deep), height, chance in tries:
        x = float(rng.uniform(low, high))
        if rng.random() < chance and free(found, (x, edge), (x + wide, edge + deep), 0.25):
            found.block(name, (x, edge), (x + wide, edge + deep), height)
    if rng.random() < 0.4:
        x = (high if plan.side > 0 else low) + plan.side * 1.2
        left, right = sorted((x, x + plan.side * 3.6))
        if free(found, (left, plan.far_m - 2.2), (right, plan.far_m), 0.4):
            found.block(BIN_STORE, (left, plan.far_m - 2.2), (right, plan.far_m), float(rng.uniform(1.5, 1.9)))
    for _ in range(int(rng.integers(0, 3))):
        x, y = float(rng.uniform(low, high)), plan.lanes[0].y_m[0] - float(rng.uniform(1.0, 3.0))
        inside = any(
            abs(x - bay.middle_x_m) < bay.width_m / 2 + 1.0
            and min(bay.opening_y_m, bay.inner_y_m) - 1.0 < y < max(bay.opening_y_m, bay.inner_y_m) + 1.0
            for bay in plan.bays
        )
        awaited = any(np.hypot(x + 0.45 - at[0], y + 0.28 - at[1]) < 1.4 for at in found.entries)
        if not inside and not awaited and y > 3.5 and free(found, (x, y), (x + 0.9, y + 0.55), 0.4):
            found.block(TROLLEY, (x, y), (x + 0.9, y + 0.55), 1.02)


def free(found: Surroundings, low: Point, high: Point, room_m: float) -> bool:
    """Whether nothing stands within `room_m` of a rectangle, and no footpath or lamp's foot lies in it."""

    def apart(other_low: Point, other_high: Point, room: float) -> bool:
        return (
            high[0] + room < other_low[0] or low[0] - room > other_high[0]
            or high[1] + room < other_low[1] or low[1] - room > other_high[1]
        )  # fmt: skip

    return (
        all(apart(block.low_m, block.high_m, room_m) for block in found.blocks)
        and all(apart(*path, 0.05) for path in found.footpaths)
        and all(apart(*place, 0.35) for place in found.reserved)
        and all(apart(lamp.place_m, lamp.place_m, 0.3) for lamp in found.lamps)
    )
