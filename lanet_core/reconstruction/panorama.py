"""From predicted radiance on a light grid to an HDR panorama at the image's size, band by band.

The network predicts the radiance that the image lacks, relative to the image's white level, as means over the cells of
a light grid: diffuse radiance D, and concentrated light C. The result is

    HDR = LDR + white · (w X + discs)

with w the over-exposure of each pixel (:mod:`.overexposure`). Where w is 0 the result is the LDR, bit for
bit. Over-exposure, white and all energies are measured at full resolution, and only a band of the image is in memory.

**Energy.** Σ ω w X + discs = Σ ω (D + C), with ω solid angles, for each connected clipped area (blob). A cell's energy
is divided between its blobs by their share of w. X is smooth from cell to cell (:mod:`.upsampling`), and one
factor for each blob makes the sum exact at the image's own pixels (:func:`.clipped_areas.balance`). So a sun
smaller than a pixel of the network keeps its energy. Two parts are not added: energy in cells without over-exposed
pixels, and what specks do not get.

**Specks.** A few over-exposed pixels amid nearly over-exposed ones are the noise of a bright surface rather than a
light. In a window of 4° around them, let s be the mean of w and n the share of nearly over-exposed pixels. Diffuse
radiance is multiplied by min(1, 64 s / n)², concentrated light by min(1, 350 s / n)²: a region of 0.6°, or a light of
0.25°, keeps its energy. A lamp amid dark pixels (n = 0) keeps it at any size.

**Suns.** Concentrated light becomes discs (:mod:`.point_lights`) or, where the blob shows the shape of the
light, radiance of the blob. Around a disc the diffuse radiance falls off to the edge of the blob
(:mod:`.aureole`). Blobs without a disc are smooth up to their edges in the image.

**Steps.** Between two 8-bit codes of a smooth sky near white, w X has a step. The true value may be half a code away
from the code, so w is replaced by its mean over network pixels, within that range.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lanet_core.calibration import OVEREXPOSURE_THRESHOLD
from lanet_core.geometry import sphere
from lanet_core.geometry.bands import BandDownsampler, BandGatherer, BandMaximum
from lanet_core.image_size import image_size
from lanet_core.reconstruction.aureole import aureole
from lanet_core.reconstruction.clipped_areas import ClippedAreas, balance
from lanet_core.reconstruction.clipping_noise import without_clipping_noise
from lanet_core.reconstruction.overexposure import overexposure, relative_to_white
from lanet_core.reconstruction.point_lights import PlacedLight, PointLight, find_point_lights, place_point_lights
from lanet_core.reconstruction.steady_areas import area_lights, steady_energies
from lanet_core.reconstruction.upsampling import enlarge_light, repeat_cells
from lanet_core.reconstruction.white_level import WhiteLevel

#: Greatest radiance that is added; the sun is near 1e5 times a sunlit white.
MAXIMUM_RADIANCE = 1e8

#: Rows and columns of the network's panoramas are multiplied by this for what is recorded of the image.
REFINEMENT = 2

#: Between these means of the channels a well-exposed pixel comes to count as nearly over-exposed.
NEARLY_OVEREXPOSED = (0.5, 0.8)
#: Weight of the nearly over-exposed part of a network pixel against the over-exposed one.
NEARLY_OVEREXPOSED_WEIGHT = 0.125

#: Factors of the bounds on specks, for diffuse and for concentrated light.
_DIFFUSE_SUPPORT, _CONCENTRATED_SUPPORT = 64.0, 350.0
#: Bounds of the factors of the light other than known discs.
_OTHER_FACTORS = (0.25, 4.0)
#: Standard deviation with which the diffuse radiance around a disc is smoothed.
_AUREOLE_SMOOTHING_RAD = np.radians(10.0)
#: Half a code of 8-bit sRGB near white, in linear light: 2.2 / 255 / 2.
_HALF_CODE = 0.0043

_BAND_PIXELS = 1 << 18
#: Radiance relative to white, mean of the channels, of the pixels that give the scale of an image with lifted blacks.
_MIDTONES = (0.02, 0.6)
#: Bands are processed in blocks of so many columns, those that have over-exposed pixels.
_BLOCK_COLUMNS = 256


class Reconstruction:
    """Reconstruction of one panorama, band by band.

    First :meth:`observe` every band; give :meth:`network_inputs` to the network and its outputs to :meth:`solve`; then
    :meth:`band` returns the result, in any order and from several threads.

    Args:
        height: rows of the image.
        width: columns of the image, even.
        network_height: rows of the network's input, which has twice as many columns.
        white: the image's white level; 1 by default.
    """

    def __init__(self, height: int, width: int, network_height: int, white: WhiteLevel | None = None) -> None:
        self._size = (height, width)
        self._network_size = (network_height, 2 * network_height)
        self._white = white or WhiteLevel()
        #: Solid angle of the midtones, and the integral over it of the natural log of their gain, see :attr:`_unit`.
        self._midtones_sr, self._log_gain_sr = 0.0, 0.0
        fine_size = (min(height, REFINEMENT * network_height), min(width, REFINEMENT * 2 * network_height))
        self._image = BandDownsampler(self._size, fine_size, channels=3)
        self._weight = BandDownsampler(self._size, fine_size, channels=1)
        self._sampled_weight = BandGatherer(self._size, fine_size, channels=1)
        self._maximum = BandMaximum(self._size, self._network_size)
        #: One bit a pixel: where over-exposure is above 0.
        self._overexposed = np.zeros((height, (width + 7) // 8), dtype=np.uint8)
        self._overexposed_sr = 0.0
        self._radiance_and_weight: np.ndarray | None = None
        self._area_energies: tuple[ClippedAreas, np.ndarray] | None = None
        self._discs: list[tuple[PointLight, np.ndarray]] = []

    def observe(self, ldr_linear_band: np.ndarray, first_row: int) -> None:
        """Record a band of the image.

        Args:
            ldr_linear_band: (n, W, 3) float32, linear Rec.709, [0, 1].
            first_row: the row of the image that the band begins with; every row is to be observed once.
        """
        relative = relative_to_white(ldr_linear_band, self._white)
        self._image.add(relative, first_row)
        weight = np.zeros(relative.shape[:2], dtype=np.float32)
        for columns in self._blocks():
            if relative[:, columns].max() > OVEREXPOSURE_THRESHOLD:
                weight[:, columns] = overexposure(relative[:, columns])
        if self._white.black > 0.0:
            self._measure_exposed_light(ldr_linear_band, relative, weight == 0.0, first_row)
        if not weight.any():
            return
        self._weight.add(weight[..., None], first_row)
        self._sampled_weight.add(weight[..., None], first_row)
        self._maximum.add(weight, first_row)
        rows = slice(first_row, first_row + len(weight))
        is_overexposed = weight > 0.0
        self._overexposed[rows] = np.packbits(is_overexposed, axis=1)
        self._overexposed_sr += float(
            sphere.pixel_solid_angles_sr(*self._size)[rows] @ np.count_nonzero(is_overexposed, axis=1)
        )

    def _measure_exposed_light(
        self, ldr_linear_band: np.ndarray, relative: np.ndarray, is_exposed: np.ndarray, first_row: int
    ) -> None:
        image, relative = ((each.mean(axis=-1)) for each in (ldr_linear_band / self._white.linear, relative))
        low, high = _MIDTONES
        is_midtone = is_exposed & (relative > low) & (relative < high)
        areas = sphere.pixel_solid_angles_sr(*self._size)[first_row : first_row + len(relative), None]
        gains = np.log(image[is_midtone] / relative[is_midtone])
        areas = np.broadcast_to(areas, relative.shape)[is_midtone]
        self._log_gain_sr += float(areas @ gains)
        self._midtones_sr += float(areas.sum())

    @property
    def _unit(self) -> np.ndarray:
        """Radiance of the image for radiance 1 relative to white, (3,) float32.

        It is the white level, unless lifted blacks make the midtones brighter than they are relative to white: the
        added light keeps its ratio to the midtones.
        """
        gain = np.exp(self._log_gain_sr / self._midtones_sr) if self._midtones_sr > 0.0 else 1.0
        return self._white.linear * np.float32(gain)

    @property
    def overexposed_fraction(self) -> float:
        """The share of the sphere's solid angle that is over-exposed, [0, 1], once every band has been observed."""
        return min(1.0, self._overexposed_sr / (4.0 * np.pi))

    def network_inputs(self) -> tuple[np.ndarray, np.ndarray]:
        """Return what the network sees of the observed image.

        Returns:
            ``(image, overexposure)``: (h, 2 h, 3) float32, the mean of the image relative to its white, linear Rec.709,
            [0, 1]; and (h, 2 h, 2) float32, mean and maximum of the over-exposure, [0, 1].
        """
        recorded = self._image.result
        if recorded.shape[:2] == self._size:  # the image's own pixels: no mean of them reduces the noise
            recorded = without_clipping_noise(recorded)
        image, mean = (self._at_network_size(each) for each in (recorded, self._weight.result))
        exposure = np.concatenate([mean, self._maximum.result[..., None]], axis=-1)
        return np.clip(image, 0.0, 1.0), np.clip(exposure, 0.0, 1.0)

    def _at_network_size(self, panorama: np.ndarray) -> np.ndarray:
        small = _at_most(panorama, self._network_size)
        return small if small.shape[:2] == self._network_size else sphere.upsample_bilinear(small, *self._network_size)

    @property
    def placed_lights(self) -> tuple[PlacedLight, ...]:
        """The discs of the result and its areas of most light, once it has been solved."""
        assert self._area_energies is not None, "solve first"
        discs = tuple(PlacedLight(light.direction, light.energy) for light, _ in self._discs)
        return discs + area_lights(*self._area_energies)

    def solve(
        self,
        diffuse: np.ndarray,
        concentrated: np.ndarray | None = None,
        light_radius_rad: float | None = None,
        placed: Sequence[PlacedLight] | None = None,
    ) -> None:
        """Take the network's prediction.

        Args:
            diffuse: (g, 2 g, 3) float32, ≥ 0, linear Rec.709 relative to white: radiance to add, mean over each cell.
            concentrated: the same for suns and bare lamps; none by default.
            light_radius_rad: half the angle that a light subtends whose size the image does not show; the sun's by
                default.
            placed: the lights that become discs, with all concentrated light of their blobs, found by default; and
                areas whose energy is known.
        """
        weight = self._weight.result[..., 0]
        surroundings = self._surroundings()
        areas = ClippedAreas(weight, surroundings)
        grids = [diffuse, np.zeros_like(diffuse) if concentrated is None else concentrated]
        grids = [_at_most(np.clip(grid, 0.0, np.float32(MAXIMUM_RADIANCE)), image_size(weight)) for grid in grids]
        cell_size = grids[0].shape[:2]
        share = sphere.downsample(weight, *cell_size)[..., None]
        support = self._support(surroundings)
        wide, narrow = (
            grid
            * _quotient(
                sphere.downsample(weight * np.minimum(factor * support, 1.0) ** 2, *cell_size)[..., None], share
            )
            for grid, factor in zip(grids, (_DIFFUSE_SUPPORT, _CONCENTRATED_SUPPORT), strict=True)
        )
        lights = self._lights(narrow, share, areas, light_radius_rad, placed)
        has_disc = np.zeros(areas.count, dtype=bool)
        has_disc[[light.blob for light in lights]] = True
        in_disc_blob = has_disc[areas.labels]
        disc_share = _quotient(sphere.downsample(weight * in_disc_blob, *cell_size)[..., None], share)
        if placed is not None:
            wide, narrow = _with_energy_of_frame(wide, narrow, disc_share, lights)
        flat = (wide + narrow) * (1.0 - disc_share)
        radiance = enlarge_light(flat, weight * ~in_disc_blob)
        radiance[in_disc_blob] = 0.0
        if lights:
            radiance += _around_lights(wide * disc_share, lights, areas)
        remaining = repeat_cells(_quotient(flat + wide * disc_share, share), image_size(weight))
        energies = steady_energies(areas.integrate(remaining), areas, has_disc, placed or ())
        whole = repeat_cells(_quotient(wide + narrow, share), image_size(weight))
        self._area_energies = areas, areas.integrate(whole)
        radiance = balance(radiance, areas, self._sampled_weight.result[..., 0], energies)
        np.minimum(radiance, np.float32(MAXIMUM_RADIANCE), out=radiance)
        smooth_weight = sphere.upsample_bilinear(_at_most(weight, self._network_size), *weight.shape)
        self._radiance_and_weight = sphere.padded_sphere(np.concatenate([radiance, smooth_weight[..., None]], axis=-1))

    def _surroundings(self) -> np.ndarray:
        """Return the level of the well-exposed part of each recorded pixel, (H, W, 3) float32, [0, 1]."""
        weight = self._weight.result
        # Over-exposed parts count as white: the rest of the mean is the well-exposed part's.
        level = (self._image.result - weight) / np.maximum(1.0 - weight, np.float32(1e-6))
        return np.clip(level, 0.0, 1.0)

    def _support(self, surroundings: np.ndarray) -> np.ndarray:
        """Return s / n of this module for each recorded pixel, (H, W) float32; infinite where n is 0."""
        weight = self._weight.result[..., 0]
        low, high = NEARLY_OVEREXPOSED
        nearly = (1.0 - weight) * np.clip((surroundings.mean(axis=-1) - low) / (high - low), 0.0, 1.0)
        means = _at_most(np.stack([weight, nearly], axis=-1), self._network_size)
        means = sphere.upsample_bilinear(sphere.neighbourhood(means).mean(axis=0), *weight.shape)
        return np.divide(means[..., 0], means[..., 1], out=np.full_like(weight, np.inf), where=means[..., 1] > 0.0)

    def _lights(
        self,
        concentrated: np.ndarray,
        share: np.ndarray,
        areas: ClippedAreas,
        radius_rad: float | None,
        placed: Sequence[PlacedLight] | None,
    ) -> list[PointLight]:
        """Return the point lights, and set the radiance of their discs."""
        self._discs = []
        lights = []
        if placed is not None:
            found = place_point_lights(placed, areas, radius_rad)
        elif concentrated.any():
            level = repeat_cells(_quotient(concentrated, share), image_size(areas.weight))
            found = find_point_lights(level, areas, np.pi / len(concentrated), radius_rad)
        else:
            return lights
        for light in found:
            covered_sr = self._covered_sr(light)
            if covered_sr > 0.0:
                self._discs.append((light, np.minimum(light.energy / covered_sr, MAXIMUM_RADIANCE).astype(np.float32)))
                lights.append(light)
        return lights

    def _covered_sr(self, light: PointLight) -> float:
        """Return the over-exposed solid angle that a disc covers."""
        height, width = self._size
        rows = light.rows(height, slice(0, height))
        coverage = light.coverage(self._size, rows, slice(0, width))
        coverage *= np.unpackbits(self._overexposed[rows], axis=1, count=width)
        return float(sphere.pixel_solid_angles_sr(height, width)[rows] @ coverage.sum(axis=1, dtype=np.float64))

    def band(self, ldr_linear_band: np.ndarray, first_row: int) -> np.ndarray:
        """Return the HDR panorama's band for a band of the image; to be called after :meth:`solve`.

        Args:
            ldr_linear_band: (n, W, 3) float32, linear Rec.709, [0, 1].
            first_row: the row of the image that the band begins with.

        Returns:
            (n, W, 3) float32, linear Rec.709; a new array.
        """
        hdr = ldr_linear_band.copy()
        rows = slice(first_row, first_row + len(hdr))
        darkest_white = self._white.linear.min()
        for columns in self._blocks():
            block = hdr[:, columns]
            if block.max() > OVEREXPOSURE_THRESHOLD * darkest_white:
                relative = relative_to_white(block, self._white)
                weight = overexposure(relative)
                if weight.any():
                    block += self._added(relative, weight, rows, columns)
        return hdr

    def _blocks(self) -> list[slice]:
        """Return the columns of each block of a band."""
        return [slice(start, start + _BLOCK_COLUMNS) for start in range(0, self._size[1], _BLOCK_COLUMNS)]

    def _added(self, relative: np.ndarray, weight: np.ndarray, rows: slice, columns: slice) -> np.ndarray:
        """Return the radiance to add to a block, (n, m, 3): exactly 0 where the over-exposure is 0."""
        assert self._radiance_and_weight is not None, "solve first"
        sampled = sphere.upsampled_block(self._radiance_and_weight, self._size, rows, columns)
        added = sampled[..., :3] * weight_without_steps(relative, weight, sampled[..., 3])[..., None]
        for light, radiance in self._discs:
            reached = light.rows(self._size[0], rows)
            if reached.stop > reached.start:
                part = slice(reached.start - rows.start, reached.stop - rows.start)
                coverage = light.coverage(self._size, reached, columns) * (weight[part] > 0.0)
                added[part] += coverage[..., None] * radiance
        return added * self._unit


