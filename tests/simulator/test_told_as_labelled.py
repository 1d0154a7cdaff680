"""With perfect eyes the node's own rules tell what the labels say: scripts and rules agree on kinds and times."""

import numpy as np
import pytest

from firmware.core.behaviour import Behaviour
from firmware.core.ground import Ground
from firmware.core.tracker import Tracker
from firmware.messages import AlarmEvent, Box, Detection, ObjectKind, Phase
from simulator.groundtruth.records import KINDS
from simulator.scene import DEFAULT_SIZE, Fidelity, Scene, SceneSpec, build_scene

RATE_HZ = 5.0
EARLY_S, LATE_S = 2.0, 10.0
KNOWN = {kind.value: kind for kind in ObjectKind}


def looks(scene: Scene, times_s: np.ndarray[tuple[int], np.dtype[np.float64]]) -> list[tuple[Detection, ...]]:
    """What a detector without fault would find at each time."""
    table = scene.witness.along(times_s)
    found: list[list[Detection]] = [[] for _ in times_s]
    for frame, code, box, share in zip(table.frame, table.kind, table.box, table.visible_ratio, strict=True):
        kind = KNOWN.get(KINDS[code].value)
        if kind is not None and share > 0.3:
            found[frame].append(Detection(kind, 0.9, Box(*(float(side) for side in box))))
    return [tuple(one) for one in found]


def told(scene: Scene) -> list[AlarmEvent]:
    ground = Ground(scene.site().calibration, DEFAULT_SIZE)
    tracker, behaviour = Tracker(ground), Behaviour(scene.site(), DEFAULT_SIZE, "watch", ground)
    times_s = np.arange(0.0, scene.duration_s, 1 / RATE_HZ)
    alarms: list[AlarmEvent] = []
    for t_s, seen in zip(times_s.tolist(), looks(scene, times_s), strict=True):
        alarms += behaviour.update(tracker.update(seen, t_s), seen, t_s)
    return [alarm for alarm in alarms if alarm.phase is Phase.NEW]


def scene_of(name: str) -> Scene:
    return build_scene(SceneSpec(name, seed=2, fidelity=Fidelity.TRACKS))


@pytest.mark.parametrize(
    "name", ["demo", "prowling", "prowling-lamp", "tampering", "tampering-wheel", "loitering", "fire"]
)
def test_alarms_come_when_the_labels_say(name: str) -> None:
    scene = scene_of(name)
    alarms = told(scene)
    assert [alarm.kind.value for alarm in alarms] == [incident.kind.value for incident in scene.incidents]
    for alarm, incident in zip(alarms, scene.incidents, strict=True):
        assert incident.start_s - EARLY_S <= alarm.t_s <= incident.start_s + LATE_S


@pytest.mark.parametrize(
    "name", ["quiet", "walk-through", "get-in", "park", "dog", "papers", "guard", "passing", "fox"]
)
def test_honest_people_and_animals_raise_no_alarm(name: str) -> None:
    assert told(scene_of(name)) == []
