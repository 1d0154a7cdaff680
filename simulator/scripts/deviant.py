"""Development library: what an alarm centre wants to be told of."""

import numpy as np

from simulator.optics import F64
from simulator.play import Activity, IncidentKind
from simulator.scripts import seconds
from simulator.scripts.aims import closed_points, row, shady, stand_off, time_within
from simulator.scripts.draft import Draft
from simulator.scripts.itinerary import Itinerary
from simulator.scripts.scenario import Scenario
from simulator.scripts.sites import DOOR, WHEELS, Spot

_APPROACH_M = 9.0
"""The demo's first walk: some seconds of it, so that the alarm comes within the minute."""


Span = tuple[float, float]


def _prowling(draft: Draft) -> None:
    spots = row(draft, draft.count(3, 5))
    trip = draft.enter(draft.between(1.0, 3.0), draft.between(1.1, 1.45), spots[0].place_m, guise=shady(draft))
    _prowl(draft, trip, spots, Activity.LOOK_IN, (3.0, 4.5))


def _prowling_with_lamp(draft: Draft) -> None:
    spots = row(draft, draft.count(3, 4))
    trip = draft.enter(draft.between(1.0, 3.0), draft.between(1.0, 1.3), spots[0].place_m, guise=shady(draft))
    _prowl(draft, trip, spots, Activity.LOOK_IN_WITH_LAMP, (3.5, 6.0))


def _demo(draft: Draft) -> None:
    """Brisk, at the three cars that the camera sees best, from the nearest entry."""
    spots = row(draft, 3, central=True)
    entries = [np.array(entry) for entry in draft.lot.entries]
    ways = [(order, draft.way_in(order[0].place_m, entry)) for order in (spots, spots[::-1]) for entry in entries]
    spots, way = min(ways, key=lambda told: abs(_length_m(told[1]) - _APPROACH_M))
    trip = draft.somebody(way[0], 11.0, draft.between(1.45, 1.55))
    trip.walk(*way[1:])
    _prowl(draft, trip, spots, Activity.LOOK_IN, (1.0, 1.5), (2.4, 3.0))


def _length_m(way_m: F64) -> float:
    return float(np.linalg.norm(np.diff(way_m, axis=0), axis=1).sum())


def _prowl(
    draft: Draft, trip: Itinerary, spots: list[Spot], looks: Activity, looks_s: Span, tries_s: Span = (1.2, 2.0)
) -> None:
    """From car to car: a look into each and a hand on its handle, for so many seconds."""
    visits = []
    for number, spot in enumerate(spots):
        if number:
            trip.go(spot.place_m)
        visits.append(trip.now_s)
        trip.stay(draft.between(*looks_s), looks, spot.face_m)
        trip.stay(draft.between(*tries_s), Activity.TRY_HANDLE)
        if number == len(spots) - 1:
            trip.stay(draft.between(2.5, 4.0), Activity.PRY)
    ended = trip.now_s
    draft.leave(trip)
    draft.incident(
        IncidentKind.PROWLING, visits[0], visits[seconds.VISITS - 1] + seconds.VISIT_S, ended,
        f"looked into and tried {len(spots)} vehicles", trip.number, *(spot.vehicle.number for spot in spots),
    )  # fmt: skip


def _tampering(draft: Draft) -> None:
    _work_at(draft, draft.spot(), (Activity.TRY_HANDLE, Activity.PRY), "a door")


def _tampering_window(draft: Draft) -> None:
    _work_at(draft, draft.spot(draft.between(0.42, 0.6)), (Activity.LOOK_IN, Activity.PRY), "a window")


def _tampering_wheel(draft: Draft) -> None:
    _work_at(draft, draft.spot(draft.pick(WHEELS)), (Activity.CROUCH, Activity.CROUCH), "a wheel")


def _work_at(draft: Draft, spot: Spot, acts: tuple[Activity, Activity], what: str) -> None:
    trip = draft.enter(draft.between(1.0, 3.0), draft.between(1.0, 1.4), spot.place_m, guise=shady(draft))
    began, lasts = trip.now_s, draft.between(25.0, 40.0)
    first = lasts * draft.between(0.15, 0.3)
    trip.stay(first, acts[0], spot.face_m)
    trip.stay(lasts - first, acts[1])
    ended = trip.now_s
    draft.leave(trip)
    draft.incident(
        IncidentKind.TAMPERING, began, began + seconds.TAMPERING_S, ended,
        f"worked at {what} of a vehicle for {lasts:.0f} s", trip.number, spot.vehicle.number,
    )  # fmt: skip


