"""Training on a CPU, within a budget of minutes, resumable at any step.

The learning rate follows the share of the budget that is used up, so a run on a slow or busy machine still ends
annealed. What is kept and shipped is the running average of the weights.
"""

# PyTorch and OpenCV are typed as Any where they are not installed (everywhere but at a maintainer's).
# mypy: disallow-untyped-decorators=False, warn-return-any=False, warn-unused-ignores=False
from __future__ import annotations

import copy
import math
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from models.compose import Sample, Samples, source_shares
from models.data import Picture, read_folder, read_sources, without_fog
from models.loss import Cells, Targets, detection_loss
from models.network import INPUT_HEIGHT_PX, INPUT_WIDTH_PX, Detector, from_onnx
from models.progress import ProgressLine
from models.teacher import taught

FRESH_LAYER_RATE = 4.0  # the class layers hold new rows: they learn faster than the rest
LAST_RATE_SHARE = 0.02
WARMUP_STEPS = 150
AVERAGE_DECAY = 0.998
SOURCE_WEIGHTS = {"person1": 1.0, "highway40": 1.6, "hituav": 0.5, "forestfire": 0.5, "farid": 0.7, "farmnight": 1.0}


@dataclass(frozen=True, slots=True)
class Plan:
    """What a training run is asked to do."""

    data: Path
    start: Path
    run_folder: Path
    budget_minutes: float
    extra: tuple[Path, ...] = ()
    extra_share: float = 0.35
    batch: int = 16
    rate: float = 4e-4
    anneal: bool = True
    freeze_early: bool = False
    seed: int = 1
    threads: int = 2
    weights: dict[str, float] = field(default_factory=lambda: dict(SOURCE_WEIGHTS))


def train(plan: Plan) -> Path:
    """Train until the budget is used up; returns the last checkpoint. Resumes when `run_folder` holds one."""
    torch.set_num_threads(plan.threads)
    torch.manual_seed(plan.seed)
    plan.run_folder.mkdir(parents=True, exist_ok=True)
    network = from_onnx(plan.start)
    average = copy.deepcopy(network)
    optimiser = _optimiser(network, plan.rate)
    checkpoint = plan.run_folder / "last.pt"
    step = _resume(checkpoint, network, average, optimiser)
    network.to(memory_format=torch.channels_last)
    if plan.freeze_early:
        for layers in network.early():
            layers.requires_grad_(False)
    pictures, shares = _pictures(plan)
    samples = Samples(pictures, shares, (plan.seed, step), (INPUT_WIDTH_PX, INPUT_HEIGHT_PX))
    loader = torch.utils.data.DataLoader(samples, plan.batch, num_workers=1, collate_fn=list, prefetch_factor=4)
    cells = Cells.of(INPUT_WIDTH_PX, INPUT_HEIGHT_PX)
    line, started_s, saved_s, seen = ProgressLine("train"), time.monotonic(), time.monotonic(), 0
    losses: list[dict[str, float]] = []
    for samples_of_batch in loader:
        used = (time.monotonic() - started_s) / (60 * plan.budget_minutes)
        if used >= 1:
            break
        _set_rate(optimiser, plan, step, used)
        losses = [*losses[-99:], _step(network, optimiser, samples_of_batch, cells)]
        _follow(average, network, min(AVERAGE_DECAY, (1 + step) / (10 + step)))
        step, seen = step + 1, seen + len(samples_of_batch)
        mean = {key: float(np.mean([part[key] for part in losses])) for key in losses[0]}
        rate_per_s = seen / (time.monotonic() - started_s)
        line.show(used, f"step {step} {mean['box']:.3f} box {mean['score']:.3f} score {rate_per_s:.1f} pictures/s")
        if time.monotonic() - saved_s > 180:
            _save(checkpoint, network, average, optimiser, step)
            saved_s = time.monotonic()
    line.close()
    _save(checkpoint, network, average, optimiser, step)
    return checkpoint


