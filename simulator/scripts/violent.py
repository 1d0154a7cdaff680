"""Development library: blows, fire and fights."""

import numpy as np

from simulator.optics import F64
from simulator.play import Activity, IncidentKind
from simulator.scripts import seconds
from simulator.scripts.aims import bin_place, roomy, shady, stand_off
from simulator.scripts.draft import Draft
from simulator.scripts.itinerary import Itinerary
from simulator.scripts.scenario import Scenario
from simulator.scripts.sites import WHEELS, Spot


def _kick(draft: Draft) -> None:
    spot = draft.spot(draft.between(0.2, 0.8))
    trip = draft.enter(draft.between(1.0, 3.0), draft.between(1.2, 1.6), spot.place_m)
    _strike(draft, trip, spot, (Activity.KICK, draft.between(3.0, 7.0)), "kicked a vehicle")


def _bar(draft: Draft) -> None:
    spot = draft.spot(draft.between(0.4, 0.6))
    trip = draft.enter(draft.between(1.0, 3.0), draft.between(1.1, 1.5), spot.place_m, guise=shady(draft))
    trip.stay(draft.between(1.0, 2.5), Activity.LOOK_IN, spot.face_m)
    _strike(draft, trip, spot, (Activity.SWING_BAR, draft.between(3.0, 6.0)), "struck a window with a bar")


def _stone(draft: Draft) -> None:
    spot = draft.spot()
    place = stand_off(draft, spot, draft.between(3.0, 5.5))
    trip = draft.enter(draft.between(1.0, 3.0), draft.between(1.1, 1.5), place)
    trip.stay(draft.between(1.0, 2.5), Activity.CROUCH, spot.face_m)
    _strike(draft, trip, spot, (Activity.THROW, draft.between(3.0, 6.0)), "threw stones at a vehicle")


def _strike(draft: Draft, trip: Itinerary, spot: Spot, blow: tuple[Activity, float], reason: str) -> None:
    """Strike for a while and run."""
    began = trip.now_s
    trip.stay(blow[1], blow[0], spot.face_m)
    ended = trip.now_s
    draft.leave(trip, draft.between(2.6, 3.6), Activity.RUN)
    draft.incident(
        IncidentKind.DAMAGE, began, began + seconds.DAMAGE_S, ended, reason, trip.number, spot.vehicle.number
    )


def _break_in(draft: Draft) -> None:
    spot = draft.spot()
    trip = draft.enter(draft.between(1.0, 3.0), draft.between(1.1, 1.4), spot.place_m, guise=shady(draft))
    trip.stay(draft.between(1.5, 2.5), Activity.LOOK_IN, spot.face_m)
    began = trip.now_s
    trip.stay(draft.between(1.8, 3.0), Activity.SWING_BAR)
    trip.stay(draft.between(3.0, 5.0), Activity.PRY)  # through the window, for the bag on the seat
    ended = trip.now_s
    draft.leave(trip, draft.between(2.4, 3.2), Activity.RUN)
    draft.incident(
        IncidentKind.DAMAGE, began, began + seconds.DAMAGE_S, ended,
        "smashed a window and reached into the vehicle", trip.number, spot.vehicle.number,
    )  # fmt: skip


def _fight(draft: Draft) -> None:
    place = roomy(draft)
    across = np.array([np.cos(angle := draft.between(0.0, 6.28)), np.sin(angle)]) * draft.between(0.38, 0.5)
    one = draft.enter(draft.between(1.0, 2.0), draft.between(1.1, 1.5), place + across)
    other = draft.enter(draft.between(1.0, 4.0), draft.between(1.1, 1.6), place - across)
    began = max(one.now_s, other.now_s) + draft.between(2.0, 6.0)
    for trip, partner in ((one, other), (other, one)):
        trip.until(began, Activity.STAND, partner.place_m)
    lasts = draft.between(10.0, 25.0)
    for trip in (one, other):
        trip.stay(lasts, Activity.FIGHT)
    ended = one.now_s
    if draft.chance(0.5):
        other.stay(draft.between(6.0, 12.0), Activity.LIE)
    draft.leave(one, draft.between(2.5, 3.4), Activity.RUN)
    draft.leave(other)
    draft.incident(
        IncidentKind.FIGHT, began, began + seconds.FIGHT_S, ended,
        f"two people fought for {lasts:.0f} s", one.number, other.number,
    )  # fmt: skip


def _fire(draft: Draft) -> None:
    spot = draft.spot(draft.between(0.2, 0.8))
    foot = spot.vehicle.beside(spot.side, draft.between(0.25, 0.75), 0.12)
    _burn(draft, spot, np.array([*foot, 0.0]), "flames beside a vehicle", 0.5)


def _fire_wheel(draft: Draft) -> None:
    station = draft.pick(WHEELS)
    spot = draft.spot(station)
    foot = spot.vehicle.beside(spot.side, station, 0.03)
    _burn(draft, spot, np.array([*foot, 0.2]), "flames in a wheel arch", 0.9)


def _burn(draft: Draft, spot: Spot, foot_m: F64, reason: str, smoke: float) -> None:
    trip = draft.enter(draft.between(1.0, 2.0), draft.between(1.2, 1.5), spot.place_m, guise=shady(draft))
    trip.stay(draft.between(3.0, 5.0), Activity.POUR, spot.face_m)
    trip.stay(draft.between(1.5, 3.0), Activity.LIGHT_FIRE)
    lit = trip.now_s
    draft.leave(trip, draft.between(2.4, 3.4), Activity.RUN)
    fire = draft.blaze(foot_m, lit, draft.between(0.9, 1.6), draft.between(15.0, 25.0), smoke=smoke)
    end = lit + draft.between(30.0, 45.0)
    draft.incident(IncidentKind.FIRE, lit, lit + seconds.FIRE_S, end, reason, fire.number, spot.vehicle.number)


def _fire_bin(draft: Draft) -> None:
    """Paper smoulders first: smoke shows before the flames."""
    place, foot = bin_place(draft)
    trip = draft.enter(draft.between(1.0, 2.0), draft.between(1.1, 1.5), place)
    trip.stay(draft.between(3.0, 6.0), Activity.LIGHT_FIRE, foot[:2])
    lit, smoulder = trip.now_s, draft.between(3.0, 8.0)
    draft.leave(trip)
    fire = draft.blaze(foot, lit, draft.between(0.8, 1.3), draft.between(15.0, 30.0), smoke=0.9, smoulder_s=smoulder)
    known = min(lit + seconds.SMOKE_S, lit + smoulder + seconds.FIRE_S)
    draft.incident(IncidentKind.FIRE, lit, known, lit + smoulder + 35.0, "a bin burns", fire.number)


_KIND = IncidentKind
SCENARIOS = (
    Scenario("damage-kick", "somebody kicks a car and runs", _kick, _KIND.DAMAGE),
    Scenario("damage-bar", "somebody strikes a car's window with a bar", _bar, _KIND.DAMAGE),
    Scenario("damage-stone", "somebody throws stones at a car", _stone, _KIND.DAMAGE),
    Scenario("break-in", "somebody smashes a window, reaches into the car and runs", _break_in, _KIND.DAMAGE),
    Scenario("fight", "two people fight in the lane", _fight, _KIND.FIGHT),
    Scenario("fire", "somebody pours petrol beside a car and lights it; it grows", _fire, _KIND.FIRE),
    Scenario("fire-wheel", "somebody lights a fire in a car's wheel arch", _fire_wheel, _KIND.FIRE),
    Scenario("fire-bin", "somebody lights a bin; it smoulders, then burns", _fire_bin, _KIND.FIRE),
)
