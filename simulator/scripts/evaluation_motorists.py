"""Evaluation library: honest people with a car who dither, forget and come back."""

import numpy as np

from simulator.play import Activity
from simulator.scripts import roads
from simulator.scripts.draft import Draft
from simulator.scripts.itinerary import Itinerary
from simulator.scripts.scenario import Often, Scenario
from simulator.scripts.sites import DOOR, REAR_DOOR, Spot
from simulator.vehicles.vehicle import Model


def _off(draft: Draft, trip: Itinerary, spot: Spot, warm_s: float) -> float:
    """Gets in and drives off; when the car is gone."""
    roads.get_in(draft, trip, spot, warm_s + draft.between(6.0, 10.0))
    draft.done(trip)
    return roads.depart(draft, spot.vehicle, trip.now_s - warm_s, warm_s)


def _dithers(draft: Draft) -> None:
    """Half way to the car, back for the keys, and again."""
    spot = roads.drivers_spot(draft)
    trip = draft.enter(draft.between(3.0, 6.0), draft.between(1.55, 1.8), draft.in_lane())
    trip.stay(draft.between(2.5, 5.0))
    draft.leave(trip)
    again = trip.now_s + draft.between(6.0, 15.0)
    second = draft.enter(again, draft.between(1.55, 1.8), spot.place_m)
    _off(draft, second, spot, 6.0)


def _forgot(draft: Draft) -> None:
    """Parks, goes in, comes back to the car for what lies on the seat, goes in again."""
    car = roads.comer(draft)
    stands = roads.arrive(draft, car, draft.between(2.5, 5.0))
    spot = draft.sites.beside(car, 1, DOOR)
    trip = roads.get_out(draft, spot, stands + draft.between(6.0, 12.0), draft.between(1.5, 1.8))
    trip.go(draft.in_lane())
    trip.stay(draft.between(2.0, 4.0))
    trip.go(spot.place_m)
    trip.stay(draft.between(1.0, 2.0), Activity.UNLOCK, spot.face_m)
    trip.stay(draft.between(4.0, 9.0), Activity.LOOK_IN)
    draft.leave(trip)


def _two_cars(draft: Draft) -> None:
    """A family of two cars is loaded, to and fro between them, and both drive off one after the other."""
    first, second = roads.drivers_spot(draft), roads.drivers_spot(draft)
    boots = [draft.sites.beside(spot.vehicle, 1, REAR_DOOR) for spot in (first, second)]
    one = draft.enter(draft.between(3.0, 5.0), draft.between(1.5, 1.7), boots[0].place_m, gait=Activity.CARRY)
    for number in range(draft.count(2, 4)):
        boot = boots[number % 2]
        one.go(boot.place_m)
        one.stay(draft.between(4.0, 16.0), Activity.LOAD_BOOT, boot.face_m)
    one.gait = Activity.WALK
    other = draft.enter(one.now_s - 5.0, draft.between(1.5, 1.7), second.place_m)
    one.go(first.place_m)
    gone = _off(draft, one, first, 4.0)
    other.until(gone - 8.0, Activity.TELEPHONE)
    _off(draft, other, second, 4.0)


def _keys(draft: Draft) -> None:
    """At the own car without the keys: feels all pockets, tries the handle, looks in, and goes home."""
    spot = roads.drivers_spot(draft)
    trip = draft.enter(draft.between(3.0, 6.0), draft.between(1.5, 1.7), spot.place_m)
    trip.stay(draft.between(2.5, 5.0), Activity.STAND, spot.face_m)
    trip.stay(draft.between(0.8, 1.6), Activity.TRY_HANDLE)
    trip.stay(draft.between(1.0, 2.0), Activity.LOOK_IN)
    trip.stay(draft.between(1.0, 3.0), Activity.STAND)
    draft.leave(trip)


def _school_run(draft: Draft) -> None:
    """A child gets in at the back, the grown-up at the front."""
    spot = roads.drivers_spot(draft)
    rear = draft.sites.beside(spot.vehicle, 1, REAR_DOOR)
    child = draft.enter(draft.between(3.0, 4.0), draft.between(1.5, 1.6), rear.place_m, guise="child")
    child.slip(2.0, Activity.GET_IN, spot.vehicle.beside(1, REAR_DOOR, -0.45))
    child.stay(1.5, Activity.SIT)
    draft.done(child)
    adult = draft.enter(child.now_s - draft.between(9.0, 11.0), 1.55, spot.place_m)
    adult.until(child.now_s + 0.5, Activity.STAND, rear.place_m)
    _off(draft, adult, spot, 4.0)


