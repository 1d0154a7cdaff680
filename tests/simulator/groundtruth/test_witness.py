"""What the witness says of a small lot: exactly, at once over time, and beside what is drawn."""

from dataclasses import astuple, replace

import numpy as np
import pytest

from firmware.messages import Box, Size
from simulator.conditions import CONDITIONS
from simulator.groundtruth import bodies
from simulator.groundtruth.records import ACTIVITIES, KINDS, TruthObject
from simulator.groundtruth.witness import Witness
from simulator.lots.build import standing
from simulator.lots.lot import Bay, Lane, Lot
from simulator.moment import Body, Kind, Moment
from simulator.optics import PolePose, View
from simulator.people.gait import walk_duration_s
from simulator.play import (
    Act,
    Activity,
    Blaze,
    CameraEvent,
    CameraHarm,
    Drive,
    Play,
    Role,
    Species,
)
from simulator.vehicles.vehicle import Dimensions, Model, Vehicle

SIZE = Size(1280, 720)
CLEAR = CONDITIONS["clear"]
BAYS_X = np.arange(-7.5, 7.6, 2.5)
NOSE_OUT = -np.pi / 2


def small_lot(bend: float = -0.1) -> Lot:
    bays = tuple(Bay(float(x), 12.0, 17.0, 2.5, 0) for x in BAYS_X)
    cars = tuple(
        Vehicle(n + 1, Model.HATCH, (float(x), 14.5), NOSE_OUT, Dimensions(4.3, 1.8, 1.5), n, seed=n)
        for n, x in enumerate(BAYS_X)
    )
    lane = (Lane((6.0, 12.0), -14.0),)
    return Lot(1, (PolePose(),), bend, bays, lane, cars, (), (), (), (), None, 0.3)


def stays(number: int, place: tuple[float, float], activity: Activity = Activity.STAND, end_s: float = 60.0) -> Role:
    return Role(number, number, (Act(activity, 0.0, end_s, np.array(place), -np.pi / 2),))


def walks(number: int, start_s: float, *corners: tuple[float, float]) -> Role:
    path = np.array(corners)
    end_s = start_s + walk_duration_s(path, 1.3)
    return Role(number, number, (Act(Activity.WALK, start_s, end_s, path[0], 0.0, path, 1.3),))


BUSY = Play(
    45.0,
    roles=(
        walks(101, 1.0, (-9.0, 18.5), (9.0, 18.5)),
        walks(102, 3.0, (-9.0, 10.5), (9.0, 10.5)),
        stays(103, (1.2, 13.5), Activity.PRY),
        Role(301, 5, (Act(Activity.WALK, 2.0, 20.0, np.array([-8.0, 8.0]), 0.0, np.array([[-8.0, 8.0], [8.0, 8.0]]),
                          1.0),), species=Species.FOX),
    ),
    drives=(Drive(2, 14.0, np.array([[-5.0, 14.5], [-5.0, 9.0], [-16.0, 9.0]]), 3.0),),
    blazes=(Blaze(200, (2.5, 12.1, 0.6), 15.0, 1.2, 10.0, smoulder_s=4.0),),
)  # fmt: skip


def witness(play: Play, size: Size = SIZE, bend: float = -0.1, condition: str = "clear") -> Witness:
    lot = small_lot(bend)
    return Witness(lot, play, View(lot.pose, size, lot.lens_bend), CONDITIONS[condition])


def found(things: tuple[TruthObject, ...]) -> dict[int, TruthObject]:
    return {thing.track: thing for thing in things}


def corners(box: Box) -> np.ndarray:
    return np.array([box.x_px, box.y_px, box.x_px + box.w_px, box.y_px + box.h_px])


def overlap(a: np.ndarray, b: np.ndarray) -> float:
    low, high = np.maximum(a[:2], b[:2]), np.minimum(a[2:], b[2:])
    both = np.maximum(high - low, 0).prod()
    return float(both / ((a[2:] - a[:2]).prod() + (b[2:] - b[:2]).prod() - both))


def test_the_same_time_says_the_same_and_sizes_only_scale() -> None:
    one, again = (witness(BUSY).at(12.0) for _ in range(2))
    assert [astuple(thing) for thing in one] == [astuple(thing) for thing in again]
    small = witness(BUSY, Size(640, 360)).at(12.0)
    assert [thing.track for thing in small] == [thing.track for thing in one]
    for a, b in zip(one, small, strict=True):
        assert a.visible_ratio == b.visible_ratio and a.hidden_by == b.hidden_by
        assert corners(a.shown) == pytest.approx(2 * corners(b.shown), abs=1e-6)


