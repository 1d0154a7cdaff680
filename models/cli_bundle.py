"""`nattvakt model inspect` and `nattvakt model pack`: bundles."""

from __future__ import annotations

import argparse
from pathlib import Path

import msgspec

from models import SHIPPED
from models.inspection import TIMED_RUNS, Inspection, Kernels, Trial, inspect, read_latency
from models.manifest import FirmwareRange


def add_inspect(parser: argparse.ArgumentParser) -> None:
    """Describe the options of `inspect`."""
    parser.add_argument("bundle", type=Path, nargs="?", default=SHIPPED)
    runs = f"looks to time (default {TIMED_RUNS}; 0: none)"
    parser.add_argument("--runs", type=int, default=TIMED_RUNS, help=runs)
    parser.add_argument("--machine", default="", metavar="WORDS", help="what to call this machine beside the times")
    parser.add_argument("--json", action="store_true", help="everything as JSON, for `pack --latency`")
    parser.set_defaults(command=_inspect)


def _inspect(options: argparse.Namespace) -> int:
    """Verify, try and time a bundle; exit code 1 when a golden frame comes out wrong."""
    found = inspect(options.bundle, options.runs, options.machine)
    print(msgspec.json.format(msgspec.json.encode(found)).decode() if options.json else _told(found))
    return 1 if any(trial.faults for trial in found.trials) else 0


def _told(found: Inspection) -> str:
    lines = [
        f"{found.name} release {found.release}: {found.quantisation}, {found.width_px} x {found.height_px} grey "
        f"({found.dtype}), {found.macs / 1e6:.0f} M multiply-adds, {found.network_bytes} bytes; "
        f"all {found.files} files verified",
        *(f"threshold of {item.label}: {item.threshold:g} ({item.reason})" for item in found.classes),
        *(line for trial in found.trials for line in _trial(trial)),
    ]
    return "\n".join(lines)


def _trial(trial: Trial) -> list[str]:
    said = f"{trial.runtime}: golden frames {'WRONG' if trial.faults else 'as expected'}"
    said += "".join(f"; {one.threads} threads {one.median_ms:.1f} ms" for one in trial.latency_ms)
    return [f"{said}; {_kernels(trial.kernels)}", *(f"  {fault}" for fault in trial.faults)]


def _kernels(kernels: Kernels | None) -> str:
    if kernels is None:
        return "kernels unknown"
    said = f"{kernels.delegated} of {kernels.operators} operators in XNNPACK"
    left = ", ".join(f"{count} {kind}" for kind, count in kernels.left.items())
    return f"{said}, left: {left}" if kernels.delegated and left else said


def add_pack(parser: argparse.ArgumentParser) -> None:
    """Describe the options of `pack`."""
    parser.add_argument("--network", type=Path, required=True, help="the TFLite file")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR")
    parser.add_argument("--name", required=True)
    parser.add_argument("--release", type=int, required=True)
    parser.add_argument("--quantisation", default="int8", help="in words, for the record (default int8)")
    parser.add_argument("--golden", type=Path, required=True, metavar="DIR", help="golden frames (our own, PNG)")
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="the packed sets; thresholds from val")
    extra = "rendered pictures to choose thresholds on, never trained on; may be repeated"
    parser.add_argument("--extra", type=Path, action="append", default=[], metavar="DIR", help=extra)
    firmware = "firmware that may load it: from the first version on, below the second (default 0.1 1)"
    parser.add_argument("--firmware", nargs=2, default=("0.1", "1"), metavar=("LOWEST", "BELOW"), help=firmware)
    times = "times for the manifest: what `inspect --json` printed, of one machine or several; may be repeated"
    parser.add_argument("--latency", type=Path, action="append", default=[], metavar="FILE", help=times)
    parser.set_defaults(command=_pack)


def _pack(options: argparse.Namespace) -> int:
    from models.pack import Grounds, Order, pack

    order = Order(
        network=options.network,
        out=options.out,
        name=options.name,
        release=options.release,
        quantisation=options.quantisation,
        frames=options.golden,
        firmware=FirmwareRange(*options.firmware),
        latency_ms=tuple(one for path in options.latency for one in read_latency(path)),
    )
    for item in pack(order, Grounds.read(options.data, options.extra)).classes:
        print(f"threshold of {item.label}: {item.threshold:g} ({item.reason})")
    return 0
