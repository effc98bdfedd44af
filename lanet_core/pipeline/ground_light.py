"""The light that an unobstructed horizontal ground receives from a panorama."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

#: Limits at which the remaining light is given: as many as a colour ramp of Blender has stops.
_STEPS = 32
#: From the smallest to the largest limit above white, most of them apart by equal factors: 12 EV.
_LIMIT_RANGE = 2.0**12
#: Classes of the colour of light above white: the tint of a mean differs by at most 1 % from the mean of tints.
_CLASSES = 6
#: Steps of each channel, relative to the largest, by which colours are sorted into classes.
_COLOUR_STEPS = 16
#: Of k-means.
_ROUNDS = 10
#: Of samples within a pixel from its middle, in both directions of both axes, in pixels.
_OFFSETS = (0.125, 0.375)


@dataclass(frozen=True)
class GroundLight:
    """The irradiance of a ground that faces up, and what is left of it where the brightest channel is limited.

    Irradiances are in linear Rec.709, in the panorama's unit times steradians.

    Attributes:
        base: (3,) float64, irradiance by the light up to white; π where the panorama is 1 everywhere.
        added: (6, 3) float64, irradiance by the light above white, by classes of its colour.
        peak: by how much the brightest channel exceeds white, 0 if nothing does.
        base_shares: (32, 3) float64, [0, 1]: what is left of ``base`` where every pixel is limited to i / 31.
        added_shares: (6, 32, 3) float64, [0, 1]: what is left of ``added`` where the part above white is limited to
            :meth:`limits`.
    """

    base: np.ndarray
    added: np.ndarray
    peak: float
    base_shares: np.ndarray
    added_shares: np.ndarray

    @property
    def softness(self) -> float:
        """The limit below which the limits are apart by nearly equal differences, not by equal factors."""
        return (self.peak or 1.0) / _LIMIT_RANGE

    def limits(self) -> np.ndarray:
        """Return the 32 limits above white, c ((1 + p / c)^(i / 31) - 1) with the softness c and the peak p."""
        steps = np.linspace(0.0, 1.0, _STEPS)
        return self.softness * np.expm1(steps * np.log1p((self.peak or 1.0) / self.softness))


def ground_irradiance(hdr: np.ndarray) -> GroundLight:
    """Return the irradiance of a ground that faces up.

    The weight of a row is exact: the integral of cos θ sin θ dθ dφ over its pixels above the horizon. A pixel of the
    largest channel m has the share max(m - 1, 0) / max(m, 1) above white, as in the node group 'LANet Light'.

    Args:
        hdr: (H, W, 3) float32, linear Rec.709, ≥ 0, 1 = white of the photograph.
    """
    lit = hdr[: (hdr.shape[0] + 1) // 2]
    peak = max(0.0, float(lit.max()) - 1.0)
    shares = np.ones((_CLASSES, _STEPS, 3))
    empty = GroundLight(np.zeros(3), np.zeros((_CLASSES, 3)), peak, np.ones((_STEPS, 3)), shares)
    weights = _row_weights(*hdr.shape[:2])
    below = _LimitedSums(np.linspace(0.0, 1.0, _STEPS))
    above = [_LimitedSums(empty.limits()) for _ in range(_CLASSES)]
    classes = _colour_classes(hdr, weights)
    for y, weight in enumerate(weights):
        for light, share in _interpolated(hdr, y):
            largest = light.max(axis=-1)
            light, largest = light[largest > 0.0], largest[largest > 0.0]
            colours = light / largest[:, None]
            below.add(share * weight * colours, np.minimum(largest, 1.0))
            is_bright = largest > 1.0
            colours, excess = colours[is_bright], largest[is_bright] - 1.0
            numbers = classes[_colour_bins(colours)]
            for number in np.unique(numbers):
                chosen = numbers == number
                above[number].add(share * weight * colours[chosen], excess[chosen])
    base, base_shares = below.total_and_shares()
    added, added_shares = map(np.stack, zip(*[each.total_and_shares() for each in above], strict=True))
    return GroundLight(base, added, peak, base_shares, added_shares)


def _colour_bins(colours: np.ndarray) -> np.ndarray:
    """Return the bins of (n, 3) colours whose largest channel is 1: (n,) integers."""
    steps = np.minimum((colours * _COLOUR_STEPS).astype(np.int64), _COLOUR_STEPS - 1)
    return (steps[:, 0] * _COLOUR_STEPS + steps[:, 1]) * _COLOUR_STEPS + steps[:, 2]


def _colour_classes(hdr: np.ndarray, row_weights: np.ndarray) -> np.ndarray:
    """Return the class of each bin of colours: k-means of the light above white, weighted by irradiance.

    Args:
        hdr: see :func:`ground_irradiance`.
        row_weights: of a pixel in each row above the horizon.
    """
    energy = np.zeros(_COLOUR_STEPS**3)
    for row, weight in zip(hdr, row_weights, strict=False):
        largest = row.max(axis=-1)
        light, largest = row[largest > 1.0], largest[largest > 1.0]
        bins = _colour_bins(light / largest[:, None])
        energy += np.bincount(bins, weight * (largest - 1.0), energy.size)
    middles = (np.stack(np.unravel_index(np.arange(energy.size), (_COLOUR_STEPS,) * 3), axis=-1) + 0.5) / _COLOUR_STEPS
    centres = middles[[energy.argmax()]]
    while len(centres) < _CLASSES:  # the colour with most energy away from the others
        centres = np.vstack([centres, middles[(energy * _distances(middles, centres).min(axis=1)).argmax()]])
    for _ in range(_ROUNDS):
        classes = _distances(middles, centres).argmin(axis=1)
        totals = np.bincount(classes, energy, _CLASSES)
        sums = np.stack([np.bincount(classes, energy * middles[:, each], _CLASSES) for each in range(3)], axis=-1)
        centres = np.where(totals[:, None] > 0.0, sums / np.maximum(totals, 1e-30)[:, None], centres)
    return _distances(middles, centres).argmin(axis=1)


def _distances(colours: np.ndarray, centres: np.ndarray) -> np.ndarray:
    """Return the squared distances of (n, 3) colours from (k, 3) centres: (n, k)."""
    return ((colours[:, None] - centres) ** 2).sum(axis=-1)


class _LimitedSums:
    """Sums of colours times min(amount, limit), for several limits at once.

    Args:
        limits: (N,) float64, ascending from 0; no amount is above the last.
    """

    def __init__(self, limits: np.ndarray) -> None:
        self._limits = limits
        self._colours = np.zeros((limits.size, 3))
        self._products = np.zeros((limits.size, 3))

    def add(self, colours: np.ndarray, amounts: np.ndarray) -> None:
        """Add (n, 3) colours of (n,) amounts."""
        # The first limit that is not below an amount; rounding may put the largest amount above the last.
        place = np.minimum(np.searchsorted(self._limits, amounts), self._limits.size - 1)
        for channel in range(3):
            colour = colours[:, channel].astype(np.float64)
            self._colours[:, channel] += np.bincount(place, colour, self._limits.size)
            self._products[:, channel] += np.bincount(place, colour * amounts, self._limits.size)

    def total_and_shares(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the sum without a limit, (3,), and the shares of it at the limits, (N, 3); 1 where the sum is 0."""
        total = self._products.sum(axis=0)
        larger = self._colours.sum(axis=0) - np.cumsum(self._colours, axis=0)
        limited = np.cumsum(self._products, axis=0) + self._limits[:, None] * larger
        shares = np.divide(limited, total, out=np.ones_like(limited), where=total > 0.0)
        return total, np.clip(shares, 0.0, 1.0)


