"""Bakes `baked/bodies.npz` from Anny (Apache-2.0; MakeHuman's base mesh and shapes, CC0), once, at a maintainer's desk:

    pip install anny fast-simplification;  python -m simulator.people.bake

Needs PyTorch, takes about three minutes at first (Anny unpacks its shapes) and then seconds. Nothing of it runs on
a pole or in a simulation: those load the small file that comes out.
"""

import importlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulator.optics import F64
from simulator.people.body import BAKED, JOINTS, Joint
from simulator.people.regions import regions_of
from simulator.solid import F32

I64 = NDArray[np.int64]
_VERTICES = 2000
_CURL_RAD = 0.42
_DETAIL = {
    Joint.HEAD: 0.42, Joint.HAND_L: 0.33, Joint.HAND_R: 0.33, Joint.FOOT_L: 0.6, Joint.FOOT_R: 0.6,
    Joint.TOES_L: 0.25, Joint.TOES_R: 0.25,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Shape:
    """A body in Anny's own words, each 0..1; `gender` 0 is male, `age` 2/3 is grown up, 1 is old."""

    name: str
    gender: float
    age: float
    height: float
    weight: float
    muscle: float
    proportions: float = 0.5


_SHAPES = (
    _Shape("man", 0.0, 0.67, 0.36, 0.50, 0.50),
    _Shape("man-heavy", 0.0, 0.78, 0.36, 0.95, 0.45),
    _Shape("man-tall", 0.05, 0.66, 0.50, 0.40, 0.45),
    _Shape("man-strong", 0.0, 0.68, 0.42, 0.65, 0.95),
    _Shape("man-thin", 0.1, 0.64, 0.38, 0.15, 0.35),
    _Shape("man-old", 0.05, 0.97, 0.33, 0.60, 0.35),
    _Shape("woman", 1.0, 0.67, 0.40, 0.50, 0.45),
    _Shape("woman-heavy", 1.0, 0.78, 0.38, 0.92, 0.45),
    _Shape("woman-tall", 0.95, 0.64, 0.52, 0.30, 0.45, 0.8),
    _Shape("woman-old", 1.0, 0.97, 0.33, 0.60, 0.35),
    _Shape("teen-boy", 0.1, 0.50, 0.38, 0.35, 0.45),
    _Shape("teen-girl", 0.9, 0.50, 0.38, 0.40, 0.45),
    _Shape("child", 0.4, 0.33, 0.42, 0.45, 0.45),
    _Shape("child-small", 0.6, 0.22, 0.42, 0.50, 0.45),
)

# The bone of Anny's default rig whose head is the joint.
_HEADS = {
    Joint.PELVIS: "root", Joint.SPINE: "spine04", Joint.CHEST: "spine02", Joint.NECK: "neck01", Joint.HEAD: "head",
    Joint.CLAVICLE_L: "clavicle.L", Joint.ARM_L: "upperarm01.L", Joint.FOREARM_L: "lowerarm01.L",
    Joint.HAND_L: "wrist.L", Joint.CLAVICLE_R: "clavicle.R", Joint.ARM_R: "upperarm01.R",
    Joint.FOREARM_R: "lowerarm01.R", Joint.HAND_R: "wrist.R", Joint.THIGH_L: "upperleg01.L",
    Joint.SHIN_L: "lowerleg01.L", Joint.FOOT_L: "foot.L", Joint.TOES_L: "toe3-1.L", Joint.THIGH_R: "upperleg01.R",
    Joint.SHIN_R: "lowerleg01.R", Joint.FOOT_R: "foot.R", Joint.TOES_R: "toe3-1.R",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Raw:
    """Anny's body: vertices [n, 3], joints' heads [bones, 3]; own axes: x ahead, y to the left, z up, soles at 0."""

    vertices_m: F64
    heads_m: F64


def main() -> None:
    """Bake all shapes and say how large the file is."""
    anny: Any = importlib.import_module("anny")
    model = anny.create_fullbody_model()
    labels = [str(label) for label in model.bone_labels]
    parents = [int(parent) for parent in model.bone_parents]
    weights = _dense(np.asarray(model.vertex_bone_indices), np.asarray(model.vertex_bone_weights), len(labels))
    raws = [_raw(model, shape, labels, parents, weights) for shape in _SHAPES]
    triangles = _without_tongue(np.asarray(model.get_triangular_faces(), dtype=np.int64), len(raws[0].vertices_m))
    owner = np.array([_owner(bone, labels, parents) for bone in range(len(labels))])
    reduced = np.zeros((len(weights), len(JOINTS)))
    for bone, joint in enumerate(owner):
        reduced[:, joint] += weights[:, bone]
    coarse, corners, shares = _decimated(_shrunk(raws[0].vertices_m, _joints(raws[0], labels), reduced), triangles)
    joints = np.stack([_joints(raw, labels) for raw in raws])
    mesh = _Mesh(
        np.stack([(raw.vertices_m[corners] * shares[..., None]).sum(axis=1) for raw in raws]),
        (reduced[corners] * shares[..., None]).sum(axis=1),
        coarse,
    )
    for seam in range(len(_borders(mesh, joints))):
        mesh = _cut(mesh, _borders(mesh, joints)[seam])
    numbers, bytes_ = _quantised(mesh.weights)
    vertices = mesh.vertices_m
    low, high = vertices.min(), vertices.max()
    np.savez_compressed(
        BAKED,
        names=np.array([shape.name for shape in _SHAPES]),
        vertices=np.round((vertices - low) / (high - low) * 65535).astype(np.uint16),
        scale=np.array([low, high], dtype=np.float32),
        joints=joints.astype(np.float32),
        triangles=mesh.triangles.astype(np.uint16),
        bones=numbers,
        weights=bytes_,
    )
    heights = ", ".join(f"{s.name} {v[:, 2].max():.2f}" for s, v in zip(_SHAPES, vertices, strict=True))
    print(f"{BAKED.name}: {Path(BAKED).stat().st_size} bytes, {vertices.shape[1]} vertices; {heights}")  # noqa: T201


def _raw(model: Any, shape: _Shape, labels: list[str], parents: list[int], weights: F64) -> _Raw:
    words = {
        "gender": shape.gender, "age": shape.age, "height": shape.height, "weight": shape.weight,
        "muscle": shape.muscle, "proportions": shape.proportions,
    }  # fmt: skip
    out = model(phenotype_kwargs=words)
    vertices, heads, tails = (
        np.asarray(out[key][0], dtype=np.float64) for key in ("rest_vertices", "rest_bone_heads", "rest_bone_tails")
    )
    vertices = _fists(vertices, (heads, tails), labels, parents, weights)

    def own(points: F64) -> F64:
        turned = np.stack([-points[:, 1], points[:, 0], points[:, 2]], axis=1)
        return np.asarray(turned - np.array([-heads[labels.index("root"), 1], 0.0, vertices[:, 2].min()]))

    return _Raw(own(vertices), own(heads))


def _fists(
    vertices_m: F64, bones_m: tuple[F64, F64], labels: list[str], parents: list[int], weights: F64
) -> F64:  # fmt: skip
    """Bends the fingers to a loosely closed hand: each joint by the same angle, about the hand's own width."""
    heads, tails = bones_m
    turns, shifts = np.tile(np.eye(3), (len(labels), 1, 1)), np.zeros((len(labels), 3))
    for bone, label in enumerate(labels):
        if parents[bone] < 0:
            continue
        turns[bone], shifts[bone] = turns[parents[bone]], shifts[parents[bone]]
        if not label.startswith("finger") or label.startswith("finger1"):
            continue
        side = label[-1]
        index, little = (heads[labels.index(f"finger{k}-1.{side}")] for k in (2, 5))
        thumb, tip = (tails[labels.index(f"finger{k}-3.{side}")] for k in (1, 3))
        axis = (little - index) / np.linalg.norm(little - index)
        knuckle = heads[labels.index(f"finger3-1.{side}")]
        sign = np.sign(np.cross(axis, tip - knuckle) @ (thumb - tip))
        own = _about(axis, float(sign) * _CURL_RAD)
        turns[bone] = turns[bone] @ own
        shifts[bone] = shifts[bone] + turns[parents[bone]] @ (heads[bone] - own @ heads[bone])
    moved = np.einsum("bij,nj->nbi", turns, vertices_m) + shifts
    return np.asarray((moved * weights[..., None]).sum(axis=1))


def _about(axis: F64, angle_rad: float) -> F64:
    """Rotation about a unit axis (Rodrigues)."""
    x, y, z = axis
    cross = np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])
    return np.asarray(np.eye(3) + np.sin(angle_rad) * cross + (1 - np.cos(angle_rad)) * cross @ cross)


