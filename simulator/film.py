"""A scene played from its start to its end: into a film, labels, recorded detections, a site's configuration."""

import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image
from tqdm import tqdm

from firmware.drivers.film_av import FilmWriter
from firmware.errors import NodeError
from simulator.groundtruth import noise, recorded
from simulator.groundtruth.labels import Labels, Looked, as_json
from simulator.groundtruth.sheet import annotated
from simulator.groundtruth.site import as_toml
from simulator.lens.codec import Denoiser
from simulator.lens.tint import tinted
from simulator.optics import F64
from simulator.scene import NIGHT, Scene, SceneSpec


@dataclass(frozen=True, slots=True)
class Outputs:
    """What to write, each None where not wanted. `annotate`: draw the true boxes into the film."""

    video: Path | None = None
    labels: Path | None = None
    detections: Path | None = None
    site: Path | None = None
    annotate: bool = False


def play_out(scene: Scene, spec: SceneSpec, rate_hz: float, outputs: Outputs) -> None:
    """Write all that is wanted. Raises NodeError."""
    for path in (outputs.video, outputs.labels, outputs.detections, outputs.site):
        if path is not None and not os.access(path.parent, os.W_OK):
            raise NodeError(f"{path}: cannot be written; name a file in a folder that exists and is yours")
    times_s = np.arange(int(scene.duration_s * rate_hz)) / rate_hz
    if outputs.video is not None:
        _film(outputs.video, scene, times_s, rate_hz, outputs.annotate)
    if outputs.labels is not None:
        _write(outputs.labels, [as_json(_labels(scene, spec, times_s, rate_hz))])
    if outputs.detections is not None:
        found = noise.detections(scene.witness.along(times_s), scene.condition, spec.seed)
        _write(outputs.detections, recorded.lines(found))
    if outputs.site is not None:
        _write(outputs.site, [as_toml(scene.site())])


def _film(path: Path, scene: Scene, times_s: F64, rate_hz: float, annotate: bool) -> None:
    denoiser = Denoiser(scene.settings.codec.denoise)
    with closing(FilmWriter(path, rate_hz)) as film:
        for t_s, raw in zip(_shown(times_s, "film"), scene.pictures(times_s.tolist()), strict=True):
            picture = denoiser.denoised(raw)
            if annotate:
                film.add(annotated(picture, scene.truth(t_s)), t_s)
            else:
                film.add(Image.fromarray(tinted(picture, scene.settings)), t_s)


def _labels(scene: Scene, spec: SceneSpec, times_s: F64, rate_hz: float) -> Labels:
    whole_night = spec.scenario == NIGHT  # its boxes would be gigabytes: incidents only, boxes in the detections
    looks = () if whole_night else tuple(Looked(t_s, scene.truth(t_s)) for t_s in _shown(times_s, "labels"))
    return Labels(
        spec.scenario, spec.library, spec.condition, spec.seed, spec.fidelity.value, spec.size.width_px,
        spec.size.height_px, rate_hz, scene.duration_s, scene.incidents, looks,
    )  # fmt: skip


def _shown(times_s: F64, label: str) -> Iterator[float]:
    """Times one after another, with a bar on a terminal."""
    yield from tqdm(times_s.tolist(), label, unit=" pictures", disable=not sys.stderr.isatty())


def _write(path: Path, parts: Iterable[bytes]) -> None:
    try:
        with path.open("wb") as file:
            file.writelines(parts)
    except OSError as error:
        raise NodeError(f"{path}: cannot be written: {error.strerror}; name a file in a folder that exists") from error
