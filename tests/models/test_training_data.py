"""Training samples and how often each picture is drawn: all that needs OpenCV but no PyTorch."""

import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from firmware.errors import ModelError
from models import canvas
from models.canvas import compose
from models.classes import ANIMAL, FIRE, N_CLASSES, SMOKE
from models.data import Picture, without_doubt
from models.decoded import LONGEST_PX, Stock, decode
from models.sample import MAP_STRIDE, Sample, leave_faint
from models.shares import WORTH, source_shares
from tests.training_pictures import jpeg, picture

SIZE = (128, 96)


def draw(one: Picture, seed: int) -> Sample:
    return compose(Stock([one], np.ones(1)), np.random.default_rng(seed), SIZE)


def inside(sample: Sample) -> list[tuple[int, int]]:
    """Row and column of the map under the middle of each box."""
    return [(int((y0 + y1) / 2 / MAP_STRIDE), int((x0 + x1) / 2 / MAP_STRIDE)) for x0, y0, x1, y1 in sample.boxes]


@pytest.mark.parametrize("source", ["s", "simulator"])
def test_boxes_stay_on_the_canvas(source: str) -> None:
    for seed in range(30):
        sample = draw(picture(source=source), seed)
        assert sample.image.shape == (96, 128)
        assert sample.image.dtype == np.uint8
        assert sample.known.shape == (N_CLASSES, 12, 16)
        assert (sample.boxes >= 0).all()
        assert (sample.boxes[:, 2] <= 128).all()
        assert (sample.boxes[:, 3] <= 96).all()
        assert (sample.boxes[:, 2:] > sample.boxes[:, :2]).all()


def test_the_teacher_is_shown_real_canvases_before_the_look() -> None:
    for seed in range(20):
        stock, rng = Stock([picture()], np.ones(1)), np.random.default_rng(seed)
        bare = compose(stock, rng, SIZE, canvas.Recipe(pasting=False, look=False)).image
        shown = draw(picture(), seed).clean
        assert np.array_equal(shown, bare)


def test_the_teacher_is_shown_nothing_of_what_it_gets_wrong() -> None:
    for seed in range(5):
        forest = draw(picture(source="farmnight"), seed)
        assert forest.clean is not None and len(np.unique(forest.clean)) == 1
        assert len(np.unique(forest.image)) > 1
        assert draw(picture(source="simulator"), seed).clean is None