def _dense(numbers: I64, weights: F64, bones: int) -> F64:
    dense = np.zeros((len(numbers), bones))
    for column in range(numbers.shape[1]):
        np.add.at(dense, (np.arange(len(numbers)), numbers[:, column]), weights[:, column])
    return np.asarray(dense / dense.sum(axis=1, keepdims=True))


def _owner(bone: int, labels: list[str], parents: list[int]) -> int:
    """The joint that a bone moves with: the nearest one up the tree."""
    names = {label: int(joint) for joint, label in _HEADS.items()}
    toes = [label for label in labels if label.startswith("toe")]
    names.update({label: int(Joint.TOES_L if label.endswith("L") else Joint.TOES_R) for label in toes})
    while labels[bone] not in names:
        bone = parents[bone]
    return names[labels[bone]]


def _joints(raw: _Raw, labels: list[str]) -> F64:
    heads = np.stack([raw.heads_m[labels.index(_HEADS[joint])] for joint in JOINTS])
    for foot, toes, side in ((Joint.FOOT_L, Joint.TOES_L, "L"), (Joint.FOOT_R, Joint.TOES_R, "R")):
        balls = [raw.heads_m[labels.index(f"toe{k}-1.{side}")] for k in (1, 2, 3, 4)]
        heads[toes] = np.mean(balls, axis=0)
        heads[foot] = raw.heads_m[labels.index(f"foot.{side}")]
    return np.asarray(heads)


