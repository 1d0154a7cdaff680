"""Development library: honest people with a car."""

import numpy as np

from simulator.play import Activity
from simulator.scripts import roads
from simulator.scripts.draft import Draft
from simulator.scripts.itinerary import Itinerary
from simulator.scripts.scenario import Often, Scenario
from simulator.scripts.sites import DOOR, REAR_DOOR, WHEELS, WINDSCREEN, Spot
from simulator.vehicles.vehicle import Model, Vehicle

_VANS = (Model.VAN, Model.LORRY, Model.PICKUP)


def _get_in(draft: Draft) -> None:
    spot = roads.drivers_spot(draft)
    trip = draft.enter(draft.between(1.0, 3.0), draft.between(1.2, 1.5), spot.place_m)
    drive_off(draft, trip, spot)


def drive_off(draft: Draft, trip: Itinerary, spot: Spot, warm_s: float = 2.0) -> float:
    """Who stands at the driver's door gets in, the lamps come on, the car drives off; when it is gone."""
    starts = draft.between(2.0, 5.0)
    roads.get_in(draft, trip, spot, starts + warm_s)
    draft.done(trip)
    return roads.depart(draft, spot.vehicle, trip.now_s - warm_s, warm_s)


def _park(draft: Draft) -> None:
    """Home from shopping: park, carry bags in."""
    car = roads.comer(draft)
    stands = roads.arrive(draft, car, draft.between(0.5, 2.0))
    spot = draft.sites.beside(car, 1, DOOR)
    trip = roads.get_out(draft, spot, stands + draft.between(2.0, 5.0), draft.between(1.1, 1.4))
    boot = draft.sites.behind(car)
    if draft.sites.has_room(boot) and draft.chance(0.8):
        trip.go(boot.place_m)
        trip.stay(draft.between(6.0, 20.0), Activity.LOAD_BOOT, boot.face_m)
    draft.leave(trip, gait=Activity.CARRY)


def _scrape(draft: Draft) -> None:
    """Ice off the panes, from window to window, then off to work."""
    spot = roads.drivers_spot(draft)
    car = spot.vehicle
    stations = [WINDSCREEN, DOOR, 0.66][: draft.count(2, 3)]
    sides = [side for side in (1, -1) if draft.sites.gap_m(car, side) >= 0.55]
    first = draft.sites.beside(car, sides[0], stations[0])
    trip = draft.enter(draft.between(1.0, 3.0), draft.between(1.1, 1.4), first.place_m)
    for side in sides:
        for station in stations:
            place = draft.sites.beside(car, side, station)
            trip.go(place.place_m)
            trip.stay(draft.between(8.0, 18.0), Activity.SCRAPE_ICE, place.face_m)
    trip.go(spot.place_m)
    roads.steam(draft, car, trip.now_s, trip.now_s + 12.0, draft.between(0.4, 0.9))
    drive_off(draft, trip, spot, draft.between(4.0, 8.0))


def _jump_start(draft: Draft) -> None:
    """A neighbour comes with a car; both bend over the bonnets; the dead car starts."""
    spot, bonnet = _bonnet(draft)
    car = spot.vehicle
    stop = roads.stop_in_lane(draft, bonnet.place_m)
    helper_car = roads.comer(draft, bay=False)
    owner = draft.enter(draft.between(1.0, 3.0), draft.between(1.1, 1.4), bonnet.place_m)
    owner.stay(draft.between(3.0, 8.0), Activity.UNDER_BONNET, bonnet.face_m)
    stands = roads.visit(draft, helper_car, owner.now_s + draft.between(2.0, 6.0), stop)
    owner.until(stands + 2.0, Activity.STAND, stop)
    inwards = np.array(car.place_m) - stop
    door = stop + inwards / np.linalg.norm(inwards) * (helper_car.size.width_m / 2 + 0.45)
    helper = draft.somebody(stop + 0.3 * (door - stop), stands + draft.between(1.0, 3.0), 1.2)
    helper.slip(1.8, Activity.GET_IN, door)
    path = draft.drives[-1].path_m
    helper.ways = roads.ways_round(draft.lot, helper_car, stop, float(np.arctan2(*(path[-1] - path[-2])[::-1])))
    beside = bonnet.place_m + draft.between(0.6, 0.8) * _across(car)
    helper.go(beside if bonnet.side == 0 else draft.sites.beside(car, bonnet.side, 0.4).place_m)
    works = draft.between(20.0, 50.0)
    ends = max(owner.now_s, helper.now_s) + works
    owner.until(ends, Activity.UNDER_BONNET, bonnet.face_m)
    helper.until(ends, Activity.UNDER_BONNET, bonnet.face_m + 0.6 * _across(car))
    helper.go(door)
    helper.slip(1.8, Activity.GET_IN, stop + 0.3 * (door - stop))
    draft.done(helper)
    roads.back_away(draft, helper_car, helper.now_s + draft.between(2.0, 5.0))
    owner.go(spot.place_m)
    roads.get_in(draft, owner, spot, draft.between(15.0, 30.0))
    draft.done(owner)
    draft.lamp(car, "head", owner.now_s - 12.0, owner.now_s + 10.0)
    roads.steam(draft, car, owner.now_s - 12.0, owner.now_s + 8.0, draft.between(0.4, 0.8))


