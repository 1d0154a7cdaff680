"""People, animals and vehicles put anywhere in a lot, doing anything: for training pictures, not for nights."""

from dataclasses import dataclass

import numpy as np

from simulator.lots.lot import Lot
from simulator.optics import F64
from simulator.people.gait import walk_duration_s
from simulator.play import Act, Activity, Blaze, LampUse, Play, Puff, Role, Species

LENGTH_S = 20.0
_ON_FIRE = 0.14
_ANIMALS = 0.10
_LAMPS_LIT = 0.25
_STEAMING = 0.05
_GUISES = ("any", "any", "any", "any", "child", "old", "vest", "hood", "guard")
_ABOUT = (
    Activity.STAND, Activity.STAND, Activity.TELEPHONE, Activity.SMOKE, Activity.SHINE_TORCH, Activity.THROW,
    Activity.LIE, Activity.FIGHT,
)  # fmt: skip
_AT_A_CAR = (
    Activity.LOOK_IN, Activity.LOOK_IN, Activity.LOOK_IN_WITH_LAMP, Activity.TRY_HANDLE, Activity.TRY_HANDLE,
    Activity.PRY, Activity.PRY, Activity.CROUCH, Activity.CROUCH, Activity.SWING_BAR, Activity.KICK, Activity.POUR,
    Activity.LIGHT_FIRE, Activity.SCRAPE_ICE, Activity.LOAD_BOOT, Activity.UNLOCK, Activity.CHANGE_WHEEL,
    Activity.UNDER_BONNET, Activity.STAND,
)  # fmt: skip
_ON_THE_WAY = (
    Activity.WALK, Activity.WALK, Activity.WALK, Activity.WALK, Activity.RUN, Activity.CARRY, Activity.PUSH_PRAM,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a lot's people may be: away from vehicles and blocks, in or just beside the picture."""

    lot: Lot
    rng: np.random.Generator

    def anywhere(self) -> F64:
        """A free spot [2]."""
        pose, rng = self.lot.pose, self.rng
        nearest = max(3.0, pose.height_m / float(np.tan(min(pose.tilt_rad + 0.25, 1.2))))
        while True:
            # Even in distance, not in area: far people are as many as near ones.
            away = float(rng.uniform(nearest, 32.0))
            angle = pose.azimuth_rad + float(rng.uniform(-0.53, 0.53)) * pose.horizontal_view_rad
            spot = np.array(pose.foot_m) + away * np.array([np.sin(angle), np.cos(angle)])
            if self._free(spot):
                return np.asarray(spot)

    def _free(self, spot: F64) -> bool:
        if any(float(vehicle.outside_m(spot[None])[0]) < 0.35 for vehicle in self.lot.vehicles):
            return False
        return not any(
            block.low_m[0] - 0.3 < spot[0] < block.high_m[0] + 0.3
            and block.low_m[1] - 0.3 < spot[1] < block.high_m[1] + 0.3
            for block in self.lot.blocks
        )


def crowd(lot: Lot, turn: int) -> Play:
    """Nobody, or up to ten people, each walking, standing about or busy at a car for `LENGTH_S`; now and then an
    animal, lit lamps, steam or a fire."""
    rng = np.random.default_rng([lot.seed, 107, turn])
    count = int(rng.choice([0, 1, 2, 3, 4, 6, 8, 10], p=[0.10, 0.12, 0.15, 0.16, 0.16, 0.14, 0.11, 0.06]))
    place = _Place(lot, rng)
    roles = [_somebody(place, 101 + number) for number in range(count)]
    if rng.random() < _ANIMALS:
        roles.append(_animal(place, 300))
    return Play(
        LENGTH_S,
        tuple(roles),
        lamps=tuple(_lamps(lot, rng)),
        blazes=(_blaze(lot, rng),) if rng.random() < _ON_FIRE else (),
        puffs=(_puff(lot, rng),) if rng.random() < _STEAMING else (),
    )


def _somebody(place: _Place, number: int) -> Role:
    rng = place.rng
    kind = rng.random()
    guise = str(rng.choice(_GUISES))
    seed = int(rng.integers(1 << 31))
    if kind < 0.42:
        act = _on_the_way(place)
    elif kind < 0.58:
        act = _stays(_ABOUT[int(rng.integers(len(_ABOUT)))], place.anywhere(), float(rng.uniform(-np.pi, np.pi)))
    else:
        cars = [vehicle for vehicle in place.lot.vehicles if not vehicle.two_wheeler] or list(place.lot.vehicles)
        car = cars[int(rng.integers(len(cars)))]
        side, station = (1 if rng.random() < 0.5 else -1), float(rng.uniform(0.02, 0.98))
        spot = car.beside(side, station, float(rng.uniform(0.3, 0.6)))
        off = car.beside(side, station, -0.3) - spot
        heading_rad = float(np.arctan2(off[1], off[0]) + rng.normal(0.0, 0.25))
        act = _stays(_AT_A_CAR[int(rng.integers(len(_AT_A_CAR)))], spot, heading_rad)
    return Role(number, seed, (act,), guise)


def _stays(activity: Activity, spot: F64, heading_rad: float) -> Act:
    return Act(activity, 0.0, LENGTH_S, spot, heading_rad)


def _on_the_way(place: _Place) -> Act:
    rng = place.rng
    activity = _ON_THE_WAY[int(rng.integers(len(_ON_THE_WAY)))]
    speed_m_s = float(rng.uniform(2.4, 4.0) if activity is Activity.RUN else rng.uniform(0.7, 1.9))
    path = np.stack([place.anywhere() for _ in range(4)])
    end_s = walk_duration_s(path, speed_m_s)
    across = path[1] - path[0]
    return Act(activity, 0.0, end_s, path[0], float(np.arctan2(across[1], across[0])), path, speed_m_s)


def _animal(place: _Place, number: int) -> Role:
    rng = place.rng
    species = Species(str(rng.choice([*Species])))
    path = np.stack([place.anywhere() for _ in range(3)])
    speed_m_s = float(rng.uniform(0.6, 2.5))
    end_s = walk_duration_s(path, speed_m_s)
    act = Act(Activity.WALK, 0.0, end_s, path[0], 0.0, path, speed_m_s)
    return Role(number, int(rng.integers(1 << 31)), (act,), species=species)


def _blaze(lot: Lot, rng: np.random.Generator) -> Blaze:
    """A fire beside, before, behind or on a vehicle, that has burnt for a while or just begins."""
    car = lot.vehicles[int(rng.integers(len(lot.vehicles)))]
    off_m, side = float(rng.uniform(-0.9, 0.3)), (1 if rng.random() < 0.5 else -1)
    spot = car.beside(side, float(rng.uniform(-0.05, 1.05)), off_m)
    foot_m = float(rng.uniform(0.5, car.size.height_m)) if off_m < 0.0 else 0.0
    return Blaze(
        200, (float(spot[0]), float(spot[1]), foot_m), float(rng.uniform(-40.0, 0.0)), float(rng.uniform(0.3, 3.0)),
        float(rng.uniform(8.0, 40.0)), smoke=float(rng.uniform(0.0, 1.0)),
        smoulder_s=float(rng.uniform(0.0, 30.0)) if rng.random() < 0.25 else 0.0,
    )  # fmt: skip


def _puff(lot: Lot, rng: np.random.Generator) -> Puff:
    car = lot.vehicles[int(rng.integers(len(lot.vehicles)))]
    spot = car.beside(1, 1.0, 0.1)
    return Puff((float(spot[0]), float(spot[1]), 0.25), -10.0, LENGTH_S, float(rng.uniform(0.3, 1.0)))


def _lamps(lot: Lot, rng: np.random.Generator) -> list[LampUse]:
    cars = [vehicle for vehicle in lot.vehicles if not vehicle.two_wheeler]
    if rng.random() > _LAMPS_LIT or not cars:
        return []
    lit = rng.permutation(len(cars))[: int(rng.integers(1, 4))]
    lamps = rng.choice(["head", "brake", "reverse", "hazard", "cabin"], size=len(lit))
    return [LampUse(cars[i].number, str(lamp), 0.0, LENGTH_S) for i, lamp in zip(lit, lamps, strict=True)]