def test_everything_has_its_kind_activity_and_order() -> None:
    things = witness(BUSY).at(24.0)
    assert [thing.track for thing in things] == [1, *range(3, 8), 103, 200, 210]
    by = found(witness(BUSY).at(16.5))
    assert by[2].activity == "driving" and by[2].speed_m_s == pytest.approx(3.0, rel=0.6)
    assert by[1].activity == "parked" and by[1].kind is Kind.VEHICLE
    assert by[102].activity == "walk" and by[102].kind is Kind.PERSON
    assert by[102].speed_m_s == pytest.approx(1.3, abs=0.5)
    assert by[103].activity == "pry"
    assert by[301].kind is Kind.ANIMAL and by[301].activity == "beast"
    assert 210 in by and 200 not in by, "it smoulders first"
    assert found(witness(BUSY).at(24.0))[200].kind is Kind.FIRE


def test_distances_and_facing_are_those_of_the_lens() -> None:
    by = found(witness(Play(60.0, (stays(101, (0.0, 10.0)),))).at(5.0))
    assert by[101].distance_m == pytest.approx(np.hypot(10.0, 5.0 - 0.8))
    assert by[101].facing_rad == pytest.approx(0.0, abs=1e-9), "facing -y is facing the pole"
    assert by[101].speed_m_s == pytest.approx(0.0, abs=0.02)
    assert by[101].clarity > 0.99
    fog = found(witness(Play(60.0, (stays(101, (0.0, 10.0)),)), condition="fog-dense").at(5.0))
    assert fog[101].clarity == pytest.approx(np.exp(-2 * 3.912 * fog[101].distance_m / 50.0))


def test_a_car_hides_the_legs_of_somebody_behind_it() -> None:
    """The line from the lens over the car's rear edge meets a person 1 m behind it at a height that geometry gives."""
    by = found(witness(Play(60.0, (stays(101, (0.0, 17.8)),)), bend=0.0).at(5.0))
    somebody = by[101]
    assert somebody.hidden_by == 4
    assert 0.3 < somebody.visible_ratio < 0.8
    assert somebody.shown.y_px == pytest.approx(somebody.box.y_px, abs=1.0)
    view = View(PolePose(), SIZE)
    # The roof is highest (1.5 m) about the middle, the tail 16.65 m away and lower: the edge lies between.
    low, high = (5.0 - (5.0 - roof) * 17.8 / at for roof, at in ((1.5, 16.5), (1.5, 14.0)))
    edge, _ = view.project(np.array([[0.0, 17.8, low], [0.0, 17.8, high]]))
    cut = somebody.shown.y_px + somebody.shown.h_px
    assert min(edge[:, 1]) - 3 < cut < max(edge[:, 1]) + 12


def test_people_hide_people_and_nobody_hides_the_front_one() -> None:
    front, behind = stays(101, (0.0, 8.0)), stays(102, (0.0, 9.2))
    by = found(witness(Play(60.0, (front, behind))).at(3.0))
    assert by[101].visible_ratio == 1.0 and by[101].hidden_by is None
    assert by[102].hidden_by == 101 and by[102].visible_ratio < 0.75
    alone = found(witness(Play(60.0, (behind,))).at(3.0))
    assert alone[102].visible_ratio == 1.0
    table = witness(Play(60.0, (front, behind))).along(np.array([3.0]))
    assert float(table.visible_ratio[table.track == 102][0]) == pytest.approx(by[102].visible_ratio, abs=0.2)


def test_a_vehicle_that_has_left_is_gone_and_hides_nobody() -> None:
    play = replace(BUSY, roles=(stays(101, (-5.0, 17.8)),), blazes=())
    before, after = found(witness(play).at(5.0)), found(witness(play).at(40.0))
    assert before[101].hidden_by == 2 and after[101].hidden_by != 2
    assert after[101].visible_ratio > before[101].visible_ratio + 0.15
    assert 2 in before and 2 not in after


