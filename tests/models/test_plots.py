"""Charts and contact sheets: what they show, and which mistakes are the worst."""

import io
import itertools
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from models.chart import COLOURS, Series, chart, shares
from models.data import Picture
from models.evaluate import Reading, Study
from models.finds import Finds
from models.plots import plot
from models.sheet import FALSE_COLOUR, MOST, MOST_OF_A_SEQUENCE, TRUE_COLOUR, false_finds, misses, sheet

Row = tuple[float, float, float, float]
NUMBERS = itertools.count()
BOX, LARGE, ELSEWHERE = (10.0, 10.0, 30.0, 50.0), (40.0, 10.0, 80.0, 90.0), (120.0, 10.0, 150.0, 70.0)


def rgb(colour: str) -> tuple[int, ...]:
    return tuple(bytes.fromhex(colour[1:]))


def colours(image: Image.Image) -> set[object]:
    return {colour for _, colour in image.getcolors(1 << 24) or []}


def picture(boxes: list[Row], group: str = "") -> Picture:
    out = io.BytesIO()
    Image.new("L", (200, 100), 60).save(out, "PNG")
    return Picture(
        name=f"{next(NUMBERS)}.png",
        source="s",
        data=out.getvalue(),
        size_px=(200, 100),
        boxes=np.array(boxes, np.float32).reshape(-1, 4),
        classes=np.zeros(len(boxes), np.int64),
        ignored=np.zeros((0, 4), np.float32),
        ignored_classes=np.zeros(0, np.int64),
        labelled=frozenset({0}),
        group=group,
    )


def finds(*rows: tuple[Row, float]) -> Finds:
    return Finds(
        np.array([box for box, _ in rows], np.float32).reshape(-1, 4),
        np.zeros(len(rows), np.int64),
        np.array([score for _, score in rows], np.float32),
    )


def study(*pairs: tuple[Picture, Finds]) -> Study:
    return Study([one for one, _ in pairs], [Reading("ours", [found for _, found in pairs])])


def test_what_is_not_found_at_all_comes_first_and_the_larger_before_the_smaller() -> None:
    shown = study(
        (picture([BOX]), finds((BOX, 0.9))),
        (picture([BOX]), finds((BOX, 0.2))),
        (picture([BOX]), finds()),
        (picture([LARGE]), finds()),
    )
    assert [(one.picture, one.says) for one in misses(shown, shown.readings[0], 0)] == [
        (3, "not found, 205 px"),
        (2, "not found, 102 px"),
        (1, "score 0.20, 102 px"),
    ]


def test_false_finds_come_by_score_with_their_boxes() -> None:
    shown = study((picture([BOX]), finds((BOX, 0.9), (LARGE, 0.4))), (picture([]), finds((ELSEWHERE, 0.7), (BOX, 0.1))))
    worst = false_finds(shown, shown.readings[0], 0)
    assert [(one.picture, tuple(one.box), one.is_find) for one in worst] == [(1, ELSEWHERE, True), (0, LARGE, True)]


def test_a_sequence_does_not_fill_a_sheet() -> None:
    alike = [(picture([BOX], "film"), finds()) for _ in range(10)]
    others = [(picture([BOX], f"photo{number}"), finds()) for number in range(MOST + 5)]
    shown = study(*alike, *others)
    worst = misses(shown, shown.readings[0], 0)
    assert len(worst) == MOST
    assert sum(one.picture < 10 for one in worst) == MOST_OF_A_SEQUENCE


def test_a_tile_frames_the_mistake_and_what_is_right() -> None:
    shown = study((picture([BOX]), finds((BOX, 0.9), (LARGE, 0.4))))
    image = sheet("title", shown, false_finds(shown, shown.readings[0], 0), 0, grey=True)
    assert {rgb(TRUE_COLOUR), rgb(FALSE_COLOUR)} <= colours(image)


def test_a_line_goes_where_its_numbers_say() -> None:
    """A line at a half runs across the middle of the axes."""
    flat = Series("a", np.array([0.0, 1.0]), np.array([0.5, 0.5]))
    pixels = np.asarray(chart("t", shares("x"), shares("y"), [flat]))
    hits = np.argwhere((pixels == rgb(COLOURS[0])).all(2))
    rows = hits[hits[:, 1] > 200][:, 0]  # right of the legend
    axes = np.argwhere((pixels[:, 735:737] == 0x22).all(2))[:, 0]
    assert rows.mean() == pytest.approx((axes.min() + axes.max()) / 2, abs=2)
    assert np.ptp(rows) <= 3


def test_all_pictures_are_written_even_of_a_detector_that_finds_nothing(tmp_path: Path) -> None:
    shown = study((picture([BOX]), finds()), (picture([BOX]), finds()))
    names = [path.name for path in plot(tmp_path / "new" / "folder", shown, ["ours"], {})]
    assert names == ["person-precision-recall.png", "person-recall-by-height.png", "person-missed-ours.png"]
    assert all((tmp_path / "new" / "folder" / name).stat().st_size > 1000 for name in names)


def test_sheets_are_drawn_of_the_named_detectors_only(tmp_path: Path) -> None:
    shown = study((picture([BOX]), finds()))
    assert {path.name for path in plot(tmp_path, shown, [], {})} == {
        "person-precision-recall.png",
        "person-recall-by-height.png",
    }


def test_recall_of_small_people_stands_over_what_it_costs(tmp_path: Path) -> None:
    """Of people of 20 px in a 512-wide picture, the cheaper detector finds none, the dearer one both."""
    small = (10.0, 10.0, 14.0, 18.0)
    both = [picture([small]), picture([small])]
    cheap, dear = Reading("cheap", [finds(), finds()]), Reading("dear", [finds((small, 0.9))] * 2)
    shown = Study(both, [cheap, dear])
    path = plot(tmp_path, shown, [], {"cheap": 100_000_000, "dear": 800_000_000})[0]
    assert path.name == "small-people-recall-by-cost.png"
    with Image.open(path) as image:
        pixels = np.asarray(image)
    spots = [np.argwhere((pixels == rgb(colour)).all(2)) for colour in COLOURS[:2]]
    low, high = (spot[spot[:, 1] > 200] if number else spot[spot[:, 0] > 490] for number, spot in enumerate(spots))
    assert high[:, 0].mean() < 80 < low[:, 0].mean()
    assert low[:, 1].mean() < high[:, 1].mean()
