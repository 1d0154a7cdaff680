"""A lot's records. World axes as in `optics`: x along the rows of bays, y across them, z up, metres."""

from dataclasses import dataclass

from simulator.optics import PolePose
from simulator.vehicles.vehicle import Vehicle

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Bay:
    """One place to park, square to its lane. `opening_y_m` is the edge towards the lane, `inner_y_m` the far edge."""

    middle_x_m: float
    opening_y_m: float
    inner_y_m: float
    width_m: float
    lane: int


@dataclass(frozen=True, slots=True)
class Lane:
    """Asphalt between two rows, along x: `y_m` its edges; cars come in and go out at `mouth_x_m` (left or right)."""

    y_m: tuple[float, float]
    mouth_x_m: float


@dataclass(frozen=True, slots=True)
class PostLamp:
    """A lamp on a post: its foot, how high it hangs, strength as `moment.Light`, whether it is sodium (else LED)."""

    place_m: Point
    height_m: float
    strength: float
    sodium: bool


@dataclass(frozen=True, slots=True)
class Door:
    """An entrance in a house's wall; people come out facing `facing_rad`."""

    place_m: Point
    facing_rad: float


@dataclass(frozen=True, slots=True)
class Block:
    """Something solid to walk round: a house, a hedge, a bin store. Axis-aligned rectangle and its height."""

    name: str
    low_m: Point
    high_m: Point
    height_m: float


@dataclass(frozen=True, slots=True)
class Lot:
    """The whole standing world. `poles[0]` is the pole whose camera looks; `lens_bend` is `optics.View.bend`.

    `vehicles` stand in `bays[vehicle.bay]` (two-wheelers may stand elsewhere: bay None). `entries` are where people on
    foot come from (ends of footpaths and lanes, doors); `closed` is the rectangle that is closed at night, if any.
    `seed` feeds the textures; `snow_cover` and `wet` are how the ground lies. `footpaths` are paved rectangles (low and
    high corners).
    """

    seed: int
    poles: tuple[PolePose, ...]
    lens_bend: float
    bays: tuple[Bay, ...]
    lanes: tuple[Lane, ...]
    vehicles: tuple[Vehicle, ...]
    lamps: tuple[PostLamp, ...]
    doors: tuple[Door, ...]
    blocks: tuple[Block, ...]
    entries: tuple[Point, ...]
    closed: tuple[Point, Point] | None
    beam_rad: float
    snow_cover: float = 0.0
    wet: float = 0.0
    footpaths: tuple[tuple[Point, Point], ...] = ()

    @property
    def pose(self) -> PolePose:
        """The camera's."""
        return self.poles[0]

    @property
    def ground_m(self) -> tuple[float, float, float, float]:
        """The bays' and lanes' rectangle: left, near, right, far edge."""
        left = min(bay.middle_x_m - bay.width_m / 2 for bay in self.bays)
        right = max(bay.middle_x_m + bay.width_m / 2 for bay in self.bays)
        near = min(min(bay.opening_y_m, bay.inner_y_m) for bay in self.bays)
        far = max(max(bay.opening_y_m, bay.inner_y_m) for bay in self.bays)
        return left, near, right, far

    def vehicle(self, number: int) -> Vehicle:
        """By its number. KeyError: there is none."""
        for vehicle in self.vehicles:
            if vehicle.number == number:
                return vehicle
        raise KeyError(number)
