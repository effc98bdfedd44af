"""The brightest light of a panorama: how much it gives and where it is, as against the truth's.

Which light is brightest is decided on luminance smoothed over the sphere with a Gaussian of 5°, so that it is the
light that gives most, and not the brightest pixel. Its **energy** is the luminance within 10° of it, integrated over
solid angle; its **direction** is the mean of the directions within 10°, weighted by luminance and solid angle. A fixed
cap holds the sun with its aureole, a lamp or the brightest part of a window, and needs no threshold: the same solid
angle is compared in two panoramas however much one of them is clipped.

A direction is compared only where the truth's light stands out, that is, where it is half a stop brighter (smoothed)
than anything more than 30° away. Under an overcast sky, or between two lamps alike, there is no one light to find.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from lanet_core.colour import luminance
from lanet_core.errors import ImageTooSmallError
from lanet_core.geometry import sphere
from lanet_core.metrics.comparison import checked_pair

#: Standard deviation of the Gaussian that decides which light is brightest.
SMOOTHING_RAD = np.radians(5.0)

#: Half the angle across the cap in which the light is measured.
CAP_RADIUS_RAD = np.radians(10.0)

#: A light stands out where nothing beyond this angle from it comes within this many stops of it.
RIVAL_DISTANCE_RAD = np.radians(30.0)
DISTINCT_STOPS = 0.5

#: Sizes, rows and columns: the light is searched for on the first and measured on the second.
SEARCH_SIZE = (64, 128)
MEASURING_SIZE = (256, 512)

#: With fewer rows than these a cap may fall between the pixels.
MINIMUM_HEIGHT = 16

#: How often the cap is moved to the mean direction of the light within it.
CENTRING_STEPS = 3

#: Light of less energy counts as this much: a cap of radiance 1e-8, the floor of calibrated HDR.
ENERGY_FLOOR = 2.0 * np.pi * (1.0 - np.cos(CAP_RADIUS_RAD)) * 1e-8


@dataclass(frozen=True)
class BrightestLight:
    """A panorama's brightest light.

    Attributes:
        direction: (3,) float64 unit vector, see :mod:`lanet_core.geometry.sphere`; NaN in a black panorama.
        energy: luminance integrated over the cap, the panorama's unit times steradians, ≥ 0.
        prominence_stops: how much brighter it is, smoothed, than the brightest place more than 30° away, ≥ 0; 0 in
            a black panorama.
    """

    direction: np.ndarray
    energy: float
    prominence_stops: float

    @property
    def stands_out(self) -> bool:
        """Whether there is one brightest light, so that its direction means something."""
        return self.prominence_stops >= DISTINCT_STOPS


@dataclass(frozen=True)
class BrightestLightErrors:
    """How far a panorama's brightest light is from the truth's.

    Attributes:
        energy_stops: |log2| of the ratio of energies, ≥ 0.
        direction_deg: angle between the directions, [0, 180]; NaN if the truth's light does not stand out or the
            panorama is black.
    """

    energy_stops: float
    direction_deg: float


def find_brightest_light(panorama: np.ndarray) -> BrightestLight:
    """Find the light that gives most.

    Args:
        panorama: (H, W, 3) float, linear Rec.709, ≥ 0, radiance in any unit; H at least 16, W twice as much.

    Raises:
        ImageTooSmallError: the panorama has fewer rows.
    """
    if panorama.shape[0] < MINIMUM_HEIGHT:
        raise ImageTooSmallError(
            f"The panorama is {panorama.shape[1]}x{panorama.shape[0]}, too small to find a light in.",
            remedy=f"Use at least {MINIMUM_HEIGHT} rows.",
        )
    height, width = np.minimum(panorama.shape[:2], MEASURING_SIZE).tolist()
    radiance = sphere.downsample(luminance(panorama).astype(np.float32), height, width)
    if not radiance.any():
        return BrightestLight(np.full(3, np.nan), 0.0, 0.0)
    direction, prominence_stops = _most_prominent(radiance)
    directions = sphere.pixel_directions(height, width)
    light = radiance * sphere.pixel_solid_angles_sr(height, width)[:, None]
    for _ in range(CENTRING_STEPS):
        cap = directions @ direction >= np.cos(CAP_RADIUS_RAD)
        mean = light[cap] @ directions[cap]
        direction = mean / np.linalg.norm(mean)
    cap = directions @ direction >= np.cos(CAP_RADIUS_RAD)
    return BrightestLight(direction, float(light[cap].sum()), prominence_stops)


def brightest_light_errors(panorama: np.ndarray, truth: np.ndarray) -> BrightestLightErrors:
    """Compare the brightest light of a panorama with that of the truth.

    Args:
        panorama: (H, W, 3) float, linear Rec.709, ≥ 0, calibrated.
        truth: the same shape, at the same scale.

    Raises:
        ImageTooSmallError: less than 16 rows.
        SizeMismatchError, InvalidPixelsError: see :func:`lanet_core.metrics.comparison.checked_pair`.
    """
    light, true_light = (find_brightest_light(each) for each in checked_pair(panorama, truth))
    stops = np.log2(max(light.energy, ENERGY_FLOOR)) - np.log2(max(true_light.energy, ENERGY_FLOOR))
    if true_light.stands_out:
        across = np.linalg.norm(np.cross(light.direction, true_light.direction))
        direction_deg = np.degrees(np.arctan2(across, light.direction @ true_light.direction))
    else:
        direction_deg = np.nan
    return BrightestLightErrors(abs(float(stops)), float(direction_deg))


def _most_prominent(radiance: np.ndarray) -> tuple[np.ndarray, float]:
    """Return where smoothed radiance (H, W) is largest on the search grid, and its prominence in stops."""
    height, width = np.minimum(radiance.shape, SEARCH_SIZE).tolist()
    # Smoothing is a convolution in azimuth for each pair of rows: a product of spectra.
    spectrum = np.fft.rfft(sphere.downsample(radiance, height, width), axis=1)
    smooth = np.fft.irfft(np.einsum("ijk,jk->ik", _smoothing_spectra(height, width), spectrum), width, axis=1)
    directions = sphere.pixel_directions(height, width)
    direction = directions[np.unravel_index(smooth.argmax(), smooth.shape)]
    rival = smooth[directions @ direction < np.cos(RIVAL_DISTANCE_RAD)].max()
    # Far from a lone light the transform's rounding stands for black.
    rival = max(rival, np.finfo(np.float32).eps * smooth.max())
    return direction, float(np.log2(smooth.max() / rival))


@lru_cache(maxsize=2)
def _smoothing_spectra(height: int, width: int) -> np.ndarray:
    """Return the spectra in azimuth of a Gaussian on the sphere, (H, H, W // 2 + 1), by target and source row."""
    theta = sphere.zenith_angles_rad(height)
    turns = 2.0 * np.pi * np.arange(width) / width
    # cos of the angle between a pixel of one row and a pixel of another, some turn further.
    cosines = np.multiply.outer(np.multiply.outer(np.sin(theta), np.sin(theta)), np.cos(turns))
    cosines += np.multiply.outer(np.cos(theta), np.cos(theta))[..., None]
    weights = np.exp((cosines - 1.0) / SMOOTHING_RAD**2) * sphere.pixel_solid_angles_sr(height, width)[None, :, None]
    return np.fft.rfft(weights / weights.sum(axis=(1, 2), keepdims=True), axis=2)
