"""The same records from one process and from several, one of which is killed; and what can be wrong with a cluster.

The renderer is the quick one of ``diffuse_ball``: what is tested here is who does the work.
"""

from __future__ import annotations

import gc
import json
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from diffuse_ball import SlowDiffuseBallRenderer
from panorama_files import panorama, write_hdr

from lanet_core.errors import LanetError
from render_eval.campaign import Campaign, assemble
from render_eval.dask_scheduler import existing_cluster, local_cluster
from render_eval.dataset import find_pairs
from render_eval.records import Evaluation
from render_eval.scene_description import from_dict, load_scene_description
from render_eval.scheduler import SchedulerError, in_process

SCENES = 5


@pytest.fixture(scope="module")
def campaign(tmp_path_factory) -> Campaign:
    folder = tmp_path_factory.mktemp("scheduler")
    for seed in range(SCENES):
        write_hdr(folder / f"data/scene_{seed}.exr", panorama(seed))
    light = panorama(9)
    light[0, 0] = float("nan")
    write_hdr(folder / "data/bad.exr", light)
    values = load_scene_description("four_balls").to_dict()
    values["image"] |= {"width": 32, "height": 18}
    return Campaign(
        folder / "data",
        folder / "out",
        from_dict(values),
        methods="ldr,oracle-3",
        jod=False,
        open_renderer=SlowDiffuseBallRenderer,
    )


def evaluate(campaign: Campaign, scheduler, on_done=lambda done: None) -> Evaluation:
    tools = scheduler.prepare(campaign)
    finished = []
    for each in scheduler.work(campaign, find_pairs(campaign.data), [method.name for method in tools.methods]):
        finished.append(each)
        on_done(len(finished))
    return assemble(campaign, tools, finished, {})


def without_times(evaluation: Evaluation) -> Evaluation:
    results = tuple(replace(each, predict_seconds=0.0, render_seconds=0.0) for each in evaluation.results)
    return replace(evaluation, results=results)


def test_clusters_need_dask(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)  # an import raises, as where it is not installed
    for cluster in (local_cluster(2), existing_cluster("tcp://127.0.0.1:1")):
        with pytest.raises(SchedulerError, match=r"distributed.*lanet-ibl\[evaluation\]"), cluster:
            pass


def test_two_processes_one_of_them_killed_give_what_one_process_gives(campaign):
    pytest.importorskip("distributed")
    in_one = replace(campaign, out=campaign.out.parent / "one")
    with in_process() as scheduler:
        expected = evaluate(in_one, scheduler)
    killed = []

    with local_cluster(2) as scheduler:

        def kill_a_worker_half_way(done: int) -> None:
            if done == 6:
                pid = next(iter(scheduler.client.run(os.getpid).values()))
                os.kill(pid, signal.SIGKILL)
                killed.append(pid)

        evaluation = evaluate(campaign, scheduler, kill_a_worker_half_way)
        assert killed[0] not in scheduler.client.run(os.getpid).values()

    assert without_times(evaluation) == replace(without_times(expected), versions=evaluation.versions)
    assert sum(bool(scene.error) for scene in evaluation.scenes) == 1
    assert len(evaluation.results) == 2 * (SCENES + 1)


@pytest.fixture(scope="module")
def cluster():
    """A cluster that another program started, with one worker."""
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address="127.0.0.1:0") as cluster:
        yield cluster


def test_an_existing_cluster_does_the_work_and_stays(campaign, cluster):
    campaign = replace(campaign, out=campaign.out.parent / "existing", methods="ldr")
    with existing_cluster(cluster.scheduler_address) as scheduler:
        evaluation = evaluate(campaign, scheduler)
    with in_process() as scheduler:
        again = evaluate(campaign, scheduler)
    assert again == replace(evaluation, versions=again.versions)  # it was all there
    assert len(cluster.scheduler_info["workers"]) == 1


@pytest.mark.parametrize(
    ("change", "problem"),
    [({"methods": "nosuch"}, "no method 'nosuch'"), ({"data": Path("/nowhere")}, "does not see the data folder")],
)
def test_what_the_workers_cannot_do_is_an_error_before_any_work(campaign, cluster, change, problem):
    campaign = replace(campaign, out=campaign.out.parent / "failing", token="failing", **change)
    with existing_cluster(cluster.scheduler_address) as scheduler, pytest.raises(LanetError, match=problem):
        scheduler.prepare(campaign)


def test_a_cluster_without_workers_is_an_error(campaign, monkeypatch):
    distributed = pytest.importorskip("distributed")
    monkeypatch.setattr("render_eval.dask_scheduler._PATIENCE_S", 3)
    with (
        distributed.LocalCluster(n_workers=0, dashboard_address="127.0.0.1:0") as cluster,
        existing_cluster(cluster.scheduler_address) as scheduler,
        pytest.raises(SchedulerError, match="no worker"),
    ):
        scheduler.prepare(campaign)


