"""The noise model says what its parameters say, keeps its order, and is read by what reads recorded detections."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from firmware.messages import SEEN_SCORE, ObjectKind, Size
from simulator.conditions import CONDITIONS
from simulator.groundtruth import recorded
from simulator.groundtruth.detector import DetectorModel, illusions, recall
from simulator.groundtruth.noise import OBJECT_KINDS, DetectionTable, detections, renewed
from simulator.groundtruth.records import ACTIVITY_CODES, Columns, TruthTable, stacked
from simulator.moment import Kind
from simulator.play import Activity
from tests.nights.night import Night

SIZE = Size(1280, 720)
CLEAR = CONDITIONS["clear"]


@dataclass(frozen=True)
class As:
    activity: str = "walk"
    visible: float = 1.0
    distance_m: float = 12.0
    box: tuple[float, ...] = (600, 300, 40, 100)


def standing(times_s: np.ndarray, about: As = As(), number: int = 101, kind: Kind = Kind.PERSON) -> TruthTable:
    n = len(times_s)
    x, y, w, h = about.box
    corners = np.tile(np.array([x, y, x + w, y + h], dtype=np.float64), (n, 1))
    columns = Columns(
        np.arange(n, dtype=np.int32), corners, corners, np.full(n, about.visible), np.array(about.distance_m),
        np.array(ACTIVITY_CODES[about.activity], dtype=np.int32),
    )  # fmt: skip
    return TruthTable.of(SIZE, times_s, number, kind, columns)


def times(seconds: float, hz: float = 5.0) -> np.ndarray:
    return np.arange(int(seconds * hz)) / hz


def found_share(table: TruthTable, seen: DetectionTable, number: int = 101) -> float:
    return float(((seen.track == number) & (seen.score >= SEEN_SCORE)).sum() / (table.track == number).sum())


def test_walking_people_are_found_as_often_as_measured_and_bent_ones_in_a_third_of_looks() -> None:
    t_s = times(4000.0)
    walking = standing(t_s)
    assert 0.71 <= found_share(walking, detections(walking, CLEAR, 1)) <= 0.77
    bent = standing(t_s, As(activity=Activity.PRY.value))
    assert 0.28 <= found_share(bent, detections(bent, CLEAR, 1)) <= 0.38


def test_small_hidden_and_far_things_are_found_less_often() -> None:
    t_s = times(20.0)
    model = DetectorModel()

    def chance(**changes: object) -> float:
        return float(recall(standing(t_s, As(**changes)), CLEAR, model)[0])  # type: ignore[arg-type]

    tall = [chance(box=(600, 300, 0.4 * h, h)) for h in (15.0, 25.0, 40.0, 80.0, 160.0)]
    assert tall == sorted(tall)
    assert tall[1] < 0.02 < tall[2] < 0.1 < 0.65 < tall[3]
    shares = [chance(visible=share) for share in (0.1, 0.3, 0.6, 1.0)]
    assert shares == sorted(shares)
    assert shares[1] == pytest.approx(0.5 * shares[3], rel=0.05)
    away = [chance(distance_m=metres) for metres in (10.0, 30.0, 50.0)]
    assert away[0] > away[1] > away[2]
    fog = float(recall(standing(t_s, As(distance_m=30.0)), CONDITIONS["fog-dense"], model)[0])
    assert fog < 0.1 * away[1]
    dark = float(recall(standing(t_s, As(distance_m=30.0)), CONDITIONS["ir-off"], model)[0])
    assert dark < 0.5 * away[1]


def test_misses_come_in_runs_as_long_as_the_memory_says() -> None:
    """The chain's correlation from look to look is exp(-dt / memory), and a hundred times nothing after a gap."""
    t_s = times(20000.0)
    table = standing(t_s)
    seen = detections(table, CLEAR, 3)
    hit = np.zeros(len(t_s))
    hit[seen.frame[(seen.track == 101) & (seen.score >= SEEN_SCORE)]] = 1.0
    measured = np.corrcoef(hit[:-1], hit[1:])[0, 1]
    assert measured == pytest.approx(np.exp(-0.2 / DetectorModel().kinds[Kind.PERSON].memory_s), abs=0.03)


def test_luck_is_not_shared_between_tracks_nor_carried_over_a_gap() -> None:
    t_s = np.array([0.0, 0.01, 0.02, 500.0, 500.01])
    both = stacked(SIZE, t_s, [standing(t_s, number=102), standing(t_s, number=101)])
    rows = renewed(both, np.full(10, 1000.0), np.random.default_rng(5))
    assert list(rows[:3]) == [0, 0, 0]
    assert rows[5] == 5
    rows = renewed(both, np.full(10, 1.0), np.random.default_rng(5))
    assert rows[3] == 3 and rows[8] == 8


