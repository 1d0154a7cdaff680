"""One lot's training pictures, as bytes: the unit of work that is spread over cores and machines. Pure."""

from dataclasses import replace

import numpy as np

from firmware.messages import Grey
from simulator.conditions import CONDITIONS, Condition
from simulator.dataset.crowd import LENGTH_S, crowd
from simulator.dataset.still import BatchSpec, Still, jpeg
from simulator.director import movers
from simulator.groundtruth.witness import TruthObject
from simulator.lens.settings import random_settings
from simulator.lots.build import random_lot
from simulator.scene import Scene, Stage

PER_LOT = 12  # setting a lot up takes as long as a dozen pictures of it; people and what they do are new in each
_CLEAR_SHARE = 0.35  # the rest is spread evenly over all other conditions
_WILD_SHARE = 0.6  # lots, poles and lenses far beyond the usual; the rest is what a housing company puts up


def make_batch(spec: BatchSpec) -> tuple[Still, ...]:
    """Draw one lot's pictures. The same spec gives the same truth, and pictures within the renderer's tolerance."""
    rng = np.random.default_rng([spec.lot_seed, 108])
    condition = _condition(rng)
    wild = bool(rng.random() < _WILD_SHARE)
    lot = random_lot(spec.lot_seed, wild=wild, condition=condition)
    stills: list[Still] = []
    plays = [crowd(lot, turn) for turn in range(spec.count)]
    stage = Stage(lot, spec.size, spec.fidelity, movers(*plays))
    try:
        for turn, play in enumerate(plays):
            shot = np.random.default_rng([spec.lot_seed, 109, turn])
            light = _varied(condition, shot) if wild else condition
            scene = Scene(stage, play, light, random_settings(shot, wild=wild, condition=condition))
            t_s = float(shot.uniform(0.0, LENGTH_S * 0.6))
            picture, truth = scene.render(t_s), scene.truth(t_s)
            if shot.random() < 0.5:
                picture, truth = _mirrored(picture, truth)
            name = f"lot-{spec.lot_seed:06d}-{turn}.jpg"
            packed = jpeg(picture, int(shot.integers(45, 96)))
            stills.append(Still(name, f"lot-{spec.lot_seed:06d}", condition.name, spec.size, packed, truth))
    finally:
        stage.close()
    return tuple(stills)


def _condition(rng: np.random.Generator) -> Condition:
    if rng.random() < _CLEAR_SHARE:
        return CONDITIONS["clear"]
    names = [name for name in CONDITIONS if name != "clear"]
    return CONDITIONS[names[int(rng.integers(len(names)))]]


def _varied(condition: Condition, rng: np.random.Generator) -> Condition:
    """Sky, lamps and infrared spread far beyond the usual, so that a detector learns shapes and not a brightness."""
    strong = float(np.exp(rng.uniform(np.log(0.3), np.log(5.0))))
    return replace(
        condition,
        ambient=condition.ambient * strong,
        ambient_end=condition.ambient * strong,
        infrared=condition.infrared * float(rng.uniform(0.6, 1.4)),
        lamps=condition.lamps * float(rng.uniform(0.2, 1.5)),
    )


def _mirrored(picture: Grey, truth: tuple[TruthObject, ...]) -> tuple[Grey, tuple[TruthObject, ...]]:
    width_px = picture.shape[1]
    return np.ascontiguousarray(picture[:, ::-1]), tuple(thing.mirrored(width_px) for thing in truth)
