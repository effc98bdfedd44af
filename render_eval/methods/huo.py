"""``huo``: the physiological inverse tone mapping of Huo et al., an inverse of the retina's local adaptation.

    L_HDR = L / L_max · ((K L_s)ⁿ + (K σ)ⁿ)^(1/n)

L is the LDR's linear luminance, L_s the same after two bilateral filters (its local adaptation), σ the geometric mean
of L (its global adaptation) and K the display's maximum. L_max and K are plain factors, which calibration by Eq. 1
takes out again, so they are left out.

Source: Huo, Yang, Dong and Brost 2014, "Physiological inverse tone mapping based on retina response", The Visual
Computer 30:507–517; parameters as in the HDR Toolbox (Banterle et al.). The mean of log L is taken over the sphere's
solid angle.
"""

from __future__ import annotations

import numpy as np

from lanet_core.colour import luminance
from lanet_core.geometry.sphere import sphere_mean
from render_eval.methods.bilateral_grid import cross_bilateral_filter
from render_eval.methods.method import Photograph
from render_eval.records import MethodRecord

#: n.
EXPONENT = 0.86
#: σ_s in pixels and σ_r in units of white, of the two bilateral filters.
BILATERAL_SIGMAS = ((16.0, 0.3), (10.0, 0.1))
#: Keeps the logarithm of black finite.
_LOG_FLOOR = 1e-6


class Huo:
    """Inverse local adaptation."""

    record = MethodRecord(
        "huo",
        "Huo et al.",
        "Huo, Yang, Dong and Brost 2014, Physiological inverse tone mapping based on retina response",
    )

    def predict(self, photograph: Photograph) -> np.ndarray:
        """Return (H, W, 3) float32, linear Rec.709, at the operator's own scale."""
        return photograph.ldr_linear * expansion(luminance(photograph.ldr_linear))[..., None]


def expansion(ldr_luminance: np.ndarray) -> np.ndarray:
    """Return the factor on linear light, ((L_s)ⁿ + σⁿ)^(1/n).

    Args:
        ldr_luminance: (H, W) float32, linear, [0, 1].

    Returns:
        (H, W) float32, > 0.
    """
    local = ldr_luminance
    for spatial_sigma_px, range_sigma in BILATERAL_SIGMAS:
        local = cross_bilateral_filter(local, local, spatial_sigma_px=spatial_sigma_px, range_sigma=range_sigma)
    general = np.exp(sphere_mean(np.log(ldr_luminance + _LOG_FLOOR)))
    return ((np.maximum(local, 0.0) ** EXPONENT + general**EXPONENT) ** (1.0 / EXPONENT)).astype(np.float32)
