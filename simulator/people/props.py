"""Which things somebody has in their hands at a time, and how they hold them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulator.optics import F64
from simulator.people.body import Joint
from simulator.people.cue import Cue
from simulator.people.manner import Manner
from simulator.people.poses_ways import BAG, BOX, WHEEL, load_of
from simulator.people.rig import Posed, about_x, about_y, about_z, cross, unit
from simulator.people.things import Thing
from simulator.play import Activity, Role

_SIMPLE = {
    Activity.SWING_BAR: Thing.BAR, Activity.PRY: Thing.BAR, Activity.LOOK_IN_WITH_LAMP: Thing.TORCH,
    Activity.SHINE_TORCH: Thing.TORCH, Activity.POUR: Thing.CAN, Activity.LIGHT_FIRE: Thing.LIGHTER,
    Activity.TELEPHONE: Thing.TELEPHONE, Activity.SMOKE: Thing.CIGARETTE, Activity.SCRAPE_ICE: Thing.SCRAPER,
    Activity.LOAD_BOOT: Thing.BAG, Activity.PUSH_PRAM: Thing.PRAM, Activity.THROW: Thing.STONE,
    Activity.CHANGE_WHEEL: Thing.WRENCH, Activity.SPRAY: Thing.SPRAY, Activity.POST_PAPER: Thing.PAPER,
    Activity.UNDER_BONNET: Thing.LEADS,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Held:
    """One thing at n times: rotation [n, 3, 3], its grip's place [n, 3], and whether it is there [n]."""

    thing: Thing
    turn: F64
    place_m: F64
    shown: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Holding:
    """What is needed to place things: joints, the body's heading [n] and place [n, 2], seconds since the act began."""

    posed: Posed
    heading_rad: F64
    place_m: F64
    since_s: F64
    manner: Manner

    def palm(self, main: bool = True) -> F64:
        """The middle of the palm [n, 3] of the hand that works, or of the other."""
        hand = self._hand(main)
        return np.asarray(self.posed.places_m[:, hand] + 0.07 * self.forearm(main))

    def forearm(self, main: bool = True) -> F64:
        """Unit vectors [n, 3] from the elbow to the wrist."""
        hand = self._hand(main)
        line = self.posed.places_m[:, hand] - self.posed.places_m[:, hand - 1]
        return unit(line)

    def _hand(self, main: bool) -> Joint:
        return Joint.HAND_L if main == self.manner.left_handed else Joint.HAND_R

    def facing(self, yaw_rad: F64 | float = 0.0, pitch_rad: F64 | float = 0.0) -> F64:
        """Rotations [n, 3, 3] to the body's heading, turned to the left and pitched down."""
        count = len(self.heading_rad)
        turn = about_z(self.heading_rad + yaw_rad) @ about_y(np.zeros(count) + pitch_rad)
        return np.asarray(turn)


def thing_of(role: Role, activity: Activity, manner: Manner) -> Thing | None:
    """What somebody has in hand during an activity."""
    if activity is Activity.CARRY:
        nothing = np.zeros(1)
        load = load_of(Cue(nothing, nothing, nothing, nothing, 0.0, manner))
        return {BAG: Thing.BAG, BOX: Thing.BOX, WHEEL: Thing.WHEEL}.get(load, Thing.SACK)
    if role.guise == "guard" and activity in (Activity.WALK, Activity.STAND):
        return Thing.TORCH
    return _SIMPLE.get(activity)


def held(activity: Activity, thing: Thing, holding: Holding) -> Held:
    """How it is held at n times."""
    shown = np.ones(len(holding.since_s), dtype=bool)
    turn, place = _placed(activity, thing, holding)
    cycle = np.mod(holding.since_s * holding.manner.tempo / (2.8 if activity is Activity.THROW else 4.6), 1.0)
    if activity is Activity.THROW:
        shown = cycle < 0.46
    if activity is Activity.LOAD_BOOT:
        shown = (cycle > 0.20) & (cycle < 0.72)
    return Held(thing, turn, place, shown)


def _placed(activity: Activity, thing: Thing, holding: Holding) -> tuple[F64, F64]:
    palm, other = holding.palm(), holding.palm(False)
    between = (palm + other) / 2
    if thing in (Thing.BOX, Thing.WHEEL):
        turn = holding.facing() if thing is Thing.BOX else holding.facing(np.pi / 2)
        return turn, between + np.array([0.0, 0.0, 0.02])
    if thing is Thing.PRAM:
        return holding.facing(), np.concatenate([between[:, :2], np.zeros((len(palm), 1))], axis=1)
    if thing is Thing.SACK:
        return holding.facing(), palm
    if thing is Thing.BAG:
        place = between + np.array([0.0, 0.0, 0.18]) if activity is Activity.LOAD_BOOT else palm
        return holding.facing(), place
    if thing is Thing.BAR:
        return _bar(activity, holding)
    if thing is Thing.TORCH:
        return torch_turn(activity, holding), palm
    if thing is Thing.CAN:
        tilt = 0.75 + 0.2 * holding.manner.wander(holding.since_s, 31, 2.6)
        return holding.facing(0.5, tilt), palm
    if thing in (Thing.SCRAPER, Thing.PAPER, Thing.STONE, Thing.CIGARETTE):
        return along(holding.forearm(), 0.25 if thing is Thing.SCRAPER else 0.0), palm
    if thing is Thing.WRENCH:
        return along(other - palm, 0.0), between
    return holding.facing(), palm


def _bar(activity: Activity, holding: Holding) -> tuple[F64, F64]:
    palm, other = holding.palm(), holding.palm(False)
    if activity is Activity.PRY:
        return along(other - palm, 0.0), palm
    forearm = holding.forearm()
    up = holding.posed.turns[:, Joint.CHEST, :, 2]
    across = up - (up * forearm).sum(axis=1, keepdims=True) * forearm
    return along(0.75 * forearm + 0.65 * unit(across), 0.0), palm


def torch_turn(activity: Activity, holding: Holding) -> F64:
    """Where a torch's axis points: swept over the ground ahead, or about in the car."""
    manner, t_s = holding.manner, holding.since_s
    if activity is Activity.LOOK_IN_WITH_LAMP:
        sweep = manner.wander(t_s, 22, 2.0)
        return holding.facing(0.35 * sweep + 0.15, 0.35 + 0.15 * manner.wander(t_s, 23, 2.7))
    sweep = manner.wander(t_s, 11, 3.5)
    return holding.facing(0.55 * sweep, 0.24 + 0.08 * manner.wander(t_s, 28, 4.1))


def along(axis: F64, roll_rad: float) -> F64:
    """Rotations [n, 3, 3] that bring x along an axis [n, 3] and keep z up as far as it goes."""
    x = unit(axis)
    up = np.where(np.abs(x[:, 2:]) > 0.95, [1.0, 0.0, 0.0], [0.0, 0.0, 1.0])
    y = unit(cross(up, x))
    turn = np.stack([x, y, cross(x, y)], axis=2)
    return np.asarray(turn @ about_x(np.full(len(x), roll_rad)))
