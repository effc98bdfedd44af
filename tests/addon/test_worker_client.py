"""The worker's client with a real worker: results, errors and turns."""

from __future__ import annotations

import os
import subprocess
import time

import numpy as np
import pytest
from worker_clients import POLL_S, end_of, names_in, wait_for

from addon.worker.events import RequestFailed, RequestFinished, RequestProgress
from lanet_core.files import read_hdr
from lanet_core.pipeline.panorama_converter import load_converter


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


def test_what_a_killed_blender_left_long_ago_is_swept(client, image, output):
    left, recent = (output.parent / f".lanet-{name}.unfinished" for name in ("old", "new"))
    for folder in (left, recent):
        folder.mkdir(parents=True)
        (folder / "street_lanet.exr").write_bytes(b"unfinished")
    os.utime(left, (time.time() - 2 * 86400,) * 2)
    client.convert(image, output)
    assert isinstance(end_of(client), RequestFinished)
    assert sorted(names_in(output.parent)) == [recent.name, output.name]


def test_a_foreign_environment_does_not_lead_the_worker_astray(make_client, image, tmp_path, monkeypatch):
    (tmp_path / "numpy.py").write_text("raise SystemExit('a file of the artist was run')")
    (tmp_path / "json.py").write_text("raise SystemExit('a file of the artist was run')")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv("PYTHONHOME", str(tmp_path))
    client = make_client()
    client.inspect(image)
    assert isinstance(end_of(client), RequestFinished)


def test_no_method_keeps_the_main_thread_waiting(client, large_image, output):
    longest_s, started_s = 0.0, time.perf_counter()
    client.convert(large_image, output)
    ended = False
    while not ended:
        before_s = time.perf_counter()
        ended = any(isinstance(event, RequestFinished) for event in client.poll())
        longest_s = max(longest_s, time.perf_counter() - before_s)
        time.sleep(POLL_S)
    assert longest_s < 0.25 * (time.perf_counter() - started_s)  # one that waits takes as long as the conversion
