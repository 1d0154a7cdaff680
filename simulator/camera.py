"""The simulator in the camera's place: firmware.ports.Camera over a scene."""

import itertools
import threading
from collections.abc import Callable, Iterator

from firmware.config import CameraConfig
from firmware.core.privacy import Masks
from firmware.drivers.encoder_av import EncoderSettings
from firmware.drivers.scaling import DETECTOR_LUMA
from firmware.drivers.studio import FrameMaker
from firmware.messages import Frame, Grey, Size
from firmware.ports import Clock
from simulator.lens.codec import Denoiser
from simulator.scene import Scene, SceneSpec, build_scene

_LEAST_RATE_HZ = 1.0  # a machine too slow for the scene still gives a picture this often; the story then runs slower


def spec_of(camera: CameraConfig) -> SceneSpec:
    """The scene that a configuration names."""
    scenario, _, condition = camera.source.partition("/")
    size = Size(camera.width_px, camera.height_px)
    return SceneSpec(scenario, camera.seed, condition or "clear", size)


class SceneCamera:
    """Frames of the scenario that `camera.source` names (`prowling`, or `prowling/snow` with a condition), by
    `camera.seed`, at `camera.rate_hz`, encoded as configured.

    With a clock: in real time. `t_s` is the moment on the clock's monotonic base at which a picture is due; pictures
    whose successor is already due are dropped and counted in `late`, so that lag never builds up. Without one: as fast
    as it goes, with `t_s` from 0. `camera.loop` tells the story again and again, else `frames` ends with it.

    `luma` is the network's input. `wait` replaces the wait that `close` interrupts (a test's own clock). Raises
    CameraError for an unknown scenario or condition; `frames` raises it where there is no OpenGL.
    """

    def __init__(
        self,
        camera: CameraConfig,
        masks: Masks,
        clock: Clock | None = None,
        wait: Callable[[float], object] | None = None,
        luma: Size = DETECTOR_LUMA,
    ) -> None:
        self.scene: Scene = build_scene(spec_of(camera))
        self.late = 0
        self._camera = camera
        self._masks = masks
        self._luma = luma
        self._clock = clock
        self._closed = threading.Event()
        self._wait = wait or self._closed.wait
        self._maker = self._new_maker()
        self._denoiser = Denoiser(self.scene.settings.codec.denoise)

    def frames(self) -> Iterator[Frame]:
        """Frames until the story is over, or closed. The first one takes some seconds: the lot is drawn then."""
        self._closed.clear()
        self._maker = self._new_maker()
        self._denoiser = Denoiser(self.scene.settings.codec.denoise)
        self.late = 0
        self.scene.render(0.0)  # draw the lot before the clock starts, or the story's first seconds are lost
        return self._until_over(self._fast() if self._clock is None else self._in_real_time(self._clock))

    def _until_over(self, frames: Iterator[Frame]) -> Iterator[Frame]:
        try:
            yield from frames
        finally:
            self.scene.close()

    def force_keyframe(self) -> None:
        """Make the next frame a keyframe."""
        self._maker.force_keyframe()

    def close(self) -> None:
        """No frame comes after this; a wait for the next one ends at once."""
        self._closed.set()

    def _new_maker(self) -> FrameMaker:
        return FrameMaker(self._masks, EncoderSettings.of(self._camera), self._luma)

    def _picture(self, story_s: float) -> Grey:
        """As the camera's own image processor hands it over: with less noise than the sensor has."""
        return self._denoiser.denoised(self.scene.render(story_s))

    def _moments(self) -> Iterator[tuple[float, float]]:
        """Times since the start, and where in the story they are."""
        number, step_s, duration_s = 0, 1 / self._camera.rate_hz, self.scene.duration_s
        while self._camera.loop or number * step_s < duration_s:
            yield number * step_s, number * step_s % duration_s
            number += 1

    def _fast(self) -> Iterator[Frame]:
        due, ahead = itertools.tee(self._moments())
        for (since_s, _), raw in zip(due, self.scene.pictures(story_s for _, story_s in ahead), strict=True):
            if self._closed.is_set():
                return
            yield self._maker.make(self._denoiser.denoised(raw), since_s)

    def _in_real_time(self, clock: Clock) -> Iterator[Frame]:
        began_s, step_s = clock.monotonic_s(), 1 / self._camera.rate_hz
        given_s = began_s
        for since_s, story_s in self._moments():
            late_s = clock.monotonic_s() - (began_s + since_s)
            if late_s < 0:
                self._wait(-late_s)
            elif late_s > step_s and began_s + since_s - given_s < 1 / _LEAST_RATE_HZ:
                self.late += 1
                continue
            elif late_s > step_s:
                began_s += late_s
            if self._closed.is_set():
                return
            given_s = began_s + since_s
            yield self._maker.make(self._picture(story_s), given_s)
