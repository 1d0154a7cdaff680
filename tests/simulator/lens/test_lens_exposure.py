import numpy as np
import pytest

from simulator.lens.exposure import Exposure, ExposureControl, divided, metered
from simulator.lens.settings import ExposureSettings
from simulator.optics import F32

SETTINGS = ExposureSettings(aim=0.16, sensitivity=10.0, lag_s=0.8, shutter_max_s=0.04, gain_max=16.0)


def lit(luminance: float) -> F32:
    return np.full((36, 64), luminance, dtype=np.float32)


def signal(exposure: Exposure, luminance: float) -> float:
    return exposure.total_s * SETTINGS.sensitivity * luminance


def test_the_first_picture_is_settled() -> None:
    exposure = ExposureControl(SETTINGS).at(lit(0.05), t_s=123.0)
    assert signal(exposure, 0.05) == pytest.approx(0.16, rel=1e-3)


def test_a_step_of_light_is_followed_with_the_lag() -> None:
    control = ExposureControl(SETTINGS)
    before = control.at(lit(0.1), 0.0).total_s
    totals = [control.at(lit(0.2), number / 10).total_s for number in range(1, 60)]
    assert totals[0] == pytest.approx(before)  # the first bright picture was taken as if it were still dark
    after = before / 2
    left = (np.array(totals) - after) / (before - after)
    assert left[8] == pytest.approx(np.exp(-1), abs=0.02)  # one time constant after the first one
    assert (np.diff(totals) <= 1e-12).all()
    assert totals[-1] == pytest.approx(after, rel=0.01)


def test_a_flash_burns_out_and_is_followed_by_a_dip() -> None:
    control = ExposureControl(SETTINGS)
    control.at(lit(0.1), 0.0)
    flash = control.at(lit(3.0), 0.1)
    dip = control.at(lit(0.1), 0.2)
    later = control.at(lit(0.1), 3.0)
    assert signal(flash, 3.0) > 1
    assert signal(dip, 0.1) < 0.15
    assert signal(later, 0.1) == pytest.approx(0.16, rel=0.05)


def test_out_of_order_and_after_a_gap_it_is_settled() -> None:
    control = ExposureControl(SETTINGS)
    control.at(lit(0.1), 100.0)
    assert signal(control.at(lit(0.05), 50.0), 0.05) == pytest.approx(0.16, rel=1e-3)
    assert signal(control.at(lit(0.3), 500.0), 0.3) == pytest.approx(0.16, rel=1e-3)


def test_the_same_time_again_gives_the_same_exposure() -> None:
    control = ExposureControl(SETTINGS)
    control.at(lit(0.1), 0.0)
    first = control.at(lit(0.3), 0.1)
    assert control.at(lit(0.3), 0.1) == first


def test_limits() -> None:
    assert divided(100.0, SETTINGS) == Exposure(0.04, 16.0)
    assert divided(0.0, SETTINGS).shutter_s == pytest.approx(1e-4)
    assert divided(0.005, SETTINGS) == Exposure(0.005, 1.0)


def test_shutter_and_gain_take_turns_and_never_fall() -> None:
    steps = [divided(total, SETTINGS) for total in np.geomspace(1e-4, 0.64, 200)]
    shutters, gains = [step.shutter_s for step in steps], [step.gain for step in steps]
    assert (np.diff(shutters) >= -1e-12).all()
    assert (np.diff(gains) >= -1e-12).all()
    assert [step.total_s for step in steps] == pytest.approx(np.geomspace(1e-4, 0.64, 200))
    assert divided(0.03, SETTINGS).gain == pytest.approx(2.0)


def test_a_dark_scene_hits_the_ends() -> None:
    assert ExposureControl(SETTINGS).at(lit(0.0), 0.0) == Exposure(0.04, 16.0)


def test_a_burnt_out_lamp_darkens_the_rest_and_the_middle_counts_most() -> None:
    dark = lit(0.05)
    aside, middle = dark.copy(), dark.copy()
    aside[:6, :6] = 50.0
    middle[15:21, 29:35] = 50.0
    without, beside, inside = metered(dark, SETTINGS), metered(aside, SETTINGS), metered(middle, SETTINGS)
    assert inside < beside < without


def test_highlights_can_be_held() -> None:
    light = lit(0.05)
    light[10:14, 20:30] = 0.6
    held = metered(light, ExposureSettings(sensitivity=10.0, brightest=0.8))
    assert held < metered(light, ExposureSettings(sensitivity=10.0))
    assert held * 10.0 * 0.6 == pytest.approx(0.8, rel=0.16)  # the brightest 2 % hold a few darker pixels
