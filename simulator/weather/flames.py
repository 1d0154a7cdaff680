"""Flames as a silicon sensor sees them: white-hot sheets with tongues that lick, tear off and throw sparks.

Hot soot shines in near infrared far more than in visible light, so that flames burn out any night exposure but at
their edges. Each flame is a teardrop whose edge is torn by noise that rises with the gas and is bent by coarser noise
(domain warping, Quilez 2002).
"""

import numpy as np

from simulator.optics import F32, F64
from simulator.play import Blaze
from simulator.weather import noise, pixels
from simulator.weather.growth import chance, flicker, height_m, lean, mean_height_m
from simulator.weather.sheet import Sheet, before, hung, leaning
from simulator.weather.sight import SHUTTER_S, Sight
from simulator.weather.wind import Wind

CORE = 24.0  # luminance of the core: in proportion to `fire.lights` (area x luminance / pi) and far above white
_WIDTH = 0.52  # how far tongues stand apart, over the height
_FINEST = 112
_SPARKS = 26
_SPARK = 6.0
_SPARK_STEPS = 6
_LONGEST_PX = 40.0
_CLOCKS_S = 400.0  # within which fires are ahead of one another
_RISE = 1.7  # gas rises at about this times the square root of height (m/s; 1-3 in such flames: McCaffrey 1979)


def add(luminance: F32, depth_m: F32, blaze: Blaze, t_s: float, sight: Sight, wind: Wind) -> None:
    """Add a blaze's flames and sparks to luminance [h, w], in place, hidden by what stands before them."""
    tall = height_m(blaze, t_s)
    if tall <= 0.0:
        return
    tilt, away = leaning(lean(blaze, t_s, wind), sight.view)
    wide = 0.62 * tall
    sheet = Sheet(
        np.array(blaze.place_m),
        away,
        -wide + min(0.0, tilt) * 1.3 * tall,
        wide + max(0.0, tilt) * 1.3 * tall,
        -0.06 * tall,
        1.5 * tall,
    )
    x_m, z_m = sheet.grid(sight.view, _FINEST)
    shape = burning(x_m / np.float32(tall), z_m / np.float32(tall), blaze, t_s, tilt)
    rises = _RISE * np.sqrt(tall) * SHUTTER_S / float(z_m[0, 0] - z_m[1, 0])
    shape = pixels.smeared(shape, int(round(rises)))
    picture = hung(sheet, sight.view, (shape,))
    if picture is not None:
        seen = before(picture, depth_m, max(0.15, 0.25 * tall))
        luminance[picture.window.slices] += CORE * picture.layers[0] * seen
    _sparks(luminance, depth_m, blaze, t_s, sight, wind)


def burning(u: F32, v: F32, blaze: Blaze, t_s: float, tilt: float) -> F32:
    """How much of the flame's brightness is at places `u` across and `v` up (in flame heights) [h, w], 0..1."""
    tall = mean_height_m(blaze, t_s)
    rise = _RISE / np.sqrt(max(tall, 0.1))  # heights a second
    clock = np.float32(t_s + chance(blaze, 7403).uniform(0.0, _CLOCKS_S))
    lift = np.maximum(v, 0.0)
    sway = noise.at(11, 0.30 * u + 0.1, 0.16 * v - 0.16 * rise * clock, 2.0)
    u = u - np.float32(tilt) * lift**1.2 - np.float32(0.07) * sway * np.sqrt(lift)
    curl = noise.at(12, 0.5 * u, 0.3 * v - 0.34 * rise * clock)
    torn = noise.at(13, 0.62 * u + 0.05 * curl, 0.30 * v - 0.42 * rise * clock + 0.02 * curl, 1.5)
    fine = noise.at(14, 1.5 * u + 0.08 * curl, 0.75 * v - 0.95 * rise * clock, 1.2)
    flame = np.zeros(u.shape, dtype=np.float32)
    for middle, size, number in _tongues(blaze, t_s):
        flame = np.maximum(flame, _tongue((u - middle) / size, v / size, torn, fine * (1 + 0.1 * number)))
    return flame


