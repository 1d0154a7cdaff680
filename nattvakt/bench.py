"""`nattvakt bench latency`: how long an alarm, its still and its clip take from a frame to a subscriber.

Everything is real (scene, encoder, detector, outbox, both processes, broker with mutual TLS, alarm centre); only the
reason for the alarms is made up: a drill raises one every few seconds. All clocks are this machine's.
"""

import argparse
import dataclasses
import queue
import statistics
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from tqdm import tqdm

from alarmcentre.events import AlarmSeen, ClipComplete, ClipProgress, StillSaved
from firmware.config import CameraConfig, ClipConfig
from firmware.config_file import load_node
from firmware.errors import NodeError
from firmware.messages import Size
from firmware.node import run
from firmware.pipeline import Pipeline
from nattvakt.assemble import build_node, new_watch_id, read_basis
from nattvakt.audience import Heard, audience
from nattvakt.drill import Drill
from nattvakt.service import log_to_journal, stop_on_signals
from nattvakt.stand import Stand
from simulator.camera import spec_of
from simulator.scene import build_scene

SIZE = Size(896, 504)
POSTROLL_S = 1.0
EVERY_S = 3.0  # an alarm's clip is over before the next alarm, so that each is measured alone
SPARE_S = 60.0


@dataclass(slots=True)
class Delays:
    """Seconds since the deciding frame, one entry an alarm."""

    alarm_s: dict[str, float] = field(default_factory=dict)
    still_s: dict[str, float] = field(default_factory=dict)
    first_chunk_s: dict[str, float] = field(default_factory=dict)
    clip_s: dict[str, float] = field(default_factory=dict)
    _began_s: dict[str, float] = field(default_factory=dict)

    def take(self, heard: Heard) -> None:
        """One event of the alarm centre."""
        event = heard.event
        if isinstance(event, AlarmSeen) and event.alarm.phase == "new":
            self.alarm_s[event.alarm.id] = event.delay_s
            self._began_s[event.alarm.id] = heard.t_s - event.delay_s
        elif isinstance(event, StillSaved | ClipProgress | ClipComplete) and event.alarm in self._began_s:
            since_s = heard.t_s - self._began_s[event.alarm]
            if isinstance(event, StillSaved):
                self.still_s[event.alarm] = since_s
            elif isinstance(event, ClipComplete):
                self.clip_s[event.alarm] = since_s
            elif event.playable_bytes:
                self.first_chunk_s.setdefault(event.alarm, since_s)

    def table(self) -> str:
        """Median, 99th percentile and maximum of each."""
        rows = (
            ("alarm at the subscriber", self.alarm_s),
            ("still", self.still_s),
            ("clip's first chunk (pre-roll)", self.first_chunk_s),
            (f"whole clip ({POSTROLL_S:.0f} s post-roll)", self.clip_s),
        )
        lines = [f"{'seconds since the deciding frame':<34} {'n':>4} {'median':>8} {'p99':>8} {'max':>8}"]
        for name, delays in rows:
            values = sorted(delays.values()) or [float("nan")]
            p99 = statistics.quantiles(values, n=100, method="inclusive")[98] if len(values) > 1 else values[0]
            figures = f"{statistics.median(values):8.3f} {p99:8.3f} {values[-1]:8.3f}"
            lines.append(f"{name:<34} {len(delays):>4} {figures}")
        return "\n".join(lines)


def main(argv: list[str]) -> int:
    """Measure; exit status 1 where an alarm or a clip did not come."""
    options = argparse.ArgumentParser(prog="nattvakt bench", description=__doc__)
    verbs = options.add_subparsers(dest="verb", required=True)
    latency = verbs.add_parser("latency", help="delays from a frame to a subscriber")
    latency.add_argument("--alarms", type=int, default=20, help="how many (default: %(default)s)")
    drill = verbs.add_parser("drill-node", help="a node with a drill in place of behaviour (used by latency)")
    drill.add_argument("--config", type=Path, required=True)
    drill.add_argument("--every-s", type=float, default=EVERY_S, help="between alarms (default: %(default)s)")
    args = options.parse_args(argv)
    return _drill_node(args.config, args.every_s) if args.verb == "drill-node" else _latency(args.alarms)


def _latency(alarms: int) -> int:
    camera = CameraConfig(driver="scene", source="demo", width_px=SIZE.width_px, height_px=SIZE.height_px, loop=True)
    site = build_scene(spec_of(camera)).site()
    delays = Delays()
    until_s = time.monotonic() + alarms * EVERY_S + SPARE_S
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="nattvakt-bench-")))
        stand = stack.enter_context(Stand(folder / "stand", site, camera, ClipConfig(postroll_s=POSTROLL_S)))
        heard = stack.enter_context(audience(stand, folder))
        stand.start("link")
        stand.start("node", "bench", "drill-node")
        bar = stack.enter_context(tqdm(total=alarms, unit=" clips", disable=not sys.stderr.isatty(), leave=False))
        while len(delays.clip_s) < alarms and time.monotonic() < until_s:
            stand.check()
            try:
                delays.take(heard.get(timeout=1.0))
            except queue.Empty:
                continue
            bar.update(len(delays.clip_s) - bar.n)
    print(delays.table())
    if len(delays.clip_s) < alarms:
        raise NodeError(f"only {len(delays.clip_s)} of {alarms} clips came in time")
    return 0


def _drill_node(config_path: Path, every_s: float) -> int:
    log_to_journal()
    config = load_node(config_path)
    stop = stop_on_signals()
    with ExitStack() as stack:
        parts = build_node(read_basis(config), stack)
        watch_id = new_watch_id(parts.clock.now_utc())

        def with_drill(size: Size) -> Pipeline:
            pipeline = parts.build_pipeline(size)
            return dataclasses.replace(pipeline, behaviour=Drill(pipeline.behaviour, watch_id, every_s))

        run(dataclasses.replace(parts, build_pipeline=with_drill), stop)
    return 0
