"""Training pictures: the same order gives the same table, however it was interrupted and wherever it was drawn."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from distributed import LocalCluster
from PIL import Image

from firmware.errors import NodeError
from firmware.messages import Size
from simulator.conditions import CONDITIONS
from simulator.dataset import factory
from simulator.dataset.batch import make_batch
from simulator.dataset.crowd import crowd
from simulator.dataset.factory import DatasetSpec, make_dataset
from simulator.dataset.nights import PER_SCENE, moments, scripted
from simulator.dataset.still import BatchSpec
from simulator.director import movers
from simulator.lens.settings import LensSettings
from simulator.lots.build import random_lot
from simulator.moment import Kind
from simulator.scene import Fidelity, Scene, SceneSpec, Stage, build_scene, library_of

SMALL = Size(320, 180)


def order(folder: Path, images: int = 7) -> DatasetSpec:
    return DatasetSpec(images, 1200, SMALL, Fidelity.FAST, folder, workers=1)


def test_a_dataset_is_coco_and_resumes_where_it_was_stopped(tmp_path: Path) -> None:
    spec = order(tmp_path)
    first = make_dataset(spec)
    assert next(first) == 0
    assert next(first) > 0
    first.close()
    assert not (tmp_path / "labels.json").exists()
    kept = {path.name: path.stat().st_mtime_ns for path in (tmp_path / "lots").iterdir()}
    assert len(kept) == 1
    counts = list(make_dataset(spec))
    assert counts[0] > 0 and counts[-1] == 7
    assert all((tmp_path / "lots" / name).stat().st_mtime_ns == stamp for name, stamp in kept.items())
    table = json.loads((tmp_path / "labels.json").read_bytes())
    assert len(table["images"]) == 7
    assert len({a["id"] for a in table["annotations"]}) == len(table["annotations"]) > 7
    for image in table["images"]:
        with Image.open(tmp_path / image["file_name"]) as picture:
            assert picture.size == (320, 180)
    for annotation in table["annotations"]:
        x_px, y_px, w_px, h_px = annotation["bbox"]
        assert x_px >= 0 and y_px >= 0 and x_px + w_px <= 320.1 and y_px + h_px <= 180.1 and w_px > 0 and h_px > 0


def test_the_same_lot_gives_the_same_truth_and_pictures() -> None:
    spec = BatchSpec(1301, 2, SMALL, Fidelity.FAST)
    one, two = make_batch(spec), make_batch(spec)
    assert [still.truth for still in one] == [still.truth for still in two]
    assert [still.jpeg for still in one] == [still.jpeg for still in two]


def test_another_order_and_a_damaged_table_are_told(tmp_path: Path) -> None:
    list(make_dataset(order(tmp_path, 1)))
    with pytest.raises(NodeError, match="begun with"):
        list(make_dataset(replace(order(tmp_path, 1), size=Size(640, 360))))
    (table,) = (tmp_path / "lots").iterdir()
    table.write_bytes(table.read_bytes()[:50])
    with pytest.raises(NodeError, match="is damaged"):
        list(make_dataset(order(tmp_path, 1)))


def test_an_existing_cluster_draws_the_same(tmp_path: Path) -> None:
    with LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address="127.0.0.1:0") as cluster:
        spec = DatasetSpec(3, 1200, SMALL, Fidelity.FAST, tmp_path / "cluster", cluster.scheduler_address)
        assert list(make_dataset(spec))[-1] == 3
    list(make_dataset(DatasetSpec(3, 1200, SMALL, Fidelity.FAST, tmp_path / "here", workers=1)))
    tables = [(tmp_path / name / "labels.json").read_bytes() for name in ("cluster", "here")]
    assert tables[0] == tables[1]


def test_no_cluster_there_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(factory, "CONNECT_S", 0.5)
    with pytest.raises(NodeError, match=r"tcp://127.0.0.1:9: no Dask scheduler answers"):
        list(make_dataset(DatasetSpec(1, 1200, SMALL, Fidelity.FAST, tmp_path, "tcp://127.0.0.1:9")))


def test_crowds_vary_and_stand_clear_of_cars() -> None:
    lot = random_lot(1400, wild=True)
    plays = [crowd(lot, turn) for turn in range(30)]
    assert len({len(play.roles) for play in plays}) > 3
    assert any(play.blazes for play in plays) and any(play.lamps for play in plays)
    for play in plays:
        for role in play.roles:
            spot = np.asarray(role.acts[0].place_m)[None]
            assert all(float(vehicle.outside_m(spot)[0]) > 0.0 for vehicle in lot.vehicles)


def test_every_vehicle_of_the_truth_is_drawn_in_every_turn() -> None:
    """A car whose lamps are lit in one of a lot's pictures is left out of its standing world, not of its others."""
    lot = random_lot(1003, wild=True)
    plays = [crowd(lot, turn) for turn in range(8)]
    stage = Stage(lot, SMALL, Fidelity.TRACKS, movers(*plays))
    assert stage.without
    for play in plays:
        scene = Scene(stage, play, CONDITIONS["clear"], LensSettings())
        drawn = {body.number for body in (*stage.standing.bodies, *scene.director.moment(1.0).moving)}
        assert {vehicle.number for vehicle in lot.vehicles} <= drawn


