"""What a node is told: `node.toml` (this machine) and `site.toml` (this lot).

Points in a picture are ratios of its width and height (0..1), so that they hold at any resolution.
"""

from typing import Annotated, Literal

import msgspec

Name = Annotated[str, msgspec.Meta(pattern="^[A-Za-z0-9_-]{1,32}$", description="1 to 32 letters, digits, '-' or '_'")]
"""A name that can stand in an MQTT topic and as a certificate's CN."""

Ratio = Annotated[float, msgspec.Meta(ge=0, le=1)]
Seconds = Annotated[float, msgspec.Meta(gt=0, le=3600)]
Point = tuple[Ratio, Ratio]
RuleName = Literal["prowling", "tampering", "loitering", "fire"]
Polygon = Annotated[tuple[Point, ...], msgspec.Meta(min_length=3, max_length=64)]


class _Table(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="kebab"):
    """A table of a configuration file: unknown keys are refused. Keys are written with '-' in the file."""


class ZoneConfig(_Table, frozen=True, kw_only=True):
    """A part of the picture in which rules hold; a thing is in it when its foot point is."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=24)]
    polygon: Polygon
    rules: tuple[RuleName, ...] = ("prowling", "tampering", "loitering", "fire")


class GroundPoint(_Table, frozen=True, kw_only=True):
    """One place known both in the picture and on the ground."""

    image: Point
    ground_m: tuple[float, float]


class ProwlingRule(_Table, frozen=True, kw_only=True):
    """Visits to several vehicles: at least `vehicles` of them, near each for `visit_s`, within `window_s`."""

    vehicles: Annotated[int, msgspec.Meta(ge=2, le=20)] = 3
    visit_s: Seconds = 2.0
    window_s: Seconds = 120.0
    reach_m: Annotated[float, msgspec.Meta(gt=0, le=5)] = 1.2


class TamperingRule(_Table, frozen=True, kw_only=True):
    """Somebody stays at one parked vehicle for `dwell_s` and neither gets in nor drives off."""

    dwell_s: Seconds = 12.0
    reach_m: Annotated[float, msgspec.Meta(gt=0, le=5)] = 0.9


class LoiteringRule(_Table, frozen=True, kw_only=True):
    """Somebody stays in the zone for `dwell_s`, without a purpose that we can see."""

    dwell_s: Seconds = 60.0


class FireRule(_Table, frozen=True, kw_only=True):
    """Flame or smoke that lasts `confirm_s`."""

    confirm_s: Seconds = 3.0
    smoke_confirm_s: Seconds = 8.0


class Rules(_Table, frozen=True, kw_only=True):
    """Seconds and metres of each rule."""

    prowling: ProwlingRule = ProwlingRule()
    tampering: TamperingRule = TamperingRule()
    loitering: LoiteringRule = LoiteringRule()
    fire: FireRule = FireRule()


Zones = Annotated[tuple[ZoneConfig, ...], msgspec.Meta(max_length=32)]
Calibration = Annotated[tuple[GroundPoint, ...], msgspec.Meta(max_length=24)]


class SiteConfig(_Table, frozen=True, kw_only=True):
    """`site.toml`: the lot as this camera sees it. No zones: the whole picture is one. No calibration: pixels."""

    site: Name = "site"
    zones: Zones = ()
    masks: Annotated[tuple[Polygon, ...], msgspec.Meta(max_length=64)] = ()
    calibration: Calibration = ()
    rules: Rules = Rules()


class CameraConfig(_Table, frozen=True, kw_only=True):
    """Which driver, and what it needs. `source` is a video for `file`, a scene's name for `scene`."""

    driver: Literal["picamera2", "file", "scene"] = "picamera2"
    source: str = ""
    width_px: Annotated[int, msgspec.Meta(ge=160, le=1920, multiple_of=2)] = 1280
    height_px: Annotated[int, msgspec.Meta(ge=120, le=1080, multiple_of=2)] = 720
    rate_hz: Annotated[float, msgspec.Meta(gt=0, le=30)] = 10.0
    bitrate_bit_s: Annotated[int, msgspec.Meta(ge=100_000, le=10_000_000)] = 1_500_000
    keyframe_interval_s: Annotated[float, msgspec.Meta(ge=0.2, le=5)] = 1.0
    loop: bool = False
    seed: int = 7


class ClipConfig(_Table, frozen=True, kw_only=True):
    """Seconds before and after the alarm."""

    preroll_s: Annotated[float, msgspec.Meta(ge=1, le=60)] = 10.0
    postroll_s: Annotated[float, msgspec.Meta(ge=1, le=60)] = 10.0


class BrokerConfig(_Table, frozen=True, kw_only=True):
    """Where the alarm centre's broker is, and the node's certificate for it."""

    host: Annotated[str, msgspec.Meta(min_length=1)]
    port: Annotated[int, msgspec.Meta(ge=1, le=65535)] = 8883
    ca: str = ""
    cert: str = ""
    key: str = ""


class IlluminatorConfig(_Table, frozen=True, kw_only=True):
    """The infrared lamp: a BCM pin number, or `none` where there is no lamp to switch."""

    driver: Literal["gpio", "none"] = "none"
    pin: Annotated[int, msgspec.Meta(ge=2, le=27)] = 17


class NodeConfig(_Table, frozen=True, kw_only=True):
    """`node.toml`: this machine. Relative paths are relative to the file's folder.

    `state_dir` is on disk and holds the outbox of alarms. `runtime_dir` must be in RAM (tmpfs): clips and stills never
    touch the disk. `clock_trust`: `ntp` asks the kernel whether it is synchronised, `host` takes the host's clock as
    right once it is past this release (a virtual machine, the demo; never a pole).
    """

    node: Name
    state_dir: str = "/var/lib/nattvakt"
    runtime_dir: str = "/run/nattvakt"
    site_file: str = "site.toml"
    permit_file: str = "permit.json"
    permit_key: str = "custodians.pem"
    model_dir: str = ""
    second_look: bool = True
    clock_trust: Literal["ntp", "host"] = "ntp"
    broker: BrokerConfig
    camera: CameraConfig = CameraConfig()
    clip: ClipConfig = ClipConfig()
    illuminator: IlluminatorConfig = IlluminatorConfig()
