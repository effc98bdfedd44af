"""Radiance of a light grid added to the image: exact where exposed, energy kept at every size, no seam, no specks."""

from __future__ import annotations

import itertools
import threading

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from light_scenes import Disc, Scene, angles_deg, energy_of, irradiance, measure

from lanet_core.colour import linear_to_srgb
from lanet_core.geometry import sphere
from lanet_core.reconstruction.overexposure import MAXIMUM_RADIANCE, overexposure
from lanet_core.reconstruction.panorama import Reconstruction, diffuse_from_log_hdr, reconstruct
from lanet_core.reconstruction.white_level import WhiteLevel

SCENES = {
    "clean sun, lamps, window": Scene(
        (
            Disc(40.0, 45.0, energy=(3.0, 2.7, 2.2)),
            Disc(-100.0, 30.0, 0.35, (0.02, 0.02, 0.01)),
            Disc(100.0, 10.0, 6.0, (0.1, 0.1, 0.12), is_concentrated=False),
            Disc(-179.9, 20.0, 2.0, (0.2, 0.2, 0.2)),
        )
    ),
    "sun in glare, window": Scene((Disc(40.0, 45.0, glare=20.0), Disc(100.0, 10.0, 6.0, (0.1, 0.1, 0.1), False))),
    "low sun in a white sky": Scene((Disc(40.0, 3.0, glare=30.0),), sky=0.7),
    "sun at the zenith": Scene((Disc(40.0, 89.8, glare=10.0),)),
    "night lamps": Scene(
        tuple(
            Disc(*place, 0.35, (0.01, 0.01, 0.005)) for place in [(0, 10), (50, 5), (120, -3), (180, 0), (-90.4, 88)]
        ),
        sky=0.02,
        ground=0.01,
    ),
}


def white_level(*linear: float) -> WhiteLevel:
    return WhiteLevel(tuple(linear_to_srgb(np.array(linear)).tolist()), shoulder="hard")


