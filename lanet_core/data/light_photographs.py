"""Training images of the light network: photographs of HDR panoramas, made in torch on the training device.

A photograph is taken at the scene's full resolution and edited there. Its white level and its over-exposure are
measured there too, and only then is it reduced to the network's size, as in a conversion.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from lanet_core.calibration import OVEREXPOSURE_THRESHOLD
from lanet_core.colour import linear_to_srgb
from lanet_core.data import augmentation
from lanet_core.data.edits import EncodedPhotograph, edit, srgb_decode
from lanet_core.data.photograph_options import PhotographOptions
from lanet_core.data.sharp_lights import Disc, take_light
from lanet_core.data.torch_camera import calibration_scale, expose, exposure_scale
from lanet_core.data.virtual_camera import Camera, draw_camera
from lanet_core.geometry import sphere
from lanet_core.inference.model_metadata import CELL_PIXELS
from lanet_core.networks.resampling import pool_by_solid_angle
from lanet_core.reconstruction.overexposure import CHANNEL_THRESHOLD, SATURATION
from lanet_core.reconstruction.painted_areas import MID_GREY
from lanet_core.reconstruction.white_level import BrightColours, WhiteLevel

#: Radiance above this, in multiples of white, counts as concentrated.
CONCENTRATED_RADIANCE = 16.0
_TINY = 1e-8
_MID_GREY_ENCODED = float(linear_to_srgb(np.array(MID_GREY)))


class LightSample(NamedTuple):
    """One photograph, or a batch of them, float32, linear Rec.709 relative to the white level.

    Attributes:
        image: (3, h, 2h), the photograph at the network's size, [0, 1].
        overexposure: (2, h, 2h), mean and maximum over-exposure in each network pixel, [0, 1].
        ldr: (3, g, 2g), the photograph on the light grid.
        share: (1, g, 2g), mean over-exposure of each cell, [0, 1].
        light: (3, g, 2g), radiance that the over-exposed pixels lack, mean over each cell.
        concentrated: (1, g, 2g), the part of it above :data:`CONCENTRATED_RADIANCE`, mean of the channels.
        truth: (3, g, 2g), the calibrated HDR.
        weight: (), weight of the sample in the losses of strength.
    """

    image: Tensor
    overexposure: Tensor
    ldr: Tensor
    share: Tensor
    light: Tensor
    concentrated: Tensor
    truth: Tensor
    weight: Tensor


@dataclass(frozen=True)
class TrainingScene:
    """A scene in memory.

    Attributes:
        name: of the scene.
        hdr: (3, H, 2H) float32, linear Rec.709, relative luminance.
        weight: 0 where the capture itself clips the sun, so that its strength is unknown; else 1.
    """

    name: str
    hdr: Tensor
    weight: float = 1.0


def training_scene(name: str, hdr: np.ndarray, category: str) -> TrainingScene:
    """Return a scene for training.

    Args:
        name: of the scene.
        hdr: (H, 2H, 3) float32, linear Rec.709, ≥ 0.
        category: ``outdoor-sun`` scenes are checked for a clipped sun.
    """
    tensor = torch.from_numpy(np.ascontiguousarray(np.moveaxis(hdr, -1, 0), dtype=np.float32))
    tensor = tensor * (0.2 / tensor.mean(dim=0).median().clamp(min=1e-7))
    weight = 0.0 if category == "outdoor-sun" and _sun_is_clipped(tensor) else 1.0
    return TrainingScene(name, tensor, weight)


def _sun_is_clipped(hdr: Tensor) -> bool:
    """Return whether the strongest light gives less at normal incidence than the rest gives the ground."""
    taken = take_light(hdr)
    if taken is None:
        return True
    capped, disc = taken
    height = hdr.shape[-2]
    upper = torch.from_numpy(sphere.pixel_solid_angles_sr(height, 1) * np.cos(sphere.zenith_angles_rad(height))).float()
    diffuse = (capped.mean(dim=0)[: height // 2] * upper[: height // 2, None]).sum() / hdr.shape[-1]
    return float(disc.energy.mean()) < float(diffuse)


def relative_overexposure(relative: Tensor) -> Tensor:
    """Return (1, H, W): :func:`lanet_core.reconstruction.overexposure.overexposure` in torch, of (3, H, W)."""
    mean = (relative.mean(dim=0, keepdim=True) - OVEREXPOSURE_THRESHOLD) / (SATURATION - OVEREXPOSURE_THRESHOLD)
    channel = (relative.amax(dim=0, keepdim=True) - CHANNEL_THRESHOLD) / (SATURATION - CHANNEL_THRESHOLD)
    return torch.maximum(mean, channel).clamp(0.0, 1.0) ** 3


def relative_image(encoded: Tensor, white: WhiteLevel) -> Tensor:
    """Return :func:`.overexposure.relative_to_white` in torch, of a display-encoded (3, H, W)."""
    level = torch.tensor(white.rgb).to(encoded)[:, None, None]
    if white.black > 0.0:
        return srgb_decode(((encoded - white.black) / (level - white.black)).clamp(0.0, 1.0))
    return (srgb_decode(encoded) / torch.from_numpy(white.linear).to(encoded)[:, None, None]).clamp(max=1.0)


def measure_white(encoded: Tensor, painted: Tensor) -> WhiteLevel:
    """Estimate the white level of a photograph without its painted areas, as in a conversion.

    Args:
        encoded: (3, H, 2H) float32, display-encoded, [0, 1], quantised.
        painted: (1, H, 2H) float32, 1 where an edit has painted over the scene.
    """
    scene = encoded.masked_fill(painted > 0.0, _MID_GREY_ENCODED)
    codes = np.moveaxis((scene * 255.0).round().to(torch.uint8).cpu().numpy(), 0, -1)
    colours = BrightColours()
    colours.add(codes, sphere.pixel_solid_angles_sr(*codes.shape[:2]))
    return colours.white_level()


class LightPhotographs:
    """Photographs of scenes, varied at random.

    Args:
        scenes: to photograph, all of one size.
        options: how the photographs vary.
        height: rows of the network's input.
    """

    def __init__(self, scenes: Sequence[TrainingScene], options: PhotographOptions, height: int) -> None:
        self.scenes = scenes
        self.options = options
        self.height = height

    def draw(self, scene: TrainingScene, rng: np.random.Generator) -> LightSample:
        """Return a photograph of a scene, varied at random."""
        options = self.options
        hdr = self._varied(scene, rng)
        taken = take_light(hdr) if rng.random() < options.sharp_share else None
        disc = None
        if taken is not None:
            hdr, disc = _with_disc(*taken)
        camera = draw_camera(rng, exposure_spread_ev=options.exposure_spread_ev)
        is_edited = rng.random() < options.edit_share
        if disc is None and rng.random() < options.cap_share:
            hdr = _capped_if_even(hdr, camera, rng)
        return photograph_sample(hdr, camera, self.height, rng if is_edited else None, disc, rng, scene.weight)

    def _varied(self, scene: TrainingScene, rng: np.random.Generator) -> Tensor:
        options, hdr = self.options, scene.hdr
        width = hdr.shape[-1]
        if rng.random() < options.glue_share:
            other = self.scenes[int(rng.integers(len(self.scenes)))].hdr
            hdr = _glued(hdr, other.roll(int(rng.integers(width)), -1))
        hdr = augmentation.turn(hdr, rng)
        hdr = augmentation.tint(hdr, rng, options.white_balance_spread)
        if options.saturation_spread:
            factor = float(np.exp(rng.normal() * options.saturation_spread))
            grey = hdr.mean(dim=0, keepdim=True)
            hdr = (grey + (hdr - grey) * factor).clamp(min=0.0)
        return hdr


def photograph_sample(
    hdr: Tensor,
    camera: Camera,
    height: int,
    edit_rng: np.random.Generator | None = None,
    disc: Disc | None = None,
    disc_rng: np.random.Generator | None = None,
    weight: float = 1.0,
) -> LightSample:
    """Photograph a panorama and reduce the photograph, with its truth, to the network's size.

    Args:
        hdr: (3, H, 2H) float32, linear Rec.709; H a multiple of ``height``.
        camera: to photograph it with.
        height: rows of the network's input.
        edit_rng: draws edits; None for the photograph as the camera takes it.
        disc: a light without glare in the panorama, to be shown as at a higher resolution.
        disc_rng: draws its sharpness.
        weight: of the sample.
    """
    image = EncodedPhotograph.unedited(*expose(hdr, camera))
    if edit_rng is not None:
        edit(image, edit_rng)
    codes = (image.encoded.clamp(0.0, 1.0) * 255.0).round() / 255.0
    relative = relative_image(codes, measure_white(codes, image.painted))
    overexposed = relative_overexposure(relative)
    scale = calibration_scale(relative, hdr, image.well_exposed(relative))
    truth = torch.where(image.painted > 0.0, relative, hdr * scale)
    lacking = (truth - relative).clamp(min=0.0) * (overexposed > 0.0) * (1.0 - image.painted)
    concentrated = (lacking.mean(dim=0, keepdim=True) - CONCENTRATED_RADIANCE).clamp(min=0.0)
    maps = [relative, overexposed, lacking, concentrated, truth]
    sharpened = disc if disc is not None and disc_rng is not None and disc_rng.random() < 0.7 else None
    if sharpened is not None:
        maps = _without_footprint(maps, sharpened)
    factor = hdr.shape[-2] // height
    pooled = [pool_by_solid_angle(each[None], factor)[0] for each in maps]
    maximum = F.max_pool2d(maps[1][None], factor)[0]
    if sharpened is not None and disc_rng is not None:
        clipped_radius = sharpened.radius_rad + np.radians(disc_rng.uniform(0.0, 0.35))
        shown = Disc(sharpened.direction, clipped_radius, sharpened.energy * float(scale))
        pooled, maximum = _add_disc(pooled, maximum, shown, height)
    cells = [pool_by_solid_angle(each[None], CELL_PIXELS)[0] for each in pooled]
    return LightSample(
        image=pooled[0],
        overexposure=torch.cat([pooled[1], maximum]),
        ldr=cells[0],
        share=cells[1],
        light=cells[2],
        concentrated=cells[3],
        truth=cells[4],
        weight=torch.tensor(weight).to(hdr.device),
    )


def _with_disc(capped: Tensor, disc: Disc) -> tuple[Tensor, Disc]:
    """Draw a disc into a panorama at its own resolution."""
    rows, columns, sr = disc.coverage(capped.shape[-2])
    solid_angles = sphere.pixel_solid_angles_sr(capped.shape[-2], capped.shape[-1])[rows]
    disc_sr = 2.0 * np.pi * (1.0 - np.cos(disc.radius_rad))
    added = disc.energy[:, None] * (sr / disc_sr / solid_angles)
    capped[:, rows, columns] += torch.from_numpy(added.astype(np.float32)).to(capped)
    return capped, disc


def _without_footprint(maps: list[Tensor], disc: Disc) -> list[Tensor]:
    """Replace the pixels that a disc touches by those around them."""
    height = maps[0].shape[-2]
    rows, columns, _ = disc.coverage(height)
    around = np.concatenate([columns - 6, columns + 6]) % (2 * height)
    replaced = []
    for each in maps:
        each = each.clone()
        each[:, rows, columns] = each[:, np.concatenate([rows, rows]), around].median(dim=1, keepdim=True).values
        replaced.append(each)
    return replaced


def _add_disc(pooled: list[Tensor], maximum: Tensor, disc: Disc, height: int) -> tuple[list[Tensor], Tensor]:
    """Show a clipped disc in maps of the network's size."""
    rows, columns, sr = disc.coverage(height)
    solid_angles = sphere.pixel_solid_angles_sr(height, 2 * height)[rows]
    covered = torch.from_numpy(np.minimum(sr / solid_angles, 1.0).astype(np.float32)).to(maximum)
    radiance = torch.from_numpy((disc.energy[:, None] * (sr / sr.sum() / solid_angles)).astype(np.float32)).to(maximum)
    relative, overexposed, lacking, concentrated, truth = pooled
    for each in (relative, overexposed):
        each[:, rows, columns] = each[:, rows, columns] * (1.0 - covered) + covered
    lacking[:, rows, columns] += radiance
    truth[:, rows, columns] += radiance
    level = disc.energy.mean() / sr.sum()
    concentrated[:, rows, columns] += radiance.mean(dim=0) * max(0.0, 1.0 - CONCENTRATED_RADIANCE / max(level, _TINY))
    maximum[:, rows, columns] = 1.0
    return [relative, overexposed, lacking, concentrated, truth], maximum


