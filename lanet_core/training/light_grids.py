"""What the light network learns from: training pairs reduced to its grid, drawn once and seen many times.

Making a pair takes many times as long as learning from it on the grid, and a grid is small enough to be kept.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset

from lanet_core.networks.light_context import LightContext
from lanet_core.networks.light_network import GRID_ROWS, light_grid
from lanet_core.networks.reconstruction import reconstruct
from lanet_core.networks.resampling import pool_by_solid_angle
from lanet_core.training.losses import irradiance_loss
from lanet_core.training.pairs import TrainingPairs

#: Grids made at once by a background process.
_CHUNK = 16


class LightSamples(NamedTuple):
    """Pairs on the grid of 16×32 directions, float32; without N for a single one.

    Attributes:
        maps: (N, 21, 16, 32), what the network sees, see :class:`lanet_core.networks.light_network.LightGrid`.
        statistics: (N, 17), likewise.
        picture: (N, 3, 16, 32), the LDR, linear Rec.709.
        given: (N, 1, 16, 32), the light that the reconstruction gives for each unit that a white pixel lacks.
        target: (N, 3, 16, 32), the calibrated HDR.
    """

    maps: Tensor
    statistics: Tensor
    picture: Tensor
    given: Tensor
    target: Tensor


@torch.no_grad()
def reduce_to_grid(
    ldr_linear: Tensor, hdr: Tensor, picture: Tensor, context: LightContext, target_maximum: float = math.inf
) -> LightSamples:
    """Return pairs of :class:`lanet_core.training.pairs.TrainingPairs` on the grid.

    Args:
        ldr_linear: (N, 3, H, 2H), what a network sees.
        hdr: (N, 3, H, 2H), calibrated.
        picture: (N, 3, kH, 2kH), the LDR that ``ldr_linear`` was reduced from.
        context: has no weights.
        target_maximum: the HDR is clipped to this.
    """
    # The reconstruction is linear in what the picture lacks and the same for all channels: one unit of grey tells all.
    grey = picture.mean(dim=1, keepdim=True)
    log_unit = (pool_by_solid_angle(grey, grey.shape[-2] // ldr_linear.shape[-2]) + 1.0).log()
    given = reconstruct(grey, log_unit) - grey
    return LightSamples(
        *light_grid(ldr_linear, context),
        *(
            pool_by_solid_angle(panorama, panorama.shape[-2] // GRID_ROWS)
            for panorama in (picture, given, hdr.clamp(max=target_maximum))
        ),
    )


class LightGrids(Dataset):
    """A pool of pairs on the grid, each as often as any other, in another order each time.

    Args:
        pairs: where they come from: the first ``count``.
        count: of the pool.
        seed: of the order.
        workers: background processes that make them.
        target_maximum: see :func:`reduce_to_grid`.
    """

    def __init__(self, pairs: TrainingPairs, count: int, seed: int, workers: int, target_maximum: float) -> None:
        self.seed = seed
        made = DataLoader(_Reduced(pairs, count, target_maximum), batch_size=None, num_workers=workers)
        self.samples = LightSamples(*(torch.cat(each) for each in zip(*made, strict=True)))

    def __len__(self) -> int:
        return len(self.samples.maps)

    def __getitem__(self, number: int) -> LightSamples:
        """Return the sample whose turn it is."""
        epoch, position = divmod(number, len(self))
        index = int(np.random.default_rng([self.seed, epoch, 2]).permutation(len(self))[position])
        return LightSamples(*(each[index] for each in self.samples))


class _Reduced(Dataset):
    def __init__(self, pairs: TrainingPairs, count: int, target_maximum: float) -> None:
        self.pairs, self.count, self.target_maximum = pairs, count, target_maximum
        self.context = LightContext()

    def __len__(self) -> int:
        return math.ceil(self.count / _CHUNK)

    def __getitem__(self, chunk: int) -> LightSamples:
        numbers = range(chunk * _CHUNK, min((chunk + 1) * _CHUNK, self.count))
        batch = (torch.stack(each) for each in zip(*(self.pairs[number] for number in numbers), strict=True))
        return reduce_to_grid(*batch, self.context, self.target_maximum)


class LightGridLoss(nn.Module):
    """Mean absolute error, in stops, of the diffuse irradiance of the panoramas that the grid's light makes."""

    def __init__(self) -> None:
        super().__init__()
        self.irradiance = irradiance_loss(GRID_ROWS, GRID_ROWS)

    def forward(self, log_light: Tensor, samples: LightSamples) -> tuple[Tensor, dict[str, Tensor]]:
        """Return the loss, and it by its name.

        Args:
            log_light: (N, 3, 16, 32), see :meth:`lanet_core.networks.light_network.GridNetwork.forward`.
            samples: what it was said of.
        """
        stops = self.irradiance(samples.picture + samples.given * log_light.float().exp(), samples.target)
        return stops, {"irradiance": stops}
