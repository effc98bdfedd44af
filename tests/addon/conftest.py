"""Fixtures of the extension's tests: clients of a real worker, images and a place for the result."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import OpenImageIO
import pytest

from addon.worker.client import WorkerClient


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
