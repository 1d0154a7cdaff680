"""All weather over a picture of the canvas, in the order in which light meets it on its way to the lens."""

from dataclasses import replace
from functools import cached_property

import numpy as np

from simulator.conditions import Condition
from simulator.moment import Body, Kind, Moment, Radiance, Standing
from simulator.optics import F32, View
from simulator.play import Play
from simulator.weather import flames, smoke, wind
from simulator.weather.fog import Fog
from simulator.weather.insects import Insects
from simulator.weather.rain import Rain
from simulator.weather.sight import Sight
from simulator.weather.snow import Snow
from simulator.weather.web import Web

_BEAM_RAD = 0.55
_BREATH_SEEN_M = 14.0
_VEIL_OF_RAIN = 0.4  # beyond the drops and flakes that are drawn one by one


class Weather:
    """The weather of one scene, over pictures of `view.canvas`.

    `standing` tells of the infrared lamp's beam and of the lamps on posts (for their halos in fog); without it the
    beam is a usual one and there are none.
    """

    def __init__(
        self, condition: Condition, view: View, seed: int, play: Play, standing: Standing | None = None
    ) -> None:
        self.condition = condition
        self.sight = Sight(view.canvas, _BEAM_RAD if standing is None else standing.beam_rad)
        self.wind = wind.of(condition, view)
        self._seed = seed
        self._play = play
        self._lamps = () if standing is None else standing.lamps

    @cached_property
    def _fog(self) -> Fog:
        falls = self.condition.rain_mm_h + self.condition.snow_mm_h > 0.0
        veil = _VEIL_OF_RAIN if falls else 1.0
        return Fog(self.sight, self.condition.visibility_m, self.wind.speed_m_s, veil, self._lamps)

    @cached_property
    def _rain(self) -> Rain:
        return Rain(self.sight, self.wind, self.condition.rain_mm_h, self._seed)

    @cached_property
    def _snow(self) -> Snow:
        return Snow(self.sight, self.wind, self.condition.snow_mm_h, self._seed)

    @cached_property
    def _insects(self) -> Insects:
        return Insects(self.sight, self.condition.insects, self._seed)

    @cached_property
    def _web(self) -> Web:
        return Web(self.sight, self.wind, self.condition.wet, self._seed)

    def over(self, radiance: Radiance, t_s: float, moment: Moment) -> F32:
        """Canvas luminance [h, w] with smoke, fire, fog, rain, snow and what is on the lens. `radiance` stays as it is;
        where there is no weather its own array comes back."""
        moment = moment if moment.t_s == t_s else replace(moment, t_s=t_s)
        depth_m = radiance.depth_m
        out = self._fog.over(self._fires(radiance, moment), depth_m, moment)
        condition = self.condition
        falls = condition.rain_mm_h > 0.0 or condition.snow_mm_h > 0.0
        if out is radiance.luminance and (falls or condition.insects > 0 or condition.web):
            out = np.array(out, dtype=np.float32)
        if condition.rain_mm_h > 0.0:
            self._rain.add(out, depth_m, moment)
        if condition.snow_mm_h > 0.0:
            self._snow.add(out, depth_m, moment)
        if condition.insects > 0:
            self._insects.add(out, depth_m, moment)
        if condition.web:
            self._web.add(out, moment)
        return out

    def _breathes(self, body: Body) -> bool:
        """Whether it is somebody near enough for their breath to show."""
        off = body.solid.vertices_m[0] - self.sight.view.origin_m
        return body.kind is Kind.PERSON and float(off @ off) < _BREATH_SEEN_M**2

    def _fires(self, radiance: Radiance, moment: Moment) -> F32:
        t_s = moment.t_s
        clouds = [smoke.plume(blaze, t_s, self.wind) for blaze in self._play.blazes]
        clouds += [smoke.steam(puff, t_s, self.wind) for puff in self._play.puffs]
        if self.condition.snow_cover > 0.0:
            clouds += [smoke.breath(body, t_s, self.wind) for body in moment.moving if self._breathes(body)]
        clouds = [cloud for cloud in clouds if cloud.extent is not None]
        if not clouds and not any(blaze.start_s <= t_s for blaze in self._play.blazes):
            return radiance.luminance
        out = np.array(radiance.luminance, dtype=np.float32)
        for cloud in clouds:
            smoke.blend(out, radiance.depth_m, cloud, moment, self.sight)
        for blaze in self._play.blazes:
            flames.add(out, radiance.depth_m, blaze, t_s, self.sight, self.wind)
        return out
