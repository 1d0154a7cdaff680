"""What a bundle does on this machine: golden frames, time and kernels, in every runtime that is installed."""

from __future__ import annotations

import platform
import statistics
import time
from collections import Counter
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from firmware.drivers.detector_tflite import RUNTIMES, TfliteDetector, installed_runtimes
from firmware.errors import ModelError
from models import golden
from models.manifest import Label, Latency, Manifest, load_manifest

TIMED_RUNS = 50
WARM_RUNS = 5
THREADS = (1, 2)


class Kernels(msgspec.Struct, frozen=True):
    """Who computes: how many operators XNNPACK has taken over, and the kinds (with numbers) that it has not."""

    operators: int
    delegated: int
    left: dict[str, int]


class Trial(msgspec.Struct, frozen=True):
    """One runtime. `faults` are golden frames that come out wrong; `kernels` is None where it cannot be told."""

    runtime: str
    faults: tuple[str, ...]
    kernels: Kernels | None
    latency_ms: tuple[Latency, ...]


class Inspection(msgspec.Struct, frozen=True):
    """A verified bundle and how it fares. `pack --latency` reads the times from here."""

    name: str
    release: int
    quantisation: str
    width_px: int
    height_px: int
    dtype: str
    macs: int
    network_bytes: int
    files: int
    classes: tuple[Label, ...]
    trials: tuple[Trial, ...]

    @property
    def latency_ms(self) -> tuple[Latency, ...]:
        """All times."""
        return tuple(one for trial in self.trials for one in trial.latency_ms)


def inspect(bundle: Path, runs: int = TIMED_RUNS, machine: str = "") -> Inspection:
    """Verify, try and time a bundle; raises `ManifestError` or `ModelError`. Without `runs` nothing is timed."""
    manifest = load_manifest(bundle)
    if not installed_runtimes():
        raise ModelError(f"no TFLite runtime: {' or '.join(RUNTIMES)} cannot be imported; pip install 'nattvakt[node]'")
    trials = tuple(_tried(bundle, runtime, runs, machine or this_machine()) for runtime in installed_runtimes())
    return _told(manifest, trials)


def read_latency(path: Path) -> tuple[Latency, ...]:
    """The times in a file that `inspect --json` wrote; raises `ModelError`."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Inspection).latency_ms
    except msgspec.DecodeError as error:
        raise ModelError(f"{path}: {error}; it must be what `model inspect --json` prints") from error


def this_machine() -> str:
    """The processor in a few words."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith(("model name", "Model"))]
    return ", ".join((*names[-1:], platform.machine()))


def _told(manifest: Manifest, trials: tuple[Trial, ...]) -> Inspection:
    return Inspection(
        name=manifest.name,
        release=manifest.release,
        quantisation=manifest.quantisation,
        width_px=manifest.input.width_px,
        height_px=manifest.input.height_px,
        dtype=manifest.input.dtype,
        macs=manifest.macs,
        network_bytes=manifest.network_bytes,
        files=len(manifest.files),
        classes=manifest.classes,
        trials=trials,
    )


def _tried(bundle: Path, runtime: str, runs: int, machine: str) -> Trial:
    detector = TfliteDetector(bundle, runtime)
    faults = tuple(golden.faults(detector, bundle))
    times = tuple(
        Latency(runtime, threads, machine, round(_median_ms(TfliteDetector(bundle, runtime, threads), runs), 2))
        for threads in (THREADS if runs else ())
    )
    return Trial(runtime, faults, kernels(detector.interpreter), times)


def _median_ms(detector: TfliteDetector, runs: int) -> float:
    """Median time of one look at noise of the network's own size; some kernels are faster on a flat picture."""
    size = detector.input_size
    picture = np.random.default_rng([5, 1]).integers(0, 256, (size.height_px, size.width_px), np.uint8)
    times_ms = []
    for run in range(WARM_RUNS + runs):
        start_s = time.perf_counter()
        detector.infer(picture)
        if run >= WARM_RUNS:
            times_ms.append(1000 * (time.perf_counter() - start_s))
    return statistics.median(times_ms)


def kernels(interpreter: Any) -> Kernels | None:
    """How much of a prepared network a delegate has taken over; None where the runtime does not tell.

    A delegate stands in the list of operators as one that begins and ends at certain tensors. What lies between them
    is what it replaced: found by going back from its outputs to its inputs.
    """
    try:
        steps = interpreter._get_ops_details()  # not public, but in both runtimes
    except AttributeError:
        return None
    own = [step for step in steps if step["op_name"] != "DELEGATE"]
    maker = {int(tensor): place for place, step in enumerate(own) for tensor in step["outputs"]}
    taken: set[int] = set()
    for step in steps:
        if step["op_name"] == "DELEGATE":
            taken |= _between(own, maker, {int(n) for n in step["inputs"]}, [int(n) for n in step["outputs"]])
    left = Counter(step["op_name"] for place, step in enumerate(own) if place not in taken)
    return Kernels(len(own), len(taken), dict(sorted(left.items())))


def _between(own: list[dict[str, Any]], maker: dict[int, int], begin: set[int], end: list[int]) -> set[int]:
    """Places of the operators on all ways back from some tensors to others."""
    found: set[int] = set()
    open_ends = [tensor for tensor in end if tensor not in begin]
    while open_ends:
        place = maker.get(open_ends.pop())
        if place is None or place in found:
            continue
        found.add(place)
        open_ends += [int(tensor) for tensor in own[place]["inputs"] if int(tensor) not in begin]
    return found
