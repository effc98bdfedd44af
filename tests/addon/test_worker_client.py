"""The worker's client with a real worker: what it gives, and what it does when the worker falls, hangs or is killed."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import OpenImageIO
import pytest

from addon.worker.client import WorkerClient
from addon.worker.events import RequestCancelled, RequestFailed, RequestFinished, RequestProgress
from lanet_core.files import read_hdr
from lanet_core.pipeline.panorama_converter import load_converter

POLL_S = 0.005


def wait_for(client: WorkerClient, *kinds: type, timeout_s: float = 60.0) -> list:
    """Poll until an event of one of the kinds comes; return all events."""
    events = []
    end_s = time.monotonic() + timeout_s
    while not any(isinstance(event, kinds) for event in events):
        assert time.monotonic() < end_s, events
        events += client.poll()
        time.sleep(POLL_S)
    return events


def end_of(client: WorkerClient, **options):
    return wait_for(client, RequestFinished, RequestFailed, RequestCancelled, **options)[-1]


def wait_until(condition, timeout_s: float = 10.0) -> None:
    end_s = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < end_s
        time.sleep(0.01)


def names_in(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


def exists(pid: int) -> bool:
    """Return whether a process runs (a zombie does not)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.fixture
def model(make_model) -> Path:
    return make_model(gain=2.0)


@pytest.fixture
def make_client(model):
    clients = []

    def make(**options) -> WorkerClient:
        clients.append(WorkerClient(**({"model": str(model)} | options)))
        return clients[-1]

    yield make
    for client in clients:
        client.stop()


@pytest.fixture
def client(make_client) -> WorkerClient:
    return make_client()


def write_image(path: Path, pixels: np.ndarray) -> Path:
    buffer = OpenImageIO.ImageBuf(np.ascontiguousarray(pixels))
    assert buffer.write(str(path)), buffer.geterror()
    return path


@pytest.fixture
def image(tmp_path, street) -> Path:
    return write_image(tmp_path / "straße 1.png", street)


@pytest.fixture
def large_image(tmp_path) -> Path:
    """An image whose conversion takes some seconds."""
    pixels = np.random.default_rng(7).integers(10, 180, (64 * 16, 128 * 16, 3), dtype=np.uint8)
    pixels[320:340, 592:620] = 255
    return write_image(tmp_path / "large.png", pixels)


@pytest.fixture
def output(tmp_path) -> Path:
    return tmp_path / "textures" / "street_lanet.exr"


def test_a_conversion_is_that_of_the_converter(client, model, image, output, tmp_path):
    number = client.convert(image, output)
    events = wait_for(client, RequestFinished, RequestFailed)
    assert isinstance(events[-1], RequestFinished) and events[-1].request == number
    assert events[-1].facts["output"] == str(output)
    assert [event.stage for event in events[:-1]] == ["reading", "network", "reconstruction", "writing", "done"]
    expected = tmp_path / "expected.exr"
    load_converter(model).convert_file(image, expected)
    np.testing.assert_array_equal(read_hdr(output), read_hdr(expected))
    assert names_in(output.parent) == [output.name]
    assert not client.busy


def test_requests_are_served_in_turn_by_one_process(client, model, image, output):
    first, second, third = client.inspect(image), client.describe(), client.convert(image, output)
    events, pids = [], set()
    while client.busy:
        events += client.poll()
        pids |= {client.worker_pid}
    ends = [event for event in events if not isinstance(event, RequestProgress)]
    assert [event.request for event in ends] == [first, second, third]
    assert ends[0].facts["width"] == 128
    assert ends[1].facts["model"]["path"] == str(model)
    assert len(pids - {None}) == 1


def test_the_converters_errors_name_the_files_of_the_artist(client, tmp_path, image):
    client.convert(tmp_path / "missing.jpg", tmp_path / "a.exr")
    failed = end_of(client)
    assert failed.kind == "InputNotFoundError"
    assert str(tmp_path / "missing.jpg") in failed.message
    client.convert(image, tmp_path / "a.exr")
    assert isinstance(end_of(client), RequestFinished)
    assert not list(tmp_path.glob(".lanet-*"))


