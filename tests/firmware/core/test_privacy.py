"""A mask hides every pixel that its polygon touches, and nothing that it stays away from."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from firmware.config import Polygon
from firmware.core.privacy import Masks
from firmware.messages import Size

Floats = NDArray[np.float64]

ratios = st.floats(0, 1, allow_nan=False)
polygons = st.lists(st.tuples(ratios, ratios), min_size=3, max_size=7).map(tuple)
SIZE = Size(40, 26)


def distance_to_edges_px(polygon: Polygon, x_px: Floats, y_px: Floats) -> Floats:
    """The distance of points from the polygon's edges, in pixels of SIZE."""
    points = np.asarray(polygon, float) * (SIZE.width_px, SIZE.height_px)
    best = np.full(x_px.shape, np.inf)
    for (ax, ay), (bx, by) in zip(points, np.roll(points, -1, axis=0), strict=True):
        length_2 = (bx - ax) ** 2 + (by - ay) ** 2
        along = 0.0 if length_2 == 0 else np.clip(((x_px - ax) * (bx - ax) + (y_px - ay) * (by - ay)) / length_2, 0, 1)
        best = np.minimum(best, np.hypot(x_px - ax - along * (bx - ax), y_px - ay - along * (by - ay)))
    return best


def inside(polygon: Polygon, x_px: Floats, y_px: Floats) -> NDArray[np.bool_]:
    """Even-odd rule, point by point: written apart from the code under test."""
    points = np.asarray(polygon, float) * (SIZE.width_px, SIZE.height_px)
    result = np.zeros(x_px.shape, bool)
    for (ax, ay), (bx, by) in zip(points, np.roll(points, -1, axis=0), strict=True):
        if ay == by:
            continue
        crosses = (ay > y_px) != (by > y_px)
        result ^= crosses & (x_px < ax + (y_px - ay) * (bx - ax) / (by - ay))
    return result


@given(polygons, st.integers(0, 2**32 - 1))
def test_no_point_inside_a_polygon_falls_on_a_pixel_that_shows(polygon: Polygon, seed: int) -> None:
    rng = np.random.default_rng(seed)
    x_px, y_px = rng.uniform(0, SIZE.width_px, 400), rng.uniform(0, SIZE.height_px, 400)
    hidden = Masks([polygon]).hidden(SIZE)
    covered = hidden[y_px.astype(int), x_px.astype(int)]
    assert not np.any(inside(polygon, x_px, y_px) & ~covered)


@given(polygons, ratios)
def test_no_point_on_an_edge_falls_on_a_pixel_that_shows(polygon: Polygon, along: float) -> None:
    hidden = Masks([polygon]).hidden(SIZE)
    for (ax, ay), (bx, by) in zip(polygon, polygon[1:] + polygon[:1], strict=True):
        x_px = min(int((ax + along * (bx - ax)) * SIZE.width_px), SIZE.width_px - 1)
        y_px = min(int((ay + along * (by - ay)) * SIZE.height_px), SIZE.height_px - 1)
        assert hidden[y_px, x_px]


@given(polygons)
def test_a_pixel_outside_and_away_from_every_edge_shows(polygon: Polygon) -> None:
    y_px, x_px = np.mgrid[: SIZE.height_px, : SIZE.width_px] + 0.5
    hidden = Masks([polygon]).hidden(SIZE)
    # A pixel's corner is 0.71 px from its centre; a self-crossing polygon may hide more than even-odd says, so only
    # pixels outside the bounding box or of a convex polygon's outside are judged: here, the bounding box.
    xs, ys = np.asarray(polygon, float).T * [[SIZE.width_px], [SIZE.height_px]]
    outside = (x_px < xs.min() - 0.6) | (x_px > xs.max() + 0.6) | (y_px < ys.min() - 0.6) | (y_px > ys.max() + 0.6)
    assert not np.any(hidden & outside)


def test_a_triangle_hides_only_what_it_touches() -> None:
    triangle = ((0.1, 0.1), (0.9, 0.2), (0.3, 0.8))
    y_px, x_px = np.mgrid[: SIZE.height_px, : SIZE.width_px] + 0.5
    hidden = Masks([triangle]).hidden(SIZE)
    far = (distance_to_edges_px(triangle, x_px, y_px) > 0.72) & ~inside(triangle, x_px, y_px)
    assert hidden.any()
    assert far.any()
    assert not np.any(hidden & far)


def test_a_mask_thinner_than_a_pixel_still_hides() -> None:
    hidden = Masks([((0.5001, 0.0), (0.5002, 0.0), (0.5002, 1.0))]).hidden(SIZE)
    assert hidden[:, 20].all()
    assert hidden.sum() == SIZE.height_px


def test_the_whole_picture_can_be_hidden() -> None:
    assert Masks([((0, 0), (1, 0), (1, 1), (0, 1))]).hidden(SIZE).all()


def test_a_polygon_that_crosses_itself_hides_all_that_it_encloses() -> None:
    # A pentagram's heart is outside by the even-odd rule; a person in it would be seen.
    angles = np.pi / 2 + np.arange(5) * 4 * np.pi / 5
    star = tuple((0.5 + 0.45 * float(np.cos(a)), 0.5 - 0.45 * float(np.sin(a))) for a in angles)
    assert Masks([star]).hidden(SIZE)[13, 20]


def test_burning_leaves_the_original_and_everything_outside_as_they_were() -> None:
    picture = np.random.default_rng(1).integers(1, 256, (26, 40), dtype=np.uint8)
    before = picture.copy()
    masks = Masks([((0, 0), (0.5, 0), (0.5, 0.5), (0, 0.5))])
    burnt = masks.burn(picture)
    hidden = masks.hidden(SIZE)
    assert np.array_equal(picture, before)
    assert not burnt[hidden].any()
    assert np.array_equal(burnt[~hidden], before[~hidden])


def test_burning_into_a_padded_buffer_changes_the_buffer() -> None:
    buffer = np.full((26, 64), 200, np.uint8)
    Masks([((0, 0), (1, 0), (1, 1), (0, 1))]).burn_into(buffer[:, :40])
    assert not buffer[:, :40].any()
    assert (buffer[:, 40:] == 200).all()


def test_masks_follow_a_change_of_size() -> None:
    masks = Masks([((0, 0), (1, 0), (1, 1), (0, 1))])
    for width_px in range(10, 30):
        assert not masks.burn(np.full((10, width_px), 9, np.uint8)).any()


@pytest.mark.parametrize("grow_px", [1, 2])
def test_a_grown_mask_is_wider_on_all_sides(grow_px: int) -> None:
    square = ((0.26, 0.26), (0.49, 0.26), (0.49, 0.49), (0.26, 0.49))
    rows, columns = np.nonzero(Masks([square]).hidden(SIZE))
    grown_rows, grown_columns = np.nonzero(Masks([square], grow_px=grow_px).hidden(SIZE))
    assert (grown_rows.min(), grown_rows.max()) == (rows.min() - grow_px, rows.max() + grow_px)
    assert (grown_columns.min(), grown_columns.max()) == (columns.min() - grow_px, columns.max() + grow_px)


def test_no_mask_costs_nothing() -> None:
    picture = np.zeros((4, 4), np.uint8)
    assert Masks().burn(picture) is picture
    assert not Masks()
