"""A small image of an HDR panorama by which people recognise it: its lights tone-mapped, its tones kept."""

from __future__ import annotations

import numpy as np

from lanet_core import colour
from lanet_core.geometry import sphere


def thumbnail(hdr: np.ndarray, height: int) -> np.ndarray:
    """Return an HDR panorama small and tone-mapped.

    Args:
        hdr: (H, W, 3) float32, linear Rec.709, ≥ 0, W = 2 H.
        height: rows of the image; a panorama with fewer keeps its own.

    Returns:
        (height, 2 * height, 3) uint8, sRGB-encoded.
    """
    height = min(height, hdr.shape[0])
    return colour.quantise_srgb8(tone_mapped(sphere.downsample(hdr, height, 2 * height)))


def tone_mapped(hdr: np.ndarray) -> np.ndarray:
    """Compress the luminance of an image into [0, 1], its brightest pixel becoming white; chromaticities are kept.

    Args:
        hdr: (H, W, 3) float32, linear Rec.709, ≥ 0.

    Returns:
        (H, W, 3) float32, linear Rec.709; a saturated colour may have a channel above 1.

    Source: E. Reinhard et al., "Photographic Tone Reproduction for Digital Images", ACM TOG 21(3), 2002, equation 4,
    with the image's own scale in place of its key.
    """
    luminance = colour.luminance(hdr)[..., None]
    white = np.maximum(luminance.max(), 1.0)
    return hdr * (1.0 + luminance / white**2) / (1.0 + luminance)
