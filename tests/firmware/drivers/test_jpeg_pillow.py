"""A still always fits in 32 KiB, as good as that allows."""

import io

import numpy as np
import pytest
from PIL import Image

from firmware.drivers.jpeg_pillow import encode_still
from firmware.messages import Grey, Size
from tests.pictures import lot


def noise(size: Size) -> Grey:
    return np.random.default_rng(5).integers(0, 256, (size.height_px, size.width_px), dtype=np.uint8)


@pytest.mark.parametrize("size", [Size(160, 120), Size(1280, 720), Size(1920, 1080)])
def test_noise_that_no_jpeg_can_compress_still_fits(size: Size) -> None:
    jpeg = encode_still(noise(size))
    assert len(jpeg) <= 32 * 1024
    with Image.open(io.BytesIO(jpeg)) as image:
        image.load()
        assert image.format == "JPEG"
        assert abs(image.width / image.height - size.width_px / size.height_px) < 0.05


def test_an_easy_picture_keeps_its_size() -> None:
    picture = np.tile(np.linspace(0, 255, 1280).astype(np.uint8), (720, 1))
    with Image.open(io.BytesIO(encode_still(picture))) as image:
        assert (image.width, image.height) == (1280, 720)
        assert np.abs(np.asarray(image).astype(int) - picture).max() < 12


def test_less_room_gives_a_smaller_jpeg() -> None:
    assert len(encode_still(lot(3), limit_bytes=4096)) <= 4096


def test_no_room_at_all_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="1024 or more"):
        encode_still(lot(3), limit_bytes=100)