def _row_weights(height: int, width: int) -> np.ndarray:
    """Return the weight of a pixel in each row above the horizon."""
    edges = np.pi * np.arange(height + 1) / height
    weights = np.diff(np.sin(np.minimum(edges, np.pi / 2.0)) ** 2) * np.pi / width
    return weights[edges[:-1] < np.pi / 2.0]


def _interpolated(hdr: np.ndarray, y: int) -> Iterator[tuple[np.ndarray, float]]:
    """Yield the light of a row's pixels, (n, 3), each with the share of a pixel that it stands for.

    A renderer interpolates between pixels before the limit, which makes a limited sun larger. So near light above white
    a pixel is the mean of sixteen bilinear samples.
    """
    height, width = hdr.shape[:2]
    above, row, below = hdr[max(y - 1, 0)], hdr[y], hdr[min(y + 1, height - 1)]
    is_bright = np.maximum(np.maximum(above, row), below).max(axis=-1) > 1.0
    is_near = is_bright | np.roll(is_bright, 1) | np.roll(is_bright, -1)
    yield row[~is_near], 1.0
    (columns,) = np.nonzero(is_near)
    if not columns.size:
        return
    for side, neighbour in itertools.product((-1, 1), (above, below)):
        corners = [each[place] for each in (row, neighbour) for place in (columns, (columns + side) % width)]
        for across, down in itertools.product(_OFFSETS, _OFFSETS):
            weights = ((1 - across) * (1 - down), across * (1 - down), (1 - across) * down, across * down)
            samples = [weight * corner for weight, corner in zip(weights, corners, strict=True)]
            yield np.sum(samples, axis=0), 0.25 / len(_OFFSETS) ** 2
