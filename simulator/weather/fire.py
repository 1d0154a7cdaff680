"""Fire: how much of the world it fills and what it lights. `growth` says how it grows, `flames` draws it."""

from dataclasses import dataclass

import numpy as np

from simulator.moment import Light
from simulator.play import Blaze
from simulator.weather.extent import Extent
from simulator.weather.growth import height_m, lean
from simulator.weather.smoke import plume
from simulator.weather.wind import Wind

CALM = Wind()
_STRENGTH = 9.0  # of the light, per square metre of height squared; see `flames.CORE`


@dataclass(frozen=True, slots=True)
class Extents:
    """Of one blaze at one time; None where there is none of it."""

    flames: Extent | None
    smoke: Extent | None


def lights(blaze: Blaze, t_s: float, wind: Wind = CALM) -> tuple[Light, ...]:
    """What the flames light the world with: one lamp low in them that casts shadows, one high that does not."""
    tall = height_m(blaze, t_s)
    if tall <= 0.0:
        return ()
    strength = _STRENGTH * tall**2
    shift = lean(blaze, t_s, wind) * tall
    x, y, z = blaze.place_m
    low = (x + 0.3 * float(shift[0]), y + 0.3 * float(shift[1]), z + 0.3 * tall + 0.1)
    high = (x + 0.7 * float(shift[0]), y + 0.7 * float(shift[1]), z + 0.7 * tall + 0.1)
    return (Light(low, 0.65 * strength, shadows=True), Light(high, 0.35 * strength))


def extent_m(blaze: Blaze, t_s: float, wind: Wind = CALM) -> Extents:
    """Where flames and smoke are; nearly all that is drawn of them lies in it."""
    tall = height_m(blaze, t_s)
    flames = None
    if tall > 0.0:
        over = lean(blaze, t_s, wind)
        middle = np.array(blaze.place_m) + tall * np.array([*(0.5 * over), 0.52])
        flames = Extent(middle, tall * np.array([0.46, 0.46, 0.66]), over)
    return Extents(flames, plume(blaze, t_s, wind).extent)
