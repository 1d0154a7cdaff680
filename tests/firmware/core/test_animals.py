"""An animal is no person, and nobody is told of it."""

from typing import get_args

import pytest

from firmware.core.animals import undisguised
from firmware.core.ground import Ground
from firmware.core.tracker import Tracker
from firmware.messages import Box, Detection, ObjectKind, Size
from wire.messages import ClassName

DEER = Box(100, 100, 60, 40)


def person(score: float, box: Box = DEER) -> Detection:
    return Detection(ObjectKind.PERSON, score, box)


def animal(score: float, box: Box = DEER) -> Detection:
    return Detection(ObjectKind.ANIMAL, score, box)


def test_a_weaker_person_under_an_animal_is_the_animal() -> None:
    beast, elsewhere = animal(0.6), person(0.3, Box(300, 100, 20, 40))
    assert undisguised((person(0.5), elsewhere, beast)) == (elsewhere, beast)


def test_a_stronger_person_stays_a_person() -> None:
    seen = (person(0.7), animal(0.6))
    assert undisguised(seen) == seen


@pytest.mark.parametrize(("shift_px", "stays"), [(19, False), (21, True)])
def test_they_must_share_more_than_half(shift_px: float, stays: bool) -> None:
    # Of two boxes 60 px wide, 20 px apart, 40 of 80 px are shared.
    seen = (person(0.5, Box(100 + shift_px, 100, 60, 40)), animal(0.6))
    assert (seen[0] in undisguised(seen)) is stays


@pytest.mark.parametrize("kind", [kind for kind in ObjectKind if kind is not ObjectKind.PERSON])
def test_nothing_but_persons_gives_way(kind: ObjectKind) -> None:
    seen = (Detection(kind, 0.3, DEER), animal(0.6, DEER))
    assert undisguised(seen) == seen


def test_an_animal_is_not_followed() -> None:
    tracker = Tracker(Ground((), Size(640, 360)))
    for look in range(30):
        tracks = tracker.update(
            (animal(0.9, Box(100 + 2 * look, 100, 60, 40)), person(0.9, Box(400, 200, 20, 50))), look / 5
        )
    assert [track.kind for track in tracks] == [ObjectKind.PERSON]


def test_the_wire_has_no_word_for_animals() -> None:
    assert set(get_args(ClassName)) == {kind.value for kind in ObjectKind} - {"animal"}
