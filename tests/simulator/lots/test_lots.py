import numpy as np
import pytest

from firmware.messages import Size
from simulator.conditions import CONDITIONS
from simulator.lots import foliage
from simulator.lots.build import random_lot, standing
from simulator.lots.foliage import swaying
from simulator.lots.ground import asphalt, texture
from simulator.lots.lot import Lot
from simulator.lots.scenery import solids
from simulator.moment import Kind
from simulator.optics import F64, View
from simulator.vehicles.extras import TRAILER_M
from simulator.vehicles.vehicle import Vehicle

SEEDS = range(40)
LOTS = [random_lot(seed) for seed in SEEDS]
WILD = [random_lot(seed, wild=True) for seed in SEEDS]
WINDY = next(lot for lot in LOTS if swaying(lot, 8.0, 0.0))


def outline(vehicle: Vehicle) -> F64:
    """Points along a vehicle's footprint, its trailer's too."""
    corners = vehicle.corners_m
    points = [a + (b - a) * share for a, b in zip(corners, np.roll(corners, -1, axis=0), strict=True)
              for share in np.linspace(0, 1, 12)]  # fmt: skip
    if vehicle.trailer:
        tail = -vehicle.size.length_m / 2
        points += [vehicle.to_world(np.array([[tail - TRAILER_M * share, y, 0.0]]))[0, :2]
                   for share in (0.4, 0.7, 1.0) for y in (-0.75, 0.75)]  # fmt: skip
    return np.array(points)


@pytest.mark.parametrize("lot", LOTS, ids=SEEDS)
def test_nothing_overlaps(lot: Lot) -> None:
    for vehicle in lot.vehicles:
        edge = outline(vehicle)
        for other in lot.vehicles:
            if other is not vehicle:
                assert other.outside_m(edge).min() > 0.02
        for block in lot.blocks:
            inside = (edge > np.array(block.low_m)).all(axis=1) & (edge < np.array(block.high_m)).all(axis=1)
            assert not inside.any(), f"vehicle {vehicle.number} stands in {block}"
    posts = np.array([lamp.place_m for lamp in lot.lamps] + [pole.foot_m for pole in lot.poles])
    for vehicle in lot.vehicles:
        assert vehicle.outside_m(posts).min() > 0.1


@pytest.mark.parametrize("lot", LOTS, ids=SEEDS)
def test_vehicles_stand_in_their_bays(lot: Lot) -> None:
    assert 8 <= len(lot.vehicles) <= 20
    assert [vehicle.number for vehicle in lot.vehicles] == list(range(1, len(lot.vehicles) + 1))
    taken = [vehicle.bay for vehicle in lot.vehicles if vehicle.bay is not None]
    assert len(taken) == len(set(taken))
    for vehicle in lot.vehicles:
        if vehicle.bay is None:
            assert vehicle.two_wheeler
            continue
        bay = lot.bays[vehicle.bay]
        points = outline(vehicle)
        low, high = sorted((bay.opening_y_m, bay.inner_y_m))
        assert np.abs(points[:, 0] - bay.middle_x_m).max() < bay.width_m / 2 + 0.08
        assert points[:, 1].min() > low - 0.6
        assert points[:, 1].max() < high + 0.6


@pytest.mark.parametrize("lot", LOTS, ids=SEEDS)
def test_lanes_and_footpaths_are_free(lot: Lot) -> None:
    for lane in lot.lanes:
        assert lane.y_m[1] - lane.y_m[0] >= 5.0
        left, _, right, _ = lot.ground_m
        reach = sorted((lane.mouth_x_m, right if lane.mouth_x_m < left else left))
        for block in lot.blocks:
            free = (
                block.high_m[1] < lane.y_m[0] or block.low_m[1] > lane.y_m[1]
                or block.high_m[0] < reach[0] or block.low_m[0] > reach[1]
            )  # fmt: skip
            assert free, f"{block} stands in a lane"
    for low, high in lot.footpaths:
        assert low[0] < high[0]
        assert low[1] < high[1]


@pytest.mark.parametrize("lot", LOTS, ids=SEEDS)
def test_there_are_ways_in_on_foot(lot: Lot) -> None:
    assert len(lot.entries) >= 4
    for x, y in lot.entries:
        inside = [b for b in lot.blocks if b.low_m[0] < x < b.high_m[0] and b.low_m[1] < y < b.high_m[1]]
        assert not inside, f"({x}, {y}) is in {inside[0]}"
    for door in lot.doors:
        houses = [b for b in lot.blocks if b.name == "house" and b.low_m[0] < door.place_m[0] < b.high_m[0]]
        assert any(abs(house.low_m[1] - door.place_m[1]) < 0.1 for house in houses)


