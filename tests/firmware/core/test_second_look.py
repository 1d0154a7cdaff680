"""Two looks made one: whose boxes stay, and what the window's edge cut is left out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.core.boxes import inside, overlap
from firmware.core.second_look import SAME_IOU, Overlooked, Scale, Window, merged
from firmware.messages import Box, Detection, ObjectKind, Size

MAIN, INPUT = Size(1280, 720), Size(512, 288)
WINDOW = Window(400, 90, 640, 360)
PERSON, VEHICLE, ANIMAL = ObjectKind.PERSON, ObjectKind.VEHICLE, ObjectKind.ANIMAL


def scale(main: Size = MAIN, input_size: Size = INPUT) -> Scale:
    found = Scale.of(main, input_size)
    assert found is not None
    return found


def person(x_px: float, y_px: float, score: float = 0.7, w_px: float = 10, h_px: float = 25) -> Detection:
    return Detection(PERSON, score, Box(x_px, y_px, w_px, h_px))


def boxes(*found: Detection) -> list[Box]:
    return [one.box for one in found]


def test_the_closer_look_loses_no_pixel_and_small_is_what_the_first_look_hardly_sees() -> None:
    assert scale().window == INPUT
    assert scale().small_px == pytest.approx(80)  # 32 px of the network's picture
    assert scale(input_size=Size(576, 320)).window == Size(576, 320)
    assert scale(main=Size(1920, 1080)).window == Size(768, 432)


@pytest.mark.parametrize("main", [Size(512, 288), Size(320, 180), Size(620, 349)])
def test_a_picture_hardly_larger_than_the_network_sees_has_nothing_more_to_show(main: Size) -> None:
    assert Scale.of(main, INPUT) is None


def test_what_only_the_closer_look_sees_is_put_where_it_is_in_the_picture() -> None:
    (found,) = merged((), (person(100, 200),), WINDOW, scale())
    assert found == person(500, 290)


def test_of_two_boxes_of_one_person_the_closer_one_stays() -> None:
    assert merged((person(499, 288, 0.9, 12, 30),), (person(100, 200, 0.6),), WINDOW, scale()) == (
        person(500, 290, 0.6),
    )


def test_a_closer_look_that_doubts_takes_nothing_away() -> None:
    sure = person(499, 288, 0.7, 12, 30)
    assert merged((sure,), (person(100, 200, 0.3),), WINDOW, scale()) == (sure,)


def test_two_whom_the_first_look_took_for_one_are_two() -> None:
    second = (person(100, 200), person(109, 201))
    assert len(merged((person(500, 290, 0.8, 19, 26),), second, WINDOW, scale())) == 2


@pytest.mark.parametrize(
    "box", [Box(1, 100, 10, 25), Box(629, 100, 10, 25), Box(300, 1, 10, 25), Box(300, 334, 10, 25)]
)
def test_what_the_windows_edge_may_cut_is_left_out(box: Box) -> None:
    assert merged((), (Detection(PERSON, 0.9, box),), WINDOW, scale()) == ()


def test_the_pictures_own_edge_cuts_nothing() -> None:
    corner = Window(640, 0, 640, 360)
    assert len(merged((), (Detection(PERSON, 0.9, Box(629, 0, 11, 25)),), corner, scale())) == 1


def test_what_is_large_is_the_first_looks_matter() -> None:
    assert merged((), (person(100, 100, 0.9, 40, 90),), WINDOW, scale()) == ()


def test_a_piece_of_a_vehicle_is_no_vehicle_but_a_person_before_it_is_a_person() -> None:
    car = Detection(VEHICLE, 0.9, Box(500, 290, 120, 100))
    second = (Detection(VEHICLE, 0.9, Box(120, 220, 30, 20)), person(120, 220))
    assert merged((car,), second, WINDOW, scale()) == (person(520, 310), car)


def test_what_the_closer_look_knows_for_an_animal_is_no_person() -> None:
    fox = Detection(ANIMAL, 0.8, Box(100, 200, 14, 12))
    found = merged((person(500, 290, 0.4, 14, 12),), (fox,), WINDOW, scale())
    assert [one.kind for one in found] == [ANIMAL]


small = st.builds(
    Detection,
    st.sampled_from([PERSON, VEHICLE]),
    st.floats(0.1, 1.0),
    st.builds(Box, st.floats(0, 600), st.floats(0, 330), st.floats(1, 39), st.floats(1, 29)),
)


@given(st.lists(small, max_size=6), st.lists(small, max_size=6))
def test_merged_detections_are_those_of_the_looks_and_no_thing_is_there_twice(
    first: list[Detection], second: list[Detection]
) -> None:
    far = tuple(Detection(d.kind, d.score, Box(d.box.x_px + 320, d.box.y_px + 90, *size(d.box))) for d in first)
    found = merged(far, tuple(second), WINDOW, scale())
    given_scores = {d.score for d in (*far, *second)}
    for one in found:
        assert inside(one.box, Box(0, 0, 1280, 720)) == pytest.approx(1)
        assert one.score in given_scores
    close = [d for d in found if d not in far]
    for kept in (d for d in found if d in far):
        assert all(d.kind is not kept.kind or overlap(d.box, kept.box) <= SAME_IOU for d in close)
    assert list(found) == sorted(found, key=lambda d: ([PERSON, VEHICLE].index(d.kind), -d.score))


@given(st.integers(0, 640), st.integers(0, 360), small)
def test_whatever_the_merged_look_takes_counts_as_looked_at(x_px: int, y_px: int, thing: Detection) -> None:
    window = Window(x_px, y_px, 640, 360)
    taken = merged((), (thing,), window, scale())
    box = Box(thing.box.x_px + x_px, thing.box.y_px + y_px, *size(thing.box))
    assert bool(taken) is not Overlooked(80, scale().uncut(window)).excuses(box)


def size(box: Box) -> tuple[float, float]:
    return box.w_px, box.h_px


def test_nobody_small_is_missed_where_nobody_looked_closely() -> None:
    seen = Overlooked(80, WINDOW)
    assert not seen.excuses(Box(500, 200, 10, 25))
    assert seen.excuses(Box(395, 200, 10, 25))
    assert not seen.excuses(Box(100, 200, 40, 100))
    assert Overlooked(80, None).excuses(Box(500, 200, 10, 25))
    assert not Overlooked().excuses(Box(500, 200, 10, 25))
