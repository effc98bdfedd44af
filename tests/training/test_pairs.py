"""Training pairs: calibrated, reproducible, and of the sizes that the network takes."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch
from made_up_scenes import make_scene

from lanet_core import calibration, sphere
from lanet_core.images import write_exr
from lanet_core.training.configuration import AugmentationConfiguration, load_configuration
from lanet_core.training.pairs import SUPERSAMPLING, StepNumbers, TrainingPairs, batches, load_scenes
from lanet_core.training.photographs import photographs
from lanet_core.training.scenes import Scene, find_scenes


@pytest.fixture
def pairs(scene_folder, small_configuration):
    configuration = load_configuration(small_configuration)
    scenes = load_scenes(find_scenes(scene_folder, "train"), 256)
    return [TrainingPairs(scenes, stage, configuration.augmentation, seed=5) for stage in configuration.stages]


def as_array(picture: torch.Tensor) -> np.ndarray:
    return picture.numpy().transpose(1, 2, 0)


def test_sizes(pairs):
    crops, panoramas = pairs
    assert [tuple(each.shape) for each in crops[0]] == [(3, 128, 128)] * 3
    size = (3, 128 * SUPERSAMPLING, 256 * SUPERSAMPLING)
    assert [tuple(each.shape) for each in panoramas[0]] == [(3, 128, 256), (3, 128, 256), size]


def test_a_sample_depends_on_nothing_but_its_number(pairs, scene_folder, small_configuration):
    configuration = load_configuration(small_configuration)
    scenes = load_scenes(find_scenes(scene_folder, "train"), 256)
    again = TrainingPairs(scenes, configuration.stages[1], configuration.augmentation, seed=5)
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
        ldr_linear, hdr, picture = (as_array(each) for each in pairs[1][number])
        assert ldr_linear.min() >= 0.0 and picture.max() <= 1.0
        np.testing.assert_allclose(ldr_linear, sphere.downsample(picture, 128, 256), rtol=1e-6)
        clipped = (~calibration.well_exposed_mask(picture)).astype(np.float32)
        well_exposed = sphere.downsample(clipped, 128, 256) == 0.0
        # Calibrated before both were reduced, so that rows count by solid angle here and alike there.
        assert hdr[well_exposed].sum() == pytest.approx(ldr_linear[well_exposed].sum(), rel=0.1)
        brighter += hdr.max() > 5.0
    assert brighter >= 3


def test_every_process_gets_its_share_of_each_step():
    whole = list(StepNumbers(3, 6, batch_size=4))
    shares = [list(StepNumbers(3, 6, batch_size=4, rank=rank, processes=2)) for rank in range(2)]
    assert whole == [[12, 13, 14, 15], [16, 17, 18, 19], [20, 21, 22, 23]]
    assert [first + second for first, second in zip(*shares, strict=True)] == whole
    with pytest.raises(ValueError, match="divide"):
        StepNumbers(0, 1, batch_size=3, processes=2)


def test_loader_workers_change_nothing(pairs):
    small = dataclasses.replace(pairs[1].stage, batch_size=2)
    numbers = StepNumbers(0, 2, small.batch_size)
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


def test_a_supplement_gives_its_share_of_the_panoramas(scene_folder, small_configuration, tmp_path):
    grey = tmp_path / "grey.exr"
    write_exr(grey, np.full((64, 128, 3), 0.2, np.float32), model_name="none", model_sha256="")
    configuration = load_configuration(small_configuration)
    options = AugmentationConfiguration(supplement_share=0.5, tone_mapped_share=0.0)
    scenes = load_scenes(find_scenes(scene_folder, "train"), 256)
    supplement = load_scenes([Scene("grey", grey, "train")], 256)
    assert supplement[0].hdr.shape == scenes[0].hdr.shape
    pairs = TrainingPairs(scenes, configuration.stages[1], options, 5, supplement)
    even = [bool(pairs[number][1].std() < 1e-3) for number in range(40)]
    assert 10 <= sum(even) <= 30


def test_a_share_of_the_panoramas_is_photographed_finely(small_configuration, tmp_path):
    """A lamp of one fine pixel is white all over a coarse one, but lifts the mean of four fine pixels by a fourth."""
    hdr = np.full((512, 1024, 3), 0.2, np.float32)
    hdr[200, 300] = 1e4
    path = tmp_path / "lamp.exr"
    write_exr(path, hdr, model_name="none", model_sha256="")
    coarse, fine = (load_scenes([Scene("lamp", path, "train")], height) for height in (256, 512))
    options = AugmentationConfiguration(tone_mapped_share=0.0, fine_photograph_share=0.5)
    stage = load_configuration(small_configuration).stages[1]
    pairs = TrainingPairs(coarse, stage, options, 5, fine=fine)
    samples = [pairs[number] for number in range(40)]
    assert {tuple(picture.shape) for _, _, picture in samples} == {(3, 256, 512)}
    is_fine = [float(picture.max()) < 0.9 for _, _, picture in samples]
    assert 10 <= sum(is_fine) <= 30
    energies = [float(hdr.sum() / hdr.median()) for _, hdr, _ in samples]
    np.testing.assert_allclose(energies, energies[0], rtol=0.02)


def test_small_panoramas_are_enlarged_without_smearing_a_light(tmp_path):
    hdr = np.full((64, 128, 3), 0.1, np.float32)
    hdr[20, 30] = 5000.0
    path = tmp_path / "lamp.exr"
    write_exr(path, hdr, model_name="none", model_sha256="")
    [loaded] = load_scenes([Scene("lamp", path, "train")], 256)
    np.testing.assert_array_equal(loaded.hdr[80:84, 120:124], 5000.0)
    assert (loaded.hdr == 5000.0).all(axis=2).sum() == 16