def _without_tongue(triangles: I64, count: int) -> I64:
    """Drops small loose parts except the eyes (two of equal size)."""
    part = np.arange(count)
    while True:
        least = part.copy()
        np.minimum.at(least, triangles.ravel(), np.repeat(part[triangles].min(axis=1), 3))
        least = least[least]
        if (least == part).all():
            break
        part = least
    names, counts = np.unique(part[np.unique(triangles)], return_counts=True)
    dropped = [name for name, size in zip(names, counts, strict=True) if 100 < size < 1000]
    return np.asarray(triangles[~np.isin(part[triangles[:, 0]], dropped)])


def _shrunk(vertices_m: F64, joints_m: F64, weights: F64) -> F64:
    """The body with small extremities, so that decimation spends its triangles where clothes will hang."""
    scale = np.ones(len(JOINTS))
    for joint, share in _DETAIL.items():
        scale[joint] = share
    moved = joints_m + scale[:, None] * (vertices_m[:, None] - joints_m)
    return np.asarray((moved * weights[..., None]).sum(axis=1))


def _decimated(vertices_m: F64, triangles: I64) -> tuple[I64, I64, F64]:
    """Coarse triangles, and for each coarse vertex three fine ones [n, 3] with their shares [n, 3]."""
    simplify: Any = importlib.import_module("fast_simplification").simplify
    used, inverse = np.unique(triangles, return_inverse=True)
    fine = inverse.reshape(-1, 3)
    points, faces = simplify(
        vertices_m[used].astype(np.float32), fine.astype(np.int32), target_reduction=1 - _VERTICES / len(used), agg=3
    )
    keep, again = np.unique(faces, return_inverse=True)
    corners, shares = _nearest(np.asarray(points, dtype=np.float64)[keep], vertices_m, triangles)
    return np.asarray(again.reshape(-1, 3), dtype=np.int64), corners, shares


