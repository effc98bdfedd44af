"""Training pairs: calibrated, reproducible, and of the sizes that the network takes."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch
from made_up_scenes import make_scene

from lanet_core import calibration
from lanet_core.data.pairs import StepNumbers, TrainingPairs, batches, load_scenes
from lanet_core.data.photographs import photographs
from lanet_core.data.scenes import Scene, find_scenes
from lanet_core.data.virtual_camera import SRGB8_TO_LINEAR, draw_camera, photograph_panorama
from lanet_core.files import write_exr
from lanet_core.geometry import sphere
from lanet_core.training.configuration import load_configuration
from lanet_core.training.tasks import task_of


@pytest.fixture
def pairs(scene_folder, small_configuration):
    configuration = load_configuration(small_configuration)
    scenes = load_scenes(find_scenes(scene_folder, "train"), 256)
    return [TrainingPairs(scenes, task_of(stage), configuration.augmentation, seed=5) for stage in configuration.stages]


def as_array(image: torch.Tensor) -> np.ndarray:
    return image.numpy().transpose(1, 2, 0)


def test_sizes(pairs):
    crops, panoramas = pairs
    assert [tuple(each.shape) for each in crops[0]] == [(3, 128, 128)] * 2
    assert [tuple(each.shape) for each in panoramas[0]] == [(3, 128, 256)] * 2


def test_a_sample_depends_on_nothing_but_its_number(pairs, scene_folder, small_configuration):
    configuration = load_configuration(small_configuration)
    scenes = load_scenes(find_scenes(scene_folder, "train"), 256)
    again = TrainingPairs(scenes, task_of(configuration.stages[1]), configuration.augmentation, seed=5)
    _ = again[3]
    for first, second in zip(pairs[1][7], again[7], strict=True):
        torch.testing.assert_close(first, second, rtol=0, atol=0)
    assert not torch.equal(pairs[1][7][0], pairs[1][8][0])


def test_samples_leave_the_scenes_alone(pairs):
    before = [loaded.hdr.copy() for loaded in pairs[1].scenes]
    for number in range(6):
        _ = pairs[1][number]
    for loaded, hdr in zip(pairs[1].scenes, before, strict=True):
        np.testing.assert_array_equal(loaded.hdr, hdr)


def test_pairs_are_calibrated_and_clipped_light_is_in_the_hdr_only(pairs):
    brighter = 0
    for number in range(6):
        ldr_linear, hdr = (as_array(each) for each in pairs[1][number])
        assert ldr_linear.min() >= 0.0 and ldr_linear.max() <= 1.0
        well_exposed = calibration.well_exposed_mask(ldr_linear)
        # Calibrated before both were reduced, with rows of equal weight; some reduced pixels are partly clipped.
        assert np.median(hdr[well_exposed] / ldr_linear[well_exposed].clip(1e-3)) == pytest.approx(1.0, abs=0.3)
        brighter += hdr.max() > 5.0
    assert brighter >= 3


def test_a_pair_is_what_numpy_makes_of_the_same_draw(pairs):
    """Photographed by the camera of the evaluation, calibrated by Eq. 1, and reduced by solid angle."""
    panoramas = pairs[1]
    panoramas.options = dataclasses.replace(panoramas.options, tone_mapped_share=0.0, saturation_spread=0.2)
    for number in range(4):
        rng = np.random.default_rng([panoramas.seed, number])
        scene = np.random.default_rng([panoramas.seed, number // 3, 1]).permutation(3)[number % 3]
        hdr = np.roll(panoramas.scenes[scene].hdr, int(rng.integers(512)), axis=1)
        hdr = hdr[:, ::-1] if rng.random() < 0.5 else hdr
        gains = np.exp(rng.normal(size=3) * panoramas.options.white_balance_spread)
        hdr = hdr * (gains / gains.mean()).astype(np.float32)
        mean = hdr.mean(axis=2, keepdims=True)
        hdr = np.maximum(mean + np.float32(np.exp(rng.normal() * 0.2)) * (hdr - mean), np.float32(0.1) * mean)
        rng.random()
        camera = draw_camera(rng, exposure_spread_ev=panoramas.options.exposure_spread_ev)
        ldr_linear = SRGB8_TO_LINEAR[photograph_panorama(hdr, camera)]
        expected = [sphere.downsample(each, 128, 256) for each in (ldr_linear, calibration.calibrate(ldr_linear, hdr))]
        for result, wanted, tolerance in zip(panoramas[number], expected, (0.01, 1e-3), strict=True):
            np.testing.assert_allclose(as_array(result), wanted, rtol=1e-3, atol=tolerance)


def test_every_process_gets_its_share_of_each_step():
    whole = list(StepNumbers(3, 6, batch_size=4))
    shares = [list(StepNumbers(3, 6, batch_size=4, rank=rank, processes=2)) for rank in range(2)]
    assert whole == [[12, 13, 14, 15], [16, 17, 18, 19], [20, 21, 22, 23]]
    assert [first + second for first, second in zip(*shares, strict=True)] == whole
    with pytest.raises(ValueError, match="divide"):
        StepNumbers(0, 1, batch_size=3, processes=2)


def test_loader_workers_change_nothing(pairs):
    numbers = StepNumbers(0, 2, batch_size=2)
    for alone, helped in zip(batches(pairs[1], numbers, 0), batches(pairs[1], numbers, 1), strict=True):
        for first, second in zip(alone, helped, strict=True):
            torch.testing.assert_close(first, second, rtol=0, atol=0)


def test_photographs_are_the_same_for_everyone():
    hdr = make_scene(0)
    first, second = (list(photographs(hdr, "a scene", 2)) for _ in range(2))
    for (rgb_srgb8, calibrated), (again, _) in zip(first, second, strict=True):
        np.testing.assert_array_equal(rgb_srgb8, again)
        ratio = calibrated / hdr
        np.testing.assert_allclose(ratio, ratio.mean(), rtol=1e-5)
    assert not np.array_equal(first[0][0], first[1][0])
    assert not np.array_equal(first[0][0], next(photographs(hdr, "another", 1))[0])


def test_small_panoramas_are_enlarged_without_smearing_a_light(tmp_path):
    hdr = np.full((64, 128, 3), 0.1, np.float32)
    hdr[20, 30] = 5000.0
    path = tmp_path / "lamp.exr"
    write_exr(path, hdr, model_name="none", model_sha256="")
    [loaded] = load_scenes([Scene("lamp", path, "train")], 256)
    np.testing.assert_array_equal(loaded.hdr[80:84, 120:124], 5000.0)
    assert (loaded.hdr == 5000.0).all(axis=2).sum() == 16
