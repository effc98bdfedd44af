"""The white level of an image: the value at which its highlights are clipped.

A photograph that is straight from a camera clips at code 255. Edited photographs, video frames in studio range and
tone-mapped renders clip below it, and a white balance gives each channel its own ceiling. What is over-exposed is
measured against this level, so that an edit does not hide a clipped light.

The estimate uses the colours of the bright pixels only. Clipped pixels share one colour, brighter than everything
else: a plateau. Without a plateau, as after a filmic curve, the brightest pixels give the level.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np

from lanet_core.colour import linear_to_srgb, srgb_to_linear

#: Pixels whose brightest channel is below this sRGB value have no part in the estimate.
_BRIGHT = 0.68
#: Lowest white level: at least this sRGB value in the brightest channel, and in each of the others.
_LOWEST_BRIGHTEST_CHANNEL = 0.80
_LOWEST_CHANNEL = 0.5
#: Lowest level of highlights that end without a plateau: below it, an image is merely dark.
_LOWEST_SOFT_LEVEL = 0.88
#: Channels at or above this value are at the ceiling of the format.
_FULL = 254.0 / 255.0
#: Levels a channel of the colour histogram.
_LEVELS = 64
#: Levels of a channel below this one are counted as one.
_LOWEST_LEVEL = 25
_SIDE = _LEVELS - _LOWEST_LEVEL
#: Smallest share of the image that a plateau has: about half of the sun's disc on a sphere.
_SMALLEST_PLATEAU = 2.5e-6
_FEWEST_PIXELS = 3
#: Without a plateau, this share of the image is brighter than the white level.
_TAIL = 2e-5
#: A plateau below the format's ceiling is a surface rather than clipped light where it covers more than this share
#: and less than the second share of it is just below: clipping leaves a gradient.
_LARGE_SURFACE = 0.2
#: A plateau below the ceiling that covers more than this is a surface in any case.
_LARGEST_PLATEAU = 0.3
_GRADIENT_SHARE = 0.03
#: Radiance relative to white that such a surface has: below the threshold of over-exposure.
_EXPOSED = 0.8
#: Black is the value below which this share of the image is in its darkest channel. Between these limits it is
#: lifted.
_BLACK_SHARE = 5e-3
_LIFTED = (0.02, 0.3)
_DARK_LEVELS = 256
#: Black is measured in every so many columns.
_DARK_STRIDE = 4


@dataclass(frozen=True)
class WhiteLevel:
    """The colour of clipped pixels.

    Attributes:
        rgb: display-encoded (sRGB) value of each channel, (0, 1].
        black: display-encoded value of black, [0, 1); 0 unless the blacks are clearly lifted.
        shoulder: ``hard`` for a plateau of clipped pixels, ``soft`` for highlights that end without one, ``none``
            where nothing comes near white and the level is the format's own.
        reliability: [0, 1]; 1 for a plateau at the format's ceiling.
        headroom: factor from that value to white, in linear light; above 1 where the brightest pixels are a large
            surface below the ceiling, so that nothing of it is clipped.
    """

    rgb: tuple[float, float, float] = (1.0, 1.0, 1.0)
    black: float = 0.0
    shoulder: str = "none"
    reliability: float = 1.0
    headroom: float = 1.0

    @property
    def linear(self) -> np.ndarray:
        """The level in linear Rec.709, (3,) float32; exactly 1 where a channel is clipped at the format's ceiling."""
        level = np.where(np.array(self.rgb) >= 1.0, 1.0, srgb_to_linear(np.array(self.rgb)))
        return (level * self.headroom).astype(np.float32)

    def __str__(self) -> str:
        """Return, for example, ``0.86 0.83 0.71, soft shoulder``."""
        level = " ".join(f"{channel:.2f}" for channel in self.rgb)
        level = level if self.shoulder == "none" else f"{level}, {self.shoulder} shoulder"
        return level if self.black == 0.0 else f"{level}, black {self.black:.2f}"


