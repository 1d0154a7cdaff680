"""A scene: a lot, a story and a camera, from a scenario's name, a seed and a picture's size. Pure: no files, no clock.

    scene = build_scene("prowling", seed=7, size=Size(896, 504))
    scene.render(12.5)   # the picture at 12.5 s      scene.truth(12.5)   # what is in it
    scene.incidents      # what ought to be told      scene.site()        # the lot's zones and calibration

The same name and seed give the same world whatever the size; pictures of the same shape differ only in sharpness.
"""

from functools import cached_property

import numpy as np

from firmware.config import SiteConfig
from firmware.messages import Grey, Size
from simulator import cast
from simulator.backplate import Backplate, draw_backplate, glow
from simulator.body import Capsules
from simulator.cars import Car
from simulator.effects import add_flames, add_lamps, fire_light
from simulator.lot import Lot, random_lot
from simulator.optics import F32, F64, View
from simulator.sensor import Exposer, Sensor, bloomed, blurred, random_sensor
from simulator.sitemap import site_of
from simulator.stories import Incident, Story, tell
from simulator.truth import TruthObject, Witness


class Stage:
    """A lot seen from its pole in pictures of one size; what stands still is drawn once, at the first need."""

    def __init__(self, lot: Lot, size: Size) -> None:
        self.lot = lot
        self.view = View(lot.pose, size)
        self.witness = Witness(lot, self.view)

    @cached_property
    def plate(self) -> Backplate:
        """The standing world's light and depth; takes some seconds."""
        return draw_backplate(self.lot, self.view)


class Scene:
    """A story on a stage, taken by a sensor. The first picture takes some seconds, each one after it is quick."""

    def __init__(self, stage: Stage, story: Story, sensor: Sensor) -> None:
        self.stage = stage
        self.story = story
        self.sensor = sensor

    @property
    def size(self) -> Size:
        """The picture's size."""
        return self.stage.view.size

    @property
    def duration_s(self) -> float:
        """How long the story is."""
        return self.story.duration_s

    @property
    def incidents(self) -> tuple[Incident, ...]:
        """What an alarm centre ought to be told of, and when."""
        return self.story.incidents

    def site(self) -> SiteConfig:
        """The lot as this camera sees it: one zone, and places known in the picture and on the ground."""
        return site_of(self.stage.lot, self.stage.view)

    def truth(self, t_s: float) -> tuple[TruthObject, ...]:
        """Everything in the picture at a time: cars, then people."""
        return self.stage.witness.at(self.story, t_s)

    def ground_to_picture(self, points_m: F64) -> F64:
        """Ground points [n, 2] in metres to the picture, in ratios [n, 2]."""
        spots = np.concatenate([points_m, np.zeros((len(points_m), 1))], axis=1)
        return np.asarray(self.stage.view.project(spots)[0] / np.array([self.size.width_px, self.size.height_px]))

    @cached_property
    def _exposer(self) -> Exposer:
        return Exposer(self.sensor, self.stage.plate.luminance, self.stage.lot.seed)

    @cached_property
    def _light(self) -> F32:
        """The standing world through the lens."""
        light = blurred(self.stage.plate.luminance, self.sensor.blur_ratio * self.size.width_px)
        return bloomed(light, self._exposer.gain, self.sensor.bloom)

    @cached_property
    def _fire_glow(self) -> F32:
        """What the fire's light falls on, for a fire of strength 1."""
        blaze = self.story.blaze
        assert blaze is not None
        return glow(self.stage.lot, self.stage.view, (*blaze.place_m, 0.35))

    @cached_property
    def _lamp_glow(self) -> F32:
        """What the car's head lamps fall on: the ground and all before its nose."""
        lamps = self.story.head_lamps
        assert lamps is not None
        car = self._car(lamps.car)
        ahead = car.to_world(np.array([[car.shape.length_m / 2 + 1.2, 0.0, 0.6]]))[0]
        return 3.0 * glow(self.stage.lot, self.stage.view, (float(ahead[0]), float(ahead[1]), 0.6))

    def _car(self, number: int) -> Car:
        return next(car for car in self.stage.lot.cars if car.number == number)

    def render(self, t_s: float) -> Grey:
        """The picture at a time, [h, w]. The same time gives the same picture, noise included."""
        light = self._light.copy()
        self._shine(light, t_s)
        view, depth_m = self.stage.view, self.stage.plate.depth_m
        for actor in self.story.actors:
            step = actor.step(t_s)
            if step is not None:
                cast.contact_shadow(view, light, depth_m, step.place_m)
        bodies = [body for actor in self.story.actors if (body := actor.capsules(t_s)) is not None]
        for body in sorted(bodies, key=lambda body: -float(np.linalg.norm(body.a_m.mean(axis=0) - view.origin_m))):
            self._put(light, body)
        if self.story.blaze is not None:
            add_flames(view, light, depth_m, self.story.blaze, t_s)
        return self._exposer.picture(light, round(t_s * 1000))

    def _shine(self, light: F32, t_s: float) -> None:
        """Add, in place, what fire and head lamps light up."""
        blaze, lamps = self.story.blaze, self.story.head_lamps
        if blaze is not None and t_s >= blaze.start_s:
            light += np.float32(fire_light(blaze, t_s)) * self._fire_glow
        if lamps is not None and t_s >= lamps.start_s:
            light += self._lamp_glow
            add_lamps(self.stage.view, light, self.stage.plate.depth_m, self._car(lamps.car))

    def _put(self, light: F32, body: Capsules) -> None:
        patch = cast.patch(self.stage.view, self.stage.lot, self.stage.plate.depth_m, body)
        if patch is None:
            return
        sigma_px = self.sensor.blur_ratio * self.size.width_px
        cover, luminance = blurred(patch.cover, sigma_px), blurred(patch.luminance, sigma_px)
        place = patch.window.slices
        light[place] = light[place] * (1 - cover) + luminance


def build_scene(name: str, seed: int, size: Size) -> Scene:
    """The scenario's scene for a seed. Raises KeyError for an unknown name (`stories.SCENARIOS` has them all)."""
    lot = random_lot(seed)
    return Scene(Stage(lot, size), tell(name, lot), random_sensor(np.random.default_rng([seed, 106])))
