"""Edits of photographs as people make them: levels, tints, curves, tone mapping, compression, patches.

Each edit changes one display-encoded image in torch, on the device where it is. What an edit paints over the scene is
marked: the truth of a painted pixel is the painted image.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from lanet_core.data.torch_camera import well_exposed_mask
from lanet_core.networks.panolanet_lite import srgb_encode

#: Luminance quantisation table of JPEG at quality 50 (ITU-T T.81, Annex K.1), and the one for chroma.
_JPEG_LUMA = (
    "16 11 10 16 24 40 51 61 12 12 14 19 26 58 60 55 14 13 16 24 40 57 69 56 14 17 22 29 51 87 80 62 "
    "18 22 37 56 68 109 103 77 24 35 55 64 81 104 113 92 49 64 78 87 103 121 120 101 72 92 95 98 112 100 103 99"
)
_JPEG_CHROMA = (
    "17 18 24 47 99 99 99 99 18 21 26 66 99 99 99 99 24 26 56 99 99 99 99 99 47 66 99 99 99 99 99 99 "
    "99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99"
)
_YCBCR = ((0.299, 0.587, 0.114), (-0.168736, -0.331264, 0.5), (0.5, -0.418688, -0.081312))


@dataclass
class EncodedPhotograph:
    """An image while it is edited.

    Attributes:
        encoded: (3, H, W) float32, display-encoded, [0, 1].
        exposed: (3, H, W) float32, linear scene radiance at the camera's exposure, 1 = the sensor's white; not clipped.
        overexposed: (1, H, W) bool, where the camera's image, or that of a curve, was: a later edit may darken it.
        painted: (1, H, W) float32, 1 where an edit has painted over the scene.
    """

    encoded: Tensor
    exposed: Tensor
    overexposed: Tensor
    painted: Tensor

    @classmethod
    def unedited(cls, encoded: Tensor, exposed: Tensor) -> EncodedPhotograph:
        """Return a photograph as the camera takes it, see :func:`lanet_core.data.torch_camera.expose`."""
        return cls(encoded, exposed, _overexposed(encoded), torch.zeros_like(encoded[:1]))

    def well_exposed(self, relative: Tensor) -> Tensor:
        """Return where the photograph shows the scene's radiance, (1, H, W) bool.

        Args:
            relative: (3, H, W) float32, the photograph in linear light relative to its white level.
        """
        return well_exposed_mask(relative) & ~self.overexposed & (self.painted == 0.0)


Edit = Callable[[EncodedPhotograph, np.random.Generator], None]


def srgb_decode(encoded: Tensor) -> Tensor:
    """Decode sRGB to linear light, [0, 1] (IEC 61966-2-1)."""
    return torch.where(encoded <= 0.04045, encoded / 12.92, ((encoded.clamp(min=0.0) + 0.055) / 1.055) ** 2.4)


def lower_white(image: EncodedPhotograph, rng: np.random.Generator) -> None:
    """Put white at a code between 215 and 254."""
    image.encoded = image.encoded * rng.uniform(0.845, 0.996)


def studio_range(image: EncodedPhotograph, rng: np.random.Generator) -> None:
    """Leave a video frame in studio range, 16 to 235 (ITU-R BT.709)."""
    image.encoded = image.encoded * (219.0 / 255.0) + 16.0 / 255.0


def tint(image: EncodedPhotograph, rng: np.random.Generator) -> None:
    """Scale the channels after clipping, warm three times out of four."""
    middle, low = rng.uniform(0.84, 1.0), rng.uniform(0.62, 0.97)
    gains = [1.0, max(middle, low), min(middle, low)]
    if rng.random() < 0.25:
        gains.reverse()
    image.encoded = image.encoded * _column(gains, image.encoded)


def change_contrast(image: EncodedPhotograph, rng: np.random.Generator) -> None:
    """Lower the contrast about middle grey, or raise it, which clips."""
    contrast = rng.uniform(0.65, 0.97) if rng.random() < 0.75 else rng.uniform(1.03, 1.25)
    image.encoded = (0.5 + (image.encoded - 0.5) * contrast + rng.uniform(-0.04, 0.02)).clamp(0.0, 1.0)


def filmic_curve(image: EncodedPhotograph, rng: np.random.Generator) -> None:
    """Replace the camera's response by a curve with a soft shoulder that reaches white some stops later."""
    stops = rng.uniform(1.0, 4.0)
    white = 2.0**stops
    exposed = image.exposed * rng.uniform(0.9, 1.6)
    # Reinhard et al. 2002, Eq. 4: burns out at ``white``.
    curve = srgb_encode((exposed * (1.0 + exposed / white**2) / (1.0 + exposed)).clamp(0.0, 1.0))
    image.overexposed = _overexposed(curve)
    image.encoded = curve * rng.uniform(0.92, 1.0)