@pytest.mark.parametrize("lot", LOTS, ids=SEEDS)
def test_the_camera_looks_at_the_rows(lot: Lot) -> None:
    pose = lot.pose
    assert 4.0 <= pose.height_m <= 6.0
    assert np.radians(59) < pose.horizontal_view_rad < np.radians(101)
    assert -0.18 <= lot.lens_bend <= -0.02
    view = View(pose, Size(896, 504), lot.lens_bend)
    feet = np.array([(*vehicle.place_m, 0.5) for vehicle in lot.vehicles])
    points, depth = view.project(feet)
    shown = (depth > 0) & (points > 0).all(axis=1) & (points < [896, 504]).all(axis=1)
    assert shown.sum() >= 5
    away = np.linalg.norm(feet[:, :2] - np.array(pose.foot_m), axis=1)
    assert away[shown].min() > 4.0
    assert np.median(away[shown]) < 32.0


def test_people_are_about_a_tenth_of_the_pictures_height() -> None:
    shares = []
    for lot in LOTS:
        view = View(lot.pose, Size(896, 504), lot.lens_bend)
        lane = sum(lot.lanes[-1].y_m) / 2
        points, _ = view.project(np.array([(0.0, lane, 0.0), (0.0, lane, 1.75)]))
        shares.append((points[0, 1] - points[1, 1]) / 504)
    assert 0.07 < np.median(shares) < 0.16


def test_lenses_bend_more_the_wider_they_are() -> None:
    views = np.array([lot.pose.horizontal_view_rad for lot in LOTS])
    bends = np.array([lot.lens_bend for lot in LOTS])
    assert np.corrcoef(views, bends)[0, 1] < -0.8


def test_lots_differ() -> None:
    assert {len(lot.lanes) for lot in LOTS} == {1, 2}
    assert {len(lot.poles) for lot in LOTS} == {1, 2, 3}
    assert 0.2 < np.mean([lot.closed is not None for lot in LOTS]) < 0.8
    names = {block.name for lot in LOTS for block in lot.blocks}
    assert {"house", "hedge", "tree", "conifer", "bin", "bin store", "fence", "trolley", "sign"} <= names
    assert any(vehicle.trailer for lot in LOTS for vehicle in lot.vehicles)


def test_wild_poses_are_wider() -> None:
    def spread(lots: list[Lot]) -> float:
        return float(np.std([lot.pose.azimuth_rad for lot in lots]))

    assert spread(WILD) > 5 * spread(LOTS)
    for lot in WILD:
        foot = np.array([lot.pose.foot_m])
        assert all(vehicle.outside_m(foot)[0] > 0.3 for vehicle in lot.vehicles)
        assert not any(
            block.low_m[0] < foot[0, 0] < block.high_m[0] and block.low_m[1] < foot[0, 1] < block.high_m[1]
            for block in lot.blocks
        )


def test_same_seed_same_lot_and_the_weather_only_lies_on_it() -> None:
    assert random_lot(5) == LOTS[5]
    assert random_lot(5) != LOTS[6]
    hash(LOTS[5])
    snowy = random_lot(5, condition=CONDITIONS["snow"])
    assert snowy.snow_cover == CONDITIONS["snow"].snow_cover
    assert (snowy.bays, snowy.blocks, snowy.poles, snowy.lamps) == (
        LOTS[5].bays, LOTS[5].blocks, LOTS[5].poles, LOTS[5].lamps,
    )  # fmt: skip
    for white, bare in zip(snowy.vehicles, LOTS[5].vehicles, strict=True):
        assert (white.model, white.place_m, white.paint, white.seed) == (
            bare.model,
            bare.place_m,
            bare.paint,
            bare.seed,
        )
        assert bare.snow == 0.0


def test_standing_world_is_complete_and_light_enough() -> None:
    lot = LOTS[7]
    world = standing(lot, frozenset({1, 2}))
    numbers = {body.number for body in world.bodies}
    assert numbers == {0} | {vehicle.number for vehicle in lot.vehicles} - {1, 2}
    assert sum(len(body.solid.triangles) for body in world.bodies) < 160_000
    assert len(world.lamps) >= len(lot.lamps)
    for body in world.bodies:
        kinds = {Kind.OTHER} if body.number == 0 else {Kind.VEHICLE, Kind.TWO_WHEELER}
        assert body.kind in kinds
        solid = body.solid
        assert np.isfinite(solid.vertices_m).all()
        assert np.linalg.norm(solid.normals, axis=1) == pytest.approx(1.0, abs=2e-3)
        assert solid.triangles.min() >= 0
        assert solid.triangles.max() < len(solid.vertices_m)
        assert solid.finish.max() < len(solid.finishes)
        assert solid.vertices_m[:, 2].min() > -0.3


