"""Smoke, steam and breath: plumes that rise, widen, billow and drift, lit by the fire below, the infrared lamp and the
sky, and dark before what is brighter than they are."""

from dataclasses import dataclass

import numpy as np

from simulator.moment import INFRARED_STRENGTH, Body, Moment
from simulator.optics import F32, F64
from simulator.play import Blaze, Puff
from simulator.weather import growth, noise
from simulator.weather.extent import Extent
from simulator.weather.sheet import Sheet, before, hung, leaning
from simulator.weather.sight import Sight
from simulator.weather.wind import Wind

_FINEST = 96
_ENTRAIN = 0.20  # half width gained per metre of way (plumes: 0.1-0.16 each side; Morton, Taylor and Turner 1956)
_LINGER_S = 14.0
_BREATH_S = 3.6
_SEEDS = 400  # of plumes
_BACK = 0.35  # of the infrared lamp's light, what a thick white cloud throws back


@dataclass(frozen=True, slots=True)
class Plume:
    """A plume at one time. `foot_m` [3]; its front has risen to `top_m` and its tail left `base_m` (over the foot);
    `lean` [2]: metres along x and y per metre up; `wide_m`: half width at the foot; `thick`: optical depth there."""

    foot_m: F64
    base_m: float
    top_m: float
    lean: F64
    wide_m: float
    thick: float
    rise_m_s: float
    albedo: float
    seed: int

    @property
    def extent(self) -> Extent | None:
        """The ellipsoid that nearly all of it lies in; None: there is no smoke."""
        if self.thick <= 0.01 or self.top_m - self.base_m < 0.05:
            return None
        middle, half = (self.top_m + self.base_m) / 2, (self.top_m - self.base_m) / 2
        wide = 1.15 * self.half_width_m(self.base_m + 1.6 * half) + 0.07 * min(self.top_m, 2.0)
        centre = self.foot_m + np.array([*(self.lean * middle), middle])
        return Extent(centre, np.array([wide, wide, half]), self.lean)

    def half_width_m(self, up_m: float) -> float:
        """How wide it is at a height over its foot."""
        return self.wide_m + _ENTRAIN * max(up_m, 0.0)


def plume(blaze: Blaze, t_s: float, wind: Wind) -> Plume:
    """A blaze's smoke: it begins with the smouldering, goes as high as it is strong, and lingers after the end."""
    since = t_s - blaze.start_s
    tall = growth.mean_height_m(blaze, t_s)
    begun = float(np.clip(since / 4.0, 0, 1)) if since > 0 else 0.0
    over = max(0.0, t_s - blaze.end_s)
    fading = float(np.clip(1 - over / _LINGER_S, 0, 1))
    strong = 0.35 + 0.65 * growth.share(blaze, min(t_s, blaze.end_s))
    rise = 0.9 + 0.9 * float(np.sqrt(tall))
    most = (1.2 + 5.0 * blaze.smoke) * strong
    blow = 0.7 * wind.speed_at(blaze.place_m[2] + 2.0) * wind.gust(t_s)
    return Plume(
        foot_m=np.array([*blaze.place_m[:2], blaze.place_m[2] + 0.45 * tall]),
        base_m=min(over * rise * 0.5, 0.7 * most),
        top_m=min(max(since, 0.0) * rise, most),
        lean=np.asarray(wind.along[:2] * min(1.8, blow / (rise + 0.6))),
        wide_m=0.10 + 0.22 * tall,
        thick=2.6 * blaze.smoke * begun * fading * (0.45 + 0.55 * strong),
        rise_m_s=rise,
        albedo=0.75 - 0.45 * growth.share(blaze, t_s),
        seed=int(growth.chance(blaze, 7404).integers(_SEEDS)),
    )


def steam(puff: Puff, t_s: float, wind: Wind) -> Plume:
    """Vapour that is no fire: white, thin, low, soon gone."""
    since, over = t_s - puff.start_s, max(0.0, t_s - puff.end_s)
    begun = float(np.clip(since / 1.5, 0, 1)) if since > 0 else 0.0
    fading = float(np.clip(1 - over / 3.0, 0, 1))
    pulse = 1 + 0.2 * float(np.sin(2 * np.pi * 0.9 * t_s + puff.start_s))
    most = 0.6 + 0.8 * puff.strength
    blow = 0.7 * wind.speed_at(puff.place_m[2] + 0.5) * wind.gust(t_s)
    return Plume(
        foot_m=np.array(puff.place_m),
        base_m=min(over * 0.5, 0.7 * most),
        top_m=min(max(since, 0.0) * 0.7, most),
        lean=np.asarray(wind.along[:2] * min(2.5, blow / 0.7 + 0.3)),
        wide_m=0.06,
        thick=0.8 * puff.strength * begun * fading * pulse,
        rise_m_s=0.7,
        albedo=0.9,
        seed=int(1000 * puff.start_s) % 97 + 400,
    )


