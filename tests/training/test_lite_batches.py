"""Batches of the new network's training: each depends on the seed and its step only."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch
from lite_training import lite_configuration
from torch.nn.functional import avg_pool2d

from lanet_core.data.light_photographs import LightSample, TrainingScene
from lanet_core.inference.model_metadata import CELL_PIXELS
from lanet_core.training.lite.batches import LiteBatches, turned

HUES = {"red": (0.6, 0.1, 0.1), "green": (0.1, 0.6, 0.1), "blue": (0.1, 0.1, 0.6)}


def scene(name: str) -> TrainingScene:
    """A room of one hue with a window."""
    hdr = torch.tensor(HUES[name])[:, None, None].repeat(1, 128, 256) * torch.linspace(0.5, 1.5, 256)
    hdr[:, 20:40, 60:80] *= 50.0
    return TrainingScene(name, hdr)


def quiet(line: str) -> None:
    pass


def batches(names=("red", "green"), synthetic=(), seed_change=0, **schedule) -> LiteBatches:
    configuration = lite_configuration(**schedule)
    configuration = dataclasses.replace(configuration, seed=configuration.seed + seed_change)
    real, rendered = ([scene(name) for name in each] for each in (names, synthetic))
    return LiteBatches(configuration, real, rendered, workers=0, report=quiet)


def equal(one: LightSample, other: LightSample) -> bool:
    return all(torch.equal(first, second) for first, second in zip(one, other, strict=True))


@pytest.mark.parametrize("pool", [0, 2])
def test_a_batch_depends_on_the_seed_and_its_step_only(pool):
    one, other = batches(pool=pool), batches(pool=pool)
    one(0)
    one(1)
    assert one(5).image.shape == (2, 3, 64, 128)
    assert equal(one(5), other(5))
    assert not equal(one(5), one(6))
    assert not equal(one(5), batches(pool=pool, seed_change=1)(5))


def test_processes_share_a_batch():
    whole = batches(batch_size=4)(3)
    shares = [batches(batch_size=4)(3, rank, 2) for rank in range(2)]
    assert equal(whole, LightSample(*(torch.cat(each) for each in zip(*shares, strict=True))))


def test_each_scene_has_its_turn_once_in_every_epoch():
    source = batches(names=tuple(HUES), batch_size=3)
    for step in range(4):
        hues = source(step).truth.mean(dim=(2, 3)).argmax(dim=1)
        assert sorted(hues.tolist()) == [0, 1, 2]


def test_synthetic_scenes_have_their_share():
    source = batches(names=("red",), synthetic=("blue",), synthetic_share=0.4, batch_size=4)
    hues = torch.cat([source(step).truth.mean(dim=(2, 3)).argmax(dim=1) for step in range(25)])
    assert 0.25 < float((hues == 2).float().mean()) < 0.55


def test_a_turned_sample_stays_aligned():
    """Wherever the cells of the image went, those of the light grid went, too."""
    sample = LightSample(*(each[0] for each in batches()(0)))
    image = avg_pool2d(sample.image, CELL_PIXELS)
    moves = [(columns, is_mirrored) for columns in range(image.shape[-1]) for is_mirrored in (False, True)]
    found = set()
    for seed in range(6):
        result = turned(sample, np.random.default_rng(seed))
        reduced = avg_pool2d(result.image, CELL_PIXELS)
        [move] = [move for move in moves if torch.allclose(reduced, _moved(image, *move), atol=1e-6)]
        torch.testing.assert_close(result.truth, _moved(sample.truth, *move))
        torch.testing.assert_close(result.light, _moved(sample.light, *move))
        found.add(move)
    assert len(found) > 3


def _moved(field: torch.Tensor, columns: int, is_mirrored: bool) -> torch.Tensor:
    field = field.roll(columns, -1)
    return field.flip(-1) if is_mirrored else field
