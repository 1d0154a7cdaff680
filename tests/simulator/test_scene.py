"""A scene as its users meet it: the same spec gives the same night, drawn, labelled and laid out as one."""

import numpy as np
import pytest

from firmware.errors import CameraError
from firmware.messages import Size
from simulator.conditions import CONDITIONS
from simulator.play import CameraHarm
from simulator.scene import Fidelity, Scene, SceneSpec, build_scene, library_of

SMALL = Size(320, 180)


def scene(scenario: str, seed: int = 7, condition: str = "clear") -> Scene:
    return build_scene(SceneSpec(scenario, seed, condition, SMALL))


def test_same_spec_same_pictures_and_labels() -> None:
    one, two = scene("prowling", 3), scene("prowling", 3)
    assert one.incidents == two.incidents
    for t_s in (2.0, 12.0):
        assert one.truth(t_s) == two.truth(t_s)
        assert np.array_equal(one.render(t_s), two.render(t_s))


def test_labels_depend_on_neither_size_nor_fidelity() -> None:
    small = build_scene(SceneSpec("tampering", 4, size=SMALL, fidelity=Fidelity.TRACKS))
    large = build_scene(SceneSpec("tampering", 4, size=Size(640, 360)))
    assert small.incidents == large.incidents
    t_s = small.incidents[0].start_s
    for a, b in zip(small.truth(t_s), large.truth(t_s), strict=True):
        assert (a.track, a.activity, a.visible_ratio) == (b.track, b.activity, b.visible_ratio)
        assert a.box.x_px == pytest.approx(b.box.x_px / 2, abs=1e-3)
        assert a.box.h_px == pytest.approx(b.box.h_px / 2, abs=1e-3)


def test_somebody_who_is_in_the_truth_is_in_the_picture() -> None:
    """Where a person's box is, the picture with them differs from the one without, and hardly elsewhere."""
    played = scene("loitering", 5)
    t_s = played.incidents[0].began_s + 20.0
    people = [thing for thing in played.truth(t_s) if thing.kind == "person" and thing.visible_ratio > 0.5]
    assert people
    before, after = played.radiance(0.0), played.radiance(t_s)
    change = np.abs(after - before)
    view = played.stage.view
    for person in people:
        box = person.shown
        corners = np.array([[box.x_px, box.y_px], [box.x_px + box.w_px, box.y_px + box.h_px]])
        (left, top), (right, bottom) = view.on_canvas(corners).round().astype(int).tolist()
        inside = change[top:bottom, left:right]
        assert inside.mean() > 5 * np.median(change)


@pytest.mark.parametrize("condition", ["rain-heavy", "snow-heavy", "fog-dense", "insects", "ir-off", "dusk"])
def test_a_condition_changes_the_picture_and_not_the_play(condition: str) -> None:
    clear, other = scene("walk-through", 6), scene("walk-through", 6, condition)
    assert other.duration_s == pytest.approx(clear.duration_s, rel=0.5)
    assert np.abs(clear.render(3.0).astype(int) - other.render(3.0).astype(int)).mean() > 1.0


def test_a_turned_camera_sees_something_else() -> None:
    harmed = next(name for name in library_of("development") if "turn" in name)
    played = scene(harmed, 2)
    turn = next(event for event in played.play.camera if event.harm is CameraHarm.TURNED)
    before = played.radiance(turn.start_s - 0.5)
    after = played.radiance(turn.start_s + turn.lasts_s + 0.5)
    assert np.corrcoef(before.ravel(), after.ravel())[0, 1] < 0.9


def test_what_there_is_not_is_told_with_what_there_is() -> None:
    with pytest.raises(CameraError, match=r"no scenario 'prowlin'; did you mean prowling"):
        build_scene(SceneSpec("prowlin"))
    with pytest.raises(CameraError, match=r"no condition 'hail'.*snow"):
        build_scene(SceneSpec("prowling", condition="hail"))
    with pytest.raises(CameraError, match=r"no library 'secret'.*evaluation"):
        build_scene(SceneSpec("prowling", library="secret"))


def test_every_condition_is_named_as_it_is_called() -> None:
    assert all(name == condition.name and condition.says for name, condition in CONDITIONS.items())