def breath(body: Body, t_s: float, wind: Wind) -> Plume:
    """What somebody breathes out in the cold, from below the highest point of their body, every 3.6 s (16 a minute)."""
    top = body.solid.vertices_m[int(np.argmax(body.solid.vertices_m[:, 2]))].astype(np.float64)
    age = (t_s / _BREATH_S + 0.37 * body.number) % 1.0
    return Plume(
        foot_m=top - np.array([0.0, 0.0, 0.22]),
        base_m=0.25 * age,
        top_m=0.12 + 0.6 * age,
        lean=np.asarray(wind.along[:2] * min(2.5, wind.speed_at(1.6) * wind.gust(t_s) / 0.5 + 0.2)),
        wide_m=0.05 + 0.08 * age,
        thick=0.5 * float(np.clip(6 * age, 0, 1) * (1 - age) ** 1.5),
        rise_m_s=0.4,
        albedo=0.9,
        seed=body.number,
    )


def opacity(x_m: F32, z_m: F32, cloud: Plume, t_s: float, tilt: float) -> F32:
    """What share of light is lost at places across and up over the plume's foot, [h, w]."""
    up = np.maximum(z_m, 0.0)
    wide = np.float32(cloud.wide_m) + np.float32(_ENTRAIN) * up
    clock = np.float32(t_s + 3.1 * cloud.seed)
    way = up - np.float32(cloud.rise_m_s) * clock
    bend = noise.at(21, 0.05 * x_m + 0.3, 0.10 * way, 2.0)
    off = x_m - np.float32(tilt) * up - np.float32(0.11) * np.clip(bend, -2, 2) * np.minimum(up, 2.0)
    curl = noise.at(22, 0.16 * off / (0.5 + wide), 0.10 * way)
    puffs = noise.at(23, 0.20 * off / (0.35 + wide) + 0.04 * curl, 0.17 * way + 0.03 * curl, 1.7)
    fine = noise.at(24, 0.55 * off / (0.35 + wide) + 0.05 * curl, 0.5 * way, 1.3)
    edge = 1 - (off / (np.float32(0.9) * wide)) ** 2
    span = np.float32(max(cloud.top_m - cloud.base_m, 0.05))
    height = (z_m - np.float32(cloud.base_m)) / span
    ends = np.clip(height * 6, 0, 1) * np.clip((1.0 - height) * 1.6, 0, 1)
    body = np.clip(edge + np.float32(0.55) * puffs + np.float32(0.18) * fine, 0, 1.6)
    body *= np.clip((np.float32(1.25) - np.abs(off) / wide) * 4, 0, 1)
    thin = np.float32(cloud.thick) * np.sqrt(np.float32(cloud.wide_m + 0.2) / (wide + np.float32(0.2)))
    return np.asarray(1 - np.exp(-thin * body * ends), dtype=np.float32)


def blend(luminance: F32, depth_m: F32, cloud: Plume, moment: Moment, sight: Sight) -> None:
    """Lay a plume over luminance [h, w], in place, behind what is nearer."""
    extent = cloud.extent
    if extent is None:
        return
    tilt, away = leaning(cloud.lean, sight.view)
    wide = 1.3 * cloud.half_width_m(cloud.top_m)
    lean = tilt * cloud.top_m
    sheet = Sheet(cloud.foot_m, away, min(0.0, lean) - wide, max(0.0, lean) + wide, max(cloud.base_m, 0.0), cloud.top_m)
    x_m, z_m = sheet.grid(sight.view, _FINEST)
    light = _light(x_m - np.float32(tilt) * z_m, z_m, cloud, moment)
    picture = hung(sheet, sight.view, (opacity(x_m, z_m, cloud, moment.t_s, tilt), light))
    if picture is None:
        return
    rows = picture.window.slices
    lost = picture.layers[0] * before(picture, depth_m, 0.3)
    lamp = np.float32(_BACK * moment.infrared * INFRARED_STRENGTH) / picture.depth_m[:, :1] ** 2
    own = sight.beam[rows] * lamp
    own += picture.layers[1]
    own += np.float32(0.5 * moment.ambient)
    own *= np.float32(cloud.albedo)
    own -= luminance[rows]
    own *= lost
    luminance[rows] += own


def _light(off_m: F32, z_m: F32, cloud: Plume, moment: Moment) -> F32:
    """Irradiance in the plume from the lamps and fires of the moment, each at its distance, [h, w]."""
    total = np.zeros(off_m.shape, dtype=np.float32)
    for light in moment.lights:
        away = np.asarray(light.place_m) - cloud.foot_m
        aside = float(np.hypot(away[0], away[1]))
        if light.strength <= 0.0 or aside > 8.0:
            continue
        distance_sq = off_m**2 + np.float32(aside**2) + (z_m - np.float32(away[2])) ** 2
        total += np.float32(0.03 * light.strength) / (distance_sq + np.float32(0.15))
    return total
