"""Figures of how a scene is lit: finite, the same from every heading, and telling dark rooms from bright days."""

from __future__ import annotations

import numpy as np
import onnxruntime
import pytest
import torch

from lanet_core.networks.scene_statistics import SceneStatistics


@pytest.fixture(scope="module")
def statistics():
    return SceneStatistics()


def made_up(kind: str, height: int = 64) -> tuple[torch.Tensor, torch.Tensor]:
    image = {
        "black": torch.zeros(1, 3, height, 2 * height),
        "white": torch.ones(1, 3, height, 2 * height),
        "noise": torch.rand(1, 3, height, 2 * height, generator=torch.Generator().manual_seed(0)),
        "lamp": torch.full((1, 3, height, 2 * height), 0.05),
    }[kind]
    if kind == "lamp":
        image[:, :, 10:14, 30:36] = 1.0
    ramp = ((image.mean(dim=1, keepdim=True) - 0.83) / 0.17).clamp(0.0, 1.0)
    return image, torch.cat([ramp**3, ramp], dim=1)


@pytest.mark.parametrize("kind", ["black", "white", "noise", "lamp"])
def test_figures_are_finite_and_of_order_one(statistics, kind):
    figures = statistics(*made_up(kind))
    assert figures.shape == (1, statistics.count)
    assert torch.isfinite(figures).all()
    assert figures.abs().max() < 15.0


@pytest.mark.parametrize("columns", [8, 50, 64])
def test_figures_do_not_depend_on_the_heading(statistics, columns):
    """By whole cells of the coarsest grid exactly; else as closely as the reduction to that grid allows."""
    image, overexposure = made_up("lamp")
    direct = statistics(image, overexposure)
    turned = statistics(image.roll(columns, -1), overexposure.roll(columns, -1))
    torch.testing.assert_close(turned, direct, rtol=0, atol=1e-4 if columns % 4 == 0 else 0.1)


def test_figures_do_not_depend_on_the_size(statistics):
    image, overexposure = made_up("lamp")
    larger = [each.repeat_interleave(2, -1).repeat_interleave(2, -2) for each in (image, overexposure)]
    torch.testing.assert_close(statistics(*larger), statistics(image, overexposure), rtol=0, atol=0.05)


def test_batches_are_measured_scene_by_scene(statistics):
    pairs = [made_up(kind) for kind in ("noise", "lamp")]
    both = statistics(*(torch.cat(each) for each in zip(*pairs, strict=True)))
    for row, pair in zip(both, pairs, strict=True):
        torch.testing.assert_close(row, statistics(*pair)[0], rtol=1e-4, atol=1e-5)
    assert (both[0] - both[1]).abs().max() > 0.5


def test_the_exported_figures_are_those_of_torch(statistics, tmp_path):
    inputs = made_up("noise")
    path = str(tmp_path / "statistics.onnx")
    torch.onnx.export(statistics, inputs, path, input_names=["image", "overexposure"], opset_version=17, dynamo=False)
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    feed = {name: value.numpy() for name, value in zip(("image", "overexposure"), inputs, strict=True)}
    np.testing.assert_allclose(session.run(None, feed)[0], statistics(*inputs).numpy(), atol=1e-3)
