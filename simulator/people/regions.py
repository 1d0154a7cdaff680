"""Which part of the baked body is what: shared by all shapes, as their vertices correspond."""

from dataclasses import dataclass
from functools import cache

import numpy as np

from simulator.people.body import JOINTS, Joint, bodies
from simulator.solid import F32, I32

HEM = 0.505  # where the body's own jacket ends (a share of the height); a piece of its own hangs on below
COLLAR = 0.872
_HANDS = (Joint.HAND_L, Joint.HAND_R)
_FEET = (Joint.FOOT_L, Joint.FOOT_R, Joint.TOES_L, Joint.TOES_R)
_ARMS = (Joint.ARM_L, Joint.FOREARM_L, Joint.ARM_R, Joint.FOREARM_R)
_LEGS = (Joint.THIGH_L, Joint.SHIN_L, Joint.THIGH_R, Joint.SHIN_R)
_TORSO = (Joint.PELVIS, Joint.SPINE, Joint.CHEST, Joint.CLAVICLE_L, Joint.CLAVICLE_R)


@dataclass(frozen=True, slots=True)
class Regions:
    """Of vertices or triangles [n]: how much each belongs to each part (0..1, by its skin weights), `height` (0 soles
    .. 1 crown), and `face`, `scalp` and `crown`: metres within their borders (negative: outside)."""

    hands: F32
    feet: F32
    arms: F32
    legs: F32
    torso: F32
    neck: F32
    head: F32
    height: F32
    face: F32
    scalp: F32
    crown: F32

    @property
    def borders(self) -> tuple[F32, ...]:
        """Fields whose zeros are seams: the bake cuts the mesh along them, so that hems are straight."""
        on_head = self.head > 0.4
        below_arms = (self.arms < 0.3) & ~on_head & (self.hands < 0.1)
        collar = np.where((self.arms < 0.1) & (self.height > 0.8), self.height - COLLAR, -1.0)
        return (
            np.where(below_arms, self.height - HEM, 1.0).astype(np.float32), self.hands - np.float32(0.5),
            self.feet - np.float32(0.5), np.where(self.head > 0.05, -1.0, self.torso - 0.55).astype(np.float32),
            collar.astype(np.float32), np.where(on_head, self.face, 1.0).astype(np.float32),
            np.where(on_head, self.scalp, -1.0).astype(np.float32),
            np.where(on_head, self.crown, -1.0).astype(np.float32),
        )  # fmt: skip

    def of(self, triangles: I32) -> "Regions":
        """The same for triangles [m, 3]."""
        return Regions(*(getattr(self, name)[triangles].mean(axis=1) for name in self.__slots__))


def regions_of(rest_m: F32, joints_m: F32, dense: F32) -> Regions:
    """Of a body in rest, vertices [n, 3] with skin weights [n, 21]."""

    def part(which: tuple[Joint, ...]) -> F32:
        return np.asarray(dense[:, [int(joint) for joint in which]].sum(axis=1), dtype=np.float32)

    top = float(rest_m[:, 2].max())
    skull = joints_m[Joint.HEAD]
    ahead, high = rest_m[:, 0] - skull[0] - 0.022, rest_m[:, 2]
    # A face is ahead of the ears, below the hair and above the throat; hair grows above the brow and behind the ears.
    brow, chin, nape = top - 0.052, skull[2] - 0.10, skull[2] - 0.035
    face = np.minimum(ahead, np.minimum(brow - high, high - chin))
    scalp = np.maximum(high - brow, np.minimum(-0.004 - ahead, high - nape))
    return Regions(
        part(_HANDS), part(_FEET), part(_ARMS), part(_LEGS), part(_TORSO), part((Joint.NECK,)), part((Joint.HEAD,)),
        (high / top).astype(np.float32), face.astype(np.float32), scalp.astype(np.float32),
        (high - (top - 0.075) - 0.25 * np.minimum(ahead, 0.0)).astype(np.float32),
    )  # fmt: skip


@cache
def regions() -> Regions:
    """Of the baked bodies, from the first shape's geometry."""
    shapes = bodies()
    return regions_of(shapes.vertices_m[0], shapes.joints_m[0], dense())


@cache
def dense() -> F32:
    """The baked bodies' skin weights [n, 21]."""
    skin = bodies().skin
    weights = np.zeros((len(skin.joints), len(JOINTS)), dtype=np.float32)
    for column in range(skin.joints.shape[1]):
        np.add.at(weights, (np.arange(len(weights)), skin.joints[:, column]), skin.weights[:, column])
    return weights


@cache
def pairs() -> I32:
    """The baked bodies' edges [e, 2]."""
    corners = bodies().triangles
    edges = np.concatenate([corners[:, [0, 1]], corners[:, [1, 2]], corners[:, [2, 0]]])
    return np.asarray(np.unique(np.sort(edges, axis=1), axis=0), dtype=np.int32)


def smoothed(points_m: F32, edges: I32, share: F32, rounds: int) -> F32:
    """Laplacian smoothing of points [n, 3], each by its `share` [n] (0: it stays)."""
    count = len(points_m)
    a, b = edges[:, 0], edges[:, 1]
    degree = np.maximum(np.bincount(edges.ravel(), minlength=count), 1)[:, None]
    moved = points_m.astype(np.float64)
    for _ in range(rounds):
        near = np.empty_like(moved)
        for axis in range(3):
            near[:, axis] = np.bincount(a, moved[b, axis], minlength=count)
            near[:, axis] += np.bincount(b, moved[a, axis], minlength=count)
        moved += share[:, None] * (near / degree - moved)
    return moved.astype(np.float32)


def spread(values: F32, edges: I32, rounds: int) -> F32:
    """A value of each vertex, smoothed over its neighbours."""
    share = np.full(len(values), 0.6, dtype=np.float32)
    return smoothed(np.repeat(values[:, None], 3, axis=1), edges, share, rounds)[:, 0]
