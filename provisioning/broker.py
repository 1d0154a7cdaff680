"""A real mosquitto with Nattvakt's configuration: for tests, the demo and small installations.

The configuration and the ACL are the templates in `provisioning/mosquitto/`, the same that `nattvakt provision broker`
writes for an installation.
"""

import contextlib
import errno
import os
import pwd
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import time
from dataclasses import dataclass, replace
from importlib import resources
from pathlib import Path
from string import Template
from types import TracebackType
from typing import BinaryIO

from firmware.drivers.files import write_atomic
from provisioning.authority import Identity, Role, check_name
from provisioning.errors import BrokerError

START_LIMIT_S = 10.0
STOP_LIMIT_S = 5.0
DEFAULT_CENTRES = ("centre-1", "centre-2", "centre-3", "centre-4")


@dataclass(frozen=True, slots=True)
class BrokerSettings:
    """What may differ between brokers. Port 0: any free one. `centres` are the certificate names of alarm centres."""

    port: int = 0
    address: str = "127.0.0.1"
    centres: tuple[str, ...] = DEFAULT_CENTRES
    persistence: bool = True
    max_packet_bytes: int = 256 * 1024
    message_limit_bytes: int = 0
    user: str = ""


def configuration(folder: Path, settings: BrokerSettings) -> str:
    """The text of mosquitto.conf for a broker whose files lie in `folder`."""
    return Template(_template("nattvakt.conf.in")).substitute(
        folder=folder,
        port=settings.port,
        address=settings.address,
        user=settings.user or ordinary_user(),
        persistence="true" if settings.persistence else "false",
        max_packet_bytes=settings.max_packet_bytes,
        message_limit_bytes=settings.message_limit_bytes,
    )


def access_list(centres: tuple[str, ...]) -> str:
    """The text of the ACL. Raises ProvisionError for a name that cannot be a centre's."""
    sections = [_template("acl.in")]
    for centre in centres:
        check_name(centre, Role.CENTRE)
        sections.append(Template(_template("acl-centre.in")).substitute(centre=centre))
    return "".join(sections)


def check_settings(settings: BrokerSettings) -> None:
    """Raises ProvisionError for a centre's name or a user that cannot be, before anything is written."""
    access_list(settings.centres)
    user = settings.user or ordinary_user()
    try:
        pwd.getpwnam(user)
    except KeyError as error:
        raise BrokerError(f"there is no user {user!r} to run the broker as") from error


def write_files(folder: Path, server: Identity, settings: BrokerSettings) -> Path:
    """Put mosquitto.conf, ACL, certificates and key in `folder`, the key readable only by the broker's user.

    Returns the path of the configuration. Raises BrokerError naming the file at fault.
    """
    check_settings(settings)
    files = {
        "mosquitto.conf": (configuration(folder, settings).encode(), 0o644),
        "acl": (access_list(settings.centres).encode(), 0o600),
    }
    try:
        files |= {
            "ca.pem": (server.ca.read_bytes(), 0o644),
            "broker.pem": (server.cert.read_bytes(), 0o644),
            "broker.key": (server.key.read_bytes(), 0o600),
        }
        (folder / "data").mkdir(mode=0o700, parents=True, exist_ok=True)
        for name, (data, mode) in files.items():
            write_atomic(folder / name, data, mode)
        if os.geteuid() == 0:
            _give(folder, settings.user or ordinary_user())
    except OSError as error:
        raise BrokerError(f"cannot set up the broker's files: {error}") from error
    return folder / "mosquitto.conf"


def ordinary_user() -> str:
    """Whom the broker runs as: whoever we are, or `mosquitto` or `nobody` where we are root."""
    if os.geteuid() != 0:
        return pwd.getpwuid(os.geteuid()).pw_name
    for name in ("mosquitto", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name).pw_name
    raise BrokerError("there is neither a user 'mosquitto' nor 'nobody' to run the broker as; it never runs as root")


def find_mosquitto() -> str:
    """The broker's program. Raises BrokerError that says how to install it."""
    # Debian puts it where an ordinary user's PATH does not go.
    folders = os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"))
    program = shutil.which("mosquitto", path=folders)
    if program is None:
        raise BrokerError("mosquitto, the broker, is not installed: apt-get install mosquitto")
    return program


