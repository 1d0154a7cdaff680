"""Vehicles as solids, and random ones."""

from functools import lru_cache

import numpy as np

from simulator.solid import Finish, Solid, joined
from simulator.vehicles import finishes as made
from simulator.vehicles.body import car
from simulator.vehicles.cycles import CYCLES
from simulator.vehicles.extras import roof_box, snow_cover, trailer
from simulator.vehicles.lorry import lorry
from simulator.vehicles.meshes import scaled
from simulator.vehicles.outlines import OUTLINES, SIZES, Outline
from simulator.vehicles.vehicle import Dimensions, Model, Vehicle
from simulator.vehicles.wheels import wheel

_CARS = (Model.HATCH, Model.ESTATE, Model.SALOON, Model.OFFROAD, Model.MINI, Model.VAN, Model.PICKUP, Model.LORRY)
_CAR_SHARES = (0.29, 0.25, 0.14, 0.14, 0.06, 0.07, 0.035, 0.015)
_CYCLES = (Model.BICYCLE, Model.MOTORBIKE, Model.MOPED)
_PAINTS = (0.05, 0.09, 0.20, 0.38, 0.60)  # at 850 nm: many dark paints are brighter there than to the eye
_PAINT_SHARES = (0.16, 0.18, 0.24, 0.22, 0.20)
_SPOKES = (5, 5, 10, 4, 0)


@lru_cache(maxsize=256)
def solid(vehicle: Vehicle) -> Solid:
    """A vehicle in its own axes, its lamps dark."""
    nominal = SIZES[vehicle.model]
    size = vehicle.size
    stretch = (
        size.length_m / nominal.length_m, size.width_m / nominal.width_m, size.height_m / nominal.height_m,
    )  # fmt: skip
    return scaled(_nominal(vehicle), stretch)


@lru_cache(maxsize=256)
def lit(vehicle: Vehicle, lamps: frozenset[str]) -> Solid:
    """As `solid`, with lamps on: `head`, `brake`, `reverse`, `hazard`, `cabin`. KeyError: there is no such lamp."""
    return made.glowing(solid(vehicle), lamps)


def _nominal(vehicle: Vehicle) -> Solid:
    paint = Finish(vehicle.paint, gloss=vehicle.gloss, roughness=0.20)
    plate = Finish(0.55, retro=vehicle.plate)
    rng = np.random.default_rng([vehicle.seed, vehicle.number, 150])
    if vehicle.model in CYCLES:
        return CYCLES[vehicle.model](paint, plate)
    if vehicle.model is Model.LORRY:
        return joined([lorry(paint, plate)])
    outline = OUTLINES[vehicle.model]
    shell, body = car(outline, paint, plate)
    parts = [body, *_wheels(outline, rng)]
    if vehicle.roof_box:
        parts.append(roof_box(outline, rng))
    if vehicle.trailer:
        parts.append(trailer(outline, plate))
    if vehicle.snow > 0.05:
        parts.append(snow_cover(shell, vehicle.snow, rng))
    return joined(parts)


def _wheels(outline: Outline, rng: np.random.Generator) -> list[Solid]:
    spokes = int(rng.choice(_SPOKES))
    rim = Finish(round(float(rng.uniform(0.12, 0.5)), 3), gloss=0.3, roughness=0.24)
    half = outline.size.width_m / 2
    return [
        wheel(float(outline.x_m(axle)), side * (half - 0.012), outline.wheel_m, spokes=spokes, rim=rim)
        for axle in outline.axles
        for side in (-1, 1)
    ]


def random_vehicle(
    rng: np.random.Generator, number: int, place_m: tuple[float, float], heading_rad: float, bay: int | None,
    snow: float,
) -> Vehicle:  # fmt: skip
    """A random car for a bay; a random two-wheeler for `bay` None."""
    model = Model(rng.choice(_CARS, p=_CAR_SHARES) if bay is not None else rng.choice(_CYCLES, p=(0.6, 0.2, 0.2)))
    return vehicle_of(rng, model, number, place_m, heading_rad, bay, snow)


def vehicle_of(  # noqa: PLR0913 - a vehicle's record has as many
    rng: np.random.Generator, model: Model, number: int, place_m: tuple[float, float], heading_rad: float,
    bay: int | None, snow: float,
) -> Vehicle:  # fmt: skip
    """A random vehicle of one model."""
    size = SIZES[model]
    vary = 1 + rng.uniform(-0.03, 0.03, 3)
    heap, kept = rng.uniform(0.5, 1.2), rng.random() < 0.9  # drawn in any weather: all else stays the same
    lies = float(np.clip(snow * heap, 0, 1)) if kept else 0.0
    boxed = model in (Model.HATCH, Model.ESTATE, Model.SALOON, Model.OFFROAD) and rng.random() < 0.09
    return Vehicle(
        number=number,
        model=model,
        place_m=place_m,
        heading_rad=heading_rad,
        size=Dimensions(*(float(v) for v in np.array([size.length_m, size.width_m, size.height_m]) * vary)),
        bay=bay,
        paint=float(rng.choice(_PAINTS, p=_PAINT_SHARES) * rng.uniform(0.8, 1.2)),
        gloss=float(rng.uniform(0.12, 0.45)),
        plate=float(rng.uniform(3.0, 9.0)),
        roof_box=bool(boxed),
        snow=lies,
        seed=int(rng.integers(1 << 30)),
    )