def test_standing_world_is_the_same_twice() -> None:
    one, other = standing(LOTS[3], frozenset()), standing(LOTS[3], frozenset())
    assert np.array_equal(one.ground.albedo, other.ground.albedo)
    for a, b in zip(one.bodies, other.bodies, strict=True):
        assert np.array_equal(a.solid.vertices_m, b.solid.vertices_m)
        assert np.array_equal(a.solid.shade, b.solid.shade)


def test_foliage_is_bright_in_near_infrared() -> None:
    lot = next(lot for lot in LOTS if any(block.name == "hedge" for block in lot.blocks))
    hedges = [solid for solid in solids(lot) if foliage.LEAF in solid.finishes]
    assert hedges
    for solid in hedges:
        leaves = solid.triangles[solid.finish == solid.finishes.index(foliage.LEAF)]
        shown = foliage.LEAF.albedo * solid.shade[leaves]
        assert 0.3 < shown.mean() < 0.6


def on_lanes(lot: Lot) -> tuple[F64, F64]:
    """Albedo and gloss of all asphalt of a lot's texture."""
    ground = texture(lot, lot.vehicles)
    inside = np.zeros(ground.albedo.shape, dtype=bool)
    for low, high in asphalt(lot):
        columns = [int(np.clip((x - ground.origin_m[0]) / ground.cell_m, 0, 1e6)) for x in (low[0], high[0])]
        rows = [int(np.clip((y - ground.origin_m[1]) / ground.cell_m, 0, 1e6)) for y in (low[1], high[1])]
        inside[rows[0] : rows[1], columns[0] : columns[1]] = True
    return ground.albedo[inside], ground.gloss[inside]


def test_wet_ground_is_darker_and_shines_and_snow_is_white() -> None:
    lots = [random_lot(2, condition=CONDITIONS[name]) for name in ("clear", "rain-heavy", "snow-light", "snow-heavy")]
    (dry, dull), (wet, shiny), (thin, _), (white, _) = (on_lanes(lot) for lot in lots)
    assert wet.mean() < 0.75 * dry.mean()
    assert dull.max() == 0.0
    assert shiny.mean() > 0.1
    assert (shiny > 0.8).mean() > 0.01
    assert 0.04 < (thin > 0.5).mean() < 0.4
    assert (white > 0.5).mean() > 0.6
    assert 0.05 < dry.mean() < 0.2
    assert (white < 0.35).mean() > 0.02


def test_texture_is_of_a_bounded_size_and_reaches_far() -> None:
    for lot in (LOTS[0], *WILD[:2]):
        ground = texture(lot, ())
        assert max(ground.albedo.shape) <= 2001
        assert ground.albedo.min() > 0.0
        assert ground.albedo.max() < 1.0
        ahead = np.array(lot.pose.foot_m) + 40.0 * np.array(
            [np.sin(lot.pose.azimuth_rad), np.cos(lot.pose.azimuth_rad)]
        )
        cell = (ahead - np.array(ground.origin_m)) / ground.cell_m
        assert (cell > 0).all()
        assert (cell < ground.albedo.shape[::-1]).all()


def test_branches_hang_still_in_calm_and_sway_in_wind() -> None:
    assert swaying(WINDY, 2.9, 1.0) == ()
    t = np.arange(0.0, 6.0, 0.1)
    tips = np.array([swaying(WINDY, 8.0, float(at))[0].solid.vertices_m for at in t])
    speed = np.linalg.norm(np.diff(tips, axis=0), axis=2) / 0.1
    assert 0.05 < speed.max() < 4.0
    assert np.linalg.norm(np.ptp(tips, axis=0), axis=1).max() < 1.5
    assert np.array_equal(tips[7], swaying(WINDY, 8.0, float(t[7]))[0].solid.vertices_m)
    gale = np.array([swaying(WINDY, 16.0, float(at))[0].solid.vertices_m for at in t[:20]])
    assert np.ptp(gale, axis=0).max() > np.ptp(tips[:20], axis=0).max()


def test_branches_are_numbered_beyond_all_others() -> None:
    bodies = swaying(WINDY, 8.0, 0.0)
    assert [body.number for body in bodies] == list(range(490, 490 + len(bodies)))
    assert all(body.kind is Kind.OTHER for body in bodies)
