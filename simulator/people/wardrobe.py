"""What somebody wears: drawn once from a role's seed and guise, with albedos as near-infrared sees them.

At 850 nm most dyes are clear: synthetic jackets look bright even where daylight shows them black (89 % of torsos in
real infrared night video are brighter than the ground beside them). Cotton trousers and hair stay dark; faces are a
flat, rather bright grey.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from simulator.people.manner import manner_of
from simulator.play import Role

_STREAM = 72
_CAP, _BEANIE, _HOOD, _LONG = 0.12, 0.30, 0.52, 0.72


@dataclass(frozen=True, slots=True)
class Wardrobe:
    """Albedos of the garments, how far the jacket stands off the body, where its hem is (a share of the height), and
    what else is worn. `skirt_hem`: of a skirt or long coat, 0 without; `coat`: it is of the jacket's cloth.
    `second` is a factor on the albedo of the sleeves, or (`yoke`) of what is above the chest."""

    jacket: float
    jacket_m: float
    hem: float
    trousers: float
    trousers_m: float
    shoes: float
    skin: float
    hair: float
    hat: float
    head: str
    skirt_hem: float
    coat: bool
    gloves: float | None
    backpack: float | None
    vest: bool
    stripes: bool
    second: float
    yoke: bool


def wardrobe_of(role: Role) -> Wardrobe:
    """The same for the same seed and guise; cached."""
    return _wardrobe(role.seed, role.guise, manner_of(role).body)


@lru_cache(maxsize=1024)
def _wardrobe(seed: int, guise: str, body: str) -> Wardrobe:
    rng = np.random.default_rng([seed, _STREAM])
    woman = body.startswith("woman") or body.endswith("girl")
    bright = rng.random() < 0.87
    jacket = float(rng.uniform(0.24, 0.66) if bright else rng.uniform(0.06, 0.20))
    trousers = float(rng.uniform(0.08, 0.26) if rng.random() < 0.7 else rng.uniform(0.28, 0.6))
    skirt_hem, coat = _skirt(rng, woman, guise)
    head = _head(rng, woman, guise)
    guard = guise == "guard"
    vest = guise == "vest" or (guard and bool(rng.random() < 0.5))
    return Wardrobe(
        jacket=float(rng.uniform(0.12, 0.45)) if guard else jacket,
        jacket_m=float(rng.choice([0.010, 0.018, 0.028, 0.042], p=[0.15, 0.3, 0.35, 0.2])),
        hem=float(rng.uniform(0.42, 0.48)),
        trousers=trousers,
        trousers_m=float(rng.uniform(0.008, 0.026)),
        shoes=float(rng.choice([0.06, 0.12, 0.3, 0.55])),
        skin=float(rng.uniform(0.42, 0.60)),
        hair=float(rng.uniform(0.06, 0.20)) if not body.endswith("old") else float(rng.uniform(0.2, 0.5)),
        hat=float(rng.uniform(0.15, 0.7)),
        head=head,
        skirt_hem=skirt_hem,
        coat=coat,
        gloves=float(rng.uniform(0.08, 0.5)) if rng.random() < 0.35 else None,
        backpack=float(rng.uniform(0.1, 0.6)) if not vest and rng.random() < 0.17 else None,
        vest=vest,
        stripes=(guard and not vest) or bool(rng.random() < 0.10),
        second=min(float(rng.uniform(0.45, 1.5)), 0.88 / jacket) if rng.random() < 0.3 and guise != "hood" else 1.0,
        yoke=bool(rng.random() < 0.5),
    )


def _skirt(rng: np.random.Generator, woman: bool, guise: str) -> tuple[float, bool]:
    """Where its hem is (0: none), and whether it is a coat."""
    kind, hem = rng.random(), float(rng.uniform(0.24, 0.36))
    if guise in ("guard", "vest", "hood", "child"):
        return 0.0, False
    if kind < (0.22 if woman else 0.10):
        return hem, True
    return (hem, False) if woman and kind < 0.36 else (0.0, False)


def _head(rng: np.random.Generator, woman: bool, guise: str) -> str:
    """`cap`, `beanie`, `hood`, `long` or `short` hair, or `bald`."""
    kind = rng.random()
    if guise == "hood":
        return "hood"
    if guise == "guard":
        return "cap" if kind < 0.6 else "short"
    for least, name in ((_CAP, "cap"), (_BEANIE, "beanie"), (_HOOD, "hood")):
        if kind < least:
            return name
    if woman:
        return "long" if kind < 0.85 else "short"
    return "bald" if kind > 0.93 else "short"
