"""What happens in a scene: who does what and when, what drives, burns and shines, and what of it ought to be told.

A play says it in words and numbers; `people`, `vehicles` and `weather` know how it looks.
"""

from dataclasses import dataclass, field
from enum import StrEnum

from simulator.moment import Kind
from simulator.optics import F64


class IncidentKind(StrEnum):
    """What an alarm centre wants to be told of (the kinds of the acceptance scenarios)."""

    FIRE = "fire"
    TAMPERING = "tampering"
    DAMAGE = "damage"
    PROWLING = "prowling"
    LOITERING = "loitering"
    FIGHT = "fight"
    INTRUSION = "intrusion"
    CAMERA_TAMPER = "camera-tamper"


class Activity(StrEnum):
    """What somebody can do. `people.poses` knows how each looks."""

    WALK = "walk"
    RUN = "run"
    STAND = "stand"
    CROUCH = "crouch"
    TRY_HANDLE = "try-handle"
    LOOK_IN = "look-in"
    LOOK_IN_WITH_LAMP = "look-in-with-lamp"
    PRY = "pry"
    SWING_BAR = "swing-bar"
    KICK = "kick"
    THROW = "throw"
    LIE = "lie"
    FIGHT = "fight"
    POUR = "pour"
    LIGHT_FIRE = "light-fire"
    CARRY = "carry"
    SCRAPE_ICE = "scrape-ice"
    LOAD_BOOT = "load-boot"
    PUSH_PRAM = "push-pram"
    WALK_DOG = "walk-dog"
    TELEPHONE = "telephone"
    SMOKE = "smoke"
    GET_IN = "get-in"
    SIT = "sit"
    UNLOCK = "unlock"
    CHANGE_WHEEL = "change-wheel"
    UNDER_BONNET = "under-bonnet"
    SPRAY = "spray"
    CLIMB = "climb"
    POST_PAPER = "post-paper"
    SHINE_TORCH = "shine-torch"


class Species(StrEnum):
    """Animals that come to a lot at night."""

    CAT = "cat"
    DOG = "dog"
    FOX = "fox"
    HARE = "hare"
    BIRD = "bird"


@dataclass(frozen=True, slots=True)
class Act:
    """One thing somebody does from `start_s` to `end_s`.

    Staying: at `place_m` [2], facing `heading_rad`, moved by `shift_m` on the way (onto a seat). Walking (`path_m` is
    there): from the first to the last of the corners [n, 2] at `speed_m_s`; `end_s` is when they stand again.
    """

    activity: Activity
    start_s: float
    end_s: float
    place_m: F64
    heading_rad: float
    path_m: F64 | None = None
    speed_m_s: float = 0.0
    shift_m: tuple[float, float] = (0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Role:
    """Somebody (or an animal) and their acts, one after another without gaps; before and after they are not there.

    `seed` chooses body, clothes and manner; `guise` narrows it down: "guard", "child", "old", "vest", "hood", "any".
    """

    number: int
    seed: int
    acts: tuple[Act, ...]
    guise: str = "any"
    species: Species | None = None

    @property
    def kind(self) -> Kind:
        """A person, or an animal."""
        return Kind.PERSON if self.species is None else Kind.ANIMAL

    @property
    def start_s(self) -> float:
        """When they come into the world."""
        return self.acts[0].start_s

    @property
    def end_s(self) -> float:
        """When they have left it."""
        return self.acts[-1].end_s


@dataclass(frozen=True, slots=True)
class Drive:
    """A vehicle's way from `start_s` on, along corners [n, 2] (its middle), nose first or (`backwards`) tail first. It
    speeds up, holds `speed_m_s` and brakes. A vehicle with drives is where the last one before a time ended; before
    its first drive it stands at that drive's start."""

    vehicle: int
    start_s: float
    path_m: F64
    speed_m_s: float
    backwards: bool = False


@dataclass(frozen=True, slots=True)
class LampUse:
    """A vehicle's lamps are on from `start_s` to `end_s`: `head`, `brake`, `reverse`, `hazard` (flashing), `cabin`."""

    vehicle: int
    lamp: str
    start_s: float
    end_s: float


@dataclass(frozen=True, slots=True)
class Blaze:
    """A fire: `place_m` [3] of its foot, when it is lit, how high it grows in how long, how much it smokes (0..1), when
    it is put out. `smoulder_s`: it only smokes for so long before a flame shows."""

    number: int
    place_m: tuple[float, float, float]
    start_s: float
    height_m: float
    growth_s: float
    smoke: float = 0.5
    smoulder_s: float = 0.0
    end_s: float = float("inf")


@dataclass(frozen=True, slots=True)
class Puff:
    """Steam or vapour that is no fire: exhaust, a manhole, breath; and a cigarette's glow comes with `people`."""

    place_m: tuple[float, float, float]
    start_s: float
    end_s: float
    strength: float


class CameraHarm(StrEnum):
    """What can happen to the camera."""

    COVERED = "covered"
    SPRAYED = "sprayed"
    BLINDED = "blinded"
    TURNED = "turned"
    DEFOCUSED = "defocused"
    INFRARED_DEAD = "infrared-dead"


@dataclass(frozen=True, slots=True)
class CameraEvent:
    """The camera is harmed from `start_s` on, within `lasts_s`; `amount` is the angle (rad) of a turn, else 0..1."""

    harm: CameraHarm
    start_s: float
    lasts_s: float = 1.0
    amount: float = 1.0


@dataclass(frozen=True, slots=True)
class Incident:
    """What ought to be told, and when. `began_s`: the behaviour begins; `start_s`: it has lasted long enough to be
    known (an alarm counts from 2 s before to 10 s after it); `end_s`: it is over. `objects` are numbers of bodies."""

    kind: IncidentKind
    began_s: float
    start_s: float
    end_s: float
    reason: str
    objects: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Drifter:
    """A plastic bag or leaves that the wind takes over the ground."""

    number: int
    start_s: float
    end_s: float
    seed: int


@dataclass(frozen=True, slots=True)
class Play:
    """Everything that happens, in seconds from the scene's start."""

    duration_s: float
    roles: tuple[Role, ...] = ()
    drives: tuple[Drive, ...] = ()
    lamps: tuple[LampUse, ...] = ()
    blazes: tuple[Blaze, ...] = ()
    puffs: tuple[Puff, ...] = ()
    drifters: tuple[Drifter, ...] = ()
    camera: tuple[CameraEvent, ...] = ()
    incidents: tuple[Incident, ...] = field(default=())
