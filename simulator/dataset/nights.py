"""Stills of scripted scenarios, to judge a detector with: one scene a batch, as a node's camera would have seen it.

A scene's scenario and condition follow from its seed alone, both in turn, so that a run of seeds shows all of them;
`nattvakt simulate --library .. --scenario .. --condition .. --seed ..` plays the film that its stills are taken from.
Scenarios in which the camera is harmed are left out: what a taped lens shows is no question to a detector.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from firmware.errors import CameraError
from firmware.messages import Grey
from simulator.conditions import CONDITIONS
from simulator.dataset.still import BatchSpec, Still, jpeg
from simulator.groundtruth.coco import LEAST_VISIBLE
from simulator.groundtruth.records import KIND_CODES, Bools, TruthTable
from simulator.lens.codec import Denoiser
from simulator.moment import Kind
from simulator.optics import F64
from simulator.play import IncidentKind
from simulator.scene import Scene, SceneSpec, build_scene, library_of

PER_SCENE = 8
QUIET_SHARE = 3 / 8  # of a scene's pictures, those with nobody in them: false alarms are counted there
_STEP_S = 0.5
_SOMEBODY = [KIND_CODES[kind] for kind in (Kind.PERSON, Kind.ANIMAL, Kind.FIRE, Kind.SMOKE)]


def make_night(spec: BatchSpec) -> tuple[Still, ...]:
    """Draw one scene's pictures. Raises CameraError for an unknown library, or without OpenGL."""
    played = _played(spec)
    scene, sequence = played.scene, f"night-{spec.lot_seed:06d}-{played.spec.scenario}"
    stills = []
    try:
        for t_s in moments(scene, spec.count, np.random.default_rng([spec.lot_seed, 110])):
            packed = jpeg(_taken(scene, t_s), scene.settings.codec.jpeg_quality)
            name = f"{sequence}-{t_s:05.1f}s.jpg"
            stills.append(Still(name, sequence, played.spec.condition, spec.size, packed, scene.truth(t_s)))
    finally:
        scene.close()
    return tuple(stills)


def scripted(spec: BatchSpec) -> Iterator[SceneSpec]:
    """The scenes of a seed, best first: one after another, until its lot has a place for one. Raises CameraError for an
    unknown library."""
    library = library_of(spec.library or "")
    names = sorted(name for name, one in library.items() if one.kind is not IncidentKind.CAMERA_TAMPER)
    condition = list(CONDITIONS)[spec.lot_seed % len(CONDITIONS)]
    for after in range(len(names)):
        scenario = names[(spec.lot_seed + after) % len(names)]
        yield SceneSpec(scenario, spec.lot_seed, condition, spec.size, spec.fidelity, spec.library or "")


def moments(scene: Scene, count: int, rng: np.random.Generator) -> list[float]:
    """So many different times, rising: most while somebody (or an animal, fire or smoke) plainly shows, the rest
    while nobody does, both spread over the scene; where there is not enough of the one, more of the other."""
    times_s = np.arange(_STEP_S, scene.duration_s, _STEP_S)
    plain, nobody = _who_shows(scene.witness.along(times_s))
    chosen = _spread(times_s[nobody], round(count * QUIET_SHARE), rng)
    chosen += _spread(times_s[plain], count - len(chosen), rng)
    chosen += _spread(np.setdiff1d(times_s, chosen), count - len(chosen), rng)
    return sorted(chosen)


def _who_shows(table: TruthTable) -> tuple[Bools, Bools]:
    """At each time: whether somebody shows well enough to be asked for, whether nobody shows at all."""
    somebody = np.isin(table.kind, _SOMEBODY)
    plain, nobody = np.zeros(len(table.t_s), dtype=bool), np.ones(len(table.t_s), dtype=bool)
    plain[table.frame[somebody & (table.visible_ratio >= LEAST_VISIBLE)]] = True
    nobody[table.frame[somebody]] = False
    return plain, nobody


def _spread(times_s: F64, count: int, rng: np.random.Generator) -> list[float]:
    """One time by chance from each of `count` equal parts; all, where there are no more."""
    if count < 1:
        return []
    parts: Sequence[F64] = np.array_split(times_s, count)
    return [float(rng.choice(part)) for part in parts if len(part)]


@dataclass(frozen=True, slots=True)
class _Played:
    """A scene and what it was made of."""

    spec: SceneSpec
    scene: Scene


def _played(spec: BatchSpec) -> _Played:
    refused: CameraError | None = None
    for wanted in scripted(spec):
        try:
            return _Played(wanted, build_scene(wanted))
        except CameraError as error:
            refused = error
    raise refused or CameraError(f"the library {spec.library!r} has no scenario without harm to the camera")


def _taken(scene: Scene, t_s: float) -> Grey:
    """One picture as the camera hands it over: its noise filter and its exposure saw the picture before, too."""
    codec = scene.settings.codec
    denoiser = Denoiser(codec.denoise)
    denoiser.denoised(scene.render(t_s - 1 / codec.rate_hz))
    return denoiser.denoised(scene.render(t_s))
