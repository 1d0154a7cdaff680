"""Spreads lots over all cores or over a Dask cluster, and puts what comes back into a folder; can be taken up again.

A lot is done once its own table lies in `lots/`: it is written after its pictures, in one atomic step. `labels.json`
is made of all tables at the end.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec
from distributed import Client, KilledWorker, LocalCluster, as_completed
from distributed.comm.core import CommClosedError

from firmware.drivers.files import write_atomic
from firmware.errors import NodeError
from firmware.messages import Size
from simulator.dataset.batch import PER_LOT, make_batch
from simulator.dataset.nights import PER_SCENE, make_night
from simulator.dataset.still import BatchSpec, Still
from simulator.groundtruth import coco, faint
from simulator.scene import Fidelity

CONNECT_S = 10.0
_NO_DASHBOARD = "127.0.0.1:0"  # None would listen on every interface


@dataclass(frozen=True, slots=True)
class DatasetSpec:
    """How many pictures, from which seed on, how large and how drawn, and where to. `scheduler`: an existing cluster's
    address, such as tcp://HOST:8786; None: this machine's cores (`workers`; 0: all). `library`: stills of its scenarios
    ("development" or "evaluation"); None: crowds by chance."""

    images: int
    first_seed: int
    size: Size
    fidelity: Fidelity
    folder: Path
    scheduler: str | None = None
    workers: int = 0
    library: str | None = None


def make_dataset(spec: DatasetSpec) -> Iterator[int]:
    """Yields how many pictures are there, those of an earlier run first. Raises NodeError."""
    with _written(spec.folder):
        (spec.folder / "lots").mkdir(parents=True, exist_ok=True)
        _same_order(spec)
    wanted = _batches(spec)
    todo = [batch for batch in wanted if not _table(spec.folder, batch).exists()]
    done = spec.images - sum(batch.count for batch in todo)
    yield done
    for batch, stills in _drawn(spec, todo):
        with _written(spec.folder):
            _keep(spec.folder, batch, stills)
        done += len(stills)
        yield done
    with _written(spec.folder):
        tables = [_judged(spec.folder, batch) for batch in wanted]
        write_atomic(spec.folder / "labels.json", coco.merged(tables))


@contextmanager
def _written(folder: Path) -> Iterator[None]:
    """Around work on the folder's files: what fails there is told as the folder's fault."""
    try:
        yield
    except OSError as error:
        raise NodeError(f"{folder}: cannot be written ({error.strerror or error}); name a folder that can") from error


def _batches(spec: DatasetSpec) -> list[BatchSpec]:
    each = PER_LOT if spec.library is None else PER_SCENE
    counts = [each] * (spec.images // each) + ([spec.images % each] if spec.images % each else [])
    return [
        BatchSpec(spec.first_seed + i, count, spec.size, spec.fidelity, spec.library) for i, count in enumerate(counts)
    ]


def _same_order(spec: DatasetSpec) -> None:
    """A folder holds pictures of one kind, size and fidelity: those of an earlier run must be the same."""
    path = spec.folder / "order.json"
    asked: dict[str, object] = {"size": spec.size, "fidelity": spec.fidelity, "first-seed": spec.first_seed}
    if spec.library is not None:
        asked["nights"] = spec.library
    order = msgspec.json.encode(asked)
    if not path.exists():
        write_atomic(path, order)
    elif path.read_bytes() != order:
        raise NodeError(f"{path}: this folder was begun with {path.read_text()}, now asked for {order.decode()}; "
                        "name another folder, or the same size, fidelity, first seed and library")  # fmt: skip


def _table(folder: Path, batch: BatchSpec) -> Path:
    return folder / "lots" / f"lot-{batch.lot_seed:06d}-{batch.count}.json"


def _read(path: Path) -> coco.Table:
    try:
        return coco.read(path.read_bytes())
    except msgspec.DecodeError as error:
        raise NodeError(f"{path}: is damaged ({error}); delete it and start the same command again") from error


def _keep(folder: Path, batch: BatchSpec, stills: tuple[Still, ...]) -> None:
    for still in stills:
        (folder / still.name).write_bytes(still.jpeg)
    images = [coco.Picture(still.name, still.sequence, still.condition, still.size, still.truth) for still in stills]
    files = {still.name: still.jpeg for still in stills}
    write_atomic(_table(folder, batch), coco.encoded(faint.judged(coco.table(images), files.__getitem__)))


def _judged(folder: Path, batch: BatchSpec) -> coco.Table:
    """A batch's table; one of before contrast was measured is made up for."""
    path = _table(folder, batch)
    found = _read(path)
    table = faint.judged(found, lambda name: (folder / name).read_bytes())
    if table is not found:
        write_atomic(path, coco.encoded(table))
    return table


def _drawn(spec: DatasetSpec, todo: list[BatchSpec]) -> Iterator[tuple[BatchSpec, tuple[Still, ...]]]:
    """Batches as they come back from a cluster's workers, or from this machine's."""
    if not todo:
        return
    with _client(spec, len(todo)) as client:
        futures = client.map(make_batch if spec.library is None else make_night, todo, pure=False)
        batch_of = {future.key: batch for future, batch in zip(futures, todo, strict=True)}
        try:
            for future in as_completed(futures):
                yield batch_of[future.key], future.result()
                future.release()
        except (CommClosedError, KilledWorker) as error:
            raise NodeError(f"the Dask cluster was lost ({error}); start the same command again, it goes on") from error


@contextmanager
def _client(spec: DatasetSpec, batches: int) -> Iterator[Client]:
    """A cluster's client: of the one that is there, or of one made here for as long as it is needed."""
    if spec.scheduler is not None:
        try:
            client = Client(spec.scheduler, timeout=CONNECT_S)
        except (OSError, TimeoutError, ValueError) as error:
            raise NodeError(
                f"{spec.scheduler}: no Dask scheduler answers ({error}); start one with `dask scheduler`"
            ) from error
        with client:
            yield client
        return
    os.environ.setdefault("MI_DEFAULT_THREADS", "1")  # Mitsuba would take all cores in each worker
    workers = min(spec.workers or os.cpu_count() or 1, batches)
    cluster = LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address=_NO_DASHBOARD)
    with cluster, Client(cluster) as client:
        yield client
