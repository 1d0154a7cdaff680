"""Evaluation library: work at cars, prowling, loitering and going where it is closed."""

import numpy as np

from simulator.optics import F64
from simulator.play import Activity, IncidentKind
from simulator.scripts import seconds
from simulator.scripts.aims import closed_points, stand_off, time_within
from simulator.scripts.draft import Draft, NoPlaceError
from simulator.scripts.itinerary import Itinerary
from simulator.scripts.scenario import Scenario
from simulator.scripts.sites import REAR_DOOR, Spot


def _weaving(draft: Draft) -> None:
    """From row to row and back, no handle tried at every second car, the first one visited again at the end."""
    spots = _scattered(draft, draft.count(3, 6))
    trip = draft.enter(
        draft.between(4.0, 8.0), draft.pick((draft.between(0.8, 1.05), draft.between(1.5, 1.8))), spots[0].place_m
    )
    visits, seen = [], 0.0
    for number, spot in enumerate([*spots, spots[0]]):
        trip.go(spot.place_m)
        visits.append(trip.now_s)
        looks = draft.pick((Activity.LOOK_IN, Activity.LOOK_IN, Activity.LOOK_IN_WITH_LAMP))
        trip.stay(draft.pick((draft.between(2.4, 3.0), draft.between(5.0, 7.0))), looks, spot.face_m)
        if number % 2:
            trip.stay(draft.between(0.6, 1.2), Activity.TRY_HANDLE)
        seen = trip.now_s
        if draft.chance(0.4) and number < len(spots):
            trip.go(_lane_beside(draft, trip.place_m))
            trip.stay(draft.between(1.0, 2.5), Activity.STAND, trip.place_m + draft.rng.normal(0.0, 3.0, 2))
    draft.leave(trip)
    _prowled(draft, visits, seen, [trip], spots)


def _pair(draft: Draft) -> None:
    """One looks into cars, the other stays in the lane and keeps watch."""
    spots = _scattered(draft, draft.count(3, 4))
    watch = draft.enter(draft.between(1.0, 4.0), draft.between(1.3, 1.7), _lane_beside(draft, spots[0].place_m))
    trip = draft.enter(draft.between(3.0, 6.0), draft.between(1.3, 1.7), spots[0].place_m, guise="hood")
    visits = []
    for spot in spots:
        trip.go(spot.place_m)
        visits.append(trip.now_s)
        trip.stay(draft.between(2.5, 5.5), Activity.LOOK_IN, spot.face_m)
    seen = trip.now_s
    while watch.now_s < seen:
        watch.stay(draft.between(3.0, 8.0), Activity.STAND, watch.place_m + draft.rng.normal(0.0, 5.0, 2))
    draft.leave(trip)
    draft.leave(watch)
    _prowled(draft, visits, seen, [trip], spots)


def _prowled(draft: Draft, visits: list[float], seen_s: float, who: list[Itinerary], spots: list[Spot]) -> None:
    known = visits[seconds.VISITS - 1] + seconds.VISIT_S
    numbers = [trip.number for trip in who] + [spot.vehicle.number for spot in spots]
    draft.incident(
        IncidentKind.PROWLING, visits[0], known, seen_s, f"looked into {len(spots)} vehicles in turn", *numbers
    )


def _interrupted(draft: Draft) -> None:
    """Works at a door, walks off as somebody passes, and comes back to it."""
    spot = draft.spot(draft.between(0.5, 0.62))
    trip = draft.enter(draft.between(3.0, 6.0), draft.between(1.4, 1.7), spot.place_m)
    began = trip.now_s
    trip.stay(draft.between(14.0, 20.0), Activity.PRY, spot.face_m)
    passer = draft.enter(trip.now_s - draft.between(3.0, 5.0), draft.between(1.2, 1.6))
    passer.go(draft.in_lane())
    draft.leave(passer)
    trip.go(_lane_beside(draft, spot.place_m))
    trip.stay(draft.between(4.0, 9.0), Activity.TELEPHONE)
    trip.go(spot.place_m)
    trip.stay(draft.between(14.0, 24.0), Activity.PRY, spot.face_m)
    ended = trip.now_s
    draft.leave(trip)
    _tampered(draft, began, ended, "worked at a door, left it and came back", spot, trip)


