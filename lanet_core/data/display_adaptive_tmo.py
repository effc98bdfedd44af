"""Display adaptive tone mapping: the HDR image whose visible contrasts suffer least on a given display.

One tone curve serves the whole image: piecewise linear in log luminance, with segments of 0.1 decades. A histogram
counts how often each contrast occurs on each background luminance, in each of four frequency bands; a model of
the eye predicts how strongly each is seen, in the scene and on the display; the curve that brings the two
responses together in the least squares sense, within the display's range, solves a quadratic program.

Source: Mantiuk, Daly and Kerofsky, "Display Adaptive Tone Mapping", SIGGRAPH 2008. Bin sizes, viewing conditions,
the default display and the anchor of the curve at the display's white are those of the authors' program,
pfstmo_mantiuk08, whose curves ours are tested against. Three things are different. Contrast that spans unused
tones has no weight of its own, so that the empty decades below a sun do not darken the rest; tones far from the
median are clipped; and the display decodes sRGB rather than a pure power.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from lanet_core.colour import REC709_LUMINANCE
from lanet_core.data.contrast_visibility import contrast_sensitivity, transducer
from lanet_core.data.quadratic_program import minimise_within_budget
from lanet_core.errors import InvalidPixelsError
from lanet_core.geometry import sphere

#: Width of the tone curve's segments and of the histogram's bins, decades of luminance.
SEGMENT_DECADES = 0.1

#: Contrasts beyond this many segments (a factor of five) are visible under any curve, and not counted.
MAXIMUM_CONTRAST_SEGMENTS = 7

#: Contrasts below 1 % are not visible and not counted; those from 1 % to a segment count as one segment.
CONTRAST_THRESHOLD_DECADES = 0.0043

#: Luminance is clipped to this far below and above the median: nothing beyond is more than black or a lamp.
CLIPPING_DECADES = 4.0

#: Centre frequencies of the contrast bands, cycles per degree, for 30 pixels per degree.
BAND_FREQUENCIES_CPD = (15.0, 7.5, 3.75, 1.875)

#: Luminance to which the eye is adapted in the scene, cd/m².
SCENE_ADAPTATION_CD_M2 = 1000.0

#: Weight of keeping a segment's contrast, relative to the mean weight of what is seen in a segment.
_REGULARISATION = 1e-5

#: Low-pass kernel of Burt and Adelson, "The Laplacian Pyramid as a Compact Image Code", 1983, a = 0.4.
_KERNEL = (0.05, 0.25, 0.4, 0.25, 0.05)

_MAXIMUM_ITERATIONS = 20


@dataclass(frozen=True)
class Display:
    """What a display emits and reflects; the default is a common LCD in a dim room.

    Attributes:
        peak_cd_m2: luminance of white, without reflections.
        black_cd_m2: luminance of black, without reflections.
        reflectivity: share of the ambient light that the screen reflects, diffusely.
        ambient_lux: illuminance on the screen.
    """

    peak_cd_m2: float = 200.0
    black_cd_m2: float = 0.8
    reflectivity: float = 0.01
    ambient_lux: float = 60.0

    @property
    def reflected_cd_m2(self) -> float:
        """Luminance that the screen reflects."""
        return self.reflectivity * self.ambient_lux / np.pi

    @property
    def darkest_cd_m2(self) -> float:
        """Luminance of black as seen."""
        return self.black_cd_m2 + self.reflected_cd_m2

    @property
    def brightest_cd_m2(self) -> float:
        """Luminance of white as seen."""
        return self.peak_cd_m2 + self.reflected_cd_m2

    @property
    def range_decades(self) -> float:
        """Contrast from black to white as seen, decades."""
        return float(np.log10(self.brightest_cd_m2 / self.darkest_cd_m2))


def tone_map(hdr: Tensor, display: Display | None = None, *, is_panorama: bool = False) -> Tensor:
    """Return the image that shows an HDR best on a display; pixels stay on their device, the curve is found in NumPy.

    The brightest tone becomes the display's white, so the result does not depend on the scale of the HDR.

    Args:
        hdr: (3, H, W) float32, linear Rec.709, ≥ 0, relative luminance.
        display: where the image will be seen; an LCD of 200 cd/m² by default.
        is_panorama: the image is equirectangular: it wraps in azimuth and its rows count by solid angle.

    Returns:
        (3, H, W) float32, linear Rec.709, [0, 1], to be encoded as sRGB.

    Raises:
        InvalidPixelsError: the HDR contains NaN, infinite or negative values.
    """
    if not bool((torch.isfinite(hdr) & (hdr >= 0.0)).all()):
        raise InvalidPixelsError(
            "The HDR contains NaN, infinite or negative values.",
            remedy="Repair it, or clip it to finite values of zero and more.",
        )
    display = display or Display()
    luminance = (hdr * torch.from_numpy(REC709_LUMINANCE).to(hdr)[:, None, None]).sum(dim=0)
    if not bool(luminance.any()):
        return torch.zeros_like(hdr)
    log_luminance = clipped_log_luminance(luminance)
    nodes, counts = contrast_histogram(log_luminance, is_panorama=is_panorama)
    segments = tone_curve_segments(counts, display)
    return _apply_curve(hdr, luminance, log_luminance, nodes, segments, display)


def clipped_log_luminance(luminance: Tensor) -> Tensor:
    """Return log10 of a luminance, clipped to four decades either side of the median of what is not black.

    Args:
        luminance: (H, W) float32, ≥ 0, not all 0.

    Returns:
        (H, W) float32.
    """
    middle = luminance[luminance > 0.0].median()
    span = 10.0**CLIPPING_DECADES
    return torch.minimum(torch.maximum(luminance, middle / span), middle * span).log10()


def contrast_histogram(log_luminance: Tensor, *, is_panorama: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """Count how often each contrast occurs on each background, in each frequency band.

    Args:
        log_luminance: (H, W) float32, log10.
        is_panorama: wrap in azimuth and count rows by solid angle.

    Returns:
        ``(nodes, counts)``: nodes, (N + 1,) float64, are the ends of the curve's segments, log10 luminance, and
        end at the brightest tone; counts, (bands, N + 1, 15) float64, hold for each band, background node and
        contrast of -7 to 7 segments the share of the image where it occurs, contrast 0 left empty.
    """
    low, top = (float(each) for each in torch.aminmax(log_luminance))
    segment_count = max(1, int(np.ceil((top - low) / SEGMENT_DECADES)))
    nodes = top - SEGMENT_DECADES * np.arange(segment_count, -1, -1)
    height, width = log_luminance.shape
    row_weights = sphere.pixel_solid_angles_sr(height, width) if is_panorama else np.ones(height)
    row_weights = torch.from_numpy(row_weights / (row_weights.sum() * width)).to(log_luminance.device)
    side = MAXIMUM_CONTRAST_SEGMENTS
    shape = (segment_count + 1, 2 * side + 1)
    first_cells = torch.arange(height, device=log_luminance.device)[:, None] * (shape[0] * shape[1])
    counts = np.empty((len(BAND_FREQUENCIES_CPD), *shape))
    fine = log_luminance
    for band in range(len(BAND_FREQUENCIES_CPD)):
        coarse = _low_pass(fine, 2**band, is_panorama)
        contrast = fine - coarse
        steps = (contrast / SEGMENT_DECADES).round().long()
        small = (steps == 0) & (contrast.abs() > CONTRAST_THRESHOLD_DECADES)
        steps = torch.where(small, contrast.sign().long(), steps)
        background = ((coarse - nodes[0]) / SEGMENT_DECADES).round().long().clamp(0, segment_count)
        counted = (steps.abs() <= side) & (steps != 0)
        cell = torch.where(counted, background * shape[1] + steps + side, side)
        # Whole numbers for each row are counted: their sums do not depend on the order, on any device.
        found = torch.bincount((first_cells + cell).flatten(), minlength=height * shape[0] * shape[1])
        counts[band] = (row_weights @ found.double().view(height, -1)).cpu().numpy().reshape(shape)
        fine = coarse
    counts[:, :, side] = 0.0
    return nodes, counts


def _low_pass(image: Tensor, spacing: int, is_panorama: bool) -> Tensor:
    """Return the image after the kernel with its taps this many pixels apart, both ways."""
    margin = 2 * spacing
    image = F.pad(image[None], (0, 0, margin, margin), mode="replicate")
    image = _filter(image, spacing, axis=1)
    image = F.pad(image, (margin, margin, 0, 0), mode="circular" if is_panorama else "replicate")
    return _filter(image, spacing, axis=2)[0]


def _filter(padded: Tensor, spacing: int, axis: int) -> Tensor:
    # A convolution on a GPU may round to ten bits; sums of slices do not.
    length = padded.shape[axis] - 4 * spacing
    taps = [padded.narrow(axis, tap * spacing, length) * weight for tap, weight in enumerate(_KERNEL)]
    return sum(taps[1:], start=taps[0])


def tone_curve_segments(counts: np.ndarray, display: Display) -> np.ndarray:
    """Return the rise of the optimal tone curve over each of its segments.

    The response to a contrast is not linear in it, and the sensitivity depends on the luminance that the
    curve gives it. So each round takes both from the curve of the round before, which leaves a quadratic
    program, until no segment moves by a tenth of its width.

    Args:
        counts: (bands, N + 1, 15) float64: see :func:`contrast_histogram`.
        display: where the image will be seen.

    Returns:
        (N,) float64, decades of displayed luminance, each ≥ 0, in sum at most ``display.range_decades``.
    """
    segment_count = counts.shape[1] - 1
    background, low, high, weights = _contrast_rows(counts)
    frequencies = np.array(BAND_FREQUENCIES_CPD)[:, None]
    scene_sensitivity = contrast_sensitivity(frequencies, SCENE_ADAPTATION_CD_M2)
    wanted = transducer((high - low) * SEGMENT_DECADES, scene_sensitivity)
    segments = np.full(segment_count, min(SEGMENT_DECADES, display.range_decades / segment_count))
    for _ in range(_MAXIMUM_ITERATIONS):
        curve = displayed_log_luminance(segments, display)
        sensitivity = contrast_sensitivity(frequencies, 10.0 ** curve[background])
        shown = np.maximum(curve[high] - curve[low], 1e-4)
        gain = transducer(shown, sensitivity) / shown
        quadratic = _sum_of_outer_products(low, high, (weights * gain**2).sum(axis=0), segment_count)
        linear = _sum_of_spans(low, high, (weights * gain * wanted).sum(axis=0), segment_count)
        ridge = _REGULARISATION * max(float(np.trace(quadratic)) / segment_count, 1e-12)
        quadratic[np.diag_indices(segment_count)] += ridge
        previous = segments
        segments = minimise_within_budget(quadratic, linear + ridge * SEGMENT_DECADES, display.range_decades)
        if np.abs(segments - previous).max() < SEGMENT_DECADES / 10.0:
            break
    return segments


def _contrast_rows(counts: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return for each contrast that occurs: its background node, its lower and upper node, its weight per band."""
    background, column = np.nonzero(counts.sum(axis=0))
    other = background + column - MAXIMUM_CONTRAST_SEGMENTS
    inside = (other >= 0) & (other < counts.shape[1])
    background, column, other = background[inside], column[inside], other[inside]
    low, high = np.minimum(background, other), np.maximum(background, other)
    return background, low, high, counts[:, background, column]