def test_nights_are_stills_of_scripts_with_what_a_judge_needs(tmp_path: Path) -> None:
    spec = DatasetSpec(3, 300, SMALL, Fidelity.FAST, tmp_path, workers=1, library="evaluation")
    assert list(make_dataset(spec))[-1] == 3
    table = json.loads((tmp_path / "labels.json").read_bytes())
    assert {image["sequence"] for image in table["images"]} == {"night-000300-fight-again"}
    assert {image["condition"] for image in table["images"]} == {"clear"}
    assert len({image["file_name"] for image in table["images"]}) == 3
    for image in table["images"]:
        with Image.open(tmp_path / image["file_name"]) as picture:
            assert picture.size == (320, 180)
    asked = {"distance_m", "visible_ratio", "activity", "condition", "track", "contrast"}
    assert table["annotations"] and all(asked <= annotation.keys() for annotation in table["annotations"])
    with pytest.raises(NodeError, match="begun with"):
        list(make_dataset(replace(spec, library="development")))


@pytest.mark.parametrize("library", ["development", "evaluation"])
def test_a_run_of_seeds_shows_every_scenario_and_condition_but_no_harmed_camera(library: str) -> None:
    firsts = [next(scripted(BatchSpec(300 + n, 8, SMALL, Fidelity.FAST, library))) for n in range(60)]
    assert {first.condition for first in firsts} == {*CONDITIONS}
    harmless = {name for name, one in library_of(library).items() if one.kind != "camera-tamper"}
    assert {first.scenario for first in firsts} == harmless
    assert len({first.seed for first in firsts}) == 60


def test_moments_show_somebody_or_nobody() -> None:
    scene = build_scene(SceneSpec("fox-family", 303, "clear", SMALL, Fidelity.TRACKS, "evaluation"))
    times_s = moments(scene, PER_SCENE, np.random.default_rng(1))
    assert times_s == sorted(set(times_s)) and len(times_s) == PER_SCENE
    there = [[thing for thing in scene.truth(t_s) if thing.kind is Kind.ANIMAL] for t_s in times_s]
    plain = [any(thing.visible_ratio >= 0.25 for thing in things) for things in there]
    assert sum(plain) == 5 and sum(not any(t.visible_ratio > 0.05 for t in things) for things in there) == 3
    assert times_s == moments(scene, PER_SCENE, np.random.default_rng(1))
    quiet = build_scene(SceneSpec("nobody", 303, "clear", SMALL, Fidelity.TRACKS, "evaluation"))
    assert len(moments(quiet, PER_SCENE, np.random.default_rng(1))) == PER_SCENE
