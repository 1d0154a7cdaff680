"""The detector's luma: same field of view, fits, weighs every pixel in."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.drivers.scaling import detector_luma, fitted, scaled
from firmware.messages import Size

INPUT = Size(640, 352)


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        (Size(1280, 720), Size(624, 352)),
        (Size(1920, 1080), Size(624, 352)),
        (Size(960, 1080), Size(312, 352)),
        (Size(2560, 720), Size(640, 180)),
        (Size(320, 240), Size(320, 240)),  # never enlarged
    ],
)
def test_known_sizes(size: Size, expected: Size) -> None:
    assert fitted(size, INPUT) == expected


@given(st.integers(16, 4000), st.integers(16, 4000))
def test_it_always_fits_and_keeps_the_aspect_ratio(width_px: int, height_px: int) -> None:
    size = fitted(Size(width_px, height_px), INPUT)
    assert size.width_px <= INPUT.width_px
    assert size.height_px <= INPUT.height_px
    factor = max(width_px / INPUT.width_px, height_px / INPUT.height_px, 1)
    assert abs(size.width_px - width_px / factor) <= 2
    assert abs(size.height_px - height_px / factor) <= 2


def test_a_small_light_is_dimmed_and_not_lost() -> None:
    # A pixel that falls between the samples of a nearest-neighbour filter is a cigarette that nobody sees.
    for x_px in range(100, 110):
        picture = np.zeros((720, 1280), np.uint8)
        picture[300, x_px] = 255
        assert detector_luma(picture, INPUT).max() >= 15


def test_flat_stays_flat_and_edges_stay_where_they_were() -> None:
    picture = np.full((720, 1280), 100, np.uint8)
    picture[:, 640:] = 200
    luma = detector_luma(picture, INPUT)
    assert (luma[:, :309] == 100).all()
    assert (luma[:, 315:] == 200).all()


def test_part_of_a_larger_buffer_can_be_scaled() -> None:
    buffer = np.arange(100 * 128, dtype=np.uint32).astype(np.uint8).reshape(100, 128)
    part = buffer[:, :100]
    assert np.array_equal(scaled(part, Size(50, 50)), scaled(part.copy(), Size(50, 50)))
