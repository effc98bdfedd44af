"""Windows and lamps that fill their clipped area (blob), with the energy that neighbouring frames give them.

Where the area is much larger or smaller than in the neighbouring frames, as where glare joins two lamps, it gets the
radiance of these frames instead.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lanet_core.geometry import sphere
from lanet_core.reconstruction.clipped_areas import ClippedAreas
from lanet_core.reconstruction.point_lights import PlacedLight

_MAXIMUM_AREAS = 32
#: An area with less of all energy is left as it is.
_LEAST_SHARE = 0.005
#: Largest distance of an area's middle from where the light is expected.
_REACH_RAD = np.radians(5.0)
#: An area is the same one up to this factor of its solid angle.
_SAME_AREA = 1.5
#: Bounds of the factor of an area's energy.
_FACTORS = (0.25, 4.0)


def area_lights(areas: ClippedAreas, energies: np.ndarray) -> tuple[PlacedLight, ...]:
    """Return the light of the areas of most energy.

    Args:
        areas: the blobs.
        energies: (count, 3) float64, radiance times steradians, of all light added to each.
    """
    levels = energies.mean(axis=1)
    levels[0] = 0.0
    order = np.argsort(-levels, kind="stable")[:_MAXIMUM_AREAS]
    order = order[levels[order] > _LEAST_SHARE * levels.sum()]
    directions, solid_angles_sr = _middles(areas), areas.solid_angles_sr()
    return tuple(
        PlacedLight(directions[blob], energies[blob], float(solid_angles_sr[blob]))
        for blob in order.tolist()
        if solid_angles_sr[blob] > 0.0
    )


def steady_energies(
    energies: np.ndarray, areas: ClippedAreas, has_disc: np.ndarray, lights: Sequence[PlacedLight]
) -> np.ndarray:
    """Return the energies of areas, (count, 3) float64, those of known lights as known.

    Args:
        energies: (count, 3) float64, as predicted for the frame.
        areas: the blobs.
        has_disc: (count,) bool; these areas are left as they are.
        lights: areas among them count; each gives its energy to the nearest blob within 5° that is still free.
    """
    known = sorted((light for light in lights if light.area_sr is not None), key=lambda light: -light.energy.mean())
    if not known:
        return energies
    directions, solid_angles_sr = _middles(areas), areas.solid_angles_sr()
    is_free = ~has_disc & (solid_angles_sr > 0.0) & (energies.mean(axis=1) > 0.0)
    is_free[0] = False
    steady = energies.copy()
    for light in known:
        cosines = np.where(is_free, directions @ light.direction, -1.0)
        blob = int(cosines.argmax())
        if cosines[blob] >= np.cos(_REACH_RAD):
            is_free[blob] = False
            ratio = float(solid_angles_sr[blob]) / (light.area_sr or 1.0)
            wanted = light.energy * (1.0 if 1.0 / _SAME_AREA < ratio < _SAME_AREA else ratio)
            steady[blob] = np.clip(wanted, _FACTORS[0] * energies[blob], _FACTORS[1] * energies[blob])
    return steady


def _middles(areas: ClippedAreas) -> np.ndarray:
    """Return the direction of the middle of each blob, (count, 3) float64."""
    sums = areas.integrate(sphere.pixel_directions(*areas.weight.shape))
    return sums / np.maximum(np.linalg.norm(sums, axis=1, keepdims=True), 1e-12)