def _bonnet(draft: Draft) -> tuple[Spot, Spot]:
    """The driver's door, and the bonnet of a car that stands nose out; else any, and the bonnet's side."""
    cars = [car for car in draft.shuffled(draft.parked) if draft.sites.gap_m(car, 1) >= 0.55]
    for car in cars:
        bonnet = draft.sites.before(car)
        to_lane = sum(draft.sites.lane_of(car).y_m) / 2 - car.place_m[1]
        if np.sin(car.heading_rad) * to_lane > 0 and draft.sites.has_room(bonnet):
            draft.used.add(car.number)
            return draft.sites.beside(car, 1, DOOR), bonnet
    door = draft.spot(DOOR) if not cars else draft.sites.beside(draft.pick(cars), 1, DOOR)
    draft.used.add(door.vehicle.number)
    return door, draft.sites.beside(door.vehicle, door.side, 0.12)


def _across(car: Vehicle) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    return np.array([-np.sin(car.heading_rad), np.cos(car.heading_rad)])


def _wheel(draft: Draft) -> None:
    """A flat tyre: tools from the boot, the wheel, the tools back."""
    spot = draft.spot(draft.pick(WHEELS))
    boot = draft.sites.behind(spot.vehicle)
    trip = draft.enter(draft.between(1.0, 3.0), draft.between(1.1, 1.4), spot.place_m)
    fetches = draft.sites.has_room(boot)
    if fetches:
        trip.go(boot.place_m)
        trip.stay(draft.between(5.0, 12.0), Activity.LOAD_BOOT, boot.face_m)
        trip.go(spot.place_m)
    trip.stay(draft.between(60.0, 110.0), Activity.CHANGE_WHEEL, spot.face_m)
    if fetches:
        trip.go(boot.place_m)
        trip.stay(draft.between(4.0, 9.0), Activity.LOAD_BOOT, boot.face_m)
    draft.leave(trip)


def _load(draft: Draft) -> None:
    """Off on a journey: bags into the boot, twice, then off."""
    spot = roads.drivers_spot(draft)
    boot = draft.sites.behind(spot.vehicle)
    if not draft.sites.has_room(boot):  # no room behind it: onto the back seat
        boot = draft.sites.beside(spot.vehicle, 1, REAR_DOOR)
    trip = draft.enter(draft.between(1.0, 3.0), draft.between(1.1, 1.4), boot.place_m, gait=Activity.CARRY)
    trip.stay(draft.between(5.0, 14.0), Activity.LOAD_BOOT, boot.face_m)
    trip.gait = Activity.WALK
    trip.go(spot.place_m)
    drive_off(draft, trip, spot)


