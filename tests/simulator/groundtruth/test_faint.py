"""What cannot be seen in a picture is asked of nobody: neither in the dark, nor in fog, nor in noise."""

import io

import msgspec
import numpy as np
import pytest
from PIL import Image

from firmware.messages import Grey
from simulator.groundtruth import coco, faint

BOX = (60.0, 40.0, 14.0, 40.0)


def ground(level: float = 90.0, across: float = 0.0, noise: float = 1.0) -> np.ndarray:  # type: ignore[type-arg]
    """Grey levels [120, 160] that slope to the right."""
    rng = np.random.default_rng(5)
    return np.asarray(level + across * np.arange(160)[None, :] + rng.normal(0.0, noise, (120, 160)))


def with_somebody(under: np.ndarray, differs: float, box: tuple[float, ...] = BOX) -> Grey:  # type: ignore[type-arg]
    x, y, w, h = (int(side) for side in box)
    under = under.copy()
    under[y : y + h, x : x + w] += differs
    return np.asarray(np.clip(np.round(under), 0, 255), dtype=np.uint8)


@pytest.mark.parametrize("differs", [-30.0, -6.0, 6.0, 30.0])
def test_who_is_brighter_or_darker_than_the_ground_is_seen(differs: float) -> None:
    assert faint.contrast(with_somebody(ground(), differs), BOX) == pytest.approx(abs(differs) / 3, abs=0.6)


def test_a_dark_head_over_a_coat_like_the_ground_is_seen() -> None:
    assert faint.contrast(with_somebody(ground(), 25.0, (62, 40, 10, 8)), BOX) > 2.0


@pytest.mark.parametrize("level", [2.0, 90.0, 254.0])
def test_who_is_as_the_ground_is_not_seen(level: float) -> None:
    assert faint.contrast(with_somebody(ground(level), 1.0), BOX) < 1.0


def test_a_slope_of_light_is_nobody() -> None:
    assert faint.contrast(with_somebody(ground(30.0, across=0.9, noise=0.5), 0.0), BOX) < 1.0


def test_noise_hides_what_is_small_and_not_what_is_large() -> None:
    noisy, small = ground(noise=25.0), (60.0, 40.0, 6.0, 10.0)
    assert faint.contrast(with_somebody(noisy, 12.0, small), small) < 1.0
    assert faint.contrast(with_somebody(noisy, 12.0), BOX) > 1.0


@pytest.mark.parametrize("box", [(0.0, 0.0, 160.0, 120.0), (0.0, 0.0, 160.0, 119.0), (158.5, 118.5, 1.4, 1.4)])
def test_boxes_at_the_edges_are_measured_or_plain(box: tuple[float, float, float, float]) -> None:
    assert faint.contrast(with_somebody(ground(), 0.0), box) >= 0.0


def test_a_table_is_marked_once() -> None:
    picture = Image.fromarray(with_somebody(ground(), 40.0))
    file = io.BytesIO()
    picture.save(file, format="PNG")
    seen, lost = _note(1, BOX), _note(2, (120.0, 40.0, 14.0, 40.0))
    hidden = msgspec.structs.replace(_note(3, BOX), iscrowd=1)
    table = coco.Table((coco.Image(1, "a.png", 160, 120, "lot", "clear"),), (seen, lost, hidden))
    files = {"a.png": file.getvalue()}
    judged = faint.judged(table, files.__getitem__)
    assert [note.iscrowd for note in judged.annotations] == [0, 1, 1]
    assert judged.annotations[0].contrast == pytest.approx(13.3, abs=0.5)
    assert coco.read(coco.encoded(judged)) == judged
    files.clear()
    assert faint.judged(judged, files.__getitem__) is judged


def _note(number: int, box: tuple[float, float, float, float]) -> coco.Annotation:
    return coco.Annotation(number, 1, 1, box, box[2] * box[3], 0, 1.0, 12.0, "walk", "clear", 101, 101)
