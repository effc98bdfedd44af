"""How a file's samples encode colour, and the way from samples to linear Rec.709."""

from __future__ import annotations

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
        samples: (H, W, 1) or (H, W, 3), unsigned integers over their whole range, or float, 1.0 = full scale.
        encoding: what they mean.

    Returns:
        (H, W, 3) float32, linear Rec.709. Integers give [0, 1]: colours outside Rec.709 are clipped, after the
        change of primaries. Float samples are not clipped.
    """
    is_integer = samples.dtype.kind == "u"
    if samples.shape[2] == 1 and encoding.to_rec709 is None:
        grey = _decode(samples[..., 0], encoding.curves[0])
        return np.repeat(grey[..., None], 3, axis=2)
    if samples.shape[2] == 3 and len(set(encoding.curves)) == 1:
        rgb = _decode(samples, encoding.curves[0])
    else:
        rgb = np.empty((*samples.shape[:2], 3), dtype=np.float32)
        for channel, curve in enumerate(encoding.curves):
            rgb[..., channel] = _decode(samples[..., channel % samples.shape[2]], curve)
    if encoding.to_rec709 is not None:
        rgb = rgb @ encoding.to_rec709.T.astype(np.float32)
        if is_integer:
            np.clip(rgb, 0.0, 1.0, out=rgb)
    return rgb


def _decode(samples: np.ndarray, curve: ToneCurve) -> np.ndarray:
    """Return one curve applied: float32. Small integers go by a table, for there are few of them."""
    if samples.dtype in (np.uint8, np.uint16):
        levels = np.iinfo(samples.dtype).max
        table = curve(np.arange(levels + 1) / levels).astype(np.float32)
        return np.clip(table, 0.0, 1.0)[samples]
    if samples.dtype.kind == "u":
        encoded = samples / np.float64(np.iinfo(samples.dtype).max)
        return np.clip(curve(encoded), 0.0, 1.0).astype(np.float32)
    return curve(samples.astype(np.float32)).astype(np.float32, copy=False)
