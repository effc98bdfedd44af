"""Conversions band by band: any size without seams, bounded memory, and nothing left of one that ends early."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tracemalloc
from pathlib import Path

import numpy as np
import OpenImageIO
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lanet_core.errors import ConversionCancelled
from lanet_core.files import read_hdr, read_ldr
from lanet_core.geometry import sphere
from lanet_core.pipeline import panorama as panorama_module
from lanet_core.pipeline.panorama_converter import load_converter

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def converter(make_model):
    return load_converter(make_model(), threads=2)


@pytest.fixture
def small_bands(monkeypatch):
    """Sixteen rows a band, the fewest, so that small images have many."""
    monkeypatch.setattr(panorama_module, "_BAND_PIXELS", 1)


def scene_srgb8(height: int, width: int, turn: float = 0.3) -> np.ndarray:
    """A sky with a wide sun over a darker ground, smooth everywhere but at the sun's edge: (H, W, 3) uint8."""
    directions = sphere.pixel_directions(height, width)
    sun = np.array([np.cos(2.0 * np.pi * turn), np.sin(2.0 * np.pi * turn), 0.7]) / np.hypot(1.0, 0.7)
    distance = np.arccos(np.clip(directions @ sun, -1.0, 1.0))[..., None]
    base = 90.0 + 60.0 * directions[..., 2:] + np.array([0.0, 10.0, 20.0])
    return np.clip(base + 200.0 * np.exp(-((distance / 0.4) ** 2)) + 300.0 * (distance < 0.2), 0, 255).astype(np.uint8)


def write_image(path: Path, rgb_srgb8: np.ndarray) -> Path:
    buffer = OpenImageIO.ImageBuf(np.ascontiguousarray(rgb_srgb8))
    assert buffer.write(str(path)), buffer.geterror()
    return path


@given(height=st.integers(101, 240), excess=st.sampled_from([-1, 0, 1]), turn=st.floats(0.0, 1.0))
@settings(deadline=None, max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_hundred_odd_sizes(converter, small_bands, tmp_path, height, excess, turn):
    image = scene_srgb8(height, 2 * height + excess, turn)
    source, output = write_image(tmp_path / "scene.png", image), tmp_path / "scene.exr"
    conversion = converter.convert_file(source, output)
    hdr, ldr_linear = read_hdr(output), read_ldr(source).rgb_linear
    width = image.shape[1] + image.shape[1] % 2
    assert hdr.shape == (height, width, 3) == (conversion.height, conversion.width, 3)
    exposed = ldr_linear.mean(axis=-1) <= np.float32(0.83)
    captured = hdr[:, : image.shape[1]]
    np.testing.assert_array_equal(captured[exposed], ldr_linear[exposed])
    assert (captured >= ldr_linear).all()
    # Across ±180° light changes about as much at most as from any column to the next, at a light's edge.
    log_light = np.log(hdr + 0.01)
    across = np.abs(log_light[:, 0] - log_light[:, -1]).max()
    assert across <= 1.5 * np.abs(np.diff(log_light, axis=1)).max()
    if excess == 0:
        # A border of bands, of the network's pixels or of the image would turn with it; light would not.
        turned = converter.convert(np.roll(image, height, axis=1)).hdr
        np.testing.assert_allclose(np.roll(turned, -height, axis=1), hdr, rtol=2e-3)


def test_bands_of_any_number_of_rows_give_the_same(converter, monkeypatch):
    image = scene_srgb8(333, 666)
    whole = converter.convert(image).hdr
    for pixels in (1, 666 * 48, 666 * 100):
        monkeypatch.setattr(panorama_module, "_BAND_PIXELS", pixels)
        np.testing.assert_allclose(converter.convert(image).hdr, whole, rtol=1e-4)


def test_memory_holds_a_few_bands_of_light(converter, monkeypatch, tmp_path):
    """In addition to the samples, 24 MiB, there is little of the 96 MiB that their light would take."""
    height, width = 2048, 4096  # the search for painted areas takes 40 MiB at any size
    source = write_image(tmp_path / "scene.png", scene_srgb8(height, width))
    monkeypatch.setattr(panorama_module, "_BAND_PIXELS", 1)
    converter.convert_file(source, tmp_path / "scene.exr")  # what is made once is made
    tracemalloc.start()
    try:
        converter.convert_file(source, tmp_path / "scene.exr")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 3 * height * width + 40 * 2**20


def test_a_conversion_is_cancelled_between_bands(converter, small_bands, tmp_path):
    source = write_image(tmp_path / "scene.png", scene_srgb8(100, 200))
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "scene.exr").write_bytes(b"from last time")
    reported: list[tuple[float, str]] = []
    temporaries = 0

    def cancelled() -> bool:
        nonlocal temporaries
        temporaries = max(temporaries, len(list(folder.glob(".lanet-*"))))
        return len([stage for _, stage in reported if stage == "writing"]) == 4

    with pytest.raises(ConversionCancelled):
        converter.convert_file(
            source,
            folder / "scene.exr",
            progress=lambda share, stage: reported.append((share, stage)),
            cancelled=cancelled,
        )
    shares = [share for share, _ in reported]
    assert shares == sorted(set(shares))
    assert len([stage for _, stage in reported if stage == "reading"]) == 7  # at its begin and between seven bands
    assert temporaries == 1
    assert [path.name for path in folder.iterdir()] == ["scene.exr"]
    assert (folder / "scene.exr").read_bytes() == b"from last time"


@pytest.mark.skipif(sys.platform == "win32", reason="no such signals there")
@pytest.mark.parametrize("ending", [signal.SIGKILL, signal.SIGTERM])
def test_a_killed_conversion_leaves_nothing_after_the_next(converter, make_model, tmp_path, ending):
    source = write_image(tmp_path / "scene.png", scene_srgb8(100, 200))
    folder = tmp_path / "out"
    folder.mkdir()
    program = (
        "import sys, time; from lanet_core.pipeline import panorama, panorama_converter; panorama._BAND_PIXELS = 1\n"
        "def progress(share, stage):\n"
        "    if share > 0.7: print('in the midst', flush=True); time.sleep(600)\n"
        "panorama_converter.load_converter(sys.argv[1]).convert_file(sys.argv[2], sys.argv[3], progress=progress)"
    )
    command = [sys.executable, "-c", program, str(make_model()), str(source), str(folder / "scene.exr")]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    assert child.stdout.readline() == "in the midst\n"
    os.kill(child.pid, ending)
    child.wait()
    assert not (folder / "scene.exr").exists()
    converter.convert_file(source, folder / "scene.exr")
    assert [path.name for path in folder.iterdir()] == ["scene.exr"]
