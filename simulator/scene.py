"""A scene: a lot, a play, a condition and a camera, from a few words and a seed.

    scene = build_scene(SceneSpec("prowling", seed=7, condition="snow"))
    scene.render(12.5)   # the picture at 12.5 s      scene.truth(12.5)   # what is in it
    scene.incidents      # what ought to be told      scene.site()        # the lot's zones and calibration

The same spec gives the same world, play and labels whatever the picture's size and fidelity.
"""

import difflib
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import TypeVar

import cv2
import numpy as np

from firmware.config import SiteConfig
from firmware.errors import CameraError
from firmware.messages import Grey, Size
from simulator.conditions import CONDITIONS, Condition
from simulator.director import Director, movers
from simulator.groundtruth.site import site_of
from simulator.groundtruth.witness import TruthObject, Witness
from simulator.lens.camera import LensModel
from simulator.lens.settings import LensSettings, random_settings
from simulator.lots.build import random_lot, standing
from simulator.lots.lot import Lot
from simulator.moment import Renderer, Standing
from simulator.optics import F32, View
from simulator.play import CameraEvent, CameraHarm, Incident, Play
from simulator.scripts import evaluation, library
from simulator.scripts.draft import NoPlaceError
from simulator.scripts.night import timetable
from simulator.scripts.scenario import Scenario
from simulator.weather.overlay import Weather

DEFAULT_SIZE = Size(896, 504)
NIGHT = "night"
_EXPOSURES = 2  # moments of one exposure that moving things are drawn at (slow shutter)


_Named = TypeVar("_Named")


class Fidelity(StrEnum):
    """How a scene is drawn: not at all (`tracks`: boxes only), at video rate, or path traced."""

    TRACKS = "tracks"
    FAST = "fast"
    FINE = "fine"


@dataclass(frozen=True, slots=True)
class SceneSpec:
    """Which scene. `library`: "development", or "evaluation", whose scripts nobody develops against.

    `hours` is the length of the scenario "night".
    """

    scenario: str
    seed: int = 7
    condition: str = "clear"
    size: Size = DEFAULT_SIZE
    fidelity: Fidelity = Fidelity.FAST
    library: str = "development"
    hours: float = 10.0


class Stage:
    """A lot seen from its pole; the standing world is drawn once per view, at the first need.

    `without` are the numbers of the vehicles that do not belong to the standing world: each picture draws them.
    """

    def __init__(self, lot: Lot, size: Size, fidelity: Fidelity, without: frozenset[int]) -> None:
        self.lot = lot
        self.view = View(lot.pose, size, lot.lens_bend)
        self._fidelity = fidelity
        self.without = without
        self._renderers: dict[View, Renderer] = {}

    @cached_property
    def standing(self) -> Standing:
        """All that never moves."""
        return standing(self.lot, self.without)

    def renderer(self, view: View) -> Renderer:
        """The one that draws this stage from a view."""
        if view not in self._renderers:
            self._renderers[view] = open_renderer(self._fidelity, self.standing, view)
        return self._renderers[view]

    def close(self) -> None:
        """Give the renderers' memory and contexts back."""
        for renderer in self._renderers.values():
            renderer.close()
        self._renderers.clear()