def test_a_full_disk_is_an_error_with_a_message(client, image, tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=32k", "tmpfs", disk], capture_output=True)
    if mounted.returncode != 0:
        pytest.skip("a small disk cannot be mounted here")
    try:
        client.convert(image, disk / "a.exr")
        failed = end_of(client)
        assert (failed.kind, failed.message.partition(":")[0]) == ("DiskFullError", str(disk / "a.exr"))
        client.stop()
        assert names_in(disk) == []
    finally:
        subprocess.run(["umount", disk], check=True)


def test_a_folder_that_cannot_be_made_is_an_error_with_a_message(client, image):
    client.convert(image, image / "textures" / "a.exr")
    failed = end_of(client)
    assert failed.kind == "AddonError"
    assert "Choose another folder" in failed.message


@pytest.mark.parametrize("stage", ["waiting", "starting", "reading", "network", "reconstruction", "writing"])
def test_cancelling_ends_within_half_a_second_and_leaves_nothing(client, large_image, output, stage):
    output.parent.mkdir()
    output.write_bytes(b"the former result")
    number = client.convert(large_image, output)
    stages = {"waiting"}
    while stage not in stages:
        stages |= {"starting"} | {event.stage for event in client.poll()}
        time.sleep(POLL_S)
    client.cancel(number)
    asked_s = time.monotonic()
    events = wait_for(client, RequestCancelled, timeout_s=2.0)
    assert time.monotonic() - asked_s < 0.5
    assert not any(isinstance(event, RequestFinished | RequestFailed) for event in events)
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
    asked_s = time.monotonic()
    assert end_of(client) == RequestCancelled(number)
    assert time.monotonic() - asked_s < 0.5


def test_a_waiting_request_is_cancelled_and_the_others_go_on(client, image, tmp_path):
    first, second, third = (client.convert(image, tmp_path / f"{name}.exr") for name in "abc")
    client.cancel(second)
    events = []
    while client.busy:
        events += client.poll()
    assert {type(event): event.request for event in events if event.request == second} == {RequestCancelled: second}
    assert [event.request for event in events if isinstance(event, RequestFinished)] == [first, third]


def test_killed_at_ten_random_moments_it_is_reported_and_the_next_conversion_works(client, large_image, image, output):
    generator = random.Random(4)
    for _ in range(2):  # the second one is warm, as those to be killed
        started_s = time.monotonic()
        client.convert(large_image, output)
        assert isinstance(end_of(client), RequestFinished)
        whole_s = time.monotonic() - started_s
    fallen = 0
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
            fallen += isinstance(end, RequestFailed)
            if isinstance(end, RequestFailed):
                assert "was killed" in end.message
        client.convert(image, output.with_name("small_lanet.exr"))
        assert isinstance(end_of(client), RequestFinished), moment
    assert fallen >= 4
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
    assert "not answered for 8 s" in failed.message
    wait_until(lambda: not exists(hung))
    client.convert(image, output)
    assert isinstance(end_of(client), RequestFinished)


def test_a_worker_that_hangs_can_be_cancelled(client, large_image, output):
    number = client.convert(large_image, output)
    wait_for(client, RequestProgress)
    hung = client.worker_pid
    os.kill(hung, signal.SIGSTOP)
    client.cancel(number)
    asked_s = time.monotonic()
    assert end_of(client) == RequestCancelled(number)
    assert time.monotonic() - asked_s < 0.5
    wait_until(lambda: not exists(hung))


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


def test_stopping_leaves_no_process_and_no_unfinished_file(client, large_image, output):
    client.convert(large_image, output)
    wait_for(client, RequestProgress)
    pid = client.worker_pid
    started_s = time.monotonic()
    client.stop()
    assert time.monotonic() - started_s < 2.0
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


def test_what_a_killed_blender_left_long_ago_is_swept(client, image, output):
    left, recent = (output.parent / f".lanet-{name}.unfinished" for name in ("old", "new"))
    for folder in (left, recent):
        folder.mkdir(parents=True)
        (folder / "street_lanet.exr").write_bytes(b"unfinished")
    os.utime(left, (time.time() - 2 * 86400,) * 2)
    client.convert(image, output)
    assert isinstance(end_of(client), RequestFinished)
    assert sorted(names_in(output.parent)) == [recent.name, output.name]


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


def test_a_foreign_environment_does_not_lead_the_worker_astray(make_client, image, tmp_path, monkeypatch):
    (tmp_path / "numpy.py").write_text("raise SystemExit('a file of the artist was run')")
    (tmp_path / "json.py").write_text("raise SystemExit('a file of the artist was run')")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv("PYTHONHOME", str(tmp_path))
    client = make_client()
    client.inspect(image)
    assert isinstance(end_of(client), RequestFinished)


def test_a_worker_that_cannot_start_has_a_reason(make_client, image, tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "executable", str(tmp_path / "no python"))
    client = make_client()
    client.inspect(image)
    failed = end_of(client)
    assert failed.kind == "WorkerEnded"
    assert "could not be started (No such file or directory)" in failed.message


def test_what_a_falling_worker_complained_of_is_reported(make_client, image):
    client = make_client(threads="many")
    client.inspect(image)
    failed = end_of(client)
    assert "ended with code 2" in failed.message
    assert "invalid int value: 'many'" in failed.details


def test_no_method_keeps_the_main_thread_waiting(client, large_image, output):
    longest_s = 0.0
    client.convert(large_image, output)
    ended = False
    while not ended:
        before_s = time.perf_counter()
        ended = any(isinstance(event, RequestFinished) for event in client.poll())
        longest_s = max(longest_s, time.perf_counter() - before_s)
        time.sleep(POLL_S)
    assert longest_s < 0.05
