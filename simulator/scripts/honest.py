"""Development library: people on foot with nothing to hide."""

import numpy as np

from simulator.optics import F64
from simulator.play import Activity, Species
from simulator.scripts import roads
from simulator.scripts.draft import Draft
from simulator.scripts.itinerary import Itinerary
from simulator.scripts.scenario import Often, Scenario
from simulator.vehicles.vehicle import Model

TAXIS = (Model.ESTATE, Model.SALOON)


def _quiet(draft: Draft) -> None:
    draft.duration_s = 30.0


def _walk_through(draft: Draft) -> None:
    start = draft.between(1.0, 3.0)
    for number in range(draft.count(1, 2)):
        guise = draft.pick(("any", "any", "old", "hood"))
        speed = draft.between(0.9, 1.1) if guise == "old" else draft.between(1.15, 1.6)
        _cross(draft, start + 3.5 * number, speed, guise=guise)


def _cross(
    draft: Draft, start_s: float, speed_m_s: float, gait: Activity = Activity.WALK, guise: str = "any"
) -> Itinerary:
    """Somebody walks in by one entry and out by another, past some point of the lane."""
    trip = draft.enter(start_s, speed_m_s, gait=gait, guise=guise)
    for _ in range(draft.count(1, 2)):
        trip.go(draft.in_lane())
    draft.leave(trip)
    return trip


def _taxi(draft: Draft) -> None:
    """Somebody waits, looks about and telephones; the taxi comes and takes them along."""
    stop = roads.stop_in_lane(draft)
    taxi = roads.comer(draft, TAXIS, bay=False)
    kerb = stop + np.array([0.0, -1.0 if draft.chance(0.5) else 1.0]) * (taxi.size.width_m / 2 + 0.7)
    trip = draft.enter(draft.between(1.0, 3.0), draft.between(1.1, 1.4), kerb, guise=draft.pick(("any", "old")))
    comes = trip.now_s + draft.between(40.0, 100.0)
    stands = roads.visit(draft, taxi, comes, stop)
    while trip.now_s < stands + 0.5:
        looks = trip.place_m + draft.rng.normal(0.0, 4.0, 2)
        activity = draft.pick((Activity.STAND, Activity.STAND, Activity.TELEPHONE))
        trip.stay(min(draft.between(6.0, 18.0), max(stands + 0.6 - trip.now_s, 1.0)), activity, looks)
    trip.slip(draft.between(2.0, 3.0), Activity.GET_IN, stop + 0.4 * (kerb - stop))
    draft.done(trip)
    roads.back_away(draft, taxi, trip.now_s + draft.between(2.0, 5.0))


def _dog(draft: Draft) -> None:
    trip = draft.enter(draft.between(1.0, 3.0), draft.between(0.9, 1.3), gait=Activity.WALK_DOG)
    for _ in range(draft.count(1, 2)):
        trip.go(draft.in_lane())
        trip.stay(draft.between(2.0, 8.0))  # the dog sniffs
    draft.leave(trip)
    on_the_lead(draft, trip)


def on_the_lead(draft: Draft, walker: Itinerary) -> None:
    """A dog with somebody who has acted already: beside them where there is room all the way, else behind."""
    off = draft.between(0.5, 0.8)
    for side in draft.shuffled((1.0, -1.0)):
        lines = [_aside(act.path_m, side * off) for act in walker.acts if act.path_m is not None]
        if all(_room_along(draft, line) for line in lines):
            break
    else:
        lines = [act.path_m for act in walker.acts if act.path_m is not None]
    behind_s = 0.0 if lines and lines[0] is not walker.acts[0].path_m else 0.9
    start = walker.acts[0].start_s + behind_s
    dog = draft.animal(Species.DOG, lines[0][0], start, walker.speed_m_s)
    for act in walker.acts:
        if act.path_m is not None:
            dog.walk(*lines.pop(0), speed_m_s=act.speed_m_s)
        dog.until(act.end_s + behind_s)
    draft.done(dog)


def _aside(path_m: F64, off_m: float) -> F64:
    """A line to the right of a line."""
    along = np.gradient(path_m, axis=0)
    along /= np.maximum(np.linalg.norm(along, axis=1, keepdims=True), 1e-6)
    return np.asarray(path_m + off_m * np.stack([along[:, 1], -along[:, 0]], axis=-1))


