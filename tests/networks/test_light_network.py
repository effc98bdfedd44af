"""The light network: what it sees on its grid, what it says at first, and how other networks are relit by it."""

from __future__ import annotations

import math

import pytest
import torch
from network_values import LIGHT

from lanet_core.networks.confidence import Confidence
from lanet_core.networks.lanet import NetworkOutput
from lanet_core.networks.light_context import LightContext
from lanet_core.networks.light_network import LightNetwork, light_grid
from lanet_core.networks.overexposure import overexposure_ramp
from lanet_core.networks.relit import Relit, relight
from lanet_core.networks.resampling import pool_by_solid_angle

COLOUR, SPREAD, MID_TONES, TEXTURE = slice(15, 18), 18, 19, 20


@pytest.fixture
def network(make_network) -> LightNetwork:
    return make_network(**LIGHT).eval()


@pytest.fixture
def some_panorama() -> torch.Tensor:
    generator = torch.Generator().manual_seed(1)
    coarse = 1.5 * torch.rand(2, 3, 16, 32, generator=generator) ** 2
    return coarse.repeat_interleave(8, -1).repeat_interleave(8, -2).clamp(max=1.0)


def test_what_the_grid_holds_of_stripes():
    ldr_linear = torch.full((1, 3, 128, 256), 0.6)
    ldr_linear[..., 1::2] = 0.2
    ldr_linear[:, 2] *= 0.5
    ldr_linear[..., :64, :] = 1.0
    maps, statistics = light_grid(ldr_linear, LightContext())
    assert (maps.shape, statistics.shape) == ((1, 21, 16, 32), (1, 17))
    below, above = maps[0, :, 12, 5], maps[0, :, 3, 5]
    red, blue = (0.5 * (math.log(light) + math.log(dark)) / 4.0 + 1.0 for light, dark in ((0.6, 0.2), (0.3, 0.1)))
    torch.testing.assert_close(below[COLOUR], torch.tensor([red, red, blue]))
    # Two equally frequent logs that differ by log 3: a standard deviation of half of that, and steps of all of it.
    assert below[SPREAD] == pytest.approx(0.5 * math.log(3.0) / 2.0, abs=1e-4)
    assert below[TEXTURE] == pytest.approx(math.log(3.0), abs=1e-4)
    assert below[MID_TONES] == pytest.approx(0.0)  # the mean of 0.6, 0.6, 0.3 is no more than a half
    torch.testing.assert_close(above[8:13], torch.tensor([1.0, 1.0, 1.0, 1.0, 0.0]))
    torch.testing.assert_close(above[13:15], torch.ones(2))
    torch.testing.assert_close(below[8:13], torch.tensor([0.0, 0.0, 0.0, 0.0, 1.0]))


def test_a_fresh_network_adds_one_light_to_all_that_is_clipped(make_network, some_panorama):
    torch.manual_seed(0)
    network = make_network(**LIGHT).eval()
    for last in (network.grid.head, network.grid.level[-1]):
        torch.nn.init.zeros_(last.weight)
        torch.nn.init.zeros_(last.bias)
    radiance = network(some_panorama).log_hdr.exp()
    clipped = (overexposure_ramp(some_panorama) > 0.0).expand_as(radiance)
    torch.testing.assert_close(radiance[clipped], some_panorama[clipped] + math.exp(1.5))
    torch.testing.assert_close(radiance[~clipped], some_panorama[~clipped].clamp(min=1.0 / 255.0 / 12.92))


def test_turning_the_panorama_turns_the_light(network, some_panorama):
    with torch.no_grad():
        direct, turned = network(some_panorama).log_hdr, network(some_panorama.roll(24, dims=-1)).log_hdr
    assert direct.std() > 0.1
    torch.testing.assert_close(turned, direct.roll(24, dims=-1), rtol=1e-4, atol=1e-4)


def test_a_network_of_fewer_rows_sees_a_panorama_pooled_to_them(make_network, some_panorama):
    network = make_network(**LIGHT, light_rows=64).eval()
    noise = torch.rand(some_panorama.shape, generator=torch.Generator().manual_seed(2))
    fine = (some_panorama * noise).clamp(max=1.0)
    seen, expected = network.seen(fine), light_grid(pool_by_solid_angle(fine, 2), network.context)
    torch.testing.assert_close(seen.maps, expected.maps)
    torch.testing.assert_close(seen.statistics, expected.statistics)
    assert (seen.maps - light_grid(fine, network.context).maps).abs().max() > 0.05
    assert network(fine).log_hdr.shape == fine.shape


def test_gradients_reach_every_weight(network, some_panorama):
    network.grid(*light_grid(some_panorama, network.context)).square().mean().backward()
    assert all(parameter.grad.abs().sum() > 0.0 for parameter in network.parameters())


def white_blots() -> torch.Tensor:
    """Two white blots on grey, apart by more than what enlargement blends."""
    ldr_linear = torch.full((1, 3, 128, 256), 0.3)
    ldr_linear[..., 40:72, 40:72] = 1.0
    ldr_linear[..., 40:72, 160:192] = 1.0
    return ldr_linear


def test_relit_light_has_the_strength_of_the_grid_and_leaves_the_rest():
    ldr_linear = white_blots()
    log_hdr = torch.where(ldr_linear == 1.0, 4.0, 0.25).log()
    relit = relight(ldr_linear, log_hdr, torch.full((1, 3, 16, 32), math.log(7.0))).exp()
    torch.testing.assert_close(relit, torch.where(ldr_linear == 1.0, 8.0, 0.25))


