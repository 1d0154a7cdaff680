"""From a lot, a play and the weather to one moment: everything that moves and shines in it."""

from collections.abc import Iterator, Sequence

import numpy as np

from simulator.conditions import Condition
from simulator.lots.foliage import swaying
from simulator.lots.lot import Lot
from simulator.moment import Body, Light, Moment
from simulator.optics import View
from simulator.people import cast
from simulator.play import Activity, CameraHarm, Play, Role
from simulator.traffic import Traffic
from simulator.vehicles import lights as vehicle_lights
from simulator.vehicles import shapes
from simulator.vehicles.driving import pose_at
from simulator.vehicles.vehicle import Vehicle
from simulator.weather import drift, fire, lightning, wind

_HAZARD_HZ = 1.5
_STRIKING = (Activity.SWING_BAR, Activity.KICK, Activity.THROW, Activity.FIGHT, Activity.SCRAPE_ICE, Activity.CLIMB)
_NIGHT_SKY = 0.12  # a dark sky in near-infrared beside the irradiance of all of it (street light from the sides)
_DAY_SKY = 0.6
_BRIGHT_AMBIENT = 0.3


class Director:
    """Knows what of a play is to be seen at any time. Pure: the same time gives the same moment.

    `apart` are the numbers of the vehicles that the standing world leaves out: all of `movers(play)`, and perhaps more.
    """

    def __init__(self, lot: Lot, play: Play, condition: Condition, view: View, apart: frozenset[int]) -> None:
        self.lot = lot
        self.play = play
        self.condition = condition
        self._apart = tuple(sorted(apart))
        self._wind = wind.of(condition, view)
        self._traffic = Traffic(lot, condition, play.duration_s)

    def moment(self, t_s: float) -> Moment:
        """What moves and shines at a time."""
        return self.exposure((t_s,))[0]

    def exposure(self, times_s: Sequence[float]) -> list[Moment]:
        """The moments of one exposure, some tens of milliseconds apart; who hardly moves in that is posed once."""
        once = np.array([times_s[0]])
        bodies: list[list[Body]] = [[] for _ in times_s]
        for role in self.play.roles:
            solids = cast.figures(role, np.asarray(times_s) if is_swift(role, times_s[0]) else once)
            for place, moved in enumerate(bodies):
                solid = solids[min(place, len(solids) - 1)]
                moved += [] if solid is None else [Body(role.number, role.kind, solid)]
        others = [body for body in self._drifting(times_s[0]) if body is not None]
        others += swaying(self.lot, self.condition.wind_m_s, times_s[0])
        return [self._moment(t_s, [*people, *others]) for t_s, people in zip(times_s, bodies, strict=True)]

    def _moment(self, t_s: float, bodies: list[Body]) -> Moment:
        lights: list[Light] = list(self._traffic.lights(t_s))
        driven: list[Body] = []
        for number in self._apart:
            body, its_lights = self._vehicle(self.lot.vehicle(number), t_s)
            driven.append(body)
            lights += its_lights
        for role in self.play.roles:
            lights += cast.lights(role, t_s)
        for blaze in self.play.blazes:
            lights += fire.lights(blaze, t_s, self._wind)
        return self._under_the_sky(t_s, tuple(driven + bodies), tuple(lights))

    def _drifting(self, t_s: float) -> Iterator[Body | None]:
        return (drift.body(drifter, self._wind, t_s) for drifter in self.play.drifters)

    def _under_the_sky(self, t_s: float, bodies: tuple[Body, ...], lights: tuple[Light, ...]) -> Moment:
        condition = self.condition
        share = min(1.0, max(0.0, t_s / max(self.play.duration_s, 1e-6)))
        ambient = condition.ambient * (condition.ambient_end / condition.ambient) ** share
        ambient += lightning.flash(condition, self.lot.seed, t_s)
        sky = ambient * (_NIGHT_SKY + (_DAY_SKY - _NIGHT_SKY) * min(1.0, ambient / _BRIGHT_AMBIENT))
        return Moment(t_s, bodies, lights, self.infrared(t_s), ambient, sky, condition.lamps)

    def infrared(self, t_s: float) -> float:
        """How strong the lamp beside the lens is."""
        dead = any(event.harm is CameraHarm.INFRARED_DEAD and t_s >= event.start_s for event in self.play.camera)
        return 0.0 if dead else self.condition.infrared

    def _vehicle(self, vehicle: Vehicle, t_s: float) -> tuple[Body, tuple[Light, ...]]:
        track = pose_at(vehicle, self.play.drives, np.array([t_s]))
        place, heading_rad = track.place_m[0], float(track.heading_rad[0])
        lamps = self.lamps_on(vehicle.number, t_s)
        solid = shapes.lit(vehicle, lamps).on_ground(place, heading_rad)
        return Body(vehicle.number, vehicle.kind, solid), vehicle_lights.lights(vehicle, place, heading_rad, lamps)

    def lamps_on(self, number: int, t_s: float) -> frozenset[str]:
        """Which of a vehicle's lamps shine; hazard lamps flash."""
        used = {use.lamp for use in self.play.lamps if use.vehicle == number and use.start_s <= t_s < use.end_s}
        if "hazard" in used and (t_s * _HAZARD_HZ) % 1.0 >= 0.5:
            used.discard("hazard")
        return frozenset(used)


def movers(*plays: Play) -> frozenset[int]:
    """Vehicles that drive or use their lamps in plays; all others are part of the standing world."""
    drive = {drive.vehicle for play in plays for drive in play.drives}
    return frozenset(drive | {use.vehicle for play in plays for use in play.lamps})


def is_swift(role: Role, t_s: float) -> bool:
    """Whether somebody moves so fast that a slow shutter smears them: on the way, or striking."""
    act = next((act for act in role.acts if act.start_s <= t_s < act.end_s), None)
    return act is not None and (act.path_m is not None or act.activity in _STRIKING)
