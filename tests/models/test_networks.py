"""TFLite files as finders: reading, fitting pictures, integer inputs, several shapes, and what they cost."""

import shutil
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from firmware.errors import ModelError
from models import cost
from models.finds import Finds
from models.graph import Graph, Operator, Tensor, read_graph
from models.heads import Canvas
from models.networks import ShapedFinder, TfliteFinder, as_float, as_input, filled_ratio, fit, shaped
from tests.bundles import FLOAT, TINY

BLACK_TO_WHITE = np.array([[[0], [114], [255]]], np.uint8)


def picture(width_px: int, height_px: int) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    return np.random.default_rng([1, width_px, height_px]).integers(0, 256, (height_px, width_px, 3), np.uint8)


def test_an_int8_file_is_run_and_its_outputs_scaled() -> None:
    finder = TfliteFinder(TINY)
    assert finder.labels == ("person", "vehicle", "two-wheeler", "fire", "smoke", "animal")
    found = finder.detect(picture(128, 64))
    assert len(found.boxes) == len(found.classes) == len(found.scores) > 0
    assert ((found.scores >= 0.02) & (found.scores <= 1)).all()
    assert (found.boxes >= 0).all()
    assert (found.boxes[:, 2:] <= (128, 64)).all()


@pytest.mark.parametrize(
    ("dtype", "canvas", "values"),
    [
        ("uint8", Canvas(3, 1, 1, white=1.0), [0, 114, 255]),
        ("int8", Canvas(3, 1, 1, white=1.0), [-128, -14, 127]),
        ("float32", Canvas(3, 1, 1, white=255.0), [0, 114, 255]),
        ("float32", Canvas(3, 1, 1, white=1.0), [0, 114 / 255, 1]),
        ("float32", Canvas(3, 1, 1, white=1.0, black=-1.0), [-1, 228 / 255 - 1, 1]),
    ],
)
def test_inputs_span_black_to_white(dtype: str, canvas: Canvas, values: list[float]) -> None:
    given = as_input(BLACK_TO_WHITE, Tensor("in", (1, 1, 3, 1), dtype), canvas)
    assert given.dtype == dtype
    assert given.shape == (1, 1, 3, 1)
    assert given.ravel().tolist() == pytest.approx(values, abs=1e-6)


def test_an_input_of_another_kind_is_refused() -> None:
    with pytest.raises(ModelError, match="is int16; it must be uint8, int8 or float32"):
        as_input(BLACK_TO_WHITE, Tensor("in", (1, 1, 3, 1), "int16"), Canvas(3, 1, 1, white=1.0))


def test_stored_numbers_are_given_their_scale() -> None:
    stored = np.array([-128, 0, 127], np.int8)
    assert as_float(stored, Tensor("out", (3,), "int8", 0.5, -128)).tolist() == [0, 64, 127.5]
    assert as_float(stored, Tensor("out", (3,), "int8")).tolist() == [-128, 0, 127]


@settings(deadline=None, max_examples=25)
@given(st.integers(1, 300), st.integers(1, 300), st.booleans(), st.booleans())
def test_a_picture_lies_in_the_upper_left_corner_and_the_scales_lead_back(
    width_px: int, height_px: int, squeezed: bool, sharp: bool
) -> None:
    canvas = Canvas(64, 32, 1, white=255.0, squeezed=squeezed)
    fitted = fit(np.full((height_px, width_px, 3), 200, np.uint8), canvas, sharp=sharp)
    inside = round(width_px / fitted.scale_x), round(height_px / fitted.scale_y)
    assert (fitted.pixels[: inside[1], : inside[0]] == 200).all()
    assert (fitted.pixels[inside[1] :] == 114).all()
    assert (fitted.pixels[:, inside[0] :] == 114).all()
    assert 64 in inside[:1] or 32 in inside[1:]


def test_how_much_of_a_canvas_a_picture_fills() -> None:
    wide, square = Canvas(64, 32, 1, white=255.0), Canvas(45, 45, 1, white=255.0)
    assert filled_ratio(picture(200, 100), wide) == pytest.approx(1.0)
    assert filled_ratio(picture(100, 100), wide) == pytest.approx(0.5)
    assert filled_ratio(picture(100, 100), square) == pytest.approx(1.0)


# --- several shapes ---


def test_shapes_of_other_cost_or_other_classes_are_refused(tmp_path: Path) -> None:
    shutil.copy(TINY, tmp_path / "a.tflite")
    shutil.copy(FLOAT / "model.tflite", tmp_path / "a@512x288.tflite")
    with pytest.raises(ModelError, match=r"a@512x288.tflite: has another head or other classes"):
        shaped(tmp_path / "a.tflite")


class Shape:
    """A finder of which only the canvas counts; it finds one box, whose score tells which shape it was."""

    labels = ("person",)

    def __init__(self, width_px: int, height_px: int) -> None:
        self.head = SimpleNamespace(canvas=Canvas(width_px, height_px, 1, white=255.0))

    def detect(self, _: object) -> Finds:
        return Finds(np.zeros((1, 4), np.float32), np.zeros(1, np.int64), np.array([self.head.canvas.width_px]))


