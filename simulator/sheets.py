"""Contact sheets: every scenario at four moments, every condition at one; for looking at."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace

from PIL import Image
from tqdm import tqdm

from simulator.conditions import CONDITIONS
from simulator.groundtruth.sheet import Tile, annotated
from simulator.lens.codec import still
from simulator.lens.tint import tinted
from simulator.scene import Fidelity, Scene, SceneSpec, build_scene, library_of

MOMENTS = 4
_SHOWN_IN_ALL_WEATHER = "prowling"


@dataclass(frozen=True, slots=True)
class SheetSpec:
    """Which library, which lot, how it is drawn; `annotate`: with the true boxes."""

    library: str
    seed: int
    fidelity: Fidelity
    annotate: bool = False


def scenario_tiles(spec: SheetSpec) -> Iterator[Tile]:
    """Each scenario in clear weather, at `MOMENTS` times spread over what happens in it."""
    for name in _shown(sorted(library_of(spec.library)), "scenarios"):
        scene = build_scene(_scene(spec, name))
        try:
            for t_s in _times(scene):
                yield Tile(f"{name}, {t_s:.0f} s", _picture(scene, t_s, spec.annotate))
        finally:
            scene.close()


def condition_tiles(spec: SheetSpec) -> Iterator[Tile]:
    """Each condition, while somebody is at a car."""
    for name in _shown(list(CONDITIONS), "conditions"):
        scenario = _SHOWN_IN_ALL_WEATHER if _SHOWN_IN_ALL_WEATHER in library_of(spec.library) else None
        scene = build_scene(replace(_scene(spec, scenario or next(iter(library_of(spec.library)))), condition=name))
        try:
            t_s = _times(scene)[1]
            yield Tile(f"{name}: {CONDITIONS[name].says}", _picture(scene, t_s, spec.annotate))
        finally:
            scene.close()


def _scene(spec: SheetSpec, scenario: str) -> SceneSpec:
    return SceneSpec(scenario, spec.seed, fidelity=spec.fidelity, library=spec.library)


def _times(scene: Scene) -> list[float]:
    """Spread over the incident where there is one, else over the play, its ends left out."""
    incidents = scene.incidents
    low, high = (incidents[0].began_s, incidents[0].end_s) if incidents else (0.0, scene.duration_s)
    return [low + (high - low) * (number + 0.5) / MOMENTS for number in range(MOMENTS)]


def _picture(scene: Scene, t_s: float, annotate: bool) -> Image.Image:
    taken = still(scene.render, t_s, scene.settings.codec)
    if annotate:
        return annotated(taken, scene.truth(t_s))
    return Image.fromarray(tinted(taken, scene.settings))


def _shown(names: list[str], label: str) -> Iterator[str]:
    yield from tqdm(names, label, disable=not sys.stderr.isatty())