@pytest.fixture
def silent_address():
    """A server that accepts connections and never sends a byte."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield f"tcp://127.0.0.1:{listener.getsockname()[1]}"


@pytest.mark.parametrize(
    "address", ["tcp://127.0.0.1:1", "tcp://nohost.invalid:8786", "nonsense", "http://127.0.0.1:1", "", "tcp://a:b"]
)
def test_no_scheduler_at_the_address_is_an_error(address, monkeypatch):
    pytest.importorskip("distributed")
    monkeypatch.setattr("render_eval.dask_scheduler._CONNECT_S", 1.0)
    with pytest.raises(SchedulerError, match="no Dask scheduler at") as caught, existing_cluster(address):
        pass
    assert f"at {address} (" in str(caught.value)
    assert caught.value.remedy


def test_something_silent_at_the_address_is_an_error(silent_address, monkeypatch):
    pytest.importorskip("distributed")
    monkeypatch.setattr("render_eval.dask_scheduler._CONNECT_S", 1.0)
    with pytest.raises(SchedulerError, match="no Dask scheduler at"), existing_cluster(silent_address):
        pass


@pytest.fixture
def start(tmp_path):
    """Return a function that starts one of Dask's programs, which ends with the test."""
    pytest.importorskip("distributed")
    processes = []

    def run(module: str, *arguments) -> subprocess.Popen:
        command = [sys.executable, "-m", f"distributed.cli.{module}", *map(str, arguments), "--no-dashboard"]
        paths = os.pathsep.join(path for path in sys.path if path)
        environment = os.environ | {"PYTHONPATH": paths}
        processes.append(subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL, cwd=tmp_path))
        return processes[-1]

    yield run
    for process in processes:
        process.kill()
        process.wait()


def address_in(path: Path, patience_s: float = 60.0) -> str:
    """Return the address that a scheduler writes into its file once it is there."""
    end = time.monotonic() + patience_s
    while time.monotonic() < end:
        with suppress(OSError, ValueError):
            return json.loads(path.read_text())["address"]
        time.sleep(0.1)
    raise AssertionError("the scheduler did not start")


def test_a_scheduler_that_goes_during_the_work_is_reported_at_once(campaign, start, tmp_path):
    process = start("dask_scheduler", "--host", "127.0.0.1", "--port", 0, "--scheduler-file", tmp_path / "file.json")
    address = address_in(tmp_path / "file.json")
    start("dask_worker", address, "--nthreads", 1, "--no-nanny")
    campaign = replace(campaign, out=campaign.out.parent / "gone", token="gone")

    def kill_the_scheduler(done: int) -> None:
        if done == 2:
            process.kill()

    with (
        pytest.raises(SchedulerError, match=rf"scheduler at {address} has ended.*finished work is kept"),
        existing_cluster(address) as scheduler,
    ):
        evaluate(campaign, scheduler, kill_the_scheduler)


def test_no_other_user_of_the_machine_can_send_work_to_its_cluster():
    """Dask unpickles, and so runs, anything that a connected client sends."""
    distributed = pytest.importorskip("distributed")
    with local_cluster(1) as scheduler:
        address = scheduler.client.scheduler.address
        assert address.startswith("tls://")
        assert scheduler.client.submit(os.getpid).result(timeout=60) != os.getpid()
        workers = list(scheduler.client.scheduler_info(n_workers=-1)["workers"])
        assert workers and all(each.startswith("tls://") for each in workers)
        plain = address.replace("tls://", "tcp://")
        for options in ({}, {"security": distributed.Security.temporary()}):
            assert_refused((OSError, TypeError, RuntimeError, AssertionError), address, **options)
        # An AssertionError of its event loop where that ended before the client looked at it.
        assert_refused((OSError, AssertionError), plain)


def assert_refused(errors: tuple[type[Exception], ...], address: str, **options) -> None:
    """Check that no client can connect.

    A client that cannot is closed when Python collects it. If that happens while another one starts, Dask waits for its
    own lock for ever: it is collected here.
    """
    from distributed import Client

    with pytest.raises(errors):
        Client(address, timeout=3, **options)
    gc.collect()


def test_a_cluster_with_certificates(campaign, start, tmp_path, monkeypatch):
    distributed = pytest.importorskip("distributed")
    own = distributed.Security.temporary()
    files = [tmp_path / name for name in ("ca.pem", "certificate.pem", "key.pem")]
    for path, text in zip(files, (own.tls_ca_file, own.tls_client_cert, own.tls_client_key), strict=True):
        path.write_text(text)
    options = [each for pair in zip(("--tls-ca-file", "--tls-cert", "--tls-key"), files, strict=True) for each in pair]
    scheduler_file = tmp_path / "file.json"
    common = ["--host", "127.0.0.1", "--protocol", "tls", "--scheduler-file", scheduler_file]
    start("dask_scheduler", *options, *common, "--port", 0)
    address = address_in(scheduler_file)
    start("dask_worker", address, *options, "--nthreads", 1, "--no-nanny")
    campaign = replace(campaign, out=campaign.out.parent / "tls", token="tls", methods="ldr")
    with existing_cluster(address, files) as scheduler:
        assert len(evaluate(campaign, scheduler).results) == SCENES + 1
    with pytest.raises(SchedulerError, match="no such file"), existing_cluster(address, [*files[:2], tmp_path / "no"]):
        pass
    monkeypatch.setattr("render_eval.dask_scheduler._CONNECT_S", 1.0)
    with pytest.raises(SchedulerError, match="no Dask scheduler"), existing_cluster(address):
        pass
