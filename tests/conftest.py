"""Real parts for everybody's tests: a certificate authority and a mosquitto of one's own.

def test_it(broker, identity, probe):
    centre = probe(identity("centre-1"))      # a plain MQTT 5 client, connected
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import pytest

from provisioning.authority import Authority, Identity
from provisioning.broker import Broker
from tests.mqtt_probe import Probe


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """A throw-away certificate authority, good for two days."""
    return Authority.create(tmp_path_factory.mktemp("authority") / "ca", life=timedelta(days=2))


@pytest.fixture(scope="session")
def server(authority: Authority) -> Identity:
    """The broker's certificate, for localhost and 127.0.0.1."""
    return authority.issue_server("localhost", ("127.0.0.1",))


@pytest.fixture(scope="session")
def identity(authority: Authority) -> Callable[[str], Identity]:
    """`identity("n01")`, `identity("centre-1")`: a certificate by name, made once a session.

    One certificate, one connection: the broker ends the first when a second comes with the same one.
    """
    made: dict[str, Identity] = {}

    def issue(name: str) -> Identity:
        if name not in made:
            made[name] = authority.issue_centre(name) if name.startswith("centre") else authority.issue_node(name)
        return made[name]

    return issue


@pytest.fixture
def broker(server: Identity) -> Iterator[Broker]:
    """A fresh mosquitto with mutual TLS and the fleet's ACL, on a free port; about 0.05 s."""
    with Broker(server) as running:
        yield running


@pytest.fixture
def probe(broker: Broker) -> Iterator[Callable[..., Probe]]:
    """`probe(identity("n01"))`: a connected plain MQTT 5 client; closed at the end."""
    with ExitStack() as stack:
        yield lambda who, **how: stack.enter_context(Probe(broker, who, **how))


@pytest.fixture
def other_authority(tmp_path: Path) -> Authority:
    """An authority that nobody here trusts."""
    return Authority.create(tmp_path / "other-ca", life=timedelta(days=2))
