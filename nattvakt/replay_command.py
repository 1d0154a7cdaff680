"""`nattvakt replay`: the node's pipeline over any film or folder of pictures."""

import argparse
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import IO

import msgspec
from tqdm import tqdm

from firmware.config import SiteConfig
from firmware.config_file import load_site
from firmware.core.looker import Network
from firmware.core.privacy import Masks
from firmware.core.written import WrittenDetection, written
from firmware.drivers.camera_file import FileCamera, FilmOptions
from firmware.errors import NodeError
from firmware.messages import SEEN_SCORE, AlarmEvent, StepResult
from firmware.pipeline import Pipeline
from firmware.replay import Replayed, replay
from nattvakt.annotate import Annotator, alarm_line
from nattvakt.assemble import load_detector

LOOKS_HZ = 10.0  # the rate of a node's camera


class AlarmLine(msgspec.Struct, frozen=True):
    """One phase of one alarm, as `--json` prints it."""

    kind: str
    phase: str
    id: str
    t_s: float
    severity: str
    reason: str
    objects: tuple[str, ...]


class FrameLine(msgspec.Struct, frozen=True):
    """One frame that the detector looked at, as `--detections` writes it."""

    t_s: float
    frame: int
    detections: tuple[WrittenDetection, ...]


def parser() -> argparse.ArgumentParser:
    """The command's options."""
    options = argparse.ArgumentParser(prog="nattvakt replay", description=__doc__)
    options.add_argument("--source", type=Path, required=True, help="a film that PyAV opens, or a folder of pictures")
    options.add_argument("--site", type=Path, help="site.toml; without it the whole picture is one zone, uncalibrated")
    options.add_argument("--model", type=Path, help="model bundle; default: the one that came with this release")
    options.add_argument("--json", action="store_true", help="one JSON line per alarm change on standard output")
    lines = "one line per frame looked at; from score 0.5 on a thing counts as seen"
    options.add_argument("--detections", type=Path, metavar="OUT.jsonl", help=lines)
    options.add_argument("--annotate", type=Path, metavar="OUT.mp4", help="a film with boxes, tracks, zones, alarms")
    return options


class Tally:
    """What the footage held, for the closing line."""

    def __init__(self) -> None:
        self.frames = self.looks = self.alarms = 0
        self.found: dict[str, int] = {}
        self.until_s = 0.0

    def add(self, step: StepResult, t_s: float) -> None:
        """Count one frame."""
        self.frames += 1
        self.until_s = t_s
        self.alarms += sum(alarm.phase == "new" for alarm in step.alarms)
        if step.detections is None:
            return
        self.looks += 1
        for kind in {one.kind for one in step.detections if one.score >= SEEN_SCORE}:
            self.found[kind] = self.found.get(kind, 0) + 1

    def __str__(self) -> str:
        found = ", ".join(f"{kind} in {count}" for kind, count in sorted(self.found.items())) or "nothing found"
        return f"{self.until_s:.1f} s, {self.frames} frames, {self.looks} looks ({found}), {self.alarms} alarms"


def main(argv: list[str]) -> int:
    """Replay one source; exit status 0, or 1 with a message where the source breaks off."""
    args = parser().parse_args(argv)
    site = load_site(args.site) if args.site else SiteConfig()
    detector = load_detector(args.model)
    network = Network(detector, detector.decoder())
    camera = FileCamera(args.source, Masks(site.masks), FilmOptions(rate_hz=LOOKS_HZ, luma=detector.input_size))
    tally = Tally()
    with ExitStack() as stack:
        stack.callback(camera.close)
        lines = stack.enter_context(_writable(args.detections)) if args.detections else None
        film = Annotator(args.annotate, site, LOOKS_HZ) if args.annotate else None
        if film:
            stack.callback(film.close)
        bar = stack.enter_context(tqdm(unit=" frames", disable=not sys.stderr.isatty(), leave=False))
        for seen in replay(camera, lambda size: Pipeline.build(site, size, network, "replay")):
            bar.update()
            tally.add(seen.step, seen.frame.t_s)
            for alarm in seen.step.alarms:
                bar.write(_said(alarm, args.json), file=sys.stdout)
            if lines and seen.step.detections is not None:
                lines.write(_frame_line(seen))
            if film:
                film.add(seen.frame, seen.step)
    print(f"{args.source}: {tally}", file=sys.stderr)
    return 0


def _said(alarm: AlarmEvent, as_json: bool) -> str:
    if not as_json:
        return f"{alarm.t_s:8.1f} s  {alarm.id:<12} {alarm_line(alarm)}"
    objects = tuple(f"{thing.kind}#{thing.track}" for thing in alarm.objects)
    t_s = round(alarm.t_s, 3)
    line = AlarmLine(alarm.kind, alarm.phase, alarm.id, t_s, alarm.severity, alarm.reason, objects)
    return msgspec.json.encode(line).decode()


def _frame_line(seen: Replayed) -> bytes:
    detections = tuple(written(detection, decimals=1) for detection in seen.step.detections or ())
    return msgspec.json.encode(FrameLine(round(seen.frame.t_s, 3), seen.frame.number, detections)) + b"\n"


def _writable(path: Path) -> IO[bytes]:
    try:
        return path.open("wb")
    except OSError as error:
        raise NodeError(f"{path}: cannot write the detections: {error.strerror}") from error
