"""People: proportions, clothes and postures, made of capsules (a segment with a radius)."""

from dataclasses import dataclass, field, replace

import numpy as np

from simulator.gait import Foot, Step
from simulator.optics import F64


@dataclass(frozen=True, slots=True)
class Person:
    """Height, build (1 is average) and how bright each garment is in near-infrared (albedo)."""

    number: int
    height_m: float
    build: float
    coat: float
    trousers: float
    shoes: float
    hair: float
    skin: float
    hood: bool
    bag: float | None


def random_person(rng: np.random.Generator, number: int) -> Person:
    """Most coats are far brighter under infrared than asphalt (89 % of torsos measured), most trousers are not."""
    return Person(
        number=number,
        height_m=float(rng.normal(1.74, 0.08)),
        build=float(np.clip(rng.normal(1.0, 0.12), 0.8, 1.35)),
        coat=float(rng.uniform(0.35, 0.85) if rng.random() < 0.87 else rng.uniform(0.06, 0.25)),
        trousers=float(rng.uniform(0.08, 0.26) if rng.random() < 0.7 else rng.uniform(0.28, 0.6)),
        shoes=float(rng.choice([0.06, 0.12, 0.5])),
        hair=float(rng.uniform(0.06, 0.20)),
        skin=float(rng.uniform(0.42, 0.60)),
        hood=bool(rng.random() < 0.3),
        bag=float(rng.uniform(0.1, 0.6)) if rng.random() < 0.2 else None,
    )


@dataclass(frozen=True, slots=True)
class Posture:
    """How the body is held. Ratios are of the body's height; hands are ahead, to the left, and up from the ground.

    `reach` 0 lets the arms hang (or swing), 1 brings the hands to their places; `busy` is how far they move about (m).
    """

    hip: float = 0.535
    back: float = 0.0
    lean_rad: float = 0.04
    nod_rad: float = 0.0
    left_hand: tuple[float, float, float] = (0.1, 0.16, 0.45)
    right_hand: tuple[float, float, float] = (0.1, -0.16, 0.45)
    reach_left: float = 0.0
    reach_right: float = 0.0
    busy: float = 0.0

    def towards(self, other: "Posture", share: float) -> "Posture":
        """Blend of two postures."""

        def mix(a: float, b: float) -> float:
            return a + share * (b - a)

        def mix3(a: tuple[float, float, float], b: tuple[float, float, float]) -> tuple[float, float, float]:
            return mix(a[0], b[0]), mix(a[1], b[1]), mix(a[2], b[2])

        return Posture(
            mix(self.hip, other.hip), mix(self.back, other.back), mix(self.lean_rad, other.lean_rad),
            mix(self.nod_rad, other.nod_rad), mix3(self.left_hand, other.left_hand),
            mix3(self.right_hand, other.right_hand), mix(self.reach_left, other.reach_left),
            mix(self.reach_right, other.reach_right), mix(self.busy, other.busy),
        )  # fmt: skip


UPRIGHT = Posture()
PEERING = Posture(0.51, 0.06, 0.62, 0.1, (0.36, 0.07, 0.76), (0.36, -0.07, 0.76), 1.0, 1.0)
TRYING = Posture(0.53, 0.0, 0.20, 0.35, (0.1, 0.16, 0.45), (0.30, -0.03, 0.53), 0.0, 1.0, 0.05)
PRYING = Posture(0.50, 0.04, 0.42, 0.35, (0.29, 0.06, 0.55), (0.31, -0.03, 0.57), 1.0, 1.0, 0.06)
CROUCHING = Posture(0.27, 0.11, 0.55, 0.2, (0.26, 0.09, 0.24), (0.28, -0.04, 0.22), 1.0, 1.0, 0.05)
SEATED = Posture(0.31, 0.05, 0.35, 0.1, (0.2, 0.1, 0.42), (0.2, -0.1, 0.42), 1.0, 1.0)
TELEPHONING = Posture(0.535, 0.0, 0.08, 0.35, (0.1, 0.16, 0.45), (0.15, -0.05, 0.72), 0.0, 1.0, 0.01)


@dataclass(frozen=True, slots=True)
class Capsules:
    """A body at one moment: segments from `a_m` to `b_m` [n, 3], `radius_m` [n], `albedo` [n]."""

    a_m: F64
    b_m: F64
    radius_m: F64
    albedo: F64


