"""Training images of the light: the camera of the evaluation, calibrated truth, and discs that keep their energy."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from made_up_scenes import make_scene

from lanet_core.colour import srgb_to_linear
from lanet_core.data import edits, virtual_camera
from lanet_core.data.light_photographs import (
    LightPhotographs,
    LightSample,
    photograph_sample,
    relative_image,
    relative_overexposure,
    training_scene,
)
from lanet_core.data.photograph_options import PhotographOptions
from lanet_core.data.sharp_lights import SUN_RADIUS_RAD, Disc, take_light
from lanet_core.data.torch_camera import expose, exposure_scale
from lanet_core.data.virtual_camera import Camera, draw_camera
from lanet_core.geometry import sphere
from lanet_core.reconstruction import overexposure
from lanet_core.reconstruction.white_level import WhiteLevel


def as_tensor(hdr: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(np.ascontiguousarray(np.moveaxis(hdr, -1, 0)))


def energy(field: torch.Tensor) -> float:
    """The mean over channels of a panorama's radiance integrated over the sphere."""
    solid_angles = torch.from_numpy(sphere.pixel_solid_angles_sr(*field.shape[-2:])).float()[:, None]
    return float((field * solid_angles).sum(dim=(-2, -1)).mean())


class AlwaysDraws:
    """Draws the disc, of the size that it has."""

    def random(self) -> float:
        return 0.0

    def uniform(self, low: float, high: float) -> float:
        return low


@pytest.mark.parametrize("seed", range(3))
def test_the_camera_is_that_of_the_evaluation(seed):
    hdr = make_scene(seed)
    camera = draw_camera(np.random.default_rng(seed), exposure_spread_ev=0.5)
    weights = sphere.pixel_solid_angles_sr(*hdr.shape[:2])
    scale = virtual_camera.exposure_scale(hdr, camera, weights) * 2.0**camera.exposure_bias_ev
    assert float(exposure_scale(as_tensor(hdr), camera)) == pytest.approx(scale, rel=1e-3)
    encoded, _ = expose(as_tensor(hdr), camera)
    codes = (encoded * 255.0).round().numpy().transpose(1, 2, 0)
    expected = virtual_camera.photograph_panorama(hdr, camera).astype(np.float32)
    assert np.abs(codes - expected).max() <= 1.0
    assert (codes == expected).mean() > 0.98


def test_over_exposure_in_torch_is_that_of_numpy():
    relative = np.random.default_rng(0).uniform(0.7, 1.0, (8, 16, 3)).astype(np.float32)
    expected = overexposure.overexposure(relative)
    assert 0.1 < (expected > 0.0).mean() < 1.0
    np.testing.assert_allclose(relative_overexposure(as_tensor(relative))[0].numpy(), expected, atol=1e-5)


@pytest.mark.parametrize("white", [WhiteLevel(), WhiteLevel((0.9, 0.85, 0.7)), WhiteLevel((0.9, 0.9, 0.9), 0.06)])
def test_an_image_relative_to_its_white_in_torch_is_that_of_numpy(white):
    encoded = np.random.default_rng(1).random((8, 16, 3)).astype(np.float32)
    expected = overexposure.relative_to_white(srgb_to_linear(encoded), white)
    np.testing.assert_allclose(
        relative_image(as_tensor(encoded), white).numpy().transpose(1, 2, 0), expected, atol=1e-5
    )


