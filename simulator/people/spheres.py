"""Spheres that stand for a dressed body: measured once on its mesh in rest, carried by its joints."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from simulator.optics import F64
from simulator.people.body import Joint
from simulator.people.garments import Dressed
from simulator.people.rig import Posed

I64 = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Spheres:
    """Middles [k, 3] off the rest place of their joint [k], and radii [k] (metres)."""

    joint: I64
    off_m: F64
    radius_m: F64

    def placed(self, posed: Posed) -> F64:
        """Their middles in the world [n, k, 3]."""
        turned = np.einsum("nkab,kb->nka", posed.turns[:, self.joint], self.off_m)
        return np.asarray(posed.places_m[:, self.joint] + turned)


# Each joint's vertices are cut into so many groups (they are found by their places alone).
_COUNTS = {
    Joint.PELVIS: 6, Joint.SPINE: 4, Joint.CHEST: 8, Joint.NECK: 1, Joint.HEAD: 6, Joint.ARM_L: 3, Joint.FOREARM_L: 3,
    Joint.HAND_L: 2, Joint.ARM_R: 3, Joint.FOREARM_R: 3, Joint.HAND_R: 2, Joint.THIGH_L: 4, Joint.SHIN_L: 4,
    Joint.FOOT_L: 2, Joint.TOES_L: 1, Joint.THIGH_R: 4, Joint.SHIN_R: 4, Joint.FOOT_R: 2, Joint.TOES_R: 1,
}  # fmt: skip


def spheres_of(body: Dressed) -> Spheres:
    """The body's spheres; cached by the body's identity."""
    return _spheres(_Held(body))


class _Held:
    """A body as a key: the same object is the same body."""

    def __init__(self, body: Dressed) -> None:
        self.body = body

    def __hash__(self) -> int:
        return id(self.body)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Held) and other.body is self.body


@lru_cache(maxsize=256)
def _spheres(held: _Held) -> Spheres:
    body = held.body
    owner = np.argmax(body.weights, axis=0)
    joints, offs, radii = [], [], []
    for joint, count in _COUNTS.items():
        spots = body.rest_m[owner == joint].astype(np.float64)
        if len(spots) < 3:
            continue
        for middle, radius in grouped(spots, count):
            joints.append(int(joint))
            offs.append(middle - body.joints_m[joint])
            radii.append(radius)
    return Spheres(np.array(joints), np.stack(offs), np.array(radii))


def grouped(spots: F64, count: int) -> list[tuple[F64, float]]:
    """Middles and radii of groups of a part's surface [n, 3]: seeds far apart, then Lloyd's rounds; each sphere is then
    pushed in until it nowhere sticks out of the part."""
    core = spots.mean(axis=0)
    seeds = [spots[np.argmax(((spots - core) ** 2).sum(axis=1))]]
    while len(seeds) < min(count, len(spots)):
        far = np.min([((spots - seed) ** 2).sum(axis=1) for seed in seeds], axis=0)
        seeds.append(spots[np.argmax(far)])
    middles = np.stack(seeds)
    for _ in range(4):
        nearest = np.argmin(((spots[:, None] - middles) ** 2).sum(axis=2), axis=1)
        groups = [spots[nearest == number] for number in range(len(middles))]
        middles = np.stack([g.mean(axis=0) if len(g) else m for g, m in zip(groups, middles, strict=True)])
    reach = (spots @ _AROUND.T).max(axis=0)
    thin = float(((reach + (-spots @ _AROUND.T).max(axis=0)) / 2).min())
    return [_within(middle, own, reach, thin) for middle, own in zip(middles, groups, strict=True) if len(own)]


def _within(middle: F64, own: F64, reach: F64, thin_m: float) -> tuple[F64, float]:
    radius = min(float(np.median(np.linalg.norm(own - middle, axis=1))), thin_m)
    for _ in range(4):
        off = reach - (middle @ _AROUND.T + radius)
        worst = int(np.argmin(off))
        if off[worst] >= 0.0:
            break
        middle = middle + off[worst] * _AROUND[worst]
    # A sphere at a part's end reaches as far as the part.
    ends = (own @ _AROUND.T).max(axis=0)
    short = np.where(ends > reach - 0.01, reach - (middle @ _AROUND.T + radius), 0.0)
    farthest = int(np.argmax(short))
    return middle + short[farthest] * _AROUND[farthest], max(radius, 0.006)


def _directions() -> F64:
    grid = np.stack(np.meshgrid(*[np.array([-1.0, 0.0, 1.0])] * 3), axis=-1).reshape(-1, 3)
    grid = grid[np.abs(grid).sum(axis=1) > 0]
    return np.asarray(grid / np.linalg.norm(grid, axis=1, keepdims=True))


_AROUND = _directions()
