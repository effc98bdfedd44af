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
from lanet_core.reconstruction.aureole import diffuse_around_lights
from lanet_core.reconstruction.clipped_areas import ClippedAreas, balance
from lanet_core.reconstruction.clipping_noise import without_clipping_noise
from lanet_core.reconstruction.discs import Discs, with_energy_of_frame
from lanet_core.reconstruction.midtone_gain import MidtoneGain
from lanet_core.reconstruction.overexposure import MAXIMUM_RADIANCE, overexposure, relative_to_white
from lanet_core.reconstruction.point_lights import PlacedLight, PointLight, find_point_lights, place_point_lights
from lanet_core.reconstruction.steady_areas import area_lights, steady_energies
from lanet_core.reconstruction.upsampling import enlarge_light, quotient, repeat_cells
from lanet_core.reconstruction.white_level import WhiteLevel

#: Rows and columns of the network's panoramas are multiplied by this for what is recorded of the image.
REFINEMENT = 2

#: Between these means of the channels a well-exposed pixel comes to count as nearly over-exposed.
NEARLY_OVEREXPOSED = (0.5, 0.8)
#: Weight of the nearly over-exposed part of a network pixel against the over-exposed one.
NEARLY_OVEREXPOSED_WEIGHT = 0.125

#: Factors of the bounds on specks, for diffuse and for concentrated light.
_DIFFUSE_SUPPORT, _CONCENTRATED_SUPPORT = 64.0, 350.0
#: Half a code of 8-bit sRGB near white, in linear light: 2.2 / 255 / 2.
_HALF_CODE = 0.0043

_BAND_PIXELS = 1 << 18
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
        self._gain = MidtoneGain(self._size, self._white)
        self._discs = Discs(self._size)
        fine_size = (min(height, REFINEMENT * network_height), min(width, REFINEMENT * 2 * network_height))
        self._image = BandDownsampler(self._size, fine_size, channels=3)
        self._weight = BandDownsampler(self._size, fine_size, channels=1)
        self._sampled_weight = BandGatherer(self._size, fine_size, channels=1)
        self._maximum = BandMaximum(self._size, self._network_size)
        self._radiance_and_weight: np.ndarray | None = None
        self._area_energies: tuple[ClippedAreas, np.ndarray] | None = None

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
            self._gain.observe(ldr_linear_band, relative, weight == 0.0, first_row)
        if not weight.any():
            return
        self._weight.add(weight[..., None], first_row)
        self._sampled_weight.add(weight[..., None], first_row)
        self._maximum.add(weight, first_row)
        self._discs.observe(weight > 0.0, first_row)

    @property
    def _unit(self) -> np.ndarray:
        """Radiance of the image for radiance 1 relative to white, (3,) float32."""
        return self._white.linear * np.float32(self._gain.value)

    @property
    def overexposed_fraction(self) -> float:
        """The share of the sphere's solid angle that is over-exposed, [0, 1], once every band has been observed."""
        return self._discs.overexposed_fraction

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
        return self._discs.placed_lights + area_lights(*self._area_energies)

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
            * quotient(sphere.downsample(weight * np.minimum(factor * support, 1.0) ** 2, *cell_size)[..., None], share)
            for grid, factor in zip(grids, (_DIFFUSE_SUPPORT, _CONCENTRATED_SUPPORT), strict=True)
        )
        lights = self._lights(narrow, share, areas, light_radius_rad, placed)
        has_disc = np.zeros(areas.count, dtype=bool)
        has_disc[[light.blob for light in lights]] = True
        in_disc_blob = has_disc[areas.labels]
        disc_share = quotient(sphere.downsample(weight * in_disc_blob, *cell_size)[..., None], share)
        if placed is not None:
            wide, narrow = with_energy_of_frame(wide, narrow, disc_share, lights)
        flat = (wide + narrow) * (1.0 - disc_share)
        radiance = enlarge_light(flat, weight * ~in_disc_blob)
        radiance[in_disc_blob] = 0.0
        if lights:
            radiance += diffuse_around_lights(wide * disc_share, lights, areas)
        remaining = repeat_cells(quotient(flat + wide * disc_share, share), image_size(weight))
        energies = steady_energies(areas.integrate(remaining), areas, has_disc, placed or ())
        whole = repeat_cells(quotient(wide + narrow, share), image_size(weight))
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
        """Return the point lights, and take them as discs."""
        found: list[PointLight] = []
        if placed is not None:
            found = place_point_lights(placed, areas, radius_rad)
        elif concentrated.any():
            level = repeat_cells(quotient(concentrated, share), image_size(areas.weight))
            found = find_point_lights(level, areas, np.pi / len(concentrated), radius_rad)
        return self._discs.take(found)

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
        self._discs.add_to(added, weight > 0.0, rows, columns)
        return added * self._unit


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
