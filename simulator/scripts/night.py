"""A night's timetable: residents come and go, less and less until after midnight and again from five, animals cross,
and now and then somebody does what they should not."""

from dataclasses import dataclass, field, replace

import numpy as np

from simulator.conditions import CONDITIONS, Condition
from simulator.lots.lot import Lot
from simulator.play import Act, Drive, IncidentKind, Play, Role
from simulator.scripts.bodies import driven_into, drives_around, drives_by_vehicle, walked_into
from simulator.scripts.check import REUSE_S
from simulator.scripts.draft import ANIMALS, FIRES, PEOPLE, THINGS, Draft, NoPlaceError
from simulator.scripts.scenario import Scenario
from simulator.scripts.sites import sites_of
from simulator.vehicles.driving import drive_duration_s, out_of_sight_x_m

PER_HOUR = (9.0, 9.0, 7.0, 5.0, 2.5, 1.2, 1.0, 1.0, 1.6, 7.0)
"""Honest errands in each hour from 20.00; on a lot of some ten bays everybody comes home once and a few go out."""

INCIDENTS_PER_HOUR = 0.3
_AWAY = 0.3  # share of the cars that are out at 20.00
_TRIES = 5
_REST_S = 20.0  # a car is left alone for a moment
_MIDNIGHT_H, _MORNING_H = 4.0, 9.0
_FIRES = 10


@dataclass
class _Night:
    """What is fixed so far."""

    lot: Lot
    condition: Condition
    length_s: float
    away: set[int]
    plays: list[Play] = field(default_factory=list)
    busy_s: dict[int, float] = field(default_factory=dict)
    last_s: dict[int, float] = field(default_factory=dict)
    drives: dict[int, tuple[Drive, ...]] = field(default_factory=dict)
    fires: int = 0
    things: int = 0


def timetable(
    lot: Lot,
    seed: int,
    hours: float,
    library: dict[str, Scenario],
    incidents_per_hour: float = INCIDENTS_PER_HOUR,
    condition: Condition = CONDITIONS["clear"],
) -> Play:
    """A night of so many hours from 20.00 on. `incidents_per_hour`: 0 for a night full of honest people.

    ValueError: no hours.
    """
    if not hours > 0:
        raise ValueError(f"a night of {hours} hours")
    rng = np.random.default_rng([seed, 144])
    cars = [car.number for car in sites_of(lot).cars]
    away = {number for number in cars if rng.random() < _AWAY}
    initially = frozenset(away)
    night = _Night(lot, condition, hours * 3600.0, away)
    for number, (start_s, wicked) in enumerate(_starts(rng, hours, incidents_per_hour)):
        for attempt in range(_TRIES):
            own = np.random.default_rng([seed, 145, number, attempt])
            scenario = _choice(library, start_s, wicked, own)
            if scenario is not None and _perform(night, scenario, start_s, own):
                break
    return _whole(night, initially)


def _starts(rng: np.random.Generator, hours: float, incidents_per_hour: float) -> list[tuple[float, bool]]:
    """When something starts, and whether it is an incident, in order."""
    starts = [(float(s), True) for s in rng.uniform(0, hours * 3600, rng.poisson(incidents_per_hour * hours))]
    for hour in range(int(np.ceil(hours))):
        share = min(1.0, hours - hour)
        count = rng.poisson(PER_HOUR[min(hour, len(PER_HOUR) - 1)] * share)
        starts += [(3600 * (hour + float(s)), False) for s in rng.uniform(0, share, count)]
    return sorted(starts)


def _choice(library: dict[str, Scenario], start_s: float, wicked: bool, rng: np.random.Generator) -> Scenario | None:
    hour = start_s / 3600
    if wicked:
        weights = {name: float(_in_a_night(scenario)) for name, scenario in library.items()}
    else:
        often = {name: scenario.often for name, scenario in library.items() if scenario.kind is None}
        weights = {
            name: o.evening if hour < _MIDNIGHT_H else o.night if hour < _MORNING_H else o.morning
            for name, o in often.items()
        }
    total = sum(weights.values())
    if total <= 0:
        return None
    names = list(weights)
    return library[names[int(rng.choice(len(names), p=np.array(list(weights.values())) / total))]]


def _in_a_night(scenario: Scenario) -> bool:
    """The camera stays as it is: after a harm nothing else could be told."""
    return scenario.kind not in (None, IncidentKind.CAMERA_TAMPER) and scenario.name != "demo"


def _perform(night: _Night, scenario: Scenario, start_s: float, rng: np.random.Generator) -> bool:
    """Try to put an activity into the night; False where it does not fit."""
    busy = {number for number, until in night.busy_s.items() if until > start_s}
    draft = Draft(night.lot, night.condition, rng, frozenset(night.away), used=set(busy))
    try:
        scenario.write(draft)
        play = _shifted(draft.play(), start_s)
        if start_s + draft.play().duration_s > night.length_s or night.fires + len(play.blazes) > _FIRES:
            return False
        play = _renumbered(night, play, start_s)
    except NoPlaceError:
        return False
    if _in_the_way(night, play, start_s):
        return False
    _take(night, play, draft.used - busy)
    return True


