"""What a conversion is expected to change, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..translation import tr

#: A smaller change of the mean luminance is little, stops.
_LITTLE_EV = 0.15
_COMPASS = ("north", "north-east", "east", "south-east", "south", "south-west", "west", "north-west")
#: A light this close to the image's middle or to its edges is in the middle or behind, degrees.
_NARROW_DEG = 10.0


def describe_expectation(facts: Mapping[str, Any]) -> str:
    """Return a sentence: ``Sun, about 14 EV above white, south-west, 40° high``.

    Args:
        facts: of :class:`lanet_core.pipeline.expectation.Expectation`.
    """
    if facts["gain_ev"] < _LITTLE_EV or facts["peak_ev"] is None:
        return tr("Little is clipped: expect little change")
    peak = f"{facts['peak_ev']:.0f}"
    light = facts["light"]
    if light is None or not light["stands_out"]:
        gain = f"{facts['gain_ev']:.1f}"
        return tr("No single light, up to {peak} EV above white: expect {gain} EV more light", peak=peak, gain=gain)
    elevation_deg = light["elevation_deg"]
    values = {
        "light": tr("Sun") if facts["kind"] == "sun" else tr("Main light"),
        "peak": peak,
        "direction": _direction(light["azimuth_deg"], facts["heading_deg"]),
        "elevation": f"{abs(elevation_deg):.0f}",
    }
    if elevation_deg < 0.0:
        return tr("{light}, about {peak} EV above white, {direction}, {elevation}° below the horizon", **values)
    return tr("{light}, about {peak} EV above white, {direction}, {elevation}° high", **values)


def _direction(azimuth_deg: float, heading_deg: float | None) -> str:
    """Return a compass point where the image has a heading, else the place relative to the image's middle."""
    if heading_deg is not None:
        return tr(_COMPASS[round((heading_deg + azimuth_deg) % 360.0 / 45.0) % 8])
    angle = abs(azimuth_deg)
    if angle < _NARROW_DEG:
        return tr("in the middle")
    if angle > 180.0 - _NARROW_DEG:
        return tr("behind")
    side = "{angle}° right of the middle" if azimuth_deg > 0.0 else "{angle}° left of the middle"
    return tr(side, angle=f"{angle:.0f}")
