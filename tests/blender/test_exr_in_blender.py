"""What lanet_core writes is what Blender reads: every value, every row, no colour transform."""

from __future__ import annotations

import numpy as np
import pytest

from lanet_core.files import write_exr
from lanet_core.pipeline.output_file import UNCERTAINTY_CHANNEL


@pytest.fixture
def panorama():
    """A panorama in which every value is another, from starlight to the sun."""
    values = np.geomspace(1e-6, 2e5, 16 * 32 * 3).astype(np.float32)
    panorama = np.random.default_rng(5).permutation(values).reshape(16, 32, 3)
    panorama[3, 4] = 0.0
    return panorama


def test_blender_reads_every_value_of_a_float_file(panorama, tmp_path, run_in_blender):
    path = tmp_path / "panorama.exr"
    write_exr(path, panorama, model_name="model", model_sha256="0" * 64)
    pixels = run_in_blender("read_pixels", image=str(path))
    np.testing.assert_array_equal(pixels[::-1, :, :3], panorama)
    np.testing.assert_array_equal(pixels[..., 3], 1.0)


def test_blender_reads_every_value_of_a_half_file(panorama, tmp_path, run_in_blender):
    path = tmp_path / "panorama.exr"
    half = np.minimum(panorama, 65504.0).astype(np.float16)
    write_exr(path, half.astype(np.float32), model_name="model", model_sha256="0" * 64, half=True)
    pixels = run_in_blender("read_pixels", image=str(path))
    np.testing.assert_array_equal(pixels[::-1, :, :3], half.astype(np.float32))


def test_a_channel_next_to_the_light_changes_nothing_for_blender(panorama, tmp_path, run_in_blender):
    path = tmp_path / "panorama.exr"
    uncertainty = np.linspace(0.0, 2.0, 16 * 32, dtype=np.float32).reshape(16, 32)
    options = {"model_name": "model", "model_sha256": "0" * 64, "further_channels": (UNCERTAINTY_CHANNEL,)}
    write_exr(path, np.dstack([panorama, uncertainty]), **options)
    pixels = run_in_blender("read_pixels", image=str(path))
    np.testing.assert_array_equal(pixels[::-1, :, :3], panorama)
    np.testing.assert_array_equal(pixels[..., 3], 1.0)


def test_cycles_renders_the_same_whether_or_not_there_is_another_channel(panorama, tmp_path, run_in_blender):
    model = {"model_name": "model", "model_sha256": "0" * 64}
    light = np.minimum(panorama, 2.0)
    write_exr(tmp_path / "plain.exr", light, **model)
    dark = np.zeros((*light.shape[:2], 1), np.float32)
    write_exr(tmp_path / "more.exr", np.dstack([light, dark]), further_channels=(UNCERTAINTY_CHANNEL,), **model)
    job = {"views": [np.eye(3).tolist()], "size": 32}
    plain, more = (
        run_in_blender("look_around", world=str(tmp_path / f"{each}.exr"), **job) for each in ("plain", "more")
    )
    assert plain.std() > 0.1
    np.testing.assert_array_equal(more, plain)
