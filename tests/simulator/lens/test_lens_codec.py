import numpy as np
import pytest

from firmware.drivers.encoder_av import EncoderSettings
from firmware.messages import Box, Grey, Size
from simulator.lens import codec, measure
from simulator.lens.camera import LensModel
from simulator.lens.settings import CodecSettings, LensSettings
from simulator.optics import PolePose, View


def night(count: int) -> list[Grey]:
    """A still scene of soft shapes, as the sensor gives it."""
    x, y = np.arange(320)[None], np.arange(180)[:, None]
    light = (0.05 + 0.04 * np.sin(x / 40) * np.cos(y / 30)).astype(np.float32)
    model = LensModel(LensSettings(), View(PolePose(), Size(320, 180)), 3)
    return [model.picture(light, number / 10) for number in range(count)]


RAW = night(12)


def test_one_picture_out_for_each_one_in() -> None:
    out = list(codec.through_h264(RAW, EncoderSettings()))
    assert len(out) == len(RAW)
    assert all(picture.shape == (180, 320) for picture in out)
    for before, after in zip(RAW, out, strict=True):
        assert np.abs(before.astype(float) - after).mean() < 6


def test_compression_eats_fine_noise_to_what_real_footage_has() -> None:
    raw = measure.spatial_noise(RAW[-1]).median
    stored = measure.spatial_noise(list(codec.sequence(RAW, CodecSettings()))[-1]).median
    assert raw > 1.2
    assert 0.05 < stored < 0.6


def test_a_still_can_be_taken_as_if_from_a_film() -> None:
    asked: list[float] = []

    def take(t_s: float) -> Grey:
        asked.append(t_s)
        return RAW[len(asked)]

    eaten = codec.still(take, 5.0, CodecSettings(), before=3)
    assert asked == pytest.approx([4.7, 4.8, 4.9, 5.0])
    assert measure.spatial_noise(eaten).median < 0.5 * measure.spatial_noise(RAW[4]).median


def test_full_range_of_grey_survives() -> None:
    ramp = np.broadcast_to(np.linspace(0, 255, 320).astype(np.uint8), (180, 320)).copy()
    out = list(codec.through_h264([ramp, ramp], EncoderSettings()))[-1]
    assert out.min() <= 3
    assert out.max() >= 252
    assert np.abs(out.astype(float) - ramp).mean() < 2


def test_jpeg_of_low_quality_loses_more() -> None:
    good, bad = (np.abs(codec.through_jpeg(RAW[0], q).astype(float) - RAW[0]).mean() for q in (95, 30))
    assert 0 < good < bad < 8


def test_denoising_calms_what_is_still_and_follows_what_moves() -> None:
    denoiser = codec.Denoiser(0.7)
    calm = [denoiser.denoised(picture) for picture in RAW]
    before, after = (measure.temporal_noise(pair[-2], pair[-1]).median for pair in (RAW, calm))
    assert after < 0.5 * before
    moved = RAW[-1].copy()
    moved[60:120, 100:140] = 220
    shown = denoiser.denoised(moved)
    assert shown[70:110, 110:130].mean() > 210


def test_measured_noise_is_the_noise_that_was_added() -> None:
    rng = np.random.default_rng(1)
    ramp = np.broadcast_to(np.linspace(20, 230, 320), (180, 320))
    first, second = (np.round(ramp + 3.0 * rng.standard_normal((180, 320))).astype(np.uint8) for _ in range(2))
    assert measure.temporal_noise(first, second).median == pytest.approx(3.0, rel=0.1)
    assert measure.spatial_noise(first).median == pytest.approx(3.0, rel=0.25)


def test_luminance_counts_black_and_burnt_out() -> None:
    picture = np.full((10, 10), 100, np.uint8)
    picture[:2], picture[9] = 5, 255
    found = measure.luminance(picture)
    assert (found.near_black, found.burnt_out) == pytest.approx((0.2, 0.1))
    assert measure.mean_luminance([found, found]) == found


def test_a_bright_person_on_dark_ground() -> None:
    picture = np.full((200, 300), 60, np.uint8)
    picture[50:100, 100:120] = 140  # upper body
    picture[100:150, 100:120] = 70
    picture[50:60, 100:120] = 255
    found = measure.figure(picture, Box(100, 50, 20, 100))
    assert found is not None
    assert found.torso_over_ground == pytest.approx(80)
    assert found.upper_burnt_out == pytest.approx(0.2)
    assert found.height_ratio == pytest.approx(0.5)
    everybody = measure.people([found, found])
    assert everybody.torso_brighter == 1.0
    assert measure.figure(picture, Box(100, 50, 3, 9)) is None
