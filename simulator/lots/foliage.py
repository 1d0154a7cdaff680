"""Leaves: hedges, trees, and branches that move in the wind. Foliage is bright in near-infrared (albedo 0.4-0.6)."""

from functools import lru_cache

import numpy as np

from simulator.lots.lot import Block, Lot
from simulator.lots.noise import Grain
from simulator.moment import Body, Kind
from simulator.optics import F64
from simulator.solid import Finish, Solid, joined
from simulator.vehicles.meshes import sheet, tube

LEAF = Finish(0.52, gloss=0.06, roughness=0.5)
GRASS = Finish(0.40, gloss=0.03, roughness=0.6)
NEEDLE = Finish(0.40, gloss=0.04, roughness=0.6)
CORE = Finish(0.20)
BARK = Finish(0.24)
SNOW = Finish(0.80, gloss=0.02, roughness=0.6)
_CALM_M_S = 3.0
_BRANCHES_FROM = 490  # numbers of bodies


def leaves(
    rng: np.random.Generator, places_m: F64, outward: F64, size_m: float, finish: Finish, snow: float = 0.0
) -> Solid:
    """A small quad at each place [n, 3], turned at random about its outward direction [n, 3]; with snow, those that
    face up may carry it."""
    count = len(places_m)
    normal = outward + 0.75 * rng.standard_normal((count, 3))
    normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-6)
    first = np.cross(normal, rng.standard_normal((count, 3)))
    first /= np.maximum(np.linalg.norm(first, axis=1, keepdims=True), 1e-6)
    second = np.cross(normal, first)
    long = size_m * rng.uniform(0.6, 1.3, (count, 1))
    wide = long * rng.uniform(0.45, 0.8, (count, 1))
    corners = np.stack([
        places_m - first * long, places_m - second * wide, places_m + first * long, places_m + second * wide,
    ], axis=1)  # fmt: skip
    vertices = corners.reshape(-1, 3).astype(np.float32)
    start = (np.arange(count, dtype=np.int32) * 4)[:, None]
    triangles = np.concatenate([start + [0, 1, 2], start + [0, 2, 3]], axis=1).reshape(-1, 3).astype(np.int32)
    soft = normal + outward
    soft /= np.maximum(np.linalg.norm(soft, axis=1, keepdims=True), 1e-6)
    shade = np.exp(rng.normal(-0.05, 0.28, count))
    white = (outward[:, 2] > 0.25) & (rng.random(count) < snow)
    shade = np.where(white, rng.uniform(0.85, 1.0, count), np.clip(shade, 0.35, 1.7))
    return Solid(
        vertices, np.repeat(soft, 4, axis=0).astype(np.float32), np.repeat(shade, 4).astype(np.float32), triangles,
        np.repeat(white.astype(np.uint8), 2), (finish, SNOW),
    )  # fmt: skip