def _pictures(plan: Plan) -> tuple[list[Picture], Any]:
    """Training pictures with their probabilities; rendered ones together take `extra_share`."""
    real = [without_fog(p) for p in taught(read_sources(plan.data, "train"), plan.start, plan.run_folder)]
    shares = source_shares(real, plan.weights)
    rendered = [picture for folder in plan.extra for picture in read_folder(folder)]
    if rendered:
        shares = shares * (1 - plan.extra_share)
        shares = np.concatenate((shares, np.full(len(rendered), plan.extra_share / len(rendered))))
    return [*real, *rendered], shares / shares.sum()


def _optimiser(network: Detector, rate: float) -> torch.optim.Optimizer:
    fresh = [p for head in network.heads for p in head.class_out.parameters()]  # type: ignore[union-attr]
    known = {id(p) for p in fresh}
    rest = [p for p in network.parameters() if id(p) not in known]
    groups = [{"params": rest, "share": 1.0}, {"params": fresh, "share": FRESH_LAYER_RATE}]
    return torch.optim.AdamW(groups, lr=rate, weight_decay=1e-4)


def _set_rate(optimiser: torch.optim.Optimizer, plan: Plan, step: int, used: float) -> None:
    """Warm up over the first steps, then fall along a half cosine of the budget (or stay, without `anneal`)."""
    level = LAST_RATE_SHARE + (1 - LAST_RATE_SHARE) * 0.5 * (1 + math.cos(math.pi * used)) if plan.anneal else 1.0
    for group in optimiser.param_groups:
        group["lr"] = plan.rate * group["share"] * level * min(1.0, (step + 1) / WARMUP_STEPS)


def _step(network: Detector, optimiser: torch.optim.Optimizer, samples: list[Sample], cells: Cells) -> dict[str, float]:
    """One update; returns the parts of the loss."""
    images, targets = to_batch(samples)
    raw, scores = network(images.to(memory_format=torch.channels_last))
    loss, parts = detection_loss(raw, scores, targets, cells)
    optimiser.zero_grad(set_to_none=True)
    loss.backward()  # type: ignore[no-untyped-call]
    nn.utils.clip_grad_norm_(network.parameters(), 10.0)
    optimiser.step()
    return parts


def to_batch(samples: list[Sample]) -> tuple[Tensor, Targets]:
    """Stack samples: images `[batch, 1, h, w]` float 0..255, and their targets."""
    images = torch.from_numpy(np.stack([sample.image for sample in samples])[:, None]).float()
    return images, Targets(
        boxes=[torch.from_numpy(sample.boxes) for sample in samples],
        classes=[torch.from_numpy(sample.classes) for sample in samples],
        known=torch.from_numpy(np.stack([sample.known for sample in samples])),
    )


@torch.no_grad()
def _follow(average: Detector, network: Detector, decay: float) -> None:
    for slow, fast in zip(average.parameters(), network.parameters(), strict=True):
        slow.lerp_(fast, 1 - decay)


def _save(path: Path, network: Detector, average: Detector, optimiser: torch.optim.Optimizer, step: int) -> None:
    """Write a checkpoint beside the old one, then replace it, so that a kill leaves a whole file."""
    state = {
        "network": network.state_dict(),
        "average": average.state_dict(),
        "optimiser": optimiser.state_dict(),
        "step": step,
    }
    temporary = path.with_suffix(".new")
    torch.save(state, temporary)
    temporary.replace(path)


def _resume(path: Path, network: Detector, average: Detector, optimiser: torch.optim.Optimizer) -> int:
    """Load a checkpoint when there is one; returns its step."""
    if not path.exists():
        return 0
    state = torch.load(path, weights_only=True)
    network.load_state_dict(state["network"])
    average.load_state_dict(state["average"])
    optimiser.load_state_dict(state["optimiser"])
    return int(state["step"])


def load_average(path: Path) -> Detector:
    """The averaged network of a checkpoint, ready to be used; `FileNotFoundError` when there is none."""
    network = Detector()
    network.load_state_dict(torch.load(path, weights_only=True)["average"])
    return network.eval()
