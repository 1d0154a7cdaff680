"""Evaluation library: honest people on foot, animals and wind."""

import numpy as np

from simulator.optics import F64
from simulator.play import Activity, Drifter, Species
from simulator.scripts.draft import THINGS, Draft
from simulator.scripts.scenario import Often, Scenario


def _nobody(draft: Draft) -> None:
    draft.duration_s = draft.between(45.0, 60.0)


def _crowd(draft: Draft) -> None:
    """Five to seven come home from a bus within a minute, some side by side."""
    now = draft.between(2.0, 4.0)
    for _ in range(draft.count(5, 7)):
        trip = draft.enter(now, draft.pick((draft.between(0.75, 0.88), draft.between(1.62, 1.95))))
        trip.go(draft.in_lane())
        draft.leave(trip)
        now += draft.between(0.8, 14.0)


def _unsteady(draft: Draft) -> None:
    """Slowly home from a party, not quite straight, with rests."""
    trip = draft.enter(draft.between(2.0, 5.0), draft.between(0.6, 0.85))
    for _ in range(draft.count(4, 7)):
        trip.go(draft.in_lane(), speed_m_s=draft.between(0.55, 0.9))
        if draft.chance(0.3):
            trip.stay(draft.between(1.0, 4.0))
    draft.leave(trip)


def _lost(draft: Draft) -> None:
    """Waves a torch about to find something lost, bends down now and again."""
    trip = draft.enter(draft.between(2.0, 5.0), draft.between(0.7, 0.9), draft.in_lane())
    for _ in range(draft.count(4, 6)):
        near = trip.place_m + draft.rng.normal(0.0, 1.5, 2)
        if draft.sites.ways.clearance_m(near) > 0.5:
            trip.go(near)
        trip.stay(draft.between(2.5, 5.5), Activity.SHINE_TORCH, trip.place_m + draft.rng.normal(0.0, 2.0, 2))
        if draft.chance(0.4):
            trip.stay(draft.between(1.5, 4.0), Activity.CROUCH)
    draft.leave(trip)


def _rubbish_out(draft: Draft) -> None:
    """To the bins with a bag, and back by the same way."""
    bins = [block for block in draft.lot.blocks if "bin" in block.name]
    way = draft.way_in(_beside_block(draft, bins[0].low_m, bins[0].high_m) if bins else None)
    trip = draft.somebody(way[0], draft.between(2.0, 5.0), draft.between(1.6, 1.9), gait=Activity.CARRY)
    trip.walk(*way[1:])
    trip.stay(draft.between(2.0, 6.0), Activity.LOAD_BOOT)
    trip.walk(*way[::-1][1:], gait=Activity.WALK)
    draft.done(trip)


def _beside_block(draft: Draft, low_m: tuple[float, float], high_m: tuple[float, float]) -> F64:
    low, high = np.array(low_m), np.array(high_m)
    middle, half = (low + high) / 2, (high - low) / 2
    places = [middle + np.array(way) * (half + 0.5) for way in ((0, -1), (1, 0), (-1, 0), (0, 1))]
    return max(places, key=draft.sites.ways.clearance_m)


def _chat(draft: Draft) -> None:
    """Two with dogs meet, talk for a while and go on."""
    place = draft.in_lane()
    one = draft.enter(draft.between(2.0, 4.0), draft.between(1.35, 1.6), place + [0.5, 0.0], gait=Activity.WALK_DOG)
    other = draft.enter(draft.between(2.0, 4.0), draft.between(1.35, 1.6), place - [0.5, 0.0], gait=Activity.WALK_DOG)
    until = max(one.now_s, other.now_s) + draft.between(12.0, 28.0)
    for trip, partner in ((one, other), (other, one)):
        arrives, there = trip.now_s, trip.place_m
        trip.until(until, Activity.STAND, partner.place_m)
        draft.leave(trip)
        aside = there + draft.rng.normal(0.0, 0.3, 2) + np.array([0.0, 0.7])
        dog = draft.animal(Species.DOG, aside, arrives, 0.4)
        dog.stay(until - arrives)
        draft.done(dog)