def _with_energy_of_frame(
    wide: np.ndarray, narrow: np.ndarray, disc_share: np.ndarray, lights: list[PointLight]
) -> tuple[np.ndarray, np.ndarray]:
    """Return diffuse and concentrated radiance scaled so that their sum with the known discs has the energy predicted.

    The concentrated light of blobs without a disc makes up for the discs as far as it can, the diffuse radiance for the
    rest.
    """

    def energy(grid: np.ndarray) -> float:
        return 4.0 * np.pi * float(sphere.sphere_mean(grid).mean())

    diffuse, concentrated, other = (energy(grid) for grid in (wide, narrow, narrow * (1.0 - disc_share)))
    discs = float(sum(light.energy.mean() for light in lights))
    low, high = _OTHER_FACTORS
    narrow_factor = min(max(concentrated - discs, 0.0) / other, high) if other > 0.0 else 1.0
    left = diffuse + concentrated - discs - narrow_factor * other
    wide_factor = float(np.clip(left / diffuse, low, high)) if diffuse > 0.0 else 1.0
    return wide * np.float32(wide_factor), narrow * np.float32(narrow_factor)


def _around_lights(diffuse: np.ndarray, lights: list[PointLight], areas: ClippedAreas) -> np.ndarray:
    """Return diffuse radiance with the profile of :mod:`lanet_core.reconstruction.aureole`, (H, W, 3) float32."""
    profile = aureole(lights, areas)[..., None]
    shaped = sphere.downsample(areas.weight[..., None] * profile, *diffuse.shape[:2])
    means = np.concatenate([diffuse, shaped], axis=-1)
    # One pass has a variance of half a cell squared.
    for _ in range(max(1, round(2.0 * (_AUREOLE_SMOOTHING_RAD * len(diffuse) / np.pi) ** 2))):
        means = _smoothed(means)
    means = sphere.upsample_bilinear(means, *areas.weight.shape)
    return profile * _quotient(means[..., :3], means[..., 3:])