def test_an_edit_that_darkens_clipped_areas_keeps_the_scale_of_the_truth(monkeypatch):
    """A clipped sky that an edit makes darker than a lamp is no well-exposed part of the photograph."""
    hdr = as_tensor(make_scene(0))
    height, width = hdr.shape[-2:]
    lamp = (slice(None), slice(height * 3 // 4, height * 3 // 4 + 4), slice(width // 2, width // 2 + 4))
    hdr[:, : height // 4] = hdr[lamp] = 30.0 * hdr.mean()
    camera = draw_camera(np.random.default_rng(0))

    def darken_sky(image: edits.EncodedPhotograph, rng: np.random.Generator) -> None:
        image.encoded = image.encoded * 0.8
        image.encoded[lamp] = 1.0

    monkeypatch.setattr("lanet_core.data.light_photographs.edit", darken_sky)
    plain, edited = (photograph_sample(hdr, camera, 64, rng) for rng in (None, np.random.default_rng(1)))
    ground = (slice(None), slice(20, 24))
    for each in (plain, edited):
        np.testing.assert_allclose(each.truth[ground].mean(), each.ldr[ground].mean(), rtol=0.25)


def test_the_photograph_with_the_missing_light_is_the_truth():
    hdr = make_scene(0)
    hdr[60:100, 200:260] = 300.0
    sample = photograph_sample(as_tensor(hdr), Camera(), 64)
    assert sample.image.shape == (3, 64, 128)
    assert sample.ldr.shape == sample.light.shape == sample.truth.shape == (3, 32, 64)
    white = (sample.share > 0.9).expand_as(sample.truth)
    assert white.any()
    torch.testing.assert_close((sample.ldr + sample.light)[white], sample.truth[white], rtol=1e-3, atol=1e-3)
    exposed = sample.share == 0.0
    assert float(sample.light[exposed.expand_as(sample.light)].abs().max()) == 0.0
    assert energy(sample.ldr * exposed) == pytest.approx(energy(sample.truth * exposed), rel=0.05)
    assert energy(sample.ldr + sample.light) == pytest.approx(energy(sample.truth), rel=0.05)
    assert energy(sample.truth) > 1.5 * energy(sample.ldr)
    assert 0.5 * energy(sample.light) < energy(sample.concentrated) < energy(sample.light)


@pytest.mark.parametrize("seed", range(3))
def test_what_is_painted_over_lacks_no_light(seed):
    """A white patch over the nadir is as bright as it looks; the truth of every cell is at least the photograph's."""
    hdr = as_tensor(make_scene(1))
    for draw in range(4):
        sample = photograph_sample(hdr, Camera(), 64, np.random.default_rng([seed, draw]))
        for name, field in sample._asdict().items():
            assert torch.isfinite(field).all(), name
        assert 0.0 <= float(sample.image.min()) <= float(sample.image.max()) <= 1.0 + 1e-5
        ground = sample.light[:, 28:]  # a ground without lights: all white there has been painted
        assert float(ground.max()) < 1.0


@pytest.mark.parametrize("height", [32, 64, 256, 2048])
def test_a_disc_covers_its_solid_angle_at_every_size(height):
    for direction in ([0.6, 0.0, 0.8], [-1.0, 0.0, 0.0], [0.0, 0.0, 1.0]):
        rows, columns, sr = Disc(np.array(direction), SUN_RADIUS_RAD, np.ones(3)).coverage(height)
        assert sr.sum() == pytest.approx(2.0 * np.pi * (1.0 - np.cos(SUN_RADIUS_RAD)), rel=1e-6)
        assert len(set(zip(rows.tolist(), columns.tolist(), strict=True))) == len(rows)
        centre = sphere.pixel_directions(height, 2 * height)[rows, columns].mean(axis=0)
        assert np.degrees(np.arccos(np.clip(centre @ direction / np.linalg.norm(centre), -1, 1))) < 200.0 / height


def test_taking_a_light_out_and_drawing_it_as_a_disc_keeps_the_energy():
    hdr = as_tensor(make_scene(0))
    capped, disc = take_light(hdr)
    sun = np.array([np.cos(0.0), np.sin(0.0), 0.8]) / np.hypot(1.0, 0.8)
    assert np.degrees(np.arccos(disc.direction @ sun)) < 0.5
    assert energy(capped) + disc.energy.mean() == pytest.approx(energy(hdr), rel=1e-3)
    assert float(capped.max()) < 2.0
    assert take_light(torch.full((3, 64, 128), 0.5)) is None


@pytest.mark.parametrize("height", [32, 64, 128])
def test_a_sharp_sun_has_the_same_energy_at_every_size_of_the_network(height):
    capped, disc = take_light(as_tensor(make_scene(0)))
    sample = photograph_sample(capped, Camera(), height, disc=disc, disc_rng=AlwaysDraws())
    without = photograph_sample(capped, Camera(), height)
    scale = float((sample.truth[:, -1] / capped[:, -1].mean(dim=-1, keepdim=True)).mean())
    added = energy(sample.light) - energy(without.light)
    assert added == pytest.approx(disc.energy.mean() * scale, rel=0.1)
    assert float(sample.overexposure[1].max()) == 1.0
    assert energy(sample.concentrated) == pytest.approx(added, rel=0.05)


def test_scenes_whose_sun_is_clipped_in_the_capture_teach_no_strength():
    hdr = make_scene(0)
    assert training_scene("sun", hdr, "outdoor-sun").weight == 1.0
    clipped = np.minimum(hdr, np.float32(30.0))
    assert training_scene("clipped", clipped, "outdoor-sun").weight == 0.0
    assert training_scene("studio", clipped, "studio").weight == 1.0
    assert float(training_scene("sun", hdr, "").hdr.mean(dim=0).median()) == pytest.approx(0.2, rel=1e-4)


def test_a_photograph_is_decided_by_its_seed_and_leaves_the_scene_alone():
    scenes = [training_scene(str(seed), make_scene(seed), "outdoor-sun") for seed in range(2)]
    before = [scene.hdr.clone() for scene in scenes]
    options = PhotographOptions(glue_share=0.5, edit_share=0.5, sharp_share=0.5, cap_share=0.5)
    photographs = LightPhotographs(scenes, options, 32)
    for seed in range(8):
        one, other = (photographs.draw(scenes[seed % 2], np.random.default_rng(seed)) for _ in range(2))
        assert isinstance(one, LightSample)
        for first, second in zip(one, other, strict=True):
            torch.testing.assert_close(first, second, rtol=0, atol=0)
    for scene, hdr in zip(scenes, before, strict=True):
        torch.testing.assert_close(scene.hdr, hdr, rtol=0, atol=0)
