"""Where rows, lanes and what is round them lie: the plan of a lot, before anything stands on it."""

from dataclasses import dataclass

import numpy as np

from simulator.lots.lot import Bay, Lane, Point

LONG_BAY_M = 9.0
_MOUTH_M = 6.0


@dataclass(frozen=True, slots=True)
class Plan:
    """Bays and lanes; `side` is where the lanes' mouths are (1: right). `rows_m` are the rows' ends along x, `far_m`
    the far row's inner edge, `long_bay` the place in `bays` of one that is deep enough for a lorry, if any."""

    bays: tuple[Bay, ...]
    lanes: tuple[Lane, ...]
    side: float
    rows_m: tuple[float, float]
    near_m: float
    far_m: float
    long_bay: int | None

    @property
    def closed_end_m(self) -> float:
        """x where the rows end, away from the mouths."""
        return self.rows_m[0] if self.side > 0 else self.rows_m[1]


@dataclass(frozen=True, slots=True)
class _Row:
    """A row of bays: its edges along y, its lane, its middles along x."""

    opening_y_m: float
    inner_y_m: float
    lane: int
    middles_m: tuple[float, ...]
    width_m: float

    @property
    def bays(self) -> list[Bay]:
        """All of them, from the left."""
        return [Bay(x, self.opening_y_m, self.inner_y_m, self.width_m, self.lane) for x in self.middles_m]


def random_plan(rng: np.random.Generator) -> Plan:
    """One lane between two rows, one lane with a row behind it, or two lanes with a double row between them."""
    side = 1.0 if rng.random() < 0.5 else -1.0
    depth, width = float(rng.uniform(5.0, 5.3)), float(rng.uniform(2.5, 2.75))
    wide = float(rng.uniform(5.4, 6.4))
    kind = rng.choice(["rows", "row", "lanes"], p=[0.58, 0.18, 0.24])
    if kind == "rows":
        near = float(rng.uniform(5.6, 7.6))
        spans = [(near + depth, near + depth + wide)]
    elif kind == "row":
        near = float(rng.uniform(7.0, 9.5))
        spans = [(near, near + wide)]
    else:
        near, wide = float(rng.uniform(3.8, 5.0)), min(wide, 5.8)
        first = near + wide + 2 * depth
        spans = [(near, near + wide), (first, first + wide)]
    rows = _rows(rng, str(kind), spans, (depth, width, side))
    bays = [bay for row in rows for bay in row.bays]
    ends = (
        min(bay.middle_x_m - bay.width_m / 2 for bay in bays), max(bay.middle_x_m + bay.width_m / 2 for bay in bays),
    )  # fmt: skip
    mouth = (ends[1] if side > 0 else ends[0]) + side * _MOUTH_M
    lanes = tuple(Lane(span, mouth) for span in spans)
    far = max(bay.inner_y_m for bay in bays)
    plan = Plan(tuple(bays), lanes, side, ends, near, far, None)
    return _with_long_bay(plan) if rng.random() < 0.22 else plan


def _rows(
    rng: np.random.Generator, kind: str, spans: list[tuple[float, float]], shape: tuple[float, float, float]
) -> list[_Row]:
    depth, width, side = shape
    shift = float(rng.uniform(-1.8, 1.8))
    rows = []
    far_count = int(rng.integers(7, 11))
    if kind == "rows":
        whole = rng.random() < 0.65
        count = int(rng.integers(5, 9)) if whole else int(rng.integers(3, 5))
        start = shift if whole else side * (1.2 + width * count / 2 + float(rng.uniform(0, 1.4)))
        rows.append(_Row(spans[0][0], spans[0][0] - depth, 0, _middles(rng, count, start, width, False), width))
    if kind == "lanes":
        count = int(rng.integers(6, 9))
        for lane, edge, inner in ((0, spans[0][1], depth), (1, spans[1][0], -depth)):
            rows.append(_Row(edge, edge + inner, lane, _middles(rng, count, shift, width, False), width))
        far_count = int(rng.integers(8, 12))
    last = len(spans) - 1
    edge = spans[last][1]
    middles = _middles(rng, far_count, shift, width, rng.random() < 0.35)
    rows.append(_Row(edge, edge + depth, last, middles, width))
    return rows


def _middles(rng: np.random.Generator, count: int, middle: float, width: float, island: bool) -> tuple[float, ...]:
    """Bays side by side about `middle`, with a planted island between them or not."""
    x = (np.arange(count) - (count - 1) / 2) * width
    if island:
        gap = float(rng.uniform(1.6, 2.6))
        x = x + np.where(np.arange(count) < int(rng.integers(2, count - 1)), -gap / 2, gap / 2)
    return tuple(float(middle + at) for at in x)


def _with_long_bay(plan: Plan) -> Plan:
    """The far row's last bay, away from the mouths, reaches farther back."""
    far = [number for number, bay in enumerate(plan.bays) if bay.inner_y_m == plan.far_m]
    last = far[0] if plan.side > 0 else far[-1]
    bay = plan.bays[last]
    deep = Bay(bay.middle_x_m, bay.opening_y_m, bay.opening_y_m + LONG_BAY_M, bay.width_m + 0.35, bay.lane)
    moved = Bay(bay.middle_x_m - plan.side * 0.175, deep.opening_y_m, deep.inner_y_m, deep.width_m, bay.lane)
    bays = (*plan.bays[:last], moved, *plan.bays[last + 1 :])
    low, high = plan.rows_m
    edge = moved.middle_x_m - plan.side * moved.width_m / 2
    ends = (min(low, edge), max(high, edge))
    return Plan(bays, plan.lanes, plan.side, ends, plan.near_m, plan.far_m, last)


def reserved(plan: Plan) -> list[tuple[Point, Point]]:
    """The part of the long bay that lies beyond the row's edge: nothing else may stand there."""
    if plan.long_bay is None:
        return []
    bay = plan.bays[plan.long_bay]
    half = bay.width_m / 2
    return [((bay.middle_x_m - half, plan.far_m - 1.0), (bay.middle_x_m + half, bay.inner_y_m))]


def islands(plan_bays: tuple[Bay, ...]) -> list[tuple[Point, Point]]:
    """Gaps of 1-3 m between neighbours of one row: planted islands, low and high corners."""
    found = []
    rows: dict[float, list[Bay]] = {}
    for bay in plan_bays:
        rows.setdefault(bay.opening_y_m, []).append(bay)
    for row in rows.values():
        ordered = sorted(row, key=lambda bay: bay.middle_x_m)
        for one, other in zip(ordered[:-1], ordered[1:], strict=True):
            left, right = one.middle_x_m + one.width_m / 2, other.middle_x_m - other.width_m / 2
            if 1.0 < right - left < 3.0:
                low, high = sorted((one.opening_y_m, other.inner_y_m))
                found.append(((left, low), (right, high)))
    return found
