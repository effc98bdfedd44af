"""A concentrated light, as the worker describes it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypedDict


class LightFacts(TypedDict):
    """The fields of :meth:`lanet_core.reconstruction.light_list.ConcentratedLight.facts`.

    Attributes:
        direction: unit vector to the light, of the panorama's axes.
        energy: irradiance that faces the light, linear Rec.709.
        share: of all light, [0, 1].
        radius_rad: half the angle that it subtends.
        surroundings: radiance around it, linear Rec.709.
    """

    direction: Sequence[float]
    energy: Sequence[float]
    share: float
    radius_rad: float
    surroundings: Sequence[float]