def _two_thieves(draft: Draft) -> None:
    """One at the door, one who looks out and walks up and down."""
    spot = draft.spot(REAR_DOOR)
    thief = draft.enter(draft.between(3.0, 6.0), draft.between(1.4, 1.7), spot.place_m, guise="hood")
    lookout = draft.enter(draft.between(4.0, 8.0), draft.between(1.3, 1.6), stand_off(draft, spot, 3.5))
    began = thief.now_s
    thief.stay(draft.between(2.0, 5.0), Activity.TRY_HANDLE, spot.face_m)
    thief.stay(draft.between(42.0, 65.0), Activity.PRY)
    ended = thief.now_s
    post = lookout.place_m
    while lookout.now_s < ended:
        lookout.stay(draft.between(3.0, 7.0), Activity.STAND, lookout.place_m + draft.rng.normal(0.0, 5.0, 2))
        lookout.go(_lane_beside(draft, post) if lookout.place_m is post else post)
    draft.leave(thief)
    draft.leave(lookout)
    _tampered(draft, began, ended, "one worked at a door, one looked out", spot, thief)


def _under(draft: Draft) -> None:
    """On the ground beside a car, with the arms under it: the catalyst is sawn off."""
    spot = draft.spot(draft.between(0.4, 0.55))
    trip = draft.enter(draft.between(3.0, 6.0), draft.between(1.4, 1.8), spot.place_m)
    began = trip.now_s
    trip.stay(draft.between(3.0, 6.0), Activity.CROUCH, spot.face_m)
    trip.heading_rad = spot.vehicle.heading_rad
    trip.stay(draft.between(42.0, 80.0), Activity.LIE)
    trip.stay(draft.between(2.0, 4.0), Activity.CROUCH, spot.face_m)
    ended = trip.now_s
    draft.leave(trip, gait=Activity.CARRY)
    _tampered(draft, began, ended, "lay beside a vehicle and worked under it", spot, trip)


def _fuel(draft: Draft) -> None:
    """Crouches at the filler and carries a can away."""
    spot = draft.spot(draft.between(0.72, 0.78))
    trip = draft.enter(draft.between(3.0, 6.0), draft.between(1.4, 1.8), spot.place_m, gait=Activity.CARRY)
    began = trip.now_s
    trip.stay(draft.between(18.0, 24.0), Activity.CROUCH, spot.face_m)
    trip.stay(draft.between(1.0, 2.0), Activity.STAND)
    ended = trip.now_s
    draft.leave(trip)
    _tampered(draft, began, ended, "took fuel from a vehicle", spot, trip)


def _tampered(draft: Draft, began_s: float, ended_s: float, reason: str, spot: Spot, who: Itinerary) -> None:
    known = began_s + seconds.TAMPERING_S
    draft.incident(IncidentKind.TAMPERING, began_s, known, ended_s, reason, who.number, spot.vehicle.number)


def _pacing(draft: Draft) -> None:
    """Up and down between two places, slowly, and smokes."""
    one = draft.in_lane()
    other = min((draft.in_lane() for _ in range(6)), key=lambda place: abs(float(np.linalg.norm(place - one)) - 5.0))
    trip = draft.enter(draft.between(4.0, 7.0), draft.between(1.3, 1.6), one)
    began, until = draft.entered_s(trip), trip.now_s + draft.between(125.0, 170.0)
    while trip.now_s < until:
        trip.stay(draft.between(3.0, 7.0), draft.pick((Activity.SMOKE, Activity.STAND, Activity.CROUCH)))
        trip.go(other if np.linalg.norm(trip.place_m - one) < 0.5 else one, speed_m_s=draft.between(0.5, 0.68))
    ended = trip.now_s
    draft.leave(trip)
    _loitered(draft, began, ended, "paced up and down", trip)


def _group(draft: Draft) -> None:
    """Three stand together, talk and smoke, for minutes."""
    middle = draft.in_lane()
    people = []
    for number in range(3):
        angle = 2.1 * number + draft.between(-0.3, 0.3)
        place = middle + 0.7 * np.array([np.cos(angle), np.sin(angle)])
        people.append(draft.enter(draft.between(1.0, 2.0) + 2.0 * number, draft.between(1.2, 1.6), place))
    began = min(draft.entered_s(trip) for trip in people)
    until = max(trip.now_s for trip in people) + draft.between(125.0, 150.0)
    for trip in people:
        while trip.now_s < until:
            activity = draft.pick((Activity.STAND, Activity.STAND, Activity.SMOKE, Activity.TELEPHONE))
            trip.stay(min(draft.between(5.0, 20.0), max(until - trip.now_s, 1.0)), activity, middle)
        draft.leave(trip)
    _loitered(draft, began, until, "three stood together", *people)


