"""kill -9 of node or link at any point: the alarm still arrives, once. Real processes, real broker, real disk."""

import queue
import random
import signal
import sqlite3
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from alarmcentre.events import AlarmSeen
from firmware.config import CameraConfig, ClipConfig, SiteConfig
from firmware.drivers.film_av import FilmWriter
from nattvakt.audience import Heard, audience
from nattvakt.stand import Stand

EVERY_S = 0.7  # between the drill's alarms
WAIT_S = 60.0


@pytest.fixture
def stand(tmp_path: Path) -> Iterator[Stand]:
    film = tmp_path / "film.mp4"
    writer = FilmWriter(film, 10)
    for number in range(30):
        writer.add(Image.fromarray(np.full((120, 160, 3), 60 + number, np.uint8)), number / 10)
    writer.close()
    camera = CameraConfig(driver="file", source=str(film), width_px=160, height_px=120, loop=True)
    with Stand(tmp_path / "stand", SiteConfig(site="lot"), camera, ClipConfig(preroll_s=1, postroll_s=1)) as ready:
        yield ready


def start(stand: Stand, name: str) -> None:
    words = ("bench", "drill-node", "--every-s", str(EVERY_S)) if name == "node" else ("link",)
    stand.start(name, *words)


def kill(stand: Stand, name: str) -> None:
    process = stand.processes.pop(name)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL


def hear(heard: "queue.Queue[Heard]", seen: Counter[tuple[str, int]], more: int) -> None:
    """Until `more` further phases of alarms have come."""
    until_s = time.monotonic() + WAIT_S
    wanted = sum(seen.values()) + more
    while sum(seen.values()) < wanted:
        event = heard.get(timeout=max(0.0, until_s - time.monotonic())).event
        if isinstance(event, AlarmSeen):
            seen[event.alarm.id, event.alarm.seq] += 1


def raised(stand: Stand) -> set[str]:
    """All alarms that ever reached the node's disk."""
    with sqlite3.connect(Path(stand.config.state_dir) / "outbox.sqlite") as outbox:
        return {alarm for (alarm,) in outbox.execute("SELECT id FROM lives")}


def test_every_alarm_that_reached_the_disk_arrives_once(stand: Stand, tmp_path: Path) -> None:
    dice = random.Random(3)
    seen: Counter[tuple[str, int]] = Counter()
    with audience(stand, tmp_path / "centre") as heard:
        start(stand, "link")
        start(stand, "node")
        for victim in ("link", "node", "link", "node"):
            hear(heard, seen, dice.randint(1, 3))
            kill(stand, victim)
            start(stand, victim)
        hear(heard, seen, 2)
        kill(stand, "node")  # no further alarms; what it had committed must still come
        until_s = time.monotonic() + WAIT_S
        while raised(stand) - {alarm for alarm, _ in seen} and time.monotonic() < until_s:
            hear(heard, seen, 1)
    assert raised(stand) - {alarm for alarm, _ in seen} == set()
    assert {phase: count for phase, count in seen.items() if count != 1} == {}
