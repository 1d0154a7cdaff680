"""Heads: told apart by their tensors, and decoded to boxes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware.errors import ModelError
from models.classes import ANIMAL, LABELS, PERSON, TWO_WHEELER, VEHICLE
from models.graph import Graph, Operator, Tensor
from models.heads import COCO_TO_OURS, SSD_TO_OURS, Canvas, OwnHead, SsdHead, YoloHead, cell_boxes, recognise

CELLS = 8 * 4 + 4 * 2 + 2 * 1  # of 64 x 32 at strides 8, 16 and 32
GIVEN = (1, 32, 64, 1)


def graph(*outputs: tuple[int, ...], given: tuple[int, ...] = GIVEN, operators: tuple[Operator, ...] = ()) -> Graph:
    tensors = tuple(Tensor(f"t{number}", shape, "int8") for number, shape in enumerate((given, *outputs)))
    return Graph(tensors, operators, (0,), tuple(range(1, len(tensors))))


@pytest.mark.parametrize("classes", [1, 2, 4, 5, 6])
@pytest.mark.parametrize("turned", [False, True])
def test_our_head_is_known_by_its_two_outputs_in_either_order(classes: int, turned: bool) -> None:
    outputs = [(1, CELLS, 4), (1, CELLS, 1 + classes)]
    head = recognise(graph(*(outputs[::-1] if turned else outputs)), "x")
    assert isinstance(head, OwnHead)
    assert head.outputs == ((2, 1) if turned else (1, 2))
    assert head.labels == LABELS[:classes]
    assert (head.canvas.width_px, head.canvas.height_px, head.canvas.channels) == (64, 32, 1)


def test_a_yolo_is_known_in_either_layout() -> None:
    for shape, columns_first in (((1, 84, CELLS), True), ((1, CELLS, 84), False)):
        head = recognise(graph(shape, given=(1, 32, 64, 3)), "x")
        assert isinstance(head, YoloHead)
        assert head.columns_first is columns_first


def test_an_ssd_is_known_by_its_operator_and_its_outputs_by_their_order_there() -> None:
    """Some exports name the four outputs of the graph in another order than the operator."""
    operator = Operator("TFLite_Detection_PostProcess", (0,), (4, 2, 1, 3))
    head = recognise(graph((), (), (), (), given=(1, 300, 300, 3), operators=(operator,)), "x")
    assert isinstance(head, SsdHead)
    assert head.outputs == (4, 2, 1)
    assert head.canvas.squeezed


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (graph((1, CELLS, 4), (1, CELLS, 4)), "not 3"),
        (graph((1, CELLS, 4), (1, CELLS, 8)), "1 to 6 classes"),
        (graph((1, CELLS + 1, 4), (1, CELLS + 1, 7)), r"\[1, 42, 4\]"),
        (graph((1, CELLS, 4)), "no head that is known"),
        (graph((1, CELLS, 85)), "YOLOv8's or 11's for COCO"),
        (graph((1, 6, CELLS)), "no head that is known"),
        (graph((1, CELLS, 4), (1, CELLS, 7), (1, 2)), "no head that is known"),
        (graph((1, CELLS, 4), (1, CELLS, 7), given=(1, 3, 32, 64)), r"\[1, height, width, 1 or 3\]"),
        (Graph((), (), (), ()), r"inputs \[\]; there must be one"),
    ],
)
def test_what_is_no_known_head_is_told_of_with_what_would_be(wrong: Graph, says: str) -> None:
    with pytest.raises(ModelError, match=rf"net.tflite: .*{says}"):
        recognise(wrong, "net.tflite")


CANVAS = Canvas(64, 32, 1, white=255.0)


def test_a_cell_of_the_second_grid_is_decoded_by_its_stride() -> None:
    """Row 32 + 4 + 1 is cell (1, 1) of the grid of stride 16: half a cell right and down, two cells wide, one high."""
    raw = np.zeros((CELLS, 4), np.float32)
    raw[37] = 0.5, 0.5, np.log(2), 0.0
    assert cell_boxes(raw, CANVAS)[37].tolist() == pytest.approx([24 - 16, 24 - 8, 24 + 16, 24 + 8])


@settings(deadline=None, max_examples=50)
@given(st.integers(0, CELLS - 1), st.floats(-100, 100, width=32))
def test_boxes_stay_finite(row: int, value: float) -> None:
    raw = np.zeros((CELLS, 4), np.float32)
    raw[row] = value
    assert np.isfinite(cell_boxes(raw, CANVAS)).all()


def test_our_scores_are_objectness_times_class_and_a_cell_may_be_two_things() -> None:
    logits = np.full((CELLS, 7), -20.0, np.float32)
    logits[5, (0, 1, 3)] = 20.0, 0.0, 2.0
    found = OwnHead(CANVAS, (1, 2), LABELS).decode([np.zeros((CELLS, 4), np.float32), logits])
    assert found.classes.tolist() == [PERSON, TWO_WHEELER]
    assert found.scores.tolist() == pytest.approx([0.5, 1 / (1 + np.exp(-2))])


@pytest.mark.parametrize("unit", [1.0, 64.0])
@pytest.mark.parametrize("columns_first", [False, True])
def test_a_yolos_boxes_may_be_shares_or_pixels(unit: float, columns_first: bool) -> None:
    rows = np.zeros((CELLS, 84), np.float32)
    rows[3, :4] = np.array((0.5, 0.5, 0.25, 0.5)) * unit
    rows[3, 4 + 7] = 0.8  # a lorry
    rows[3, 4 + 2] = 0.6  # and a car: one vehicle, at the better score
    head = YoloHead(Canvas(64, 64, 3, white=1.0), (1,), columns_first)
    found = head.decode([rows.T if columns_first else rows])
    assert found.classes.tolist() == [VEHICLE]
    assert found.scores.tolist() == pytest.approx([0.8])
    assert found.boxes[0].tolist() == pytest.approx([24, 16, 40, 48])


def test_an_ssds_boxes_are_turned_and_other_classes_dropped() -> None:
    boxes = np.array([(0.1, 0.2, 0.5, 0.6), (0, 0, 1, 1)], np.float32)
    head = SsdHead(Canvas(300, 200, 3, white=1.0, squeezed=True), (1, 2, 3))
    found = head.decode([boxes, np.array([17, 9], np.float32), np.array([0.7, 0.9], np.float32)])
    assert found.classes.tolist() == [ANIMAL]  # 17 is a dog; 9 is a traffic light
    assert found.boxes[0].tolist() == pytest.approx([60, 20, 180, 100])


def test_both_numberings_of_coco_name_the_same_things() -> None:
    """COCO's 80 numbers and SSD's, which keep the gap of the street sign before bird (14 and 15) and bench."""
    assert {SSD_TO_OURS[number] for number in range(15, 25)} == {COCO_TO_OURS[number] for number in range(14, 24)}
    assert [SSD_TO_OURS[number] for number in (0, 1, 2, 3, 5, 7)] == [COCO_TO_OURS[n] for n in (0, 1, 2, 3, 5, 7)]
    assert 14 not in SSD_TO_OURS
