"""How a panorama is lit, in figures: fixed functions of its exposed part and of the place of its clipped pixels.

The strength of a clipped light shows in what it lights: the surfaces that face it, the contrast of shadows, the glare
around it. An integral over the sphere measures that directly. Nothing here has weights.
"""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor, nn

from lanet_core.calibration import OVEREXPOSURE_THRESHOLD
from lanet_core.geometry import sphere
from lanet_core.networks.resampling import pool_by_solid_angle

#: Rows of the panorama on which the integrals are taken.
_ROWS = 32
#: Rows on which the integrals around each direction are taken.
_LOBE_ROWS = 16
#: Bands of elevation, as parts of the height from the top: all, then from the zenith to the nadir.
_BANDS = ((0.0, 1.0), (0.0, 0.35), (0.35, 0.5), (0.5, 0.65), (0.65, 1.0))
#: Luminances that split the exposed pixels.
_LEVELS = (0.01, 0.05, 0.15, 0.3, 0.5)
#: Exponents of the cosine lobes around each direction: a hemisphere, the light's surroundings, its glare.
_LOBES = (1.0, 8.0, 64.0)
_DARK = 0.003
_SHARE_FLOOR = 1e-4


class SceneStatistics(nn.Module):
    """Figures of a panorama, of order 1."""

    weights: Tensor
    bands: Tensor
    elevation: Tensor
    coarse_weights: Tensor
    lobes: Tensor

    def __init__(self) -> None:
        super().__init__()
        directions = sphere.pixel_directions(_ROWS, 2 * _ROWS).reshape(-1, 3)
        weights = sphere.pixel_solid_angles_sr(_ROWS, 1).repeat(2 * _ROWS) / (2 * _ROWS) / (4.0 * math.pi)
        rows = (np.arange(_ROWS) + 0.5).repeat(2 * _ROWS) / _ROWS
        bands = np.stack([weights * ((rows >= low) & (rows < high)) for low, high in _BANDS])
        coarse = sphere.pixel_directions(_LOBE_ROWS, 2 * _LOBE_ROWS).reshape(-1, 3)
        coarse_weights = sphere.pixel_solid_angles_sr(_LOBE_ROWS, 1).repeat(2 * _LOBE_ROWS) / (
            8.0 * math.pi * _LOBE_ROWS
        )
        lobes = np.stack([np.maximum(coarse @ coarse.T, 0.0) ** exponent * coarse_weights for exponent in _LOBES])
        self.register_buffer("weights", torch.from_numpy(weights).float(), persistent=False)
        self.register_buffer("bands", torch.from_numpy(bands).float(), persistent=False)
        self.register_buffer("elevation", torch.from_numpy(directions[:, 2]).float(), persistent=False)
        self.register_buffer("coarse_weights", torch.from_numpy(coarse_weights).float(), persistent=False)
        self.register_buffer("lobes", torch.from_numpy(lobes).float(), persistent=False)

    @property
    def count(self) -> int:
        """Number of figures."""
        return 3 * len(_BANDS) + 4 + 2 + len(_LEVELS) + 6 + 2 * len(_LOBES) + 1

    def forward(self, image: Tensor, overexposure: Tensor) -> Tensor:
        """Measure panoramas.

        Args:
            image: (N, 3, H, 2H), linear Rec.709 relative to the white level, [0, 1]; H a multiple of 32.
            overexposure: (N, 2, H, 2H), mean and maximum over-exposure of each pixel.

        Returns:
            (N, count).
        """
        factor = int(image.shape[-2]) // _ROWS
        luminance = image.mean(dim=1, keepdim=True)
        exposed = (luminance < OVEREXPOSURE_THRESHOLD).to(image)
        levels = [exposed * (luminance < level).to(image) for level in _LEVELS]
        maps = torch.cat([image, luminance, exposed, exposed * luminance, overexposure, *levels], dim=1)
        maps = pool_by_solid_angle(maps, factor)
        coarse = pool_by_solid_angle(maps[:, 4:8], _ROWS // _LOBE_ROWS).flatten(2)
        maps = maps.flatten(2)
        luminance, exposed, radiance, share, reached = (maps[:, index] for index in range(3, 8))
        log_luminance = (luminance + _DARK).log()
        mean_radiance = (radiance + _DARK * _SHARE_FLOOR) / (exposed + _SHARE_FLOOR)

        def mean(field: Tensor, where: Tensor) -> Tensor:
            return (field * where).sum(dim=-1) / where.sum(dim=-1).clamp(min=1e-9)

        figures = []
        for band in self.bands:
            figures += [
                mean(log_luminance, band) / 2.0 + 1.0,
                (mean(luminance, band) + _DARK).log() / 2.0 + 1.0,
                (mean(share, band) + _SHARE_FLOOR).log() / 3.0 + 1.5,
            ]
        halves = [self.weights * (self.elevation > 0.0), self.weights * (self.elevation <= 0.0)]
        for half in halves:
            figures += [
                2.0 * (mean(maps[:, channel], half) + _DARK).log() - 2.0 * (mean(maps[:, 1], half) + _DARK).log()
                for channel in (0, 2)
            ]
            centred = log_luminance - mean(log_luminance, half)[:, None]
            figures.append((mean(centred.square() * exposed, half) + 1e-4).sqrt() - 1.0)
        figures += [2.0 * mean(maps[:, 8 + index], self.weights) - 1.0 for index in range(len(_LEVELS))]
        all_light = (share * self.weights).sum(dim=-1)
        figures += [
            (all_light + 1e-6).log() / 4.0 + 1.5,
            ((reached * self.weights).sum(dim=-1) + 1e-6).log() / 4.0 + 1.0,
            ((all_light + 1e-6) / ((reached * self.weights).sum(dim=-1) + 1e-6)).log() / 2.0 + 0.5,
            (share * self.elevation * self.weights).sum(dim=-1) / (all_light + 1e-6),
            (reached * self.elevation * self.weights).sum(dim=-1) / ((reached * self.weights).sum(dim=-1) + 1e-6),
            ((share.square() * self.weights).sum(dim=-1) / (all_light + 1e-6) + 1e-3).log() / 3.0 + 0.5,
        ]
        for lobe in self.lobes:
            exposed_near, radiance_near, _, reached_near = (coarse[:, index] @ lobe.T for index in range(4))
            towards = reached_near * self.coarse_weights
            around = (radiance_near + _DARK * _SHARE_FLOOR) / (exposed_near + _SHARE_FLOOR)
            opposite = around.reshape(-1, _LOBE_ROWS, 2 * _LOBE_ROWS).flip(1).roll(_LOBE_ROWS, 2).flatten(1)
            figures += [(mean(each, towards) + _DARK).log() / 2.0 + 1.0 for each in (around, opposite)]
        figures.append((mean(mean_radiance, reached * self.weights) + _DARK).log() / 2.0 + 1.0)
        return torch.stack(figures, dim=1)
