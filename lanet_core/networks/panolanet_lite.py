"""panoLANet on a pretrained encoder: predicts the radiance that a panorama's over-exposed pixels lack.

The panorama branch is a U-Net on EfficientNet-Lite0. The ceiling branch sees the upper hemisphere in perspective
through an encoder of its own, shares the panorama branch's last features through a gated convolution, and replaces
the panorama branch's output above (Yu et al. 2021, section 4). Two parts of the light are predicted: diffuse radiance
of each cell, and concentrated light, of which the total is predicted for the scene and distributed over the cells.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from lanet_core.geometry import sphere
from lanet_core.inference.model_metadata import CELL_PIXELS
from lanet_core.networks.ceiling import ceiling_to_panorama, ceiling_weight, panorama_to_ceiling
from lanet_core.networks.efficientnet import SKIP_CHANNELS, EfficientNetLite0, SameConv2d
from lanet_core.networks.initialisation import set_to_zero
from lanet_core.networks.overexposure import close_mask
from lanet_core.networks.resampling import pool_by_solid_angle
from lanet_core.networks.scene_statistics import SceneStatistics

_EXTRA_CHANNELS = 6
_GROUPS = 8
_LOG_DIFFUSE_LIMITS = (-8.0, 10.0)
_LOG_ENERGY_LIMITS = (-9.0, 9.0)
#: Between these levels relative to white, a channel of an over-exposed pixel comes to count as clipped.
_CHANNEL_RAMP = (0.6, 0.98)
_INITIAL_LOG_DIFFUSE = 1.0
_INITIAL_LOG_ENERGY = -2.0


@dataclass(frozen=True)
class LiteConfiguration:
    """The parts of the network.

    Attributes:
        decoder_channels: channels of the decoder at 1/16, 1/8, 1/4 and 1/2 of the resolution.
        head_channels: channels of the scene head.
        dropout: share of features that each training step leaves out.
        statistics: give the scene head the figures of :mod:`lanet_core.networks.scene_statistics`.
        concentrated: predict concentrated light apart from diffuse radiance.
        ceiling_branch: add the ceiling branch.
        ceiling_channels: channels of its decoder.
        ceiling_attention: share the panorama branch's features with it through a gated convolution.
        pretrained: start the encoder from its ImageNet weights.
    """

    decoder_channels: tuple[int, int, int, int] = (128, 64, 48, 32)
    head_channels: int = 64
    dropout: float = 0.2
    statistics: bool = True
    concentrated: bool = True
    ceiling_branch: bool = False
    ceiling_channels: tuple[int, int, int, int] = (96, 64, 48, 32)
    ceiling_attention: bool = True
    pretrained: bool = True


class LightOutput(NamedTuple):
    """Predicted radiance to add, float32, linear Rec.709 relative to the white level, mean over each cell.

    Attributes:
        diffuse: (N, 3, g, 2g).
        concentrated: (N, 3, g, 2g); zeros without that head.
        log_share: (N, 1, g, 2g), natural log of the share of the concentrated light in each cell.
        log_energy: (N, 3), natural log of the concentrated light's radiance times solid angle.
    """

    diffuse: Tensor
    concentrated: Tensor
    log_share: Tensor
    log_energy: Tensor

    @property
    def light(self) -> Tensor:
        """All radiance to add, (N, 3, g, 2g)."""
        return self.diffuse + self.concentrated


class _UpBlock(nn.Module):
    """Nearest-neighbour up-sampling, concatenation with a skip, two convolutions."""

    def __init__(self, channels: int, skip_channels: int, out_channels: int) -> None:
        super().__init__()
        self.first = SameConv2d(channels + skip_channels, out_channels, 3, bias=False)
        self.first_norm = nn.GroupNorm(_GROUPS, out_channels)
        self.second = SameConv2d(out_channels, out_channels, 3, bias=False)
        self.second_norm = nn.GroupNorm(_GROUPS, out_channels)

    def forward(self, features: Tensor, skip: Tensor | None) -> Tensor:
        features = F.interpolate(features, scale_factor=2.0, mode="nearest")
        if skip is not None:
            features = torch.cat([features, skip], dim=1)
        features = F.silu(self.first_norm(self.first(features)))
        return F.silu(self.second_norm(self.second(features)))


class _CeilingBranch(nn.Module):
    """Features of the ceiling view at half its size; its decoder has no skips (section 4)."""

    def __init__(self, configuration: LiteConfiguration) -> None:
        super().__init__()
        self.encoder = EfficientNetLite0(wraps=False)
        channels = (SKIP_CHANNELS[-1], *configuration.ceiling_channels)
        self.ups = nn.ModuleList(_UpBlock(channels[level], 0, channels[level + 1]) for level in range(4))
        last, shared = channels[-1], configuration.decoder_channels[-1]
        self.has_attention = configuration.ceiling_attention
        if self.has_attention:
            self.join = SameConv2d(last + shared, last, 3)
            self.gate = SameConv2d(last, 2 * last, 3)
        self.out = SameConv2d(last, 4, 3)
        for module in self.modules():
            if isinstance(module, SameConv2d):
                module.wraps = False
        set_to_zero(self.out)

    def forward(self, ceiling_srgb: Tensor, shared: Tensor) -> Tensor:
        """Return (N, 4, H/2, H/2) for the ceiling view (N, 3, H, H) and the features shared with it."""
        features = self.encoder(ceiling_srgb)[-1]
        for up in self.ups:
            features = up(features, None)
        if self.has_attention:
            features = F.silu(self.join(torch.cat([features, shared], dim=1)))
            value, gate = self.gate(features).chunk(2, dim=1)
            features = value * torch.sigmoid(gate)
        return self.out(features)


class PanoLANetLite(nn.Module):
    """The network; see this module.

    Args:
        configuration: its parts.
    """

    def __init__(self, configuration: LiteConfiguration) -> None:
        super().__init__()
        self.configuration = configuration
        self.encoder = EfficientNetLite0()
        channels = (SKIP_CHANNELS[-1], *configuration.decoder_channels)
        skips: list[int] = list(reversed(SKIP_CHANNELS[:-1]))
        skips[-1] += _EXTRA_CHANNELS
        self.ups = nn.ModuleList(_UpBlock(channels[level], skips[level], channels[level + 1]) for level in range(4))
        self.out = SameConv2d(channels[-1], 4, 3)
        set_to_zero(self.out)
        self.statistics = SceneStatistics() if configuration.statistics else None
        near = configuration.decoder_channels[1]
        inputs = SKIP_CHANNELS[-1] + near
        if self.statistics is not None:
            self.statistics_layer = nn.Sequential(nn.Linear(self.statistics.count, 64), nn.SiLU())
            inputs += 64
        self.head = nn.Sequential(
            nn.Dropout(configuration.dropout),
            nn.Linear(inputs, configuration.head_channels),
            nn.SiLU(),
            nn.Dropout(configuration.dropout),
            nn.Linear(configuration.head_channels, 6),
        )
        set_to_zero(self.head[-1])
        self.head[-1].bias.data = torch.tensor([_INITIAL_LOG_DIFFUSE] * 3 + [_INITIAL_LOG_ENERGY] * 3)
        self.dropout = nn.Dropout2d(configuration.dropout)
        self.ceiling = _CeilingBranch(configuration) if configuration.ceiling_branch else None

    def load_imagenet_weights(self, path: Path) -> None:
        """Start the encoder of each branch from ImageNet's weights."""
        self.encoder.load_imagenet_weights(path)
        if self.ceiling is not None:
            self.ceiling.encoder.load_state_dict(self.encoder.state_dict())

    def forward(self, image: Tensor, overexposure: Tensor) -> LightOutput:
        """Predict the radiance to add.

        Args:
            image: (N, 3, H, 2H), linear Rec.709 relative to the white level, [0, 1]; H a multiple of 32.
            overexposure: (N, 2, H, 2H), mean and maximum over-exposure in each pixel, [0, 1].
        """
        with torch.autocast(image.device.type, enabled=False):
            image, overexposure = image.float(), overexposure.float()
            srgb = srgb_encode(image)
            extra = torch.cat([overexposure, (image + 0.01).log(), srgb.amin(dim=1, keepdim=True)], dim=1)
            cell_extra = F.avg_pool2d(extra, CELL_PIXELS)
            share = pool_by_solid_angle(overexposure[:, :1], CELL_PIXELS)
            channels = _channel_shares(image, overexposure[:, :1])
            figures = self.statistics(image, overexposure) if self.statistics is not None else None
        skips = self.encoder(srgb)
        features = self.dropout(skips[-1])
        near = features
        for level, up in enumerate(self.ups):
            skip = skips[3 - level]
            features = up(features, torch.cat([skip, cell_extra.to(skip)], dim=1) if level == 3 else skip)
            if level == 1:
                near = features
        out = self.out(features)
        if self.ceiling is not None:
            above = self.ceiling(panorama_to_ceiling(srgb), panorama_to_ceiling(features))
            out = _with_ceiling(out, above, share)
        with torch.autocast(image.device.type, enabled=False):
            scene = self.head(torch.cat(self._scene_features(skips[-1], near, overexposure, figures), dim=1).float())
            return self._light(out.float(), scene, share, channels)

    def _scene_features(
        self, deepest: Tensor, near: Tensor, overexposure: Tensor, figures: Tensor | None
    ) -> list[Tensor]:
        """Return what the scene head sees: means over the sphere and over the clipped pixels, and the figures."""
        factor = overexposure.shape[-2] // near.shape[-2]
        reached = F.avg_pool2d(overexposure[:, 1:], factor)
        at_lights = (near.float() * reached).sum(dim=(2, 3)) / (reached.sum(dim=(2, 3)) + 1e-3)
        features = [deepest.float().mean(dim=(2, 3)), at_lights]
        if figures is not None:
            features.append(self.statistics_layer(figures))
        return features

    def _light(self, out: Tensor, scene: Tensor, share: Tensor, channels: Tensor) -> LightOutput:
        log_diffuse = (out[:, :3] + scene[:, :3, None, None]).clamp(*_LOG_DIFFUSE_LIMITS)
        diffuse = channels * log_diffuse.exp()
        solid_angles = torch.from_numpy(sphere.pixel_solid_angles_sr(*map(int, share.shape[-2:]))).to(share)
        solid_angles = solid_angles[:, None]
        clipped = share * solid_angles
        logits = out[:, 3:4] + (clipped + 1e-9).log()
        log_share = logits - logits.flatten(1).logsumexp(dim=1)[:, None, None, None]
        log_energy = scene[:, 3:].clamp(*_LOG_ENERGY_LIMITS)
        if not self.configuration.concentrated:
            return LightOutput(diffuse, torch.zeros_like(diffuse), log_share, log_energy)
        clipped_channels = channels / share.clamp(min=1e-9)
        radiance = log_share.exp() * clipped_channels / solid_angles * log_energy.exp()[:, :, None, None]
        return LightOutput(diffuse, radiance, log_share, log_energy)