def _nearest(points_m: F64, vertices_m: F64, triangles: I64) -> tuple[I64, F64]:
    """Where points lie on a mesh: the corners of a triangle near by, and barycentric shares (cut to the triangle)."""
    middles = vertices_m[triangles].mean(axis=1)
    corners, shares = np.zeros((len(points_m), 3), dtype=np.int64), np.zeros((len(points_m), 3))
    for number, point in enumerate(points_m):
        near = triangles[np.argsort(((middles - point) ** 2).sum(axis=1))[:24]]
        a, ab, ac = (
            vertices_m[near[:, 0]], vertices_m[near[:, 1]] - vertices_m[near[:, 0]],
            vertices_m[near[:, 2]] - vertices_m[near[:, 0]],
        )  # fmt: skip
        ap = point - a
        d00, d01, d11 = (ab * ab).sum(1), (ab * ac).sum(1), (ac * ac).sum(1)
        d20, d21 = (ap * ab).sum(1), (ap * ac).sum(1)
        scale = np.maximum(d00 * d11 - d01 * d01, 1e-18)
        v, w = (d11 * d20 - d01 * d21) / scale, (d00 * d21 - d01 * d20) / scale
        share = np.maximum(np.stack([1 - v - w, v, w], axis=1), 0.0)
        share /= share.sum(axis=1, keepdims=True)
        off = np.asarray((vertices_m[near] * share[..., None]).sum(axis=1) - point)
        best = int(np.argmin((off**2).sum(axis=1)))
        corners[number], shares[number] = near[best], share[best]
    return corners, shares


@dataclass(frozen=True, slots=True)
class _Mesh:
    """All shapes' vertices [k, n, 3] with common skin weights [n, 21] and triangles [m, 3]."""

    vertices_m: F64
    weights: F64
    triangles: I64


def _borders(mesh: _Mesh, joints_m: F64) -> tuple[F32, ...]:
    kinds = (mesh.vertices_m[0], joints_m[0], mesh.weights)
    return regions_of(*(kind.astype(np.float32) for kind in kinds)).borders


def _cut(mesh: _Mesh, field: F32) -> _Mesh:
    """The mesh with new vertices where a field [n] is zero, so that no triangle has both signs. Vertices that are
    nearly on the border stay uncut, or slivers would come."""
    above = field > 0
    faces: list[list[int]] = []
    made: dict[tuple[int, int], int] = {}
    ends: list[tuple[int, int, float]] = []

    def crossing(a: int, b: int) -> int:
        low, high = min(a, b), max(a, b)
        if (low, high) not in made:
            share = float(field[low] / (field[low] - field[high]))
            made[low, high] = len(field) + len(ends)
            ends.append((low, high, min(0.9, max(0.1, share))))
        return made[low, high]

    for face in mesh.triangles.tolist():
        signs = [bool(above[corner]) for corner in face]
        if sum(signs) in (0, 3):
            faces.append(face)
            continue
        alone = signs.index(True) if sum(signs) == 1 else signs.index(False)
        a, b, c = (face[(alone + k) % 3] for k in range(3))
        ab, ac = crossing(a, b), crossing(a, c)
        faces += [[a, ab, ac], [ab, b, c], [ab, c, ac]]
    if not ends:
        return mesh
    first, second = np.array([end[0] for end in ends]), np.array([end[1] for end in ends])
    share = np.array([end[2] for end in ends])[:, None]
    between = mesh.vertices_m[:, first] + share * (mesh.vertices_m[:, second] - mesh.vertices_m[:, first])
    weights = mesh.weights[first] + share * (mesh.weights[second] - mesh.weights[first])
    return _Mesh(
        np.concatenate([mesh.vertices_m, between], axis=1), np.concatenate([mesh.weights, weights]), np.array(faces)
    )  # fmt: skip


def _quantised(weights: F64) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """The four strongest joints of each vertex, and their shares of 255."""
    order = np.argsort(-weights, axis=1)[:, :4]
    strong = np.take_along_axis(weights, order, axis=1)
    shares = np.round(strong / strong.sum(axis=1, keepdims=True) * 255).astype(np.int64)
    shares[:, 0] += 255 - shares.sum(axis=1)
    return order.astype(np.uint8), shares.astype(np.uint8)


if __name__ == "__main__":
    main()