class BrightColours:
    """Colour histogram of an image's bright pixels, filled band by band."""

    def __init__(self) -> None:
        self._weights = np.zeros(_SIDE**3)
        self._codes = np.zeros((3, _SIDE**3))
        self._counts = np.zeros(_SIDE**3)
        self._dark = np.zeros(_DARK_LEVELS)
        self._total = 0.0

    def add(self, encoded: np.ndarray, row_weights: np.ndarray) -> None:
        """Count the pixels of a band.

        Args:
            encoded: (n, W, 3) float or uint8, display-encoded: [0, 1], or [0, 255] for integers.
            row_weights: (n,) weight of a pixel of each row, such as its solid angle.
        """
        scale = 255.0 if encoded.dtype == np.uint8 else 1.0
        brightest = np.maximum(np.maximum(encoded[..., 0], encoded[..., 1]), encoded[..., 2])
        self._count_dark(encoded.min(axis=-1) / np.float32(scale), row_weights)
        rows, columns = np.nonzero(brightest >= _BRIGHT * scale)
        if rows.size:
            self._count_bright(encoded[rows, columns].astype(np.float64) / scale, row_weights[rows])

    def add_linear(self, rgb_linear: np.ndarray, row_weights: np.ndarray) -> None:
        """Count the pixels of a band, (n, W, 3) float32, linear Rec.709, [0, 1]; weights as in :meth:`add`."""
        brightest = np.maximum(np.maximum(rgb_linear[..., 0], rgb_linear[..., 1]), rgb_linear[..., 2])
        dark = rgb_linear[:, ::_DARK_STRIDE].min(axis=-1)
        self._count_dark(linear_to_srgb(dark), row_weights)
        rows, columns = np.nonzero(brightest >= np.float32(srgb_to_linear(np.array(_BRIGHT))))
        self._total += float(row_weights.sum()) * (rgb_linear.shape[1] - dark.shape[1])
        if rows.size:
            self._count_bright(linear_to_srgb(rgb_linear[rows, columns]).astype(np.float64), row_weights[rows])

    def _count_dark(self, darkest: np.ndarray, row_weights: np.ndarray) -> None:
        self._total += float(row_weights.sum()) * darkest.shape[1]
        levels = np.minimum((darkest * _DARK_LEVELS).astype(np.intp), _DARK_LEVELS - 1)
        self._dark += np.bincount(levels.ravel(), np.repeat(row_weights, darkest.shape[1]), _DARK_LEVELS)

    def _count_bright(self, colours: np.ndarray, weights: np.ndarray) -> None:
        levels = np.clip((colours * _LEVELS).astype(np.int32) - _LOWEST_LEVEL, 0, _SIDE - 1)
        bins = (levels[:, 0] * _SIDE + levels[:, 1]) * _SIDE + levels[:, 2]
        self._weights += np.bincount(bins, weights, _SIDE**3)
        self._counts += np.bincount(bins, minlength=_SIDE**3)
        for channel in range(3):
            self._codes[channel] += np.bincount(bins, weights * colours[:, channel], _SIDE**3)

    def white_level(self) -> WhiteLevel:
        """Estimate the white level of everything that was added."""
        level = self._bright_level()
        # Blacks of a photograph whose white is at the ceiling are left alone: haze lifts them, too.
        return dataclasses.replace(level, black=self._black()) if max(level.rgb) < 1.0 else level

    def _black(self) -> float:
        below = np.cumsum(self._dark) / max(float(self._dark.sum()), 1e-30)
        black = float(np.searchsorted(below, _BLACK_SHARE)) / _DARK_LEVELS
        return black if _LIFTED[0] < black < _LIFTED[1] else 0.0

    def _bright_level(self) -> WhiteLevel:
        filled = np.flatnonzero(self._weights > 0.0)
        if not filled.size:
            return WhiteLevel()
        weights = self._weights[filled] / self._total
        counts = self._counts[filled]
        colours = (self._codes[:, filled] / self._weights[filled]).T
        full = (colours >= _FULL).all(axis=1)
        if _is_plateau(weights[full].sum(), counts[full].sum()):
            return WhiteLevel(shoulder="hard")
        plateau = _plateau(colours, weights, counts)
        if plateau is not None:
            return plateau
        return _soft_level(colours, weights)


