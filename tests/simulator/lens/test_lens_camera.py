from dataclasses import replace

import numpy as np
import pytest

from firmware.messages import Grey, Size
from simulator.conditions import CONDITIONS
from simulator.lens.camera import LensModel
from simulator.lens.harm import harm_at
from simulator.lens.settings import LensSettings, random_settings
from simulator.lens.tint import tinted
from simulator.optics import F32, PolePose, View
from simulator.play import CameraEvent, CameraHarm

VIEW = View(PolePose(), Size(448, 252), bend=-0.1)
SETTINGS = LensSettings()


def scene(view: View = VIEW) -> F32:
    """A lit ground that falls off, with a chequered board on it."""
    size = view.canvas.size
    x, y = np.arange(size.width_px)[None], np.arange(size.height_px)[:, None]
    light = 0.06 * (0.3 + y / size.height_px) + 0.05 * ((x // 12 + y // 12) % 2) * (x > size.width_px / 2)
    return light.astype(np.float32)


def taken(*events: CameraEvent, t_s: float = 10.0, seed: int = 4) -> Grey:
    return LensModel(SETTINGS, VIEW, seed).picture(scene(), t_s, events)


def detail(picture: Grey) -> float:
    """Mean slope in grey levels; noise is averaged away first."""
    calm = picture[:248, :448].reshape(62, 4, 112, 4).mean(axis=(1, 3))
    return float(np.abs(np.diff(calm, axis=1)).mean())


def harmed(harm: CameraHarm, amount: float = 1.0) -> CameraEvent:
    return CameraEvent(harm, start_s=5.0, lasts_s=2.0, amount=amount)


def test_a_picture_has_the_node_s_size_and_a_sensible_mean() -> None:
    picture = taken()
    assert picture.shape == (252, 448)
    assert picture.dtype == np.uint8
    assert 70 < picture.mean() < 140


def test_the_wrong_shape_is_refused() -> None:
    with pytest.raises(ValueError, match="canvas"):
        LensModel(SETTINGS, VIEW, 1).picture(np.zeros((252, 448), np.float32), 0.0)


def test_the_radiance_is_left_as_it_was() -> None:
    light, straight = scene(View(PolePose(), Size(448, 252))), View(PolePose(), Size(448, 252))
    kept = light.copy()
    LensModel(replace(SETTINGS, optics=replace(SETTINGS.optics, drops=5)), straight, 1).picture(light, 0.0)
    assert np.array_equal(light, kept)


def test_black_in_black_out() -> None:
    size = VIEW.canvas.size
    black = np.zeros((size.height_px, size.width_px), np.float32)
    picture = LensModel(SETTINGS, VIEW, 1).picture(black, 0.0, infrared=0.0)
    assert np.median(picture) <= 12
    assert picture.mean() < 14  # noise of the highest gain


def test_the_same_calls_give_the_same_pictures() -> None:
    first, second = LensModel(SETTINGS, VIEW, 7), LensModel(SETTINGS, VIEW, 7)
    for number in range(3):
        light = scene() * np.float32(1 + number)
        assert np.array_equal(first.picture(light, number / 10, (), 8.0), second.picture(light, number / 10, (), 8.0))
    assert not np.array_equal(taken(seed=4), taken(seed=5))


def test_a_lamp_that_comes_on_burns_out_and_is_then_held() -> None:
    model, bright = LensModel(SETTINGS, VIEW, 7), scene() * np.float32(6)
    model.picture(scene(), 0.0)
    flash, later = model.picture(bright, 0.1), model.picture(bright, 0.2)
    for number in range(3, 60):
        later = model.picture(bright, number / 10)
    assert (flash > 250).mean() > 0.2 > (later > 250).mean()


def test_harm_grows_and_stays() -> None:
    event = harmed(CameraHarm.SPRAYED, amount=0.8)
    assert not harm_at((event,), 5.0).any
    assert harm_at((event,), 6.0).sprayed == pytest.approx(0.4)
    assert harm_at((event,), 700.0).sprayed == pytest.approx(0.8)
    assert harm_at((event,), 700.0).covered == 0.0


@pytest.mark.parametrize("harm", [CameraHarm.COVERED, CameraHarm.SPRAYED, CameraHarm.DEFOCUSED, CameraHarm.BLINDED])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_harms_take_the_detail_away(harm: CameraHarm, seed: int) -> None:
    assert np.array_equal(taken(harmed(harm), t_s=4.9, seed=seed), taken(t_s=4.9, seed=seed))
    assert detail(taken(harmed(harm), seed=seed)) < 0.55 * detail(taken(seed=seed))


def test_blinding_burns_out_a_part_and_dims_the_rest() -> None:
    blinded = LensModel(SETTINGS, VIEW, 4)
    blinded.picture(scene(), 10.0, (harmed(CameraHarm.BLINDED),))
    plain = LensModel(SETTINGS, VIEW, 4)
    plain.picture(scene(), 10.0)
    assert (taken(harmed(CameraHarm.BLINDED)) > 250).mean() > 0.01
    assert blinded.exposure.total_s < 0.3 * plain.exposure.total_s


def test_a_dead_lamp_and_a_turned_camera_are_not_the_lens_s_business() -> None:
    for harm in (CameraHarm.INFRARED_DEAD, CameraHarm.TURNED):
        assert np.array_equal(taken(harmed(harm)), taken())


def test_random_cameras_are_drawn_by_seed_and_get_the_weather() -> None:
    dirty = random_settings(np.random.default_rng(1), False, CONDITIONS["dirty"])
    assert dirty == random_settings(np.random.default_rng(1), False, CONDITIONS["dirty"])
    assert dirty.optics.dirt > 0.4
    assert random_settings(np.random.default_rng(1), False, CONDITIONS["rain-heavy"]).optics.drops == 14


@pytest.mark.parametrize("wild", [False, True])
def test_random_cameras_give_pictures(wild: bool) -> None:
    means = []
    for seed in range(8):
        settings = random_settings(np.random.default_rng(seed), wild, CONDITIONS["clear"])
        means.append(LensModel(settings, VIEW, seed).picture(scene(), 3.0).mean())
    assert min(means) > (5 if wild else 60)
    assert max(means) < (235 if wild else 160)
    assert np.std(means) > (20 if wild else 2)


def test_the_tint_is_slight_and_white_stays_white() -> None:
    grey = np.array([[0, 60, 128, 255]], dtype=np.uint8)
    colour = tinted(grey, SETTINGS)
    assert colour.shape == (1, 4, 3)
    assert (colour[0, 3] == 255).all()
    assert colour[0, 2, 0] > colour[0, 2, 1]
    assert np.abs(colour.astype(int) - grey[..., None]).max() < 12
