"""Write the detections of the stories' nights anew: `python -m tests.nights.compose [NAME ...]`, then accept."""

import sys

from firmware.config import GroundPoint
from tests.nights.night import HERE, write_looks
from tests.nights.stories import STORIES
from tests.nights.world import calibration, record

SEED = 1

LOOKS_HZ = {"four-people": 3, "unloading": 3, "loitering": 3, "headlights": 10}
"""Looks a second; 4 for all others."""

UNCALIBRATED = {"tampering", "arson"}
"""Told in pixels: without a calibration."""

ZONED = {"prowling", "loitering", "four-people"}
"""Told with a zone over the lane and the row, and none beyond."""


def main(names: list[str]) -> None:
    """Write `detections.jsonl` and `site.toml` of these stories, or of all."""
    for name in names or STORIES:
        write_looks(HERE / name, record(STORIES[name](), LOOKS_HZ.get(name, 4), SEED))
        points = () if name in UNCALIBRATED else calibration()
        (HERE / name / "site.toml").write_text(site_file(points, name in ZONED))
        sys.stdout.write(f"{name}\n")


def site_file(points: tuple[GroundPoint, ...], zoned: bool) -> str:
    """A `site.toml`."""
    lines = ['site = "nights"']
    if zoned:
        lines += ["", "[[zones]]", 'name = "row"', "polygon = [[0.0, 0.3], [1.0, 0.3], [1.0, 1.0], [0.0, 1.0]]"]
    for point in points:
        x, y = point.image
        lines += ["", "[[calibration]]", f"image = [{x:.4f}, {y:.4f}]", f"ground-m = {list(point.ground_m)}"]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main(sys.argv[1:])
