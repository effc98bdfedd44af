"""The same records from one process and from several, one of which is killed; and what can be wrong with a cluster.

The renderer is the quick one of ``diffuse_ball``: what is tested here is who does the work.
"""

from __future__ import annotations

import os
import signal
import sys
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
    values["picture"] |= {"width": 32, "height": 18}
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


def test_clusters_need_dask_and_say_so(monkeypatch):
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
    """A cluster that somebody else started, with one worker."""
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


def test_no_scheduler_at_the_address_is_an_error(monkeypatch):
    pytest.importorskip("distributed")
    monkeypatch.setattr("render_eval.dask_scheduler._PATIENCE_S", 1)
    with (
        pytest.raises(SchedulerError, match=r"no Dask scheduler at tcp://127\.0\.0\.1:1"),
        existing_cluster("tcp://127.0.0.1:1"),
    ):
        pass
