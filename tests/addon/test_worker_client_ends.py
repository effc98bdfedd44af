"""The worker's client when the worker crashes, hangs, is killed or is stopped."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time

import pytest
from processes import exists
from worker_clients import POLL_S, end_of, names_in, wait_for, wait_until

from addon.worker.events import RequestFailed, RequestFinished, RequestProgress


def test_killed_at_ten_random_moments_it_is_reported_and_the_next_conversion_works(client, large_image, image, output):
    generator = random.Random(4)
    for _ in range(2):  # the second one is warm, as those to be killed
        started_s = time.monotonic()
        client.convert(large_image, output)
        assert isinstance(end_of(client), RequestFinished)
        whole_s = time.monotonic() - started_s
    crashed = 0
    for moment in range(10):
        client.convert(large_image, output)
        until_s = time.monotonic() + whole_s * generator.uniform(0.0, 0.8)
        events = []
        while time.monotonic() < until_s or client.worker_pid is None:
            events += client.poll()
            time.sleep(POLL_S)
        os.kill(client.worker_pid, signal.SIGKILL)
        if not any(isinstance(event, RequestFinished) for event in events):
            end = end_of(client)
            # A warm process that was killed before its reply is replaced silently.
            assert isinstance(end, RequestFinished) or end.kind == "WorkerEnded", moment
            crashed += isinstance(end, RequestFailed)
            if isinstance(end, RequestFailed):
                assert "was killed" in end.message
        client.convert(image, output.with_name("small_lanet.exr"))
        assert isinstance(end_of(client), RequestFinished), moment
    assert crashed >= 4
    client.stop()
    assert sorted(names_in(output.parent)) == ["small_lanet.exr", output.name]


def test_a_worker_that_hangs_is_stopped_and_replaced(make_client, large_image, image, output):
    client = make_client(silence_s=8.0)
    client.convert(large_image, output)
    wait_for(client, RequestProgress)
    hung = client.worker_pid
    os.kill(hung, signal.SIGSTOP)
    failed = end_of(client)
    assert failed.kind == "WorkerSilent"
    assert "not replied for 8 s" in failed.message
    wait_until(lambda: not exists(hung))
    client.convert(image, output)
    assert isinstance(end_of(client), RequestFinished)


def test_a_worker_killed_while_idle_is_replaced_without_a_word(client, image, output):
    client.convert(image, output)
    end_of(client)
    os.kill(client.worker_pid, signal.SIGKILL)
    client.convert(image, output)
    assert isinstance(end_of(client), RequestFinished)


def test_an_idle_worker_ends_without_being_polled(make_client, image):
    client = make_client(idle_s=0.3)
    client.inspect(image)
    end_of(client)
    first = client.worker_pid
    assert exists(first)
    wait_until(lambda: not exists(first))
    client.inspect(image)
    assert isinstance(end_of(client), RequestFinished)


@pytest.mark.parametrize("is_frozen", [False, True], ids=["running", "frozen"])
def test_stopping_leaves_no_process_and_no_unfinished_file(client, large_image, output, is_frozen):
    """It does not wait for the conversion, which never ends in a worker that is frozen."""
    client.convert(large_image, output)
    wait_for(client, RequestProgress)
    pid = client.worker_pid
    if is_frozen:
        os.kill(pid, signal.SIGSTOP)
    client.stop()
    assert not exists(pid)
    assert names_in(output.parent) == []
    assert not client.busy


PARENT = """
import sys, time
from addon.worker.client import WorkerClient
from addon.worker.events import RequestProgress
client = WorkerClient(model=sys.argv[1])
client.convert(sys.argv[2], sys.argv[3])
while not any(isinstance(event, RequestProgress) for event in client.poll()):
    time.sleep(0.01)
print(client.worker_pid, flush=True)
if sys.argv[4] == "wait":
    time.sleep(600)
"""


@pytest.mark.parametrize("end", ["wait", "return"])
def test_the_worker_ends_with_its_parent(model, large_image, output, end):
    command = [sys.executable, "-c", PARENT, str(model), str(large_image), str(output), end]
    parent = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    pid = int(parent.stdout.readline())
    if end == "wait":
        assert exists(pid)
        parent.kill()
    _, complaints = parent.communicate(timeout=20)
    assert parent.returncode == (-signal.SIGKILL if end == "wait" else 0)
    assert not complaints
    wait_until(lambda: not exists(pid), timeout_s=20.0)


def test_a_worker_that_cannot_start_has_a_reason(make_client, image, tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "executable", str(tmp_path / "no python"))
    client = make_client()
    client.inspect(image)
    failed = end_of(client)
    assert failed.kind == "WorkerEnded"
    assert "could not be started (No such file or directory)" in failed.message


def test_what_a_crashing_worker_printed_is_reported(make_client, image):
    client = make_client(threads="many")
    client.inspect(image)
    failed = end_of(client)
    assert "ended with code 2" in failed.message
    assert "invalid int value: 'many'" in failed.details
