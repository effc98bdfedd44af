"""Losses of the light that a panorama casts: diffuse irradiance and glossy reflection."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor, nn

from lanet_core.geometry import sphere
from lanet_core.metrics.irradiance import irradiance_matrix
from lanet_core.networks.resampling import pool_by_solid_angle

_EPSILON = 1e-8

#: Rows to which panoramas are reduced before the integral, and of the grid of normals or mirror directions; columns
#: are twice as many.
_MAP_ROWS, _DIRECTION_ROWS = 32, 16

#: n of a glossy lobe, which falls to half at 12°.
_EXPONENT = 32.0


class ReflectedLightLoss(nn.Module):
    """Mean absolute error, in stops, of the light that surfaces of one kind reflect, over all directions.

    What a surface reflects is linear in the panorama, so a fixed matrix gives the light that the panorama casts.

    Args:
        matrix: (directions, pixels) from radiance to reflected light, both axes row-major panoramas twice as
            wide as high.
    """

    matrix: Tensor
    weights: Tensor

    def __init__(self, matrix: np.ndarray) -> None:
        super().__init__()
        directions_height, self.map_height = (math.isqrt(size // 2) for size in matrix.shape)
        self.register_buffer("matrix", torch.from_numpy(matrix), persistent=False)
        weights = sphere.pixel_solid_angles_sr(directions_height, 1).repeat(2 * directions_height)
        self.register_buffer("weights", torch.from_numpy(weights / weights.sum()).float()[None, None], persistent=False)

    def forward(self, panorama: Tensor, target: Tensor) -> Tensor:
        """Return the error of (N, 3, H, 2H) against a target of the same size, a scalar in stops."""
        return self.each(panorama, target).mean()

    def each(self, panorama: Tensor, target: Tensor) -> Tensor:
        """Return the error of each panorama, (N,), in stops."""
        return self.difference(self.reflected(panorama), self.reflected(target))

    def difference(self, reflected: Tensor, target: Tensor) -> Tensor:
        """Return the error of each panorama, (N,), in stops, from what it and its target reflect."""
        stops = (reflected + _EPSILON).log2() - (target + _EPSILON).log2()
        return (stops.abs() * self.weights).sum(dim=-1).mean(dim=-1)

    def reflected(self, panorama: Tensor) -> Tensor:
        """Return reflected light, (N, 3, directions); linear in the panorama."""
        reduced = pool_by_solid_angle(panorama, panorama.shape[-2] // self.map_height)
        return reduced.flatten(2) @ self.matrix.T


def irradiance_loss() -> ReflectedLightLoss:
    """Return the loss of diffuse irradiance: the integral of :mod:`lanet_core.metrics.irradiance`, coarser."""
    return ReflectedLightLoss(irradiance_matrix(_MAP_ROWS, 2 * _MAP_ROWS, _DIRECTION_ROWS, 2 * _DIRECTION_ROWS))


def glossy_loss() -> ReflectedLightLoss:
    """Return the loss of glossy reflection: cosⁿ lobes about mirror directions.

    Source: Phong 1975, "Illumination for Computer Generated Images".
    """
    directions, pixels = (
        sphere.pixel_directions(height, 2 * height).reshape(-1, 3) for height in (_DIRECTION_ROWS, _MAP_ROWS)
    )
    lobes = np.maximum(directions @ pixels.T, 0.0) ** _EXPONENT
    lobes *= sphere.pixel_solid_angles_sr(_MAP_ROWS, 1).repeat(2 * _MAP_ROWS)
    return ReflectedLightLoss((lobes / lobes.sum(axis=1, keepdims=True)).astype(np.float32))
