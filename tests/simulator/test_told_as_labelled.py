"""With perfect eyes the node's own rules tell what the labels say: stories and rules agree."""

import numpy as np
import pytest

from firmware.core.behaviour import Behaviour
from firmware.core.ground import Ground
from firmware.core.tracker import Tracker
from firmware.messages import AlarmEvent, Detection, Phase, Size
from simulator.world import Scene, build_scene

SIZE = Size(896, 504)
RATE_HZ = 4.0


def told(scene: Scene) -> list[AlarmEvent]:
    ground = Ground(scene.site().calibration, SIZE)
    tracker, behaviour = Tracker(ground), Behaviour(scene.site(), SIZE, "watch", ground)
    alarms: list[AlarmEvent] = []
    for t_s in np.arange(0.0, scene.duration_s, 1 / RATE_HZ).tolist():
        seen = tuple(Detection(o.kind, 0.9, o.box) for o in scene.truth(t_s) if o.visible_ratio > 0.3)
        alarms += behaviour.update(tracker.update(seen, t_s), seen, t_s)
    return [alarm for alarm in alarms if alarm.phase is Phase.NEW]


@pytest.mark.parametrize(
    ("name", "seed"), [("walk-through", 2), ("get-in", 2), ("demo", 7), ("prowling", 2), ("tampering", 2), ("fire", 2)]
)
def test_alarms_come_when_the_labels_say(name: str, seed: int) -> None:
    scene = build_scene(name, seed, SIZE)
    alarms = told(scene)
    assert [alarm.kind for alarm in alarms] == [incident.kind for incident in scene.incidents]
    for alarm, incident in zip(alarms, scene.incidents, strict=True):
        assert incident.start_s - 2.0 <= alarm.t_s <= incident.start_s + 10.0
