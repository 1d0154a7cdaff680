"""The standing world drawn once: luminance and depth per pixel, and how much of each car shows."""

from dataclasses import dataclass

import numpy as np

from firmware.messages import Size
from simulator import scenery
from simulator.cars import paint
from simulator.light import shade
from simulator.lot import Lot
from simulator.materials import Grain, Material
from simulator.optics import F32, View
from simulator.raster import GROUND, SKY, Surfaces, bare_ground, draw

SAMPLES = 2
_LUMINAIRE = 40.0
_WINDOW = 0.25
_REACH_M = 4.0
_GLOW_M = 14.0


@dataclass(frozen=True, slots=True)
class Backplate:
    """`luminance` [h, w] linear; `depth_m` [h * SAMPLES, w * SAMPLES] for testing what is in front of what."""

    luminance: F32
    depth_m: F32


@dataclass(frozen=True, slots=True)
class CarSight:
    """How much of one car the lens sees: the rest is hidden by other things that stand."""

    number: int
    pixels: int
    visible_ratio: float


def surfaces(lot: Lot, view: View) -> tuple[Surfaces, tuple[CarSight, ...]]:
    """Depth, normals and tags of the standing world, and how much of each car shows."""
    seen = bare_ground(view)
    grain = Grain.of(np.random.default_rng([lot.seed, 103]))
    for tag, mesh in scenery.solids(lot, grain):
        draw(seen, view, mesh, tag)
    whole = {car.number: draw(seen, view, car.mesh(), car.number) for car in lot.cars}
    shown = np.bincount(seen.tag.reshape(-1), minlength=256)
    sights = [CarSight(number, px, float(min(1.0, shown[number] / px)) if px else 0.0) for number, px in whole.items()]
    return seen, tuple(sights)


def draw_backplate(lot: Lot, view: View) -> Backplate:
    """Draw the standing world at `SAMPLES` times the size, light it, and average it down."""
    fine = View(view.pose, Size(view.size.width_px * SAMPLES, view.size.height_px * SAMPLES))
    seen, _ = surfaces(lot, fine)
    spots = fine.rays(fine.whole).reshape(-1, 3) * _finite(seen.depth_m).reshape(-1, 1)
    spots += fine.origin_m.astype(np.float32)
    luminance = _lit(lot, fine, seen, spots)
    height, width = view.size.height_px, view.size.width_px
    luminance = np.minimum(luminance, _LUMINAIRE).reshape(height, SAMPLES, width, SAMPLES).mean(axis=(1, 3))
    return Backplate(np.asarray(luminance, dtype=np.float32), seen.depth_m)


def glow(lot: Lot, view: View, source_m: tuple[float, float, float]) -> F32:
    """What a small lamp of strength 1 at a place, shining all round, would add to the picture [h, w]; no shadows."""
    seen, _ = surfaces(lot, view)
    spots = view.rays(view.whole).reshape(-1, 3) * _finite(seen.depth_m).reshape(-1, 1)
    spots += view.origin_m.astype(np.float32)
    grain = Grain.of(np.random.default_rng([lot.seed, 103]))
    tags, normals = seen.tag.reshape(-1), seen.normal.reshape(-1, 3)
    light = np.zeros(len(tags), dtype=np.float32)
    for tag in np.unique(tags).tolist():
        where = np.flatnonzero(tags == tag)
        towards = np.array(source_m, dtype=np.float32) - spots[where]
        distance_sq = np.maximum(np.einsum("nc,nc->n", towards, towards), 0.04)
        where, towards, distance_sq = (part[distance_sq < _GLOW_M**2] for part in (where, towards, distance_sq))
        if tag == SKY or not len(where):
            continue
        material = _material(lot, view, grain, tag, spots[where], normals[where])
        cosine = np.maximum(np.einsum("nc,nc->n", towards, normals[where]) / np.sqrt(distance_sq), 0.0)
        light[where] = material.albedo * cosine / distance_sq * (1 - distance_sq / _GLOW_M**2) ** 2
    return light.reshape(seen.depth_m.shape)


def _finite(depth_m: F32) -> F32:
    return np.where(np.isfinite(depth_m), depth_m, np.float32(1000.0))


def _lit(lot: Lot, view: View, seen: Surfaces, spots: F32) -> F32:
    grain = Grain.of(np.random.default_rng([lot.seed, 103]))
    tags, normals = seen.tag.reshape(-1), seen.normal.reshape(-1, 3)
    luminance = np.full(len(tags), lot.lighting.ambient * 0.12, dtype=np.float32)
    for tag in np.unique(tags).tolist():
        if tag == SKY:
            continue
        where = np.flatnonzero(tags == tag)
        spot, normal = spots[where], normals[where]
        luminance[where] = shade(view, lot, spot, normal, _material(lot, view, grain, tag, spot, normal))
        if tag == GROUND:
            luminance[where] *= under_cars(lot, spot[:, :2])
        elif tag == scenery.LUMINAIRE:
            luminance[where] = _LUMINAIRE
        elif tag == scenery.WALL:
            lit = np.isin(scenery.window_number(lot, spot[:, 0], spot[:, 2]), lot.backdrop.windows_lit)
            luminance[where] += _WINDOW * lit
    return luminance


def _material(lot: Lot, view: View, grain: Grain, tag: int, spot: F32, normal: F32) -> Material:
    if tag == GROUND:
        away = np.linalg.norm(spot - view.origin_m.astype(np.float32), axis=1)
        blur_m = away**2 / view.pose.height_m / view.focal_px
        return scenery.ground(lot, grain, spot[:, 0], spot[:, 1], blur_m)
    cars = [car for car in lot.cars if car.number == tag]
    if cars:
        turn = cars[0].to_car(normal + np.array([*cars[0].place_m, 0.0], dtype=np.float32))
        return paint(cars[0], cars[0].to_car(spot), turn)
    return scenery.upright(lot, grain, tag, spot)


def under_cars(lot: Lot, spots_m: F32) -> F32:
    """How much light reaches ground points [n, 2]: little below a car, a soft edge around it."""
    open_sky = np.ones(len(spots_m), dtype=np.float32)
    for car in lot.cars:
        x_m, y_m = car.place_m
        near = np.flatnonzero((np.abs(spots_m[:, 0] - x_m) < _REACH_M) & (np.abs(spots_m[:, 1] - y_m) < _REACH_M))
        outside = car.outside_m(spots_m[near])
        open_sky[near] *= np.clip(0.55 + outside * 0.9, 0.10, 1.0)
    return open_sky