def _rounds(draft: Draft) -> None:
    """Two guards, one behind the other, light up each row as they pass; a handle of a door in the wall is tried."""
    for number in range(2):
        trip = draft.enter(2.0 + 4.0 * number, draft.between(1.32, 1.5), guise="guard")
        for _ in range(draft.count(1, 3)):
            trip.go(draft.in_lane())
            trip.stay(draft.between(4.5, 7.0), Activity.SHINE_TORCH, trip.place_m + draft.rng.normal(0.0, 8.0, 2))
        draft.leave(trip)


def _paper_round(draft: Draft) -> None:
    """At a run, every door."""
    trip = draft.enter(draft.between(2.0, 5.0), draft.between(2.3, 2.6), gait=Activity.RUN)
    for door in draft.lot.doors[:4]:
        out = np.array([np.cos(door.facing_rad), np.sin(door.facing_rad)])
        trip.go(np.array(door.place_m) + 0.75 * out)
        trip.stay(draft.between(1.0, 1.9), Activity.POST_PAPER, np.array(door.place_m))
    draft.leave(trip)


def _hide_and_seek(draft: Draft) -> None:
    """Children crouch between the cars; one seeks, finds them, and all run."""
    spots = draft.any_spots(0.9)[: draft.count(2, 3)]
    found = 12.0 + draft.between(6.0, 14.0)
    for number, spot in enumerate(spots):
        child = draft.enter(2.0 + number, draft.between(2.2, 2.3), spot.place_m, Activity.RUN, guise="child")
        child.until(found + 4.0 * number, Activity.CROUCH, spot.face_m)
        draft.leave(child)
    seeker = draft.enter(6.0, draft.between(1.0, 1.15), guise="child")
    for _ in range(3):
        seeker.go(draft.in_lane())
        seeker.stay(draft.between(1.0, 3.0))
    draft.leave(seeker, draft.between(2.2, 2.3), Activity.RUN)


def _window_smoker(draft: Draft) -> None:
    """Smokes on the way, stands twice, throws a look at the moon."""
    trip = draft.enter(draft.between(2.0, 5.0), draft.between(0.75, 0.95), draft.in_lane())
    for _ in range(2):
        trip.stay(draft.between(8.0, 20.0), Activity.SMOKE, trip.place_m + draft.rng.normal(0.0, 6.0, 2))
        trip.go(draft.in_lane())
    draft.leave(trip)


def _heavy_pram(draft: Draft) -> None:
    """A pram, stops to tuck the child in, and on."""
    trip = draft.enter(draft.between(2.0, 5.0), draft.between(0.7, 0.88), gait=Activity.PUSH_PRAM)
    for _ in range(2):
        trip.go(draft.in_lane())
        trip.stay(draft.between(3.0, 9.0), Activity.CROUCH if draft.chance(0.3) else Activity.STAND)
    draft.leave(trip)


def _sprint(draft: Draft) -> None:
    """Late for the bus: walks, runs, walks."""
    trip = draft.enter(draft.between(2.0, 5.0), draft.between(1.62, 1.9))
    trip.go(draft.in_lane(), speed_m_s=draft.between(3.5, 4.5), gait=Activity.RUN)
    trip.go(draft.in_lane())
    draft.leave(trip, draft.between(3.5, 4.5), Activity.RUN)


def _cat_under(draft: Draft) -> None:
    """A cat sits beside one car for a long time, washes, goes on."""
    spots = draft.plain_spots(0.6) or draft.any_spots(0.6)
    spot = draft.pick(spots)
    cat = draft.animal(Species.CAT, draft.way_in(spot.place_m)[0], draft.between(2.0, 5.0), draft.between(1.2, 1.6))
    cat.go(spot.place_m)
    cat.stay(draft.between(50.0, 110.0), facing_m=spot.face_m)
    draft.leave(cat)