def hedge(rng: np.random.Generator, block: Block, snow: float, density_m2: float) -> Solid:
    """A clipped bank of leaves: a dark core, leaves on its front, top, ends and back. Along its longer side."""
    (left, near), (right, far) = block.low_m, block.high_m
    turned = far - near > right - left
    long, thick = (far - near, right - left) if turned else (right - left, far - near)
    high = block.height_m
    grain = Grain.of(rng)
    core = _core(grain, (long, thick, high))
    faces = [
        (long * high, 0), (long * thick, 1), (thick * high * 2, 2), (long * high * 0.2, 3),
    ]  # fmt: skip
    places, outward = [], []
    for area, face in faces:
        count = int(area * density_m2)
        u, v = rng.uniform(0, 1, count), rng.uniform(0, 1, count)
        # a clipped edge is round: leaves near it lie lower
        if face == 1:
            spots = np.stack([u * long, v * thick, high - 0.16 * (2 * v - 1) ** 4 * high**0.5], axis=-1)
            out = np.stack([0 * u, (2 * v - 1) ** 3 * 0.7, 0 * u + 1], axis=-1)
        elif face == 2:
            end = rng.random(count) < 0.5
            spots = np.stack([np.where(end, 0.0, long), u * thick, v * high], axis=-1)
            out = np.stack([np.where(end, -1.0, 1.0), 0 * u, 0 * u], axis=-1)
        else:
            spots = np.stack([u * long, np.full(count, 0.0 if face == 0 else thick), v * high], axis=-1)
            out = np.stack([0 * u, np.full(count, -1.0 if face == 0 else 1.0), 0.5 * np.clip(v - 0.6, 0, 1)], axis=-1)
        lump = grain.at(spots[:, 0] + 7 * face, spots[:, 2] + 3 * spots[:, 1], 0.5)
        fine = grain.at(spots[:, 0] * 1.3, spots[:, 2] - spots[:, 1], 0.17)
        places.append(spots + out * (0.07 * lump + 0.04 * fine + rng.normal(0, 0.02, count))[:, None])
        outward.append(out)
    size = float(0.042 * np.sqrt(200.0 / density_m2))
    foliage = leaves(rng, np.concatenate(places), np.concatenate(outward), size, LEAF, snow)
    low = np.clip(0.45 + 0.55 * foliage.vertices_m[:, 2] / max(0.5 * high, 0.4), 0.45, 1.0)
    clump = 1 + 0.16 * grain.at(foliage.vertices_m[:, 0], foliage.vertices_m[:, 2], 0.9)
    foliage = Solid(
        foliage.vertices_m, foliage.normals, (foliage.shade * low * clump).astype(np.float32), foliage.triangles,
        foliage.finish, foliage.finishes,
    )  # fmt: skip
    whole = joined([core, foliage])
    if turned:
        turn = np.array([[0, -1, 0], [1, 0, 0], [0, 0, 1]], dtype=np.float32)
        return whole.placed(turn, (right, near, 0.0))
    return whole.placed(np.eye(3, dtype=np.float32), (left, near, 0.0))


def turf(rng: np.random.Generator, places_m: F64, snow: float) -> Solid:
    """Blades of grass at places [n, 2], single triangles that lean at random; fewer stand out of snow."""
    places = places_m[rng.random(len(places_m)) > 0.92 * snow]
    count = len(places)
    angle, lean = rng.uniform(0, 2 * np.pi, count), rng.uniform(0.0, 0.9, (count, 1))
    high, wide = rng.uniform(0.035, 0.10, (count, 1)), rng.uniform(0.004, 0.009, (count, 1))
    across = np.stack([np.cos(angle), np.sin(angle), 0 * angle], axis=-1)
    way = np.stack([-np.sin(angle), np.cos(angle), 0 * angle], axis=-1) * lean + [0.0, 0.0, 1.0]
    foot = np.concatenate([places, np.zeros((count, 1))], axis=1)
    corners = np.stack([foot - across * wide, foot + across * wide, foot + way * high], axis=1)
    normal = np.cross(across, way) * np.where(rng.random((count, 1)) < 0.5, 1, -1) + [0.0, 0.0, 0.9]
    normal /= np.linalg.norm(normal, axis=1, keepdims=True)
    shade = np.clip(np.exp(rng.normal(-0.1, 0.3, count)), 0.4, 1.6)
    return Solid(
        corners.reshape(-1, 3).astype(np.float32), np.repeat(normal, 3, axis=0).astype(np.float32),
        np.repeat(shade, 3).astype(np.float32), np.arange(3 * count, dtype=np.int32).reshape(-1, 3),
        np.zeros(count, dtype=np.uint8), (GRASS,),
    )  # fmt: skip


