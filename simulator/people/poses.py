"""Every activity's posture program.

A program is given rows that already stand or walk (`posture.upright`, `poses_ways.walking` or `standing`) and changes
what its activity changes. It writes for right-handed people; `motion` mirrors the rows of the others.
"""

from collections.abc import Callable

from simulator.optics import F64
from simulator.people import poses_car, poses_deeds, poses_ways
from simulator.people.cue import Cue
from simulator.play import Activity

Program = Callable[[Cue, F64], None]


def _nothing(cue: Cue, rows: F64) -> None:
    """Walking, running and standing are what the rows begin with."""


PROGRAMS: dict[Activity, Program] = {
    Activity.WALK: poses_ways.looking_about,
    Activity.RUN: _nothing,
    Activity.STAND: _nothing,
    Activity.CROUCH: poses_car.crouching,
    Activity.TRY_HANDLE: poses_car.trying_handle,
    Activity.LOOK_IN: poses_car.looking_in,
    Activity.LOOK_IN_WITH_LAMP: poses_car.looking_in_with_lamp,
    Activity.PRY: poses_car.prying,
    Activity.SWING_BAR: poses_deeds.swinging_bar,
    Activity.KICK: poses_deeds.kicking,
    Activity.THROW: poses_deeds.throwing,
    Activity.LIE: poses_ways.lying,
    Activity.FIGHT: poses_ways.fighting,
    Activity.POUR: poses_deeds.pouring,
    Activity.LIGHT_FIRE: poses_car.lighting_fire,
    Activity.CARRY: poses_ways.carrying,
    Activity.SCRAPE_ICE: poses_car.scraping_ice,
    Activity.LOAD_BOOT: poses_car.loading_boot,
    Activity.PUSH_PRAM: poses_ways.pushing_pram,
    Activity.WALK_DOG: poses_ways.walking_dog,
    Activity.TELEPHONE: poses_ways.telephoning,
    Activity.SMOKE: poses_ways.smoking,
    Activity.GET_IN: poses_car.getting_in,
    Activity.SIT: poses_car.sitting,
    Activity.UNLOCK: poses_car.unlocking,
    Activity.CHANGE_WHEEL: poses_car.changing_wheel,
    Activity.UNDER_BONNET: poses_car.under_bonnet,
    Activity.SPRAY: poses_deeds.spraying,
    Activity.CLIMB: poses_deeds.climbing,
    Activity.POST_PAPER: poses_deeds.posting_paper,
    Activity.SHINE_TORCH: poses_ways.shining_torch,
}
