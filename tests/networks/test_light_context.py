"""The light context against worlds whose integrals are known."""

from __future__ import annotations

import math

import pytest
import torch
from network_values import PANOLANET

from lanet_core.networks.light_context import MAP_CHANNELS, STATISTICS, LightContext

ELEVATION, NEAR_RADIANCE, FAR_RADIANCE, NEAR_CLIPPED, FAR_CLIPPED = range(3, 8)
DARK, FLOOR = math.log(3e-4), math.log(1e-5)


@pytest.fixture
def white_sky_over_grey_ground() -> torch.Tensor:
    ldr_linear = torch.full((1, 3, 64, 128), 0.25)
    ldr_linear[..., :32, :] = 1.0
    return ldr_linear


@pytest.fixture
def some_panorama() -> torch.Tensor:
    return (1.3 * torch.rand(1, 3, 64, 128, generator=torch.Generator().manual_seed(1))).clamp(max=1.0)


def decoded(channel: torch.Tensor) -> torch.Tensor:
    """Undo the scale that brings logs to about [-1, 1]."""
    return (channel - 1.0) * 4.0


def test_sizes(some_panorama):
    maps, statistics, ramp = LightContext()(some_panorama)
    assert maps.shape == (1, MAP_CHANNELS, 64, 128)
    assert statistics.shape == (1, STATISTICS)
    assert ramp.shape == (1, 1, 64, 128)


def test_a_white_sky_over_grey_ground(white_sky_over_grey_ground):
    maps = LightContext()(white_sky_over_grey_ground).maps[0]
    zenith, nadir = maps[:, 0, 0], maps[:, -1, 0]
    # Looking up there is nothing but white, looking down nothing but grey 0.25.
    assert decoded(zenith[NEAR_CLIPPED]) == pytest.approx(0.0, abs=0.01)
    assert decoded(zenith[FAR_CLIPPED]) == pytest.approx(FLOOR, abs=0.01)
    assert decoded(zenith[FAR_RADIANCE]) == pytest.approx(math.log(0.25), abs=0.01)
    assert decoded(nadir[NEAR_RADIANCE]) == pytest.approx(math.log(0.25), abs=0.01)
    assert decoded(nadir[FAR_CLIPPED]) == pytest.approx(0.0, abs=0.01)
    # A wall sees as much sky as ground: E = π (1 + cos 90°) / 2.
    assert decoded(maps[NEAR_CLIPPED, 31:33].mean()) == pytest.approx(math.log(0.5), abs=0.05)
    assert zenith[ELEVATION] == pytest.approx(math.cos(math.pi / 128), abs=1e-4)
    assert nadir[ELEVATION] == pytest.approx(-math.cos(math.pi / 128), abs=1e-4)


def test_statistics_of_a_white_sky_over_grey_ground(white_sky_over_grey_ground):
    figures = LightContext()(white_sky_over_grey_ground).statistics[0]
    clipped, clipped_above, clipped_below = ((figures[:3] - 1.5) * 3.0).tolist()
    assert clipped == clipped_above == pytest.approx(math.log(0.5), abs=1e-4)
    assert clipped_below == pytest.approx(FLOOR, abs=1e-4)
    assert figures[3] - 2.0 == pytest.approx(DARK)  # no exposed pixel above
    assert figures[4] - 2.0 == pytest.approx(math.log(0.25), abs=1e-4)
    assert figures[7] + 2.0 == pytest.approx(0.0, abs=1e-4)  # the exposed part is all one grey
    # The mean sine of elevations above the horizon is ½; 16 rows are coarse.
    assert (figures[8] + 1.0) / 2.0 == pytest.approx(0.5, abs=5e-3)
    assert figures[9] - 2.0 == pytest.approx(math.log(0.25), abs=1e-4)


def test_turning_the_panorama_turns_the_maps_and_keeps_the_statistics(some_panorama):
    context = LightContext()
    direct, turned = context(some_panorama), context(some_panorama.roll(8, dims=-1))
    torch.testing.assert_close(turned.maps, direct.maps.roll(8, dims=-1), rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(turned.statistics, direct.statistics, rtol=1e-4, atol=1e-5)


def test_the_opposite_lobe_is_that_of_the_opposite_direction(some_panorama):
    maps = LightContext()(some_panorama).maps[0]
    for near, far in ((NEAR_RADIANCE, FAR_RADIANCE), (NEAR_CLIPPED, FAR_CLIPPED)):
        torch.testing.assert_close(maps[far], maps[near].flip(0).roll(64, 1), rtol=1e-4, atol=1e-5)


def test_the_size_of_the_picture_hardly_matters(white_sky_over_grey_ground):
    larger = white_sky_over_grey_ground.repeat_interleave(2, -1).repeat_interleave(2, -2)
    small, large = (LightContext()(each).statistics for each in (white_sky_over_grey_ground, larger))
    torch.testing.assert_close(large, small, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("value", [0.0, 1.0], ids=["black", "white"])
def test_black_and_white_panoramas_are_finite(value):
    context = LightContext()(torch.full((1, 3, 32, 64), value))
    assert all(torch.isfinite(each).all() for each in context)


def test_a_crop_is_refused():
    with pytest.raises(ValueError, match="panoramas"):
        LightContext()(torch.rand(1, 3, 64, 64))


def test_the_scene_gain_touches_over_exposed_pixels_only(make_network):
    network = make_network(**PANOLANET, light_context=True).eval()
    ldr_linear = torch.full((1, 3, 128, 256), 0.3)
    ldr_linear[..., 10:40, 100:140] = 1.0
    with torch.no_grad():
        before = network(ldr_linear).log_hdr
        network.panorama.scene_gain.layers[-1].bias += 1.0
        gained = network(ldr_linear).log_hdr - before
    torch.testing.assert_close(gained[..., 10:40, 100:140], torch.ones(1, 3, 30, 40), rtol=1e-4, atol=1e-4)
    assert gained[..., 60:, :].abs().max() < 1e-5
