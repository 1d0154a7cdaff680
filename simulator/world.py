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
from simulator.backplate import Backplate, draw_backplate
from simulator.body import Capsules
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

    def render(self, t_s: float) -> Grey:
        """The picture at a time, [h, w]. The same time gives the same picture, noise included."""
        light = self._light.copy()
        view, depth_m = self.stage.view, self.stage.plate.depth_m
        for actor in self.story.actors:
            step = actor.step(t_s)
            if step is not None:
                cast.contact_shadow(view, light, depth_m, step.place_m)
        bodies = [body for actor in self.story.actors if (body := actor.capsules(t_s)) is not None]
        for body in sorted(bodies, key=lambda body: -float(np.linalg.norm(body.a_m.mean(axis=0) - view.origin_m))):
            self._put(light, body)
        return self._exposer.picture(light, round(t_s * 1000))

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
