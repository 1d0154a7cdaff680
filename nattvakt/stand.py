"""A whole installation in one folder: authority, broker, permit, a node and a link. For the demo, the bench and tests.

Everything in it is real but throw-away: keys are made here and go with the folder. The permit allows the whole day, for
this stand's own made-up site only, and nobody but this stand trusts the key that signed it.
"""

import subprocess
import sys
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec

from custody.permit import PRIVATE_NAME, PUBLIC_NAME, make_key, new_permit, read_key, sign, write_permit
from firmware.config import BrokerConfig, CameraConfig, ClipConfig, NodeConfig, SiteConfig
from firmware.drivers.files import write_atomic
from firmware.errors import NodeError
from provisioning.authority import Authority, Identity
from provisioning.broker import Broker, BrokerSettings

STOP_LIMIT_S = 10.0
NODE = "demo-01"
CENTRE = "centre-1"
RAM = Path("/dev/shm")


@dataclass(slots=True)
class Stand:
    """Use as a context manager; `start` runs a process, leaving ends all of them and the broker."""

    folder: Path
    site: SiteConfig
    camera: CameraConfig
    clip: ClipConfig = field(default_factory=ClipConfig)
    broker_settings: BrokerSettings = field(default_factory=BrokerSettings)
    authority: Authority = field(init=False)
    centre: Identity = field(init=False)
    broker: Broker = field(init=False)
    config: NodeConfig = field(init=False)
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    _stack: ExitStack = field(default_factory=ExitStack)

    def __enter__(self) -> Self:
        with self._stack:  # whatever was opened is closed again if the next step fails
            self.folder = self.folder.absolute()  # relative paths in node.toml would be relative to its own folder
            self.folder.mkdir(parents=True, exist_ok=True)
            self.authority = Authority.create(self.folder / "ca", life=timedelta(days=2), name="Nattvakt stand")
            self.centre = self.authority.issue_centre(CENTRE)
            server = self.authority.issue_server("localhost", ("127.0.0.1",))
            self.broker = self._stack.enter_context(Broker(server, self.broker_settings))
            self.config = self._configure(self.authority.issue_node(NODE))
            self._permit()
            self._stack.callback(self._end_all)
            self._stack = self._stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    @property
    def config_path(self) -> Path:
        """The node's configuration."""
        return self.folder / "node.toml"

    def start(self, name: str, *words: str) -> subprocess.Popen[bytes]:
        """Run `nattvakt <name>` (or `nattvakt <words>` under that name); what it says goes to `<name>.log`."""
        command = [sys.executable, "-m", "nattvakt", *(words or (name,)), "--config", str(self.config_path)]
        with (self.folder / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        return self.processes[name]

    def check(self) -> None:
        """Raise NodeError where a process has ended with a fault."""
        for verb, process in self.processes.items():
            if process.poll():
                raise NodeError(f"nattvakt {verb} ended with status {process.returncode}:\n{self.said(verb)}")

    def said(self, verb: str, lines: int = 15) -> str:
        """The last lines of a process."""
        text = (self.folder / f"{verb}.log").read_text(encoding="utf-8", errors="replace")
        return "\n".join(text.splitlines()[-lines:])

    def _configure(self, node: Identity) -> NodeConfig:
        runtime = self._stack.enter_context(tempfile.TemporaryDirectory(prefix="nattvakt-", dir=RAM))
        config = NodeConfig(
            node=NODE,
            state_dir=str(self.folder / "state"),
            runtime_dir=runtime,
            site_file=str(self.folder / "site.toml"),
            permit_file=str(self.folder / "permit.json"),
            permit_key=str(self.folder / "custodian" / PUBLIC_NAME),
            clock_trust="host",
            broker=BrokerConfig(
                host="localhost", port=self.broker.port, ca=str(node.ca), cert=str(node.cert), key=str(node.key)
            ),
            camera=self.camera,
            clip=self.clip,
        )
        write_atomic(self.config_path, msgspec.toml.encode(config))
        write_atomic(Path(config.site_file), msgspec.toml.encode(self.site))
        return config

    def _permit(self) -> None:
        folder = self.folder / "custodian"
        make_key(folder)
        now_utc = datetime.now(UTC)
        today = now_utc.date()
        permit = new_permit(
            {
                "id": "stand-only",
                "authority": "nobody: made up for a demonstration",
                "area": self.site.site,
                "time_zone": "UTC",
                "from": "00:00",
                "until": "00:00",
                "valid_from": today - timedelta(days=1),
                "valid_until": today + timedelta(days=1),
                "issued_utc": now_utc,
            }
        )
        write_permit(sign(permit, read_key(folder / PRIVATE_NAME)), Path(self.config.permit_file))

    def _end_all(self) -> None:
        for process in self.processes.values():
            process.terminate()
        for process in self.processes.values():
            try:
                process.wait(STOP_LIMIT_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
