"""How the training photographs of panoLANet on the pretrained encoder vary."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class PhotographOptions:
    """How the training photographs vary.

    Attributes:
        exposure_spread_ev: standard deviation of the exposure compensation.
        white_balance_spread: standard deviation of the natural log of each channel's gain.
        saturation_spread: standard deviation of the natural log of the factor on the saturation.
        glue_share: share of panoramas whose lower hemisphere is another scene's.
        edit_share: share of photographs that are edited, see :mod:`lanet_core.data.edits`.
        sharp_share: share of scenes whose strongest light is redrawn as a disc without glare.
        cap_share: share of evenly lit scenes whose highlights are cut at white: white that is no light.
    """

    exposure_spread_ev: float = 0.5
    white_balance_spread: float = 0.12
    saturation_spread: float = 0.2
    glue_share: float = 0.0
    edit_share: float = 0.5
    sharp_share: float = 0.2
    cap_share: float = 0.2