def _loitering(draft: Draft) -> None:
    trip = draft.enter(draft.between(1.0, 3.0), draft.between(0.9, 1.3), draft.in_lane())
    began = draft.entered_s(trip)
    until = trip.now_s + draft.between(85.0, 120.0)
    while trip.now_s < until:
        trip.stay(min(draft.between(8.0, 22.0), max(until - trip.now_s, 2.0)), *_idles(draft, trip))
        trip.go(draft.in_lane(), speed_m_s=draft.between(0.7, 0.95))
    ended = trip.now_s
    draft.leave(trip)
    draft.incident(
        IncidentKind.LOITERING, began, began + seconds.LOITERING_S, ended,
        f"stood about in the lot for {ended - began:.0f} s", trip.number,
    )  # fmt: skip


def _idles(draft: Draft, trip: Itinerary) -> tuple[Activity, F64]:
    activity = draft.pick((Activity.STAND, Activity.STAND, Activity.TELEPHONE, Activity.SMOKE))
    return activity, trip.place_m + draft.rng.normal(0.0, 3.0, 2)


def _intrusion(draft: Draft) -> None:
    inside = closed_points(draft, draft.count(2, 3))
    trip = draft.enter(draft.between(1.0, 3.0), draft.between(0.9, 1.4), inside[0], guise=shady(draft))
    for point in inside[1:]:
        trip.stay(draft.between(3.0, 8.0), draft.pick((Activity.STAND, Activity.CROUCH, Activity.SHINE_TORCH)))
        trip.go(point)
    trip.stay(draft.between(3.0, 8.0))
    draft.leave(trip)
    began, ended = time_within(draft, trip)
    draft.incident(
        IncidentKind.INTRUSION, began, began + seconds.INTRUSION_S, ended,
        "went into the part that is closed at night", trip.number,
    )  # fmt: skip


def _four(draft: Draft) -> None:
    """Wheels are stolen: two work, one keeps the tools, one looks out."""
    spot = draft.spot(WHEELS[0])
    car = spot.vehicle
    second = draft.sites.beside(car, spot.side, WHEELS[1])
    third = draft.sites.beside(car, spot.side, DOOR)
    lookout = stand_off(draft, spot, draft.between(4.0, 6.0))
    people, begins = [], []
    for number, place in enumerate((spot.place_m, second.place_m, third.place_m, lookout)):
        trip = draft.enter(draft.between(1.0, 3.0) + 4.0 * number, draft.between(1.1, 1.5), place, guise=shady(draft))
        people.append(trip)
        begins.append(trip.now_s)
    began, lasts = min(begins[:3]), draft.between(175.0, 195.0)
    ended = began + lasts
    _labour(draft, people[0], spot, ended)
    _labour(draft, people[1], second, ended)
    _labour(draft, people[2], third, ended)
    while people[3].now_s < ended:
        looks = people[3].place_m + draft.rng.normal(0.0, 4.0, 2)
        people[3].stay(min(draft.between(4.0, 12.0), ended - people[3].now_s + 0.1), Activity.STAND, looks)
    for number in (1, 2, 0, 3):
        people[number].stay(draft.between(0.2, 2.0) + 2.0 * number)
        draft.leave(people[number], gait=Activity.CARRY if number < 2 else None)
    draft.incident(
        IncidentKind.TAMPERING, began, began + seconds.TAMPERING_S, ended,
        f"four people worked at a vehicle for {lasts:.0f} s", *(trip.number for trip in people), car.number,
    )  # fmt: skip


def _labour(draft: Draft, trip: Itinerary, spot: Spot, until_s: float) -> None:
    """Crouch and stand in turn until a time."""
    while trip.now_s < until_s:
        left = until_s - trip.now_s + 0.1
        trip.stay(min(draft.between(10.0, 30.0), left), Activity.CROUCH, spot.face_m)
        trip.stay(min(draft.between(2.0, 5.0), max(left - 30.0, 0.0)), Activity.STAND)


_KIND = IncidentKind
SCENARIOS = (
    Scenario("prowling", "somebody looks into three to five cars and tries their handles", _prowling, _KIND.PROWLING),
    Scenario("prowling-lamp", "somebody shines a lamp into three or four cars", _prowling_with_lamp, _KIND.PROWLING),
    Scenario("tampering", "somebody works at one car's door for 25 to 40 s", _tampering, _KIND.TAMPERING),
    Scenario("tampering-window", "somebody pries at a car's window", _tampering_window, _KIND.TAMPERING),
    Scenario("tampering-wheel", "somebody crouches at a car's wheel", _tampering_wheel, _KIND.TAMPERING),
    Scenario("loitering", "somebody stands about in the lot for 85 to 120 s", _loitering, _KIND.LOITERING),
    Scenario("intrusion", "somebody goes into the part that is closed at night", _intrusion, _KIND.INTRUSION),
    Scenario("four-people", "four people take a car's wheels, for three minutes", _four, _KIND.TAMPERING),
    Scenario("demo", "12 s of quiet, then somebody prowls along three cars and leaves", _demo, _KIND.PROWLING),
)