# A row of the least squares problem is 1 on the segments from ``low`` to ``high`` and 0 elsewhere, so the sums over
# rows are running sums: exact, and without the dense products whose threads fight over cores in a data loader.


def _sum_of_spans(low: np.ndarray, high: np.ndarray, weights: np.ndarray, count: int) -> np.ndarray:
    """Return Σ w a over rows a: (count,) float64."""
    starts = np.bincount(low, weights, minlength=count + 1)
    ends = np.bincount(high, weights, minlength=count + 1)
    return np.cumsum(starts - ends, dtype=np.float64)[:-1]


def _sum_of_outer_products(low: np.ndarray, high: np.ndarray, weights: np.ndarray, count: int) -> np.ndarray:
    """Return Σ w aaᵀ over rows a: (count, count) float64."""
    table = np.bincount(low * (count + 1) + high, weights, minlength=(count + 1) ** 2)
    table = table.reshape(count + 1, count + 1)
    covering = np.cumsum(np.cumsum(table, axis=0, dtype=np.float64)[:, ::-1], axis=1)[:, ::-1]
    segment = np.arange(count)
    first = np.minimum(segment[:, None], segment)
    last = np.maximum(segment[:, None], segment)
    return covering[first, last + 1]


def displayed_log_luminance(segments: np.ndarray, display: Display) -> np.ndarray:
    """Return the tone curve at its nodes: (N + 1,) float64, log10 cd/m², ending at the display's white."""
    heights = np.concatenate([[0.0], np.cumsum(segments)])
    return np.log10(display.brightest_cd_m2) - heights[-1] + heights


