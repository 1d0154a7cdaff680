"""Pasted flames have a box about what changed; pasted lamps have none."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from models import canvas, pasted_flames
from models.canvas import compose
from models.classes import FIRE, SMOKE, VEHICLE
from models.decoded import Stock
from models.pasted_flames import flame_from, paste_fire, rendered_flames
from models.pasted_lights import paste_lights
from tests.training_pictures import picture


def test_a_flame_lies_in_its_box_and_is_brightest_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pasted_flames, "SMOKES", 0.0)
    for seed in range(20):
        image = np.full((160, 200), 60, np.uint8)
        flames = rendered_flames()[seed : seed + 1 + seed % 3]
        burning = paste_fire(image, flames, (100.0, 120.0), 40.0, np.random.default_rng(seed))
        x0, y0, x1, y1 = burning.box.astype(int)
        assert burning.smoke is None
        assert image[y0:y1, x0:x1].max() == image.max() > 140
        assert image[y0:y1, x0:x1].mean() > np.delete(image, np.s_[x0:x1], axis=1).mean() + 20
        assert y1 - y0 == 40


def test_a_flame_at_the_edge_has_a_box_on_the_picture() -> None:
    image = np.full((100, 100), 60, np.uint8)
    burning = paste_fire(image, rendered_flames()[:2], (98.0, 20.0), 60.0, np.random.default_rng(1))
    assert (burning.box >= 0).all()
    assert (burning.box <= 100).all()


def test_flames_are_cut_out_of_colour_by_red() -> None:
    colour = np.full((80, 80, 3), (40, 30, 20), np.uint8)
    cv2.circle(colour, (40, 44), 18, (30, 140, 250), -1)
    flame = flame_from(colour, np.array([10, 10, 70, 70], np.float32))
    assert flame is not None
    assert flame.opacity.shape[0] == pytest.approx(37, abs=4)
    assert flame.opacity[flame.opacity.shape[0] // 2, flame.opacity.shape[1] // 2] > 0.9


@pytest.mark.parametrize("bgr", [(250, 250, 250), (200, 90, 30), (20, 20, 20)])
def test_what_does_not_stand_out_as_flame_is_not_cut(bgr: tuple[int, int, int]) -> None:
    assert flame_from(np.full((80, 80, 3), bgr, np.uint8), np.array([10, 10, 70, 70], np.float32)) is None


def test_lamps_shine_and_are_no_objects(monkeypatch: pytest.MonkeyPatch) -> None:
    image = np.full((96, 128), 40, np.uint8)
    paste_lights(image, np.array([[20, 20, 90, 70]], np.float32), np.random.default_rng(2))
    assert image.max() > 150
    assert (image >= 40).mean() > 0.95
    monkeypatch.setattr(canvas, "LIGHTS_CHANCE", 1.0)
    monkeypatch.setattr(canvas, "FIRE_CHANCE", 0.0)
    for seed in range(10):
        sample = compose(Stock([picture()], np.ones(1)), np.random.default_rng(seed), (128, 96))
        assert FIRE not in sample.classes


def test_a_burning_vehicle_gets_a_box_unless_nothing_can_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(canvas, "FIRE_CHANCE", 1.0)
    kinds = []
    for seed in range(20):
        car = replace(picture(kind=VEHICLE), source="simulator")
        sample = compose(Stock([car], np.ones(1)), np.random.default_rng(seed), (256, 160))
        fires = sample.boxes[sample.classes == FIRE]
        assert len(fires) == 1 or not sample.known[FIRE].all()
        kinds.append(len(fires))
        if not sample.known[SMOKE].all():
            assert sample.known[SMOKE].any()
    assert sum(kinds) > 12
