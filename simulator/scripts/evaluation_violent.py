"""Evaluation library: blows, fire, fights, and what is done to the camera."""

import numpy as np

from simulator.optics import F64
from simulator.play import Activity, CameraEvent, CameraHarm, IncidentKind
from simulator.scripts import seconds
from simulator.scripts.aims import bin_place, stand_off
from simulator.scripts.draft import Draft
from simulator.scripts.itinerary import Itinerary
from simulator.scripts.scenario import Scenario
from simulator.scripts.sites import DOOR, REAR_DOOR, WINDSCREEN, Spot


def _far_stones(draft: Draft) -> None:
    """Two throw from afar, one after the other, with pauses."""
    spot = draft.spot()
    people = []
    for number in range(2):
        place = stand_off(draft, spot, draft.between(5.8, 8.0))
        people.append(draft.enter(draft.between(2.0, 4.0) + 3.0 * number, draft.between(0.9, 1.1), place))
    began = max(trip.now_s for trip in people) + 1.0
    for number, trip in enumerate(people):
        trip.until(began + 1.8 * number, Activity.STAND, spot.face_m)
        for _ in range(draft.count(2, 3)):
            trip.stay(draft.between(1.4, 2.2), Activity.THROW, spot.face_m)
            trip.stay(draft.between(0.8, 1.6), Activity.CROUCH)
    ended = min(trip.now_s for trip in people)
    for trip in people:
        draft.leave(trip, draft.between(2.3, 2.55), Activity.RUN)
    _damaged(draft, began, ended, "two threw stones at a vehicle from afar", spot, *people)


def _down_the_row(draft: Draft) -> None:
    """Kicks one car after another in passing."""
    spots = (draft.plain_spots(0.85, 0.03) or draft.any_spots(0.85))[: draft.count(2, 4)]
    first = spots[0]
    draft.used |= {spot.vehicle.number for spot in spots}
    trip = draft.enter(draft.between(2.0, 4.0), draft.between(1.65, 1.9), first.place_m)
    began = trip.now_s
    for spot in spots:
        trip.go(spot.place_m)
        trip.stay(draft.between(1.6, 2.6), Activity.KICK, spot.face_m)
    ended = trip.now_s
    draft.leave(trip)
    _damaged(draft, began, ended, f"kicked {len(spots)} vehicles in passing", first, trip)


def _all_windows(draft: Draft) -> None:
    """One window after another, down one side."""
    spot = draft.spot(WINDSCREEN)
    trip = draft.enter(draft.between(2.0, 4.0), draft.between(2.2, 2.5), spot.place_m, gait=Activity.RUN)
    began = trip.now_s
    for station in (WINDSCREEN, DOOR, REAR_DOOR):
        place = draft.sites.beside(spot.vehicle, spot.side, station)
        trip.go(place.place_m, speed_m_s=1.2, gait=Activity.WALK)
        trip.stay(draft.between(1.4, 2.6), Activity.SWING_BAR, place.face_m)
    ended = trip.now_s
    draft.leave(trip)
    _damaged(draft, began, ended, "smashed the windows of one side", spot, trip)


def _gang(draft: Draft) -> None:
    """Four about one car for three minutes: they kick it, laugh, and kick it again."""
    spot = draft.spot(0.5)
    places = [spot.place_m, *(stand_off(draft, spot, draft.between(0.7, 2.6)) for _ in range(3))]
    people = [
        draft.enter(2.0 + 2.5 * number, draft.between(1.3, 1.7), place, guise="hood")
        for number, place in enumerate(places)
    ]
    began = people[0].now_s + 1.0
    ended = began + draft.between(178.0, 200.0)
    people[0].until(began, Activity.STAND, spot.face_m)
    while people[0].now_s < ended:
        people[0].stay(draft.between(2.0, 6.0), Activity.KICK, spot.face_m)
        people[0].stay(draft.between(1.0, 5.0), Activity.STAND)
    ended = people[0].now_s
    for trip in people[1:]:
        while trip.now_s < ended:
            activity = draft.pick((Activity.STAND, Activity.STAND, Activity.SMOKE, Activity.TELEPHONE))
            trip.stay(min(draft.between(4.0, 15.0), max(ended - trip.now_s, 1.0)), activity, spot.face_m)
    for trip in people:
        draft.leave(trip)
    _damaged(draft, began, ended, "four people kicked a vehicle for three minutes", spot, *people)


def _damaged(draft: Draft, began_s: float, ended_s: float, reason: str, spot: Spot, *who: Itinerary) -> None:
    numbers = [trip.number for trip in who] + [spot.vehicle.number]
    draft.incident(IncidentKind.DAMAGE, began_s, began_s + seconds.DAMAGE_S, ended_s, reason, *numbers)