def _channel_shares(image: Tensor, overexposure: Tensor) -> Tensor:
    """Return the over-exposure of each channel of each cell, (N, 3, g, 2g), at most that of the cell.

    A channel that is not clipped was measured, such as the blue of a red neon tube: it lacks no light. What a pixel
    shows around its over-exposed part can only make that part darker than it is taken for here.

    Args:
        image: (N, 3, H, 2H), linear Rec.709 relative to the white level, [0, 1].
        overexposure: (N, 1, H, 2H), mean over-exposure of each pixel.
    """
    low, high = _CHANNEL_RAMP
    level = image / overexposure.clamp(min=1e-3)
    return pool_by_solid_angle(overexposure * ((level - low) / (high - low)).clamp(0.0, 1.0), CELL_PIXELS)


def srgb_encode(linear: Tensor) -> Tensor:
    """Encode linear light, [0, 1], as sRGB (IEC 61966-2-1)."""
    low = linear * 12.92
    return torch.where(linear <= 0.0031308, low, 1.055 * linear.clamp(min=1e-8) ** (1.0 / 2.4) - 0.055)


def _with_ceiling(out: Tensor, above: Tensor, share: Tensor) -> Tensor:
    """Merge the ceiling branch's output where the upper hemisphere is over-exposed (Eq. 7)."""
    height, width = map(int, out.shape[-2:])
    weight = ceiling_weight(height, width, 0.25).to(out.device)
    mask = close_mask((share > 0.0).float() * weight)
    return mask * ceiling_to_panorama(above, width) + (1.0 - mask) * out
