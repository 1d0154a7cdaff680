"""The whole camera: from the light on the pinhole's canvas to the node's grey picture."""

from collections.abc import Sequence

import cv2
import numpy as np

from firmware.messages import Grey
from simulator.lens import dome, glass
from simulator.lens.exposure import Exposure, ExposureControl
from simulator.lens.harm import harm_at
from simulator.lens.sensor import Sensor
from simulator.lens.settings import LensSettings
from simulator.lens.tamper import Tamper, defocus_px
from simulator.lens.warp import Sway, Warp
from simulator.optics import F32, View
from simulator.play import CameraEvent

_METERED_PX = 8


class LensModel:
    """A camera at one view. Still pictures start settled; calls with rising times follow with the exposure's lag, so
    the same sequence of calls gives the same pictures (see `exposure.ExposureControl`)."""

    def __init__(self, settings: LensSettings, view: View, seed: int) -> None:
        optics, size = settings.optics, view.size
        self.settings = settings
        self.view = view
        self._warp = Warp(view)
        self._sway = Sway(view.focal_px, optics.shake_rad, seed)
        self._drops = dome.Drops(size, optics.drops, seed)
        self._dirt = dome.dirt(size, optics.dirt, seed)
        self._ghost = glass.ghost(size, seed) * np.float32(optics.ghost)
        self._tamper = Tamper(size, seed)
        self._control = ExposureControl(settings.exposure)
        self._sensor = Sensor(settings.sensor, size, seed)
        through = glass.vignette(size, optics.vignette)
        self._through = through if self._dirt is None else through * self._dirt.through
        self._response = self._through * self._sensor.response
        self.exposure = Exposure(settings.exposure.shutter_max_s, 1.0)

    def picture(
        self,
        radiance: F32,
        t_s: float,
        events: Sequence[CameraEvent] = (),
        wind_m_s: float = 0.0,
        infrared: float = 1.0,
    ) -> Grey:
        """The picture [h, w] at `t_s` of the canvas's luminance [h, w]; `infrared` is the lamp's strength, for what
        stands right before the lens. Afterwards `exposure` says how it was taken. ValueError: not the canvas's size."""
        canvas = self.view.canvas.size
        if radiance.shape != (canvas.height_px, canvas.width_px):
            raise ValueError(f"radiance of shape {radiance.shape}; the canvas is {canvas}")
        light = self._warp.taken(radiance, self._sway.at(t_s, wind_m_s))
        light = self._drops.seen(light, t_s)
        harm = harm_at(events, t_s)
        if harm.any:
            light = self._tamper.seen(light, harm, t_s, infrared)
        width = self.view.size.width_px
        light = glass.blurred(light, float(np.hypot(self.settings.optics.blur_ratio * width, defocus_px(harm, width))))
        self.exposure = self._control.at(self._metering(light), t_s)
        return self._sensor.picture(self._exposed(light, infrared), self.exposure, t_s)

    def _metering(self, light: F32) -> F32:
        """What the exposure's statistics see: small, through vignette and dirt."""
        height, width = light.shape
        small = (width // _METERED_PX, height // _METERED_PX)
        means = cv2.resize(light, small, interpolation=cv2.INTER_AREA)
        return np.asarray(means * cv2.resize(self._through, small, interpolation=cv2.INTER_LINEAR), dtype=np.float32)

    def _exposed(self, light: F32, infrared: float) -> F32:
        """Light to the sensor's signal (1: full scale), with all that is spilt over it; `light` is used up."""
        optics = self.settings.optics
        factor = np.float32(self.settings.exposure.sensitivity * self.exposure.total_s)
        signal = np.multiply(light, factor, out=light)
        spilt = glass.halos(signal, optics.bloom, optics.veil)
        spilt += self._ghost * np.float32(factor * infrared)
        if self._dirt is not None:
            around = cv2.GaussianBlur(glass.shrunk(np.minimum(signal, 4.0)), (0, 0), 0.05 * spilt.shape[1])
            spilt += self._dirt.scatter * around
            spilt += self._dirt.lit * np.float32(factor * infrared)
        signal += glass.grown(spilt, signal)
        signal *= self._response
        return signal
