"""Who is who: the cheapest pairing of tracks and detections."""

import numpy as np
from numpy.typing import NDArray

UNPAIRED = 1e6
"""A cost that stands for 'these two can not be the same'."""


def assign(cost: NDArray[np.float64]) -> list[tuple[int, int]]:
    """Pairs (row, column) of least total cost, in order of rows; pairs at `UNPAIRED` or above are left out.

    The Hungarian method with potentials, O(n^2 m): each row in turn finds the shortest augmenting path (Jonker and
    Volgenant, Computing 38, 1987, the augmentation phase alone). Costs must be finite.
    """
    if cost.size == 0:
        return []
    if cost.shape[0] > cost.shape[1]:
        return sorted((row, column) for column, row in assign(cost.T))
    rows, columns = cost.shape
    row_price = np.zeros(rows)
    column_price = np.zeros(columns)
    owner = np.full(columns, -1)
    for row in range(rows):
        column, came_from, last_price, seen = _shortest_path(cost, row, (row_price, column_price), owner)
        reach = last_price[column]
        # Prices move by how much earlier than the free column each one was reached.
        done = np.flatnonzero(seen)
        column_price[done] -= reach - last_price[done]
        row_price[owner[done]] += reach - last_price[done]
        row_price[row] += reach
        while True:
            before = came_from[column]
            owner[column] = row if before < 0 else owner[before]
            if before < 0:
                break
            column = before
    pairs = ((int(owner[column]), column) for column in range(columns) if owner[column] >= 0)
    return sorted(pair for pair in pairs if cost[pair] < UNPAIRED)


def _shortest_path(
    cost: NDArray[np.float64],
    start: int,
    prices: tuple[NDArray[np.float64], NDArray[np.float64]],
    owner: NDArray[np.int_],
) -> tuple[int, NDArray[np.int_], NDArray[np.float64], NDArray[np.bool_]]:
    """Dijkstra from a row to the nearest free column: the column, each column's column before, distances, finished."""
    row_price, column_price = prices
    columns = cost.shape[1]
    distance = np.full(columns, np.inf)
    came_from = np.full(columns, -1)
    seen = np.zeros(columns, dtype=bool)
    row, base, before = start, 0.0, -1
    while True:
        through = base + cost[row] - row_price[row] - column_price
        better = ~seen & (through < distance)
        distance[better] = through[better]
        came_from[better] = before
        column = int(np.where(seen, np.inf, distance).argmin())
        if owner[column] < 0:
            return column, came_from, distance, seen
        seen[column] = True
        row, base, before = int(owner[column]), float(distance[column]), column
