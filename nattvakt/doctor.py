"""`nattvakt doctor`: what this machine has and lacks for each role."""

import argparse
import importlib.metadata
import importlib.util
import os
import platform
import shutil
import sqlite3
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from firmware.errors import NodeError


@dataclass(frozen=True, slots=True)
class Finding:
    """One check's outcome; `advice` says what to do where it is not `good`."""

    good: bool
    says: str
    advice: str = ""


@dataclass(frozen=True, slots=True)
class Check:
    """Something that some roles need."""

    roles: tuple[str, ...]
    name: str
    look: Callable[[], Finding]


ROLES = ("node", "pole", "centre", "custody", "provisioning", "simulator", "maintainer")


def package(distribution: str, extra: str) -> Callable[[], Finding]:
    """A check that a Python package is installed."""

    def look() -> Finding:
        try:
            return Finding(True, f"{distribution} {importlib.metadata.version(distribution)}")
        except importlib.metadata.PackageNotFoundError:
            return Finding(False, f"{distribution} is not installed", f"pip install 'nattvakt[{extra}]'")

    return look


def python_version() -> Finding:
    """Python 3.11-3.13 on a 64-bit machine."""
    good = (3, 11) <= sys.version_info[:2] <= (3, 13) and sys.maxsize > 2**32
    says = f"Python {platform.python_version()} on {platform.machine()}"
    return Finding(good, says, "use 64-bit Python 3.11 to 3.13")


def runtime() -> Finding:
    """One of the two TFLite runtimes."""
    for name in ("ai-edge-litert", "tflite-runtime"):
        finding = package(name, "node")()
        if finding.good:
            return finding
    return Finding(False, "no TFLite runtime (ai-edge-litert or tflite-runtime)", "pip install 'nattvakt[node]'")


def bundle() -> Finding:
    """The model bundle that came with this release."""
    from models.manifest import ManifestError, load_manifest
    from nattvakt.assemble import SHIPPED_MODEL

    try:
        manifest = load_manifest(SHIPPED_MODEL)
    except ManifestError as error:
        return Finding(False, str(error), "install the release again")
    return Finding(True, f"model {manifest.name} release {manifest.release}")


def encoder() -> Finding:
    """An H.264 encoder in PyAV."""
    try:
        import av
    except ModuleNotFoundError:
        return Finding(False, "PyAV is not installed", "pip install 'nattvakt[node]'")
    good = "libx264" in av.codecs_available
    says = "H.264 encoder libx264" if good else "PyAV has no libx264"
    return Finding(good, says, "install PyAV from its wheel: pip install av")


def memory_folder() -> Finding:
    """A folder in RAM, since clips must never touch the disk."""
    mounts = Path("/proc/mounts").read_text(encoding="utf-8").splitlines()
    in_ram = {fields[1] for fields in map(str.split, mounts) if fields[2] in {"tmpfs", "ramfs"}}
    found = sorted(in_ram & {"/run", "/dev/shm"})
    return Finding(bool(found), f"in RAM: {', '.join(found) or 'nothing'}", "mount a tmpfs on /run or /dev/shm")


def swap() -> Finding:
    """Swap on a disk would take clips to it, in clear; zram stays in RAM."""
    rows = Path("/proc/swaps").read_text(encoding="utf-8").splitlines()[1:]
    on_disk = [row.split()[0] for row in rows if not row.startswith("/dev/zram")]
    says = f"swap on {', '.join(on_disk)}" if on_disk else "no swap on a disk"
    return Finding(not on_disk, says, "on a pole: systemctl disable --now dphys-swapfile, and remove swap from fstab")


def clock() -> Finding:
    """Whether the kernel calls its clock synchronised: on a pole nothing is watched before that."""
    from firmware.drivers.clock_system import SystemClock

    good = SystemClock("ntp").trusted()
    return Finding(
        good,
        "clock synchronised" if good else "clock not synchronised",
        "enable systemd-timesyncd or chrony; until then a node stays dark (clock-untrusted)",
    )


