"""A vehicle's record and where its parts are. Own axes: x ahead (nose at +length / 2), y to its left, z up."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from simulator.moment import Kind
from simulator.optics import F32, F64


class Model(StrEnum):
    """Kinds of body."""

    HATCH = "hatch"
    ESTATE = "estate"
    SALOON = "saloon"
    OFFROAD = "offroad"
    MINI = "mini"
    VAN = "van"
    PICKUP = "pickup"
    LORRY = "lorry"
    BICYCLE = "bicycle"
    MOTORBIKE = "motorbike"
    MOPED = "moped"


@dataclass(frozen=True, slots=True)
class Dimensions:
    """A body's size in metres."""

    length_m: float
    width_m: float
    height_m: float


@dataclass(frozen=True, slots=True)
class Vehicle:
    """One vehicle as it stands at first: `place_m` its middle on the ground, `heading_rad` of its nose from x.

    `bay` is its place in `Lot.bays`. `paint` is an albedo, `snow` (0..1) how much lies on it.
    """

    number: int
    model: Model
    place_m: tuple[float, float]
    heading_rad: float
    size: Dimensions
    bay: int | None = None
    paint: float = 0.3
    gloss: float = 0.3
    plate: float = 6.0
    roof_box: bool = False
    trailer: bool = False
    snow: float = 0.0
    seed: int = 0

    @property
    def two_wheeler(self) -> bool:
        """Whether it is a bicycle, motorbike or moped."""
        return self.model in (Model.BICYCLE, Model.MOTORBIKE, Model.MOPED)

    @property
    def kind(self) -> Kind:
        """Its class in the ground truth."""
        return Kind.TWO_WHEELER if self.two_wheeler else Kind.VEHICLE

    def to_world(self, points_m: F64) -> F64:
        """Points [n, 3] in its own axes to the world's, as it stands at first."""
        cos, sin = np.cos(self.heading_rad), np.sin(self.heading_rad)
        turn = np.array([[cos, -sin, 0.0], [sin, cos, 0.0], [0.0, 0.0, 1.0]])
        return np.asarray(points_m @ turn.T + np.array([*self.place_m, 0.0]))

    def beside(self, side: int, station: float, off_m: float) -> F64:
        """A ground point [2] beside it: left (1) or right (-1), `station` from the nose (0..1), `off_m` from it."""
        x, y = (0.5 - station) * self.size.length_m, side * (self.size.width_m / 2 + off_m)
        return np.asarray(self.to_world(np.array([[x, y, 0.0]]))[0, :2])

    @property
    def corners_m(self) -> F64:
        """Its footprint on the ground [4, 2], counter-clockwise from the left front corner."""
        x, y = self.size.length_m / 2, self.size.width_m / 2
        return np.asarray(self.to_world(np.array([[x, y, 0.0], [-x, y, 0.0], [-x, -y, 0.0], [x, -y, 0.0]]))[:, :2])

    def outside_m(self, points_m: F32 | F64) -> F64:
        """Distance of ground points [n, 2] to the footprint; negative inside."""
        cos, sin = np.cos(self.heading_rad), np.sin(self.heading_rad)
        off = np.asarray(points_m, dtype=np.float64) - np.array(self.place_m)
        local = np.abs(off @ np.array([[cos, -sin], [sin, cos]]))
        along, across = local[:, 0] - self.size.length_m / 2, local[:, 1] - self.size.width_m / 2
        outside = np.hypot(np.maximum(along, 0), np.maximum(across, 0))
        return np.asarray(outside + np.minimum(np.maximum(along, across), 0))
