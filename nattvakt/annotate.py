"""A film of what the node saw and thought: boxes, tracks, zones and alarms drawn into the picture."""

from pathlib import Path

from PIL import Image, ImageDraw

from firmware.config import SiteConfig
from firmware.drivers.film_av import FilmWriter
from firmware.messages import SEEN_SCORE, AlarmEvent, Box, Detection, Frame, ObjectKind, Phase, StepResult, Track

COLOURS = {
    ObjectKind.PERSON: (80, 255, 80),
    ObjectKind.VEHICLE: (90, 160, 255),
    ObjectKind.TWO_WHEELER: (255, 90, 255),
    ObjectKind.FIRE: (255, 70, 50),
    ObjectKind.SMOKE: (255, 220, 60),
    ObjectKind.ANIMAL: (150, 255, 255),
}
ALARM_COLOUR = (255, 160, 0)
ALARM_SHOWN_S = 6.0  # long enough to be read


class Annotator:
    """Writes one annotated film. `close` finishes the file."""

    def __init__(self, path: Path, site: SiteConfig, rate_hz: float) -> None:
        self._film = FilmWriter(path, rate_hz)
        self._site = site
        self._said: tuple[tuple[float, str], ...] = ()

    def add(self, frame: Frame, step: StepResult) -> None:
        """Draw one frame."""
        picture = Image.fromarray(frame.picture).convert("RGB")
        draw = ImageDraw.Draw(picture)
        _draw_zones(draw, self._site, picture.size)
        for track in step.tracks:
            _draw_track(draw, track)
        for detection in step.detections or ():
            _draw_detection(draw, detection)
        self._remember(step.alarms, frame.t_s)
        draw.text((6, 4), f"{frame.t_s:7.1f} s", fill=(255, 255, 255))
        for row, (_, text) in enumerate(self._said):
            draw.text((6, 18 + 13 * row), text, fill=ALARM_COLOUR)
        self._film.add(picture, frame.t_s)

    def close(self) -> None:
        """Finish the file."""
        self._film.close()

    def _remember(self, alarms: tuple[AlarmEvent, ...], t_s: float) -> None:
        fresh = tuple((t_s, alarm_line(alarm)) for alarm in alarms)
        kept = tuple(said for said in self._said if t_s - said[0] < ALARM_SHOWN_S)
        self._said = (kept + fresh)[-6:]


def alarm_line(alarm: AlarmEvent) -> str:
    """One phase of an alarm in one line."""
    mark = {Phase.NEW: "ALARM", Phase.UPDATE: "goes on", Phase.END: "ended"}[alarm.phase]
    return f"{mark} {alarm.kind} ({alarm.severity}) {alarm.reason}"


def _draw_zones(draw: ImageDraw.ImageDraw, site: SiteConfig, size: tuple[int, int]) -> None:
    for zone in site.zones:
        points = [(x * size[0], y * size[1]) for x, y in zone.polygon]
        draw.polygon(points, outline=(200, 200, 200))
        draw.text(points[0], zone.name, fill=(200, 200, 200))


def _draw_track(draw: ImageDraw.ImageDraw, track: Track) -> None:
    colour = COLOURS[track.kind]
    x_px, y_px = track.box.foot
    draw.ellipse((x_px - 3, y_px - 3, x_px + 3, y_px + 3), outline=colour)
    draw.text((x_px + 5, y_px - 5), f"#{track.id}", fill=colour)


def _draw_detection(draw: ImageDraw.ImageDraw, detection: Detection) -> None:
    box: Box = detection.box
    colour = COLOURS[detection.kind]
    corners = (box.x_px, box.y_px, box.x_px + box.w_px, box.y_px + box.h_px)
    if detection.score < SEEN_SCORE:  # not seen by itself, but the tracker may follow it
        draw.rectangle(corners, outline=tuple(part // 2 for part in colour), width=1)
        return
    draw.rectangle(corners, outline=colour, width=2)
    draw.text((box.x_px + 2, box.y_px - 11), f"{detection.kind} {detection.score:.2f}", fill=colour)