def random_case(seed: int, height: int = 64, grid: int = 16) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """An image and the grids, which are 0 where the image is well exposed."""
    rng = np.random.default_rng(seed)
    ldr = rng.random((height, 2 * height, 1), dtype=np.float32) ** 0.25 * rng.uniform(0.95, 1.0, 3).astype(np.float32)
    ldr[height // 4 : height // 3, :20] = 1.0
    grids = np.exp(rng.normal(0.0, 1.0, (2, grid, 2 * grid, 3))).astype(np.float32)
    return ldr, grids[0], grids[1]


def exposed_pixels(ldr_linear: np.ndarray) -> np.ndarray:
    return (ldr_linear.mean(axis=-1) < 0.8299) & (ldr_linear.max(axis=-1) < 0.9599)


@pytest.mark.parametrize("grid", [8, 16, 24, 64, 96])
@pytest.mark.parametrize("white", [(1.0, 1.0, 1.0), (0.9, 0.8, 0.7)], ids=str)
def test_a_well_exposed_pixel_is_kept_bit_for_bit_and_none_gets_darker(grid, white):
    level = white_level(*white)
    white = level.linear
    ldr_linear, diffuse, concentrated = random_case(1, 64, grid)
    ldr_linear *= white
    before = ldr_linear.copy()
    hdr = reconstruct(ldr_linear, diffuse, concentrated, level)
    exposed = exposed_pixels(ldr_linear / white)
    assert hdr.dtype == np.float32
    assert 0.1 < exposed.mean() < 0.9
    np.testing.assert_array_equal(hdr[exposed], ldr_linear[exposed])
    np.testing.assert_array_equal(ldr_linear, before)
    assert (hdr >= ldr_linear).all()
    assert (hdr[~exposed] > ldr_linear[~exposed]).any()
    assert np.isfinite(hdr).all()


@pytest.mark.parametrize("height", [256, 512, 1024])
@pytest.mark.parametrize("name", SCENES)
def test_energy_and_irradiance_are_those_of_the_prediction_at_every_size(name, height):
    scene = SCENES[name]
    diffuse, concentrated = scene.grids()
    measured = measure(scene, height)
    np.testing.assert_allclose(measured.energy, energy_of(diffuse) + energy_of(concentrated), rtol=0.01)
    for near, light in zip(measured.near, scene.lights, strict=True):
        if not light.glare:
            np.testing.assert_allclose(near, light.energy, rtol=0.02)
    image = irradiance(scene.image(128))
    error = np.abs(np.log2((image + measured.irradiance) / (image + irradiance(diffuse + concentrated))))
    assert error.mean() < 0.02
    assert error.max() < 0.06


@pytest.mark.parametrize("height", [2048, 4096])
@pytest.mark.parametrize("diameter_deg", [0.533, 0.35])
def test_a_small_light_keeps_its_energy_in_a_large_image(height, diameter_deg):
    light = Disc(40.3, 44.9, diameter_deg, (2.0, 1.5, 1.0))
    concentrated = Scene((light,)).grids()[1]
    size = (height, 2 * height)
    row, column = (int(each) for each in sphere.directions_to_pixels(light.axis, *size))
    near = np.s_[row - 40 : row + 41, column - 40 : column + 41]
    theta, phi = sphere.zenith_angles_rad(height)[near[0], None], sphere.azimuths_rad(2 * height)[near[1]]
    x, y = np.sin(theta) * np.cos(phi), np.sin(theta) * np.sin(phi)
    directions = np.stack([x, y, np.cos(theta) + 0.0 * phi], axis=-1)
    lit = angles_deg(directions, light.axis) < diameter_deg / 2.0
    reconstruction = Reconstruction(height, 2 * height, 128)
    added, lowest = np.zeros(3), np.inf
    bands = {}
    for first in range(0, height, 256):
        band = np.full((256, 2 * height, 3), 0.3, dtype=np.float32)
        rows, columns = np.nonzero(lit)
        own = (rows + row - 40 >= first) & (rows + row - 40 < first + 256)
        band[rows[own] + row - 40 - first, columns[own] + column - 40] = 1.0
        reconstruction.observe(band, first)
        if own.any():
            bands[first] = band
    reconstruction.solve(np.zeros_like(concentrated), concentrated)
    for first, band in bands.items():
        gain = reconstruction.band(band, first) - band
        added += np.einsum(
            "h,hwc->c", sphere.pixel_solid_angles_sr(*size)[first : first + 256], gain.astype(np.float64)
        )
        lowest = min(lowest, gain[band == 1.0].min())
    np.testing.assert_allclose(added, light.energy, rtol=0.01)
    assert lowest > 0.5 * light.energy[2] / light.solid_angle_sr


@pytest.mark.parametrize("factor", [2, 4, 8])
def test_the_network_sees_the_same_scene_at_any_image_size(factor):
    level = white_level(1.0, 0.9, 0.8)
    white = level.linear
    small = SCENES["clean sun, lamps, window"].image(256) * white
    one, other = Reconstruction(256, 512, 64, level), Reconstruction(256 * factor, 512 * factor, 64, level)
    one.observe(small, 0)
    other.observe(small.repeat(factor, axis=0).repeat(factor, axis=1), 0)
    for inputs, others in zip(one.network_inputs(), other.network_inputs(), strict=True):
        assert inputs.dtype == np.float32
        np.testing.assert_allclose(others, inputs, atol=3e-6)
    assert other.overexposed_fraction == pytest.approx(one.overexposed_fraction, rel=1e-5)
    diffuse, concentrated = SCENES["clean sun, lamps, window"].grids()
    results = []
    for reconstruction, image in ((one, small), (other, small.repeat(factor, axis=0).repeat(factor, axis=1))):
        reconstruction.solve(diffuse, concentrated)
        results.append(energy_of(reconstruction.band(image, 0)))
    np.testing.assert_allclose(results[1], results[0], rtol=0.002)


def test_the_network_inputs_are_mean_and_maximum_relative_to_white():
    level = white_level(0.9, 0.8, 0.7)
    white = level.linear
    relative = random_case(2, 96)[0]
    reconstruction = Reconstruction(96, 192, 16, level)
    reconstruction.observe(relative * white, 0)
    image, exposure = reconstruction.network_inputs()
    weight = overexposure(np.minimum(relative * white / white, 1.0))
    np.testing.assert_allclose(image, sphere.downsample(relative, 16, 32), atol=1e-5)
    np.testing.assert_allclose(exposure[..., 0], sphere.downsample(weight, 16, 32), atol=1e-5)
    np.testing.assert_array_equal(exposure[..., 1], weight.reshape(16, 6, 32, 6).max(axis=(1, 3)))
    expected = sphere.sphere_mean((weight > 0.0).astype(np.float32))
    assert reconstruction.overexposed_fraction == pytest.approx(expected, rel=1e-5)


def test_an_image_smaller_than_the_network_is_upsampled():
    reconstruction = Reconstruction(32, 64, 64)
    ldr = np.minimum(random_case(3, 32)[0], np.float32(0.79))  # without noise at white
    reconstruction.observe(ldr, 0)
    image, exposure = reconstruction.network_inputs()
    np.testing.assert_allclose(image, sphere.upsample_bilinear(ldr, 64, 128), atol=1e-6)
    assert image.shape == (64, 128, 3)
    assert exposure.shape == (64, 128, 2)


@pytest.mark.parametrize(("size", "network_height"), [((96, 192), 32), ((67, 134), 16), ((24, 48), 32)], ids=str)
def test_bands_of_any_height_order_and_thread_make_the_same_panorama(size, network_height):
    ldr = random_case(4, size[0])[0]
    diffuse, concentrated = random_case(5, 64, network_height // 2)[1:]
    bands = [slice(*each) for each in itertools.pairwise([0, 5, 6, 23, size[0]])]
    reconstruction = Reconstruction(*size, network_height)
    for band in bands:
        reconstruction.observe(ldr[band], band.start)
    reconstruction.solve(diffuse, concentrated)
    hdr = np.empty_like(ldr)

    def make(band: slice) -> None:
        hdr[band] = reconstruction.band(ldr[band], band.start)

    threads = [threading.Thread(target=make, args=(band,)) for band in reversed(bands)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    expected = reconstruct(ldr, diffuse, concentrated, network_height=network_height)
    np.testing.assert_allclose(hdr, expected, rtol=1e-4)


@pytest.mark.parametrize("cells", [1, 37, 100])
@pytest.mark.parametrize("name", SCENES)
def test_a_rotated_scene_is_rotated_in_the_result(name, cells):
    ldr = SCENES[name].image(256)
    grids = SCENES[name].grids()
    rotated = reconstruct(np.roll(ldr, 4 * cells, axis=1), *(np.roll(grid, cells, axis=1) for grid in grids))
    expected = np.roll(reconstruct(ldr, *grids), 4 * cells, axis=1)
    np.testing.assert_allclose(rotated, expected, rtol=0.01, atol=1e-3)


@pytest.mark.parametrize("columns", [1, 2, 3])
def test_a_rotation_by_part_of_a_cell_changes_no_energy(columns):
    ldr = SCENES["sun in glare, window"].image(256)
    diffuse, concentrated = SCENES["sun in glare, window"].grids()
    expected = energy_of(diffuse) + energy_of(concentrated)
    hdr = reconstruct(np.roll(ldr, columns, axis=1), diffuse, concentrated)
    np.testing.assert_allclose(energy_of(hdr) - energy_of(ldr), expected, rtol=0.05)


def test_absurd_predictions_stay_finite():
    ones = np.ones((64, 128, 3), dtype=np.float32)
    for level in (1e30, np.inf):
        grid = np.full((16, 32, 3), level, dtype=np.float32)
        hdr = reconstruct(ones, grid, grid)
        assert np.isfinite(hdr).all()
        assert hdr.max() <= 1.01 * MAXIMUM_RADIANCE
    np.testing.assert_array_equal(reconstruct(ones, np.full((16, 32, 3), -1.0, dtype=np.float32)), ones)
    np.testing.assert_array_equal(reconstruct(0.5 * ones, np.ones((16, 32, 3), dtype=np.float32)), 0.5 * ones)


def test_log_hdr_of_the_panorama_becomes_radiance_to_add():
    ldr = np.full((128, 256, 3), 0.2, dtype=np.float32)
    ldr[40:60, 100:140] = 1.0
    reconstruction = Reconstruction(128, 256, 64)
    reconstruction.observe(ldr, 0)
    image, exposure = reconstruction.network_inputs()
    log_hdr = np.log(np.where(image > 0.99, np.float32(6.0), image))
    diffuse = diffuse_from_log_hdr(log_hdr, image, exposure)
    assert diffuse.shape == (64, 128, 3)
    hdr = reconstruct(ldr, diffuse, network_height=64)
    np.testing.assert_allclose(hdr[40:60, 100:140], 6.0, rtol=0.01)


@settings(max_examples=20, deadline=None)
@given(height=st.integers(16, 200), grid=st.sampled_from([8, 16, 64]), seed=st.integers(0, 2**32 - 1))
def test_discs_amid_dark_pixels_give_what_is_predicted_at_any_size(height, grid, seed):
    rng = np.random.default_rng(seed)
    directions = sphere.pixel_directions(height, 2 * height)
    ldr = np.full((height, 2 * height, 3), 0.3, dtype=np.float32)
    for _ in range(12):
        axis = rng.normal(size=3)
        ldr[directions @ (axis / np.linalg.norm(axis)) > np.cos(rng.uniform(0.01, 0.2))] = 1.0
    diffuse, concentrated = np.exp(rng.normal(0.0, 1.0, (2, grid, 2 * grid, 3))).astype(np.float32)
    if height >= grid:
        lit = sphere.downsample((ldr[..., 0] == 1.0).astype(np.float32), grid, 2 * grid)[..., None] > 0.0
        diffuse, concentrated = diffuse * lit, concentrated * lit
        expected = energy_of(diffuse) + energy_of(concentrated)
        hdr = reconstruct(ldr, diffuse, concentrated)
        np.testing.assert_allclose(energy_of(hdr) - energy_of(ldr), expected, rtol=0.01)
