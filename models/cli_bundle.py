"""`nattvakt model inspect` and `nattvakt model pack`: bundles."""

from __future__ import annotations

import argparse
import statistics
import time
from pathlib import Path

import numpy as np

from firmware.drivers.detector_tflite import RUNTIMES, TfliteDetector, installed_runtimes
from firmware.errors import ModelError
from models import SHIPPED, golden
from models.manifest import load_manifest

TIMED_RUNS = 50


def add_inspect(parser: argparse.ArgumentParser) -> None:
    """Describe the options of `inspect`."""
    parser.add_argument("bundle", type=Path, nargs="?", default=SHIPPED)
    parser.add_argument("--runs", type=int, default=TIMED_RUNS, help=f"looks to time (default {TIMED_RUNS})")
    parser.set_defaults(command=_inspect)


def _inspect(options: argparse.Namespace) -> int:
    """Verify, try and time a bundle; exit code 1 when a golden frame comes out wrong."""
    manifest = load_manifest(options.bundle)
    print(f"{manifest.name} release {manifest.release}: {manifest.quantisation}, ", end="")
    print(f"{manifest.input.width_px} x {manifest.input.height_px} grey; all {len(manifest.files)} files verified")
    print("thresholds: " + ", ".join(f"{item.label} {item.threshold:.2f}" for item in manifest.classes))
    runtimes = installed_runtimes()
    if not runtimes:
        raise ModelError(
            f"no TFLite runtime: none of {', '.join(RUNTIMES)} can be imported; pip install 'nattvakt[node]'"
        )
    wrong = 0
    for runtime in runtimes:
        detector = TfliteDetector(options.bundle, runtime)
        seen = golden.see(
            detector, detector.raw_decoder(golden.EXPECTED_LEAST_SCORE - golden.SCORE_TOLERANCE), options.bundle
        )
        faults = golden.differences(golden.read(options.bundle), seen)
        wrong += len(faults)
        times = ", ".join(f"{n} threads {_median_ms(options.bundle, runtime, n, options.runs):.1f} ms" for n in (1, 2))
        print(f"{runtime}: golden frames {'as expected' if not faults else 'WRONG'}; {times}")
        for fault in faults:
            print(f"  {fault}")
    return 1 if wrong else 0


def _median_ms(bundle: Path, runtime: str, threads: int, runs: int) -> float:
    """Median time of one look at a picture of the network's own size."""
    detector = TfliteDetector(bundle, runtime, threads)
    size = detector.input_size
    picture = np.full((size.height_px, size.width_px), 60, np.uint8)
    times_ms = []
    for _ in range(runs):
        start_s = time.perf_counter()
        detector.infer(picture)
        times_ms.append(1000 * (time.perf_counter() - start_s))
    return statistics.median(times_ms)


def add_pack(parser: argparse.ArgumentParser) -> None:
    """Describe the options of `pack`."""
    parser.add_argument("--network", type=Path, required=True, help="the TFLite file")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR")
    parser.add_argument("--name", required=True)
    parser.add_argument("--release", type=int, required=True)
    parser.add_argument("--quantisation", default="weight-only", help="how the weights are kept, for the record")
    parser.add_argument("--golden", type=Path, required=True, metavar="DIR", help="golden frames (our own, PNG)")
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="the packed sets; thresholds from val")
    parser.set_defaults(command=_pack)


def _pack(options: argparse.Namespace) -> int:
    from models.pack import Order, pack

    manifest = pack(
        Order(
            network=options.network,
            out=options.out,
            name=options.name,
            release=options.release,
            quantisation=options.quantisation,
            frames=options.golden,
            data=options.data,
        )
    )
    print("thresholds: " + ", ".join(f"{item.label} {item.threshold:.2f}" for item in manifest.classes))
    return 0
