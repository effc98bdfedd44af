"""What lanet_core writes is what Blender reads: every value, every row, no colour transform."""

from __future__ import annotations

import numpy as np
import pytest

from lanet_core.images import write_exr


@pytest.fixture
def panorama():
    """A panorama in which every value is another, from starlight to the sun."""
    values = np.geomspace(1e-6, 2e5, 16 * 32 * 3).astype(np.float32)
    panorama = np.random.default_rng(5).permutation(values).reshape(16, 32, 3)
    panorama[3, 4] = 0.0
    return panorama


def test_blender_reads_every_value_of_a_float_file(panorama, tmp_path, ask_blender):
    path = tmp_path / "panorama.exr"
    write_exr(path, panorama, model_name="model", model_sha256="0" * 64)
    pixels = ask_blender("read_pixels", image=str(path))
    np.testing.assert_array_equal(pixels[::-1, :, :3], panorama)
    np.testing.assert_array_equal(pixels[..., 3], 1.0)


def test_blender_reads_every_value_of_a_half_file(panorama, tmp_path, ask_blender):
    path = tmp_path / "panorama.exr"
    half = np.minimum(panorama, 65504.0).astype(np.float16)
    write_exr(path, half.astype(np.float32), model_name="model", model_sha256="0" * 64, half=True)
    pixels = ask_blender("read_pixels", image=str(path))
    np.testing.assert_array_equal(pixels[::-1, :, :3], half.astype(np.float32))
