"""Random lots, and what stands on them."""

from functools import lru_cache

import numpy as np

from simulator.conditions import CONDITIONS, Condition
from simulator.lots.ground import texture
from simulator.lots.layout import random_plan
from simulator.lots.lot import Lot
from simulator.lots.parked import park
from simulator.lots.poses import lens_bend, other_poles, random_pose, wild_pose
from simulator.lots.scenery import lamps, solids
from simulator.lots.surroundings import free, surround
from simulator.moment import Body, Kind, Standing
from simulator.vehicles import shapes
from simulator.vehicles.vehicle import Vehicle

CLEAR = CONDITIONS["clear"]


def random_lot(seed: int, wild: bool = False, condition: Condition = CLEAR) -> Lot:
    """A lot by seed. `wild` spreads pole, lens and light far beyond the usual, for training pictures. The condition
    only says how the ground lies: all else is the same in each."""
    rng = np.random.default_rng([seed, 160])
    plan = random_plan(rng)
    found = surround(rng, plan)
    vehicles = park(np.random.default_rng([seed, 161]), plan, found, condition.snow_cover, wild)
    view = np.random.default_rng([seed, 162])
    pose = wild_pose(view, plan) if wild else random_pose(view, plan)
    low, high = (-0.35, 0.35)
    poles = [
        pole for pole in other_poles(view, plan)
        if free(found, (pole.foot_m[0] + low, pole.foot_m[1] + low), (pole.foot_m[0] + high, pole.foot_m[1] + high), 0)
    ]  # fmt: skip
    beam = float(view.uniform(0.34, 0.46)) * max(1.0, 0.55 + 0.45 * pose.horizontal_view_rad / 1.25)
    posts = found.lamps
    if wild:
        beam = float(view.uniform(0.25, 0.7))
        posts = posts[: int(view.integers(0, len(posts) + 1))]
    return Lot(
        seed=seed,
        poles=(pose, *poles),
        lens_bend=lens_bend(view, pose.horizontal_view_rad),
        bays=plan.bays,
        lanes=plan.lanes,
        vehicles=vehicles,
        lamps=tuple(posts),
        doors=tuple(found.doors),
        blocks=tuple(found.blocks),
        entries=tuple(found.entries),
        closed=found.closed,
        beam_rad=beam,
        snow_cover=condition.snow_cover,
        wet=condition.wet,
        footpaths=tuple(found.footpaths),
    )


def standing(lot: Lot, without: frozenset[int] = frozenset()) -> Standing:
    """All that never moves; vehicles whose numbers are in `without` are left out."""
    stays = tuple(vehicle for vehicle in lot.vehicles if vehicle.number not in without)
    return Standing(bodies(lot, stays), texture(lot, stays), lamps(lot), lot.beam_rad, lot.seed)


def bodies(lot: Lot, vehicles: tuple[Vehicle, ...]) -> tuple[Body, ...]:
    """What stands above the ground: scenery, and these of the lot's vehicles."""
    parked = (Body(one.number, one.kind, shapes.solid(one).on_ground(one.place_m, one.heading_rad)) for one in vehicles)
    return (*_scenery(lot), *parked)


@lru_cache(maxsize=2)
def _scenery(lot: Lot) -> tuple[Body, ...]:
    """The renderer and the witness of a scene both ask for it."""
    return tuple(Body(0, Kind.OTHER, solid) for solid in solids(lot))
