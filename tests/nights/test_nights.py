"""Recorded detections in, alarms out, compared exactly. A change of the expected alarms goes through
`make nights-accept`, and its diff is read."""

import json

import pytest

from firmware.messages import AlarmKind
from tests.nights.night import Night, nights

HONEST = {"walk-through", "drive-off", "unloading", "headlights", "lamps"}
"""Nights in which nobody does any harm."""

KINDS = {
    "prowling": [AlarmKind.PROWLING],
    "prowling-behind": [AlarmKind.PROWLING],
    "tampering": [AlarmKind.TAMPERING],
    "loitering": [AlarmKind.LOITERING],
    "fire": [AlarmKind.FIRE],
    "smouldering": [AlarmKind.FIRE],
    "arson": [AlarmKind.TAMPERING, AlarmKind.FIRE],
    "four-people": [AlarmKind.TAMPERING],
}
"""What each night must tell, in this order, all under one id; whatever else is accepted."""


@pytest.mark.parametrize("night", nights(), ids=lambda night: night.name)
def test_the_night_gives_the_alarms_it_gave(night: Night) -> None:
    found = night.found()
    assert found == night.expected(), "the rules tell another story now: look, then `make nights-accept`"
    # Whatever anybody accepts: honest people stay honest, and one incident is one id.
    told = [json.loads(line) for line in found]
    assert list(dict.fromkeys(alarm["kind"] for alarm in told)) == KINDS.get(night.name, [])
    assert {alarm["id"] for alarm in told} <= {"night-1"}


def test_every_kind_and_every_honest_deed_has_a_night() -> None:
    names = {night.name for night in nights()}
    assert names == HONEST | KINDS.keys()
    assert {kind for kinds in KINDS.values() for kind in kinds} == set(AlarmKind)