def _breakdown(draft: Draft) -> None:
    """The car does not start: in, out, a look under the bonnet, a call, and away on foot."""
    spot = roads.drivers_spot(draft)
    trip = draft.enter(draft.between(3.0, 6.0), draft.between(1.5, 1.7), spot.place_m)
    roads.get_in(draft, trip, spot, draft.between(10.0, 18.0))
    draft.lamp(spot.vehicle, "cabin", trip.now_s - 8.0, trip.now_s + 20.0)
    trip.slip(2.3, Activity.GET_IN, spot.place_m)
    bonnet = draft.sites.before(spot.vehicle)
    if draft.sites.has_room(bonnet):
        trip.go(bonnet.place_m)
        trip.stay(draft.between(12.0, 40.0), Activity.UNDER_BONNET, bonnet.face_m)
    trip.stay(draft.between(10.0, 20.0), Activity.TELEPHONE)
    draft.leave(trip)


def _snowed_in(draft: Draft) -> None:
    """All round the car with a brush, then in and a long warming up, steam and lamps, then off."""
    spot = roads.drivers_spot(draft)
    car = spot.vehicle
    stops = [draft.sites.beside(car, 1, station) for station in (0.22, 0.5, 0.8)]
    ends = [end for end in (draft.sites.behind(car), draft.sites.before(car)) if draft.sites.has_room(end)]
    trip = draft.enter(draft.between(3.0, 6.0), draft.between(1.5, 1.7), stops[0].place_m)
    for place in [*stops, *ends]:
        trip.go(place.place_m)
        trip.stay(draft.between(19.0, 30.0), Activity.SCRAPE_ICE, place.face_m)
    trip.go(spot.place_m)
    roads.steam(draft, car, trip.now_s + 3.0, trip.now_s + 40.0, draft.between(0.3, 1.0))
    _off(draft, trip, spot, 34.0)


def _tyres(draft: Draft) -> None:
    """A look at each wheel, crouching, and off."""
    spot = roads.drivers_spot(draft)
    car = spot.vehicle
    trip = draft.enter(draft.between(3.0, 6.0), draft.between(1.5, 1.7), spot.place_m)
    for side in draft.sites.sides(car, 0.55):
        for station in (0.8, 0.2):
            wheel = draft.sites.beside(car, side, station)
            trip.go(wheel.place_m)
            trip.stay(draft.between(3.0, 7.0), Activity.CROUCH, wheel.face_m)
    trip.go(spot.place_m)
    _off(draft, trip, spot, 3.0)


def _pizza(draft: Draft) -> None:
    """A small car stops in the lane with lamps on; at a run to a door and back."""
    stop = roads.stop_in_lane(draft)
    car = roads.comer(draft, (Model.MINI, Model.HATCH), bay=False)
    stands = roads.visit(draft, car, draft.between(2.5, 5.0), stop)
    path = draft.drives[-1].path_m
    heading = float(np.arctan2(*(path[-1] - path[-2])[::-1]))
    left = np.array([-np.sin(heading), np.cos(heading)])
    door = stop + (car.size.width_m / 2 + 0.45) * left
    trip = draft.somebody(door - 0.8 * left, stands + 0.5, draft.between(2.3, 2.6))
    trip.ways = roads.ways_round(draft.lot, car, stop, heading)
    trip.slip(1.2, Activity.GET_IN, door)
    trip.go(draft.entry(door), gait=Activity.RUN)
    trip.stay(draft.between(10.0, 18.0))
    trip.go(door, gait=Activity.RUN)
    trip.slip(1.2, Activity.GET_IN, door - 0.8 * left)
    draft.done(trip)
    roads.back_away(draft, car, trip.now_s + 1.5)


def _hazards(draft: Draft) -> None:
    """A car stops in the lane, flashes for a minute or two, brakes on and off, and backs away; nobody gets out."""
    car = roads.comer(draft, bay=False)
    stands = roads.visit(draft, car, draft.between(2.5, 5.0), roads.stop_in_lane(draft))
    waits = draft.between(60.0, 110.0)
    draft.lamp(car, "hazard", stands + 1.0, stands + waits)
    now = stands + 4.0
    while now < stands + waits - 8.0:
        draft.lamp(car, "brake", now, now + draft.between(2.0, 5.0))
        now += draft.between(7.0, 15.0)
    roads.steam(draft, car, stands + 0.5, stands + waits, draft.between(0.3, 0.8))
    roads.back_away(draft, car, stands + waits + 1.0)


