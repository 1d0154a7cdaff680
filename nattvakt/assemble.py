"""Builds a node's parts from its configuration: the one place that chooses drivers."""

import queue
import secrets
import shutil
from contextlib import ExitStack, closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import models
from firmware import link
from firmware.config import NodeConfig, SiteConfig
from firmware.config_file import load_site
from firmware.core.backoff import Backoff
from firmware.core.looker import Network
from firmware.core.permit import Permit
from firmware.core.prebuffer import Prebuffer, PrebufferLimits
from firmware.core.privacy import Masks
from firmware.drivers import certificates
from firmware.drivers.broker_paho import Address, Broker, Event
from firmware.drivers.clock_system import SystemClock
from firmware.drivers.detector_tflite import TfliteDetector
from firmware.drivers.encoder_av import EncoderSettings
from firmware.drivers.jpeg_pillow import encode_still
from firmware.drivers.media_sqlite import LIMIT_BYTES, MediaShelf, MediaStore, require_ram
from firmware.drivers.muxer_av import FragmentedMp4
from firmware.drivers.node_socket import NodeSocket, NodeWatch
from firmware.drivers.outbox_sqlite import Outbox
from firmware.drivers.permit_file import PermitFile
from firmware.drivers.watchdog_systemd import SystemdWatchdog
from firmware.law import Law
from firmware.local import Say
from firmware.messages import Size
from firmware.node import Parts, utc_of
from firmware.pipeline import Pipeline
from firmware.ports import Camera, Clock, Illuminator
from firmware.recorder import Recorder, RecorderTools
from firmware.status import Board, Names, Status
from nattvakt import version
from wire.topics import NodeTopics

SHIPPED_MODEL = models.SHIPPED
THERMAL = Path("/sys/class/thermal/thermal_zone0/temp")


def load_detector(folder: Path | None = None) -> TfliteDetector:
    """The bundle in `folder`, or the one that came with this release. Raises ModelError."""
    return TfliteDetector(folder or SHIPPED_MODEL)


@dataclass(frozen=True, slots=True)
class Basis:
    """What a node is told and may do, read from files alone: no device, no store and no socket is touched."""

    config: NodeConfig
    site: SiteConfig
    clock: SystemClock
    permit: PermitFile
    detector: TfliteDetector

    @property
    def law(self) -> Law:
        """Whether the node may see now."""
        return Law(self.clock, self.permit.current)

    def pipeline(self, size: Size) -> Pipeline:
        """The stages of one night, for pictures of `size`. Raises ConfigError for a wrong calibration."""
        network = Network(self.detector, self.detector.decoder(), self.config.second_look)
        return Pipeline.build(self.site, size, network, new_watch_id(self.clock.now_utc()))


def read_basis(config: NodeConfig) -> Basis:
    """Raises NodeError for whatever is missing or wrong."""
    site = load_site(Path(config.site_file))
    floor = Path(config.state_dir) / "node" / "clock-floor"  # link cannot write there, and so cannot set it back
    permit = PermitFile(Path(config.permit_file), Path(config.permit_key), site=site.site, node=config.node)
    detector = load_detector(Path(config.model_dir) if config.model_dir else None)
    basis = Basis(config, site, SystemClock(config.clock_trust, floor), permit, detector)
    basis.pipeline(Size(config.camera.width_px, config.camera.height_px))  # a bad calibration is told now, not at 20.00
    make_folders(config)
    return basis


def make_folders(config: NodeConfig) -> None:
    """The folders that systemd makes on a pole. Raises StoreError where clips would go to a disk."""
    state_dir, runtime_dir = Path(config.state_dir), Path(config.runtime_dir)
    for folder in (state_dir, runtime_dir):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    require_ram(runtime_dir)


def build_node(basis: Basis, stack: ExitStack) -> Parts:
    """Every part of `nattvakt node`; `stack` closes them. Raises NodeError for whatever cannot be opened."""
    config, site, clock = basis.config, basis.site, basis.clock
    state_dir = Path(config.state_dir)
    (state_dir / "node").mkdir(mode=0o700, exist_ok=True)
    # First, as it refuses a second node beside a living one before that one's clips are touched.
    socket = stack.enter_context(closing(NodeSocket(socket_path(config))))
    outbox = stack.enter_context(closing(Outbox(outbox_path(config), spare_path(config))))
    media = stack.enter_context(closing(MediaStore(media_path(config), media_limit_bytes(config))))
    lamp = open_lamp(config, clock)
    stack.callback(lamp.close)
    watchdog = SystemdWatchdog(clock)
    stack.callback(watchdog.close)
    status = Status(
        clock=clock,
        listener=socket,
        read_board=lambda: read_board(state_dir),
        lamp_lit=lambda: lamp.lit,
        media_dropped=lambda: media.dropped,
        permit_id=lambda: permit_id(basis.permit),
        names=Names(version(), f"{basis.detector.manifest.name}-{basis.detector.manifest.release}"),
    )
    return Parts(
        clock=clock,
        law=basis.law,
        open_camera=lambda: open_camera(config, site, clock, basis.detector.input_size),
        illuminator=lamp,
        outbox=outbox,
        build_pipeline=basis.pipeline,
        open_recorder=lambda: open_recorder(config, clock, media),
        status=status,
        watchdog=watchdog,
        frame_s=1 / config.camera.rate_hz,
    )


