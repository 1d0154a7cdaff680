"""A recorded night: a folder with what the detector said, the site, and the alarms that must come of it.

`detections.jsonl` is what `nattvakt replay --detections` writes, one look a line, and may begin with a line
`{"size": [width, height]}` (else 1280 x 720); `detections` is null where the motion gate let the detector rest.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from firmware.config import SiteConfig
from firmware.config_file import load_site
from firmware.core.behaviour import Behaviour
from firmware.core.ground import Ground
from firmware.core.tracker import Tracker
from firmware.messages import AlarmEvent, Box, Detection, ObjectKind, Size
from tests.nights.world import SIZE, Look

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Night:
    """Where a night is kept."""

    folder: Path

    @property
    def name(self) -> str:
        return self.folder.name

    def site(self) -> SiteConfig:
        return load_site(self.folder / "site.toml")

    def looks(self) -> tuple[Size, list[Look]]:
        size, looks = SIZE, []
        for line in (self.folder / "detections.jsonl").read_text().splitlines():
            entry = json.loads(line)
            if "size" in entry:
                size = Size(*entry["size"])
            else:
                looks.append(_look(entry))
        return size, looks

    def expected(self) -> list[str]:
        file = self.folder / "expected.jsonl"
        return file.read_text().splitlines() if file.exists() else []

    def found(self) -> list[str]:
        """The alarms of today's rules, a line each."""
        size, looks = self.looks()
        return [as_line(alarm) for alarm in watch(looks, self.site(), size)]

    def accept(self) -> None:
        """Take today's alarms as those that must come."""
        (self.folder / "expected.jsonl").write_text("".join(f"{line}\n" for line in self.found()))


def nights() -> list[Night]:
    """All recorded nights, by name."""
    return [Night(folder.parent) for folder in sorted(HERE.glob("*/detections.jsonl"))]


def watch(looks: Iterable[Look], site: SiteConfig, size: Size = SIZE) -> list[AlarmEvent]:
    """Looks in, alarms out."""
    ground = Ground(site.calibration, size)
    tracker, behaviour = Tracker(ground), Behaviour(site, size, "night", ground)
    alarms: list[AlarmEvent] = []
    for look in looks:
        alarms += behaviour.update(tracker.update(look.detections, look.t_s), look.detections, look.t_s)
    return alarms


def as_line(alarm: AlarmEvent) -> str:
    """An alarm as it stands in `expected.jsonl`."""
    return json.dumps(
        {
            "t_s": round(alarm.t_s, 2), "id": alarm.id, "seq": alarm.seq, "phase": alarm.phase, "kind": alarm.kind,
            "severity": alarm.severity, "began_s": round(alarm.began_s, 2), "zone": alarm.zone,
            "reason": alarm.reason, "objects": [f"{thing.kind} {thing.track}" for thing in alarm.objects],
        }
    )  # fmt: skip


def write_looks(folder: Path, looks: Iterable[Look]) -> None:
    """Keep looks as `detections.jsonl`."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = []
    for number, look in enumerate(looks):
        found = None if look.detections is None else [_entry(d) for d in look.detections]
        lines.append(json.dumps({"t_s": look.t_s, "frame": number, "detections": found}, separators=(",", ":")))
    (folder / "detections.jsonl").write_text("\n".join(lines) + "\n")


def _entry(found: Detection) -> dict[str, object]:
    box = found.box
    return {"class": found.kind, "score": found.score, "box": [box.x_px, box.y_px, box.w_px, box.h_px]}


def _look(entry: dict[str, list[dict[str, object]] | float | None]) -> Look:
    found = entry["detections"]
    detections = None if found is None else tuple(
        Detection(ObjectKind(d["class"]), d["score"], Box(*d["box"])) for d in found
    )  # fmt: skip
    return Look(entry["t_s"], detections)
