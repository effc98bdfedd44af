"""How a file's samples encode colour, and the way from samples to linear Rec.709."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from lanet_core.colour import srgb_to_linear
from lanet_core.files.tone_curve import ToneCurve, gamma_curve


@dataclass(frozen=True)
class ColourEncoding:
    """A tone curve for each of R, G and B, and the matrix from those primaries to Rec.709.

    Attributes:
        curves: decoding functions of R, G and B.
        to_rec709: (3, 3), None where the primaries are Rec.709's.
        table: takes the place of curves and matrix: from (..., C) float device values in [0, 1], C those of the
            samples, to (..., 3) linear Rec.709, unclipped. None where curves and matrix hold.
    """

    curves: tuple[ToneCurve, ToneCurve, ToneCurve]
    to_rec709: np.ndarray | None = None
    table: Callable[[np.ndarray], np.ndarray] | None = None


def rec709_with(curve: ToneCurve) -> ColourEncoding:
    """Return the encoding with Rec.709 primaries and one tone curve."""
    return ColourEncoding((curve, curve, curve))


SRGB = rec709_with(srgb_to_linear)
LINEAR = rec709_with(gamma_curve(1.0))


def linearise(samples: np.ndarray, encoding: ColourEncoding) -> np.ndarray:
    """Return the samples of an LDR image as linear Rec.709.

    Args:
        samples: (H, W, 1) or (H, W, 3), unsigned integers over their whole range, or float, 1.0 = full scale.
        encoding: what they mean.

    Returns:
        (H, W, 3) float32, linear Rec.709, [0, 1]: colours outside Rec.709 are clipped, after the change of primaries.
        Linear float32 samples within the range come back as they are, the same array.
    """
    is_linear = encoding.table is None and encoding.curves == LINEAR.curves
    if is_linear and samples.dtype.kind == "f" and samples.shape[2] == 3:
        rgb = to_rec709(samples.astype(np.float32, copy=False), encoding)
        return np.minimum(rgb, np.float32(1.0)) if rgb.max() > 1.0 else rgb
    if encoding.table is None and encoding.to_rec709 is None:
        return decode(samples, encoding)
    rgb = to_rec709(decode(samples, encoding), encoding)
    return np.clip(rgb, 0.0, 1.0, out=rgb)


def decode(samples: np.ndarray, encoding: ColourEncoding) -> np.ndarray:
    """Return samples as linear light of their own primaries: (H, W, 3) float32, [0, 1], for arguments see above.

    With a table the light is Rec.709's, and unclipped.
    """
    if encoding.table is not None:
        return encoding.table(_normalised(samples)).astype(np.float32, copy=False)
    if samples.shape[2] == 1 and encoding.to_rec709 is None:
        return np.repeat(_decode(samples, encoding.curves[0]), 3, axis=2)
    if samples.shape[2] == 3 and len(set(encoding.curves)) == 1:
        return _decode(samples, encoding.curves[0])
    rgb = np.empty((*samples.shape[:2], 3), dtype=np.float32)
    for channel, curve in enumerate(encoding.curves):
        rgb[..., channel] = _decode(samples[..., channel % samples.shape[2]], curve)
    return rgb


def to_rec709(rgb_linear: np.ndarray, encoding: ColourEncoding) -> np.ndarray:
    """Return linear light of an encoding's primaries as linear Rec.709, negative values clipped, others unbounded.

    Args:
        rgb_linear: (..., 3) float32, linear, ≥ 0; of any scale.
        encoding: has the primaries.

    Returns:
        (..., 3) float32; the same array where the primaries are Rec.709's.
    """
    if encoding.to_rec709 is None or encoding.table is not None:
        return rgb_linear
    return np.maximum(rgb_linear @ encoding.to_rec709.T.astype(np.float32), 0.0)


def _normalised(samples: np.ndarray) -> np.ndarray:
    """Return samples as float32 device values in [0, 1]."""
    if samples.dtype.kind == "u":
        return samples.astype(np.float32) / np.float32(np.iinfo(samples.dtype).max)
    return np.clip(samples.astype(np.float32, copy=False), 0.0, 1.0)


def _decode(samples: np.ndarray, curve: ToneCurve) -> np.ndarray:
    """Return one curve applied: float32, [0, 1]. Small integers go by a table, for there are few of them."""
    if samples.dtype in (np.uint8, np.uint16):
        # Every sample is in the table; with "clip", numpy neither checks the range nor makes a copy.
        return np.take(_table(curve, np.iinfo(samples.dtype).max), samples, mode="clip")
    if samples.dtype.kind == "u":
        samples = samples / np.float64(np.iinfo(samples.dtype).max)
    else:
        samples = samples.astype(np.float32, copy=False)
    return np.clip(curve(samples), 0.0, 1.0).astype(np.float32, copy=False)


@functools.lru_cache(maxsize=8)
def _table(curve: ToneCurve, levels: int) -> np.ndarray:
    return np.clip(curve(np.arange(levels + 1) / levels), 0.0, 1.0).astype(np.float32)