def _tongues(blaze: Blaze, t_s: float) -> list[tuple[float, float, int]]:
    """Where tongues stand across (in heights), how tall each is against the flames, and its number."""
    rng = chance(blaze, 7401)
    count = 2 + int(rng.integers(2, 4))
    tongues = []
    for number in range(count):
        beat, phase, wander = rng.uniform(0.5, 1.6), rng.uniform(0, 6.28), rng.uniform(0.2, 0.7)
        spot = (number + 0.5) / count * 2 - 1
        tall = (1.0 - 0.45 * abs(spot)) * (0.80 + 0.20 * np.sin(2 * np.pi * beat * t_s + phase))
        middle = 0.5 * _WIDTH * spot + 0.03 * np.sin(2 * np.pi * wander * t_s + phase)
        tongues.append((float(middle), float(max(tall, 0.25)), number))
    return tongues


def _tongue(u: F32, v: F32, torn: F32, fine: F32) -> F32:
    lift = np.clip(v, 0, 1.6)
    teardrop = np.float32(0.40) * (lift + 0.04) ** 0.35 * np.maximum(1.08 - lift, 0.02) ** 0.8
    edge = 1 - np.abs(u) / (teardrop + np.float32(0.02))
    wild = np.float32(0.10) + np.float32(0.42) * lift
    value = edge + wild * (torn + np.float32(0.35) * fine) - np.float32(0.18) * lift
    foot = np.clip((v + np.float32(0.04) - np.float32(0.9) * u * u + np.float32(0.02) * fine) * 14, 0, 1)
    hot = np.clip(value * 1.7, 0, 1) * foot * np.clip((1.45 - v) * 4, 0, 1)
    return np.asarray(hot * hot * (3 - 2 * hot) * (1 - np.float32(0.35) * np.minimum(lift, 1)), dtype=np.float32)


def _sparks(luminance: F32, depth_m: F32, blaze: Blaze, t_s: float, sight: Sight, wind: Wind) -> None:
    """Embers that ride up in the plume, each again and again from the flames, short streaks."""
    tall = mean_height_m(blaze, t_s)
    count = int(_SPARKS * np.clip(tall - 0.3, 0, 1))
    if count == 0:
        return
    first, last = (_ember_places(blaze, t_s + late, count, wind) for late in (0.0, SHUTTER_S))
    (start, depth), (stop, _) = sight.view.project(first[:, :3]), sight.view.project(last[:, :3])
    height, width = sight.shape
    along = np.linspace(0, 1, _SPARK_STEPS)[:, None]
    column = (start[:, 0] + (stop - start)[:, 0] * along).astype(int)
    row = (start[:, 1] + (stop - start)[:, 1] * along).astype(int)
    glow = np.broadcast_to(
        _SPARK / _SPARK_STEPS * first[:, 3] * np.minimum(1.0, 8.0 / np.maximum(depth, 1.0)), row.shape
    )
    away = np.broadcast_to(depth, row.shape)
    fresh = np.abs(stop - start).max(axis=1) > _LONGEST_PX  # the ember begins anew within the exposure
    kept = ~fresh & (column >= 0) & (column < width) & (row >= 0) & (row < height) & (away > 0.5)
    kept[kept] = depth_m[row[kept], column[kept]] > away[kept] - 0.3
    np.add.at(luminance, (row[kept], column[kept]), glow[kept].astype(np.float32))


def _ember_places(blaze: Blaze, t_s: float, count: int, wind: Wind) -> F64:
    """Places of embers and their brightness, [count, 4]."""
    rng = chance(blaze, 7402)
    period = rng.uniform(0.9, 2.2, count)
    age = (t_s / period + rng.random(count)) % 1.0
    cycle = np.floor(t_s / period)
    tall = mean_height_m(blaze, t_s)
    turn = 2.4 * cycle + rng.uniform(0, 6.28, count)
    rise = age * period * (1.2 + 1.1 * np.sqrt(tall)) * rng.uniform(0.6, 1.0, count)
    out = (0.18 * tall + 0.35 * rise) * np.sin(turn) + 0.08 * np.sin(9 * age + turn)
    shift = lean(blaze, t_s, wind) * tall + wind.along[:2] * (0.3 * wind.speed_m_s * age * period)[:, None].mean(axis=0)
    places = np.empty((count, 4))
    places[:, 0] = blaze.place_m[0] + out + shift[0] * age
    places[:, 1] = blaze.place_m[1] + out * np.cos(1.7 * turn) + shift[1] * age
    places[:, 2] = blaze.place_m[2] + 0.4 * tall + rise
    places[:, 3] = (1 - age) * flicker(blaze, t_s + 0.01 * float(turn[0] % 1))
    return places