def _smoothed(panorama: np.ndarray) -> np.ndarray:
    """Return each pixel's mean with its neighbours, those at a side with half its weight, at a corner a quarter."""
    weights = np.outer([1.0, 2.0, 1.0], [1.0, 2.0, 1.0]).ravel() / 16.0
    return np.tensordot(weights.astype(np.float32), sphere.neighbourhood(panorama), axes=1)


def weight_without_steps(relative: np.ndarray, weight: np.ndarray, mean_weight: np.ndarray) -> np.ndarray:
    """Return each pixel's over-exposure, replaced by the mean around it within half an 8-bit code.

    Args:
        relative: (n, m, 3) float32, linear Rec.709 relative to white, [0, 1].
        weight: (n, m) float32, [0, 1], its over-exposure.
        mean_weight: (n, m) float32, [0, 1].

    Returns:
        (n, m) float32; exactly 0 where ``weight`` is 0, and 1 where it is 1.
    """
    partial = (weight > 0.0) & (weight < 1.0)
    if not partial.any():
        return weight
    pixels, half_code = relative[partial], np.float32(_HALF_CODE)
    smooth = weight.copy()
    smooth[partial] = np.clip(
        mean_weight[partial],
        overexposure(np.maximum(pixels - half_code, 0.0)),
        overexposure(np.minimum(pixels + half_code, 1.0)),
    )
    return smooth


