"""The promises of the two units: what each process may touch, and what it cannot."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "systemd"
NODE, LINK = "nattvakt-node.service", "nattvakt-link.service"
ANALYZE = shutil.which("systemd-analyze")
needs_systemd = pytest.mark.skipif(ANALYZE is None, reason="systemd-analyze is not on this machine")

Unit = dict[str, list[str]]


def read(name: str) -> Unit:
    """Directives of all sections and their values in order (a directive may stand there several times)."""
    unit: Unit = {}
    for line in (FOLDER / name).read_text("utf-8").splitlines():
        if line and line[0] not in "#;[":
            key, value = line.split("=", 1)
            unit.setdefault(key, []).append(value)
    return unit


@pytest.fixture
def node() -> Unit:
    return read(NODE)


@pytest.fixture
def link() -> Unit:
    return read(LINK)


def test_the_node_has_no_network(node: Unit) -> None:
    assert node["PrivateNetwork"] == ["yes"]
    assert node["RestrictAddressFamilies"] == ["AF_UNIX"]
    assert node["IPAddressDeny"] == ["any"]


def test_the_node_may_touch_camera_and_pin_and_no_other_device(node: Unit) -> None:
    assert node["DevicePolicy"] == ["closed"]
    allowed = {line.split()[0] for line in node["DeviceAllow"]}
    assert allowed == {"char-video4linux", "char-media", "char-dma_heap", "char-gpiochip"}
    assert "PrivateDevices" not in node


def test_the_link_has_no_camera_no_pin_and_no_permit(link: Unit) -> None:
    assert link["PrivateDevices"] == ["yes"]
    assert "DeviceAllow" not in link
    assert "SupplementaryGroups" not in link
    hidden = " ".join(link["InaccessiblePaths"]).split()
    assert {"-/etc/nattvakt/permit.json", "-/var/lib/nattvakt/node"} <= set(hidden)


def test_the_link_writes_where_the_two_meet_and_nowhere_else(link: Unit) -> None:
    assert link["ProtectSystem"] == ["strict"]
    assert link["ReadWritePaths"] == ["/var/lib/nattvakt /run/nattvakt"]
    # either would hand the folder over to the link's user
    assert "StateDirectory" not in link
    assert "RuntimeDirectory" not in link


@pytest.mark.parametrize("name", [NODE, LINK])
def test_nobody_can_gain_anything(name: str) -> None:
    unit = read(name)
    assert unit["NoNewPrivileges"] == ["yes"]
    assert unit["CapabilityBoundingSet"] == [""]
    assert unit["AmbientCapabilities"] == [""]
    assert unit["ProtectSystem"] == ["strict"]
    assert unit["User"][0] != "root"


def test_the_two_are_different_users_of_one_group(node: Unit, link: Unit) -> None:
    assert node["User"] != link["User"]
    assert node["Group"] == link["Group"] == ["nattvakt"]
    assert node["UMask"] == link["UMask"] == ["0007"]


@pytest.mark.parametrize("name", [NODE, LINK])
def test_systemd_restarts_what_stops_making_progress(name: str) -> None:
    unit = read(name)
    assert unit["Type"] == ["notify"]
    assert unit["Restart"] == ["always"]
    assert 0 < int(unit["WatchdogSec"][0].removesuffix("s")) <= 60
    assert unit["StartLimitIntervalSec"] == ["0"]  # else a fault that lasts some minutes would end it for good


def test_whatever_ends_the_node_the_lamp_goes_dark(node: Unit) -> None:
    (command,) = node["ExecStopPost"]
    assert re.search(r"python -m firmware\.lamp_off /etc/nattvakt/node\.toml$", command)
    assert command.split()[-1] == node["ExecStart"][0].split()[-1]  # the same configuration


def test_clips_survive_a_restart_in_ram(node: Unit) -> None:
    assert node["RuntimeDirectory"] == ["nattvakt"]
    assert node["RuntimeDirectoryPreserve"] in (["restart"], ["yes"])


@pytest.mark.parametrize("name", [NODE, LINK])
def test_a_crash_writes_no_pictures_to_the_card(name: str) -> None:
    assert read(name)["LimitCORE"] == ["0"]


@pytest.mark.parametrize("name", [NODE, LINK])
def test_clips_are_not_swapped_out_to_the_card(name: str) -> None:
    assert read(name)["MemorySwapMax"] == ["0"]


def test_the_node_may_ask_whether_its_clock_is_right(node: Unit) -> None:
    """ProtectClock= would forbid even the reading (systemd issue 26413), and the node would be dark for ever."""
    assert "ProtectClock" not in node
    lines = [set(line.split()) for line in node["SystemCallFilter"]]
    forbidden = max(i for i, line in enumerate(lines) if "~@privileged" in line)  # holds @clock: the order counts
    allowed = set().union(*lines[forbidden + 1 :])
    assert {"adjtimex", "clock_adjtime"} <= allowed
    assert not {"clock_settime", "settimeofday", "@clock"} & allowed


def test_folders_have_one_owner_whoever_starts_first(node: Unit) -> None:
    made = {}
    for line in (FOLDER / "tmpfiles.d/nattvakt.conf").read_text("utf-8").splitlines():
        if line.startswith("d "):
            _, path, mode, user, group, _ = line.split()
            made[path] = mode, user, group
    shared = (node["StateDirectoryMode"][0], node["User"][0], node["Group"][0])
    assert made["/var/lib/nattvakt"] == shared
    assert made["/run/nattvakt"] == (node["RuntimeDirectoryMode"][0], *shared[1:])
    assert made["/var/lib/nattvakt/node"][0] == "0700"
    assert made["/etc/nattvakt"][1] == "root"


def test_every_user_and_group_is_made(node: Unit, link: Unit) -> None:
    text = (FOLDER / "sysusers.d/nattvakt.conf").read_text("utf-8")
    made = {line.split()[1] for line in text.splitlines() if line[:1] in ("u", "g")}
    needed = {node["User"][0], link["User"][0], node["Group"][0], *node["SupplementaryGroups"][0].split()}
    assert needed <= made


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Path]:
    """A root folder with our units, what they start, and the host's own targets."""
    units = tmp_path / "etc/systemd/system"
    units.mkdir(parents=True)
    for name in (NODE, LINK):
        shutil.copy(FOLDER / name, units)
    host = tmp_path / "usr/lib/systemd/system"
    host.mkdir(parents=True)
    for target in Path("/usr/lib/systemd/system").glob("*.target"):
        shutil.copy(target, host)
    commands = tmp_path / "opt/nattvakt/.venv/bin"
    commands.mkdir(parents=True)
    for command in ("nattvakt", "python"):
        (commands / command).write_text("#!/bin/sh\n")
        (commands / command).chmod(0o755)
    yield tmp_path


@needs_systemd
@pytest.mark.parametrize("name", [NODE, LINK])
def test_systemd_understands_every_word(machine: Path, name: str) -> None:
    assert ANALYZE is not None
    command = [ANALYZE, "verify", "--man=no", "--recursive-errors=one", f"--root={machine}", name]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@needs_systemd
def test_a_misspelt_word_would_be_noticed(machine: Path) -> None:
    assert ANALYZE is not None
    unit = machine / "etc/systemd/system" / NODE
    unit.write_text(unit.read_text("utf-8").replace("PrivateNetwork=", "PrivateNetworking="), "utf-8")
    command = [ANALYZE, "verify", "--man=no", "--recursive-errors=one", f"--root={machine}", NODE]
    assert subprocess.run(command, capture_output=True, timeout=30, check=False).returncode != 0


@needs_systemd
@pytest.mark.parametrize("name", [NODE, LINK])
def test_exposure_stays_small(machine: Path, name: str) -> None:
    """systemd's own score, times ten; a bare unit has 96."""
    assert ANALYZE is not None
    command = [ANALYZE, "security", "--offline=yes", f"--root={machine}", "--threshold=13", "--no-pager", name]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 0, done.stdout[-300:]