@dataclass(slots=True)
class _Sculptor:
    """Collects capsules."""

    parts: list[tuple[F64, F64, float, float]] = field(default_factory=list)

    def add(self, a: F64, b: F64, radius_m: float, albedo: float) -> None:
        self.parts.append((a, b, radius_m, albedo))

    def done(self) -> Capsules:
        a, b, radius, albedo = zip(*self.parts, strict=True)
        return Capsules(np.stack(a), np.stack(b), np.array(radius), np.array(albedo))


@dataclass(frozen=True, slots=True)
class _Frame:
    """The pelvis and its axes."""

    hips: F64
    ahead: F64
    left: F64
    up: F64


def figure(person: Person, step: Step, posture: Posture, t_s: float) -> Capsules:
    """The body's capsules. `t_s` drives small movements of busy hands and the sway of standing."""
    high = person.height_m
    ahead = np.array([np.cos(step.heading_rad), np.sin(step.heading_rad), 0.0])
    left = np.array([-ahead[1], ahead[0], 0.0])
    up = np.array([0.0, 0.0, 1.0])
    bob = 0.012 * np.cos(2 * np.pi * (step.beat - 0.5)) * (step.stride_m > 0)
    sway = 0.012 * np.sin(0.9 * t_s + person.number) * left
    hips = np.array([*step.place_m, 0.0]) + high * (posture.hip + bob) * up - high * posture.back * ahead + sway
    frame = _Frame(hips, ahead, left, up)
    sculptor = _Sculptor()
    for side, foot in ((1, step.left), (-1, step.right)):
        _leg(sculptor, person, frame, side, foot)
    chest = _trunk(sculptor, person, frame, posture)
    for side in (1, -1):
        _arm(sculptor, person, replace(frame, hips=chest), side, _hand(person, step, posture, side, t_s))
    return sculptor.done()


def _leg(sculptor: _Sculptor, person: Person, frame: _Frame, side: int, foot: Foot) -> None:
    high, wide = person.height_m, person.height_m * person.build
    toes = np.array([np.cos(foot.heading_rad), np.sin(foot.heading_rad), 0.0])
    hip = frame.hips + side * 0.055 * wide * frame.left
    behind = float((hip - foot.ball_m) @ frame.ahead) / high
    heel = float(np.clip(0.35 * (behind - 0.08), 0.0, 0.07)) + 0.4 * float(foot.ball_m[2]) / high
    ankle = foot.ball_m - 0.075 * high * toes + (0.045 + heel) * high * frame.up
    knee = _bend(hip, ankle, 0.245 * high, 0.25 * high, frame.ahead)
    ankle = knee + (ankle - knee) * min(1.0, 0.25 * high / max(float(np.linalg.norm(ankle - knee)), 1e-6))
    sculptor.add(hip, (hip + knee) / 2, 0.057 * wide, person.trousers)
    sculptor.add((hip + knee) / 2, knee, 0.048 * wide, person.trousers)
    sculptor.add(knee, (knee + ankle) / 2, 0.043 * wide, person.trousers)
    sculptor.add((knee + ankle) / 2, ankle, 0.038 * wide, person.trousers)
    tip = foot.ball_m + 0.028 * high * frame.up + 0.03 * high * toes
    sculptor.add(ankle - 0.018 * high * frame.up, tip, 0.028 * high, person.shoes)


def _trunk(sculptor: _Sculptor, person: Person, frame: _Frame, posture: Posture) -> F64:
    """Pelvis, jacket, shoulders and head; returns the middle between the shoulders."""
    high, wide = person.height_m, person.height_m * person.build
    spine = np.cos(posture.lean_rad) * frame.up + np.sin(posture.lean_rad) * frame.ahead
    hem, chest = frame.hips - 0.02 * high * spine, frame.hips + 0.275 * high * spine
    for side in (-1, 1):
        off = side * 0.052 * wide * frame.left
        sculptor.add(hem + off, chest - 0.04 * high * spine + 1.15 * off, 0.066 * wide, person.coat)
    sculptor.add(hem + 0.01 * high * spine, chest - 0.03 * high * spine, 0.083 * wide, person.coat)
    shoulder = 0.100 * high * person.build**0.5 * frame.left
    sculptor.add(chest - shoulder, chest + shoulder, 0.050 * high, person.coat)
    if person.bag is not None:
        behind = hem - 0.11 * wide * frame.ahead
        sculptor.add(behind + 0.12 * high * spine, behind + 0.26 * high * spine, 0.08 * high, person.bag)
    _head(sculptor, person, frame, chest, posture.lean_rad * 0.6 + posture.nod_rad)
    return np.asarray(chest)