def diffuse_from_log_hdr(log_hdr: np.ndarray, image: np.ndarray, overexposure: np.ndarray) -> np.ndarray:
    """Return the radiance to add for a network that predicts the HDR panorama (Yu et al. 2021).

    Args:
        log_hdr: (h, 2 h, 3) float32, natural log of linear Rec.709 radiance relative to white.
        image: (h, 2 h, 3) float32, see :meth:`Reconstruction.network_inputs`.
        overexposure: (h, 2 h, 2) float32, of the same pixels.

    Returns:
        (h, 2 h, 3) float32, ≥ 0, for :meth:`Reconstruction.solve`.
    """
    radiance = np.exp(np.minimum(log_hdr, np.float32(np.log(MAXIMUM_RADIANCE))))
    return overexposure[..., :1] * np.maximum(radiance - image, 0.0)


def reconstruct(
    ldr_linear: np.ndarray,
    diffuse: np.ndarray,
    concentrated: np.ndarray | None = None,
    white: WhiteLevel | None = None,
    network_height: int | None = None,
) -> np.ndarray:
    """Return the HDR panorama of an image and a prediction for it.

    Args:
        ldr_linear: (H, W, 3) float32, linear Rec.709, [0, 1]; W even.
        diffuse: (g, 2 g, 3) float32, see :meth:`Reconstruction.solve`.
        concentrated: the same.
        white: the image's white level; 1 by default.
        network_height: rows of the network's input; 2 g by default.

    Returns:
        (H, W, 3) float32, linear Rec.709: the image where its over-exposure is 0, never darker elsewhere.
    """
    height, width = ldr_linear.shape[:2]
    reconstruction = Reconstruction(height, width, network_height or 2 * len(diffuse), white)
    band_rows = max(1, _BAND_PIXELS // width)
    starts = range(0, height, band_rows)
    for start in starts:
        reconstruction.observe(ldr_linear[start : start + band_rows], start)
    reconstruction.solve(diffuse, concentrated)
    hdr = np.empty_like(ldr_linear)
    for start in starts:
        band = slice(start, start + band_rows)
        hdr[band] = reconstruction.band(ldr_linear[band], start)
    return hdr


def _at_most(panorama: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Return a panorama with no more rows or columns than a size has."""
    height, width = np.minimum(panorama.shape[:2], size).tolist()
    return panorama if panorama.shape[:2] == (height, width) else sphere.downsample(panorama, height, width)


def _quotient(dividend: np.ndarray, divisor: np.ndarray) -> np.ndarray:
    """Return a quotient, 0 where the divisor is 0."""
    divisor = np.broadcast_to(divisor, dividend.shape)
    return np.divide(dividend, divisor, out=np.zeros_like(dividend), where=divisor > 0.0)