def _thrown_fire(draft: Draft) -> None:
    """A burning bottle from afar: it stands high at once."""
    spot = draft.spot(0.5)
    trip = draft.enter(
        draft.between(2.0, 4.0), draft.between(1.7, 2.0), stand_off(draft, spot, draft.between(3.0, 6.0))
    )
    trip.stay(draft.between(2.0, 3.0), Activity.LIGHT_FIRE, spot.face_m)
    trip.stay(1.2, Activity.THROW, spot.face_m)
    lit = trip.now_s
    draft.leave(trip, draft.between(2.2, 2.5), Activity.RUN)
    foot = spot.vehicle.beside(spot.side, draft.between(0.3, 0.7), 0.2)
    fire = draft.blaze(np.array([*foot, 0.0]), lit, draft.between(1.7, 2.3), draft.between(4.0, 9.0), smoke=0.3)
    _burnt(draft, lit, lit + seconds.FIRE_S, "a bottle thrown at a vehicle burns", fire.number, spot.vehicle.number)


def _motorbike(draft: Draft) -> None:
    """A motorbike is set alight; where none stands, the tail of a car."""
    bikes = [v for v in draft.lot.vehicles if v.two_wheeler and draft.sites.plain(np.array(v.place_m), 0.03)]
    if bikes:
        bike = draft.pick(bikes)
        target, foot = bike, np.array([*bike.place_m, 0.35])
        ends = [draft.sites.before(bike), draft.sites.behind(bike)]
        spot = max(ends, key=lambda end: draft.sites.ways.clearance_m(end.place_m))
    else:
        spot = draft.spot(0.85)
        target, foot = spot.vehicle, np.array([*spot.vehicle.beside(spot.side, 0.9, 0.1), 0.0])
    trip = draft.enter(draft.between(2.0, 4.0), draft.between(0.9, 1.1), spot.place_m)
    trip.stay(draft.between(6.0, 10.0), Activity.POUR, spot.face_m)
    trip.stay(draft.between(3.0, 6.0), Activity.LIGHT_FIRE)
    lit = trip.now_s
    draft.leave(trip)
    fire = draft.blaze(foot, lit, draft.between(0.6, 0.85), draft.between(26.0, 50.0), smoke=0.95)
    _burnt(draft, lit, lit + seconds.FIRE_S, "a motorbike or a car's tail burns", fire.number, target.number)


def _rubbish(draft: Draft) -> None:
    """Smoke for a long while before the first flame; nobody is seen to light it."""
    _, foot = bin_place(draft)
    start, smoulder = draft.between(3.0, 10.0), draft.between(14.0, 25.0)
    fire = draft.blaze(foot, start, draft.between(0.5, 0.8), draft.between(35.0, 50.0), smoke=1.0, smoulder_s=smoulder)
    known = start + min(seconds.SMOKE_S, smoulder + seconds.FIRE_S)
    draft.incident(
        IncidentKind.FIRE, start, known, start + smoulder + 40.0, "rubbish smoulders, then burns", fire.number
    )


def _burnt(draft: Draft, lit_s: float, known_s: float, reason: str, *objects: int) -> None:
    draft.incident(IncidentKind.FIRE, lit_s, known_s, lit_s + draft.between(50.0, 70.0), reason, *objects)


def _two_on_one(draft: Draft) -> None:
    """Two set on a third, who falls; then they are off."""
    middle = _open(draft)
    people = []
    for number in range(3):
        angle = 2.1 * number + draft.between(-0.2, 0.2)
        place = middle + draft.between(0.5, 0.6) * np.array([np.cos(angle), np.sin(angle)])
        people.append(draft.enter(2.0 + 1.5 * number, draft.between(1.65, 1.9), place))
    began = max(trip.now_s for trip in people) + draft.between(0.5, 1.5)
    lasts = draft.pick((draft.between(7.0, 9.5), draft.between(26.0, 35.0)))
    for trip in people:
        trip.until(began, Activity.STAND, middle)
        trip.stay(lasts, Activity.FIGHT, middle)
    people[0].stay(draft.between(14.0, 20.0), Activity.LIE)
    for trip in people:
        draft.leave(trip)
    _fought(draft, began, began + lasts, "two set on a third", *people)


def _again(draft: Draft) -> None:
    """They fight, part, and fight again."""
    middle = _open(draft)
    step = np.array([0.45, 0.0])
    one = draft.enter(draft.between(2.0, 3.0), draft.between(1.65, 2.0), middle - step)
    other = draft.enter(draft.between(2.0, 3.0), draft.between(1.65, 2.0), middle + step)
    began = max(one.now_s, other.now_s) + 0.5
    for trip, facing in ((one, middle + step), (other, middle - step)):
        trip.until(began, Activity.STAND, facing)
        trip.stay(8.0, Activity.FIGHT, facing)
    one.stay(3.0, Activity.STAND)
    other.stay(3.0, Activity.STAND)
    lasts = draft.between(6.0, 9.0)
    for trip in (one, other):
        trip.stay(lasts, Activity.FIGHT)
        draft.leave(trip, draft.between(2.2, 2.4), Activity.RUN)
    _fought(draft, began, began + 11.0 + lasts, "two fought, parted and fought again", one, other)


