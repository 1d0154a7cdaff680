"""Which part of the baked body is what: shared by all shapes, as their vertices correspond."""

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from simulator.people.body import JOINTS, Joint, bodies
from simulator.solid import F32, I32

_HANDS = (Joint.HAND_L, Joint.HAND_R)
_FEET = (Joint.FOOT_L, Joint.FOOT_R, Joint.TOES_L, Joint.TOES_R)
_ARMS = (Joint.ARM_L, Joint.FOREARM_L, Joint.ARM_R, Joint.FOREARM_R)
_LEGS = (Joint.THIGH_L, Joint.SHIN_L, Joint.THIGH_R, Joint.SHIN_R)
_TORSO = (Joint.PELVIS, Joint.SPINE, Joint.CHEST, Joint.CLAVICLE_L, Joint.CLAVICLE_R)


@dataclass(frozen=True, slots=True)
class Regions:
    """How much each vertex belongs to each part [n] (0..1, by its skin weights), `height` [n] (0 soles .. 1 crown), and
    `face` [n]. `dense` [n, 21] are the skin's weights, `pairs` [e, 2] the edges."""

    dense: F32
    hands: F32
    feet: F32
    arms: F32
    legs: F32
    torso: F32
    neck: F32
    head: F32
    face: F32
    scalp: F32
    height: F32
    pairs: I32


@cache
def regions() -> Regions:
    """Of the baked bodies, from the first shape's geometry."""
    shapes = bodies()
    rest, joints = shapes.vertices_m[0], shapes.joints_m[0]
    dense = np.zeros((len(rest), len(JOINTS)), dtype=np.float32)
    for column in range(shapes.skin.joints.shape[1]):
        np.add.at(dense, (np.arange(len(rest)), shapes.skin.joints[:, column]), shapes.skin.weights[:, column])

    def part(which: tuple[Joint, ...]) -> F32:
        return np.asarray(dense[:, [int(joint) for joint in which]].sum(axis=1), dtype=np.float32)

    top = rest[:, 2].max()
    head = part((Joint.HEAD,))
    skull = joints[Joint.HEAD]
    brow, chin = top - 0.055, skull[2] - 0.075
    ahead = rest[:, 0] - skull[0] - 0.022
    face = (head > 0.3) & (ahead > 0.0) & (rest[:, 2] < brow) & (rest[:, 2] > chin - 0.03)
    low = skull[2] - 0.03
    scalp = (head > 0.5) & ~face & ((rest[:, 2] > brow) | ((ahead < -0.005) & (rest[:, 2] > low)))
    corners = shapes.triangles
    edges = np.concatenate([corners[:, [0, 1]], corners[:, [1, 2]], corners[:, [2, 0]]])
    return Regions(
        dense, part(_HANDS), part(_FEET), part(_ARMS), part(_LEGS), part(_TORSO), part((Joint.NECK,)), head,
        face.astype(np.float32), scalp.astype(np.float32), np.asarray(rest[:, 2] / top, dtype=np.float32),
        np.unique(np.sort(edges, axis=1), axis=0).astype(np.int32),
    )  # fmt: skip


def smoothed(points_m: F32, pairs: I32, share: F32, rounds: int) -> F32:
    """Laplacian smoothing of points [n, 3], each by its `share` [n] (0: it stays)."""
    count = len(points_m)
    a, b = pairs[:, 0], pairs[:, 1]
    degree = np.bincount(pairs.ravel(), minlength=count).astype(np.float32)
    moved = points_m.astype(np.float64)
    for _ in range(rounds):
        near = np.empty_like(moved)
        for axis in range(3):
            near[:, axis] = np.bincount(a, moved[b, axis], minlength=count) + np.bincount(
                b, moved[a, axis], minlength=count
            )
        moved += share[:, None] * (near / np.maximum(degree, 1.0)[:, None] - moved)
    return moved.astype(np.float32)


def spread(values: NDArray[np.float32], pairs: I32, rounds: int) -> F32:
    """A value of each vertex, smoothed over its neighbours."""
    return smoothed(np.repeat(values[:, None], 3, axis=1), pairs, np.full(len(values), 0.6, dtype=np.float32), rounds)[
        :, 0
    ]