class Broker:
    """One mosquitto on one port. A context manager: running inside, gone outside.

    Without `folder` its files lie in a temporary folder that is removed with it.
    """

    def __init__(self, server: Identity, settings: BrokerSettings | None = None, folder: Path | None = None) -> None:
        self._server = server
        self._wanted = settings or BrokerSettings()
        self.settings = self._wanted
        self._own_folder = folder is None
        self.folder = folder or Path(tempfile.mkdtemp(prefix="nattvakt-broker-"))
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> "Broker":
        try:
            self.start()
        except BrokerError:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def host(self) -> str:
        """Where clients find it; a name or address in the server's certificate."""
        return self.settings.address

    @property
    def port(self) -> int:
        """The port, known once it has started."""
        return self.settings.port

    @property
    def ca(self) -> Path:
        """What clients trust."""
        return self._server.ca

    @property
    def running(self) -> bool:
        """Whether the process lives."""
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        """The process id. Raises BrokerError where it does not run."""
        if self._process is None:
            raise BrokerError("the broker does not run")
        return self._process.pid

    @property
    def log(self) -> str:
        """What the broker has written so far."""
        path = self.folder / "broker.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def start(self) -> None:
        """Start it and return when it takes connections. Raises BrokerError saying what is wrong and what to do."""
        if self.running:
            return
        program = find_mosquitto()
        tries = 1 if self.settings.port else 5
        for left in reversed(range(tries)):
            chosen = self.settings.port or _free_port(self.settings.address)
            try:
                self._launch(program, replace(self.settings, port=chosen))
            except _PortTaken:
                # Between choosing a free port and using it, somebody else took it.
                if left == 0:
                    raise
            else:
                return

    def stop(self) -> None:
        """End it as a system does on shutdown: it saves what it remembers. Idempotent."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End it as a power cut does: what it had not saved is forgotten."""
        self._end(signal.SIGKILL)

    def restart(self, *, memory: bool = True) -> None:
        """Stop and start on the same port, with what it remembered or, without memory, as if it were new."""
        self.stop()
        if not memory:
            (self.folder / "data" / "mosquitto.db").unlink(missing_ok=True)
        self.start()

    def close(self) -> None:
        """Stop, and remove the temporary folder. Idempotent."""
        self.stop()
        if self._own_folder:
            shutil.rmtree(self.folder, ignore_errors=True)

    def _launch(self, program: str, settings: BrokerSettings) -> None:
        _check_port(settings)
        config = write_files(self.folder, self._server, settings)
        with (self.folder / "broker.log").open("ab") as log:
            self._process = _spawn([program, "-c", str(config)], settings, log)
        if not _accepts(settings, self._process):
            self._end(signal.SIGKILL)
            _explain(self.log, settings)
        self.settings = settings

    def _end(self, how: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(how)
        try:
            process.wait(STOP_LIMIT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


class _PortTaken(BrokerError):
    def __init__(self, settings: BrokerSettings) -> None:
        super().__init__(
            f"port {settings.port} on {settings.address} is in use: "
            "stop what uses it, or choose another port (0: any free one)"
        )


def _template(name: str) -> str:
    return (resources.files("provisioning") / "mosquitto" / name).read_text(encoding="utf-8")


def _give(folder: Path, user: str) -> None:
    account = pwd.getpwnam(user)
    for path in (folder, *folder.iterdir()):
        os.chown(path, account.pw_uid, account.pw_gid)
    for parent in folder.resolve().parents:
        if not parent.stat().st_mode & 0o001:
            raise BrokerError(
                f"the broker runs as user {user!r}, who cannot enter {parent}; choose a folder that all may enter"
            )


def _spawn(command: list[str], settings: BrokerSettings, log: BinaryIO) -> subprocess.Popen[bytes]:
    if os.geteuid() != 0:
        return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    account = pwd.getpwnam(settings.user or ordinary_user())
    return subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
        user=account.pw_uid, group=account.pw_gid, extra_groups=[],
    )  # fmt: skip


def _free_port(address: str) -> int:
    with socket.socket() as probe:
        probe.bind((address, 0))
        return int(probe.getsockname()[1])


def _check_port(settings: BrokerSettings) -> None:
    with socket.socket() as probe:
        # As mosquitto does: a port whose last connections are only winding down is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.address, settings.port))
        except (OSError, OverflowError) as error:
            if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
                raise _PortTaken(settings) from error
            raise BrokerError(f"cannot listen on {settings.address}:{settings.port}: {error}") from error


def _accepts(settings: BrokerSettings, process: subprocess.Popen[bytes]) -> bool:
    """Wait until it shakes hands over TLS (True), or the process ends or takes too long (False).

    That the port takes a connection is not enough: mosquitto listens before it reads its certificates. Whether they
    are good is not asked here; that is the clients' business.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    deadline_s = time.monotonic() + START_LIMIT_S
    while time.monotonic() < deadline_s:
        with (
            contextlib.suppress(OSError),
            socket.create_connection((settings.address, settings.port), timeout=1.0) as plain,
            context.wrap_socket(plain),
        ):
            return process.poll() is None
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=0.01)
            return False
    return False


def _explain(log: str, settings: BrokerSettings) -> None:
    if "Address already in use" in log[-2000:]:
        raise _PortTaken(settings)
    said = "; ".join(log.strip().splitlines()[-3:]) or "it said nothing"
    raise BrokerError(f"mosquitto did not start on {settings.address}:{settings.port}: {said}")