def _loitered(draft: Draft, began_s: float, ended_s: float, how: str, *who: Itinerary) -> None:
    known = began_s + seconds.LOITERING_S
    reason = f"{how} for {ended_s - began_s:.0f} s"
    draft.incident(IncidentKind.LOITERING, began_s, known, ended_s, reason, *(trip.number for trip in who))


def _two_inside(draft: Draft) -> None:
    """Two run into the closed part, look about with a torch and carry something out."""
    places = closed_points(draft, 4)
    spans = []
    trips = []
    for number in range(2):
        trip = draft.enter(2.0 + draft.between(1.5, 3.0) * number, draft.between(1.5, 1.9), places[number])
        trip.stay(draft.between(4.0, 9.0), Activity.SHINE_TORCH if number else Activity.CROUCH)
        trip.go(places[2 + number], speed_m_s=draft.between(2.3, 3.0), gait=Activity.RUN)
        trip.stay(draft.between(6.0, 12.0), Activity.CROUCH)
        draft.leave(trip, gait=Activity.CARRY)
        spans.append(time_within(draft, trip))
        trips.append(trip)
    began, ended = min(span[0] for span in spans), max(span[1] for span in spans)
    draft.incident(
        IncidentKind.INTRUSION,
        began,
        began + seconds.INTRUSION_S,
        ended,
        "two went into the part that is closed at night",
        *(trip.number for trip in trips),
    )


def _strays(draft: Draft) -> None:
    """Slowly in, sits there for a while, and out again."""
    place = closed_points(draft, 1)[0]
    trip = draft.enter(draft.between(4.0, 8.0), draft.between(0.7, 0.88), place, guise="old")
    trip.stay(draft.between(18.0, 40.0), draft.pick((Activity.CROUCH, Activity.TELEPHONE, Activity.STAND)))
    draft.leave(trip)
    began, ended = time_within(draft, trip)
    known = began + seconds.INTRUSION_S
    draft.incident(
        IncidentKind.INTRUSION, began, known, ended, "strayed into the part that is closed at night", trip.number
    )


def _scattered(draft: Draft, count: int) -> list[Spot]:
    """Spots at cars of all rows, each far from the one before. NoPlaceError: too few cars."""
    left = draft.plain_spots(REAR_DOOR, 0.03) + draft.any_spots(REAR_DOOR)
    order: list[Spot] = []
    while left and len(order) < count:
        spot = left.pop(0)
        if any(known.vehicle is spot.vehicle for known in order):
            continue
        if all(np.linalg.norm(known.place_m - spot.place_m) > 1.8 for known in order):
            order.append(spot)
    if len(order) < seconds.VISITS:
        raise NoPlaceError("too few cars to prowl along")
    draft.used |= {spot.vehicle.number for spot in order}
    return order


def _lane_beside(draft: Draft, place_m: F64) -> F64:
    """The nearest free place in a lane."""
    lane = min(range(len(draft.lot.lanes)), key=lambda n: abs(sum(draft.lot.lanes[n].y_m) / 2 - place_m[1]))
    return draft.sites.lane_spot(lane, draft.between(0.35, 0.65), float(place_m[0]) + draft.between(-1.0, 1.0))


_KIND = IncidentKind
SCENARIOS = (
    Scenario("weaving-prowler", "somebody goes from row to row, and back to the first car", _weaving, _KIND.PROWLING),
    Scenario("prowler-and-lookout", "one looks into cars, one keeps watch in the lane", _pair, _KIND.PROWLING),
    Scenario(
        "interrupted-thief", "somebody leaves a car's door as others pass, and returns", _interrupted, _KIND.TAMPERING
    ),
    Scenario("thief-and-lookout", "one works at a door, one walks up and down", _two_thieves, _KIND.TAMPERING),
    Scenario("under-a-car", "somebody lies beside a car and works under it", _under, _KIND.TAMPERING),
    Scenario("fuel-thief", "somebody crouches at a car's filler and carries a can away", _fuel, _KIND.TAMPERING),
    Scenario("pacing", "somebody paces up and down and smokes for minutes", _pacing, _KIND.LOITERING),
    Scenario("corner-boys", "three stand together for minutes", _group, _KIND.LOITERING),
    Scenario("two-intruders", "two run into the closed part and carry something out", _two_inside, _KIND.INTRUSION),
    Scenario("stray", "somebody strays into the closed part and stays", _strays, _KIND.INTRUSION),
)