def camera() -> Finding:
    """libcamera's Python module, which comes from apt and not from PyPI."""
    good = importlib.util.find_spec("libcamera") is not None
    return Finding(
        good,
        "libcamera for Python" if good else "no libcamera for Python",
        "on Raspberry Pi OS: apt install python3-libcamera, and a venv with --system-site-packages",
    )


def lamp_pins() -> Finding:
    """A GPIO chip for the infrared lamp."""
    good = any(Path("/dev").glob("gpiochip*"))
    return Finding(good, "GPIO chip" if good else "no /dev/gpiochip*", "only a Raspberry Pi has one")


def broker() -> Finding:
    """The mosquitto program."""
    path = shutil.which("mosquitto", path=os.environ.get("PATH", "") + ":/usr/sbin")
    says = f"mosquitto at {path}" if path else "mosquitto is not installed"
    return Finding(bool(path), says, "apt-get install mosquitto")


def graphics() -> Finding:
    """OpenGL without a screen, which draws the simulator's scenes."""
    try:
        from simulator.render.gl_context import graphics as opened

        gl = opened()
        says = gl.run(lambda: str(gl.context.info["GL_RENDERER"]))
    except ModuleNotFoundError as missing:
        return Finding(False, f"{missing.name} is not installed", "pip install 'nattvakt[simulator]'")
    except NodeError as error:
        return Finding(False, str(error), "apt install libegl1 libgl1 libgl1-mesa-dri")
    return Finding(True, f"OpenGL: {says}")


def sqlite_version() -> Finding:
    """SQLite with upsert and returning clauses (3.35)."""
    good = sqlite3.sqlite_version_info >= (3, 35)
    return Finding(good, f"SQLite {sqlite3.sqlite_version}", "use Debian 12 or newer")


CHECKS = (
    Check(ROLES, "Python", python_version),
    Check(("node", "pole"), "numbers", package("numpy", "node")),
    Check(("node", "pole"), "runtime", runtime),
    Check(("node", "pole"), "model", bundle),
    Check(("node", "pole", "simulator"), "video", encoder),
    Check(("node", "pole"), "stills", package("pillow", "node")),
    Check(("node", "pole", "custody", "provisioning"), "signatures", package("cryptography", "node")),
    Check(("node", "pole", "centre"), "MQTT", package("paho-mqtt", "centre")),
    Check(("node", "pole", "centre"), "SQLite", sqlite_version),
    Check(("node", "pole"), "memory", memory_folder),
    Check(("pole",), "swap", swap),
    Check(("pole",), "clock", clock),
    Check(("pole",), "camera", camera),
    Check(("pole",), "picamera2", package("picamera2", "pole")),
    Check(("pole",), "lamp", lamp_pins),
    Check(("provisioning",), "broker", broker),
    Check(("simulator",), "pictures", graphics),
    Check(("simulator",), "paths", package("mitsuba", "simulator")),
    Check(("maintainer",), "training", package("torch", "maintainer")),
)


def main(argv: list[str]) -> int:
    """Print every finding by role. With --role: exit status 1 where that role lacks something."""
    options = argparse.ArgumentParser(prog="nattvakt doctor", description=__doc__)
    options.add_argument("--role", choices=ROLES, help="only this role; exit status 1 where it lacks something")
    wanted: str | None = options.parse_args(argv).role
    findings = [(check, check.look()) for check in CHECKS if wanted is None or wanted in check.roles]
    for role in (wanted,) if wanted else ROLES:
        mine = [(check, finding) for check, finding in findings if role in check.roles]
        lacking = [finding for _, finding in mine if not finding.good]
        print(f"{role}: {'ready' if not lacking else f'lacks {len(lacking)} of {len(mine)}'}")
        for check, finding in mine:
            advice = f"  -> {finding.advice}" if not finding.good else ""
            print(f"  {'ok  ' if finding.good else 'LACK'} {check.name:<11} {finding.says}{advice}")
    return 1 if wanted and any(not finding.good for _, finding in findings) else 0
