"""Average precision, with ignored boxes and unlabelled classes left open."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.data import EVERY_CLASS, Picture
from models.finds import Finds, clipped, iou_matrix, suppress
from models.measure import HEIGHT_BANDS, Curve, FalseFinds, Point, curve, gather

Row = tuple[float, float, float, float]
A, B, FAR = (0.0, 0.0, 10.0, 10.0), (50.0, 0.0, 60.0, 10.0), (200.0, 200.0, 210.0, 210.0)


def picture(boxes: list[Row], *, ignored: list[Row] = [], hides: int = EVERY_CLASS, labelled: int = 5) -> Picture:  # noqa: B006
    return Picture(
        name="p",
        source="s",
        data=b"",
        size_px=(640, 480),
        boxes=np.array(boxes, np.float32).reshape(-1, 4),
        classes=np.zeros(len(boxes), np.int64),
        ignored=np.array(ignored, np.float32).reshape(-1, 4),
        ignored_classes=np.full(len(ignored), hides, np.int64),
        labelled=frozenset(range(labelled)),
    )


def finds(*rows: tuple[Row, float], kind: int = 0) -> Finds:
    return Finds(
        np.array([box for box, _ in rows], np.float32).reshape(-1, 4),
        np.full(len(rows), kind, np.int64),
        np.array([score for _, score in rows], np.float32),
    )


def test_everything_found_and_nothing_else_is_one() -> None:
    assert curve([picture([A, B])], [finds((A, 0.9), (B, 0.8))], 0).average_precision() == pytest.approx(1.0)


def test_half_found_is_one_half() -> None:
    assert curve([picture([A, B])], [finds((A, 0.9))], 0).average_precision() == pytest.approx(0.5)


def test_a_false_find_above_a_right_one_costs() -> None:
    # Precision at the only object is 1/2: the area is 1/2.
    judged = curve([picture([A])], [finds((FAR, 0.9), (A, 0.8))], 0)
    assert judged.average_precision() == pytest.approx(0.5)


def test_a_second_find_of_the_same_object_is_false() -> None:
    judged = curve([picture([A])], [finds((A, 0.9), (A, 0.8))], 0)
    assert judged.right.tolist() == [True, False]


def test_scores_are_compared_over_all_pictures() -> None:
    judged = curve([picture([A]), picture([A])], [finds((FAR, 0.9)), finds((A, 0.5))], 0)
    assert judged.right.tolist() == [False, True]


def test_a_find_on_an_ignored_box_is_neither_right_nor_wrong() -> None:
    judged = curve([picture([A], ignored=[FAR])], [finds((FAR, 0.9), (A, 0.8))], 0)
    assert judged.right.tolist() == [True]


def test_an_ignored_box_of_another_class_excuses_nothing() -> None:
    judged = curve([picture([A], ignored=[FAR], hides=3)], [finds((FAR, 0.9), (A, 0.8))], 0)
    assert judged.right.tolist() == [False, True]


def test_a_picture_that_is_not_labelled_for_the_class_does_not_count() -> None:
    judged = curve([picture([A], labelled=0), picture([A])], [finds((FAR, 0.9)), finds((A, 0.8))], 0)
    assert (judged.pictures, judged.objects) == (1, 1)
    assert judged.average_precision() == pytest.approx(1.0)


def test_finds_of_another_class_do_not_count() -> None:
    assert curve([picture([A])], [finds((A, 0.9), kind=1)], 0).average_precision() == 0.0


def test_without_an_object_there_is_no_precision_to_tell() -> None:
    judged = curve([picture([])], [finds((A, 0.9))], 0)
    assert judged.average_precision() is None
    assert judged.at(0.5) == Point(0.0, 0.0, 1.0)


def test_the_operating_point_counts_what_is_above_the_threshold() -> None:
    judged = curve([picture([A, B])], [finds((A, 0.9), (FAR, 0.6), (B, 0.3))], 0)
    assert judged.at(0.5) == Point(0.5, 0.5, 1.0)


def test_overlap_of_shifted_boxes() -> None:
    boxes = np.array([A, (5.0, 0.0, 15.0, 10.0), FAR], np.float32)
    assert iou_matrix(boxes[:1], boxes)[0] == pytest.approx([1.0, 1 / 3, 0.0], abs=1e-6)


def test_suppression_keeps_the_best_of_each_class() -> None:
    kept = suppress(finds((A, 0.5), ((1.0, 0.0, 11.0, 10.0), 0.9), (FAR, 0.4)))
    assert kept.scores.tolist() == pytest.approx([0.9, 0.4])


def test_boxes_are_cut_at_the_edge_and_what_is_outside_is_dropped() -> None:
    kept = clipped(finds(((-5.0, 2.0, 20.0, 8.0), 0.9), ((30.0, 0.0, 40.0, 8.0), 0.8), ((np.nan, 0, 1, 1), 0.7)), 16, 9)
    assert kept.boxes.tolist() == [[0.0, 2.0, 16.0, 8.0]]
    assert kept.scores.tolist() == pytest.approx([0.9])


def small_and_large() -> tuple[Picture, Row, Row]:
    """In a picture of 640 px width, boxes of 20 and 50 px height are 16 and 40 px in one of 512."""
    small, large = (0.0, 0.0, 10.0, 20.0), (100.0, 0.0, 130.0, 50.0)
    return picture([small, large]), small, large


def test_a_band_counts_its_objects_the_finds_on_them_and_false_finds_of_its_own_size() -> None:
    shown, small, large = small_and_large()
    false_small, false_large = (300.0, 0.0, 310.0, 20.0), (400.0, 0.0, 430.0, 50.0)
    found = finds((false_large, 0.9), (large, 0.8), (false_small, 0.7), (small, 0.6))
    evidence = gather([shown], [found], 0)
    under, fifteen, thirty, over = (evidence.curve(band=band) for band in HEIGHT_BANDS)
    assert (under.objects, fifteen.objects, thirty.objects, over.objects) == (0, 1, 1, 0)
    assert fifteen.right.tolist() == [False, True]
    assert fifteen.scores.tolist() == pytest.approx([0.7, 0.6])
    assert thirty.scores.tolist() == pytest.approx([0.9, 0.8])
    assert under.average_precision() is None


def test_a_find_on_an_object_of_another_band_is_not_false_there() -> None:
    """A find of 28 px height on an object of 40: in the band of 15-30 it does not count at all."""
    shown, _, large = small_and_large()
    evidence = gather([shown], [finds(((large[0], large[1], large[2], 35.0), 0.9))], 0)
    assert len(evidence.curve(band=HEIGHT_BANDS[1]).scores) == 0
    assert evidence.curve(band=HEIGHT_BANDS[2]).right.tolist() == [True]


def test_evidence_is_cut_to_some_pictures_without_matching_again() -> None:
    both = [picture([A]), picture([A, B])]
    evidence = gather(both, [finds((FAR, 0.9)), finds((A, 0.5))], 0)
    only = evidence.curve(np.array([False, True]))
    assert (only.objects, only.pictures, only.right.tolist()) == (2, 1, [True])
    assert evidence.object_scores().tolist() == pytest.approx([-1.0, 0.5, -1.0])
    assert evidence.object_picture.tolist() == [0, 1, 1]


def test_false_finds_are_counted_where_the_class_was_seen_to_be_absent() -> None:
    with_one, without, open_ = picture([A]), picture([]), picture([], labelled=0)
    found = [finds((FAR, 0.9), (B, 0.8)), *[finds((FAR, 0.9), (B, 0.3))] * 3]
    evidence = gather([with_one, without, without, open_], found, 0)
    assert evidence.in_bare().at(0.5) == FalseFinds(pictures=2, finds=2, pictures_with=2)
    assert evidence.in_bare().at(0.2) == FalseFinds(pictures=2, finds=4, pictures_with=2)
    assert evidence.in_bare(np.array([True, True, False, True])).pictures == 1


def test_an_ignored_box_takes_nothing_but_what_touches_it_from_a_picture_without_any() -> None:
    """A find that lies on it for a third only is false, but may be meant for what hides there."""
    shown = picture([], ignored=[A])
    beside = (6.0, 0.0, 18.0, 10.0)
    evidence = gather([shown], [finds((beside, 0.9), (FAR, 0.8), (A, 0.7))], 0)
    assert evidence.curve().scores.tolist() == pytest.approx([0.9, 0.8])
    assert evidence.in_bare().scores.tolist() == pytest.approx([0.8])


@pytest.mark.parametrize(("count", "limit"), [(0, 2.996), (1, 4.744), (5, 10.513), (30, 40.69)])
def test_the_upper_limit_of_false_finds_is_that_of_a_poisson_mean(count: int, limit: float) -> None:
    # Quantiles of chi-squared, halved, from tables.
    assert FalseFinds(1000, count, count).per_1000_at_most == pytest.approx(limit, rel=0.012)


def test_the_threshold_for_a_precision_is_the_lowest_that_still_gives_it() -> None:
    judged = Curve(np.array([0.9, 0.8, 0.7, 0.6], np.float32), np.array([True, False, True, False]), 4, 1)
    assert judged.threshold_at(0.9) == pytest.approx(0.9)
    assert judged.threshold_at(0.6) == pytest.approx(0.7)
    assert judged.recall_at(0.6) == pytest.approx(0.5)
    assert Curve(judged.scores[:1], np.array([False]), 4, 1).threshold_at(0.9) is None


def test_finds_of_one_score_come_and_go_together() -> None:
    judged = Curve(np.array([0.9, 0.9, 0.9], np.float32), np.array([True, True, False]), 2, 1)
    assert judged.threshold_at(0.9) is None
    assert judged.recall_at(0.6) == 1.0


@st.composite
def curves(draw: st.DrawFn) -> Curve:
    scores = sorted(draw(st.lists(st.floats(0, 1, width=32), max_size=30)), reverse=True)
    right = [draw(st.booleans()) for _ in scores]
    return Curve(np.array(scores, np.float32), np.array(right, np.bool_), sum(right) + draw(st.integers(0, 5)), 1)


@settings(deadline=None)
@given(curves(), st.floats(0.05, 1.0))
def test_what_a_threshold_promises_holds_at_it(judged: Curve, precision: float) -> None:
    threshold = judged.threshold_at(precision)
    if threshold is None:
        assert all(judged.at(float(score)).precision < precision for score in judged.scores)
    else:
        assert judged.at(threshold).precision >= precision
        lower = [float(score) for score in judged.scores if score < threshold]
        assert all(judged.at(score).precision < precision for score in lower)


@settings(deadline=None)
@given(curves())
def test_average_precision_lies_between_nothing_and_what_was_found(judged: Curve) -> None:
    area = judged.average_precision()
    assert area is None or -1e-9 <= area <= float(judged.recall[-1] if len(judged.scores) else 0.0) + 1e-9


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40), st.integers(1, 30), st.integers(1, 30))), st.data())
def test_no_object_is_found_twice(boxes: list[tuple[int, int, int, int]], data: st.DataObject) -> None:
    rows = [(float(x), float(y), float(x + w), float(y + h)) for x, y, w, h in boxes]
    found = [(row, data.draw(st.floats(0.125, 1, width=32))) for row in rows * 2]
    evidence = gather([picture(rows)], [finds(*found)], 0)
    hit = evidence.match[evidence.match >= 0]
    assert len(set(hit.tolist())) == len(hit) <= len(rows)
    assert (evidence.object_scores() >= 0).sum() == len(hit)