def _head(sculptor: _Sculptor, person: Person, frame: _Frame, chest: F64, nod_rad: float) -> None:
    high = person.height_m
    line = np.cos(nod_rad) * frame.up + np.sin(nod_rad) * frame.ahead
    face = np.cos(nod_rad) * frame.ahead - np.sin(nod_rad) * frame.up
    neck = chest + 0.06 * high * line
    skull = neck + 0.075 * high * line
    sculptor.add(chest, neck, 0.038 * high, person.coat if person.hood else person.skin)
    sculptor.add(
        neck + 0.035 * high * line + 0.016 * high * face, skull + 0.012 * high * face, 0.047 * high, person.skin
    )
    cover = person.coat if person.hood else person.hair
    low = 0.02 if person.hood else 0.005
    sculptor.add(skull - 0.012 * high * face - low * high * line, skull - 0.008 * high * face + 0.012 * high * line,
                 0.054 * high, cover)  # fmt: skip


def _hand(person: Person, step: Step, posture: Posture, side: int, t_s: float) -> tuple[F64, float]:
    """Where the hand should be, and how much it is held there rather than hanging."""
    ahead = np.array([np.cos(step.heading_rad), np.sin(step.heading_rad), 0.0])
    left = np.array([-ahead[1], ahead[0], 0.0])
    along, across, up = posture.left_hand if side > 0 else posture.right_hand
    place = np.array([*step.place_m, 0.0]) + person.height_m * (
        along * ahead + across * left + np.array([0.0, 0.0, up])
    )
    shake = posture.busy * np.array([np.sin(9.1 * t_s + side), np.sin(7.3 * t_s + 2 * side), np.sin(11.7 * t_s - side)])
    reach = posture.reach_left if side > 0 else posture.reach_right
    swing = 0.55 * np.cos(np.pi * step.beat) * side * min(1.0, step.stride_m / 0.7)
    return np.array([*(place + shake), swing]), reach


def _arm(sculptor: _Sculptor, person: Person, frame: _Frame, side: int, hand: tuple[F64, float]) -> None:
    high, wide = person.height_m, person.height_m * person.build
    target, reach = hand
    out = 0.100 * high * person.build**0.5 + 0.025 * wide
    shoulder = frame.hips + side * out * frame.left - 0.005 * high * frame.up
    swing = float(target[3])
    down = -np.cos(swing) * frame.up + np.sin(swing) * frame.ahead
    hanging = shoulder + 0.31 * high * down + side * 0.015 * high * frame.left + 0.03 * high * frame.ahead
    palm = hanging + reach * (target[:3] - hanging)
    outward = -0.6 * frame.up - 0.5 * frame.ahead + side * 0.25 * frame.left
    elbow = _bend(shoulder, palm, 0.17 * high, 0.16 * high, outward)
    palm = elbow + (palm - elbow) * min(1.0, 0.165 * high / max(float(np.linalg.norm(palm - elbow)), 1e-6))
    sculptor.add(shoulder, elbow, 0.039 * wide, person.coat)
    sculptor.add(elbow, palm, 0.033 * wide, person.coat)
    sculptor.add(palm, palm + 0.03 * high * (palm - elbow) / (0.165 * high), 0.024 * high, person.skin)


def _bend(start: F64, end: F64, upper_m: float, lower_m: float, towards: F64) -> F64:
    """The middle joint of a limb of two bones, bent towards a direction (law of cosines)."""
    line = end - start
    distance = float(np.linalg.norm(line))
    reach = float(np.clip(distance, abs(upper_m - lower_m) + 1e-3, (upper_m + lower_m) * 0.999))
    unit = line / max(distance, 1e-6)
    along = (upper_m**2 - lower_m**2 + reach**2) / (2 * reach)
    out = towards - (towards @ unit) * unit
    out = out / max(float(np.linalg.norm(out)), 1e-6)
    return np.asarray(start + along * unit + np.sqrt(max(upper_m**2 - along**2, 0.0)) * out)