def test_each_picture_is_given_to_the_shape_it_fills_best() -> None:
    finder = ShapedFinder([Shape(512, 288), Shape(384, 384), Shape(448, 320)])  # type: ignore[list-item]
    sizes = [(1280, 720), (640, 640), (640, 460), (400, 600), (1920, 1080)]
    widths = [int(finder.detect(picture(*size)).scores[0]) for size in sizes]
    assert widths == [512, 384, 448, 384, 512]
    assert finder.used == {"512x288": 2, "384x384": 2, "448x320": 1}


# --- files ---


def test_a_file_that_is_no_network_is_told_of(tmp_path: Path) -> None:
    path = tmp_path / "x.tflite"
    path.write_bytes(b"PK\x03\x04 something else")
    with pytest.raises(ModelError, match=r"x.tflite: is no TFLite file \(no TFL3 at byte 4\)"):
        read_graph(path)


@settings(deadline=None, max_examples=25)
@given(length=st.integers(8, TINY.stat().st_size - 1))
def test_a_file_that_breaks_off_is_read_or_told_of(length: int, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Nothing but a ModelError, wherever it ends: weights at the end of a file are the runtime's to check."""
    path = tmp_path_factory.getbasetemp() / "cut.tflite"
    path.write_bytes(TINY.read_bytes()[:length])
    try:
        TfliteFinder(path)
    except ModelError as error:
        assert str(error).startswith(str(path))


# --- cost ---


def network(kind: str, *shapes: tuple[int, ...], output: tuple[int, ...]) -> Graph:
    tensors = tuple(Tensor(f"t{number}", shape, "int8") for number, shape in enumerate((*shapes, output)))
    return Graph(tensors, (Operator(kind, tuple(range(len(shapes))), (len(shapes),)),), (0,), (len(shapes),))


@pytest.mark.parametrize(
    ("graph", "macs"),
    [
        (network("CONV_2D", (1, 10, 10, 3), (16, 3, 3, 3), output=(1, 5, 5, 16)), 5 * 5 * 16 * 3 * 3 * 3),
        (network("CONV_2D", (1, 10, 10, 8), (16, 3, 3, 4), output=(1, 5, 5, 16)), 5 * 5 * 16 * 3 * 3 * 4),  # 2 groups
        (network("DEPTHWISE_CONV_2D", (1, 10, 10, 8), (1, 5, 5, 8), output=(1, 10, 10, 8)), 10 * 10 * 8 * 5 * 5),
        (network("FULLY_CONNECTED", (1, 64), (10, 64), output=(1, 10)), 640),
        (network("TRANSPOSE_CONV", (4,), (8, 2, 2, 4), (1, 5, 5, 4), output=(1, 10, 10, 8)), 5 * 5 * 4 * 8 * 2 * 2),
        (network("BATCH_MATMUL", (2, 3, 5), (2, 5, 7), output=(2, 3, 7)), 2 * 3 * 5 * 7),
        (network("ADD", (1, 10), (1, 10), output=(1, 10)), 0),
    ],
)
def test_multiply_adds_of_an_operator(graph: Graph, macs: int) -> None:
    assert cost.macs(graph) == macs


def test_multiply_adds_of_the_tiny_network_by_hand() -> None:
    """A depthwise 8x8 to 4 x 8 x 2, then two 1x1 convolutions of 2 channels to 4 and 7 on 32 + 8 + 2 cells."""
    assert cost.macs(read_graph(TINY)) == 4 * 8 * 2 * 64 + 42 * 2 * (4 + 7)


def test_a_file_is_counted_and_timed() -> None:
    told = cost.cost("tiny", TINY, ["ai_edge_litert"], runs=3)
    assert (told.input_shape, told.input_dtype, told.bytes) == ((1, 32, 64, 1), "int8", TINY.stat().st_size)
    assert dict(told.operators)["CONV_2D"] == 6
    assert [(one.runtime, one.threads) for one in told.latencies] == [("ai_edge_litert", 1), ("ai_edge_litert", 2)]
    assert all(one.median_ms > 0 for one in told.latencies)


def test_the_first_bundles_file_is_read() -> None:
    graph = read_graph(FLOAT / "model.tflite")
    assert graph.shapes(graph.inputs) == [(1, 288, 512, 1)]
    assert graph.shapes(graph.outputs) == [(1, 3024, 4), (1, 3024, 6)]
    assert 300e6 < cost.macs(graph) < 450e6


def test_a_picture_file_is_what_a_finder_gets(tmp_path: Path) -> None:
    """Grey in three channels and grey in one are the same to a network of one channel."""
    grey = Image.fromarray(picture(64, 32)).convert("L")
    one, three = np.asarray(grey), np.asarray(grey.convert("RGB"))
    fitted = fit(three, Canvas(64, 32, 1, white=255.0), sharp=True)
    assert (fitted.pixels[:, :, 0] == one).all()