def test_boxes_waver_with_their_height_and_stay_in_the_picture() -> None:
    t_s = times(2000.0)
    spread = {}
    for high in (50.0, 200.0):
        table = standing(t_s, As(box=(1230.0, 300.0, 0.6 * high, high)))
        seen = detections(table, CLEAR, 4)
        own = seen.track == 101
        spread[high] = float(np.std(seen.box[own, 1]))
        assert (seen.box[:, 0] >= 0).all() and (seen.box[:, 0] + seen.box[:, 2] <= SIZE.width_px).all()
        assert (seen.box[:, 1] + seen.box[:, 3] <= SIZE.height_px).all() and (seen.box[:, 2:] >= 1).all()
    person = DetectorModel().kinds[Kind.PERSON]
    expected = 200.0 * np.hypot(person.held.top, person.quick.top)
    assert spread[200.0] == pytest.approx(expected, rel=0.12)
    assert spread[50.0] == pytest.approx(expected / 4, rel=0.12)


def test_scores_say_whether_a_thing_was_found() -> None:
    table = standing(times(2000.0), As(activity=Activity.LOOK_IN.value))
    seen = detections(table, CLEAR, 6)
    own = seen.score[seen.track == 101]
    assert own.min() >= 0.1 and own.max() < 1.0
    missed = len(table) - int((own >= SEEN_SCORE).sum())
    assert int((own < SEEN_SCORE).sum()) == pytest.approx(DetectorModel().weak_share * missed, rel=0.1)


def test_neighbours_grow_together_and_those_apart_do_not() -> None:
    t_s = times(1000.0)
    near = stacked(SIZE, t_s, [standing(t_s), standing(t_s, As(box=(612, 300, 40, 100)), 102)])
    apart = stacked(SIZE, t_s, [standing(t_s), standing(t_s, As(box=(700, 300, 40, 100)), 102)])
    per_frame = []
    for table in (near, apart):
        seen = detections(table, CLEAR, 7)
        real = seen.track > 0
        per_frame.append(np.bincount(seen.frame[real], minlength=len(t_s)))
    assert (per_frame[0] == 2).mean() < 0.75 * (per_frame[1] == 2).mean()
    merged = detections(near, CLEAR, 7)
    assert merged.box[merged.track > 0, 2].max() > 45.0


@pytest.mark.parametrize("name", ["clear", "insects", "snow-heavy", "headlights", "web"])
def test_false_finds_are_as_many_as_the_condition_says(name: str) -> None:
    condition = CONDITIONS[name]
    minutes = 400.0
    table = standing(times(60 * minutes))
    seen = detections(table, condition, 8)
    wanted = sum(one.per_min for one in illusions(condition)) * minutes
    frames = np.unique(seen.frame[seen.track == 0])
    events = 1 + int((np.diff(frames) > 1).sum())
    assert 0.6 * wanted < events < 1.15 * wanted
    assert {OBJECT_KINDS[code] for code in np.unique(seen.kind[seen.track == 0])} == {
        one.kind for one in illusions(condition)
    }


def test_animals_are_sometimes_people_and_never_a_class_of_their_own() -> None:
    table = standing(times(2000.0), As("beast", box=(500, 400, 60, 45)), 301, Kind.ANIMAL)
    seen = detections(table, CLEAR, 9)
    own = seen.track == 301
    assert 0.02 < own.sum() / len(table) < 0.2
    assert {OBJECT_KINDS[code] for code in np.unique(seen.kind[own])} == {ObjectKind.PERSON}


def test_the_same_seed_says_the_same_and_another_something_else() -> None:
    table = standing(times(200.0))
    first, again, other = (detections(table, CONDITIONS["rain"], seed) for seed in (11, 11, 12))
    for name in ("frame", "kind", "score", "box", "track"):
        assert getattr(first, name).tobytes() == getattr(again, name).tobytes()
    assert first.box.tobytes() != other.box.tobytes()


def test_what_is_written_is_read_by_the_recorded_nights(tmp_path: Path) -> None:
    t_s = times(60.0)
    table = stacked(SIZE, t_s, [standing(t_s), standing(t_s, As("parked", box=(200, 300, 180, 120)), 1, Kind.VEHICLE)])
    seen = detections(table, CONDITIONS["insects"], 13)
    (tmp_path / "detections.jsonl").write_bytes(b"".join(recorded.lines(seen)))
    size, looks = Night(tmp_path).looks()
    assert size == SIZE
    assert [look.t_s for look in looks] == pytest.approx(list(t_s))
    for look, found in zip(looks, seen.looks(), strict=True):
        assert look.detections is not None
        assert [one.kind for one in look.detections] == [one.kind for one in found]
        for one, exact in zip(look.detections, found, strict=True):
            assert one.box.x_px == pytest.approx(exact.box.x_px, abs=0.051)
            assert one.score == pytest.approx(exact.score, abs=0.00051)


def test_a_table_of_nothing_gives_only_false_finds() -> None:
    t_s = times(600.0)
    seen = detections(stacked(SIZE, t_s, []), CONDITIONS["insects"], 14)
    assert len(seen) and (seen.track == 0).all()
    none = detections(stacked(SIZE, np.zeros(0), []), CLEAR, 14)
    assert len(none) == 0 and list(none.looks()) == []