def _is_plateau(share: float, pixels: float) -> bool:
    return share >= _SMALLEST_PLATEAU and pixels >= _FEWEST_PIXELS


def _plateau(colours: np.ndarray, weights: np.ndarray, counts: np.ndarray) -> WhiteLevel | None:
    """Return the level of the brightest colour that many pixels share, None where there is none."""
    allowed = (colours.max(axis=1) >= _LOWEST_BRIGHTEST_CHANNEL) & (colours.min(axis=1) >= _LOWEST_CHANNEL)
    order = np.flatnonzero(allowed)
    order = order[np.argsort(-weights[order])][:64]
    for candidate in order[np.argsort(-colours[order].mean(axis=1))]:
        # Compression spreads a plateau: its level is that of the densest colour around.
        around = np.flatnonzero((np.abs(colours - colours[candidate]) <= 4.0 / _LEVELS).all(axis=1))
        densest = around[weights[around].argmax()]
        near = (np.abs(colours - colours[densest]) <= 1.5 / _LEVELS).all(axis=1)
        share = weights[near].sum()
        if not _is_plateau(share, counts[near].sum()):
            continue
        level = np.array([_weighted_median(colours[near, channel], weights[near]) for channel in range(3)])
        brighter = _is_brighter(colours, level)
        below = _just_below(colours, level)
        # A plateau is denser than the colours below it: those spread over many levels, it is one.
        if weights[brighter].sum() > 0.1 * share or share < 0.25 * weights[below].sum():
            continue
        is_flat = share > _LARGE_SURFACE and weights[below].sum() < _GRADIENT_SHARE * share
        if is_flat or share > _LARGEST_PLATEAU:
            surface = float(srgb_to_linear(level).mean())
            return WhiteLevel(reliability=0.5, headroom=max(1.0, surface / _EXPOSED))
        return WhiteLevel(_snapped(level), 0.0, "hard", float(np.clip(0.5 + share / (share + 1e-3) / 2.0, 0.0, 1.0)))
    return None


def _is_brighter(colours: np.ndarray, level: np.ndarray) -> np.ndarray:
    """Return which colours are brighter than a level in a channel, (n,) bool, those left out that compression makes."""
    excess = colours - level
    is_noise = (excess.max(axis=1) <= 6.0 / _LEVELS) & (excess.mean(axis=1) <= 2.5 / _LEVELS)
    return (excess > 2.5 / _LEVELS).any(axis=1) & ~is_noise


def _just_below(colours: np.ndarray, level: np.ndarray) -> np.ndarray:
    """Return which colours are a little darker than a level in every channel, and of about its hue."""
    ratios = colours / level
    return (ratios.max(axis=1) < 1.0 - 1.5 / _LEVELS) & (ratios.min(axis=1) > 0.85)


def _soft_level(colours: np.ndarray, weights: np.ndarray) -> WhiteLevel:
    """Return the level of highlights that end without a plateau: a tail of the brightest channel's distribution."""
    brightest = colours.max(axis=1)
    order = np.argsort(-brightest)
    above = np.cumsum(weights[order])
    tail = order[: int(np.searchsorted(above, _TAIL)) + 1]
    level = float(np.average(brightest[tail], weights=weights[tail]))
    if level < _LOWEST_SOFT_LEVEL:
        return WhiteLevel()
    mean = np.average(colours[tail], axis=0, weights=weights[tail])
    spread = np.sqrt(np.average(np.square(colours[tail] - mean), axis=0, weights=weights[tail])).max()
    rgb = mean if spread < 0.04 and mean.min() >= _LOWEST_CHANNEL else np.full(3, level)
    return WhiteLevel(_snapped(rgb), 0.0, "soft", 0.5)


def _weighted_median(values: np.ndarray, weights: np.ndarray) -> float:
    order = np.argsort(values)
    cumulative = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(cumulative, 0.5 * cumulative[-1])])


def _snapped(level: np.ndarray) -> tuple[float, float, float]:
    red, green, blue = (1.0 if channel >= _FULL else float(channel) for channel in level)
    return red, green, blue
