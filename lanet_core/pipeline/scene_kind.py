"""The kind of light of an HDR panorama: sun, overcast, night or studio.

The rules compare measured facts with thresholds that were chosen on 162 captured panoramas; no network is used. A
panorama that fits no rule, such as a clear sky after sunset, has no kind.
"""

from __future__ import annotations

import numpy as np

from lanet_core.colour import luminance
from lanet_core.geometry import sphere
from lanet_core.reconstruction.light_list import find_lights

KINDS = ("sun", "overcast", "night", "studio")
#: Rows of the copy on which the facts are measured.
_ROWS = 256
#: A light with a smaller share of the energy does not determine the kind.
_FAINT_SHARE = 0.03
_SUN_SHARE = 0.12
_SUN_RADIUS_RAD = np.radians(1.5)
_SUN_ELEVATION_RAD = np.radians(5.0)
_NIGHT_LIGHTS = 3
_NIGHT_SHARE = 0.35
_NIGHT_RADIUS_RAD = np.radians(2.0)
#: Elevations from which on the zenith and the ground are measured.
_ZENITH_RAD, _GROUND_RAD = np.radians(45.0), np.radians(-15.0)


def scene_kind(hdr: np.ndarray) -> str | None:
    """Return the kind of light of a panorama, one of :data:`KINDS`, or None if it fits none.

    - sun: at most two lights; the stronger one is small, above the horizon and emits at least 12 % of the energy;
    - night: three small lights or more that emit 35 % of the energy;
    - overcast: no concentrated light, a zenith brighter than the middle of the panorama, and not blue;
    - studio, also any other interior: the zenith is more red than blue.

    Args:
        hdr: (H, W, 3) float32, linear Rec.709, ≥ 0; W = 2 H to rounding.
    """
    rows = min(len(hdr), _ROWS)
    small = sphere.downsample(hdr, rows, 2 * rows)
    light = luminance(small)
    middle = float(np.median(light[rows // 4 : 3 * rows // 4]))
    if not middle > 0.0:
        return None
    elevations_rad = np.pi / 2.0 - sphere.zenith_angles_rad(rows)
    zenith = small[elevations_rad >= _ZENITH_RAD].reshape(-1, 3)
    zenith_level = float(np.median(luminance(zenith))) / middle
    ground_level = float(np.median(light[elevations_rad <= _GROUND_RAD])) / middle
    red, _, blue = np.median(zenith, axis=0)
    blueness = float(blue) / max(float(red), 1e-9)
    lights = find_lights(small)
    if lights and lights[0].share >= _FAINT_SHARE:
        strongest = lights[0]
        elevation_rad = float(np.arcsin(np.clip(strongest.direction[2], -1.0, 1.0)))
        is_sun = strongest.radius_rad <= _SUN_RADIUS_RAD and elevation_rad >= _SUN_ELEVATION_RAD
        if is_sun and strongest.share >= _SUN_SHARE and len(lights) <= 2:
            return "sun"
        total = sum(each.share for each in lights)
        if len(lights) >= _NIGHT_LIGHTS and total >= _NIGHT_SHARE and strongest.radius_rad <= _NIGHT_RADIUS_RAD:
            return "night"
    elif zenith_level > 1.2 and blueness > 0.7 and (blueness < 1.6 or ground_level > 0.5):
        return "overcast"
    return "studio" if blueness < 1.0 else None