def _room_along(draft: Draft, line_m: F64) -> bool:
    things = draft.sites.ways.things
    return not things.blocks(line_m[:-1], line_m[1:], np.full(len(things.height_m), 0.15)).any()


def _papers(draft: Draft) -> None:
    """From door to door, across the lot."""
    trip = draft.enter(draft.between(1.0, 3.0), draft.between(1.3, 1.7), gait=Activity.CARRY)
    doors = draft.shuffled(draft.lot.doors)[: draft.count(1, 3)]
    for door in doors:
        ahead = np.array([np.cos(door.facing_rad), np.sin(door.facing_rad)])
        step = np.array(door.place_m) + 0.6 * ahead
        trip.go(step)
        trip.stay(draft.between(2.0, 4.0), Activity.POST_PAPER, np.array(door.place_m))
    if not doors:
        trip.go(draft.in_lane())
    draft.leave(trip)


def _guard(draft: Draft) -> None:
    """Rounds along the rows with a torch; a look at a door, and on."""
    trip = draft.enter(draft.between(1.0, 3.0), draft.between(1.0, 1.3), guise="guard")
    for _ in range(draft.count(2, 4)):
        trip.go(draft.in_lane())
        if draft.chance(0.7):
            looks = trip.place_m + draft.rng.normal(0.0, 6.0, 2)
            trip.stay(draft.between(1.5, 4.0), Activity.SHINE_TORCH, looks)
    draft.leave(trip)


def _pram(draft: Draft) -> None:
    _cross(draft, draft.between(1.0, 3.0), draft.between(0.9, 1.3), Activity.PUSH_PRAM)


def _cigarette(draft: Draft) -> None:
    """Out for a smoke, and in again."""
    trip = draft.enter(draft.between(1.0, 3.0), draft.between(1.0, 1.3), draft.in_lane())
    trip.stay(draft.between(30.0, 45.0), Activity.SMOKE, trip.place_m + draft.rng.normal(0.0, 4.0, 2))
    draft.leave(trip)


def _children(draft: Draft) -> None:
    """Two or three run about and are called in."""
    until = draft.between(35.0, 50.0)
    for number in range(draft.count(2, 3)):
        trip = draft.enter(draft.between(1.0, 3.0) + 1.5 * number, draft.between(1.2, 1.6), guise="child")
        while trip.now_s < until:
            running = draft.chance(0.6)
            speed, gait = (draft.between(2.3, 3.2), Activity.RUN) if running else (draft.between(1.1, 1.5), None)
            trip.go(draft.in_lane(), speed_m_s=speed, gait=gait)
            if draft.chance(0.4):
                trip.stay(draft.between(1.0, 3.0))
        draft.leave(trip)


def _jogger(draft: Draft) -> None:
    _cross(draft, draft.between(1.0, 3.0), draft.between(2.4, 3.4), Activity.RUN)


def _telephone(draft: Draft) -> None:
    """Somebody stops on the way to speak on the telephone."""
    trip = draft.enter(draft.between(1.0, 3.0), draft.between(1.1, 1.4))
    trip.go(draft.in_lane())
    trip.stay(draft.between(12.0, 30.0), Activity.TELEPHONE)
    draft.leave(trip)


SCENARIOS = (
    Scenario("quiet", "nobody comes", _quiet),
    Scenario("walk-through", "one or two people walk through", _walk_through, often=Often(6, 4, 5)),
    Scenario("taxi", "somebody waits for a taxi, which comes", _taxi, often=Often(0.7, 0.5, 0.6)),
    Scenario("dog", "somebody walks a dog", _dog, often=Often(2, 0.5, 2)),
    Scenario("papers", "somebody delivers papers from door to door", _papers, often=Often(0, 0.5, 1.5)),
    Scenario("guard", "a guard goes round with a torch", _guard, often=Often(0.4, 1.2, 0.2)),
    Scenario("pram", "somebody pushes a pram through", _pram, often=Often(0.4, 0.1, 0.1)),
    Scenario("cigarette", "somebody smokes a cigarette and goes in again", _cigarette, often=Often(1.2, 0.6, 0.3)),
    Scenario("children", "two or three children run about", _children, often=Often(0.5, 0, 0)),
    Scenario("jogger", "somebody jogs through", _jogger, often=Often(0.4, 0, 0.8)),
    Scenario("telephone", "somebody stops to speak on the telephone", _telephone, often=Often(0.6, 0.2, 0.2)),
)
