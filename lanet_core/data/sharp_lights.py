"""Lights without glare: a scene's sun or lamp redrawn as a disc of the same energy.

A captured sun is surrounded by glare, so that degrees of sky around it are clipped. Renders, AI skies and clean
photographs show the bare disc, which is smaller than a pixel of the network. Redrawing the light of a real scene keeps
the scene lit as it was.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from lanet_core.geometry import sphere
from lanet_core.reconstruction.point_lights import SUN_RADIUS_RAD

#: A light is redrawn if its energy above its surroundings is at least this share of the scene's mean radiance.
SMALLEST_SHARE = 0.05
#: Angle around the peak within which light is gathered, and the ring beyond it that gives the surroundings.
GATHER_RAD = np.radians(8.0)
RING_RAD = np.radians(11.0)
_SAMPLES = 2048


@dataclass(frozen=True)
class Disc:
    """A disc of uniform radiance on the sphere.

    Attributes:
        direction: (3,) unit vector of its centre.
        radius_rad: its angular radius.
        energy: (3,) radiance times solid angle, steradians.
    """

    direction: np.ndarray
    radius_rad: float
    energy: np.ndarray

    def coverage(self, height: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return the pixels of a panorama of ``height`` rows that the disc touches.

        Returns:
            ``(rows, columns, sr)``: indices without repeats, and the disc's solid angle in each pixel.
        """
        # Sunflower seeds on the disc: each stands for the same solid angle.
        number = np.arange(_SAMPLES)
        cosines = 1.0 - (1.0 - np.cos(self.radius_rad)) * (number + 0.5) / _SAMPLES
        sines, turns = np.sqrt(1.0 - cosines**2), number * np.pi * (3.0 - np.sqrt(5.0))
        one, other = tangents(self.direction)
        points = (
            cosines[:, None] * self.direction
            + (sines * np.cos(turns))[:, None] * one
            + (sines * np.sin(turns))[:, None] * other
        )
        rows, columns = sphere.directions_to_pixels(points, height, 2 * height)
        rows = np.clip(np.rint(rows).astype(np.intp), 0, height - 1)
        columns = np.rint(columns).astype(np.intp) % (2 * height)
        pixels, counts = np.unique(rows * 2 * height + columns, return_counts=True)
        disc_sr = 2.0 * np.pi * (1.0 - np.cos(self.radius_rad))
        return pixels // (2 * height), pixels % (2 * height), counts * (disc_sr / _SAMPLES)


def tangents(direction: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return two unit vectors perpendicular to a direction and to each other."""
    helper = np.eye(3)[int(np.abs(direction).argmin())]
    one = np.cross(direction, helper)
    one /= np.linalg.norm(one)
    return one, np.cross(direction, one)


def take_light(hdr: Tensor) -> tuple[Tensor, Disc] | None:
    """Take the strongest concentrated light out of a panorama.

    Args:
        hdr: (3, H, 2H) float32, linear, ≥ 0.

    Returns:
        The panorama with the light capped to its surroundings, and the light as a disc of the sun's size; None where no
        light is strong enough.
    """
    height = hdr.shape[-2]
    level = hdr.mean(dim=0)
    peak = np.unravel_index(int(level.argmax()), level.shape)
    directions, solid_angles = _pixels(height, hdr.device)
    cosines = directions @ directions[peak]
    near, ring = cosines > np.cos(GATHER_RAD), (cosines <= np.cos(GATHER_RAD)) & (cosines > np.cos(RING_RAD))
    surroundings = hdr[:, ring].median(dim=1).values
    excess = (hdr[:, near] - surroundings[:, None]).clamp(min=0.0)
    energy = excess @ solid_angles[near]
    mean = (hdr * solid_angles).sum(dim=(1, 2)).mean() / (4.0 * np.pi)
    if energy.mean() < SMALLEST_SHARE * 4.0 * np.pi * mean:
        return None
    weights = excess.mean(dim=0) * solid_angles[near]
    # The centre of the brightest tenth: glare is not always round.
    bright = excess.mean(dim=0) >= 0.1 * excess.mean(dim=0).max()
    centre = ((weights * bright)[:, None] * directions[near]).sum(dim=0).double().cpu().numpy()
    capped = hdr.clone()
    capped[:, near] = torch.minimum(hdr[:, near], surroundings[:, None])
    return capped, Disc(centre / np.linalg.norm(centre), SUN_RADIUS_RAD, energy.double().cpu().numpy())


@lru_cache(maxsize=4)
def _pixels(height: int, device: torch.device) -> tuple[Tensor, Tensor]:
    """Return each pixel's direction, (H, 2H, 3), and solid angle, (H, 2H), float32."""
    directions = torch.from_numpy(sphere.pixel_directions(height, 2 * height).astype(np.float32))
    solid_angles = torch.from_numpy(sphere.pixel_solid_angles_sr(height, 2 * height)).float()[:, None]
    return directions.to(device), solid_angles.to(device).expand(height, 2 * height)
