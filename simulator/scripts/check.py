"""What is wrong with a play: for tests, and for whoever writes a script."""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np

from simulator.lots.lot import Lot
from simulator.people.cast import place
from simulator.people.gait import walk_duration_s
from simulator.play import Drive, Play, Role
from simulator.scripts.bodies import driven_into, drives_around, drives_by_vehicle, walked_into
from simulator.scripts.sites import sites_of
from simulator.vehicles.driving import drive_duration_s

REUSE_S = 600.0
_TIME_S = 1e-3
_PLACE_M = 0.06


def faults(play: Play, lot: Lot) -> list[str]:
    """Everything that cannot be, one sentence each; none where the play is sound."""
    return [
        *_numbers(play),
        *(fault for role in play.roles for fault in _acts(role)),
        *_times(play),
        *_known(play, lot),
        *_drives(play, lot),
        *_incidents(play),
        *clashes(play, lot),
    ]


def clashes(play: Play, lot: Lot) -> Iterator[str]:
    """Who walks through what, and what is driven through what."""
    drives = drives_by_vehicle(play)
    numbers = {vehicle.number for vehicle in lot.vehicles}
    if not drives.keys() <= numbers:
        return
    for role in play.roles:
        for clash in walked_into(lot, role, drives_around(drives, role.start_s, role.end_s)):
            yield f"{clash.who} walks through {clash.what} at {clash.t_s:.1f} s"
    for drive in play.drives:
        for clash in driven_into(lot, drive, drives_around(drives, drive.start_s, _end_s(drive))):
            yield f"vehicle {clash.who} drives into {clash.what} at {clash.t_s:.1f} s"


def _numbers(play: Play) -> Iterator[str]:
    for role in play.roles:
        low, high = (101, 199) if role.species is None else (300, 399)
        if not low <= role.number <= high:
            yield f"role {role.number} is not within {low}-{high}"
    last: dict[int, float] = {}
    for role in sorted(play.roles, key=lambda role: role.start_s):
        if role.start_s < last.get(role.number, -np.inf) + REUSE_S:
            yield f"number {role.number} is used again too soon"
        last[role.number] = role.end_s
    if len({role.seed for role in play.roles}) < len(play.roles):
        yield "two roles share a seed"
    for things, low, high in ((play.blazes, 200, 209), (play.drifters, 400, 10_000)):
        numbers = [thing.number for thing in things]
        if len(set(numbers)) < len(numbers) or not all(low <= number <= high for number in numbers):
            yield f"numbers {numbers} are not unique within {low}-{high}"


def _acts(role: Role) -> Iterator[str]:
    who = role.number
    if not role.acts:
        yield f"{who} does nothing"
        return
    for act in role.acts:
        if not act.end_s > act.start_s:
            yield f"{who}: {act.activity} takes no time at {act.start_s:.1f} s"
        if act.path_m is not None:
            needs = walk_duration_s(act.path_m, act.speed_m_s)
            if abs(act.end_s - act.start_s - needs) > _TIME_S:
                yield f"{who}: a walk of {needs:.2f} s takes {act.end_s - act.start_s:.2f} s"
    seams = np.array([(one.end_s - 1e-6, after.start_s + 1e-6) for one, after in pairwise(role.acts)]).reshape(-1, 2)
    ends = place(role, seams.ravel()).reshape(-1, 2, 2)
    for (one, after), (left, came) in zip(pairwise(role.acts), ends, strict=True):
        if abs(after.start_s - one.end_s) > _TIME_S:
            yield f"{who}: a gap of {after.start_s - one.end_s:.2f} s at {one.end_s:.1f} s"
        if not float(np.linalg.norm(came - left)) < _PLACE_M:
            yield f"{who}: a leap at {one.end_s:.1f} s"


def _times(play: Play) -> Iterator[str]:
    spans = [(f"role {role.number}", role.start_s, role.end_s) for role in play.roles]
    spans += [(f"lamp of {use.vehicle}", use.start_s, use.end_s) for use in play.lamps]
    spans += [("steam", puff.start_s, puff.end_s) for puff in play.puffs]
    spans += [(f"drifter {thing.number}", thing.start_s, thing.end_s) for thing in play.drifters]
    spans += [(f"drive of {drive.vehicle}", drive.start_s, _end_s(drive)) for drive in play.drives]
    spans += [(f"fire {blaze.number}", blaze.start_s, blaze.start_s + 1.0) for blaze in play.blazes]
    spans += [(f"{event.harm}", event.start_s, event.start_s + event.lasts_s) for event in play.camera]
    spans += [(f"{incident.kind}", incident.began_s, incident.end_s) for incident in play.incidents]
    for name, start, end in spans:
        if not 0.0 <= start < end:
            yield f"{name} from {start:.1f} to {end:.1f} s"
        if end > play.duration_s + _TIME_S:
            yield f"{name} until {end:.1f} s, but the play ends at {play.duration_s:.1f} s"


def _known(play: Play, lot: Lot) -> Iterator[str]:
    vehicles = {vehicle.number for vehicle in lot.vehicles}
    users = {drive.vehicle for drive in play.drives} | {use.vehicle for use in play.lamps}
    bodies = vehicles | {role.number for role in play.roles} | {blaze.number for blaze in play.blazes}
    yield from (f"there is no vehicle {number}" for number in sorted(users - vehicles))
    for incident in play.incidents:
        yield from (f"{incident.kind}: there is no {number}" for number in incident.objects if number not in bodies)


def _drives(play: Play, lot: Lot) -> Iterator[str]:
    for number, drives in drives_by_vehicle(play).items():
        for one, after in pairwise(drives):
            if after.start_s < _end_s(one) - _TIME_S:
                yield f"vehicle {number} has two drives at {after.start_s:.1f} s"
            ends = np.stack([one.path_m[-1], after.path_m[0]])
            leaps = float(np.linalg.norm(ends[1] - ends[0])) > 0.5
            if leaps and sites_of(lot).touches_picture(ends).any():
                yield f"vehicle {number} leaps at {after.start_s:.1f} s"


def _incidents(play: Play) -> Iterator[str]:
    for incident in play.incidents:
        if not incident.began_s <= incident.start_s <= incident.end_s:
            known = f"known at {incident.start_s:.1f} s"
            yield f"{incident.kind} began at {incident.began_s:.1f}, {known}, over at {incident.end_s:.1f} s"
        if not incident.reason:
            yield f"{incident.kind} has no reason"


def _end_s(drive: Drive) -> float:
    return drive.start_s + drive_duration_s(drive)
