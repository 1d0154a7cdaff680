"""Training on a CPU, within a budget of minutes, resumable at any step.

The learning rate follows the share of the budget that is used up, so a run on a slow or busy machine still ends
annealed. What is kept and shipped is the running average of the weights.
"""

# PyTorch and OpenCV are typed as Any where they are not installed (everywhere but at a maintainer's).
# mypy: disallow-untyped-decorators=False, warn-return-any=False, warn-unused-ignores=False
from __future__ import annotations

import copy
import dataclasses
import math
import time
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from firmware.errors import ModelError
from models import checkpoint
from models.canvas import Recipe, compose
from models.cells import Cells
from models.compose import Samples
from models.data import Picture, read_folder, read_sources, without_fog
from models.decoded import Stock
from models.loss import Targets, detection_loss
from models.network import Detector, published
from models.progress import ProgressLine
from models.sample import Sample
from models.shares import source_shares
from models.soft import told
from models.teacher import taught
from models.transplant import transplant

START, LAST = "start.pt", "last.pt"  # in the folder of a run
LAST_RATE_SHARE = 0.02
WARMUP_STEPS = 150
USUAL_WEIGHT = 0.07  # the median over all convolutions
AVERAGE_DECAY = 0.999
INT8_FROM = 0.8  # share of the budget after which training rounds as int8 does
MOST_ASKED = 8  # real canvases a step
FITTED_ON = 48  # pictures for the start by least squares


@dataclass(frozen=True, slots=True)
class Plan:
    """What a training run is asked to do."""

    data: Path
    start: Path
    run_folder: Path
    budget_minutes: float
    continue_from: Path | None = None
    extra: tuple[Path, ...] = ()
    extra_share: float = 0.4
    batch: int = 16
    rate: float = 5e-4
    size_px: tuple[int, int] = (512, 288)
    seed: int = 1
    threads: int = 2
    most_steps: int | None = None
    without: frozenset[str] = frozenset()


@dataclass(slots=True)
class _State:
    """Everything a checkpoint holds; `spent_s` counts towards the budget."""

    network: Detector
    average: Detector
    optimiser: torch.optim.Optimizer
    step: int = 0
    spent_s: float = 0.0


def train(plan: Plan) -> Path:
    """Train until the budget is used up; returns the last checkpoint. Resumes when `run_folder` holds one."""
    torch.set_num_threads(plan.threads)
    torch.manual_seed(plan.seed)
    plan.run_folder.mkdir(parents=True, exist_ok=True)
    last, network = plan.run_folder / LAST, earlier(plan)
    teacher = published(plan.start).to(memory_format=torch.channels_last)
    pictures, shares = _pictures(plan)
    state = begin(plan, _first(plan, teacher, pictures, shares) if network is None else network)
    _resume(last, state)
    asked = None if "soft" in plan.without else teacher
    cells = Cells.of(*plan.size_px)
    line, last_s, saved_s = ProgressLine("train"), time.monotonic(), time.monotonic()
    losses: deque[dict[str, float]] = deque(maxlen=100)
    paces: deque[float] = deque(maxlen=100)
    for batch in _batches(plan, state.step, pictures, shares):
        if (used := _used(plan, state)) >= 1:
            break
        set_rate(state.optimiser, plan, state.step, used)
        state.network.as_int8(on=used >= INT8_FROM)
        losses.append(_step(state, batch, cells, asked))
        _follow(state.average, state.network, min(AVERAGE_DECAY, (1 + state.step) / (10 + state.step)))
        now_s = time.monotonic()
        paces.append(now_s - last_s)
        state.step, state.spent_s, last_s = state.step + 1, state.spent_s + now_s - last_s, now_s
        means = " ".join(f"{key} {np.mean([part.get(key, 0.0) for part in losses]):.3f}" for key in losses[0])
        line.show(used, f"step {state.step} {means} {plan.batch / float(np.mean(paces)):.1f} pictures/s")
        if now_s - saved_s > 180:
            _save(last, state)
            saved_s = now_s
    line.close()
    _save(last, state)
    return last


def _batches(plan: Plan, step: int, pictures: list[Picture], shares: NDArray[np.float64]) -> Iterable[list[Sample]]:
    """Samples for ever, from `step` on, drawn by a process of their own."""
    recipe = Recipe(pasting="pasting" not in plan.without, look="look" not in plan.without)
    samples = Samples(pictures, shares, (plan.seed, step), plan.size_px, recipe)
    return torch.utils.data.DataLoader(samples, plan.batch, num_workers=1, collate_fn=list, prefetch_factor=4)


def _used(plan: Plan, state: _State) -> float:
    """The share of the budget that is used up, in minutes or in steps."""
    of_steps = 0.0 if plan.most_steps is None else state.step / plan.most_steps
    return max(state.spent_s / (60 * plan.budget_minutes), of_steps)