def agx_curve(image: EncodedPhotograph, rng: np.random.Generator) -> None:
    """Replace the camera's response by a sigmoid in log2 exposure, with highlights that lose their colour."""
    log = (image.exposed.clamp(min=1e-10).log2() - math.log2(0.18) + 10.0) / 16.5
    inset = rng.uniform(0.05, 0.15)
    log = log * (1.0 - inset) + log.mean(dim=0, keepdim=True) * inset
    log = log.clamp(0.0, 1.0)
    slope = rng.uniform(8.0, 11.0)
    low, high = (1.0 / (1.0 + math.exp(-slope * (at - 0.606))) for at in (0.0, 1.0))
    image.encoded = ((torch.sigmoid(slope * (log - 0.606)) - low) / (high - low)).clamp(0.0, 1.0)
    image.overexposed = _overexposed(image.encoded)


def local_tone_map(image: EncodedPhotograph, rng: np.random.Generator) -> None:
    """Brighten dark regions and darken bright ones by a blurred luminance, as phones do."""
    luminance = image.encoded.mean(dim=0, keepdim=True)[None]
    factor = 8
    small = F.avg_pool2d(luminance, factor)
    radius = max(1, small.shape[-2] // 10)
    blurred = F.pad(F.pad(small, (radius, radius, 0, 0), mode="circular"), (0, 0, radius, radius), mode="replicate")
    blurred = F.avg_pool2d(blurred, 2 * radius + 1, 1)
    blurred = F.interpolate(blurred, size=luminance.shape[-2:], mode="bilinear", align_corners=False)[0]
    mapped = image.encoded * ((blurred + 0.2) / (blurred.mean() + 0.2)) ** -rng.uniform(0.15, 0.5)
    top = mapped.flatten()[::7].kthvalue(max(1, int(0.9995 * mapped.flatten()[::7].numel()))).values.clamp(min=0.4)
    image.encoded = (mapped / top * rng.uniform(0.93, 1.02)).clamp(0.0, 1.0)


def blur(image: EncodedPhotograph, rng: np.random.Generator) -> None:
    """Blur by resampling to a smaller size and back."""
    height, width = image.encoded.shape[-2:]
    scale = rng.uniform(0.35, 0.9)
    small = F.interpolate(
        image.encoded[None], size=(int(height * scale), int(width * scale)), mode="bilinear", antialias=True
    )
    image.encoded = F.interpolate(small, size=(height, width), mode="bicubic", align_corners=False)[0].clamp(0.0, 1.0)


def add_noise(image: EncodedPhotograph, rng: np.random.Generator) -> None:
    """Add sensor noise, stronger in the shadows of the encoded image."""
    generator = torch.Generator(device="cpu").manual_seed(int(rng.integers(2**31)))
    noise = torch.randn(image.encoded.shape, generator=generator).to(image.encoded)
    image.encoded = (image.encoded + noise * rng.uniform(0.003, 0.02)).clamp(0.0, 1.0)


def compress(image: EncodedPhotograph, rng: np.random.Generator) -> None:
    """Quantise the discrete cosine transform of 8×8 blocks as a JPEG of quality 50 to 95 does (ITU-T T.81)."""
    quality = rng.uniform(50.0, 95.0)
    scale = 2.0 - quality / 50.0  # that of libjpeg
    cosines, luma, chroma = (each.to(image.encoded) for each in _jpeg_tables())
    to_ycbcr = torch.tensor(_YCBCR).to(image.encoded)
    ycbcr = torch.einsum("ij,jhw->ihw", to_ycbcr, image.encoded * 255.0)
    height, width = (side // 8 for side in ycbcr.shape[-2:])
    blocks = ycbcr.reshape(3, height, 8, width, 8).permute(0, 1, 3, 2, 4)
    coefficients = cosines @ (blocks - _column((128.0, 0.0, 0.0), blocks)[..., None, None]) @ cosines.T
    tables = (torch.stack([luma, chroma, chroma])[:, None, None] * scale + 0.5).floor().clamp(min=1.0)
    blocks = cosines.T @ ((coefficients / tables).round() * tables) @ cosines
    ycbcr = (blocks + _column((128.0, 0.0, 0.0), blocks)[..., None, None]).permute(0, 1, 3, 2, 4).reshape(ycbcr.shape)
    image.encoded = (torch.einsum("ij,jhw->ihw", to_ycbcr.inverse(), ycbcr) / 255.0).clamp(0.0, 1.0)


def exposure_seam(image: EncodedPhotograph, rng: np.random.Generator) -> None:
    """Change the exposure of a vertical sector, as in a stitched panorama of several shots."""
    width = image.encoded.shape[-1]
    turn, sector = int(rng.integers(width)), int(rng.integers(width // 8, width // 2))
    gain = torch.ones(width, device=image.encoded.device)
    gain[:sector] = 2.0 ** (rng.uniform(-0.25, 0.25) / 2.2)
    image.encoded = (image.encoded * gain.roll(turn)).clamp(0.0, 1.0)


def paint_nadir(image: EncodedPhotograph, rng: np.random.Generator) -> None:
    """Cover the nadir with a white or grey disc, sometimes with dark letters."""
    height, width = image.encoded.shape[-2:]
    mask = torch.zeros_like(image.painted)
    mask[:, height - int(height * rng.uniform(0.05, 0.22)) :] = 1.0
    value = torch.full_like(image.encoded, _flat_white(rng))
    if rng.random() < 0.4:
        blocks = torch.from_numpy((rng.random((1, height // 16, width // 16)) < 0.25).astype(np.float32))
        letters = F.interpolate(blocks[None], size=(height, width), mode="nearest")[0].to(value)
        value = value * (1.0 - letters) + rng.uniform(0.0, 0.4) * letters
    _paint(image, mask, value)


def paint_bars(image: EncodedPhotograph, rng: np.random.Generator) -> None:
    """Fill the top, the bottom or a margin all round with flat white, grey or black."""
    height, width = image.encoded.shape[-2:]
    mask = torch.zeros_like(image.painted)
    rows = int(height * rng.uniform(0.02, 0.16))
    kind = rng.integers(4)
    if kind in (0, 2, 3):
        mask[:, height - rows :] = 1.0
    if kind in (1, 2, 3):
        mask[:, :rows] = 1.0
    if kind == 3:
        columns = max(1, rows // 2)
        mask[:, :, :columns] = 1.0
        mask[:, :, width - columns :] = 1.0
    value = 0.0 if rng.random() < 0.15 else _flat_white(rng)
    _paint(image, mask, torch.full_like(image.encoded, value))


def paint_label(image: EncodedPhotograph, rng: np.random.Generator) -> None:
    """Paste a flat white rectangle, such as a label or a watermark, anywhere below the sky."""
    height, width = image.encoded.shape[-2:]
    rows, columns = int(height * rng.uniform(0.02, 0.15)), int(width * rng.uniform(0.02, 0.15))
    top, left = int(rng.uniform(0.3, 0.95) * (height - rows)), int(rng.integers(width - columns))
    mask = torch.zeros_like(image.painted)
    mask[:, top : top + rows, left : left + columns] = 1.0
    _paint(image, mask, torch.full_like(image.encoded, _flat_white(rng)))


#: Edits of the whole photograph and their weights in the draw.
TONE_EDITS: tuple[tuple[Edit, float], ...] = (
    (lower_white, 1.0),
    (studio_range, 0.7),
    (tint, 1.2),
    (change_contrast, 1.0),
    (filmic_curve, 1.0),
    (agx_curve, 0.6),
    (local_tone_map, 1.0),
    (exposure_seam, 0.4),
    (blur, 0.5),
    (add_noise, 0.5),
)
PAINT_EDITS: tuple[tuple[Edit, float], ...] = ((paint_nadir, 1.0), (paint_bars, 1.0), (paint_label, 0.7))
PAINT_SHARE = 0.3
SECOND_EDIT_SHARE = 0.25
COMPRESSION_SHARE = 0.35
_CURVES = (filmic_curve, agx_curve)


def edit(image: EncodedPhotograph, rng: np.random.Generator) -> None:
    """Apply one or two edits drawn at random, sometimes paint over the scene, and sometimes compress."""
    edits = [_draw(TONE_EDITS, rng)]
    if rng.random() < SECOND_EDIT_SHARE:
        edits.append(_draw(TONE_EDITS, rng))
    painted = rng.random() < PAINT_SHARE
    if painted and rng.random() < 0.5:
        edits = []  # a clean photograph with a patch
    # A curve replaces the camera's response: it comes first.
    for each in sorted(edits, key=lambda each: each not in _CURVES):
        each(image, rng)
    if painted:
        _draw(PAINT_EDITS, rng)(image, rng)
    if rng.random() < COMPRESSION_SHARE:
        compress(image, rng)


def _draw(edits: tuple[tuple[Edit, float], ...], rng: np.random.Generator) -> Edit:
    weights = np.array([weight for _, weight in edits])
    return edits[int(rng.choice(len(edits), p=weights / weights.sum()))][0]


def _overexposed(encoded: Tensor) -> Tensor:
    return ~well_exposed_mask(srgb_decode(encoded))


def _flat_white(rng: np.random.Generator) -> float:
    return 1.0 if rng.random() < 0.6 else rng.uniform(0.75, 1.0)


def _paint(image: EncodedPhotograph, mask: Tensor, value: Tensor) -> None:
    image.encoded = image.encoded * (1.0 - mask) + value * mask
    image.painted = torch.maximum(image.painted, mask)


def _column(values: tuple[float, ...] | list[float], like: Tensor) -> Tensor:
    return torch.tensor(values).to(like)[:, None, None]


@lru_cache(maxsize=1)
def _jpeg_tables() -> tuple[Tensor, Tensor, Tensor]:
    """Return the orthonormal 8-point cosine transform and the two quantisation tables, (8, 8) each."""
    frequencies, samples = np.arange(8)[:, None], np.arange(8)[None]
    cosines = np.cos((2 * samples + 1) * frequencies * np.pi / 16.0) * np.where(frequencies == 0, 8**-0.5, 0.5)
    luma, chroma = (np.array(table.split(), dtype=np.float32).reshape(8, 8) for table in (_JPEG_LUMA, _JPEG_CHROMA))
    return torch.from_numpy(cosines.astype(np.float32)), torch.from_numpy(luma), torch.from_numpy(chroma)
