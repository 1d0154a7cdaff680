"""Development library: what is done to the camera."""

import numpy as np

from simulator.optics import F64
from simulator.play import Activity, CameraEvent, CameraHarm, IncidentKind
from simulator.scripts import seconds
from simulator.scripts.draft import Draft
from simulator.scripts.scenario import Scenario


def _covered(draft: Draft) -> None:
    _at_the_pole(
        draft, Activity.CLIMB, CameraEvent(CameraHarm.COVERED, 0.0, draft.between(0.6, 2.0)), "a cloth over it"
    )


def _sprayed(draft: Draft) -> None:
    event = CameraEvent(CameraHarm.SPRAYED, 0.0, draft.between(1.5, 4.0), draft.between(0.8, 1.0))
    _at_the_pole(draft, Activity.SPRAY, event, "paint on the lens")


def _turned(draft: Draft) -> None:
    angle = np.deg2rad(draft.between(15.0, 40.0)) * (1 if draft.chance(0.5) else -1)
    _at_the_pole(
        draft, Activity.CLIMB, CameraEvent(CameraHarm.TURNED, 0.0, draft.between(1.0, 3.0), angle), "turned away"
    )


def _defocused(draft: Draft) -> None:
    event = CameraEvent(CameraHarm.DEFOCUSED, 0.0, draft.between(1.0, 3.0), draft.between(0.7, 1.0))
    _at_the_pole(draft, Activity.CLIMB, event, "out of focus")


def _blinded(draft: Draft) -> None:
    """A strong lamp from the lane into the lens."""
    trip = draft.enter(draft.between(1.0, 3.0), draft.between(1.0, 1.4), draft.in_lane())
    trip.stay(draft.between(1.0, 3.0))
    event = CameraEvent(CameraHarm.BLINDED, trip.now_s + 0.5, 0.5, draft.between(0.8, 1.0))
    lasts = draft.between(25.0, 35.0)
    trip.stay(lasts, Activity.SHINE_TORCH, np.array(draft.lot.pose.foot_m))
    draft.leave(trip)
    _harmed(draft, event, lasts, "a lamp shines into the lens", trip.number)


def _infrared(draft: Draft) -> None:
    """The lamp dies by itself or is cut; nobody is there."""
    event = CameraEvent(CameraHarm.INFRARED_DEAD, draft.between(8.0, 15.0), 0.2)
    _harmed(draft, event, 40.0, "the infrared lamp is dead")


def _at_the_pole(draft: Draft, activity: Activity, event: CameraEvent, what: str) -> None:
    """Somebody comes to the pole's foot, below the picture, and does it."""
    foot = np.array(draft.lot.pose.foot_m)
    trip = draft.enter(draft.between(1.0, 3.0), draft.between(1.1, 1.5), _before_pole(draft, foot))
    trip.stay(draft.between(2.0, 5.0), activity, foot)
    done = CameraEvent(event.harm, trip.now_s, event.lasts_s, event.amount)
    trip.stay(event.lasts_s + draft.between(1.0, 3.0), activity, foot)
    draft.leave(trip)
    _harmed(draft, done, 40.0, what, trip.number)


def _before_pole(draft: Draft, foot: F64) -> F64:
    azimuth = draft.lot.pose.azimuth_rad
    for off_m in (0.6, 0.8, 1.2, -0.7):
        place = foot + off_m * np.array([np.sin(azimuth), np.cos(azimuth)])
        if draft.sites.ways.clearance_m(place) > 0.35:
            return place
    return np.asarray(foot + np.array([0.6, 0.0]))


def _harmed(draft: Draft, event: CameraEvent, lasts_s: float, reason: str, *who: int) -> None:
    draft.camera.append(event)
    end = event.start_s + lasts_s
    draft.incident(
        IncidentKind.CAMERA_TAMPER, event.start_s, event.start_s + event.lasts_s + seconds.CAMERA_S, end, reason, *who
    )


_KIND = IncidentKind.CAMERA_TAMPER
SCENARIOS = (
    Scenario("camera-covered", "somebody puts a cloth over the camera", _covered, _KIND),
    Scenario("camera-sprayed", "somebody sprays the lens", _sprayed, _KIND),
    Scenario("camera-blinded", "somebody shines a strong lamp into the lens", _blinded, _KIND),
    Scenario("camera-turned", "somebody turns the camera by 15 to 40 degrees", _turned, _KIND),
    Scenario("camera-defocused", "somebody turns the lens out of focus", _defocused, _KIND),
    Scenario("camera-infrared", "the infrared lamp dies", _infrared, _KIND),
)