def _capped_if_even(hdr: Tensor, camera: Camera, rng: np.random.Generator) -> Tensor:
    """Cut the highlights of a scene at about white where they add less than a quarter of its light."""
    white = 1.0 / float(exposure_scale(hdr, camera))
    solid_angles = torch.from_numpy(sphere.pixel_solid_angles_sr(*hdr.shape[-2:])).to(hdr)[:, None]
    capped = hdr.clamp(max=white * rng.uniform(0.95, 1.3))
    return capped if float(((hdr - capped) * solid_angles).sum() / (capped * solid_angles).sum()) < 0.25 else hdr


def _glued(upper: Tensor, lower: Tensor) -> Tensor:
    """Return the upper hemisphere of one scene over the lower of another, brought to one level at the horizon."""
    height = upper.shape[-2]
    band = slice(height // 2, height // 2 + height // 8)
    level = [each[:, band].mean().clamp(min=1e-6) for each in (upper, lower)]
    return torch.cat([upper[:, : height // 2], lower[:, height // 2 :] * (level[0] / level[1])], dim=-2)


def stack(samples: Sequence[LightSample]) -> LightSample:
    """Return samples as one batch."""
    return LightSample(*(torch.stack(each) for each in zip(*samples, strict=True)))


def to_half(sample: LightSample) -> LightSample:
    """Return a sample as half floats, radiance limited to what they hold."""
    return LightSample(*(each.clamp(max=6e4).half() for each in sample))
