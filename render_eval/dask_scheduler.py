"""The work on a cluster of Dask: processes of this machine, or workers anywhere that share its disk.

What a worker that dies leaves unfinished, others do: each piece of work is tried on four workers at most, by Dask's own
default. A worker keeps its tools open from one piece to the next. Dask is the package ``distributed``.

Dask runs any code that a connected process sends to it. The local cluster therefore takes connections only with
a certificate that is made for each run; a cluster of several machines takes three files (``docs/cluster.md``).
"""

from __future__ import annotations

import asyncio
import logging
import tempfile
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import CancelledError
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, cast

from lanet_core.errors import LanetError
from render_eval.campaign import Campaign, FinishedWork, Tools
from render_eval.dataset import Pair
from render_eval.failures import failure_of
from render_eval.records import ResultRecord, SceneRecord
from render_eval.renderer import Renderer, import_blender
from render_eval.scheduler import SchedulerError, holds_token, write_token
from render_eval.work import work_on_method, work_on_scene
from render_eval.workbench import Workbench

if TYPE_CHECKING:
    from distributed import Client, Future, Security, WorkerPlugin

#: How long to wait for a cluster's first worker, seconds.
_PATIENCE_S = 60
#: How long to wait for a scheduler at an address, seconds.
_CONNECT_S = 5.0


class OnDask:
    """On the workers of a cluster.

    Args:
        client: connected to the cluster, which becomes an attribute.
    """

    def __init__(self, client: Client) -> None:
        self.client = client
        assert client.scheduler is not None, "the client is connected"
        self._address = client.scheduler.address

    def prepare(self, campaign: Campaign) -> Tools:
        """See :class:`Scheduler`. Every worker replies; they must agree."""
        try:
            self.client.wait_for_workers(1, timeout=_PATIENCE_S)
        except TimeoutError as error:
            raise SchedulerError(
                "The cluster has no worker.", remedy="Start some: dask worker ADDRESS --nthreads 1."
            ) from error
        write_token(campaign)
        try:
            replies = self._query_all(campaign)
        except (CancelledError, OSError) as error:
            raise self._gone() from error
        except ModuleNotFoundError as error:
            raise SchedulerError(
                f"The workers cannot import {error.name}.",
                remedy="Start them with this project's folder on PYTHONPATH, and the same packages.",
            ) from error
        if any(reply != replies[0] for reply in replies):
            raise SchedulerError(
                f"The workers differ in {_differences(replies)}.",
                remedy="Install the same Blender, packages and models on all of them.",
            )
        return replies[0]

    def _query_all(self, campaign: Campaign) -> list[Tools]:
        if campaign.metrics == "renders" and campaign.open_renderer is Renderer:
            self.client.register_plugin(_blender_in_main_thread(), name="render_eval")
        workers = self.client.scheduler_info(n_workers=-1)["workers"]
        replies = self.client.gather(
            [self.client.submit(_open_on_worker, campaign, workers=[worker], pure=False) for worker in workers]
        )
        return cast("list[Tools]", replies)  # of a blocking client; its annotation covers the asynchronous one

    def work(self, campaign: Campaign, pairs: Sequence[Pair], methods: Sequence[str]) -> Iterator[FinishedWork]:
        """See :class:`Scheduler`."""
        from distributed import as_completed

        tasks: dict[Future, tuple[Pair, str]] = {}
        for number, pair in enumerate(pairs):
            key = f"{campaign.token}-{number}"
            scene = self.client.submit(_scene_on_worker, campaign, pair, key=key)
            tasks[scene] = (pair, "")
            for method in methods:
                task = self.client.submit(_method_on_worker, campaign, pair, scene, method, key=f"{key}-{method}")
                tasks[task] = (pair, method)
        try:
            for task in as_completed(list(tasks)):
                if task.status == "cancelled":  # nothing else cancels
                    raise self._gone()
                try:
                    finished = _finished(task, *tasks[task])
                except (CancelledError, OSError) as error:  # of the connection: a task's own errors are records
                    raise self._gone() from error
                yield finished
        finally:
            if self.client.status == "running":
                self.client.cancel(list(tasks))

    def _gone(self) -> SchedulerError:
        return SchedulerError(
            f"The Dask scheduler at {self._address} has ended.",
            remedy="Start it and its workers again, then repeat the command: finished work is kept.",
        )

    def close(self) -> None:
        """Leave the cluster as it is; what made it takes it down."""