def _turns_round(draft: Draft) -> None:
    """Comes home, parks, notices something and drives off at once."""
    car = roads.comer(draft, leaves=True)
    stands = roads.arrive(draft, car, draft.between(2.5, 5.0))
    roads.depart(draft, car, stands + draft.between(15.0, 30.0), 3.0)


def _goodbye(draft: Draft) -> None:
    """Two talk beside a car; one drives off, the other looks after it and goes in."""
    spot = roads.drivers_spot(draft)
    lane = draft.sites.lane_of(spot.vehicle)
    place = np.array([spot.place_m[0], sum(lane.y_m) / 2 + 0.3 * np.sign(spot.place_m[1] - sum(lane.y_m) / 2)])
    driver = draft.enter(draft.between(3.0, 5.0), draft.between(1.5, 1.7), place + [0.4, 0.0])
    friend = draft.enter(draft.between(3.0, 5.0), draft.between(1.5, 1.7), place - [0.4, 0.0])
    talks = max(driver.now_s, friend.now_s) + draft.between(12.0, 30.0)
    driver.until(talks, Activity.STAND, friend.place_m)
    friend.until(talks + 2.0, Activity.STAND, driver.place_m)
    aside = draft.entry(friend.place_m)
    friend.go(friend.place_m + 0.0)
    way = friend.ways.find(friend.place_m, aside)
    friend.walk(*way[1:])
    draft.done(friend)
    driver.go(spot.place_m)
    _off(draft, driver, spot, max(3.0, friend.now_s - driver.now_s))


def _lift(draft: Draft) -> None:
    """A car comes, waits with its engine on, and somebody walks up to it and gets in."""
    stop = roads.stop_in_lane(draft)
    car = roads.comer(draft, bay=False)
    stands = roads.visit(draft, car, draft.between(2.5, 5.0), stop)
    path = draft.drives[-1].path_m
    heading = float(np.arctan2(*(path[-1] - path[-2])[::-1]))
    right = np.array([np.sin(heading), -np.cos(heading)])
    door = stop + (car.size.width_m / 2 + 0.45) * right
    way = draft.way_in(door)
    trip = draft.somebody(way[0], stands + draft.between(3.0, 15.0), draft.between(1.5, 1.8))
    trip.ways = roads.ways_round(draft.lot, car, stop, heading)
    trip.go(door)
    trip.slip(2.3, Activity.GET_IN, door - 0.8 * right)
    draft.done(trip)
    roads.steam(draft, car, stands, trip.now_s, 0.5)
    roads.back_away(draft, car, trip.now_s + draft.between(6.0, 9.0))


SCENARIOS = (
    Scenario("dithers", "somebody turns back half way to the car, then drives off", _dithers, often=Often(0.7, 0.3, 2)),
    Scenario(
        "forgot-something", "somebody parks and comes back to the car for something", _forgot, often=Often(3, 0.7, 0.2)
    ),
    Scenario("two-cars", "two cars are loaded and drive off", _two_cars, often=Often(0.4, 0.1, 0.5)),
    Scenario("no-keys", "somebody stands at the own car without keys and goes home", _keys, often=Often(0.4, 0.2, 0.4)),
    Scenario("school-run", "a child and a grown-up get in and drive off", _school_run, often=Often(0.4, 0, 2)),
    Scenario("breakdown", "a car does not start", _breakdown, often=Often(0.2, 0.1, 0.3)),
    Scenario("snowed-in", "a car is brushed free, warmed up and driven off", _snowed_in, often=Often(0.1, 0.1, 1.5)),
    Scenario("tyre-check", "somebody looks at each wheel and drives off", _tyres, often=Often(0.2, 0.1, 0.3)),
    Scenario("pizza", "a car stops in the lane, somebody runs to a door and back", _pizza, often=Often(1, 0.2, 0.1)),
    Scenario("hazards", "a car stands in the lane and flashes", _hazards, often=Often(0.4, 0.2, 0.2)),
    Scenario("turns-round", "a car parks and drives off again", _turns_round, often=Often(0.4, 0.2, 0.2)),
    Scenario("goodbye", "two talk beside a car, one drives off", _goodbye, often=Often(1, 0.4, 0.1)),
    Scenario("lift", "a car waits, somebody walks up and gets in", _lift, often=Often(0.8, 0.6, 0.8)),
)
