"""The shared worker with real processes: events of each listener, and the end of a worker of former settings."""

from __future__ import annotations

import time
from pathlib import Path

import OpenImageIO
import pytest

from addon.converter_settings import WorkerSettings
from addon.worker.events import RequestCancelled, RequestFinished
from addon.worker.shared import SharedWorker


@pytest.fixture
def worker():
    shared = SharedWorker()
    yield shared
    shared.stop()


@pytest.fixture
def settings(make_model) -> WorkerSettings:
    return WorkerSettings(model=str(make_model()), provider="cpu", threads=1)


@pytest.fixture
def image(tmp_path, street) -> Path:
    path = tmp_path / "street.png"
    assert OpenImageIO.ImageBuf(street).write(str(path))
    return path


def wait(worker: SharedWorker) -> None:
    end_s = time.monotonic() + 60.0
    while worker.busy:
        assert time.monotonic() < end_s
        worker.poll()
        time.sleep(0.005)


def test_each_listener_hears_of_its_own_request(worker, settings, image, tmp_path):
    inspected, converted, described = [], [], []
    worker.ask(settings, lambda client: client.inspect(image), inspected.append)
    worker.ask(settings, lambda client: client.convert(image, tmp_path / "a.exr"), converted.append)
    request = worker.ask(settings, lambda client: client.describe(), described.append)
    request.cancel()
    wait(worker)
    assert [type(event) for event in inspected] == [RequestFinished]
    assert isinstance(converted[-1], RequestFinished) and len(converted) > 3
    assert [type(event) for event in described] == [RequestCancelled]


def test_other_settings_get_another_worker_while_the_former_finishes(worker, settings, image, tmp_path):
    heard = []
    worker.ask(settings, lambda client: client.convert(image, tmp_path / "a.exr"), heard.append)
    worker.ask(WorkerSettings(settings.model, "cpu", 2), lambda client: client.describe(), heard.append)
    wait(worker)
    assert sum(isinstance(event, RequestFinished) for event in heard) == 2
    assert len(worker._lines) == 1


def test_what_is_abandoned_is_reported_once_and_stops(worker, settings, image, tmp_path):
    heard = []
    worker.ask(settings, lambda client: client.convert(image, tmp_path / "a.exr"), heard.append)
    worker.poll()
    worker.abandon()
    worker.stop()
    worker.poll()
    assert [type(event) for event in heard] == [RequestCancelled]
    assert not worker.busy and worker.worker_pid is None
    assert not list(tmp_path.glob("*.exr")) and not list(tmp_path.glob(".lanet*"))
