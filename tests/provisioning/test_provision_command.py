"""`nattvakt provision`, from an empty folder to a broker that lets a node in."""

import contextlib
import os
import shutil
import socket
import ssl
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from provisioning.authority import Authority, Identity
from provisioning.broker import Broker, find_mosquitto
from provisioning.cli import main
from provisioning.errors import ProvisionError
from tests.mqtt_probe import Probe


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that the broker's user may enter, as /etc is; pytest's own is for root only."""
    folder = Path(tempfile.mkdtemp(prefix="nattvakt-test-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_the_whole_way_with_keys_made_where_they_are_used(
    tmp_path: Path, open_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ca, pole, port = tmp_path / "ca", tmp_path / "pole", free_port()
    assert main(["ca", str(ca)]) == 0
    assert main(["request", "n07", "--out", str(pole)]) == 0
    assert main(["node", "n07", "--ca", str(ca), "--request", str(pole / "request.pem")]) == 0
    assert main(["centre", "centre-1", "--ca", str(ca)]) == 0
    out = open_folder / "broker"
    assert (
        main(["broker", "localhost", "--ca", str(ca), "--ip", "127.0.0.1", "--port", str(port), "--out", str(out)]) == 0
    )
    told = capsys.readouterr().out
    for part in (
        "ca.pem",
        "key.pem stays on this machine",
        "cert.pem, good for 397 days",
        f"mosquitto -c {out}",
        "centre-1",
    ):
        assert part in told
    with running(out / "mosquitto.conf", port) as broker:
        node = Identity("n07", ca / "ca.pem", pole / "cert.pem", pole / "key.pem")
        centre = Identity("centre-1", ca / "ca.pem", ca / "centre-1" / "cert.pem", ca / "centre-1" / "key.pem")
        with Probe(broker, node) as pole_side, Probe(broker, centre) as centre_side:
            centre_side.subscribe("nattvakt/v1/#")
            assert pole_side.publish("nattvakt/v1/lot/n07/alarm", b"{}") == 0
            assert pole_side.publish("nattvakt/v1/lot/n08/alarm", b"{}") == 0x87
            centre_side.wait_for("n07/alarm")


class _Running(Broker):
    """A broker that somebody else started."""

    def __init__(self, port: int) -> None:
        self._there = port

    @property
    def host(self) -> str:
        return "127.0.0.1"

    @property
    def port(self) -> int:
        return self._there


@contextlib.contextmanager
def running(config: Path, port: int) -> Iterator[Broker]:
    """Started as the command's output says, by root or by an ordinary user."""
    process = subprocess.Popen([find_mosquitto(), "-c", str(config)], stderr=subprocess.DEVNULL)
    try:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        while process.poll() is None:
            with (
                contextlib.suppress(OSError),
                socket.create_connection(("127.0.0.1", port)) as plain,
                context.wrap_socket(plain),
            ):
                break
        yield _Running(port)
        uid = Path(f"/proc/{process.pid}").stat().st_uid
        assert uid != 0, "mosquitto gives up root by itself"
    finally:
        process.terminate()
        process.wait(10)


@pytest.mark.parametrize(
    ("argv", "says"),
    [
        (["node", "n07", "--ca", "{nowhere}"], "nowhere/ca.pem: No such file"),
        (["node", "centre-1", "--ca", "{ca}"], "names that begin with 'centre' are for alarm centres"),
        (["centre", "n07", "--ca", "{ca}"], "must begin with 'centre'"),
        (["node", "n07", "--ca", "{ca}", "--request", "{nowhere}"], "nowhere: No such file"),
        (["ca", "{ca}"], "ca.key exists"),
        (["request", "N 7", "--out", "{nowhere}"], "node name 'N 7'"),
        (["broker", "localhost", "--ca", "{ca}", "--ip", "x", "--out", "{nowhere}"], "'x' is not an IP address"),
        (["broker", "localhost", "--ca", "{ca}", "--centre", "#", "--out", "{nowhere}"], "centre name '#'"),
        (["broker", "local host", "--ca", "{ca}", "--out", "{nowhere}"], "server name 'local host'"),
    ],
)
def test_what_is_wrong_is_told(tmp_path: Path, argv: list[str], says: str) -> None:
    Authority.create(tmp_path / "ca")
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(ProvisionError, match=says):
        main([word.format(ca=tmp_path / "ca", nowhere=tmp_path / "nowhere") for word in argv])
    assert sorted(tmp_path.rglob("*")) == before, "nothing is left half done"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can choose another user")
def test_an_unknown_user_is_told(tmp_path: Path, open_folder: Path) -> None:
    Authority.create(tmp_path / "ca")
    with pytest.raises(ProvisionError, match="no user 'nemo'"):
        main(["broker", "localhost", "--ca", str(tmp_path / "ca"), "--user", "nemo", "--out", str(open_folder / "b")])