def _core(grain: Grain, size_m: tuple[float, float, float]) -> Solid:
    long, thick, high = size_m
    along = np.linspace(0.04, long - 0.04, max(3, int(long / 0.13)))
    inset = 0.05
    front = [(inset, high * share) for share in (0.85, 0.68, 0.5, 0.34, 0.17, 0.0)]
    profile = np.array([
        (thick - inset, 0.0), (thick - inset, 0.5 * high), (thick - 1.6 * inset, high - 0.12),
        (0.5 * thick, high - 0.05), (1.6 * inset, high - 0.10), *front,
    ])  # fmt: skip
    points = np.zeros((len(along), len(profile), 3))
    points[..., 0] = along[:, None]
    points[..., 1:] = profile
    lumps = grain.at(points[..., 0], points[..., 1] + 2 * points[..., 2], 0.5)
    lumps += 0.8 * grain.at(points[..., 0], points[..., 2] - points[..., 1], 0.13)
    points[..., 1] += 0.05 * lumps * (points[..., 2] > 0.05)
    points[..., 2] += 0.02 * lumps * (points[..., 2] > 0.2)
    shade = np.clip(0.9 + 0.55 * grain.at(points[..., 0], points[..., 2] + points[..., 1], 0.11), 0.15, 2.2)
    ends = [_closed(points[0][::-1]), _closed(points[-1])]
    return joined([sheet(points, CORE, shade), *ends])


def _closed(points_m: F64) -> Solid:
    fan = np.array([[0, i, i + 1] for i in range(1, len(points_m) - 1)], dtype=np.int32)
    return Solid.of(points_m.astype(np.float32), fan, CORE)


def tree(rng: np.random.Generator, block: Block, snow: float) -> Solid:
    """A broad-leaved tree: in leaf, or bare where snow lies and in some lots."""
    (left, near), (right, far) = block.low_m, block.high_m
    x, y, thick = (left + right) / 2, (near + far) / 2, (right - left) / 2
    bare = snow > 0.1 or rng.random() < 0.3
    crown_from = block.height_m * float(rng.uniform(0.30, 0.42))
    bend = rng.normal(0, 0.12, 2)
    trunk = np.array([
        (x, y, 0.0), (x + 0.3 * bend[0], y + 0.3 * bend[1], crown_from),
        (x + bend[0], y + bend[1], 0.75 * block.height_m),
    ])  # fmt: skip
    parts = [tube(trunk, [thick, 0.72 * thick, 0.3 * thick], BARK, 8)]
    tips = []
    for _ in range(int(rng.integers(6, 9))):
        start = trunk[1] + (trunk[2] - trunk[1]) * rng.uniform(0, 1)
        angle, lift = rng.uniform(0, 2 * np.pi), rng.uniform(0.4, 1.1)
        reach = block.height_m * float(rng.uniform(0.20, 0.32))
        way = np.array([np.cos(angle), np.sin(angle), lift])
        tip = start + reach * way / np.linalg.norm(way)
        parts.append(
            tube(np.stack([start, (start + tip) / 2 + [0, 0, 0.06], tip]), [0.35 * thick, 0.2 * thick, 0.02], BARK, 5)
        )
        tips += [tip, (start + 2 * tip) / 3 + rng.normal(0, 0.06 * block.height_m, 3)]
    if bare:
        parts += _twigs(rng, np.array(tips), trunk[1])
        return joined(parts)
    places, outward = [], []
    for tip in [*tips, trunk[2] + [0, 0, 0.05 * block.height_m]]:
        count = 190
        ball = rng.standard_normal((count, 3))
        ball /= np.linalg.norm(ball, axis=1, keepdims=True)
        radius = block.height_m * float(rng.uniform(0.09, 0.15))
        places.append(tip + ball * radius * rng.uniform(0.3, 1.05, (count, 1)) * [1.15, 1.15, 0.85])
        outward.append(ball)
    parts.append(leaves(rng, np.concatenate(places), np.concatenate(outward), 0.075, LEAF))
    return joined(parts)


