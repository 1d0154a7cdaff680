"""Who somebody is, as far as it shows in how they move: drawn once from a role's seed."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from simulator.optics import F64
from simulator.people.body import bodies
from simulator.play import Role

_STREAM = 71
_GROWN = (
    "man", "man", "man-heavy", "man-tall", "man-strong", "man-thin", "woman", "woman", "woman-heavy", "woman-tall",
    "teen-boy", "teen-girl",
)  # fmt: skip
_BY_GUISE = {
    "child": ("child", "child", "child-small"),
    "old": ("man-old", "woman-old"),
    "guard": ("man", "man-tall", "man-strong", "man-heavy", "woman", "woman-tall"),
    "hood": ("man", "man-thin", "man-tall", "teen-boy", "teen-girl", "woman"),
}


@dataclass(frozen=True, slots=True)
class Manner:
    """`body` and `scale`: which baked shape and how much larger. `girth` widens it. `tempo` is how briskly they act,
    `clumsy` (0..1) how unsteadily, `phase` (0..1) sets them apart from others; `stoop` bends the back (rad)."""

    seed: int
    body: str
    scale: float
    girth: float
    tempo: float
    clumsy: float
    phase: float
    left_handed: bool
    stoop: float

    @property
    def height_m(self) -> float:
        """Without shoes and hats."""
        shapes = bodies()
        return float(shapes.vertices_m[shapes.number(self.body), :, 2].max()) * self.scale

    def pick(self, number: int, count: int) -> int:
        """A choice among `count`, always the same for the same question `number`."""
        return int(np.random.default_rng([self.seed, _STREAM, number]).integers(count))

    def wander(self, t_s: F64, number: int, period_s: float) -> F64:
        """A slow wavering between -1 and 1 [n]: three sines whose periods never meet."""
        start = 2 * np.pi * np.random.default_rng([self.seed, _STREAM, 100 + number]).random(3)
        beat = 2 * np.pi * t_s / period_s * self.tempo
        waves = np.sin(beat + start[0]) + 0.7 * np.sin(2.17 * beat + start[1]) + 0.45 * np.sin(0.43 * beat + start[2])
        return np.asarray(waves / 2.15)


def manner_of(role: Role) -> Manner:
    """The same for the same seed and guise; cached."""
    return _manner(role.seed, role.guise)


@lru_cache(maxsize=1024)
def _manner(seed: int, guise: str) -> Manner:
    rng = np.random.default_rng([seed, _STREAM])
    names = _BY_GUISE.get(guise, _GROWN)
    name = names[int(rng.integers(len(names)))]
    old = name.endswith("old")
    child = name.startswith("child")
    heavy = name.endswith("heavy")
    return Manner(
        seed=seed,
        body=name,
        scale=float(np.clip(rng.normal(1.0, 0.03), 0.93, 1.07)),
        girth=float(rng.uniform(1.04, 1.2) if heavy else rng.uniform(0.98, 1.06)),
        tempo=float(rng.uniform(0.65, 0.85) if old else rng.uniform(0.85, 1.25)),
        clumsy=float(rng.uniform(0.4, 1.0) if old or child else rng.beta(1.5, 3.0)),
        phase=float(rng.random()),
        left_handed=bool(rng.random() < 0.15),
        stoop=float(rng.uniform(0.15, 0.35) if old else rng.uniform(0.0, 0.1)),
    )