def _fox_family(draft: Draft) -> None:
    way = draft.way_in()
    for number in range(draft.count(2, 3)):
        fox = draft.animal(Species.FOX, way[0] + draft.rng.normal(0.0, 0.2, 2), 2.0 + 1.3 * number, 2.4)
        fox.speed_m_s = draft.between(2.3, 3.0)
        for _ in range(2):
            fox.go(draft.in_lane())
            fox.stay(draft.between(4.5, 9.0))
        draft.leave(fox)


def _hare_bolts(draft: Draft) -> None:
    hare = draft.animal(Species.HARE, draft.way_in()[0], draft.between(2.0, 5.0), draft.between(4.0, 6.5))
    hare.go(draft.in_lane())
    hare.stay(draft.between(12.0, 25.0))
    draft.leave(hare)


def _gulls(draft: Draft) -> None:
    """Many birds about something dropped, all at once, then gone."""
    middle = draft.in_lane()
    until = draft.between(25.0, 35.0)
    for _ in range(draft.count(6, 9)):
        bird = draft.animal(Species.BIRD, middle + draft.rng.normal(0.0, 0.5, 2), draft.between(0.5, 2.0), 0.7)
        while bird.now_s < until:
            bird.stay(draft.between(0.5, 2.0), facing_m=middle)
            bird.walk(middle + draft.rng.normal(0.0, 0.5, 2), speed_m_s=draft.between(0.65, 0.9))
        draft.done(bird)


def _gusts(draft: Draft) -> None:
    """Several bags and leaves at a time, in gusts."""
    draft.duration_s = draft.between(60.0, 80.0)
    for number in range(draft.count(5, 8)):
        start = draft.between(0.5, draft.duration_s - 25.0)
        seed = int(draft.rng.integers(1, 2**31))
        draft.drifters.append(Drifter(THINGS + number, start, start + draft.between(12.0, 20.0), seed))


SCENARIOS = (
    Scenario("nobody", "nobody comes for a minute", _nobody),
    Scenario("bus-comes", "five to seven come home from a bus", _crowd, often=Often(0.5, 0.1, 0.1)),
    Scenario("unsteady", "somebody goes home slowly and not quite straight", _unsteady, often=Often(1, 2, 0.2)),
    Scenario("torch-search", "somebody looks for something lost with a torch", _lost, often=Often(0.6, 0.2, 0.2)),
    Scenario("rubbish-out", "somebody takes rubbish out and goes in again", _rubbish_out, often=Often(2, 0.2, 0.5)),
    Scenario("dogs-meet", "two with dogs meet and talk", _chat, often=Often(1.5, 0.2, 1)),
    Scenario("two-guards", "two guards light up the rows as they pass", _rounds, often=Often(0.3, 1.5, 0.2)),
    Scenario("paper-run", "somebody runs from door to door with papers", _paper_round, often=Often(0, 0.3, 2)),
    Scenario("hide-and-seek", "children hide between the cars", _hide_and_seek, often=Often(0.4, 0, 0)),
    Scenario("strolling-smoker", "somebody smokes and strolls about", _window_smoker, often=Often(1, 0.6, 0.3)),
    Scenario("stopping-pram", "a pram stops now and again", _heavy_pram, often=Often(0.4, 0.1, 0.1)),
    Scenario("late-for-the-bus", "somebody runs for the bus", _sprint, often=Often(0.3, 0.2, 3)),
    Scenario("sitting-cat", "a cat sits beside a car for a long time", _cat_under, often=Often(2, 2, 2)),
    Scenario("fox-family", "two or three foxes run through", _fox_family, often=Often(0.3, 1.2, 0.5)),
    Scenario("bolting-hare", "a hare sits still and bolts", _hare_bolts, often=Often(0.3, 1, 0.5)),
    Scenario("gulls", "many birds about something dropped", _gulls, often=Often(0.1, 0.1, 1.5)),
    Scenario("gusts", "bags and leaves in gusts", _gusts, often=Often(0.5, 0.5, 0.5)),
)
