"""Decoding: from raw rows to boxes in the main picture."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware.core.decode import Decoder, letterboxed_size
from firmware.messages import Frame, ObjectKind, RawDetections, Size

KINDS = tuple(ObjectKind)
ROWS = 64 * 36 + 32 * 18 + 16 * 9
SURE, NEVER = 20.0, -20.0


def decoder(least_score: float = 0.5, **thresholds: float) -> Decoder:
    each = tuple(thresholds.get(kind.name.lower(), 0.5) for kind in KINDS)
    return Decoder(Size(512, 288), (8, 16, 32), KINDS, each, 0.6, least_score)


def nothing() -> RawDetections:
    return RawDetections(np.zeros((ROWS, 4), np.float32), np.full((ROWS, 7), NEVER, np.float32))


def put(raw: RawDetections, row: int, box: tuple[float, ...], kind: int, logit: float = SURE) -> None:
    raw.boxes[row] = box
    raw.scores[row, 0] = SURE
    raw.scores[row, 1 + kind] = logit


def frame(main: tuple[int, int] = (512, 288), luma: tuple[int, int] = (512, 288)) -> Frame:
    return Frame(0, 0.0, np.zeros(main[::-1], np.uint8), np.zeros(luma[::-1], np.uint8))


def test_an_empty_scene_gives_nothing() -> None:
    assert decoder().decode(nothing(), frame()) == ()


def test_a_row_lands_where_its_cell_is() -> None:
    raw = nothing()
    # Stride 8, column 10, row 5: centre (10.5, 5.5) cells = (84, 44) px; sides 2 and 4 cells = 16 and 32 px.
    put(raw, 5 * 64 + 10, (0.5, 0.5, np.log(2), np.log(4)), 1)
    (found,) = decoder().decode(raw, frame())
    assert found.kind is ObjectKind.VEHICLE
    assert found.score == pytest.approx(1.0, abs=1e-6)
    assert (found.box.x_px, found.box.y_px) == pytest.approx((76, 28), abs=1e-4)
    assert (found.box.w_px, found.box.h_px) == pytest.approx((16, 32), abs=1e-4)


def test_coarser_strides_follow_the_finest() -> None:
    raw = nothing()
    put(raw, 64 * 36 + 32 * 18 + 2 * 16 + 3, (0.5, 0.5, 0.0, 0.0), 0)  # stride 32, column 3, row 2
    (found,) = decoder().decode(raw, frame())
    assert found.box.centre == pytest.approx((112, 80), abs=1e-4)
    assert found.box.w_px == pytest.approx(32, abs=1e-4)


def test_boxes_are_in_pixels_of_the_main_picture() -> None:
    raw = nothing()
    put(raw, 5 * 64 + 10, (0.5, 0.5, np.log(2), np.log(4)), 0)
    (found,) = decoder().decode(raw, frame(main=(1280, 720)))
    assert found.box.centre == pytest.approx((84 * 2.5, 44 * 2.5), abs=1e-3)
    assert found.box.h_px == pytest.approx(80, abs=1e-3)


def test_a_letterboxed_picture_is_scaled_by_its_own_factor() -> None:
    # 320 x 240 is enlarged by 1.2 to 384 x 288 in the upper left corner of the input.
    raw = nothing()
    put(raw, 5 * 64 + 10, (0.5, 0.5, np.log(2), np.log(4)), 0)
    (found,) = decoder().decode(raw, frame(main=(640, 480), luma=(320, 240)))
    assert found.box.centre == pytest.approx((84 / 1.2 * 2, 44 / 1.2 * 2), abs=1e-3)


def test_the_best_of_overlapping_rows_is_kept() -> None:
    raw = nothing()
    put(raw, 5 * 64 + 10, (0.5, 0.5, 1.5, 1.5), 0, logit=1.0)
    put(raw, 5 * 64 + 11, (-0.4, 0.5, 1.5, 1.5), 0, logit=2.0)
    (found,) = decoder().decode(raw, frame())
    assert found.score == pytest.approx(1 / (1 + np.exp(-2.0)), abs=1e-4)


def test_different_classes_do_not_suppress_each_other() -> None:
    raw = nothing()
    put(raw, 5 * 64 + 10, (0.5, 0.5, 1.5, 1.5), 0)
    put(raw, 5 * 64 + 11, (-0.5, 0.5, 1.5, 1.5), 2)
    assert [d.kind for d in decoder().decode(raw, frame())] == [ObjectKind.PERSON, ObjectKind.TWO_WHEELER]


@pytest.mark.parametrize(
    ("threshold", "own", "shared"),
    [(0.5, 0.3, 0.3), (0.5, 0.9, 0.9), (0.2, 0.2, 0.5), (0.2, 0.1, 0.25), (0.2, 0.6, 0.75), (0.8, 0.4, 0.25)],
)
def test_scores_are_put_on_a_scale_on_which_one_half_is_the_threshold(
    threshold: float, own: float, shared: float
) -> None:
    raw = nothing()
    put(raw, 100, (0.5, 0.5, 1.0, 1.0), 3, logit=float(np.log(own / (1 - own))))
    (found,) = decoder(0.1, fire=threshold).decode(raw, frame())
    assert found.score == pytest.approx(shared, abs=1e-4)


def test_what_is_weaker_than_the_least_score_is_not_passed() -> None:
    raw = nothing()
    put(raw, 100, (0.5, 0.5, 1.0, 1.0), 3, logit=0.0)
    assert decoder(0.1, fire=0.9).decode(raw, frame()) != ()
    assert decoder(0.3, fire=0.9).decode(raw, frame()) == ()


@pytest.mark.parametrize("threshold", [0.0, 1.0])
def test_a_threshold_at_the_end_of_the_scale_is_refused(threshold: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        decoder(fire=threshold)


def test_what_hangs_over_the_edge_is_clipped_and_what_lies_outside_is_dropped() -> None:
    raw = nothing()
    put(raw, 0, (0.0, 0.0, np.log(4), np.log(4)), 0)
    put(raw, 63, (30.0, 0.5, 0.0, 0.0), 0)
    (found,) = decoder().decode(raw, frame())
    assert (found.box.x_px, found.box.y_px, found.box.w_px) == pytest.approx((0, 0, 16), abs=1e-4)


def test_values_that_are_no_numbers_are_no_detections() -> None:
    raw = nothing()
    put(raw, 7, (np.nan, 0.5, 0.0, 0.0), 0)
    put(raw, 8, (0.5, 0.5, 0.0, 0.0), 0, logit=np.nan)
    put(raw, 9, (0.5, 0.5, np.inf, 0.0), 0)
    found = decoder().decode(raw, frame())
    assert all(np.isfinite((d.box.x_px, d.box.w_px, d.score)).all() for d in found)
    assert len(found) == 1  # the endless box is one as wide as the picture


def test_tensors_of_another_network_are_refused() -> None:
    raw = RawDetections(np.zeros((10, 4), np.float32), np.zeros((10, 6), np.float32))
    with pytest.raises(ValueError, match=r"\(3024, 4\)"):
        decoder().decode(raw, frame())


def test_every_class_needs_a_threshold() -> None:
    with pytest.raises(ValueError, match="one for each"):
        Decoder(Size(512, 288), (8, 16, 32), KINDS, (0.5,), nms_iou=0.6)


@settings(deadline=None)  # this machine may be busy
@given(st.integers(1, 4000), st.integers(1, 3000))
def test_a_letterboxed_picture_fits_and_touches_one_side(width_px: int, height_px: int) -> None:
    inside = letterboxed_size(Size(width_px, height_px), Size(512, 288))
    assert inside.width_px <= 512
    assert inside.height_px <= 288
    assert inside.width_px == 512 or inside.height_px == 288


@settings(deadline=None)  # this machine may be busy
@given(st.integers(0, 2**32 - 1))
def test_boxes_never_leave_the_picture(seed: int) -> None:
    rng = np.random.default_rng(seed)
    raw = RawDetections(rng.normal(0, 3, (ROWS, 4)).astype(np.float32), rng.normal(-6, 4, (ROWS, 7)).astype(np.float32))
    for found in decoder().decode(raw, frame(main=(960, 540))):
        assert found.box.x_px >= 0
        assert found.box.y_px >= 0
        assert found.box.x_px + found.box.w_px <= 960 + 1e-6
        assert found.box.y_px + found.box.h_px <= 540 + 1e-6
        assert found.score >= 0.5


def test_what_is_more_of_an_animal_is_no_person() -> None:
    raw = nothing()
    put(raw, 5 * 64 + 10, (0.5, 0.5, 1.5, 1.5), 0, logit=0.5)
    raw.scores[5 * 64 + 10, 6] = 2.0
    assert [d.kind for d in decoder().decode(raw, frame())] == [ObjectKind.ANIMAL]


@settings(deadline=None, max_examples=30)  # this machine may be busy
@given(st.integers(0, 2**32 - 1), st.sampled_from([0.0, 0.02, 0.3, 0.5, 0.8, 1.0]), st.sampled_from([0.2, 0.5, 0.9]))
def test_leaving_rows_out_early_changes_nothing(seed: int, least_score: float, threshold: float) -> None:
    """What is decoded of the most objective rows alone is what all rows give."""
    rng = np.random.default_rng(seed)
    scores = np.full((ROWS, 7), NEVER, np.float32)
    rows = rng.choice(ROWS, 60, replace=False)
    scores[rows] = rng.normal(0, 3, (60, 7)).astype(np.float32)
    raw = RawDetections(rng.normal(0, 1, (ROWS, 4)).astype(np.float32), scores)
    early = decoder(max(least_score, 1e-9), fire=threshold)
    late = decoder(max(least_score, 1e-9), fire=threshold)
    object.__setattr__(late, "_least_objectness", -np.inf)
    assert early.decode(raw, frame()) == late.decode(raw, frame())