def _twigs(rng: np.random.Generator, tips: F64, base: F64) -> list[Solid]:
    found = []
    for tip in tips:
        for _ in range(6):
            start = base + (tip - base) * rng.uniform(0.5, 1.0)
            way = (tip - base) / np.linalg.norm(tip - base) + rng.normal(0, 0.55, 3) + [0, 0, 0.3]
            end = start + way * float(rng.uniform(0.4, 0.9))
            found.append(
                tube(np.stack([start, (start + end) / 2 + rng.normal(0, 0.03, 3), end]), [0.018, 0.013, 0.005], BARK, 3)
            )
    return found


def conifer(rng: np.random.Generator, block: Block, snow: float) -> Solid:
    """A spruce: whorls of drooping boughs on a cone."""
    (left, near), (right, far) = block.low_m, block.high_m
    x, y = (left + right) / 2, (near + far) / 2
    high, foot = block.height_m, 0.25 * block.height_m**0.5
    count = int(850 * high)
    share = rng.uniform(0, 1, count) ** 0.75
    angle = rng.uniform(0, 2 * np.pi, count)
    whorl = 0.75 + 0.25 * np.cos(share * high * 9.0)
    deep = 1 - 0.55 * rng.random(count) ** 2
    radius = (1 - share) * 0.22 * high * deep * whorl * (1 + 0.12 * np.sin(angle * 7 + share * 40)) + 0.03
    up = foot + share * (high - foot) - 0.25 * radius
    way = np.stack([np.cos(angle), np.sin(angle), 0.35 + 0 * angle], axis=-1)
    places = np.stack([x + radius * np.cos(angle), y + radius * np.sin(angle), up], axis=-1)
    places += rng.normal(0, 0.03, places.shape)
    trunk = tube([(x, y, 0.0), (x, y, 0.9 * high)], [0.10, 0.02], BARK, 6)
    around = np.linspace(0, 2 * np.pi, 13)
    rows = np.linspace(0, 1, 6)
    cone = np.stack([
        x + np.outer(1 - rows, np.cos(around)) * 0.10 * high, y + np.outer(1 - rows, np.sin(around)) * 0.10 * high,
        np.broadcast_to((foot + rows * (high - foot))[:, None], (6, 13)),
    ], axis=-1)  # fmt: skip
    dark = sheet(cone[:, ::-1], CORE, np.full((6, 13), 0.6))
    return joined([trunk, dark, leaves(rng, places, way, 0.06, NEEDLE, 0.8 * snow)])


def swaying(lot: Lot, wind_m_s: float, t_s: float) -> tuple[Body, ...]:
    """Branches that hang into the picture from above and move in the wind: none in some lots, none below 3 m/s."""
    if wind_m_s < _CALM_M_S:
        return ()
    return tuple(
        Body(_BRANCHES_FROM + number, Kind.OTHER, branch.at(wind_m_s, t_s))
        for number, branch in enumerate(_branches(lot))
    )  # fmt: skip


