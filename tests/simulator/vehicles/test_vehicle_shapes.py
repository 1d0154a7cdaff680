from dataclasses import replace

import numpy as np
import pytest

from simulator.optics import F64
from simulator.solid import Solid
from simulator.vehicles import finishes, shapes
from simulator.vehicles.extras import TRAILER_M
from simulator.vehicles.outlines import SIZES
from simulator.vehicles.vehicle import Model, Vehicle

CARS = [model for model in Model if model not in (Model.BICYCLE, Model.MOTORBIKE, Model.MOPED)]
LOFTED = [model for model in CARS if model is not Model.LORRY]


def a(model: Model, seed: int = 3) -> Vehicle:
    vehicle = shapes.vehicle_of(np.random.default_rng(seed), model, 1, (0.0, 0.0), 0.0, 0, 0.0)
    return replace(vehicle, roof_box=False)


def faces(solid: Solid) -> F64:
    corners = solid.vertices_m[solid.triangles].astype(np.float64)
    return np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])


def first_hits(solid: Solid, starts: F64, way: F64) -> tuple[F64, list[int]]:
    """Distances at which rays [n, 3] along one direction first meet the solid (inf: never), and which triangles."""
    corners = solid.vertices_m[solid.triangles].astype(np.float64)
    one, other = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    across = np.cross(way, other)
    scale = (one * across).sum(axis=1)
    safe = np.where(np.abs(scale) > 1e-12, scale, 1.0)
    far, which = [], []
    for start in starts:
        off = start - corners[:, 0]
        turned = np.cross(off, one)
        u, v, t = (part / safe for part in ((off * across).sum(axis=1), turned @ way, (other * turned).sum(axis=1)))
        t = np.where((np.abs(scale) > 1e-12) & (u >= 0) & (v >= 0) & (u + v <= 1) & (t > 0), t, np.inf)
        far.append(float(t.min()))
        which.append(int(t.argmin()))
    return np.array(far), which


@pytest.mark.parametrize("model", list(Model))
def test_body_fills_its_dimensions_and_no_more(model: Model) -> None:
    vehicle = a(model)
    solid = shapes.solid(vehicle)
    low, high = solid.vertices_m.min(axis=0), solid.vertices_m.max(axis=0)
    size = vehicle.size
    assert np.isfinite(solid.vertices_m).all()
    assert low[2] == pytest.approx(0.0, abs=0.03)
    assert high[2] == pytest.approx(size.height_m, abs=0.12)
    assert high[0] - low[0] == pytest.approx(size.length_m, abs=0.10)
    mirrors = 0.45 if model in CARS else 0.12
    assert size.width_m - 0.05 <= high[1] - low[1] <= size.width_m + mirrors


@pytest.mark.parametrize("model", list(Model))
def test_body_is_as_light_as_agreed(model: Model) -> None:
    limit = 5000 if model in CARS else 2500
    assert 800 < len(shapes.solid(a(model)).triangles) <= limit


@pytest.mark.parametrize("model", list(Model))
def test_normals_are_unit_and_face_as_their_triangles_do(model: Model) -> None:
    solid = shapes.solid(a(model))
    assert np.linalg.norm(solid.normals, axis=1) == pytest.approx(1.0, abs=1e-3)
    normals = solid.normals[solid.triangles].mean(axis=1)
    across = faces(solid)
    area = np.linalg.norm(across, axis=1)
    agree = (across * normals).sum(axis=1) > 0
    assert area[agree].sum() > 0.995 * area.sum()


@pytest.mark.parametrize("model", LOFTED)
def test_rays_from_outside_meet_outsides(model: Model) -> None:
    """Seen from above, from both sides and from both ends the body has no holes and nothing is inside out."""
    vehicle = a(model)
    solid = shapes.solid(vehicle)
    across = faces(solid)
    long, half = 0.42 * vehicle.size.length_m, 0.35 * vehicle.size.width_m
    top = [(x, y, 9.0) for x in np.linspace(-long, long, 9) for y in np.linspace(-half, half, 5)]
    sides = [(x, 0.0, 0.62) for x in np.linspace(-long, long, 9)]
    looks = [
        (np.array(top), np.array([0.0, 0.0, -1.0])),
        (np.array(sides) + [0.0, 9.0, 0.0], np.array([0.0, -1.0, 0.0])),
        (np.array(sides) - [0.0, 9.0, 0.0], np.array([0.0, 1.0, 0.0])),
        (np.array([(9.0, y, z) for y in (-half, 0.0, half) for z in (0.45, 0.6)]), np.array([-1.0, 0.0, 0.0])),
        (np.array([(-9.0, y, z) for y in (-half, 0.0, half) for z in (0.45, 0.8)]), np.array([1.0, 0.0, 0.0])),
    ]
    for starts, way in looks:
        far, which = first_hits(solid, starts, way)
        assert np.isfinite(far).all()
        assert (across[which] @ way < 0).all()