@contextmanager
def local_cluster(jobs: int) -> Iterator[OnDask]:
    """Give a cluster of processes on this machine, which ends with the ``with`` block.

    Args:
        jobs: how many processes.

    Raises:
        SchedulerError: Dask is not installed.
    """
    distributed = _import_distributed()
    with (
        tempfile.TemporaryDirectory(prefix="render_eval_", ignore_cleanup_errors=True) as scratch,
        distributed.LocalCluster(
            n_workers=jobs,
            threads_per_worker=1,
            processes=True,
            memory_limit=None,  # a large panorama is no reason to end a worker
            dashboard_address=None,  # pyright: ignore[reportArgumentType] - annotated as str, documented as optional
            security=_own_security(),
            local_directory=scratch,
            silence_logs=logging.CRITICAL,
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield OnDask(client)


@contextmanager
def existing_cluster(address: str, tls: Sequence[Path] | None = None) -> Iterator[OnDask]:
    """Give a cluster that runs already, and leave it running.

    Args:
        address: of its scheduler, such as ``tcp://192.0.2.1:8786``, or ``tls://…`` with certificates.
        tls: files of the certificate authority, this process's certificate and its key; see ``docs/cluster.md``.

    Raises:
        SchedulerError: Dask is not installed, there is no scheduler at this address, or a file is missing.
    """
    client = _connected(_import_distributed(), address, tls)
    try:
        yield OnDask(client)
    finally:
        client.close(timeout=_CONNECT_S)


def _connected(distributed, address: str, tls: Sequence[Path] | None) -> Client:
    """Return a client, connected within some seconds."""
    security = distributed.Security() if tls is None else _security_of(distributed, tls)
    try:
        asyncio.run(_shake_hands(address, security))
        return distributed.Client(address, timeout=_CONNECT_S, security=security)
    except (OSError, ValueError, TypeError, RuntimeError, TimeoutError) as error:
        scheme = " --tls is for addresses that begin with tls://." if tls and not address.startswith("tls://") else ""
        raise SchedulerError(
            f"There is no Dask scheduler at {address} ({error or 'no response'}).",
            remedy=f"Start one, or correct the address, such as tcp://host:8786.{scheme}",
        ) from error


async def _shake_hands(address: str, security: Security) -> None:
    """Connect and leave: Dask's client waits for ever for something that accepts and then is silent."""
    from distributed.comm.core import connect

    arguments = security.get_connection_args("client")
    comm = await asyncio.wait_for(connect(address, timeout=_CONNECT_S, **arguments), _CONNECT_S)
    comm.abort()


def _security_of(distributed, tls: Sequence[Path]) -> Security:
    for path in tls:
        if not path.is_file():
            raise SchedulerError(
                "There is no such file.", path=path, remedy="Use PEM files for the CA, the certificate and the key."
            )
    authority, certificate, key = map(str, tls)
    return distributed.Security(
        tls_ca_file=authority, tls_client_cert=certificate, tls_client_key=key, require_encryption=True
    )


def _own_security() -> Security:
    """Return a certificate for one run, which a process needs to connect to its cluster."""
    from distributed import Security

    try:
        return Security.temporary()
    except ImportError as error:
        raise SchedulerError(
            "Several processes need the package cryptography, which is not installed.",
            remedy='Install it: pip install "lanet-ibl[evaluation]". One process needs none.',
        ) from error


def _import_distributed():
    try:
        import distributed
    except ImportError as error:
        raise SchedulerError(
            f"Several processes need the package {error.name}, which is not installed.",
            remedy='Install it: pip install "lanet-ibl[evaluation]". One process needs none.',
        ) from error
    return distributed


def _blender_in_main_thread() -> WorkerPlugin:
    """Return what imports Blender as a worker starts: where another thread did, the process crashes as it ends."""
    from distributed import WorkerPlugin

    class BlenderInMainThread(WorkerPlugin):
        def setup(self, worker: object) -> None:
            with suppress(LanetError):  # reported where Blender is used
                import_blender()

    return BlenderInMainThread()


def _finished(task: Future, pair: Pair, method: str) -> FinishedWork:
    """Return a task's record; a task that ended its workers again and again is an error of its own."""
    if task.status == "finished":
        return task.result()
    error = cast("Exception | None", task.exception()) or RuntimeError(f"The work was {task.status}.")
    message = failure_of(error)
    if method:
        return FinishedWork(ResultRecord(pair.name, method, error=message))
    return FinishedWork(SceneRecord(pair.name, pair.category, error=message))


def _differences(replies: list[Tools]) -> str:
    facts = [{method.name: method.source for method in reply.methods} | reply.versions for reply in replies]
    names = sorted({name for each in facts for name in each})
    values = {name: sorted({each.get(name, "none") for each in facts}) for name in names}
    return "; ".join(f"{name} is {' or '.join(found)}" for name, found in values.items() if len(found) > 1)


#: A worker's open tools, by the run they belong to: one at most.
_benches: dict[str, Workbench] = {}
#: Blender does one thing at a time, however many threads a worker has.
_one_at_a_time = threading.Lock()


def _bench_of(campaign: Campaign) -> Workbench:
    if campaign.token not in _benches:
        while _benches:
            _benches.popitem()[1].close()
        _benches[campaign.token] = Workbench(campaign)
    return _benches[campaign.token]


def _open_on_worker(campaign: Campaign) -> Tools:
    if not holds_token(campaign):
        raise SchedulerError(
            f"A worker does not see the data folder {campaign.data} or the output folder {campaign.out}.",
            remedy="Put both on a disk that all machines share, under the same path.",
        )
    with _one_at_a_time:
        return _bench_of(campaign).tools


def _scene_on_worker(campaign: Campaign, pair: Pair) -> FinishedWork[SceneRecord]:
    with _one_at_a_time:
        return work_on_scene(_bench_of(campaign), pair)


def _method_on_worker(
    campaign: Campaign, pair: Pair, scene: FinishedWork[SceneRecord], method: str
) -> FinishedWork[ResultRecord]:
    with _one_at_a_time:
        return work_on_method(_bench_of(campaign), pair, scene.record, method)