class _Branch:
    """A branch that hangs from a point; it turns about it, its tip more than its base."""

    def __init__(self, rng: np.random.Generator, hinge_m: F64, towards: F64, long_m: float, near: bool) -> None:
        along = np.linspace(0.0, 1.0, 7)
        across = np.array([-towards[1], towards[0], 0.0])
        line = along[:, None] * long_m * towards
        line[:, 2] -= 0.25 * long_m * along**2
        line += across * (0.12 * long_m * np.sin(along * rng.uniform(1, 3)))[:, None]
        parts = [tube(line, np.linspace(0.016, 0.003, 7).tolist(), BARK, 4)]
        places, outward = [], []
        count, size = (26, 0.034) if near else (14, 0.05)  # more and finer leaves where each is seen
        for _ in range(12 if near else 8):
            share = float(rng.uniform(0.15, 1.0))
            start = np.array([np.interp(share, along, line[:, axis]) for axis in range(3)])
            end = start + rng.normal(0, 1, 3) * [0.16, 0.16, 0.09] * long_m + towards * 0.16 * long_m
            parts.append(tube(np.stack([start, (start + end) / 2, end]), 0.004, BARK, 3))
            spots = start + (end - start) * rng.uniform(0.1, 1.1, (count, 1)) + rng.normal(0, 0.035, (count, 3))
            places.append(spots)
            outward.append(np.broadcast_to([0.0, 0.0, 0.5], spots.shape))
        parts.append(leaves(rng, np.concatenate(places), np.concatenate(outward), size, LEAF))
        self._solid = joined(parts)
        self._hinge_m, self._across, self._long_m = hinge_m, across, long_m
        self._reach = np.clip(self._solid.vertices_m.astype(np.float64) @ towards / long_m, 0.0, 1.2)
        self._phase = rng.uniform(0, 2 * np.pi, 4)
        self._period_s = rng.uniform(1.1, 2.8, 3)

    def at(self, wind_m_s: float, t_s: float) -> Solid:
        """Its mesh at a time."""
        strength = min(wind_m_s / 12.0, 1.5)
        gust = 0.7 + 0.3 * np.sin(2 * np.pi * t_s / 7.3 + self._phase[3])
        turns = 2 * np.pi * t_s / self._period_s + self._phase[:3]
        side = strength * gust * (0.16 * np.sin(turns[0]) + 0.07 * np.sin(turns[1]))
        lift = strength * gust * (0.10 * np.sin(turns[2]) + 0.05)
        weight = (self._reach**1.5 * self._long_m)[:, None]
        flutter = 0.012 * strength * np.sin(2 * np.pi * t_s * 0.9 + 9 * self._solid.vertices_m)
        moved = self._solid.vertices_m + weight * (side * self._across + lift * np.array([0, 0, 1.0])) + flutter
        vertices = (moved + self._hinge_m).astype(np.float32)
        solid = self._solid
        return Solid(vertices, solid.normals, solid.shade, solid.triangles, solid.finish, solid.finishes)


@lru_cache(maxsize=8)
def _branches(lot: Lot) -> tuple[_Branch, ...]:
    rng = np.random.default_rng([lot.seed, 165])
    pose = lot.pose
    found = []
    for side in (-1.0, 1.0):
        if rng.random() < 0.45:
            continue
        for _ in range(int(rng.integers(1, 3))):
            away = float(rng.uniform(4.5, 8.0))
            angle = pose.azimuth_rad + side * (pose.horizontal_view_rad / 2 + float(rng.uniform(0.02, 0.10)))
            high = pose.height_m + away * float(np.tan(0.30 * pose.horizontal_view_rad - pose.tilt_rad))
            high = float(np.clip(high + rng.uniform(-0.4, 0.5), 2.6, 12.0))
            hinge = np.array([*pose.foot_m, 0.0]) + [away * np.sin(angle), away * np.cos(angle), high]
            inward = np.array([-side * np.cos(angle), side * np.sin(angle), float(rng.uniform(-0.5, 0.0))])
            inward[:2] += rng.normal(0, 0.3, 2)
            inward /= np.linalg.norm(inward)
            found.append(_Branch(rng, hinge, inward, float(rng.uniform(0.9, 1.8)), True))
    for block in lot.blocks:
        if block.name == "tree" and lot.snow_cover < 0.1:
            middle = np.array([(block.low_m[0] + block.high_m[0]) / 2, (block.low_m[1] + block.high_m[1]) / 2])
            for _ in range(2):
                angle = float(rng.uniform(-np.pi, 0))
                way = np.array([np.cos(angle), np.sin(angle), 0.1])
                hinge = np.array([*middle, 0.45 * block.height_m]) + 0.3 * way
                found.append(_Branch(rng, hinge, way / np.linalg.norm(way), 0.28 * block.height_m, False))
    return tuple(found[:6])