def _fought(draft: Draft, began_s: float, ended_s: float, reason: str, *who: Itinerary) -> None:
    known = began_s + seconds.FIGHT_S
    draft.incident(IncidentKind.FIGHT, began_s, known, ended_s, reason, *(trip.number for trip in who))


def _open(draft: Draft) -> F64:
    """A place in a lane, well away from everything."""
    places = [draft.in_lane() for _ in range(8)]
    return max(places, key=draft.sites.ways.clearance_m)


def _unseen(event: CameraEvent, reason: str, draft: Draft) -> None:
    """Done from behind the pole: nobody is seen."""
    draft.camera.append(event)
    known = event.start_s + event.lasts_s + seconds.CAMERA_S
    draft.incident(IncidentKind.CAMERA_TAMPER, event.start_s, known, event.start_s + event.lasts_s + 45.0, reason)


def _taped(draft: Draft) -> None:
    harm = CameraEvent(CameraHarm.COVERED, draft.between(14.0, 25.0), draft.between(3.0, 8.0), draft.between(0.85, 1.0))
    _unseen(harm, "tape is drawn over the lens", draft)


def _dotted(draft: Draft) -> None:
    harm = CameraEvent(CameraHarm.SPRAYED, draft.between(14.0, 25.0), draft.between(0.5, 1.2), draft.between(0.5, 0.75))
    _unseen(harm, "a spray can is emptied at the lens", draft)


def _dazzled(draft: Draft) -> None:
    harm = CameraEvent(CameraHarm.BLINDED, draft.between(14.0, 25.0), draft.between(1.0, 3.0), draft.between(0.7, 0.8))
    _unseen(harm, "a lamp is fixed before the lens", draft)


def _knocked(draft: Draft) -> None:
    angle = np.deg2rad(draft.between(45.0, 80.0)) * draft.pick((1.0, -1.0))
    harm = CameraEvent(CameraHarm.TURNED, draft.between(14.0, 25.0), draft.between(0.2, 0.6), angle)
    _unseen(harm, "the camera is knocked aside", draft)


def _slipping(draft: Draft) -> None:
    harm = CameraEvent(
        CameraHarm.DEFOCUSED, draft.between(14.0, 25.0), draft.between(6.0, 12.0), draft.between(0.5, 0.7)
    )
    _unseen(harm, "the focus slips away", draft)


def _dark(draft: Draft) -> None:
    _unseen(
        CameraEvent(CameraHarm.INFRARED_DEAD, draft.between(16.0, 25.0), 0.1), "the infrared lamp's cable is cut", draft
    )


_KIND = IncidentKind
SCENARIOS = (
    Scenario("stones-from-afar", "two throw stones at a car from afar", _far_stones, _KIND.DAMAGE),
    Scenario("row-kicker", "somebody kicks two to four cars in passing", _down_the_row, _KIND.DAMAGE),
    Scenario("window-smasher", "somebody runs up and smashes the windows of one side", _all_windows, _KIND.DAMAGE),
    Scenario("gang", "four people kick a car on and off for three minutes", _gang, _KIND.DAMAGE),
    Scenario("fire-bottle", "a burning bottle is thrown at a car from afar", _thrown_fire, _KIND.FIRE),
    Scenario("motorbike-arson", "somebody sets a motorbike alight", _motorbike, _KIND.FIRE),
    Scenario("smouldering-rubbish", "rubbish smoulders for long before it burns", _rubbish, _KIND.FIRE),
    Scenario("two-on-one", "two set on a third, who falls", _two_on_one, _KIND.FIGHT),
    Scenario("fight-again", "two fight, part and fight again", _again, _KIND.FIGHT),
    Scenario("lens-taped", "tape is drawn over the lens from behind", _taped, _KIND.CAMERA_TAMPER),
    Scenario("lens-dotted", "a spray can is emptied at the lens from behind", _dotted, _KIND.CAMERA_TAMPER),
    Scenario("lens-dazzled", "a lamp is fixed before the lens", _dazzled, _KIND.CAMERA_TAMPER),
    Scenario("camera-knocked", "the camera is knocked far aside", _knocked, _KIND.CAMERA_TAMPER),
    Scenario("focus-slips", "the focus slips away by and by", _slipping, _KIND.CAMERA_TAMPER),
    Scenario("lamp-cut", "the infrared lamp's cable is cut", _dark, _KIND.CAMERA_TAMPER),
)
