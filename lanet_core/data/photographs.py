"""The fixed photographs of a scene on which models are chosen and judged."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import numpy as np

from lanet_core.calibration import calibrate
from lanet_core.data.virtual_camera import SRGB8_TO_LINEAR, draw_camera, photograph_panorama


def photographs(hdr: np.ndarray, name: str, draws: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield photographs of a panorama by the virtual camera, each with its calibrated HDR (Eq. 1).

    Args:
        hdr: (H, W, 3) float32, linear Rec.709, ≥ 0.
        name: the scene's name, which seeds the camera: the same photographs for everyone and with any other scenes.
        draws: how many.

    Yields:
        ``(rgb_srgb8, hdr_calibrated)``: (H, W, 3) uint8, sRGB-encoded, and (H, W, 3) float32, 1 = the LDR's white.
    """
    seed = int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "big")
    for draw in range(draws):
        camera = draw_camera(np.random.default_rng([seed, draw]))
        rgb_srgb8 = photograph_panorama(hdr, camera)
        yield rgb_srgb8, calibrate(SRGB8_TO_LINEAR[rgb_srgb8], hdr)
