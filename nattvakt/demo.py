"""`nattvakt demo`: a night on a lot, from a frame to an operator's screen, on real parts.

A made-up installation is set up in a folder and runs for a minute: certificates, permit, a real mosquitto with mutual
TLS, the node's two processes and an alarm centre. The lot is simulated, or is a film of yours.
"""

import argparse
import queue
import subprocess
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import av

from alarmcentre.events import AlarmSeen, ClipComplete, Event, StillSaved
from alarmcentre.lines import human
from firmware.config import CameraConfig, SiteConfig
from firmware.core.privacy import Masks
from firmware.drivers.camera_file import FileCamera, FilmOptions
from firmware.errors import NodeError
from firmware.messages import Size
from nattvakt.audience import Heard, audience
from nattvakt.stand import Stand
from provisioning.broker import BrokerSettings
from simulator.camera import spec_of
from simulator.scene import build_scene
from wire.messages import Alarm, encode

SIZE = Size(896, 504)
RATE_HZ = 10.0
TURN_S = 0.5
AFTER_FILM_S = 20.0  # a clip that the film's end cut off is under way by then
LONGEST_S = 600.0


@dataclass(slots=True)
class Show:
    """What has come so far."""

    first: AlarmSeen | None = None
    still: StillSaved | None = None
    clip: ClipComplete | None = None

    def take(self, heard: Heard) -> None:
        """One event of the alarm centre."""
        event: Event = heard.event
        if isinstance(event, AlarmSeen):
            self.first = self.first or event
        elif isinstance(event, StillSaved):
            self.still = self.still or event
        elif isinstance(event, ClipComplete):
            self.clip = self.clip or event

    @property
    def done(self) -> bool:
        """The first alarm is here with its clip."""
        return self.first is not None and self.clip is not None


def main(argv: list[str]) -> int:
    """Play the night; exit status 0 once an alarm and its clip are here, or a film of yours is over."""
    args = _parser().parse_args(argv)
    folder: Path = args.out or Path("demo-out") / f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
    camera, site = _film(args.source) if args.source else _scene(args.scenario, args.seed)
    print(f"Setting up a broker, keys, a permit and a node in {folder}/ ...")
    settings = BrokerSettings(port=args.port)
    with Stand(folder / "stand", site, camera, broker_settings=settings) as stand, audience(stand, folder) as heard:
        stand.start("link")
        node = stand.start("node")
        print(f"The node watches {camera.source!r}. Its alarm centre says (Ctrl-C ends it):\n")
        show = _watch(stand, heard, node)
    if show.first is None:
        print(f"\nNo alarm. The node saw {camera.source!r} to its end and found nothing to tell.")
        return 0 if args.source else 1
    return _sum_up(show)


def _parser() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(prog="nattvakt demo", description=__doc__.splitlines()[0] if __doc__ else "")
    options.add_argument("--source", type=Path, help="a film of yours instead of the simulated lot")
    options.add_argument(
        "--scenario",
        default="demo",
        help="one of `nattvakt simulate list`, such as prowling or prowling/snow (default: %(default)s)",
    )
    options.add_argument("--seed", type=int, default=3, help="which lot (default: %(default)s)")
    options.add_argument("--port", type=int, default=0, help="the broker's port (default: any free one)")
    options.add_argument("--out", type=Path, help="folder for stills and clips (default: demo-out/<time>)")
    return options


def _scene(scenario: str, seed: int) -> tuple[CameraConfig, SiteConfig]:
    camera = CameraConfig(
        driver="scene", source=scenario, seed=seed, width_px=SIZE.width_px, height_px=SIZE.height_px, rate_hz=RATE_HZ
    )
    return camera, build_scene(spec_of(camera)).site()


def _film(source: Path) -> tuple[CameraConfig, SiteConfig]:
    FileCamera(source, Masks(), FilmOptions()).close()  # what is no film is told here, not in the node's log
    camera = CameraConfig(driver="file", source=str(source.absolute()), rate_hz=RATE_HZ)
    return camera, SiteConfig(site="film")


def _watch(stand: Stand, heard: "queue.Queue[Heard]", node: "subprocess.Popen[bytes]") -> Show:
    """Say what comes, until the first alarm's clip is here or the film is over."""
    show = Show()
    began_s = time.monotonic()
    over_s: float | None = None
    while not show.done:
        now_s = time.monotonic()
        stand.check()
        if over_s is None and node.poll() is not None:
            over_s = now_s
        waited_s = now_s - (over_s if over_s is not None else now_s)
        if waited_s > AFTER_FILM_S or (over_s is not None and show.first is None and heard.empty() and waited_s > 2):
            break
        if now_s - began_s > LONGEST_S:
            raise NodeError(f"nothing after {LONGEST_S:.0f} s; the node says:\n{stand.said('node')}")
        try:
            new = heard.get(timeout=TURN_S)
        except queue.Empty:
            continue
        show.take(new)
        line = human(new.event, datetime.now(UTC))
        if line is not None:
            print(f"  {line}", flush=True)
    return show


def _sum_up(show: Show) -> int:
    """Print what the first alarm was worth; exit status 1 where its clip is missing."""
    assert show.first is not None
    alarm: Alarm = show.first.alarm
    print(f"\nalarm  {alarm.id}\nkind   {alarm.kind} ({alarm.severity}): {alarm.reason}")
    print(f"size   {len(encode(alarm))} bytes")
    print(f"delay  {show.first.delay_s:.2f} s from the deciding frame to the subscriber")
    if show.still:
        print(f"still  {show.still.path} ({show.still.size_bytes / 1024:.0f} KiB)")
    if show.clip is None:
        print("clip   did not come")
        return 1
    seconds = _playing_s(show.clip.path)
    before_s = show.clip.head.trigger_s
    print(
        f"clip   {show.clip.path}\n       {seconds:.1f} s, {show.clip.size_bytes / 1024:.0f} KiB, "
        f"begins {before_s:.1f} s before the alarm; every frame decodes"
    )
    return 0


def _playing_s(path: Path) -> float:
    """Decode the whole clip; its length in seconds. Raises NodeError where it does not play."""
    try:
        with av.open(str(path)) as film:
            times_s = [frame.time or 0.0 for frame in film.decode(video=0)]
    except av.FFmpegError as error:
        raise NodeError(f"{path}: does not play: {error}") from error
    if not times_s:
        raise NodeError(f"{path}: holds no frame")
    return times_s[-1] - times_s[0]
