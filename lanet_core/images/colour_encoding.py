"""How a file's samples encode colour, and the way from samples to linear Rec.709."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np

from lanet_core.colour import srgb_to_linear
from lanet_core.images.tone_curve import ToneCurve, gamma_curve


@dataclass(frozen=True)
class ColourEncoding:
    """A tone curve for each of R, G and B, and the matrix from those primaries to Rec.709 (None: they are)."""

    curves: tuple[ToneCurve, ToneCurve, ToneCurve]
    to_rec709: np.ndarray | None = None


def rec709_with(curve: ToneCurve) -> ColourEncoding:
    """Return the encoding with Rec.709 primaries and one tone curve."""
    return ColourEncoding((curve, curve, curve))


SRGB = rec709_with(srgb_to_linear)
LINEAR = rec709_with(gamma_curve(1.0))


def linearise(samples: np.ndarray, encoding: ColourEncoding) -> np.ndarray:
    """Return samples as linear Rec.709.

    Args:
        samples: (H, W, 1) or (H, W, 3), unsigned integers over their whole range, or float, 1.0 = full scale, [0, 1].
        encoding: what they mean.

    Returns:
        (H, W, 3) float32, linear Rec.709, [0, 1]: colours outside Rec.709 are clipped, after the change of primaries.
        Linear float32 samples come back as they are, the same array.
    """
    if encoding is LINEAR and samples.dtype.kind == "f" and samples.shape[2] == 3:
        return samples.astype(np.float32, copy=False)
    if samples.shape[2] == 1 and encoding.to_rec709 is None:
        return np.repeat(_decode(samples, encoding.curves[0]), 3, axis=2)
    if samples.shape[2] == 3 and len(set(encoding.curves)) == 1:
        rgb = _decode(samples, encoding.curves[0])
    else:
        rgb = np.empty((*samples.shape[:2], 3), dtype=np.float32)
        for channel, curve in enumerate(encoding.curves):
            rgb[..., channel] = _decode(samples[..., channel % samples.shape[2]], curve)
    if encoding.to_rec709 is not None:
        rgb = rgb @ encoding.to_rec709.T.astype(np.float32)
        np.clip(rgb, 0.0, 1.0, out=rgb)
    return rgb


def _decode(samples: np.ndarray, curve: ToneCurve) -> np.ndarray:
    """Return one curve applied: float32, [0, 1]. Small integers go by a table, for there are few of them."""
    if samples.dtype in (np.uint8, np.uint16):
        # Every sample is in the table; told to clip, numpy neither asks nor makes a copy to be on the safe side.
        return np.take(_table(curve, np.iinfo(samples.dtype).max), samples, mode="clip")
    if samples.dtype.kind == "u":
        samples = samples / np.float64(np.iinfo(samples.dtype).max)
    else:
        samples = samples.astype(np.float32, copy=False)
    return np.clip(curve(samples), 0.0, 1.0).astype(np.float32, copy=False)


@functools.lru_cache(maxsize=8)
def _table(curve: ToneCurve, levels: int) -> np.ndarray:
    return np.clip(curve(np.arange(levels + 1) / levels), 0.0, 1.0).astype(np.float32)