def _shifted(play: Play, by_s: float) -> Play:
    """The same, later; fires are put out when they have been told of."""
    out_s = max((incident.end_s for incident in play.incidents), default=0.0)
    return replace(
        play,
        roles=tuple(replace(role, acts=tuple(_later(act, by_s) for act in role.acts)) for role in play.roles),
        drives=tuple(replace(drive, start_s=drive.start_s + by_s) for drive in play.drives),
        lamps=tuple(replace(use, start_s=use.start_s + by_s, end_s=use.end_s + by_s) for use in play.lamps),
        blazes=tuple(replace(fire, start_s=fire.start_s + by_s, end_s=out_s + by_s) for fire in play.blazes),
        puffs=tuple(replace(puff, start_s=puff.start_s + by_s, end_s=puff.end_s + by_s) for puff in play.puffs),
        drifters=tuple(replace(d, start_s=d.start_s + by_s, end_s=d.end_s + by_s) for d in play.drifters),
        incidents=tuple(
            replace(i, began_s=i.began_s + by_s, start_s=i.start_s + by_s, end_s=i.end_s + by_s) for i in play.incidents
        ),
    )


def _later(act: Act, by_s: float) -> Act:
    return replace(act, start_s=act.start_s + by_s, end_s=act.end_s + by_s)


def _renumbered(night: _Night, play: Play, start_s: float) -> Play:
    """With numbers that nobody has had for ten minutes. NoPlaceError: all are taken."""
    new: dict[int, int] = {}
    for role in play.roles:
        first, last = (PEOPLE, 199) if role.species is None else (ANIMALS, 399)
        free = (n for n in range(first, last + 1) if night.last_s.get(n, -REUSE_S) + REUSE_S <= start_s)
        chosen = next((number for number in free if number not in new.values()), None)
        if chosen is None:
            raise NoPlaceError("too many people")
        new[role.number] = chosen
    new |= {blaze.number: FIRES + night.fires + index for index, blaze in enumerate(play.blazes)}
    return replace(
        play,
        roles=tuple(replace(role, number=new[role.number]) for role in play.roles),
        blazes=tuple(replace(blaze, number=new[blaze.number]) for blaze in play.blazes),
        drifters=tuple(replace(d, number=THINGS + night.things + i) for i, d in enumerate(play.drifters)),
        incidents=tuple(
            replace(incident, objects=tuple(new.get(number, number) for number in incident.objects))
            for incident in play.incidents
        ),
    )


def _in_the_way(night: _Night, play: Play, start_s: float) -> bool:
    """Whether somebody would walk through a car of another activity, or a car would drive into something."""
    until = max([role.end_s for role in play.roles] + [_end_s(drive) for drive in play.drives], default=start_s)
    beside = [other for other in night.plays[-12:] if _span(other)[1] > start_s and _span(other)[0] < until]
    others = [drive for other in beside for drive in other.drives]
    if not play.drives and not others:
        return False
    before = min((_span(other)[0] for other in beside), default=start_s)
    recent = drives_around(night.drives, min(before, start_s), until)
    known = tuple(drive for own in recent.values() for drive in own)
    drives = drives_by_vehicle(replace(play, drives=known + play.drives))
    roles: list[Role] = list(play.roles)
    if play.drives:
        roles += [role for other in beside for role in other.roles]
    if any(walked_into(night.lot, role, drives) for role in roles):
        return True
    return any(driven_into(night.lot, drive, drives) for drive in (*play.drives, *others))


def _take(night: _Night, play: Play, used: set[int]) -> None:
    night.plays.append(play)
    night.fires += len(play.blazes)
    night.things += len(play.drifters)
    for role in play.roles:
        night.last_s[role.number] = role.end_s
    end = _span(play)[1] + _REST_S
    for number in used:
        night.busy_s[number] = end
    for number, drives in drives_by_vehicle(play).items():
        night.drives[number] = (*night.drives.get(number, ()), *drives)
        home = np.linalg.norm(drives[-1].path_m[-1] - np.array(night.lot.vehicle(number).place_m)) < 1.0
        (night.away.discard if home else night.away.add)(number)


def _span(play: Play) -> tuple[float, float]:
    """First and last second of an activity."""
    starts = [role.start_s for role in play.roles] + [drive.start_s for drive in play.drives]
    ends = [role.end_s for role in play.roles] + [_end_s(drive) for drive in play.drives]
    ends += [blaze.end_s for blaze in play.blazes]
    return min(starts, default=0.0), max(ends, default=0.0)


def _whole(night: _Night, away: frozenset[int]) -> Play:
    """All activities as one play. Cars that stay out all night stand on the road outside."""
    plays, lot = night.plays, night.lot
    never = sorted(away - night.drives.keys())
    outside = tuple(_parked_outside(lot, number, place) for place, number in enumerate(never))
    return Play(
        night.length_s,
        tuple(sorted((role for play in plays for role in play.roles), key=lambda role: role.start_s)),
        tuple(sorted((*outside, *(d for play in plays for d in play.drives)), key=lambda drive: drive.start_s)),
        tuple(use for play in plays for use in play.lamps),
        tuple(blaze for play in plays for blaze in play.blazes),
        tuple(puff for play in plays for puff in play.puffs),
        tuple(drifter for play in plays for drifter in play.drifters),
        (),
        tuple(sorted((i for play in plays for i in play.incidents), key=lambda incident: incident.began_s)),
    )


def _parked_outside(lot: Lot, number: int, place: int) -> Drive:
    """A vehicle before its first drive is where that begins; so one that is out needs a drive out there."""
    bay = lot.vehicle(number).bay
    lane = 0 if bay is None else lot.bays[bay].lane
    x, y = out_of_sight_x_m(lot, lane), sum(lot.lanes[lane].y_m) / 2
    away = (1.0 if x > (lot.ground_m[0] + lot.ground_m[2]) / 2 else -1.0) * (8.0 + 7.0 * place)
    return Drive(number, 0.0, np.array([[x + away, y], [x + away * 1.05, y]]), 1.0)


def _end_s(drive: Drive) -> float:
    return drive.start_s + drive_duration_s(drive)