def colour_exponent(slope: np.ndarray) -> np.ndarray:
    """Return the power of the ratio to luminance that keeps colours looking alike under a change of contrast.

    Args:
        slope: of the tone curve, displayed decades per decade, ≥ 0.

    Source: Mantiuk, Mantiuk, Tomaszewska and Heidrich, "Color Correction for Tone Mapping", Eurographics 2009; the
    constants are those of the authors' program.
    """
    powered = slope**0.82
    return 2.48 * powered / (1.0 + 1.48 * powered)


def _apply_curve(
    hdr: Tensor,
    luminance: Tensor,
    log_luminance: Tensor,
    nodes: np.ndarray,
    segments: np.ndarray,
    display: Display,
) -> Tensor:
    """Return the HDR through the tone curve, its colours kept, as the display's linear pixel values."""
    position = (log_luminance.double() - nodes[0]) / SEGMENT_DECADES
    shown = _at(displayed_log_luminance(segments, display), position)
    exponent = _at(colour_exponent(segments / SEGMENT_DECADES), position - 0.5)
    ratio = (hdr / luminance.clamp(min=torch.finfo(torch.float32).tiny)).clamp(min=1e-6).log()
    emitted = (ratio * exponent + shown * float(np.log(10.0))).exp() - display.darkest_cd_m2
    return (emitted / (display.peak_cd_m2 - display.black_cd_m2)).clamp(0.0, 1.0)


def _at(values: np.ndarray, position: Tensor) -> Tensor:
    """Return values, (N,), interpolated at positions counted in steps from the first; constant beyond the ends."""
    table = torch.from_numpy(values).to(position.device)
    position = position.clamp(0.0, len(values) - 1.0)
    low = position.long()
    high = (low + 1).clamp(max=len(values) - 1)
    return torch.lerp(table[low], table[high], position - low).float()
