"""``boost``: the photograph with its over-exposed pixels brightened by one constant for all scenes."""

from __future__ import annotations

import numpy as np

from render_eval.methods.method import Photograph, needed_packages
from render_eval.records import MethodRecord

#: The constant with the smallest mean error of diffuse irradiance on the split ``val``, see models/panolanet.md.
BEST_BOOST_EV = 2.5


class Boost:
    """A constant highlight boost.

    Args:
        name: the method's name.
        boost_ev: stops at a white pixel, ≥ 0.

    Raises:
        MethodError: ONNX Runtime is missing, which the light benchmark needs.
    """

    def __init__(self, name: str, boost_ev: float) -> None:
        self._boost_ev = boost_ev
        with needed_packages(name, extra="cpu"):
            from lanet_core.evaluation.light_benchmark import boost_highlights
        self._boost_highlights = boost_highlights
        source = "the best constant on the split val, models/panolanet.md" if boost_ev == BEST_BOOST_EV else ""
        self.record = MethodRecord(name, f"LDR, highlights boosted by {boost_ev:g} EV", source)

    def predict(self, photograph: Photograph) -> np.ndarray:
        """Return (H, W, 3) float32, linear Rec.709, 1 = the LDR's white."""
        return self._boost_highlights(photograph.ldr_linear, self._boost_ev)