def build_link(config: NodeConfig, stack: ExitStack) -> link.Parts:
    """Every part of `nattvakt link`; `stack` closes them. Raises NodeError for whatever cannot be opened."""
    site = load_site(Path(config.site_file))
    make_folders(config)
    clock = SystemClock(config.clock_trust)
    identity = certificates.Identity(Path(config.broker.ca), Path(config.broker.cert), Path(config.broker.key))
    certificates.check(identity, config.node, clock.now_utc() if clock.trusted() else None)
    inbox: queue.Queue[Event | Say | None] = queue.Queue(link.INBOX)
    broker = Broker(Address(config.broker.host, config.broker.port, identity, config.node), inbox.put_nowait)
    stack.callback(broker.close)
    outbox = stack.enter_context(closing(Outbox(outbox_path(config), spare_path(config))))
    shelf = stack.enter_context(closing(MediaShelf(media_path(config))))
    watchdog = SystemdWatchdog(clock)
    stack.callback(watchdog.close)
    stack.callback(NodeWatch(socket_path(config), inbox.put_nowait).close)
    topics = NodeTopics(site.site, config.node)
    backoff = Backoff(secrets.SystemRandom().random)
    return link.Parts(topics, clock, outbox, shelf, broker, inbox, watchdog, backoff)


def outbox_path(config: NodeConfig) -> Path:
    """On disk."""
    return Path(config.state_dir) / "outbox.sqlite"


def spare_path(config: NodeConfig) -> Path:
    """In RAM: where alarms go while the disk takes none."""
    return Path(config.runtime_dir) / "outbox-spare.sqlite"


def media_path(config: NodeConfig) -> Path:
    """In RAM."""
    return Path(config.runtime_dir) / "media.sqlite"


def media_limit_bytes(config: NodeConfig) -> int:
    """Half of the RAM disk at most: when it is full, the oldest clip goes and not the newest."""
    return min(LIMIT_BYTES, shutil.disk_usage(config.runtime_dir).total // 2)


def socket_path(config: NodeConfig) -> Path:
    """Where node and link meet."""
    return Path(config.runtime_dir) / "node.sock"


def new_watch_id(now_utc: datetime) -> str:
    """Begins every alarm id of one stretch of watching: readable, in order of time, and never the same twice."""
    return f"{now_utc:%Y%m%dT%H%M%SZ}-{secrets.token_hex(2)}"


def open_camera(config: NodeConfig, site: SiteConfig, clock: Clock, luma: Size) -> Camera:
    """The camera that the configuration names, for a network whose input is `luma`. Raises CameraError."""
    camera, masks = config.camera, Masks(site.masks)
    if camera.driver == "picamera2":
        from firmware.drivers.camera_picamera2 import PiCamera

        return PiCamera(camera, masks, luma=luma)
    if camera.driver == "scene":
        from simulator.camera import SceneCamera

        return SceneCamera(camera, masks, clock, luma=luma)
    from firmware.drivers.camera_file import FileCamera, FilmOptions, RealTime

    within = Size(camera.width_px, camera.height_px)
    pace = RealTime(clock.monotonic_s)
    options = FilmOptions(camera.rate_hz, EncoderSettings.of(camera), within, camera.loop, pace, luma)
    return FileCamera(Path(camera.source), masks, options)


def open_lamp(config: NodeConfig, clock: Clock) -> Illuminator:
    """The lamp that the configuration names."""
    if config.illuminator.driver == "gpio":
        from firmware.drivers.illuminator_gpio import GpioIlluminator

        return GpioIlluminator(config.illuminator.pin, clock)
    from firmware.drivers.illuminator_fake import NoIlluminator

    return NoIlluminator()


def open_recorder(config: NodeConfig, clock: Clock, media: MediaStore) -> Recorder:
    """A recorder for one stretch of watching."""
    tools = RecorderTools(media, FragmentedMp4, encode_still, lambda t_s: utc_of(clock, t_s))
    return Recorder(tools, config.clip, Prebuffer(PrebufferLimits.of(config.clip, config.camera)))


def permit_id(permit: PermitFile) -> str:
    """The permit's id, empty where there is none."""
    current = permit.current()
    return current.id if isinstance(current, Permit) else ""


def read_board(folder: Path) -> Board:
    """Temperature of the processor, where the kernel tells it, and room on the disk of `folder`."""
    try:
        celsius = int(THERMAL.read_text(encoding="ascii")) / 1000
    except (OSError, ValueError):
        celsius = None
    return Board(celsius, shutil.disk_usage(folder).free)