def test_along_agrees_with_the_exact_boxes() -> None:
    times_s = np.arange(0.0, 40.0, 1.6)
    one = witness(BUSY)
    table = one.along(times_s)
    rows = {(int(f), int(k)): row for row, (f, k) in enumerate(zip(table.frame, table.track, strict=True))}
    shown: dict[Kind, list[float]] = {}
    shares: dict[Kind, list[float]] = {}
    for frame, t_s in enumerate(times_s):
        for thing in one.at(float(t_s)):
            row = rows.pop((frame, thing.track), None)
            if row is None:
                assert thing.visible_ratio < 0.10, f"{thing} is missing at {t_s}"
                continue
            x, y, w, h = table.shown[row]
            shown.setdefault(thing.kind, []).append(overlap(corners(thing.shown), np.array([x, y, x + w, y + h])))
            shares.setdefault(thing.kind, []).append(abs(float(table.visible_ratio[row]) - thing.visible_ratio))
            assert KINDS[table.kind[row]] is thing.kind
            assert ACTIVITIES[table.activity[row]] == thing.activity
            assert float(table.distance_m[row]) == pytest.approx(thing.distance_m, rel=1e-4)
    assert all(float(table.visible_ratio[row]) < 0.10 for row in rows.values())
    for kind, least in ((Kind.VEHICLE, 0.97), (Kind.PERSON, 0.88), (Kind.FIRE, 0.9), (Kind.SMOKE, 0.9)):
        assert np.median(shown[kind]) >= least, kind
        assert np.quantile(shares[kind], 0.9) <= (0.10 if kind is Kind.PERSON else 0.03), kind


def test_along_is_sorted_and_the_same_on_every_run() -> None:
    times_s = np.arange(0.0, 45.0, 0.5)
    first, again = (witness(BUSY).along(times_s) for _ in range(2))
    for name in ("frame", "track", "kind", "box", "shown", "visible_ratio", "distance_m", "activity"):
        assert getattr(first, name).tobytes() == getattr(again, name).tobytes()
    place = first.track.astype(np.int64) * 1000 + first.frame
    assert (np.diff(place) > 0).all()
    assert (first.shown[:, :2] >= first.box[:, :2] - 1e-3).all()
    far = first.shown[:, :2] + first.shown[:, 2:]
    assert (far <= np.array([SIZE.width_px, SIZE.height_px]) + 1e-3).all()
    small = witness(BUSY, Size(640, 360)).along(times_s)
    assert small.visible_ratio.tobytes() == first.visible_ratio.tobytes()
    assert small.shown * 2 == pytest.approx(first.shown, abs=0.01)


def test_behind_a_covered_lens_nothing_shows_and_a_turned_one_sees_what_it_looks_at() -> None:
    times_s = np.arange(0.0, 40.0, 1.0)
    covered = witness(replace(BUSY, camera=(CameraEvent(CameraHarm.COVERED, 10.0),)))
    assert all(thing.visible_ratio == 0.0 for thing in covered.at(12.0))
    assert covered.along(times_s).frame.max() == 10
    turned = witness(replace(BUSY, camera=(CameraEvent(CameraHarm.TURNED, 10.0, 1.0, 0.3),)))
    before, after = found(turned.at(9.0)), found(turned.at(12.0))
    assert after[6].box.x_px < before[6].box.x_px - 150
    table = turned.along(times_s)
    own = table.track == 6
    assert table.shown[own & (table.frame == 9), 0] - table.shown[own & (table.frame == 12), 0] > 150
    assert set(table.frame.tolist()) == set(range(40))


def test_boxes_are_where_the_picture_changes() -> None:
    """Draw the lot with and without somebody: the pixels that change are what the witness says shows of them."""
    gl = pytest.importorskip("simulator.render.gl")
    play, lot = replace(BUSY, blazes=(), drives=()), small_lot(0.0)
    view = View(PolePose(), Size(640, 360))  # a pinhole: the renderer's own canvas
    truth = found(Witness(lot, play, view, CLEAR).at(6.5))
    moving = [Body(mover.being.number, mover.being.kind, mover.solid) for mover in bodies.movers(lot, play, 6.5)]
    renderer = gl.GlRenderer(standing(lot, frozenset()), view)
    try:
        everybody, *others = (
            renderer.picture([Moment(6.5, tuple(one for one in moving if one.number != left_out), (), 1.0, 0.0, 0.0)])
            for left_out in (0, 101, 102, 103)
        )
    finally:
        renderer.close()
    for number, without in zip((101, 102, 103), others, strict=True):
        nearer = everybody.depth_m < without.depth_m - 1e-3
        rows, columns = np.flatnonzero(nearer.any(axis=1)), np.flatnonzero(nearer.any(axis=0))
        drawn = np.array([columns[0], rows[0], columns[-1] + 1, rows[-1] + 1], dtype=float)
        assert corners(truth[number].shown) == pytest.approx(drawn, abs=1.5)
