"""`nattvakt model train` and `nattvakt model export`: networks (maintainer)."""

from __future__ import annotations

import argparse
from pathlib import Path


def add_train(parser: argparse.ArgumentParser) -> None:
    """Describe the options of `train`."""
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="the packed sets")
    parser.add_argument("--start", type=Path, required=True, help="yolox_nano_coco_416.onnx")
    parser.add_argument(
        "--run", type=Path, required=True, metavar="DIR", help="checkpoints; resumed when there are any"
    )
    parser.add_argument("--budget-minutes", type=float, required=True)
    parser.add_argument("--extra", type=Path, action="append", default=[], metavar="DIR", help="rendered pictures")
    parser.add_argument("--extra-share", type=float, default=0.35, help="share of rendered pictures (default 0.35)")
    parser.add_argument("--rate", type=float, default=4e-4)
    parser.add_argument("--no-anneal", action="store_true", help="keep the rate: a later run goes on and ends it")
    parser.add_argument(
        "--freeze-early", action="store_true", help="keep the layers up to stride 8 as they are: half the time"
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    parser.set_defaults(command=_train)


def _train(options: argparse.Namespace) -> int:
    from models.train import Plan, train

    plan = Plan(
        data=options.data,
        start=options.start,
        run_folder=options.run,
        budget_minutes=options.budget_minutes,
        extra=tuple(options.extra),
        extra_share=options.extra_share,
        rate=options.rate,
        anneal=not options.no_anneal,
        freeze_early=options.freeze_early,
        seed=options.seed,
        threads=options.threads,
    )
    print(train(plan))
    return 0


def add_export(parser: argparse.ArgumentParser) -> None:
    """Describe the options of `export`."""
    parser.add_argument("--checkpoint", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True, metavar="FILE")
    parser.add_argument("--quantisation", choices=("weight-only", "dynamic-range", "float"), default="weight-only")
    parser.set_defaults(command=_export)


def _export(options: argparse.Namespace) -> int:
    from models.export import export

    export(options.checkpoint, options.out, options.quantisation)
    return 0
