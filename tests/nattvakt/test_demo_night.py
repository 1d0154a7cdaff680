"""The demo's night through the real detector and the real rules, as fast as it goes: what it shows must come."""

import pytest

from firmware.config import CameraConfig
from firmware.core.looker import Network
from firmware.core.privacy import Masks
from firmware.messages import AlarmKind, Phase, Size
from firmware.pipeline import Pipeline
from firmware.replay import replay
from nattvakt.assemble import load_detector
from simulator.camera import SceneCamera

# ACCEPTANCE.md, section 1: an alarm counts from 2 s before to 10 s after the labelled start.
EARLY_S, LATE_S = 2.0, 10.0


def night(scenario: str, seed: int) -> tuple[SceneCamera, list[tuple[AlarmKind, float]]]:
    config = CameraConfig(driver="scene", source=scenario, seed=seed, width_px=896, height_px=504, rate_hz=10)
    detector = load_detector()
    camera = SceneCamera(config, Masks(), luma=detector.input_size)

    def build(size: Size) -> Pipeline:
        return Pipeline.build(camera.scene.site(), size, Network(detector, detector.decoder()), "night")

    told = [
        (alarm.kind, alarm.t_s)
        for seen in replay(camera, build)
        for alarm in seen.step.alarms
        if alarm.phase is not Phase.END
    ]
    return camera, told


def test_the_prowler_of_the_demo_is_told_of_in_time() -> None:
    camera, told = night("demo", 3)
    (incident,) = camera.scene.incidents
    in_time = [kind for kind, t_s in told if -EARLY_S <= t_s - incident.start_s <= LATE_S]
    assert AlarmKind.PROWLING in in_time, told


@pytest.mark.slow
@pytest.mark.parametrize("scenario", ["quiet", "walk-through", "get-in"])
def test_honest_people_raise_no_alarm(scenario: str) -> None:
    _, told = night(scenario, 7)
    assert told == []
