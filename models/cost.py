"""What a network costs: multiply-adds and operators counted in its file, its size, and its time in each runtime."""

from __future__ import annotations

import math
import statistics
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from models.graph import Graph, Operator, read_graph
from models.networks import opened

TIMED_RUNS = 50
WARM_RUNS = 5
THREADS = (1, 2)


@dataclass(frozen=True, slots=True)
class Latency:
    """Median time of a look in one runtime."""

    runtime: str
    threads: int
    median_ms: float


@dataclass(frozen=True, slots=True)
class Cost:
    """One file. `macs` are multiply-adds a look; `operators` by kind, the most frequent first."""

    name: str
    input_shape: tuple[int, ...]
    input_dtype: str
    macs: int
    bytes: int
    operators: tuple[tuple[str, int], ...]
    latencies: tuple[Latency, ...]


def cost(name: str, path: Path, runtimes: Sequence[str], runs: int = TIMED_RUNS) -> Cost:
    """Count and time one file; raises `ModelError` for a file that is none. Without `runs` nothing is timed."""
    graph = read_graph(path)
    given = graph.tensors[graph.inputs[0]]
    return Cost(
        name=name,
        input_shape=given.shape,
        input_dtype=given.dtype,
        macs=macs(graph),
        bytes=path.stat().st_size,
        operators=tuple(Counter(operator.kind for operator in graph.operators).most_common()),
        latencies=tuple(
            Latency(runtime, threads, latency_ms(path, graph, runtime, threads, runs))
            for runtime in runtimes
            for threads in (THREADS if runs else ())
        ),
    )


def macs(graph: Graph) -> int:
    """Multiply-adds of a look in convolutions and matrix products; element-wise operators are not counted."""
    return sum(_COUNTED[one.kind](graph, one) for one in graph.operators if one.kind in _COUNTED)


def _convolution(graph: Graph, one: Operator) -> int:
    """Every output value takes a whole filter: weights are `[out, h, w, in / groups]`."""
    return math.prod(graph.tensors[one.outputs[0]].shape) * math.prod(graph.tensors[one.inputs[1]].shape[1:])


def _depthwise(graph: Graph, one: Operator) -> int:
    """Every output value takes one channel: weights are `[1, h, w, out]`."""
    return math.prod(graph.tensors[one.outputs[0]].shape) * math.prod(graph.tensors[one.inputs[1]].shape[1:3])


def _transposed(graph: Graph, one: Operator) -> int:
    """Every input value is spread by a whole filter: weights `[out, h, w, in]`, inputs shape, weights, values."""
    weights = graph.tensors[one.inputs[1]].shape
    return math.prod(graph.tensors[one.inputs[2]].shape) * math.prod(weights[:3])


def _product(graph: Graph, one: Operator) -> int:
    """Every output value takes a row of the weights `[out, in]`."""
    return math.prod(graph.tensors[one.outputs[0]].shape) * graph.tensors[one.inputs[1]].shape[-1]


def _batch_product(graph: Graph, one: Operator) -> int:
    """Every output value takes as many as the two have in common, the one side that leaves the result."""
    first, second = (graph.tensors[number].shape for number in one.inputs[:2])
    rows, columns = graph.tensors[one.outputs[0]].shape[-2:]
    common = math.isqrt(first[-1] * first[-2] * second[-1] * second[-2] // (rows * columns))
    return math.prod(graph.tensors[one.outputs[0]].shape) * common


_COUNTED: dict[str, Callable[[Graph, Operator], int]] = {
    "CONV_2D": _convolution,
    "DEPTHWISE_CONV_2D": _depthwise,
    "TRANSPOSE_CONV": _transposed,
    "FULLY_CONNECTED": _product,
    "BATCH_MATMUL": _batch_product,
}


def latency_ms(path: Path, graph: Graph, runtime: str, threads: int, runs: int) -> float:
    """Median time of `invoke` on noise; some kernels are faster on a picture that is all the same."""
    interpreter = opened(path, threads, runtime)
    given = graph.tensors[graph.inputs[0]]
    noise = np.random.default_rng([5, threads]).integers(0, 256, given.shape, np.uint8)
    values = noise.view(np.int8) if given.dtype == "int8" else noise.astype(given.dtype)
    interpreter.set_tensor(graph.inputs[0], values)
    times_ms = []
    for run in range(WARM_RUNS + runs):
        start_s = time.perf_counter()
        interpreter.invoke()
        if run >= WARM_RUNS:
            times_ms.append(1000 * (time.perf_counter() - start_s))
    return statistics.median(times_ms)
