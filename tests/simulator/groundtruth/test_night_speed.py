"""A night of boxes in seconds."""

import time

import numpy as np
import pytest

from firmware.messages import Size
from simulator.conditions import CONDITIONS
from simulator.groundtruth import recorded
from simulator.groundtruth.noise import detections
from simulator.groundtruth.witness import Witness
from simulator.lots.build import random_lot
from simulator.optics import View
from simulator.scripts.library import SCENARIOS
from simulator.scripts.night import timetable

LOOKS_HZ, HOURS, LONGEST_S = 5.0, 10.0, 20.0


@pytest.mark.slow
def test_a_night_of_tracks_takes_less_than_twenty_seconds() -> None:
    """Ten hours at five looks a second: the truth and the detections (written out, they take a few seconds more)."""
    lot = random_lot(5)
    play = timetable(lot, 5, HOURS, SCENARIOS)
    view = View(lot.pose, Size(1280, 720), lot.lens_bend)
    times_s = np.arange(int(HOURS * 3600 * LOOKS_HZ)) / LOOKS_HZ
    began_s = time.process_time()
    table = Witness(lot, play, view, CONDITIONS["clear"]).along(times_s)
    found = detections(table, CONDITIONS["clear"], 5)
    took_s = time.process_time() - began_s
    assert len(np.unique(table.track)) > 10
    assert sum(1 for _ in recorded.lines(found)) == len(times_s) + 1
    assert took_s < LONGEST_S
