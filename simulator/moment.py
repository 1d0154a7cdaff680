"""What there is to see: the standing world, drawn once, and one moment of what moves and shines in it.

Light is linear, without a unit of its own: a white wall square to the infrared beam's centre 12 m away has luminance 1
under a lamp of strength 1. A diffuse surface has luminance albedo x irradiance (pi is left out), and a lamp of
strength s has irradiance s / distance^2, so the infrared lamp's strength is 144 along its axis.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from simulator.optics import F32
from simulator.solid import Solid

INFRARED_STRENGTH = 144.0


class Kind(StrEnum):
    """What a body is to the ground truth. The first six are the detector's classes and the data's; `other` is scenery
    and things that nobody labels (a bin, a trolley, a drifting bag)."""

    PERSON = "person"
    VEHICLE = "vehicle"
    TWO_WHEELER = "two-wheeler"
    FIRE = "fire"
    SMOKE = "smoke"
    ANIMAL = "animal"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Body:
    """A thing in world coordinates. `number` is unique in a scene: vehicles 1-99, people 101-199, fires 200-209, smoke
    210-219, animals 300-399, others 400 up, scenery 0."""

    number: int
    kind: Kind
    solid: Solid


@dataclass(frozen=True, slots=True)
class Light:
    """A lamp. With `aim` (a unit vector) it shines into a cone: full within `cone_rad` of the axis (half angle),
    falling smoothly to nothing at 1.3 times that; without, all round. `shadows`: whether things cast shadows in it."""

    place_m: tuple[float, float, float]
    strength: float
    aim: tuple[float, float, float] | None = None
    cone_rad: float = 3.2
    shadows: bool = False


@dataclass(frozen=True, slots=True)
class Ground:
    """The flat ground (z = 0) as a texture: albedo and gloss [rows, columns], the first row and column at `origin_m`,
    columns along x, rows along y, `cell_m` wide; beyond its edges the edge's values go on."""

    albedo: F32
    gloss: F32
    origin_m: tuple[float, float]
    cell_m: float


@dataclass(frozen=True, slots=True)
class Standing:
    """What never moves: parked vehicles that stay, scenery, the ground, the lamps on posts.

    `beam_rad` is the half width of the infrared lamp's hot centre (see `render.beam`).
    """

    bodies: tuple[Body, ...]
    ground: Ground
    lamps: tuple[Light, ...]
    beam_rad: float
    seed: int


@dataclass(frozen=True, slots=True)
class Moment:
    """What moves and shines at one time. `infrared`: strength of the lamp beside the lens (1: as new, 0: off);
    `ambient`: irradiance from the whole sky; `sky`: luminance of the sky itself; `lamps_on`: factor on post lamps."""

    t_s: float
    moving: tuple[Body, ...]
    lights: tuple[Light, ...]
    infrared: float
    ambient: float
    sky: float
    lamps_on: float = 1.0


@dataclass(frozen=True, slots=True)
class Radiance:
    """What reaches a pinhole: linear luminance [h, w], and depth along the optical axis [h, w] (inf: sky)."""

    luminance: F32
    depth_m: F32


class Renderer(Protocol):
    """Draws one standing world from one view."""

    def picture(self, moments: Sequence[Moment]) -> Radiance:
        """The mean of several moments of one exposure (slow shutter); depth is that of the last."""
        ...

    def close(self) -> None:
        """Give back what it holds (a graphics context)."""
        ...
