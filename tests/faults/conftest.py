"""What scenes about `link` stand on."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from provisioning.authority import Identity
from provisioning.broker import Broker
from tests.faults.link_process import Nursery
from tests.faults.link_stage import NODE, Stage


@pytest.fixture(scope="session")
def nursery() -> Iterator[Nursery]:
    """Where link processes come from."""
    nursery = Nursery()
    yield nursery
    nursery.close()


@pytest.fixture
def make_stage(
    tmp_path: Path, identity: Callable[[str], Identity], nursery: Nursery
) -> Iterator[Callable[[Broker], Stage]]:
    """`make_stage(broker)`; everything that was started on it is ended with the test."""
    with tempfile.TemporaryDirectory(dir="/dev/shm", prefix="nattvakt-test-") as ram, ExitStack() as stack:
        yield lambda broker: Stage(tmp_path, Path(ram), broker, identity(NODE), stack, nursery)
