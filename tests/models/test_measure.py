"""Average precision, with ignored boxes and unlabelled classes left open."""

import numpy as np
import pytest

from models.data import EVERY_CLASS, Picture
from models.measure import best_threshold, curve
from models.peers import Finds, iou_matrix, suppress

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
    assert judged.at(0.5) == (0.0, 0.0, 1.0)


def test_the_operating_point_counts_what_is_above_the_threshold() -> None:
    judged = curve([picture([A, B])], [finds((A, 0.9), (FAR, 0.6), (B, 0.3))], 0)
    assert judged.at(0.5) == (pytest.approx(0.5), pytest.approx(0.5), pytest.approx(1.0))


def test_the_threshold_follows_what_is_asked_for() -> None:
    # At 0.9: precision 1, recall 1/3. At 0.3: precision 3/5, recall 1.
    boxes = [A, B, (100.0, 0.0, 110.0, 10.0)]
    judged = curve(
        [picture(boxes)],
        [finds((A, 0.9), (FAR, 0.6), ((0.0, 300.0, 9.0, 309.0), 0.5), (B, 0.4), (boxes[2], 0.3))],
        0,
    )
    assert best_threshold(judged, beta=2.0) == pytest.approx(0.3)
    assert best_threshold(judged, beta=0.3) == pytest.approx(0.9)
    assert best_threshold(judged, beta=2.0, floor=0.45) == pytest.approx(0.9)


def test_without_a_right_find_the_threshold_says_nothing() -> None:
    assert best_threshold(curve([picture([A])], [finds((FAR, 0.9))], 0), beta=1.0) == 0.5


def test_overlap_of_shifted_boxes() -> None:
    boxes = np.array([A, (5.0, 0.0, 15.0, 10.0), FAR], np.float32)
    assert iou_matrix(boxes[:1], boxes)[0] == pytest.approx([1.0, 1 / 3, 0.0], abs=1e-6)


def test_suppression_keeps_the_best_of_each_class() -> None:
    kept = suppress(finds((A, 0.5), ((1.0, 0.0, 11.0, 10.0), 0.9), (FAR, 0.4)))
    assert kept.scores.tolist() == pytest.approx([0.9, 0.4])
