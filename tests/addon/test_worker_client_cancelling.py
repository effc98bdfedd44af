"""Requests to a real worker that are cancelled."""

from __future__ import annotations

import os
import signal
import time

import pytest
from processes import exists
from worker_clients import POLL_S, end_of, expect_brief_cancelling, names_in, wait_for, wait_until

from addon.worker.events import RequestCancelled, RequestFailed, RequestFinished, RequestProgress


@pytest.mark.parametrize("stage", ["waiting", "starting", "reading", "network", "reconstruction", "writing"])
def test_cancelling_ends_at_once_and_leaves_nothing(client, large_image, output, stage):
    output.parent.mkdir()
    output.write_bytes(b"the former result")
    number = client.convert(large_image, output)
    stages = {"waiting"}
    while stage not in stages:
        stages |= {"starting"} | {event.stage for event in client.poll()}
        time.sleep(POLL_S)
    client.cancel(number)
    expect_brief_cancelling(client, number)
    client.stop()
    assert names_in(output.parent) == [output.name]
    assert output.read_bytes() == b"the former result"


def test_a_result_that_comes_after_the_cancelling_is_dropped(client, image, output):
    for _ in range(50):
        number, events = client.convert(image, output), []
        while not any(isinstance(event, RequestProgress) and event.stage == "writing" for event in events):
            events += client.poll()
        client.cancel(number)
        if not client.busy:  # it was finished already
            output.unlink()
            continue
        assert end_of(client) == RequestCancelled(number)
        client.stop()
        assert names_in(output.parent) == []
        return
    raise AssertionError("no conversion was caught while it was writing")


def test_cancelling_with_patience_keeps_the_worker(client, large_image, image, output):
    client.inspect(image)
    end_of(client)
    pid = client.worker_pid
    first, second = client.convert(large_image, output), client.convert(image, output.with_name("b.exr"))
    wait_for(client, RequestProgress)
    os.kill(pid, signal.SIGSTOP)
    client.cancel(first, keep_worker=True)
    until_s = time.monotonic() + 0.5  # twice the time after which it would be killed
    while time.monotonic() < until_s:
        assert not client.poll()
        time.sleep(POLL_S)
    os.kill(pid, signal.SIGCONT)
    events = wait_for(client, RequestFinished, RequestFailed)
    assert next(event for event in events if not isinstance(event, RequestProgress)) == RequestCancelled(first)
    assert isinstance(events[-1], RequestFinished) and events[-1].request == second
    assert client.worker_pid == pid and names_in(output.parent) == ["b.exr"]


def test_patience_with_a_cancelled_request_can_end(client, large_image, output):
    number = client.convert(large_image, output)
    wait_for(client, RequestProgress)
    os.kill(client.worker_pid, signal.SIGSTOP)
    client.cancel(number, keep_worker=True)
    assert not client.poll()
    client.cancel(number)
    expect_brief_cancelling(client, number)


def test_a_waiting_request_is_cancelled_and_the_others_go_on(client, image, tmp_path):
    first, second, third = (client.convert(image, tmp_path / f"{name}.exr") for name in "abc")
    client.cancel(second)
    events = []
    while client.busy:
        events += client.poll()
    assert {type(event): event.request for event in events if event.request == second} == {RequestCancelled: second}
    assert [event.request for event in events if isinstance(event, RequestFinished)] == [first, third]


def test_a_worker_that_hangs_can_be_cancelled(client, large_image, output):
    number = client.convert(large_image, output)
    wait_for(client, RequestProgress)
    hung = client.worker_pid
    os.kill(hung, signal.SIGSTOP)
    client.cancel(number)
    expect_brief_cancelling(client, number)
    wait_until(lambda: not exists(hung))