class Scene:
    """A play on a stage in some weather, taken by a camera. The first picture takes seconds, each after it is quick."""

    def __init__(self, stage: Stage, play: Play, condition: Condition, settings: LensSettings) -> None:
        self.stage = stage
        self.play = play
        self.condition = condition
        self.settings = settings
        lot, view = stage.lot, stage.view
        self.director = Director(lot, play, condition, view, stage.without)
        self.lens = LensModel(settings, view, lot.seed)
        self.witness = Witness(lot, play, view, condition)

    @property
    def size(self) -> Size:
        """The picture's size."""
        return self.stage.view.size

    @property
    def duration_s(self) -> float:
        """How long the play is."""
        return self.play.duration_s

    @property
    def incidents(self) -> tuple[Incident, ...]:
        """What an alarm centre ought to be told of, and when."""
        return self.play.incidents

    def site(self) -> SiteConfig:
        """The lot as this camera sees it: one zone, and places known in the picture and on the ground."""
        return site_of(self.stage.lot, self.stage.view)

    def truth(self, t_s: float) -> tuple[TruthObject, ...]:
        """Everything that is at least partly in the picture at a time."""
        return self.witness.at(t_s)

    def render(self, t_s: float) -> Grey:
        """The picture at a time, [h, w]. Exposure follows the light with a lag when times come one after another."""
        return self._taken(t_s, self.radiance(t_s))

    def pictures(self, times_s: Iterable[float]) -> Iterator[Grey]:
        """The same for times one after another; the next one's light is worked out while this one is taken."""
        with ThreadPoolExecutor(1, "light") as ahead:
            coming: deque[tuple[float, Future[F32]]] = deque()
            for t_s in times_s:
                coming.append((t_s, ahead.submit(self.radiance, t_s)))
                if len(coming) > 1:
                    due_s, light = coming.popleft()
                    yield self._taken(due_s, light.result())
            for due_s, light in coming:
                yield self._taken(due_s, light.result())

    def _taken(self, t_s: float, light: F32) -> Grey:
        harm, wind_m_s = self._harm(t_s), self.condition.wind_m_s
        return self.lens.picture(light, t_s, harm, wind_m_s, self.director.infrared(t_s))

    def radiance(self, t_s: float) -> F32:
        """What reaches the lens at a time: luminance of the canvas, weather included."""
        turn = next((event for event in self.play.camera if event.harm is CameraHarm.TURNED), None)
        turned = turn is not None and t_s >= turn.start_s + turn.lasts_s
        view = self._turned_view if turned else self.stage.view
        times_s = t_s + self.settings.exposure.shutter_max_s * (np.arange(_EXPOSURES) / _EXPOSURES)
        moments = self.director.exposure(times_s.tolist())
        drawn = self.stage.renderer(view).picture(moments)
        light = (self._turned_weather if turned else self.weather).over(drawn, t_s, moments[-1])
        if turn is not None and turn.start_s < t_s < turn.start_s + turn.lasts_s:
            share = (t_s - turn.start_s) / turn.lasts_s
            light = _panned(light, float(np.tan(turn.amount * share)) * view.canvas.focal_px)
        return light

    def close(self) -> None:
        """Give the renderers back."""
        self.stage.close()

    @cached_property
    def _turned_view(self) -> View:
        """What the camera sees after somebody has turned it."""
        turn = next(event for event in self.play.camera if event.harm is CameraHarm.TURNED)
        return self.stage.view.turned(turn.amount)

    @cached_property
    def weather(self) -> Weather:
        """What falls, burns and flies before the lens."""
        return Weather(self.condition, self.stage.view, self.stage.lot.seed, self.play, self.stage.standing)

    @cached_property
    def _turned_weather(self) -> Weather:
        return Weather(self.condition, self._turned_view, self.stage.lot.seed, self.play, self.stage.standing)

    def _harm(self, t_s: float) -> tuple[CameraEvent, ...]:
        return tuple(event for event in self.play.camera if event.start_s <= t_s)


def _panned(light: F32, shift_px: float) -> F32:
    """A picture on the move to the right, its edge drawn out."""
    matrix = np.array([[1.0, 0.0, -shift_px], [0.0, 1.0, 0.0]], dtype=np.float32)
    height_px, width_px = light.shape
    return np.asarray(cv2.warpAffine(light, matrix, (width_px, height_px), borderMode=cv2.BORDER_REPLICATE))


def open_renderer(fidelity: Fidelity, world: Standing, view: View) -> Renderer:
    """The renderer of a fidelity. Raises CameraError where its libraries or drivers are missing."""
    if fidelity is Fidelity.FINE:
        from simulator.render.fine import FineRenderer

        return FineRenderer(world, view)
    from simulator.render.gl import GlRenderer

    return GlRenderer(world, view)


def library_of(name: str) -> dict[str, Scenario]:
    """The scenarios of "development" or "evaluation". Raises CameraError."""
    return _named({"development": library.SCENARIOS, "evaluation": evaluation.SCENARIOS}, name, "library")


def build_scene(spec: SceneSpec) -> Scene:
    """The scene that a spec names. Raises CameraError for an unknown scenario, condition or library."""
    condition = _named(CONDITIONS, spec.condition, "condition")
    scenarios = library_of(spec.library)
    lot = random_lot(spec.seed, condition=condition)
    if spec.scenario == NIGHT:
        play = timetable(lot, spec.seed, spec.hours, scenarios, condition=condition)
    else:
        tell = _named(scenarios, spec.scenario, "scenario").tell
        try:
            play = tell(lot, condition, np.random.default_rng([spec.seed, 140, *spec.scenario.encode()]))
        except NoPlaceError as error:
            raise CameraError(
                f"lot {spec.seed} has no place for {spec.scenario!r} ({error}); take another seed"
            ) from error
    settings = random_settings(np.random.default_rng([spec.seed, 142]), wild=False, condition=condition)
    return Scene(Stage(lot, spec.size, spec.fidelity, movers(play)), play, condition, settings)


def _named(choices: Mapping[str, _Named], name: str, what: str) -> _Named:
    if name in choices:
        return choices[name]
    near = difflib.get_close_matches(name, choices, 3, 0.5)
    meant = f"; did you mean {' or '.join(near)}?" if near else ""
    raise CameraError(f"there is no {what} {name!r}{meant} There are: {', '.join(choices)}")
