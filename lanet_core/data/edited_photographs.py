"""The fixed edited photographs of a scene: what people do to photographs, with a fixed seed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import numpy as np
import torch

from lanet_core.data.edits import EncodedPhotograph, edit, srgb_decode
from lanet_core.data.light_photographs import measure_white, relative_image
from lanet_core.data.torch_camera import calibration_scale, expose
from lanet_core.data.virtual_camera import draw_camera

#: Set apart from the seeds of the clean photographs.
_SEED = 1


def edited_photographs(hdr: np.ndarray, name: str, draws: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield edited photographs of a panorama by the virtual camera, each with its truth.

    The truth is the HDR at the scale of the photograph's well-exposed part (Eq. 1), with the photograph's white
    balance; where an edit has painted over the scene, it is the photograph.

    Args:
        hdr: (H, W, 3) float32, linear Rec.709, ≥ 0; H and W multiples of 8.
        name: the scene's name, which seeds the camera and the edits.
        draws: how many.

    Yields:
        ``(rgb_srgb8, truth)``: (H, W, 3) uint8, sRGB-encoded, and (H, W, 3) float32, linear Rec.709.
    """
    seed = int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "big")
    scene = torch.from_numpy(np.ascontiguousarray(np.moveaxis(hdr, -1, 0)))
    for draw in range(draws):
        rng = np.random.default_rng([seed, draw, _SEED])
        image = EncodedPhotograph.unedited(*expose(scene, draw_camera(rng)))
        edit(image, rng)
        codes = (image.encoded.clamp(0.0, 1.0) * 255.0).round()
        linear = srgb_decode(codes / 255.0)
        white = measure_white(codes / 255.0, image.painted)
        relative = relative_image(codes / 255.0, white)
        # The white balance of the photograph, without the brightness of its white.
        balance = torch.from_numpy(white.linear / white.linear.mean())[:, None, None]
        balanced = scene * balance
        calibrated = balanced * calibration_scale(linear, balanced, image.well_exposed(relative))
        truth = torch.where(image.painted > 0.0, linear, calibrated)
        yield np.moveaxis(codes.to(torch.uint8).numpy(), 0, -1), np.moveaxis(truth.numpy(), 0, -1)