def test_relit_light_stays_where_the_network_saw_it():
    ldr_linear = white_blots()
    lacking = torch.rand(1, 3, 128, 256, generator=torch.Generator().manual_seed(2)) + 0.5
    lacking[..., 40:72, 40:72] *= 10.0
    log_light = torch.full((1, 3, 16, 32), math.log(3.0))
    log_light[..., 16:] = math.log(5.0)
    log_hdr = (ldr_linear + lacking).log()
    light = relight(ldr_linear, log_hdr, log_light, calm_log=0.0).exp() - ldr_linear
    for columns, wanted in ((slice(40, 72), 3.0), (slice(160, 192), 5.0)):
        given = light[..., 40:72, columns]
        assert pool_by_solid_angle(light * (ldr_linear == 1.0), 8)[0, :, 6, columns.start // 8 + 1] == pytest.approx(
            [wanted] * 3, rel=0.05
        )
        assert torch.corrcoef(torch.stack([given.flatten(), lacking[..., 40:72, columns].flatten()]))[0, 1] > 0.98


def relit_white(lacking: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """A wide white area and a small one relit by a grid that says 3 everywhere: the light as it is, and calmed."""
    ldr_linear = torch.full((1, 3, 128, 256), 0.3)
    ldr_linear[..., 24:88, 24:120] = 1.0
    ldr_linear[..., 44:50, 200:206] = 1.0
    log_hdr = (ldr_linear + (ldr_linear == 1.0) * lacking).log()
    log_light = torch.full((1, 3, 16, 32), math.log(3.0))
    as_it_is, calmed = (
        (relight(ldr_linear, log_hdr, log_light, calm_log).exp() - ldr_linear)[0].mean(dim=0) for calm_log in (0.0, 1.0)
    )
    return as_it_is, calmed


def test_the_rim_of_a_large_white_area_is_calmed_and_the_amount_stays():
    lacking = torch.full((1, 3, 128, 256), 3.0)
    lacking[..., 24:28, :] = 7.0
    as_it_is, calmed = relit_white(lacking)
    assert as_it_is[25, 72] / as_it_is[29, 72] == pytest.approx(7.0 / 3.0, rel=0.15)
    assert calmed[25, 72] / calmed[29, 72] < 1.2
    assert pool_by_solid_angle(calmed[None, None], 8)[0, 0, 3, 9] == pytest.approx(3.0, rel=0.03)


def test_a_sun_in_a_white_sky_and_the_middle_of_a_lamp_stay():
    lacking = torch.full((1, 3, 128, 256), 3.0)
    lacking[..., 54:56, 72:74] = 3000.0
    lacking[..., 46:48, 202:204] = 12.0
    as_it_is, calmed = relit_white(lacking)
    assert calmed[54, 72] / calmed[54, 75] > 0.9 * as_it_is[54, 72] / as_it_is[54, 75] > 300.0
    assert calmed[46, 202] / calmed[44, 200] > 0.75 * as_it_is[46, 202] / as_it_is[44, 200] > 3.0


def test_cells_without_clipped_pixels_change_nothing():
    ldr_linear = white_blots()
    log_hdr = torch.where(ldr_linear == 1.0, 4.0, 0.3).log()
    log_light = torch.full((1, 3, 16, 32), math.log(7.0))
    elsewhere = log_light.clone()
    elsewhere[..., pool_by_solid_angle(overexposure_ramp(ldr_linear), 8)[0, 0] == 0.0] = 12.0
    torch.testing.assert_close(relight(ldr_linear, log_hdr, elsewhere), relight(ldr_linear, log_hdr, log_light))


class _Says(torch.nn.Module):
    def forward(self, ldr_linear):
        return NetworkOutput((ldr_linear + 1.0).log(), attention=ldr_linear[:, :2])


class _SaysOfFew(torch.nn.Module):
    """Nine in all white pixels of 64 rows, and that it may be wrong by their columns."""

    def forward(self, ldr_linear):
        columns = torch.arange(128.0).expand(1, 1, 64, 128)
        log_hdr = torch.where(ldr_linear == 1.0, 9.0, ldr_linear).log()
        return NetworkOutput(log_hdr, confidence=Confidence(columns, torch.zeros(1)))


def test_what_was_said_of_fewer_rows_is_enlarged(make_network):
    light = make_network(**LIGHT, light_rows=64).eval()
    ldr_linear = white_blots()
    with torch.no_grad():
        output = Relit(_SaysOfFew(), 64, [light])(ldr_linear)
        log_light = light.grid(*light.seen(ldr_linear))
    expected = relight(ldr_linear, torch.where(ldr_linear == 1.0, 9.0, ldr_linear).log(), log_light)
    torch.testing.assert_close(output.log_hdr, expected, rtol=1e-4, atol=1e-3)
    torch.testing.assert_close(output.confidence.log_scale[0, 0, 5], torch.arange(128.0).repeat_interleave(2))


def test_several_light_networks_say_the_mean_of_their_logs(make_network, some_panorama):
    lights = []
    for level, rows in ((0.0, 128), (2.0, 64), (1.0, 64)):
        network = make_network(**LIGHT, light_rows=rows).eval()
        network.grid.level[-1].bias.data += level
        lights.append(network)
    with torch.no_grad():
        logs = [light.grid(*light.seen(some_panorama)) for light in lights]
        output = Relit(_Says(), 128, lights)(some_panorama)
    expected = relight(some_panorama, (some_panorama + 1.0).log(), torch.stack(logs).mean(dim=0))
    torch.testing.assert_close(output.log_hdr, expected)
    assert output.attention is not None