def earlier(plan: Plan) -> Detector | None:
    """The network that a run begins with where there is one already: this run's own start, or what another has learnt.

    A run that goes on begins with its own start whatever is asked for then: the pace of each layer follows from it.
    """
    own = plan.run_folder / START
    if plan.continue_from is not None and not (plan.run_folder / LAST).exists():
        network = checkpoint.load_average(plan.continue_from)
        checkpoint.write({"network": network.state_dict()}, own)
        return network
    return checkpoint.load(own, "network") if own.exists() else None


def _first(plan: Plan, teacher: Detector, pictures: list[Picture], shares: NDArray[np.float64]) -> Detector:
    """The published network turned into ours; kept in `run_folder`."""
    network = Detector()
    if "start" not in plan.without:
        rng, stock = np.random.default_rng((plan.seed, 5)), Stock(pictures, shares)
        images = np.stack([compose(stock, rng, plan.size_px).image for _ in range(FITTED_ON)])
        transplant(teacher, network, torch.from_numpy(images)[:, None].float())
        checkpoint.write({"network": network.state_dict()}, plan.run_folder / START)
    return network


def begin(plan: Plan, network: Detector) -> _State:
    """Before any step."""
    network.train().to(memory_format=torch.channels_last)
    average = copy.deepcopy(network)
    optimiser = torch.optim.AdamW(paced(network), lr=plan.rate, weight_decay=1e-4)
    return _State(network, average, optimiser)


def paced(network: Detector) -> list[dict[str, Any]]:
    """Parameters in groups with a `pace`, a factor on the rate of learning.

    Adam moves every weight by about the rate, and the weights of folded layers are of very different size. The stem's,
    which meet grey levels up to 255, are a fiftieth of the others': at their rate it would be lost within some steps.
    """
    groups: dict[float, list[Tensor]] = {}
    for values in network.parameters():
        usual = float(values.detach().abs().median()) / USUAL_WEIGHT
        groups.setdefault(1.0 if values.ndim == 1 else min(1.0, usual), []).append(values)
    return [{"params": values, "pace": pace} for pace, values in groups.items()]


def _pictures(plan: Plan) -> tuple[list[Picture], Any]:
    """Training pictures with their probabilities; rendered ones together take `extra_share`."""
    real = [without_fog(p) for p in taught(read_sources(plan.data, "train"), plan.start, plan.run_folder)]
    shares = source_shares(real)
    rendered = [picture for folder in plan.extra for picture in read_folder(folder)]
    if rendered:
        shares = shares * (1 - plan.extra_share)
        shares = np.concatenate((shares, np.full(len(rendered), plan.extra_share / len(rendered))))
    return [*real, *rendered], shares / shares.sum()


def set_rate(optimiser: torch.optim.Optimizer, plan: Plan, step: int, used: float) -> None:
    """Warm up over the first steps, then fall along a half cosine of the budget."""
    level = LAST_RATE_SHARE + (1 - LAST_RATE_SHARE) * 0.5 * (1 + math.cos(math.pi * used))
    for group in optimiser.param_groups:
        group["lr"] = group["pace"] * plan.rate * level * min(1.0, (step + 1) / WARMUP_STEPS)


def _step(state: _State, samples: list[Sample], cells: Cells, teacher: Detector | None) -> dict[str, float]:
    """One update; returns the parts of the loss."""
    images, targets = to_batch(samples)
    if teacher is not None:
        targets = _with_told(targets, samples, teacher, cells)
    raw, scores = state.network(images.to(memory_format=torch.channels_last))
    loss, parts = detection_loss(raw, scores, targets, cells)
    state.optimiser.zero_grad(set_to_none=True)
    loss.backward()  # type: ignore[no-untyped-call]
    nn.utils.clip_grad_norm_(state.network.parameters(), 10.0)
    state.optimiser.step()
    return parts


def _with_told(targets: Targets, samples: list[Sample], teacher: Detector, cells: Cells) -> Targets:
    """The same with what the teacher says of up to `MOST_ASKED` real canvases: it costs as much as it is asked."""
    clean = [(number, sample.clean) for number, sample in enumerate(samples) if sample.clean is not None][:MOST_ASKED]
    if not clean:
        return targets
    asked = [number for number, _ in clean]
    images = torch.from_numpy(np.stack([image for _, image in clean])[:, None]).float()
    return dataclasses.replace(targets, asked=asked, told=told(teacher, images, cells))


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


def _save(path: Path, state: _State) -> None:
    """Write a checkpoint."""
    kept = {
        "network": state.network.state_dict(),
        "average": state.average.state_dict(),
        "optimiser": state.optimiser.state_dict(),
        "step": state.step,
        "spent_s": state.spent_s,
    }
    checkpoint.write(kept, path)


def _resume(path: Path, state: _State) -> None:
    """Go on where a checkpoint stopped, when there is one."""
    if not path.exists():
        return
    kept = checkpoint.read(path)
    checkpoint.fill(state.network, kept, "network", path)
    checkpoint.fill(state.average, kept, "average", path)
    try:
        state.optimiser.load_state_dict(kept["optimiser"])
        state.step, state.spent_s = int(kept["step"]), float(kept["spent_s"])
    except (KeyError, ValueError) as error:
        raise ModelError(f"{path}: does not belong to the {path.with_name(START)} beside it: {error}") from error