def _delivery(draft: Draft) -> None:
    """A van stops with its flashers on; a parcel goes to a door."""
    stop = roads.stop_in_lane(draft)
    van = roads.comer(draft, _VANS, bay=False)
    stands = roads.visit(draft, van, draft.between(0.5, 2.0), stop)
    path = draft.drives[-1].path_m
    ahead = (path[-1] - path[-2]) / np.linalg.norm(path[-1] - path[-2])
    left = np.array([-ahead[1], ahead[0]])
    door = stop + 0.12 * van.size.length_m * ahead + (van.size.width_m / 2 + 0.45) * left
    rear = stop - (van.size.length_m / 2 + 0.6) * ahead
    trip = draft.somebody(door - 0.8 * left, stands + draft.between(1.0, 3.0), draft.between(1.4, 1.7), guise="vest")
    trip.ways = roads.ways_round(draft.lot, van, stop, float(np.arctan2(ahead[1], ahead[0])))
    trip.slip(1.6, Activity.GET_IN, door)
    trip.go(rear)
    trip.stay(draft.between(4.0, 9.0), Activity.LOAD_BOOT, stop)
    trip.go(draft.entry(rear), gait=Activity.CARRY)
    trip.stay(draft.between(4.0, 10.0))
    trip.go(door)
    trip.slip(1.6, Activity.GET_IN, door - 0.8 * left)
    draft.done(trip)
    draft.lamp(van, "hazard", stands, trip.now_s + 2.0)
    roads.back_away(draft, van, trip.now_s + draft.between(2.5, 5.0))


def _passing(draft: Draft) -> None:
    """A car comes in, its lamps sweep over the others, finds nothing and backs out again."""
    start = draft.between(0.5, 2.0)
    for _ in range(draft.count(1, 2)):
        car = roads.comer(draft, bay=False)
        stands = roads.visit(draft, car, start, roads.stop_in_lane(draft))
        start = roads.back_away(draft, car, stands + draft.between(2.0, 6.0)) + draft.between(2.0, 5.0)


def _brakes(draft: Draft) -> None:
    """Somebody sits in the car with a foot on the brake, on and off, and the flashers for a while."""
    spot = roads.drivers_spot(draft)
    trip = draft.enter(draft.between(1.0, 3.0), draft.between(1.2, 1.5), spot.place_m)
    roads.get_in(draft, trip, spot, draft.between(30.0, 50.0))
    now = trip.acts[-1].start_s + draft.between(1.0, 3.0)
    draft.lamp(spot.vehicle, "cabin", now - 1.0, now + draft.between(5.0, 10.0))
    while now < trip.now_s - 6.0:
        lasts = draft.between(1.0, 6.0)
        draft.lamp(spot.vehicle, draft.pick(("brake", "brake", "hazard")), now, now + lasts)
        now += lasts + draft.between(0.5, 4.0)
    trip.slip(1.8, Activity.GET_IN, spot.place_m)
    draft.leave(trip)


def _exhaust(draft: Draft) -> None:
    """A cold engine steams at a standstill for a minute, then off."""
    spot = roads.drivers_spot(draft)
    trip = draft.enter(draft.between(1.0, 3.0), draft.between(1.2, 1.5), spot.place_m)
    warm = draft.between(40.0, 60.0)
    gone = drive_off(draft, trip, spot, warm)
    draft.lamp(spot.vehicle, "head", trip.now_s - warm, gone)
    roads.steam(draft, spot.vehicle, trip.now_s - warm + 0.5, trip.now_s, draft.between(0.6, 1.0))


SCENARIOS = (
    Scenario("get-in", "an owner gets in and drives off", _get_in, often=Often(2, 0.7, 6)),
    Scenario("park", "somebody comes home, parks and carries bags in", _park, often=Often(4, 1, 0.3)),
    Scenario("scrape-ice", "an owner scrapes ice off the panes and drives off", _scrape, often=Often(0.2, 0.1, 2)),
    Scenario("jump-start", "a neighbour helps to start a car", _jump_start, often=Often(0.2, 0.05, 0.3)),
    Scenario("change-wheel", "an owner changes a wheel", _wheel, often=Often(0.2, 0.05, 0.1)),
    Scenario("load-up", "an owner loads the boot and drives off", _load, often=Often(0.6, 0.2, 1)),
    Scenario(
        "delivery", "a van stops with its flashers on and a parcel is brought", _delivery, often=Often(0.7, 0.1, 0.5)
    ),
    Scenario(
        "passing",
        "one or two cars come in and back out, their lamps sweep over the lot",
        _passing,
        often=Often(0.6, 0.5, 0.3),
    ),
    Scenario(
        "brake-lights",
        "somebody sits in a car; brake lights and flashers go on and off",
        _brakes,
        often=Often(0.5, 0.2, 0.3),
    ),
    Scenario("exhaust", "a cold engine steams, then the car drives off", _exhaust, often=Often(0.3, 0.1, 1)),
)
