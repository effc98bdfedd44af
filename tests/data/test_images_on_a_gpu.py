"""Training images are made on the device that trains: the same as on a CPU, from tensors that stay there."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch
from lite_training import lite_configuration
from made_up_scenes import make_scene
from pretend_device import DEVICE, PretendedGpu

from lanet_core.data.light_photographs import TrainingScene, training_scene
from lanet_core.data.pairs import StepNumbers, TrainingPairs, batches, load_scenes
from lanet_core.data.photograph_options import PhotographOptions
from lanet_core.data.scenes import find_scenes
from lanet_core.training import paper_stage
from lanet_core.training.configuration import load_configuration
from lanet_core.training.distributed import Process
from lanet_core.training.lite import stage as lite_stage
from lanet_core.training.lite.batches import LiteBatches
from lanet_core.training.tasks import task_of
from lanet_core.training.trainer import Trainer, TrainerOptions


class StoppedError(Exception):
    """Raised where the images of a run would be used."""


def quiet(line: str) -> None:
    pass


@pytest.mark.parametrize("stage", [0, 1])
def test_the_papers_pairs(scene_folder, small_configuration, stage):
    configuration = load_configuration(small_configuration)
    options = dataclasses.replace(configuration.augmentation, tone_mapped_share=0.5, saturation_spread=0.1)
    scenes = load_scenes(find_scenes(scene_folder, "train"), 256)
    task = task_of(configuration.stages[stage])
    numbers = StepNumbers(0, 3, batch_size=2)
    expected = list(batches(TrainingPairs(scenes, task, options, seed=5), numbers, workers=0))
    with PretendedGpu() as gpu:
        pairs = TrainingPairs(scenes, task, options, seed=5, device=DEVICE)
        made = list(batches(pairs, numbers, workers=4))
        assert {each.device for batch in made for each in batch} == {DEVICE}
        found = [[each.cpu() for each in batch] for batch in made]
    for batch, wanted in zip(found, expected, strict=True):
        for one, other in zip(batch, wanted, strict=True):
            torch.testing.assert_close(one, other)
    assert gpu.operations > 1000
    # In addition to the results themselves, only histograms of contrasts are read back, for the tone curves.
    results = sum(each.numel() for batch in found for each in batch)
    assert sum(gpu.copied_back.values()) - results < 0.25 * results


@pytest.mark.parametrize("pool", [0, 1])
def test_photographs_with_edits_and_discs(pool):
    configuration = lite_configuration(pool=pool, synthetic_pool=pool, synthetic_share=0.5, batch_size=3)
    options = PhotographOptions(glue_share=0.5, edit_share=1.0, sharp_share=0.5, cap_share=1.0)
    configuration = dataclasses.replace(configuration, photographs=options)
    scenes = [training_scene(str(seed), make_scene(seed), "outdoor-sun") for seed in range(2)]
    expected = LiteBatches(configuration, scenes, scenes, workers=0, report=quiet)
    with PretendedGpu() as gpu:
        on_gpu = [TrainingScene(each.name, each.hdr.to(DEVICE), each.weight) for each in scenes]
        made = LiteBatches(configuration, on_gpu, on_gpu, workers=4, report=quiet)
        for step in range(2):
            before = sum(gpu.copied_back.values())
            batch = made(step)
            assert {field.device for field in batch} == {DEVICE}
            # Each photograph's 8-bit codes are read back for its white level, and some numbers of its lights.
            count = 0 if pool else 3 * scenes[0].hdr.numel()
            assert sum(gpu.copied_back.values()) - before <= count + 3 * 100
            for field, wanted in zip(batch, expected(step), strict=True):
                torch.testing.assert_close(field.cpu(), wanted)
    assert gpu.operations > 1000


def test_a_gpu_refuses_tensors_of_the_cpu():
    """The pretended GPU is as strict as a real one."""
    with PretendedGpu() as gpu:
        tensor = torch.ones(3, device=DEVICE)
        with pytest.raises(RuntimeError, match="of the CPU"):
            tensor + torch.ones(3)
        with pytest.raises(RuntimeError):
            tensor.numpy()
        np.testing.assert_array_equal((tensor + 1.0).cpu().numpy(), 2.0)
    assert gpu.copied_back == {"aten._to_copy.default": 3}


def test_the_papers_trainer_makes_images_on_its_device(scene_folder, small_configuration, tmp_path, monkeypatch):
    devices = []

    def stop(pairs, numbers, workers):
        devices.append(pairs.device)
        raise StoppedError

    monkeypatch.setattr(paper_stage, "batches", stop)
    process = Process(0, 1, torch.device("meta"))
    configuration = load_configuration(small_configuration)
    with pytest.raises(StoppedError):
        Trainer(configuration, scene_folder, tmp_path, process, TrainerOptions(), quiet).run()
    assert devices == [torch.device("meta")]


def test_the_trainer_of_the_shipped_model_does_too(scene_folder, tmp_path, monkeypatch):
    devices = []

    def stop(configuration, real, synthetic, workers, report):
        devices.extend(scene.hdr.device for scene in real)
        raise StoppedError

    monkeypatch.setattr(lite_stage, "LiteBatches", stop)
    process = Process(0, 1, torch.device("meta"))
    run = Trainer(lite_configuration(), scene_folder, tmp_path, process, TrainerOptions(), quiet)
    with pytest.raises(StoppedError):
        run.run()
    assert devices == [torch.device("meta")] * 3
