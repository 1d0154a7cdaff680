"""The still of an alarm: one small JPEG, by Pillow."""

import io

import numpy as np
from PIL import Image

from firmware.messages import Grey
from wire.messages import STILL_LIMIT_BYTES

_QUALITIES = (85, 70, 55, 40)
_SHRINK = 0.75


def encode_still(picture: Grey, limit_bytes: int = STILL_LIMIT_BYTES) -> bytes:
    """The picture as a grey JPEG of at most `limit_bytes` (at least 1 KiB).

    Quality goes first, then size: a face in a large soft picture is worth more than one in a small sharp one, but not
    when the blocks show.
    """
    if limit_bytes < 1024:
        raise ValueError(f"a JPEG of at most {limit_bytes} bytes cannot be had: allow 1024 or more")
    image = Image.fromarray(np.ascontiguousarray(picture))
    while True:
        for quality in _QUALITIES:
            jpeg = _encoded(image, quality)
            if len(jpeg) <= limit_bytes:
                return jpeg
        smaller = (max(16, int(image.width * _SHRINK)), max(16, int(image.height * _SHRINK)))
        image = image.resize(smaller, Image.Resampling.HAMMING)


def _encoded(image: Image.Image, quality: int) -> bytes:
    sink = io.BytesIO()
    image.save(sink, "JPEG", quality=quality, optimize=True)
    return sink.getvalue()
