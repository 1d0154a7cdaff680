"""The camera's look: every change keeps the form, depends on the seed alone, and does what it says."""

import numpy as np
import pytest

from models import look, patterns

SHAPE = (96, 128)


def ramp() -> look.Grey:
    return np.tile(np.linspace(20, 220, SHAPE[1]).astype(np.uint8), (SHAPE[0], 1))


def test_a_look_keeps_the_form_and_comes_from_the_seed() -> None:
    changed = 0
    for seed in range(60):
        one, other = (look.night_look(ramp(), np.random.default_rng(seed)) for _ in range(2))
        assert one.shape == SHAPE
        assert one.dtype == np.uint8
        assert np.array_equal(one, other)
        changed += not np.array_equal(one, ramp())
    assert 30 < changed < 60


def test_a_light_look_is_lighter() -> None:
    def change(kind: object) -> float:
        pictures = (kind(ramp(), np.random.default_rng(seed)) for seed in range(40))  # type: ignore[operator]
        return float(np.mean([np.abs(picture.astype(float) - ramp()).mean() for picture in pictures]))

    assert change(look.light_look) < 0.5 * change(look.night_look)


def test_grey_is_a_mix_of_the_channels() -> None:
    flat = np.full((8, 8, 3), (30, 90, 150), np.uint8)
    greys = {int(look.to_grey(flat, np.random.default_rng(seed))[0, 0]) for seed in range(20)}
    assert len(greys) > 10
    assert min(greys) >= 30
    assert max(greys) <= 150


@pytest.mark.parametrize("kind", [patterns.rain, patterns.snow, patterns.insects, patterns.threads])
def test_what_hangs_before_the_lens_leaves_most_of_the_picture(kind: object) -> None:
    layers = kind((288, 512))  # type: ignore[operator]
    assert all(layer.min() >= 0 and layer.max() <= 255 for layer in layers)
    assert max(float(layer.max()) for layer in layers) > 60
    assert np.median([np.mean(layer > 60) for layer in layers]) < 0.3


def test_noise_grows_with_the_light_and_has_the_deviation_it_says() -> None:
    assert [float(layer.std()) for layer in patterns.noise(SHAPE)] == pytest.approx([1.0] * 6, abs=0.02)
    dark, bright = (np.full(SHAPE, level, np.uint8) for level in (40, 180))
    spread = [np.mean([look._noisy(p, np.random.default_rng(s), 1.0).std() for s in range(20)]) for p in (dark, bright)]
    assert spread[1] > 1.3 * spread[0] > 0


def test_fog_is_thicker_above() -> None:
    for field in patterns.fogs(SHAPE):
        assert 0 <= field.min() <= field.max() <= 1
        assert field[:24].mean() > field[-24:].mean() - 0.05


def test_h264_keeps_edges_and_softens_the_rest() -> None:
    rng = np.random.default_rng(3)
    picture = (rng.normal(100, 3, SHAPE)).astype(np.uint8)
    picture[:, 64:] = 200
    coded = [look._coded(picture, np.random.default_rng(seed)) for seed in range(20)]
    assert all(one[:, 70:].mean() - one[:, :58].mean() == pytest.approx(100, abs=6) for one in coded)
    assert np.mean([one[:, :58].std() for one in coded]) < picture[:, :58].std()
