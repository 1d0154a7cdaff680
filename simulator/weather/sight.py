"""The canvas that weather is drawn on, and the infrared lamp beside its lens."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from simulator.optics import F32, F64, View
from simulator.render import beam as lamp

SHUTTER_S = 1 / 30  # night exposures of surveillance cameras end at the frame time of 25 or 30 pictures a second
APERTURE_M = 0.0035  # a 5.6 mm lens at F1.6
FOCUS_M = 9.0


@dataclass(frozen=True)
class Sight:
    """A pinhole's view (`View.canvas`) and the half width of the infrared lamp's hot centre."""

    view: View
    beam_rad: float

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.view.size.height_px, self.view.size.width_px

    @cached_property
    def flat(self) -> F32:
        """Where each pixel's ray goes, to the right and down per metre ahead, [h, w, 2]."""
        height, width = self.shape
        across = (np.arange(width) + 0.5 - width / 2) / self.view.focal_px
        down = (np.arange(height) + 0.5 - height / 2) / self.view.focal_px
        return np.asarray(np.stack(np.meshgrid(across, down), axis=-1), dtype=np.float32)

    @cached_property
    def stretch(self) -> F32:
        """Metres along a pixel's ray per metre of depth, [h, w]."""
        return np.asarray(np.sqrt(1 + (self.flat**2).sum(axis=-1)), dtype=np.float32)

    @cached_property
    def beam(self) -> F32:
        """The infrared lamp's beam in each pixel's direction (1 on its axis), [h, w]."""
        height, width = self.shape
        ahead = np.ones((height, width, 1), dtype=np.float32)
        return self.beam_at(np.concatenate([self.flat, ahead], axis=-1).reshape(-1, 3)).reshape(height, width)

    def beam_at(self, places: F32) -> F32:
        """The beam towards places [n, 3] in the camera's axes (right, down, ahead), off the lamp, [n]."""
        axis = (self.view.axes @ lamp.aim(self.view)).astype(np.float32)
        cosine = places @ axis / np.linalg.norm(places, axis=1)
        return np.asarray(lamp.profile(np.arccos(np.clip(cosine, -1, 1)), self.beam_rad), dtype=np.float32)

    def seen(self, points_m: F64) -> F64:
        """World points [n, 3] in the camera's axes (right, down, ahead), [n, 3]."""
        return np.asarray((points_m - self.view.origin_m) @ self.view.axes.T)

    def defocus_px(self, depth_m: F32) -> F32:
        """Diameter of the blur disc of a point at a depth: aperture x |1/depth - 1/focus| x focal length."""
        return np.asarray(APERTURE_M * self.view.focal_px * np.abs(1 / depth_m - 1 / FOCUS_M), dtype=np.float32)