def test_a_class_that_a_source_does_not_label_is_unknown_where_its_picture_lies(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(canvas, "FIRE_CHANCE", 0.0)
    found = 0
    for seed in range(30):
        sample = draw(picture(frozenset({3, 4}), kind=3), seed)
        for middle in inside(sample):
            found += 1
            assert not sample.known[0][middle]
    assert found > 30


def test_what_is_labelled_as_something_else_is_no_animal() -> None:
    clear = replace(
        picture(frozenset({0})), ignored=np.zeros((0, 4), np.float32), ignored_classes=np.zeros(0, np.int64)
    )
    sample = draw(clear, 3)
    assert inside(sample)
    assert all(sample.known[ANIMAL][middle] for middle in inside(sample))
    assert not sample.known[ANIMAL].all()


def test_boxes_follow_the_pixels() -> None:
    """A white square on black is where its box says, whatever the scale, the crop and the mirror."""
    pixels = np.zeros((240, 320, 3), np.uint8)
    pixels[60:180, 100:220] = 255
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG")
    square = replace(
        picture(source="simulator"),
        data=out.getvalue(),
        size_px=(320, 240),
        boxes=np.array([[100, 60, 220, 180]], np.float32),
        ignored=np.zeros((0, 4), np.float32),
        ignored_classes=np.zeros(0, np.int64),
    )
    for seed in range(20):
        sample = draw(square, seed)
        for box in sample.boxes:
            x0, y0, x1, y1 = np.round(box).astype(int)
            inner = sample.image[y0 + 3 : y1 - 3, x0 + 3 : x1 - 3]
            assert inner.size == 0 or inner.mean() > 100 + sample.image.min()


def test_the_same_seed_gives_the_same_sample() -> None:
    one, other = draw(picture(), 5), draw(picture(), 5)
    assert np.array_equal(one.image, other.image)
    assert np.array_equal(one.boxes, other.boxes)
    assert np.array_equal(one.known, other.known)


def test_large_pictures_are_kept_small_and_rendered_ones_grey() -> None:
    large = replace(picture(), data=jpeg(2, 600, 1280), size_px=(1280, 600))
    assert decode(large).levels[0].shape == (300, LONGEST_PX, 3)
    assert decode(large).scale == 0.5
    rendered = replace(large, source="simulator")
    assert [level.shape for level in decode(rendered).levels] == [(600, 1280), (300, 640), (150, 320), (75, 160)]


def test_a_damaged_picture_is_named() -> None:
    with pytest.raises(ModelError, match=r"s: p is no picture"):
        decode(replace(picture(), data=b"no picture"))


def test_a_picture_of_share_nought_is_never_drawn() -> None:
    stock = Stock([picture(), picture(), picture()], np.array([0.5, 0.0, 0.5]))
    rng = np.random.default_rng(1)
    assert {stock.draw(rng) for _ in range(200)} == {0, 2}


def test_beside_a_real_picture_lie_real_ones() -> None:
    stock = Stock([picture(), picture(source="simulator"), picture()], np.full(3, 1 / 3))
    rng = np.random.default_rng(1)
    assert {stock.draw_like(0, 96, rng) for _ in range(200)} == {0, 2}
    assert {stock.draw_like(1, 96, rng) for _ in range(200)} == {0, 1, 2}


def test_what_would_be_too_small_to_see_is_seldom_laid_beside() -> None:
    far = replace(picture(), boxes=np.array([[20, 20, 24, 30]], np.float32))
    stock = Stock([picture(), far], np.full(2, 0.5))
    rng = np.random.default_rng(1)
    assert np.mean([stock.draw_like(0, 60, rng) for _ in range(300)]) < 0.15
    assert np.mean([stock.draw_like(0, 120, rng) for _ in range(300)]) > 0.4


def test_a_source_weighs_the_root_of_its_size() -> None:
    pictures = [picture(source="big")] * 9 + [picture(source="small")]
    shares = source_shares(pictures)
    assert shares.sum() == pytest.approx(1.0)
    assert shares[-1] / shares[:9].sum() == pytest.approx(1.0 / 3.0)


def test_frames_of_one_view_count_less_than_pictures_of_many() -> None:
    view = [replace(picture(), group="hall")] * 16
    shares = source_shares([*view, *(replace(picture(), group=str(number)) for number in range(16))])
    assert shares[:16].sum() / shares[16:].sum() == pytest.approx(16**0.75 / 16)
    assert shares[0] == pytest.approx(shares[15])


def test_what_the_pole_needs_weighs_more() -> None:
    shares = source_shares([picture(source="farmnight"), picture(source="other")])
    assert shares[0] / shares[1] == pytest.approx(WORTH["farmnight"])


def test_smoke_beside_a_boxed_fire_is_left_open() -> None:
    fire = picture(frozenset({FIRE, SMOKE}), kind=FIRE, source="fire8")
    assert without_doubt(fire).labelled == {FIRE}
    assert without_doubt(replace(fire, source="s")).labelled == {FIRE, SMOKE}
    assert without_doubt(replace(fire, classes=np.array([SMOKE]))).labelled == {FIRE, SMOKE}


def test_what_cannot_be_told_from_its_place_is_not_learnt() -> None:
    rng = np.random.default_rng(1)
    slope = np.linspace(40, 80, 128)[None]
    image = rng.normal(slope, 2, (96, 128)).astype(np.uint8)
    image[20:60, 20:40] += 30
    boxes = np.array([[20, 20, 40, 60], [80, 20, 100, 60]], np.float32)
    sample = Sample(image, boxes, np.array([0, 1]), np.ones((N_CLASSES, 12, 16), np.bool_))
    leave_faint(sample)
    assert sample.classes.tolist() == [0]
    assert not sample.known[1, 3:7, 10:12].any()
    assert sample.known[0].all()
