"""`nattvakt model train` and `nattvakt model export`: networks (maintainer)."""

from __future__ import annotations

import argparse
import re
from pathlib import Path

from models.choices import PARTS, QUANTISATIONS


def add_train(parser: argparse.ArgumentParser) -> None:
    """Describe the options of `train`."""
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="the packed sets")
    parser.add_argument("--start", type=Path, required=True, help="yolox_nano_coco_416.onnx")
    parser.add_argument(
        "--continue-from", type=Path, metavar="FILE", help="begin with what this checkpoint of another run has learnt"
    )
    parser.add_argument(
        "--run", type=Path, required=True, metavar="DIR", help="checkpoints; resumed when there are any"
    )
    parser.add_argument("--budget-minutes", type=float, required=True)
    parser.add_argument("--extra", type=Path, action="append", default=[], metavar="DIR", help="rendered pictures")
    parser.add_argument("--extra-share", type=float, default=0.4, help="share of rendered pictures (default 0.4)")
    parser.add_argument("--rate", type=float, default=5e-4)
    parser.add_argument("--steps", type=int, metavar="N", help="stop after so many steps, if that comes first")
    parser.add_argument(
        "--without", choices=PARTS, action="append", default=[],
        help="leave a part of the recipe out, to see what it is worth; may be repeated",
    )  # fmt: skip
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    parser.set_defaults(command=_train)


def _train(options: argparse.Namespace) -> int:
    from models.train import Plan, train

    plan = Plan(
        data=options.data,
        start=options.start,
        continue_from=options.continue_from,
        run_folder=options.run,
        budget_minutes=options.budget_minutes,
        extra=tuple(options.extra),
        extra_share=options.extra_share,
        rate=options.rate,
        most_steps=options.steps,
        without=frozenset(options.without),
        seed=options.seed,
        threads=options.threads,
    )
    print(train(plan))
    return 0


def add_export(parser: argparse.ArgumentParser) -> None:
    """Describe the options of `export`."""
    parser.add_argument("--checkpoint", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True, metavar="FILE")
    parser.add_argument("--quantisation", choices=QUANTISATIONS, default=QUANTISATIONS[0])
    parser.add_argument("--size", type=_size, default=(512, 288), metavar="WxH", help="input, px (default 512x288)")
    parser.set_defaults(command=_export)


def _export(options: argparse.Namespace) -> int:
    from models.export import export

    export(options.checkpoint, options.out, options.size, options.quantisation)
    return 0


def _size(text: str) -> tuple[int, int]:
    """`WIDTHxHEIGHT` as two numbers."""
    match = re.fullmatch(r"(\d+)x(\d+)", text)
    if not match:
        raise argparse.ArgumentTypeError(f"{text!r} is no size; write it like 512x288")
    return int(match[1]), int(match[2])
