"""The virtual camera and Eq. 1 in torch, on the device where the scene is; tests compare both with NumPy's.

No value is read back from the device, so that a GPU makes images without a pause.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from lanet_core.calibration import OVEREXPOSURE_THRESHOLD
from lanet_core.data.virtual_camera import MIDDLE_GREY, Camera
from lanet_core.geometry import sphere

_TINY = 1e-8


def expose(hdr: Tensor, camera: Camera, *, is_panorama: bool = True) -> tuple[Tensor, Tensor]:
    """Take a photograph as :func:`lanet_core.data.virtual_camera.expose` does, in torch.

    Args:
        hdr: (3, H, W) float32, linear Rec.709, ≥ 0.
        camera: the camera and its settings.
        is_panorama: meter by solid angle; else all rows count alike.

    Returns:
        ``(encoded, exposed)``: the display-encoded photograph, not yet quantised, [0, 1], and the exposed radiance.
    """
    exposed = hdr * exposure_scale(hdr, camera, is_panorama=is_panorama)
    clipped = exposed.clamp(max=1.0)
    clipped = torch.where(clipped < 2.0**-camera.dynamic_range_ev, torch.zeros_like(clipped), clipped)
    powered = clipped.clamp(min=1e-12) ** camera.response_exponent
    return (1.0 + camera.response_sigma) * powered / (powered + camera.response_sigma), exposed


def exposure_scale(hdr: Tensor, camera: Camera, *, is_panorama: bool = True) -> Tensor:
    """Return the factor of :func:`lanet_core.data.virtual_camera.exposure_scale`, compensation included.

    Args:
        hdr: (3, H, W) float32, linear, ≥ 0.
        camera: the camera and its settings.
        is_panorama: meter by solid angle; else all rows count alike.

    Returns:
        () float64, on the device of the scene.
    """
    levels = hdr[:, :, ::4].mean(dim=0)
    height, width = levels.shape
    rows = sphere.pixel_solid_angles_sr(height, 1) if is_panorama else np.ones(height)
    weights = torch.from_numpy(rows / (rows.sum() * width)).to(levels)[:, None]
    black = 2.0**-camera.dynamic_range_ev
    brightest = levels.max().double()
    darkest = torch.where(levels > 0.0, levels, brightest).min()
    low, high = 1e-3 / brightest, 1e3 / darkest.double()
    for _ in range(40):
        middle = (low * high).sqrt()
        level = (levels * middle).clamp(max=1.0)
        is_dark = (torch.where(level < black, torch.zeros_like(level), level) * weights).sum() < MIDDLE_GREY
        low, high = torch.where(is_dark, middle, low), torch.where(is_dark, high, middle)
    return torch.where(brightest > 0.0, high, torch.ones_like(high)) * 2.0**camera.exposure_bias_ev


def well_exposed_mask(ldr_linear: Tensor) -> Tensor:
    """Return M of Eq. 1c, as :func:`lanet_core.calibration.well_exposed_mask` does: (1, H, W) bool of (3, H, W)."""
    return ldr_linear.mean(dim=0, keepdim=True) < OVEREXPOSURE_THRESHOLD


def calibration_scale(ldr_linear: Tensor, hdr: Tensor, is_exposed: Tensor) -> Tensor:
    """Return the factor of Eq. 1, as :func:`lanet_core.calibration.calibration_scale` does.

    Args:
        ldr_linear: (3, H, W) float32, linear Rec.709, [0, 1].
        hdr: (3, H, W) float32, linear Rec.709, ≥ 0.
        is_exposed: (1, H, W) bool or float, where the LDR is well exposed.

    Returns:
        () float32; 0 where the LDR is black wherever it is well exposed.
    """
    ldr_sum, hdr_sum = ((each * is_exposed).sum(dtype=torch.float64) for each in (ldr_linear, hdr))
    return (ldr_sum / hdr_sum.clamp(min=_TINY)).float()
