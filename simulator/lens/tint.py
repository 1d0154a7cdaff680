"""The slight colour of a NoIR camera's night pictures."""

import numpy as np
from numpy.typing import NDArray

from firmware.messages import Grey
from simulator.lens.settings import LensSettings


def tinted(grey: Grey, settings: LensSettings) -> NDArray[np.uint8]:
    """Grey [h, w] as red, green and blue [h, w, 3]. At 850 nm all three filters let about the same light through;
    what the white balance guesses wrong leaves a touch of rose or purple. Burnt-out white
    stays white, as all channels clip."""
    levels = np.arange(256, dtype=np.float32)
    fade = 1 - (levels / 255) ** 4
    factors = np.array(settings.tint, dtype=np.float32)
    curves = np.clip(levels[:, None] * (1 + (factors - 1) * fade[:, None]), 0, 255)
    table: NDArray[np.uint8] = np.round(curves).astype(np.uint8)
    return table[grey]
