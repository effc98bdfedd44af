"""Augmentations: exact values where they are defined, and the light that they must keep."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from lanet_core.data import augmentation
from lanet_core.metrics.irradiance import diffuse_irradiance


@pytest.fixture
def panorama() -> np.ndarray:
    return np.random.default_rng(0).lognormal(size=(32, 64, 3)).astype(np.float32)


def rotate_azimuth(panorama: np.ndarray, columns: int) -> np.ndarray:
    return as_array(augmentation.rotate_azimuth(as_tensor(panorama), columns))


def mirror(panorama: np.ndarray) -> np.ndarray:
    return as_array(augmentation.mirror(as_tensor(panorama)))


def tint(panorama: np.ndarray, rng: np.random.Generator, spread: float) -> np.ndarray:
    return as_array(augmentation.tint(as_tensor(panorama), rng, spread))


def saturate(panorama: np.ndarray, factor: float) -> np.ndarray:
    return as_array(augmentation.saturate(as_tensor(panorama), factor))


def as_tensor(panorama: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(np.moveaxis(panorama, -1, 0))


def as_array(panorama: torch.Tensor) -> np.ndarray:
    return np.moveaxis(panorama.numpy(), 0, -1)


def test_rotation_turns_the_light(panorama):
    turned = diffuse_irradiance(rotate_azimuth(panorama, 16), 16, 32)
    np.testing.assert_allclose(turned, np.roll(diffuse_irradiance(panorama, 16, 32), 8, axis=1), rtol=1e-5)


def test_mirroring_mirrors_the_light(panorama):
    mirrored = diffuse_irradiance(np.ascontiguousarray(mirror(panorama)), 16, 32)
    np.testing.assert_allclose(mirrored, diffuse_irradiance(panorama, 16, 32)[:, ::-1], rtol=1e-5)


def test_tint_keeps_the_mean_gain(panorama):
    tinted = tint(panorama, np.random.default_rng(1), 0.2)
    gains = tinted / panorama
    np.testing.assert_allclose(gains, np.broadcast_to(gains[0, 0], gains.shape), rtol=1e-6)
    assert gains[0, 0].mean() == pytest.approx(1.0, abs=1e-5)
    assert gains[0, 0].std() > 0.02


def test_saturation_moves_away_from_the_mean(panorama):
    mean = panorama.mean(axis=2, keepdims=True)
    np.testing.assert_allclose(saturate(panorama, 0.0), np.broadcast_to(mean, panorama.shape), rtol=1e-6)
    np.testing.assert_allclose(saturate(panorama, 1.0), np.maximum(panorama, 0.1 * mean), rtol=1e-5)
    assert (saturate(panorama, 3.0) >= 0.0999 * mean).all()


def test_a_turned_panorama_has_the_same_columns(panorama):
    tensor = as_tensor(panorama)
    turned = [augmentation.turn(tensor, np.random.default_rng(seed)) for seed in range(8)]
    moves = [each.roll(columns, -1) for each in (tensor, tensor.flip(-1)) for columns in range(64)]
    found = [[number for number, move in enumerate(moves) if torch.equal(move, each)] for each in turned]
    assert all(len(each) == 1 for each in found)
    assert len({each[0] for each in found}) > 4
    assert {each[0] // 64 for each in found} == {0, 1}
