"""How often each training picture is drawn.

Frames of one view look alike: a view of `n` frames counts as `n ** 0.75` pictures, evenly shared among its frames. A
source weighs the root of what its views count together, so that large ones do not drown small ones, times `WORTH`:
more for what the pole needs and few pictures show, less for what many show.
"""

from __future__ import annotations

import collections
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from models.data import Picture

ALIKE_POWER = 0.75
# farmnight: the only true infrared nights, and a test of false finds; modes: most two-wheelers by day; atl: vehicles
# from above; fire8: nearly all of the smoke; contfire: burning cars; person1, highway40: people. Less: forests burning,
# close-ups, and thermal pictures, whose grey means something else.
WORTH: Mapping[str, float] = {
    "farmnight": 2.5,
    "modes": 2.0,
    "atl": 1.6,
    "contfire": 1.6,
    "fire8": 1.6,
    "person1": 1.3,
    "highway40": 1.28,
    "hituav": 0.8,
    "farid": 0.7,
    "forestfire": 0.5,
}


def source_shares(pictures: Sequence[Picture]) -> NDArray[np.float64]:
    """Probability of each picture."""
    views = collections.Counter(_view(picture) for picture in pictures)
    counts: dict[str, float] = collections.defaultdict(float)
    for (source, group, _), frames in views.items():
        counts[source] += frames**ALIKE_POWER if group else frames
    share = np.empty(len(pictures))
    for row, picture in enumerate(pictures):
        alike = views[_view(picture)] ** (ALIKE_POWER - 1) if picture.group else 1.0
        share[row] = WORTH.get(picture.source, 1.0) * alike / np.sqrt(counts[picture.source])
    return np.asarray(share / share.sum(), np.float64)


def _view(picture: Picture) -> tuple[str, str, str]:
    """Source, group, and the name where there is no group: what looks alike shares all three."""
    return picture.source, picture.group, "" if picture.group else picture.name
