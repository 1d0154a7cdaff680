"""People onto the picture: rays against capsules, tested against the standing world's depth, and lit."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulator.backplate import SAMPLES
from simulator.body import Capsules
from simulator.light import beam
from simulator.lot import Lot
from simulator.optics import F32, F64, View, Window


@dataclass(frozen=True, slots=True)
class Patch:
    """A moving thing in its window: `cover` [h, w] 0..1, `luminance` [h, w] already weighted by `cover`."""

    window: Window
    cover: F32
    luminance: F32


@dataclass(frozen=True, slots=True)
class Hits:
    """Nearest capsule per ray [h, w]: depth (inf: none), which capsule, unit normal [h, w, 3]."""

    depth_m: F32
    part: NDArray[np.int16]
    normal: F32


def bounds(view: View, body: Capsules) -> tuple[F64, F64]:
    """The body's rectangle in pixels (may reach out of the picture): lower and upper corner, [2] each.

    A capsule's outline is that of the spheres at its ends.
    """
    ends = np.concatenate([body.a_m, body.b_m])
    radius = np.concatenate([body.radius_m, body.radius_m])
    points_px, depth = view.project(ends)
    reach = (radius * view.focal_px / np.maximum(depth, 0.2))[:, None]
    return (points_px - reach).min(axis=0), (points_px + reach).max(axis=0)


def cast(view: View, window: Window, body: Capsules, samples: int) -> Hits:
    """Shoot `samples` x `samples` rays per pixel of the window at the body."""
    rays = view.rays(window, samples)
    hits = Hits(
        np.full(rays.shape[:2], np.inf, dtype=np.float32),
        np.full(rays.shape[:2], -1, dtype=np.int16),
        np.zeros(rays.shape, dtype=np.float32),
    )
    for part in range(len(body.radius_m)):
        one = Capsules(
            body.a_m[part : part + 1], body.b_m[part : part + 1], body.radius_m[part : part + 1], body.albedo
        )
        low, high = bounds(view, one)
        corner = np.array([window.left_px, window.top_px])
        limit = np.array(rays.shape[1::-1])
        left, top = np.clip(np.floor((low - corner) * samples), 0, limit).astype(int)
        right, bottom = np.clip(np.ceil((high - corner) * samples), 0, limit).astype(int)
        if right > left and bottom > top:
            place = (slice(top, bottom), slice(left, right))
            _capsule(hits, place, rays[place], view.origin_m, body, part)
    return hits


def _capsule(hits: Hits, place: tuple[slice, slice], rays: F32, origin_m: F64, body: Capsules, part: int) -> None:
    """Ray against capsule (Inigo Quilez's closed form): the cylinder first, else the sphere at the nearer end."""
    a, b, radius = body.a_m[part], body.b_m[part], float(body.radius_m[part])
    axis, off = b - a, origin_m - a
    axis_sq, axis_off, off_sq = float(axis @ axis) + 1e-9, float(axis @ off), float(off @ off)
    ray_sq = (rays * rays).sum(-1)
    ray_axis, ray_off = rays @ axis.astype(np.float32), rays @ off.astype(np.float32)
    square = axis_sq * ray_sq - ray_axis * ray_axis
    half = axis_sq * ray_off - axis_off * ray_axis
    rest = axis_sq * off_sq - axis_off**2 - radius**2 * axis_sq
    root = half * half - square * rest
    t = (-half - np.sqrt(np.maximum(root, 0))) / np.maximum(square, 1e-12)
    along = axis_off + t * ray_axis
    on_side = (root > 0) & (along > 0) & (along < axis_sq)
    at_b = along >= axis_sq
    end_half = np.where(at_b, ray_off - ray_axis, ray_off)
    end_rest = np.where(at_b, off_sq - 2 * axis_off + axis_sq, off_sq) - radius**2
    end_root = end_half * end_half - ray_sq * end_rest
    t = np.where(on_side, t, (-end_half - np.sqrt(np.maximum(end_root, 0))) / ray_sq)
    hit = (on_side | (end_root > 0)) & (t < hits.depth_m[place]) & (t > 0.05)
    if not hit.any():
        return
    near = t[hit].astype(np.float32)
    spot = origin_m.astype(np.float32) + rays[hit] * near[:, None]
    share = np.clip((spot - a.astype(np.float32)) @ axis.astype(np.float32) / axis_sq, 0, 1)
    normal = (spot - a - share[:, None] * axis) / radius
    hits.depth_m[place][hit] = near
    hits.part[place][hit] = part
    hits.normal[place][hit] = normal


def patch(view: View, lot: Lot, depth_m: F32, body: Capsules) -> Patch | None:
    """The body as seen behind and before the standing world (`depth_m` at `SAMPLES` per pixel). None: out of sight."""
    low, high = bounds(view, body)
    window = view.clip(low, high, margin_px=2)
    if window.empty or view.project(body.a_m)[1].min() < 0.3:
        return None
    hits = cast(view, window, body, SAMPLES)
    rows, columns = window.slices
    world = depth_m[rows.start * SAMPLES : rows.stop * SAMPLES, columns.start * SAMPLES : columns.stop * SAMPLES]
    shown = (hits.depth_m < world) & (hits.part >= 0)
    luminance = np.zeros(hits.depth_m.shape, dtype=np.float32)
    luminance[shown] = _lit(view, lot, body, hits.part[shown], hits.normal[shown])
    shape = (window.bottom_px - window.top_px, SAMPLES, window.right_px - window.left_px, SAMPLES)
    cover = shown.reshape(shape).mean(axis=(1, 3), dtype=np.float32)
    return Patch(window, cover, luminance.reshape(shape).mean(axis=(1, 3)))


def _lit(view: View, lot: Lot, body: Capsules, part: NDArray[np.int16], normal: F32) -> F32:
    """Luminance of hit points: light is taken at each capsule's middle, tilt at each point."""
    middle = ((body.a_m + body.b_m) / 2).astype(np.float32)
    to_lens = view.origin_m.astype(np.float32) - middle
    to_lens /= np.linalg.norm(to_lens, axis=1, keepdims=True)
    facing = np.maximum((normal * to_lens[part]).sum(-1), 0)
    luminance = beam(view, lot, middle)[part] * facing**0.7
    luminance += lot.lighting.ambient * (0.6 + 0.4 * normal[:, 2])
    for lamp in lot.lighting.lamps:
        towards = np.array([*lamp.place_m, lamp.height_m], dtype=np.float32) - middle
        distance_sq = np.maximum((towards * towards).sum(1), 0.5)
        towards = towards / np.sqrt(distance_sq)[:, None]
        power = lamp.strength * 0.35 * 20.0 / distance_sq * np.clip(towards[:, 2] * 1.6, 0, 1)
        luminance += power[part] * np.maximum((normal * towards[part]).sum(-1), 0)
    return np.asarray(luminance * body.albedo.astype(np.float32)[part], dtype=np.float32)


def contact_shadow(view: View, light: F32, depth_m: F32, place_m: F64) -> None:
    """Darken the ground around somebody's feet, softly, in place."""
    reach = 0.55
    around = np.array([[place_m[0] + dx, place_m[1] + dy, 0.0] for dx in (-reach, reach) for dy in (-reach, reach)])
    points_px, depth = view.project(around)
    if depth.min() < 0.5:
        return
    window = view.clip(points_px.min(axis=0), points_px.max(axis=0))
    if window.empty:
        return
    rays = view.rays(window)
    to_ground = -view.pose.height_m / np.minimum(rays[..., 2], -1e-3)
    seen = depth_m[::SAMPLES, ::SAMPLES][window.slices]
    off = rays[..., :2] * to_ground[..., None] + (view.origin_m[:2] - place_m).astype(np.float32)
    dark = 0.5 * np.exp(-(off[..., 0] ** 2 + off[..., 1] ** 2) / 0.07) * (np.abs(seen - to_ground) < 0.3)
    light[window.slices] *= (1 - dark).astype(np.float32)