@pytest.mark.parametrize("model", list(Model))
def test_it_is_symmetrical_where_it_matters(model: Model) -> None:
    solid = shapes.solid(a(model))
    balance = float((faces(solid) * [0.0, 1.0, 0.0]).sum())
    assert abs(balance) < 0.05


@pytest.mark.parametrize("model", CARS)
def test_car_has_glass_lamps_and_plates(model: Model) -> None:
    vehicle = a(model)
    made = set(shapes.solid(vehicle).finishes)
    assert {finishes.GLASS, finishes.HEAD, finishes.BRAKE, finishes.REVERSE, finishes.REAR_INDICATOR} <= made
    assert any(finish.retro == vehicle.plate for finish in made)
    solid = shapes.solid(vehicle)
    area = np.linalg.norm(faces(solid), axis=1) / 2
    glass = area[solid.finish == solid.finishes.index(finishes.GLASS)].sum()
    assert 0.6 < glass < 6.0


@pytest.mark.parametrize("model", [Model.MOTORBIKE, Model.MOPED, Model.BICYCLE])
def test_two_wheeler_has_lamps(model: Model) -> None:
    made = set(shapes.solid(a(model)).finishes)
    assert {finishes.HEAD, finishes.BRAKE} <= made


@pytest.mark.parametrize("lamp", sorted(finishes.LAMPS))
def test_only_the_lamps_in_use_glow(lamp: str) -> None:
    vehicle = a(Model.HATCH)
    dark, lit = shapes.solid(vehicle), shapes.lit(vehicle, frozenset({lamp}))
    assert all(finish.glow == 0.0 for finish in dark.finishes)
    assert any(finish.glow > 0.1 for finish in lit.finishes)
    assert lit.vertices_m is dark.vertices_m
    assert shapes.lit(vehicle, frozenset()).finishes == dark.finishes


def test_brake_lamps_outshine_tail_lamps() -> None:
    vehicle = a(Model.ESTATE)

    def glow(*lamps: str) -> float:
        solid = shapes.lit(vehicle, frozenset(lamps))
        return max(finish.glow for finish in solid.finishes if finish.albedo == finishes.BRAKE.albedo)

    assert glow("head", "brake") == glow("brake") > 3 * glow("head") > 0


def test_no_such_lamp() -> None:
    with pytest.raises(KeyError):
        shapes.lit(a(Model.HATCH), frozenset({"beacon"}))


def test_snow_lies_on_top_and_roof_boxes_too() -> None:
    bare = a(Model.ESTATE)
    white = shapes.solid(replace(bare, snow=0.8))
    cells = white.triangles[white.finish == white.finishes.index(finishes.SNOW)]
    assert white.vertices_m[cells][..., 2].min() > 0.6
    assert white.vertices_m[:, 2].max() > bare.size.height_m + 0.05
    assert finishes.SNOW not in shapes.solid(bare).finishes
    boxed = shapes.solid(replace(bare, roof_box=True))
    assert boxed.vertices_m[:, 2].max() > bare.size.height_m + 0.25


def test_trailer_follows_behind() -> None:
    car = a(Model.OFFROAD)
    alone, towing = shapes.solid(car), shapes.solid(replace(car, trailer=True))
    longer = alone.vertices_m[:, 0].min() - towing.vertices_m[:, 0].min()
    assert longer == pytest.approx(TRAILER_M, abs=0.15)
    assert towing.vertices_m[:, 0].max() == pytest.approx(alone.vertices_m[:, 0].max())


def test_same_generator_same_vehicle() -> None:
    one, other = (shapes.random_vehicle(np.random.default_rng(9), 4, (1.0, 2.0), 0.3, 2, 0.5) for _ in range(2))
    assert one == other
    assert np.array_equal(shapes.solid(one).vertices_m, shapes._nominal(other).vertices_m * _stretch(one))


def _stretch(vehicle: Vehicle) -> F64:
    size, nominal = vehicle.size, SIZES[vehicle.model]
    return np.array(
        [
            size.length_m / nominal.length_m,
            size.width_m / nominal.width_m,
            size.height_m / nominal.height_m,
        ],
        dtype=np.float32,
    )


def test_random_ones_are_of_many_kinds_and_sizes() -> None:
    rng = np.random.default_rng(2)
    cars = [shapes.random_vehicle(rng, 1, (0.0, 0.0), 0.0, 0, 0.0) for _ in range(200)]
    cycles = [shapes.random_vehicle(rng, 1, (0.0, 0.0), 0.0, None, 0.0) for _ in range(60)]
    assert {car.model for car in cars} == set(CARS)
    assert {cycle.model for cycle in cycles} == set(Model) - set(CARS)
    for vehicle in cars + cycles:
        assert vehicle.size.length_m == pytest.approx(SIZES[vehicle.model].length_m, rel=0.031)
